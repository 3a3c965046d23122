"""Services are killed and stopped: the others go on, and a stop loses no request in flight."""
import http.client
import threading
import time

import pytest

from mita.client import Client, expect
from mita.load import load
from mita.metrics import samples
from mita.waiting import until


def test_logged_in_people_go_on_while_auth_is_dead(stack, saver):
    expect(saver.get("/v1/today"), 200)
    stack.auth.kill()
    try:
        for _ in range(5):
            expect(saver.get("/v1/today"), 200)
            expect(saver.create(-100), 201)
        answer = saver.client.post("/v1/auth/login", {"email": saver.email, "password": saver.password}, token=None)
        assert answer.status == 503 and answer.header("Retry-After")
    finally:
        stack.heal()
    saver.login()


def test_a_revocation_made_after_auth_came_back_is_honoured(stack, person):
    expect(person.get("/v1/me"), 200)
    stack.auth.kill()
    stack.heal()
    person.logout()
    until(lambda: person.get("/v1/me").status == 401, 2 * stack.auth.slow, "401")


def test_a_session_ended_before_a_restart_of_everything_stays_ended(stack, person):
    person.logout()
    for service in stack.services:
        service.kill()
    for service in stack.services:
        service.start(wait_ready=False)
        until(lambda s=service: Client(s, stack.contract).get("/livez").status == 200, 5 * service.slow, "life")
    begin = time.monotonic()
    while time.monotonic() - begin < 1:  # not once while they start, nor afterwards
        for service, path in ((stack.auth, "/v1/auth/me"), (stack.finance, "/v1/me"), (stack.gateway, "/v1/me")):
            assert Client(service, stack.contract, person.access).get(path).status in (401, 503)
    stack.heal()


def test_while_finance_is_dead_the_gateway_answers_503_and_auth_goes_on(stack, person):
    stack.finance.kill()
    try:
        answer = person.get("/v1/me")
        assert answer.status == 503 and answer.header("Retry-After"), answer
        expect(person.get("/v1/auth/me"), 200)
        until(lambda: stack.client().get("/readyz").status == 503, 3, "not ready")
    finally:
        stack.heal()
    expect(person.get("/v1/me"), 200)


TARGETS = {"auth": "/v1/auth/me", "finance": "/v1/transactions?limit=5", "gateway": "/v1/transactions?limit=5"}


@pytest.mark.parametrize("name", TARGETS)
def test_SIGTERM_under_load_fails_no_request_in_flight(stack, saver, name):
    """Each connection sends request after request and closes when it is told to. A new connection may be refused, or reset before its
    first answer; on one that was answered before, every request is answered."""
    service = stack.also(name, f"{name}-drain").start()
    begun, failed, answered = threading.Event(), [], []

    def reader(number, stop):
        while not stop.is_set():
            connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=10)
            try:
                connection.connect()
            except OSError:
                return
            used = 0
            while not stop.is_set():
                try:
                    connection.request("GET", TARGETS[name], headers={"Authorization": f"Bearer {saver.access}"})
                    got = connection.getresponse()
                    got.read()
                except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError):
                    if used > 0 or not begun.is_set():
                        failed.append(f"closed after {used} answers")
                    break
                except (OSError, http.client.HTTPException) as error:
                    failed.append(repr(error))
                    return
                used += 1
                answered.append(got.status)
                if got.status != 200:
                    failed.append(got.status)
                if got.will_close:
                    break
            connection.close()
            if begun.is_set() and not service.alive():
                return

    with load(reader, 8):
        until(lambda: len(answered) > 200, 20 * service.slow, "load")
        begun.set()
        begin = time.monotonic()
        service.terminate()
        status = service.process.wait(15 * service.slow)
        took = time.monotonic() - begin
    assert status == 0 and failed == []
    assert took < 5 * service.slow, f"drained in {took:.1f} s"


@pytest.mark.parametrize("name", ["auth", "finance"])
def test_SIGTERM_under_load_behind_the_gateway_is_seen_by_nobody_as_anything_but_503(stack, saver, name):
    """A service behind the gateway stops and starts again: requests get their answer or 503 + Retry-After."""
    service, path = getattr(stack, name), {"auth": "/v1/auth/me", "finance": "/v1/transactions?limit=5"}[name]
    wrong, good = [], []

    def reader(_, stop):
        while not stop.is_set():
            answer = saver.get(path)
            if answer.status == 200:
                good.append(1)
            elif answer.status != 503 or not answer.header("Retry-After"):
                wrong.append(repr(answer))

    with load(reader, 6):
        until(lambda: len(good) > 100, 20 * service.slow, "load")
        assert service.stop() == 0
        service.start()
        seen = len(good)
        until(lambda: len(good) > seen + 50, 20 * service.slow, "load after the restart")
    assert wrong == []


def test_a_stopping_service_says_not_ready(stack):
    """With a request in flight (a long poll), auth keeps serving it and answers readyz with 503 on connections that are open."""
    service = stack.also("auth", "auth-stopping").start()
    token = stack.secrets["MITA_INTERNAL_TOKEN"]
    sequence = Client(service, stack.contract, token).get("/internal/v1/revocations?after=0&wait_ms=0", internal=True).json["sequence"]
    got = {}

    def poll():
        got["answer"] = Client(service, stack.contract, token).get(f"/internal/v1/revocations?after={sequence}&wait_ms=1500", internal=True)

    waiting = threading.Thread(target=poll)
    waiting.start()
    in_flight = 'mita_http_requests_in_flight{service="auth_internal"}'  # the question itself and the poll
    until(lambda: samples(Client(service, stack.contract).get("/metrics", internal=True).text)[in_flight] == 2, 5 * service.slow, "a poll under way")
    service.terminate()
    waiting.join(15)
    assert got["answer"].status == 200
    assert service.process.wait(15 * service.slow) == 0


@pytest.mark.parametrize("name", TARGETS)
def test_a_connection_idle_at_SIGTERM_gets_one_more_answer_that_tells_it_to_close(stack, saver, name):
    service = stack.also(name, f"{name}-idle").start()
    connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=10)
    ask = lambda: connection.request("GET", TARGETS[name], headers={"Authorization": f"Bearer {saver.access}"})
    ask()
    assert (first := connection.getresponse()).status == 200 and first.read() and not first.will_close
    service.terminate()
    service.wait_event("stopping", 5)
    ask()
    assert (last := connection.getresponse()).status == 200 and last.read() and last.will_close
    assert service.process.wait(10 * service.slow) == 0


@pytest.mark.parametrize("name", ["auth", "finance"])
def test_a_database_behind_the_program_is_not_ready_until_it_is_migrated(stack, person, name):
    newest = stack.cluster.sql(f"select number, name, checksum, applied_at from {name}.schema_migrations order by number desc limit 1")[0]
    stack.cluster.sql(f"delete from {name}.schema_migrations where number = %s", newest[0])
    try:
        service = stack.also(name, f"{name}-behind").start(wait_ready=False)
        said = service.wait_event("schema_behind", 10)
        assert (said["version"], said["wanted"]) == (newest[0] - 1, newest[0])
        client = Client(service, stack.contract, person.access)
        assert client.get("/readyz").status == 503
        health = client.get("/health", internal=True)
        assert health.status == 503 and health.json["database"]["schema_version"] == newest[0] - 1
        assert [d["limit"] for d in health.json["degradation"] if d["reason"] == "schema_behind"] == [newest[0]]
    finally:
        stack.cluster.sql(f"insert into {name}.schema_migrations (number, name, checksum, applied_at) values (%s, %s, %s, %s)", *newest)
    service.wait_event("ready", 10)
    assert client.get("/readyz").status == 200
    service.stop()
