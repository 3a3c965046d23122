"""Several instances of a service: killed, away, slow or lying ones cost nobody an answer that another instance can give."""
import os
import time

import pytest

from mita.client import Client, expect, raw
from mita.load import load
from mita.metrics import samples
from mita.people import money, uuid7
from mita.saboteur import Saboteur
from mita.waiting import until


def urls(*ports):
    return ",".join(f"http://127.0.0.1:{port}" for port in ports)


def told(stack, gateway, name):
    """The sum of a metric over the labels that `name` leaves open."""
    said = samples(stack.client(gateway).get("/metrics", internal=True).text)
    return sum(value for key, value in said.items() if key.startswith(name.split("{")[0]) and all(part in key for part in name.partition("{")[2].rstrip("}").split(",")))


@pytest.fixture
def twice(stack):
    """Two instances of auth and finance behind a gateway of their own."""
    auth, finance = (stack.also(name, f"{name}-twice").start() for name in ("auth", "finance"))
    gateway = stack.also("gateway", "gateway-twice", MITA_AUTH_URL=urls(stack.auth.port, auth.port), MITA_FINANCE_URL=urls(stack.finance.port, finance.port),
                         MITA_AUTH_INTERNAL_URL=urls(stack.auth.internal_port, auth.internal_port),
                         MITA_FINANCE_INTERNAL_URL=urls(stack.finance.internal_port, finance.internal_port)).start()
    yield auth, finance, gateway
    for service in (gateway, finance, auth):
        assert service.stop() in (0, None) or not service.alive()


def test_killing_one_of_two_instances_under_load_fails_no_request_that_may_be_repeated(stack, twice):
    auth, finance, gateway = twice
    people = [stack.person() for _ in range(4)]
    for person in people:
        person.onboard()
    asked = [0] * 4

    def ask(number, stop):
        client = Client(gateway, stack.contract, people[number].access)
        while not stop.is_set():
            expect(client.get("/v1/me"), 200)
            expect(client.get("/v1/auth/me"), 200)
            entry = {"id": uuid7(stack.clock), "money": money(-100), "category": "groceries"}
            expect(client.post("/v1/transactions", entry, headers={"Idempotency-Key": os.urandom(8).hex()}), 201)
            pipelined = f"GET /v1/me HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {people[number].access}\r\n\r\n".encode() * 7
            last = f"GET /v1/me HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {people[number].access}\r\nConnection: close\r\n\r\n".encode()
            shown = raw(gateway.port, pipelined + last)
            assert shown.count(b"HTTP/1.1 200 OK\r\n") == 8 and shown.count(people[number].id.encode()) == 8, shown
            asked[number] += 1

    with load(ask, 4):
        for service in (finance, auth, finance):
            before = sum(asked)
            until(lambda before=before: sum(asked) > before + 20, 30 * gateway.slow, "requests before")
            service.kill()
            before = sum(asked)
            until(lambda before=before: sum(asked) > before + 20, 30 * gateway.slow, "requests while one is away")
            service.start()
    assert told(stack, gateway, 'mita_gateway_circuit_state{upstream="finance"}') == 0


def test_when_all_instances_are_killed_only_what_needs_them_is_refused_with_503_and_when_to_come_again(stack, people_of_one):
    finance = [stack.also("finance", f"finance-all-{n}").start() for n in range(2)]
    gateway = stack.also("gateway", "gateway-all", MITA_FINANCE_URL=urls(*(f.port for f in finance)),
                         MITA_FINANCE_INTERNAL_URL=urls(*(f.internal_port for f in finance))).start()
    client = Client(gateway, stack.contract, people_of_one.access)
    expect(client.get("/v1/me"), 200)
    for f in finance:
        f.kill()
    until(lambda: told(stack, gateway, 'mita_gateway_circuit_state{upstream="finance"}') == 2, 20, "the circuit to open")
    for _ in range(20):
        began = time.monotonic()
        refused = expect(client.get("/v1/me"), 503)
        assert refused.header("Retry-After") == "1" and time.monotonic() - began < 2 * gateway.slow
        expect(client.get("/v1/auth/me"), 200)
        expect(client.get("/livez"), 200)
    for f in finance:
        f.start()
    until(lambda: client.get("/v1/me").status == 200, 5 * gateway.slow, "finance to be asked again")
    for _ in range(30):
        expect(client.get("/v1/me"), 200)
    assert gateway.stop() == 0
    for f in finance:
        assert f.stop() == 0


@pytest.fixture
def people_of_one(stack):
    return stack.person()


@pytest.mark.parametrize("fault", ["late", "cut", "reset", "half-close", "garbage", "slow", "smuggled"])
def test_an_instance_whose_answers_are_spoiled_costs_nobody_an_answer(stack, people_of_one, fault):
    """R16: and what it smuggles is shown to nobody."""
    proxy = Saboteur(stack.finance.port)
    gateway = stack.also("gateway", f"gateway-{fault}", MITA_WORKERS="1", MITA_FINANCE_URL=urls(proxy.port, stack.finance.port)).start()
    one = f"GET /v1/me HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {people_of_one.access}\r\n"
    try:
        wanted = expect(stack.client(token=people_of_one.access).get("/v1/me"), 200).body
        proxy.fault = fault
        for _ in range(8):
            shown = raw(gateway.port, (one + "\r\n").encode() * 3 + (one + "Connection: close\r\n\r\n").encode())
            assert shown.count(wanted) == 4 and shown.count(b"HTTP/1.1 ") == 4 and b"smuggled" not in shown, shown
        assert proxy.spoiled > 0
    finally:
        assert gateway.stop() == 0
        proxy.close()


def test_a_failing_instance_is_left_out_and_comes_back(stack, people_of_one):
    proxy = Saboteur(stack.finance.port)
    gateway = stack.also("gateway", "gateway-ejects", MITA_WORKERS="1", MITA_FINANCE_URL=urls(proxy.port, stack.finance.port)).start()
    client = Client(gateway, stack.contract, people_of_one.access)
    try:
        proxy.fault = "reset"

        def ejected():
            expect(client.get("/v1/me"), 200)
            return told(stack, gateway, 'mita_gateway_ejections_total{upstream="finance"}') >= 1

        until(ejected, 10 * gateway.slow, "the instance to be ejected")
        assert told(stack, gateway, 'mita_gateway_retries_total{upstream="finance"}') >= 1
        assert gateway.wait_event("instance_ejected", 5)["address"] == f"127.0.0.1:{proxy.port}"
        proxy.fault, passed = None, proxy.passed

        def asked_again():
            expect(client.get("/v1/me"), 200)
            return proxy.passed > passed

        until(asked_again, 15 * gateway.slow, "the instance to be asked again")
    finally:
        assert gateway.stop() == 0
        proxy.close()


def test_of_a_name_with_several_addresses_those_that_answer_are_asked(stack, people_of_one):
    """localhost is 127.0.0.1 and, where there is IPv6, ::1, on which finance does not listen."""
    gateway = stack.also("gateway", "gateway-names", MITA_FINANCE_URL=f"http://localhost:{stack.finance.port}").start()
    client = Client(gateway, stack.contract, people_of_one.access)
    for _ in range(30):
        expect(client.get("/v1/me"), 200)
    assert gateway.stop() == 0
