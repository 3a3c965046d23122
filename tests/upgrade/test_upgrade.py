"""From the previous commit's binaries to these, as deploy/README.md says: migrations, then auth, finance, gateway; the old ones serve until then, nothing is lost.

MITA_OLD_BIN names the directory of the older binaries (tests/run upgrade builds them). It is the present: binaries from before sessions were judged by
the database's clock wrote their ends by their own, and only now do the two agree."""
import os
import pathlib
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from mita.client import expect
from mita.people import key
from mita.service import ROOT


@pytest.fixture(scope="module")
def old():
    place = pathlib.Path(os.environ["MITA_OLD_BIN"]).resolve()
    assert (place / "mita-auth").exists(), f"no binaries in {place}"
    return place


@pytest.fixture(scope="module")
def before(old):
    """The whole system of the older binaries, on a schema of theirs, with somebody in it."""
    from mita.stack import Stack

    class OldStack(Stack):
        def binary(self, name):
            return old / f"mita-{name}"

    stack = OldStack("release")
    yield stack
    ends = stack.close()
    assert not {label: status for label, status in ends.items() if status not in (0, None)}


def lives(person, seen):
    """What a client does all day works, and what was there is there, unchanged."""
    for identity, etag in seen.items():
        answer = expect(person.get(f"/v1/transactions/{identity}"), 200)
        assert answer.etag == etag
    made = expect(person.create(-100), 201)
    seen[made.json["id"]] = expect(person.get(f"/v1/transactions/{made.json['id']}"), 200).etag
    month = datetime.now(ZoneInfo("Europe/Sofia")).strftime("%Y-%m")
    for path in ("/v1/me", "/v1/today", f"/v1/calendar?month={month}", "/v1/transactions", "/v1/categories", "/v1/auth/me", "/v1/auth/sessions"):
        expect(person.get(path), 200)
    expect(person.client.post("/v1/auth/refresh", {"refresh_token": person.refresh_token}, token=None), 200)
    person.login()


def test_one_step_after_the_other_with_a_client_that_never_notices(before):
    stack, contract = before, before.contract
    checks = contract.request, contract.response
    contract.request = contract.response = lambda *_: None  # the older ones know an older contract
    stack.clock.set(datetime.now(ZoneInfo("UTC")))
    person, seen = stack.person(), {}
    person.onboard()
    lives(person, seen)
    kept = key()
    first = expect(person.post("/v1/transactions", {"money": {"amount": -5, "currency": "EUR"}, "category": "groceries"}, headers={"Idempotency-Key": kept}), 201)

    stack.binary = lambda name: ROOT / "build" / stack.preset / "bin" / f"mita-{name}"
    for name in ("auth", "finance"):
        stack.migrate(name)
    lives(person, seen)  # the old services on the new schema
    for service in stack.services:
        assert service.stop() == 0
        service.binary = stack.binary(service.name)
        service.start()
        stack.wait_ready()
        person.client.close()  # its connection went with the gateway
        lives(person, seen)  # old and new beside each other
    contract.request, contract.response = checks
    lives(person, seen)
    again = expect(person.post("/v1/transactions", {"money": {"amount": -5, "currency": "EUR"}, "category": "groceries"}, headers={"Idempotency-Key": kept}), 201)
    assert again.json == first.json and again.header("Idempotency-Replayed") == "true"
