"""Several instances of a service: killed, away, slow or lying ones cost nobody an answer that another instance can give."""
import http.client
import os
import signal
import time

import pytest

from mita.client import Client, expect, raw
from mita.load import load
from mita.metrics import samples
from mita.people import Person, money, uuid7
from mita.saboteur import Saboteur
from mita.tcp_gate import TcpGate
from mita.waiting import until


def urls(*ports):
    return ",".join(f"http://127.0.0.1:{port}" for port in ports)


def told(stack, gateway, name):
    """The sum of a metric over the labels that `name` leaves open."""
    said = samples(stack.client(gateway).get("/metrics", internal=True).text)
    return sum(value for key, value in said.items() if key.startswith(name.split("{")[0]) and all(part in key for part in name.partition("{")[2].rstrip("}").split(",")))


def person_of(stack, gateway, count):
    """Somebody whose requests this gateway sends to the instance that `count` tells the requests of, when nothing else is under way."""
    while True:
        person, before = stack.person(), count()
        expect(Client(gateway, stack.contract, person.access).get("/v1/me"), 200)
        if count() > before:
            return person


def served(stack, finance):
    """How often this instance of finance showed somebody who they are."""
    said = samples(stack.client(finance).get("/metrics", internal=True).text)
    return said.get('mita_http_requests_total{method="GET",route="/v1/me",service="finance",status="200"}', 0)


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
    people = [person_of(stack, gateway, lambda at=at: served(stack, at)) for at in (finance, stack.finance) * 2]
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


def test_C3_what_the_gateway_itself_asks_of_auth_goes_on_at_another_instance(stack, twice):
    """Revocations, keys and the trail, whichever of the two dies or hangs: nobody who signed out is let in, no event is lost."""
    second, _, gateway = twice
    lag = "mita_gateway_revocation_lag_seconds"
    sent = 'mita_gateway_audit_events_total{result="sent"}'
    for away, ends in ((stack.auth, "kill"), (second, "kill"), (stack.auth, "stop"), (second, "stop")):
        left = second if away is stack.auth else stack.auth
        noted = told(stack, gateway, sent)
        away.process.send_signal(signal.SIGKILL if ends == "kill" else signal.SIGSTOP)
        try:
            someone = Person(stack, left)
            mine = Client(gateway, stack.contract, someone.access)
            until(lambda mine=mine: mine.get("/v1/auth/me", check=False).status == 200, 20 * gateway.slow, "an answer of the one that is left")
            expect(Client(left, stack.contract, someone.access).post("/v1/auth/logout"), 204)
            until(lambda mine=mine: mine.get("/v1/auth/me", check=False).status == 401, 30 * gateway.slow, "the gateway to hear who signed out")
            until(lambda: told(stack, gateway, lag) < 3, 30 * gateway.slow, "the feed to be followed at the other")
            mine.request("POST", "/v1/auth/logout", check=False)
            until(lambda noted=noted: told(stack, gateway, sent) > noted, 30 * gateway.slow, "the trail to be taken by the other")
        finally:
            if ends == "stop":
                away.process.send_signal(signal.SIGCONT)
            else:
                away.start()
    assert told(stack, gateway, 'mita_gateway_audit_events_total{result="dropped"}') == 0


def test_C7_what_finance_asks_of_auth_goes_on_at_another_instance(stack):
    """Who a person is, keys and revocations, whichever of two dies or hangs: it stays ready, writes are never refused, and who signed out is out."""
    second = stack.also("auth", "auth-second").start()
    finance = stack.also("finance", "finance-two-auths", MITA_AUTH_INTERNAL_URL=urls(stack.auth.internal_port, second.internal_port)).start()
    silent = 10  # seconds of the feed that it puts up with
    try:
        for away, ends in ((stack.auth, "kill"), (second, "kill"), (stack.auth, "stop"), (second, "stop")):
            left = second if away is stack.auth else stack.auth
            stays = Person(stack, left)
            writes = Client(finance, stack.contract, stays.access)
            expect(writes.get("/v1/me"), 200)
            away.process.send_signal(signal.SIGKILL if ends == "kill" else signal.SIGSTOP)
            try:
                someone = Person(stack, left)
                mine = Client(finance, stack.contract, someone.access)
                until(lambda mine=mine: mine.get("/v1/me", check=False).status == 200, 20 * finance.slow, "who they are, by the one that is left")
                expect(Client(left, stack.contract, someone.access).post("/v1/auth/logout"), 204)

                def heard(mine=mine, writes=writes):
                    written = writes.post("/v1/transactions", {"money": money(-100), "category": "groceries"}, headers={"Idempotency-Key": os.urandom(8).hex()})
                    ready = stack.client(finance).get("/readyz", internal=True, check=False)
                    if (written.status, ready.status) != (201, 200):
                        raise RuntimeError(f"{written} {ready}")
                    return mine.get("/v1/me").status == 401

                began = time.monotonic()
                until(heard, silent * finance.slow, "finance to hear who signed out")
                assert time.monotonic() - began < silent * finance.slow
                until(lambda: told(stack, finance, "mita_finance_revocation_lag_seconds") < 3, silent * finance.slow, "the feed to be followed at the other")
            finally:
                if ends == "stop":
                    away.process.send_signal(signal.SIGCONT)
                else:
                    away.start()
        assert told(stack, finance, 'mita_http_client_ejections_total{upstream="auth_internal"}') >= 1
    finally:
        for service in (finance, second):
            assert service.stop() == 0


def test_C7_an_instance_of_auth_that_lost_its_database_is_not_followed_while_another_has_its_own(stack):
    """It answers, but knows nothing new: who signs out at the other is out at the gateway, and the trail is taken there."""
    sent = 'mita_gateway_audit_events_total{result="sent"}'
    with TcpGate(stack.cluster.port) as gate:
        url = stack.cluster.url("auth").replace(f":{stack.cluster.port}/", f":{gate.port}/")
        blind = stack.also("auth", "auth-blind", MITA_AUTH_DATABASE_URL=url).start()
        gateways = [stack.also("gateway", f"gateway-blind-{n}", MITA_AUTH_INTERNAL_URL=urls(*ports)).start()
                    for n, ports in enumerate(((blind.internal_port, stack.auth.internal_port), (stack.auth.internal_port, blind.internal_port)))]
        leaving = [stack.person() for _ in range(2)]
        clients = [[Client(gateway, stack.contract, person.access) for gateway in gateways] for person in leaving]
        try:
            for gate_does in (gate.hold, gate.cut):
                gate_does()
                person, asking = leaving.pop(), clients.pop()
                noted = [told(stack, gateway, sent) for gateway in gateways]
                for client in asking:
                    expect(client.get("/v1/auth/me"), 200)
                expect(Client(stack.auth, stack.contract, person.access).post("/v1/auth/logout"), 204)
                for client, gateway, before in zip(asking, gateways, noted):
                    until(lambda client=client: client.get("/v1/me").status == 401, 20 * gateway.slow, "the gateway to hear who signed out")
                    client.request("POST", "/v1/auth/refresh", {"refresh_token": "x"}, check=False)
                    until(lambda gateway=gateway, before=before: told(stack, gateway, sent) > before, 20 * gateway.slow, "the trail to be taken by the other")
                    assert told(stack, gateway, "mita_gateway_revocation_lag_seconds") < 4
                gate.clear()
                until(lambda: stack.client(blind).get("/readyz", check=False).status == 200, 20 * blind.slow, "its database to be back")
        finally:
            for service in (*gateways, blind):
                assert service.stop() == 0


def test_whoever_asks_is_known_to_one_instance_and_to_the_other_when_that_one_is_gone(stack, twice):
    """What a person's requests find in a cache of the one is not looked up by the other as well."""
    _, finance, gateway = twice
    people = {at: person_of(stack, gateway, lambda at=at: served(stack, at)) for at in (stack.finance, finance)}
    for own, person in people.items():
        client, before = Client(gateway, stack.contract, person.access), {at: served(stack, at) for at in people}
        for _ in range(10):
            expect(client.get("/v1/me"), 200)
        assert {at: served(stack, at) - before[at] for at in people} == {at: 10 if at is own else 0 for at in people}
    finance.kill()
    left = served(stack, stack.finance)
    for _ in range(10):
        expect(Client(gateway, stack.contract, people[finance].access).get("/v1/me"), 200)
    assert served(stack, stack.finance) == left + 10
    finance.start()


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


def test_a_gateway_that_is_killed_costs_nobody_a_write_that_is_repeated_at_another(stack, people_of_one):
    """What was under way may be done or not: with its key it is done once."""
    gateways = [stack.also("gateway", f"gateway-killed-{n}").start() for n in range(2)]
    people_of_one.onboard()
    written, repeated = [], [0]

    def ask(number, stop):
        at = number % 2
        while not stop.is_set():
            entry, own = {"id": uuid7(stack.clock), "money": money(-100), "category": "groceries"}, {"Idempotency-Key": os.urandom(8).hex()}
            while True:
                try:
                    answer = Client(gateways[at], stack.contract, people_of_one.access).post("/v1/transactions", entry, headers=own)
                    if answer.status != 409:  # what was under way at the other is at work still
                        expect(answer, 201)
                        break
                except (OSError, http.client.HTTPException):
                    at, repeated[0] = 1 - at, repeated[0] + 1
            written.append(entry["id"])

    with load(ask, 4):
        for gateway in gateways:
            before = len(written)
            until(lambda before=before: len(written) > before + 20, 30 * gateway.slow, "writes before")
            gateway.kill()
            before = len(written)
            until(lambda before=before: len(written) > before + 20, 30 * gateway.slow, "writes at the other")
            gateway.start()
    found = [row[0] for row in stack.cluster.sql("select id::text from finance.transactions where user_id = %s", people_of_one.id)]
    assert sorted(found) == sorted(written) and repeated[0] >= 2
    for gateway in gateways:
        assert gateway.stop() == 0


@pytest.mark.parametrize("fault", ["late", "cut", "reset", "half-close", "garbage", "slow", "smuggled"])
def test_an_instance_whose_answers_are_spoiled_costs_nobody_an_answer(stack, fault):
    """R16: and what it smuggles is shown to nobody."""
    proxy = Saboteur(stack.finance.port)
    gateway = stack.also("gateway", f"gateway-{fault}", MITA_WORKERS="1", MITA_FINANCE_URL=urls(proxy.port, stack.finance.port)).start()
    try:
        person = person_of(stack, gateway, lambda: proxy.passed)
        one = f"GET /v1/me HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {person.access}\r\n"
        wanted = expect(stack.client(token=person.access).get("/v1/me"), 200).body
        proxy.fault = fault
        for _ in range(8):
            shown = raw(gateway.port, (one + "\r\n").encode() * 3 + (one + "Connection: close\r\n\r\n").encode())
            assert shown.count(wanted) == 4 and shown.count(b"HTTP/1.1 ") == 4 and b"smuggled" not in shown, shown
        assert proxy.spoiled > 0
    finally:
        assert gateway.stop() == 0
        proxy.close()


def test_a_failing_instance_is_left_out_and_comes_back(stack):
    proxy = Saboteur(stack.finance.port)
    gateway = stack.also("gateway", "gateway-ejects", MITA_WORKERS="1", MITA_FINANCE_URL=urls(proxy.port, stack.finance.port)).start()
    try:
        client = Client(gateway, stack.contract, person_of(stack, gateway, lambda: proxy.passed).access)
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


def in_a_world_of_names(service, hosts):
    """The service resolves by this hosts file in place of the machine's: getaddrinfo itself, in a mount namespace of its own."""
    wrapper = hosts.with_name("named.sh")
    wrapper.write_text(f'#!/bin/sh\nexec unshare --mount --propagation private sh -c \'mount --bind "{hosts}" /etc/hosts && exec "{service.binary}" "$@"\' named "$@"\n')
    wrapper.chmod(0o755)
    service.binary = wrapper
    return service


@pytest.mark.skipif(os.geteuid() != 0, reason="a mount namespace is for root")
def test_of_a_name_with_several_addresses_all_are_asked_and_those_that_come_and_go_are_followed(stack, tmp_path):
    first = stack.also("finance", "finance-name-1").start()
    second = stack.also("finance", "finance-name-2", MITA_LISTEN="127.0.0.2")
    second.port = first.port
    second.start()
    hosts = tmp_path / "hosts"
    hosts.write_text("127.0.0.1 localhost\n127.0.0.1 twins.example\n127.0.0.2 twins.example\n")
    gateway = in_a_world_of_names(stack.also("gateway", "gateway-twins", MITA_WORKERS="1", MITA_FINANCE_URL=f"http://twins.example:{first.port}"), hosts).start()
    clients = [Client(gateway, stack.contract, person_of(stack, gateway, lambda at=at: served(stack, at)).access) for at in (first, second)]

    def more(service, while_asking=10):
        before = served(stack, service)
        for n in range(while_asking):
            expect(clients[n % 2].get("/v1/me"), 200)
        return served(stack, service) - before

    try:
        assert more(first) == more(second) == 5
        hosts.write_text("127.0.0.1 localhost\n127.0.0.2 twins.example\n")  # in place: it is mounted
        until(lambda: more(first) == 0, 30 * gateway.slow, "the address that is gone to be left")
        assert first.stop() == 0
        assert more(second) == 10
        hosts.write_text("127.0.0.1 localhost\n127.0.0.2 twins.example\n127.0.0.1 twins.example\n")
        first.start()
        until(lambda: more(first) > 0, 30 * gateway.slow, "the address that is back to be asked")
        first.kill()
        assert more(second, 30) == 30
        first.start()
    finally:
        assert gateway.stop() == 0
        assert second.stop() == 0 and first.stop() == 0


def test_of_a_name_with_several_addresses_those_that_answer_are_asked(stack, people_of_one):
    """localhost is 127.0.0.1 and, where there is IPv6, ::1, on which finance does not listen."""
    gateway = stack.also("gateway", "gateway-names", MITA_FINANCE_URL=f"http://localhost:{stack.finance.port}").start()
    client = Client(gateway, stack.contract, people_of_one.access)
    for _ in range(30):
        expect(client.get("/v1/me"), 200)
    assert gateway.stop() == 0
