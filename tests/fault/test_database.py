"""The database goes away: services live and say so, lose nothing that was acknowledged, and are back by themselves."""
import http.client
import random
import threading
import time

import pytest

from mita.audit import audit_ledger
from mita.client import Client, expect
from mita.load import load
from mita.people import key, money, uuid7
from mita.waiting import until

BACK_WITHIN = 2.0


@pytest.fixture
def without_database(stack):
    """The cluster is stopped; it is started again afterwards whatever happens."""
    stack.cluster.stop("fast")
    yield stack
    try:
        stack.cluster.start()
    except RuntimeError:
        pass  # the test started it
    stack.heal()


@pytest.mark.parametrize("name", ["auth", "finance"])
def test_a_service_starts_without_its_database_and_becomes_ready_by_itself(without_database, name):
    stack = without_database
    service = stack.also(name, f"{name}-early").start(wait_ready=False)
    client = Client(service, stack.contract)
    assert client.get("/livez").status == 200
    assert client.get("/readyz").status == 503
    health = client.get("/health", internal=True)
    assert health.status == 503 and health.json["status"] == "unhealthy" and health.json["database"]["status"] != "connected"
    stack.cluster.start()
    until(lambda: client.get("/readyz").status == 200, BACK_WITHIN * service.slow, f"{name} ready")
    assert client.get("/livez").status == 200
    assert service.stop() == 0


def test_the_gateway_says_not_ready_while_the_database_is_away(without_database):
    stack = without_database
    client = stack.client()
    until(lambda: client.get("/readyz").status == 503, 3, "not ready")
    expect(client.get("/livez"), 200)
    stack.cluster.start()
    until(lambda: client.get("/readyz").status == 200, BACK_WITHIN * stack.gateway.slow, "ready")


def test_without_a_database_every_write_is_503_with_retry_after(stack, saver):
    stack.cluster.stop("fast")
    try:
        for send in (lambda: saver.create(-100), lambda: saver.client.post("/v1/auth/login", {"email": saver.email, "password": saver.password}, token=None)):
            answer = send()
            assert answer.status == 503 and answer.code in ("unavailable", "overloaded"), answer
            assert int(answer.header("Retry-After")) >= 1
    finally:
        stack.cluster.start()
        stack.heal()


def test_a_token_is_still_judged_without_a_database(stack, saver):
    dead = stack.person()
    dead.logout()
    known = expect(saver.get("/v1/me"), 200)
    stack.cluster.stop("fast")
    try:
        expect(dead.get("/v1/me"), 401, "unauthorized")
        assert expect(saver.get("/v1/me"), 200).json == known.json  # of the cache, which needs no database
    finally:
        stack.cluster.start()
        stack.heal()


@pytest.mark.parametrize("mode", ["fast", "immediate"])
def test_a_restart_under_load_loses_and_doubles_no_acknowledged_write(stack, clock, mode):
    clock.local("Europe/Sofia", "2026-04-10")
    people = [stack.person() for _ in range(4)]
    for person in people:
        person.onboard()
    lock = threading.Lock()
    acknowledged, wrong, succeeded_at, refused = {p.id: {} for p in people}, [], [], []
    pending = {p.id: {} for p in people}

    def writer(number, stop):
        rng, person = random.Random(number), people[number % 4]
        while not stop.is_set():
            body = {"id": uuid7(clock), "money": money(-rng.randrange(1, 5000)), "category": "groceries", "booked_on": "2026-04-10"}
            head = {"Idempotency-Key": key()}
            pending[person.id][body["id"]] = body["money"]["amount"]
            while True:  # the same request again until it is answered
                try:
                    answer = person.post("/v1/transactions", body, headers=head)
                except (OSError, http.client.HTTPException) as error:
                    wrong.append(f"connection: {error!r}")
                    break
                if answer.status == 201:
                    with lock:
                        acknowledged[person.id][body["id"]] = body["money"]["amount"]
                        succeeded_at.append(time.monotonic())
                    break
                if answer.status == 409 and answer.code == "idempotency_in_flight":
                    continue
                if not (answer.status == 504 or answer.status == 503 and answer.header("Retry-After")):
                    wrong.append(repr(answer))
                    break
                refused.append(answer.status)
                if stop.is_set():
                    break
                time.sleep(0.01)

    with load(writer, 8):
        until(lambda: len(succeeded_at) > 100, 20 * stack.finance.slow, "load")
        stack.cluster.stop(mode)
        away = len(succeeded_at)
        until(lambda: refused, 5, "somebody who is turned away")
        stack.cluster.start()
        up = time.monotonic()
        until(lambda: len(succeeded_at) > away, 10 * stack.finance.slow, "the first write after the restart")
        until(lambda: len(succeeded_at) > away + 50, 10 * stack.finance.slow, "load after the restart")
    assert wrong == []
    first = min(t for t in succeeded_at[away:])
    assert first - up <= BACK_WITHIN * stack.finance.slow, f"back after {first - up:.2f} s"
    stack.heal()  # each worker has pools of its own: the first write says one is back, readiness says all are
    for person in people:
        ids, cursor = [], None
        while True:
            page = expect(person.get("/v1/transactions?limit=500" + (f"&cursor={cursor}" if cursor else "")), 200).json
            ids += [(t["id"], t["money"]["amount"]) for t in page["data"]]
            if (cursor := page["next_cursor"]) is None:
                break
        stored = dict(ids)
        assert len(ids) == len(stored) and acknowledged[person.id].items() <= stored.items() <= pending[person.id].items()
        audit_ledger(stack.cluster, person.id)
        person.calendar()


def test_reads_come_back_within_two_seconds_of_an_immediate_restart(stack, saver):
    stack.cluster.stop("immediate")
    stack.cluster.start()
    until(lambda: saver.get("/v1/transactions").status == 200, BACK_WITHIN * stack.finance.slow, "a read")
    until(lambda: saver.client.post("/v1/auth/login", {"email": saver.email, "password": saver.password}, token=None).status == 200,
          BACK_WITHIN * stack.auth.slow, "a login")
