"""What is slow: a lock in the database holds one person's writes up. Deadlines, keys in flight and drains are seen from outside."""
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from mita.audit import audit_ledger
from mita.client import Client, expect
from mita.metrics import samples
from mita.people import key, money
from mita.waiting import until

SPEND = {"money": money(-1250), "category": "groceries"}


@contextmanager
def held(stack, person):
    """A transaction of somebody else holds this person's row: their writes wait until the block ends."""
    with stack.cluster.connect() as c:
        c.autocommit = False
        c.cursor().execute("select 1 from finance.users where user_id = %s for update", (person.id,))
        yield
        c.rollback()


def waiting_on_lock(stack):
    return stack.cluster.sql("select count(*) from pg_stat_activity where wait_event_type = 'Lock'")[0][0]


def post(stack, service, person, idempotency_key):
    return Client(service, stack.contract, person.access, timeout=30).post("/v1/transactions", SPEND, headers={"Idempotency-Key": idempotency_key})


def count(person):
    return len(expect(person.get("/v1/transactions"), 200).json["data"])


def test_a_request_over_its_deadline_is_504_and_its_retry_counts_once(stack, saver):
    quick = stack.also("finance", "finance-quick", MITA_REQUEST_TIMEOUT_MS="500").start()
    k = key()
    with held(stack, saver):
        begin = time.monotonic()
        answer = post(stack, quick, saver, k)
        took = time.monotonic() - begin
    expect(answer, 504, "deadline_exceeded")
    assert 0.4 < took < 2 * quick.slow
    until(lambda: post(stack, stack.gateway, saver, k).status == 201, 5, "the retry")
    assert count(saver) == 1
    audit_ledger(stack.cluster, saver.id)
    quick.stop()


def test_a_key_in_flight_is_409_with_retry_after_then_the_answer(stack, saver):
    k = key()
    with ThreadPoolExecutor(2) as pool:
        with held(stack, saver):
            first = pool.submit(post, stack, stack.gateway, saver, k)
            until(lambda: waiting_on_lock(stack) >= 1, 3, "the first request at the lock")
            again = expect(post(stack, stack.gateway, saver, k), 409, "idempotency_in_flight")
            assert int(again.header("Retry-After")) >= 1
        made = expect(first.result(), 201)
    assert made.header("Idempotency-Replayed") is None
    again = expect(post(stack, stack.gateway, saver, k), 201)
    assert again.header("Idempotency-Replayed") == "true" and again.json == made.json
    assert count(saver) == 1


def test_one_person_held_up_holds_up_nobody_else(stack, saver):
    other = stack.person()
    other.onboard()
    with ThreadPoolExecutor(8) as pool:
        with held(stack, saver):
            jobs = [pool.submit(post, stack, stack.gateway, saver, key()) for _ in range(8)]
            until(lambda: waiting_on_lock(stack) >= 1, 3, "requests at the lock")
            begin = time.monotonic()
            expect(other.get("/v1/today"), 200)
            read = time.monotonic() - begin
        for job in jobs:
            expect(job.result(), 201)
    assert read < 1 * stack.finance.slow


@pytest.mark.parametrize("name", ["finance", "gateway"])
def test_SIGTERM_waits_for_the_write_in_flight(stack, saver, name):
    service = stack.also(name, f"{name}-inflight").start()
    with ThreadPoolExecutor(1) as pool:
        with held(stack, saver):
            job = pool.submit(post, stack, service, saver, key())
            until(lambda: waiting_on_lock(stack) >= 1, 3, "the write at the lock")
            service.terminate()
            until(lambda: not accepts(service), 3 * service.slow, "the end of accepting")
            assert service.alive()
        expect(job.result(), 201)
    assert service.process.wait(10 * service.slow) == 0
    assert count(saver) == 1


def test_SIGTERM_waits_for_the_login_in_flight(stack, person):
    service = stack.also("auth", "auth-inflight", MITA_BCRYPT_COST="13", MITA_LOGIN_BUDGET_MS="25000", MITA_REQUEST_TIMEOUT_MS="30000", MITA_DRAIN_MS="25000").start()
    ask = {"email": f"{key()}@example.org", "password": "canary wrong"}  # nobody, and no guesses are counted yet

    def login():
        return Client(service, stack.contract, timeout=30).post("/v1/auth/login", ask)

    with ThreadPoolExecutor(1) as pool:
        login()  # the pool is warm; a hash of cost 13 takes some tenths of a second
        job = pool.submit(login)
        until(lambda: samples(Client(service, stack.contract).get("/metrics", internal=True).text)['mita_auth_hash_lanes{state="in_use"}'] == 1, 15 * service.slow, "a hash being made")
        service.terminate()
        expect(job.result(), 401, "invalid_credentials")
    assert service.process.wait(30 * service.slow) == 0


def accepts(service):
    try:
        Client(service, None, timeout=2).get("/livez", check=False)
        return True
    except OSError:
        return False
