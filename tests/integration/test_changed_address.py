"""An address is auth's, a profile shows it: what auth changes is in finance's feed and in no cache any more, on every instance."""
import copy

import pytest

from mita.client import Client, expect
from mita.waiting import until
from test_changes import Replica, full_reading, number_of
from test_recovery import ask_change, login, new_address, verify


@pytest.fixture
def other(stack, second, person):
    """The same person, asking the other instance."""
    twin = copy.copy(person)
    twin.client = Client(second, stack.contract, person.access)
    return twin


def prove(stack, person):
    """Another address for the person; signed in again with it."""
    to = new_address()
    expect(ask_change(person, to), 202)
    expect(verify(stack, stack.mailbox.next(to).token), 204)
    person._signed_in(expect(login(person, email=to), 200).json)
    person.email = to
    return to


def shows(who, address):
    until(lambda: expect(who.get("/v1/me"), 200).json["email"] == address, 3 * who.stack.finance.slow, "the new address")


def test_a_new_address_is_one_change_of_the_profile_on_each_instance(stack, person, other):
    etags = [expect(who.get("/v1/me"), 200).etag for who in (person, other)]
    replicas = [Replica(who.get).sync() for who in (person, other)]
    number = number_of(stack, person)
    to = prove(stack, person)
    other.client.token = person.access
    for who, etag, replica in zip((person, other), etags, replicas):
        shows(who, to)
        until(lambda: number_of(stack, person) == number + 1, 3 * stack.finance.slow, "the change to be numbered")
        assert expect(who.get("/v1/me", headers={"If-None-Match": etag}), 200).json["email"] == to
        replica.ask = who.get
        seen = replica.page()["data"]
        assert [(e["kind"], e["sequence"], e["object"]["email"]) for e in seen] == [("profile", number + 1, to)]
        assert replica.things == full_reading(who)
        expect(who.patch("/v1/me", {"locale": "bg-BG"}, headers={"If-Match": etag}), 412)
    assert number_of(stack, person) == number + 1


def test_what_changed_while_no_finance_was_there_is_told_once_it_is_and_only_once(stack, person, other):
    replica = Replica(person.get).sync()
    number = number_of(stack, person)
    finances = (stack.finance, other.client.service)
    for service in finances:
        service.stop()
    to = prove(stack, person)
    replica.ask = person.get
    for _ in range(2):  # each start reads everything that auth keeps
        for service in finances:
            service.start()
        until(lambda: number_of(stack, person) == number + 1, 5 * stack.finance.slow, "the change to be numbered")
        later = stack.person()
        expect(later.get("/v1/me"), 200)
        before = number_of(stack, later)
        prove(stack, later)
        until(lambda: number_of(stack, later) == before + 1, 5 * stack.finance.slow, "a later change to be numbered")
        assert number_of(stack, person) == number + 1
        for service in finances:
            service.stop()
    for service in finances:
        service.start()
    stack.wait_ready()
    assert replica.sync().things["profile", person.id]["email"] == to


def test_a_new_display_name_is_one_change_too(stack, person, other):
    replica, number = Replica(other.get).sync(), number_of(stack, person)
    changed = expect(person.patch("/v1/me", {"display_name": "Another name"}, headers={"If-Match": "*"}), 200)
    assert number_of(stack, person) == number + 1
    expect(person.patch("/v1/me", {"locale": "bg-BG"}, headers={"If-Match": changed.etag}), 200)
    assert replica.sync().things["profile", person.id]["display_name"] == "Another name"
