"""R23: restarts that nobody notices, on one machine too: a new process takes the sockets from the old one and ends it."""
import http.client
import os
import threading

import pytest

from mita.client import Client, expect
from mita.load import load
from mita.people import key
from mita.waiting import until

ROUNDS = 10 if os.environ.get("MITA_NIGHTLY") == "1" else 4  # a round takes five seconds
SPEND = '{"money":{"amount":-100,"currency":"EUR"},"category":"groceries"}'


class Callers:
    """Clients that keep their connections, until they are told to close them: whatever else happens to a request is a failure."""

    def __init__(self, service, person):
        self.service, self.person = service, person
        self.answered, self.failed, self.written = 0, [], []
        self.lock = threading.Lock()

    def __call__(self, number, stop):
        while not stop.is_set():
            connection = http.client.HTTPConnection("127.0.0.1", self.service.port, timeout=30)
            try:
                while not stop.is_set():
                    if self.ask(connection, number).will_close:
                        break
            except (OSError, http.client.HTTPException) as error:
                self.failed.append(repr(error))
            connection.close()

    def ask(self, connection, number):
        head, body, method, path = {"Authorization": f"Bearer {self.person.access}"}, None, "GET", ["/v1/transactions?limit=5", "/v1/auth/me", "/v1/me"][number % 3]
        if number == 0:
            method, path, body = "POST", "/v1/transactions", SPEND
            head |= {"Idempotency-Key": key(), "Content-Type": "application/json"}
        connection.request(method, path, body=body, headers=head)
        answer = connection.getresponse()
        said = answer.read()
        with self.lock:
            self.answered += 1
        if answer.status >= 300:
            self.failed.append((answer.status, said[:300]))
        elif number == 0:
            self.written.append(said)
        return answer


@pytest.fixture
def line(stack):
    """Auth, finance and gateway of its own, so that each may be replaced."""
    auth = stack.also("auth", "auth-replaced").start()
    finance = stack.also("finance", "finance-replaced", auth=auth).start()
    gateway = stack.also("gateway", "gateway-replaced", auth=auth, finance=finance).start()
    yield auth, finance, gateway
    for service in (gateway, finance, auth):
        assert service.stop() == 0


def test_R23_rolling_restarts_of_all_three_services_fail_no_request(stack, saver, line):
    auth, finance, gateway = line
    until(lambda: Client(gateway, stack.contract, saver.access).get("/v1/me", check=False).status == 200, 15 * gateway.slow, "the line")
    callers = Callers(gateway, saver)
    with load(callers, 6):
        until(lambda: callers.answered > 200, 20 * gateway.slow, "load")
        for _ in range(ROUNDS):
            for service in (auth, finance, gateway):
                before = callers.answered
                assert service.replace() == 0, service.label
                until(lambda b=before: callers.answered > b + 20, 20 * gateway.slow, "load after it")
    assert callers.failed == [] and len(callers.written) > 10
    kept = [t["id"] for t in pages(saver)]
    assert len(kept) == len(callers.written)


def pages(person):
    out, path = [], "/v1/transactions?limit=200"
    while path:
        page = expect(person.get(path), 200).json
        out += page["data"]
        path = f"/v1/transactions?limit=200&cursor={page['next_cursor']}" if page.get("next_cursor") else None
    return out


def test_R23_new_connections_are_never_refused_while_a_service_is_replaced(stack, line):
    gateway = line[2]
    wrong, good = [], []

    def newcomer(_, stop):
        while not stop.is_set():
            try:
                connection = http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=30)
                connection.request("GET", "/livez", headers={"Connection": "close"})
                (good if connection.getresponse().status == 200 else wrong).append(1)
                connection.close()
            except (OSError, http.client.HTTPException) as error:
                wrong.append(repr(error))

    with load(newcomer, 4):
        for _ in range(5):
            seen = len(good)
            assert gateway.replace() == 0
            until(lambda s=seen: len(good) > s + 50, 20 * gateway.slow, "newcomers")
    assert wrong == []


def test_R23_a_new_process_that_cannot_serve_leaves_the_old_one_in_place(stack, line):
    finance = line[1]
    old = finance.process
    with pytest.raises(RuntimeError, match="ended with 2"):
        finance.replace(MITA_FINANCE_SECRET="too short")
    finance.process = old
    assert Client(finance, stack.contract).get("/readyz").status == 200


def test_R23_without_a_process_to_take_over_from_it_starts_as_ever(stack):
    service = stack.also("finance", "finance-alone")
    service.start().stop()
    service.start(words=("--take-over",))
    assert Client(service, stack.contract).get("/readyz").status == 200
    assert service.stop() == 0


def test_R23_a_second_process_without_it_is_refused_the_port(stack, line):
    finance = line[1]
    said = stack.operate("finance", "serve", status=1, MITA_FINANCE_PORT=str(finance.port), MITA_FINANCE_INTERNAL_PORT="0")
    assert "already in use" in said
