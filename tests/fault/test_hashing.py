"""The password hashing behind real logins: what it drops, whom it refuses, what it falls back to, what it renews."""
import contextlib
import json
import socket
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from mita.client import expect
from mita.metrics import samples
from mita.people import Person
from mita.waiting import until

PATIENT = {"MITA_LOGIN_BUDGET_MS": "60000", "MITA_REQUEST_TIMEOUT_MS": "60000"}


@contextlib.contextmanager
def hashing(stack, label, behind_gateway=False, **settings):
    """An auth service of its own with one hashing thread, and a gateway before it when asked: (auth, service to talk to)."""
    auth = stack.also("auth", f"auth-{label}", **{"MITA_HASH_THREADS": "1", **settings}).start()
    door = stack.also("gateway", f"gateway-{label}", auth=auth, MITA_REQUEST_TIMEOUT_MS="60000").start() if behind_gateway else auth
    try:
        yield auth, door
    finally:
        if door is not auth:
            door.stop()
        auth.stop()


def login_bytes(number):
    body = json.dumps({"email": f"nobody{number}@example.org", "password": "canary wrong"})
    return (f"POST /v1/auth/login HTTP/1.1\r\nHost: mita\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}").encode()


def logins(port, count):
    """Connections that each sent a login and wait for its answer."""
    out = []
    for number in range(count):
        s = socket.create_connection(("127.0.0.1", port), timeout=60)
        s.sendall(login_bytes(number))
        out.append(s)
    return out


@pytest.mark.parametrize("behind_gateway", [False, True], ids=["at auth", "through the gateway"])
def test_l7_logins_whose_clients_have_gone_are_never_hashed(stack, behind_gateway):
    """Six hold the lanes, ten wait behind them and leave: the ten are dropped unhashed, the six are answered."""
    with hashing(stack, f"gone-{behind_gateway}", behind_gateway, MITA_BCRYPT_COST="14", **PATIENT) as (auth, door):
        client = stack.client(auth)
        figures = lambda: samples(client.get("/metrics", internal=True).text)
        staying = logins(door.port, 6)
        until(lambda: figures()['mita_auth_hash_lanes{state="in_use"}'] == 6, 10 * auth.slow, "six hashes running")
        leaving = logins(door.port, 10)
        until(lambda: figures()['mita_auth_hash_queue_depth{class="login"}'] == 10, 10 * auth.slow, "ten hashes waiting")
        for s in leaving:
            s.close()
        dropped = 'mita_auth_hash_dropped_total{reason="client_gone"}'
        until(lambda: figures()[dropped] == 10, 30 * auth.slow, "the ten dropped")
        for s in staying:
            assert s.recv(65536).startswith(b"HTTP/1.1 401 "), "who stayed is answered"
            s.close()
        assert figures()['mita_auth_hashes_total{algorithm="bcrypt",cost="14"}'] == 6


def test_l7_a_client_that_closes_only_its_half_is_answered(stack):
    with hashing(stack, "half", True, MITA_BCRYPT_COST="12", **PATIENT) as (_, door):
        (s,) = logins(door.port, 1)
        s.shutdown(socket.SHUT_WR)
        assert s.recv(65536).startswith(b"HTTP/1.1 401 ")
        s.close()


def test_l6_refusals_under_a_storm_come_at_once_with_retry_after_and_do_not_tell_the_known_from_the_unknown(stack):
    """The wait is predicted before the account is looked up: same body for a registered and an unregistered address, and in few ms at the server."""
    with hashing(stack, "refusing", MITA_BCRYPT_COST="14", MITA_LOGIN_BUDGET_MS="1500", MITA_LOG_REQUESTS="1") as (auth, _):
        known = Person(stack)  # registered at the stack's own auth, same database
        busy = logins(auth.port, 6)
        refused = {}

        def attempt(number):
            email = known.email if number % 2 else f"nobody{number}@example.org"
            answer = stack.client(auth).post("/v1/auth/login", {"email": email, "password": "canary wrong"})
            if answer.status == 503:
                assert int(answer.header("Retry-After")) >= 1
                refused.setdefault(email == known.email, set()).add((answer.code, answer.json["detail"]))
            return answer.status

        with ThreadPoolExecutor(20) as pool:
            seen = list(pool.map(attempt, range(60)))
        for s in busy:
            s.close()
        assert seen.count(503) > 20 and set(seen) <= {401, 503}, seen
        assert refused[True] == refused[False], refused
        took = sorted(e["duration_ms"] for e in auth.events() if e.get("event") == "request" and e["status"] == 503)
        assert len(took) > 20 and took[len(took) // 2] < 20 * auth.slow, f"median refusal {took[len(took) // 2]} ms"


def test_registrations_have_a_lane_of_their_own_in_a_login_storm(stack):
    with hashing(stack, "both", MITA_BCRYPT_COST="12", **PATIENT) as (auth, _):
        storm = logins(auth.port, 60)
        until(lambda: samples(stack.client(auth).get("/metrics", internal=True).text)['mita_auth_hash_queue_depth{class="login"}'] > 40, 10 * auth.slow, "the storm")
        Person(stack, auth)
        waiting = samples(stack.client(auth).get("/metrics", internal=True).text)['mita_auth_hash_queue_depth{class="login"}']
        for s in storm:
            s.close()
        assert waiting > 20, "the registration did not wait for the storm's end"


def test_a_kernel_that_is_not_used_is_said_in_log_health_and_metric_and_logins_go_on(stack):
    with hashing(stack, "fallback", MITA_HASH_KERNEL="libxcrypt") as (auth, _):
        person = Person(stack, auth)
        person.login()
        expect(person.client.post("/v1/auth/login", {"email": person.email, "password": "canary wrong"}, token=None), 401)
        inside = lambda path: stack.client(auth).get(path, internal=True)
        assert any(e["event"] == "hash_kernel_degraded" and e["fallback"] for e in auth.events())
        health = expect(inside("/health"), 200).json
        assert health["status"] == "degraded" and "hash_kernel_fallback" in [d["reason"] for d in health["degradation"]]
        figures = samples(inside("/metrics").text)
        assert figures["mita_auth_hash_fallback"] == 1
        assert figures['mita_auth_hashes_total{algorithm="bcrypt",cost="4"}'] >= 3
    healthy = samples(stack.client(stack.auth).get("/metrics", internal=True).text)
    assert healthy["mita_auth_hash_fallback"] == 0


def stored_hash(stack, person):
    return stack.cluster.sql("select password_hash from auth.users where id = %s", person.id)[0][0]


@pytest.mark.parametrize("settings,mark", [({"MITA_BCRYPT_COST": "5"}, "$2b$05$"), ({"MITA_PASSWORD_ALGORITHM": "argon2id"}, "$argon2id$v=19$m=19456,t=2,p=1$")],
                         ids=["a higher cost", "argon2id"])
def test_p1_a_login_renews_a_hash_of_an_older_policy_once_and_a_wrong_password_does_not(stack, settings, mark):
    person = stack.person()
    old = stored_hash(stack, person)
    assert old.startswith("$mita$v=1$alg=bcrypt$pepper=1$2b$04$"), old
    with hashing(stack, f"renew-{len(mark)}", **settings) as (auth, _):
        client = stack.client(auth)
        expect(client.post("/v1/auth/login", {"email": person.email, "password": "canary wrong"}), 401)
        assert stored_hash(stack, person) == old
        expect(client.post("/v1/auth/login", {"email": person.email, "password": person.password}), 200)
        renewed = stored_hash(stack, person)
        assert mark in renewed and renewed != old
        expect(client.post("/v1/auth/login", {"email": person.email, "password": person.password}), 200)
        assert stored_hash(stack, person) == renewed
        expect(client.post("/v1/auth/login", {"email": person.email, "password": "canary wrong"}), 401)
    person.login()  # an instance of the older policy still verifies it
    assert stored_hash(stack, person) == renewed or "argon2" in mark


@pytest.mark.parametrize("stored", ["", "!", "*0", "*1", "$2b$12$short", "$mita$v=2$alg=bcrypt$pepper=1$2b$04$cVWp4XaNU8a4v1uMRum2SO026BWLIoQMD/TXg5uZV.0P.uO8m3YEm"])
def test_p4_an_unusable_stored_hash_matches_no_password(stack, stored):
    person = stack.person()
    stack.cluster.sql("update auth.users set password_hash = %s where id = %s returning 1", stored, person.id)
    for password in (person.password, stored or "canary empty", "canary wrong"):
        expect(person.client.post("/v1/auth/login", {"email": person.email, "password": password}, token=None, valid=False), 401, "invalid_credentials")
    assert stored_hash(stack, person) == stored
