"""Services are killed and stopped: the others go on, and a stop loses no request in flight."""
import http.client
import threading
import time

import pytest

from mita.client import Client, expect
from mita.load import load
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
    """Each connection sends request after request. A refused new connection is the end of service; a request that was sent on a live
    connection is answered, or its connection was closed before the first byte of it could be read (an idle close)."""
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
                    if used == 0 and not begun.is_set():
                        failed.append("closed before the first answer")
                    break  # closed while idle between two requests
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
    time.sleep(0.3)  # the poll is under way; its answer below proves it
    service.terminate()
    waiting.join(15)
    assert got["answer"].status == 200
    assert service.process.wait(15 * service.slow) == 0
