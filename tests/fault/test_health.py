"""/health tells what is wrong while it is wrong: each reason is made to appear in a real process, and to go away where that takes no minute."""
import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest

from mita.client import Client, expect
from mita.metrics import samples
from mita.people import key, money
from mita.tcp_gate import TcpGate
from mita.waiting import until

from test_slow import held, waiting_on_lock


def health(stack, service):
    answer = Client(service, stack.contract).get("/health", internal=True)
    stack.contract.message("health", answer.json)
    return answer.json


def reasons(stack, service):
    """{reason: degradation}"""
    return {d["reason"]: d for d in health(stack, service)["degradation"]}


def test_errors_over_one_per_cent_degrade_and_stop_doing_so(stack, saver):
    service = stack.also("finance", "finance-errors", MITA_WORKERS="1").start()
    client = Client(service, stack.contract, saver.access)
    expect(client.get("/v1/transactions"), 200)
    stack.cluster.stop("fast")
    try:
        # Each is 503: the database is away (the page it holds in memory is not asked for).
        until(lambda: client.get(f"/v1/transactions?q={key()}").status == 503, 5, "an error")
        for _ in range(9):
            assert client.get(f"/v1/transactions?q={key()}").status == 503
    finally:
        stack.cluster.start()
        stack.heal()
    until(lambda: client.get("/readyz").status == 200, 10 * service.slow, "ready")
    seen = reasons(stack, service)["error_share"]
    assert seen["value"] > seen["limit"] == 0.01
    assert health(stack, service)["status"] == "degraded"
    for _ in range(1200):  # good answers make the share small again
        expect(client.get("/v1/currencies"), 200)
    assert "error_share" not in reasons(stack, service)
    service.stop()


@pytest.mark.parametrize("name", ["auth", "finance"])
def test_the_database_is_told_as_connected_or_disconnected(stack, name):
    service = getattr(stack, name)
    database = until(lambda: (d := health(stack, service)["database"])["status"] == "connected" and d, 5, "connected")
    assert database["latency_ms"] > 0
    stack.cluster.stop("fast")
    try:
        gone = until(lambda: (h := health(stack, service))["database"]["status"] == "disconnected" and h, 5, "disconnected")
        assert gone["status"] == "unhealthy" and gone["database"]["latency_ms"] is None
    finally:
        stack.cluster.start()
        stack.heal()
    until(lambda: health(stack, service)["database"]["status"] == "connected", 5, "connected")


@pytest.mark.parametrize("name", ["auth", "finance"])
def test_a_service_is_healthy_as_soon_as_it_is_ready_however_long_its_first_connections_took(stack, name):
    """Whoever asked before is told so at once, too: the gateway asks all the while, and nothing waits for connections that others have."""
    with TcpGate(stack.cluster.port) as gate:
        gate.late(0.05)  # each turn: opening takes three and more
        at = stack.cluster.url(name).replace(f":{stack.cluster.port}/", f":{gate.port}/")
        service = stack.also(name, f"{name}-slow-to-connect", **{f"MITA_{name.upper()}_DATABASE_URL": at}).start(wait_ready=False)
        told = []

        def ready():
            told.append(health(stack, service))  # asked before: readiness is not older than the next answer
            return Client(service, stack.contract).get("/readyz").status == 200

        until(ready, 20 * service.slow, "ready")
        assert told[0]["status"] == "unhealthy" and gate.struck > 3
        now = health(stack, service)
        assert now["database"]["status"] == "connected" and now["status"] != "unhealthy"
        assert not {"db_pool_wait_ms", "db_pool_utilization"} & {d["reason"] for d in now["degradation"]}
        service.stop()


def test_a_database_that_says_nothing_is_a_timeout_within_a_second(stack):
    """The server processes of one service are stopped, so its connections stay up and silent."""
    def backends():
        return {row[0] for row in stack.cluster.sql("select pid from pg_stat_activity where application_name = 'mita-finance'")}

    others = backends()
    service = stack.also("finance", "finance-silent", MITA_WORKERS="1").start()
    pids = backends() - others
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        seen = until(lambda: (h := health(stack, service))["database"]["status"] == "timeout" and h, 5, "timeout")
        assert seen["status"] == "unhealthy" and seen["database"]["latency_ms"] is None
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)
    until(lambda: health(stack, service)["database"]["status"] == "connected", 15 * service.slow, "connected")
    service.stop()


def test_a_full_pool_and_long_waits_for_it_degrade(stack, saver):
    """One connection: a write is held up on it, and whoever asks meanwhile stands behind it, 64 on the connection and the rest before it."""
    service = stack.also("finance", "finance-full", MITA_WORKERS="1", MITA_DB_PIPELINED="1").start()
    other = stack.person()

    def client(person):
        return Client(service, stack.contract, person.access, timeout=30)

    def write():
        return client(saver).post("/v1/transactions", {"money": money(-100), "category": "groceries"}, headers={"Idempotency-Key": key()})

    def ask():
        return client(other).get("/v1/transactions")

    expect(ask(), 200)
    assert "db_pool_utilization" not in reasons(stack, service)
    with ThreadPoolExecutor(90) as pool:
        with held(stack, saver):
            first = pool.submit(write)
            until(lambda: waiting_on_lock(stack) == 1, 5 * service.slow, "a write at the lock")
            jobs = [pool.submit(ask) for _ in range(80)]
            until(lambda: health(stack, service)["database"]["pool"]["waiting"] > 10, 5 * service.slow, "a line before the pool")
            line_since = time.monotonic()
            full = reasons(stack, service)["db_pool_utilization"]
            assert full["value"] == 1 and full["limit"] == 0.8
            figures = samples(Client(service, stack.contract).get("/metrics", internal=True).text)
            assert figures["mita_db_pool_calls"] == figures["mita_db_pool_max_calls"] == 64
            until(lambda: time.monotonic() - line_since > 0.2, 1, "a wait in line that is long enough to be judged")
        expect(first.result(), 201)
        for job in jobs:
            expect(job.result(), 200)
    waited = reasons(stack, service)["db_pool_wait_ms"]
    assert waited["value"] > waited["limit"] == 50
    assert "db_pool_utilization" not in reasons(stack, service)
    service.stop()


@pytest.mark.parametrize("name", ["auth", "finance", "gateway"])
def test_a_loop_that_stood_still_degrades_until_it_turns_again(stack, name):
    service = stack.also(name, f"{name}-still").start()
    service.process.send_signal(signal.SIGSTOP)
    time.sleep(3)  # how long it stands still
    service.process.send_signal(signal.SIGCONT)
    assert reasons(stack, service)["event_loop_lag_seconds"]["value"] > 0.02
    until(lambda: "event_loop_lag_seconds" not in reasons(stack, service), 60 * service.slow, "a loop that turns")
    service.stop()


@pytest.mark.parametrize("name", ["finance", "gateway"])
def test_revocations_unheard_of_degrade_until_auth_is_back(stack, name):
    service = getattr(stack, name)
    stack.auth.kill()
    try:
        until(lambda: "revocation_feed_silent_ms" in reasons(stack, service), 20 * service.slow, "silence")
    finally:
        stack.heal()
    until(lambda: "revocation_feed_silent_ms" not in reasons(stack, service), 10 * service.slow, "the feed")


@pytest.mark.parametrize("name", ["auth", "finance", "gateway"])
def test_memory_near_its_limit_degrades_and_since_when_stays_told(stack, name):
    service = stack.also(name, f"{name}-tight", MITA_PLATFORM="lambda", AWS_LAMBDA_FUNCTION_MEMORY_SIZE="8").start()
    first = reasons(stack, service)["memory_utilization"]
    assert first["value"] > first["limit"] == 0.85
    began = time.monotonic()
    until(lambda: time.monotonic() - began > 1, 3, "another second than `since` tells")
    assert reasons(stack, service)["memory_utilization"]["since"] == first["since"]
    assert health(stack, service)["status"] == "degraded"
    service.stop()


def test_a_user_cache_that_holds_nobody_degrades_once_it_should_be_warm(stack, saver):
    service = stack.also("finance", "finance-forgetful", MITA_WORKERS="1", MITA_CACHE_BYTES="1").start()
    client = Client(service, stack.contract, saver.access)
    for _ in range(400):
        expect(client.get("/v1/me"), 200)
    assert "user_cache_hit_ratio" not in reasons(stack, service)  # not warm yet
    for _ in range(700):
        expect(client.get("/v1/me"), 200)
    seen = reasons(stack, service)["user_cache_hit_ratio"]
    assert seen["value"] < seen["limit"] == 0.6
    service.stop()


@pytest.mark.parametrize("name", ["auth", "finance"])
def test_the_gateway_tells_a_service_behind_that_is_away_and_since_when_until_it_is_back(stack, name):
    behind = stack.also(name, f"{name}-behind").start()
    gateway = stack.also("gateway", f"gateway-before-{name}", **{name: behind}).start()

    def seen(away):
        """What /health says, once the service is (or is not) away. It may be degraded on a busy machine: then that is the reason."""
        told = health(stack, gateway)
        reason = [d for d in told["degradation"] if d["reason"] == f"{name}_not_healthy"]
        assert len(reason) == (told["services"][name] != "healthy")
        return (told["services"][name] == "unreachable") == away and (told, *reason)

    until(lambda: seen(away=False), 20 * gateway.slow, "a service behind")
    behind.kill()
    told, reason = until(lambda: seen(away=True), 20 * gateway.slow, "the service away")
    assert told["status"] == "unhealthy" and reason["since"]  # it cannot serve without
    assert until(lambda: seen(away=True), 20, "the same")[1]["since"] == reason["since"]
    behind.start()
    until(lambda: seen(away=False), 20 * gateway.slow, "the service back")
    gateway.stop()
    behind.stop()


def metric(stack, service, name):
    return samples(Client(service, stack.contract).get("/metrics", internal=True).text)[name]


def test_A2_a_gateways_full_queue_of_audit_events_is_counted_and_degrades_until_auth_takes_them(stack, saver):
    """A2: what is lost is told."""
    gateway = stack.also("gateway", "gateway-few-events", MITA_AUDIT_QUEUE="3").start()
    client = Client(gateway, stack.contract, saver.access)

    def write():
        return expect(client.post("/v1/transactions", {"money": money(-100), "category": "groceries"}, headers={"Idempotency-Key": key()}), 201)

    stack.auth.kill()
    try:
        until(lambda: health(stack, gateway)["services"]["auth"] == "unreachable", 10 * gateway.slow, "auth away")
        assert "audit_queue_full" not in reasons(stack, gateway)
        answers = [write() for _ in range(5)]
        full = reasons(stack, gateway)["audit_queue_full"]
        assert full["value"] == full["limit"] == 3 == metric(stack, gateway, "mita_gateway_audit_waiting")
        assert metric(stack, gateway, 'mita_gateway_audit_events_total{result="dropped"}') == 2
    finally:
        stack.heal()
    until(lambda: "audit_queue_full" not in reasons(stack, gateway), 15 * gateway.slow, "the events to be taken")
    kept = stack.cluster.sql("select request_id from auth.audit_events where service = 'gateway'")
    assert [(a.header("X-Request-Id"),) in kept for a in answers] == [True] * 3 + [False] * 2
    assert metric(stack, gateway, 'mita_gateway_audit_events_total{result="sent"}') == 3
    gateway.stop()


def test_A2_auths_full_queue_of_audit_events_is_counted_and_degrades_until_they_are_written(stack):
    auth = stack.also("auth", "auth-few-events", MITA_AUDIT_QUEUE="2").start()
    with stack.cluster.connect() as c:
        c.autocommit = False
        c.cursor().execute("lock table auth.audit_events in access exclusive mode")
        for _ in range(5):
            expect(Client(auth, stack.contract).post("/v1/auth/login", {"email": f"{key()}@example.org", "password": "canary-nobody's"}), 401)
        full = reasons(stack, auth)["audit_queue_full"]
        assert full["value"] == full["limit"] == 2
        assert metric(stack, auth, 'mita_auth_audit_events_total{result="dropped"}') == 3
        c.rollback()
    until(lambda: "audit_queue_full" not in reasons(stack, auth), 15 * auth.slow, "the events to be written")
    auth.stop()


def test_the_gateway_knows_since_when_something_is_wrong_though_nobody_asked(stack):
    """Auth and finance are asked by the gateway each second; itself it judges as often."""
    service = stack.also("gateway", "gateway-unasked", MITA_PLATFORM="lambda", AWS_LAMBDA_FUNCTION_MEMORY_SIZE="8").start()
    began = time.monotonic()
    until(lambda: time.monotonic() - began > 5 * service.slow, 6 * service.slow, "some seconds in which nobody asks", pause=0.1)
    told = health(stack, service)
    reason, = [d for d in told["degradation"] if d["reason"] == "memory_utilization"]
    assert datetime.fromisoformat(told["timestamp"]) - datetime.fromisoformat(reason["since"]) > timedelta(seconds=2)
    service.stop()


@pytest.mark.last
def test_p99_over_three_times_of_what_is_usual_degrades_and_since_when_stays_told(stack, saver, asked):
    """Usual are the five minutes before the last one: six times ten seconds of them at least have to be known."""
    service = asked.service
    until(lambda: time.monotonic() - asked.since > 135, 140, "two minutes in which it was asked", pause=0.2)

    def write():
        return Client(service, stack.contract, saver.access, timeout=30).post("/v1/transactions", {"money": money(-100), "category": "groceries"}, headers={"Idempotency-Key": key()})

    with ThreadPoolExecutor(8) as pool:
        with held(stack, saver):
            jobs = [pool.submit(write) for _ in range(8)]
            until(lambda: waiting_on_lock(stack) >= 1, 5 * service.slow, "writes at the lock")
            waits = time.monotonic()
            for _ in range(60):
                expect(Client(service, stack.contract).get("/v1/currencies"), 200)
            until(lambda: time.monotonic() - waits > 1, 2, "a second in which they stand there")
        for job in jobs:
            expect(job.result(), 201)
    seen = reasons(stack, service)["p99_ms"]
    assert seen["value"] > 900 and seen["value"] > seen["limit"] >= 10
    assert reasons(stack, service)["p99_ms"]["since"] == seen["since"] and health(stack, service)["status"] == "degraded"
    service.stop()
