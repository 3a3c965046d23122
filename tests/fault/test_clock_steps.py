"""R28: the wall clock steps, forward and back. What waits or counts goes by a clock that does not step; what says a time says the new one."""
import email.utils
import time

import pytest

from mita.client import Client, expect
from mita.load import load
from mita.metrics import samples
from mita.people import key, money
from mita.waiting import until


@pytest.fixture
def clock_back(stack):
    """Afterwards the clock stands where it would without the test."""
    before, since = stack.clock.now(), time.monotonic()
    yield stack.clock
    stack.clock.set(before)
    stack.clock.advance(seconds=time.monotonic() - since)


def date_of(client):
    return email.utils.parsedate_to_datetime(client.get("/livez").header("Date"))


def told(stack, gateway):
    return samples(stack.client(gateway).get("/metrics", internal=True).text)


def says_the_time(stack, client):
    return abs((date_of(client) - stack.clock.now()).total_seconds()) < 3


@pytest.mark.parametrize("step", [{"days": 1}, {"hours": 1}, {"seconds": 40}, {"hours": -1}, {"days": -1}], ids=str)
def test_R28_requests_go_on_over_a_step_of_the_clock_and_nobody_waits_longer_or_is_cut_off(stack, clock_back, step):
    gateway = stack.also("gateway", "gateway-steps", MITA_RATE_USER="100000;60").start()
    try:
        person = stack.person()
        person.onboard()
        asked, slowest = [0], [0.0]

        def ask(number, stop):
            client = Client(gateway, stack.contract, person.access)
            while not stop.is_set():
                began = time.monotonic()
                status = client.get("/v1/currencies").status
                slowest[0] = max(slowest[0], time.monotonic() - began)
                assert status == 200
                asked[0] += 1

        ejected = 'mita_gateway_ejections_total{upstream="%s"}'
        before = told(stack, gateway)
        with load(ask, 2):
            until(lambda: asked[0] > 20, 30 * gateway.slow, "requests before")
            clock_back.advance(**step)
            seen = asked[0]
            until(lambda: asked[0] > seen + 50, 30 * gateway.slow, "requests after")
            until(lambda: says_the_time(stack, stack.client(gateway)), 10 * gateway.slow, "the Date of the new time")
        assert slowest[0] < 5 * gateway.slow
        after = told(stack, gateway)
        for name in ("auth", "finance"):
            assert after.get(ejected % name, 0) == before.get(ejected % name, 0)
            assert after['mita_gateway_circuit_state{upstream="%s"}' % name] == 0
        assert after["mita_gateway_revocation_lag_seconds"] < 10
    finally:
        assert gateway.stop() == 0


def test_R28_C9_a_token_dies_of_a_step_forward_and_no_step_back_revives_it(stack, clock_back, person):
    clock_back.advance(seconds=60)  # what was issued since somebody last asked cannot be told from what is issued after a step
    expect(person.client.get("/v1/auth/me"), 200)
    old = person.access
    clock_back.advance(hours=2)
    until(lambda: person.client.get("/v1/auth/me", check=False).status == 401, 10 * stack.gateway.slow, "the token to be too old")
    fresh = expect(person.client.post("/v1/auth/refresh", {"refresh_token": person.refresh_token}, token=None), 200).json["access_token"]
    expect(person.client.get("/v1/auth/me", token=fresh), 200)
    clock_back.advance(hours=-2)
    until(lambda: says_the_time(stack, stack.client()), 10 * stack.gateway.slow, "the step back")
    for name, token in (("expired", old), ("issued in the future", fresh)):
        until(lambda token=token: person.client.get("/v1/auth/me", token=token, check=False).status == 401, 10 * stack.gateway.slow, f"the token that is {name} to be refused")
    person.login()
    expect(person.client.get("/v1/auth/me"), 200)


@pytest.mark.parametrize("step", [{"hours": 3}, {"hours": -3}], ids=str)
def test_R28_limits_keys_and_the_trail_do_not_mind_a_step(stack, clock_back, step):
    gateway = stack.also("gateway", "gateway-counts", MITA_RATE_WRITE="3;30").start()
    try:
        person = stack.person()
        person.onboard()
        clock_back.advance(**step)
        until(lambda: says_the_time(stack, stack.client(gateway)), 10 * gateway.slow, "the step")
        person.login()
        client = Client(gateway, stack.contract, person.access)
        sent = told(stack, gateway).get('mita_gateway_audit_events_total{result="sent"}', 0)
        entry, same = {"money": money(-100), "category": "groceries"}, {"Idempotency-Key": key()}
        first = expect(client.post("/v1/transactions", entry, headers=same), 201)
        clock_back.advance(**step)
        person.login()
        client.token = person.access
        again = expect(client.post("/v1/transactions", entry, headers=same), 201)
        assert again.json["id"] == first.json["id"] and again.header("Idempotency-Replayed") == "true"
        expect(client.post("/v1/transactions", entry, headers={"Idempotency-Key": key()}), 201)
        refused = expect(client.post("/v1/transactions", entry, headers={"Idempotency-Key": key()}), 429, "rate_limited")
        assert 1 <= int(refused.header("Retry-After")) <= 30
        until(lambda: told(stack, gateway)['mita_gateway_audit_events_total{result="sent"}'] >= sent + 3, 20 * gateway.slow, "the trail to reach auth")
        assert told(stack, gateway)["mita_gateway_audit_waiting"] == 0
    finally:
        assert gateway.stop() == 0
