"""What the services say to each other on their internal listeners: only with the internal token, in the documented form."""
import json
import threading
import time

import pytest

from mita.client import expect
from mita.people import uuid7


@pytest.fixture
def inside(stack):
    """Calls auth's internal listener with the internal token."""
    client = stack.client(stack.auth, stack.secrets["MITA_INTERNAL_TOKEN"])

    def call(method, target, body=None, **more):
        return client.request(method, target, body, internal=True, headers={"Content-Type": "application/json"} if body else None, **more)
    return call


CALLS = [("GET", "/internal/v1/revocations?after=0&wait_ms=0"), ("GET", "/internal/v1/jwks"), ("GET", "/internal/v1/users/019d4a5c-7c00-7a01-8b02-0123456789ab")]


@pytest.mark.parametrize("method,target", CALLS)
@pytest.mark.parametrize("token", [None, "wrong" * 8], ids=["no token", "a wrong token"])
def test_the_internal_listener_needs_the_internal_token(inside, method, target, token):
    expect(inside(method, target, token=token), 401)


@pytest.mark.parametrize("method,target", CALLS)
def test_internal_calls_are_not_on_any_public_port(stack, person, method, target):
    for service in stack.services:
        for token in (person.access, stack.secrets["MITA_INTERNAL_TOKEN"]):
            expect(stack.client(service, token).request(method, target, valid=False), 404, "not_found")


def test_a_user_is_found_by_id(stack, inside, person):
    answer = expect(inside("GET", f"/internal/v1/users/{person.id}"), 200)
    stack.contract.message("internal_user", answer.json)
    assert answer.json["email"] == person.email and answer.json["role"] == "user"


def test_an_unknown_user_is_404(stack, inside):
    expect(inside("GET", f"/internal/v1/users/{uuid7(stack.clock)}"), 404, "not_found")


def test_introspection_tells_a_good_token_from_a_dead_one(stack, inside, person):
    good = expect(inside("POST", "/internal/v1/introspect", {"token": person.access}), 200).json
    stack.contract.message("introspect", good)
    assert good["active"] is True and good["sub"] == person.id
    person.logout()
    dead = expect(inside("POST", "/internal/v1/introspect", {"token": person.access}), 200).json
    assert dead == {"active": False} == expect(inside("POST", "/internal/v1/introspect", {"token": "nonsense"}), 200).json


def test_a_logout_appears_in_the_feed_after_its_sequence(stack, inside, person):
    before = expect(inside("GET", "/internal/v1/revocations?after=0&wait_ms=0"), 200).json["sequence"]
    person.logout()
    page = expect(inside("GET", f"/internal/v1/revocations?after={before}&wait_ms=1000"), 200).json
    stack.contract.message("internal_revocations", page)
    assert page["sequence"] > before and [r["kind"] for r in page["revocations"]] == ["session"]


def test_the_feed_answers_a_waiting_poll_as_soon_as_something_is_revoked(stack, person):
    token = stack.secrets["MITA_INTERNAL_TOKEN"]
    before = stack.client(stack.auth, token).get("/internal/v1/revocations?after=0&wait_ms=0", internal=True).json["sequence"]
    got = {}

    def poll():
        got["page"] = stack.client(stack.auth, token).get(f"/internal/v1/revocations?after={before}&wait_ms=5000", internal=True).json
        got["at"] = time.monotonic()

    waiting = threading.Thread(target=poll)
    waiting.start()
    person.logout()
    logged_out = time.monotonic()
    waiting.join(10)
    assert got["page"]["sequence"] > before and got["at"] - logged_out < 0.5


def test_the_feed_waits_no_longer_than_asked(stack, inside):
    sequence = expect(inside("GET", "/internal/v1/revocations?after=0&wait_ms=0"), 200).json["sequence"]
    begin = time.monotonic()
    page = expect(inside("GET", f"/internal/v1/revocations?after={sequence}&wait_ms=200"), 200).json
    assert page["revocations"] == [] and 0.15 < time.monotonic() - begin < 2


def test_erasing_a_person_removes_every_finance_row_and_is_idempotent(stack, saver):
    saver.spend(100)
    client = stack.client(stack.finance, stack.secrets["MITA_INTERNAL_TOKEN"])
    for _ in range(2):
        assert client.delete(f"/internal/v1/users/{saver.id}", internal=True).status == 204
    tables = [t for t, in stack.cluster.sql("select table_name from information_schema.columns where table_schema = 'finance' and column_name = 'user_id'")]
    assert tables
    for table in tables:
        assert stack.cluster.sql(f"select count(*) from finance.{table} where user_id = %s", saver.id) == [(0,)], table


def test_internal_answers_are_json_documents(inside):
    assert json.loads(expect(inside("GET", "/internal/v1/jwks"), 200).text)["keys"]
