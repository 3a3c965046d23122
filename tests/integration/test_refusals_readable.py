"""R18, R20: whatever the gateway refuses, a browser of an allowed origin can read why, and a counted request is told its limits."""
import re

import pytest

from mita.client import Client, expect, raw
from mita.people import money

ORIGIN = "https://app.example.org"
FROM = f"Origin: {ORIGIN}\r\n"
READABLE = {"ETag", "Location", "Link", "X-Request-Id", "Retry-After", "RateLimit", "RateLimit-Policy", "Idempotency-Replayed"}


@pytest.fixture(scope="module")
def limited(running):
    """A gateway with limits on and one allowed origin."""
    service = running.also("gateway", "gateway-readable", MITA_RATE_USER="100000;60", MITA_RATE_WRITE="100000;60", MITA_RATE_LOGIN="100000;60",
        MITA_CORS_ORIGINS=ORIGIN).start()
    yield service
    service.stop()


def post(path, framing, body="", token=None, origin=FROM):
    bearer = f"Authorization: Bearer {token}\r\n" if token else ""
    return f"POST {path} HTTP/1.1\r\nHost: x\r\n{origin}{bearer}Content-Type: application/json\r\n{framing}\r\n\r\n{body}".encode()


def get(target, lines):
    return f"GET {target} HTTP/1.1\r\n{lines}\r\n".encode()


MANY = "".join(f"X{i}: y\r\n" for i in range(120))
HEADS = {  # malformed or refused before anything else is asked
    "no Host": (get("/v1/me", FROM), 400), "a bad line before": (get("/v1/me", "Host: x\r\nA : b\r\n" + FROM), 400), "a bad line behind": (get("/v1/me",
    "Host: x\r\n" + FROM + "A : b\r\n"), 400),
    "dot segments": (get("/v1/../me", "Host: x\r\n" + FROM), 400), "two framings": (post("/v1/auth/login", "Content-Length: 2\r\nTransfer-Encoding: chunked",
    "{}"), 400), "a bad length": (post("/v1/auth/login", "Content-Length: +2", "{}"), 400),
    "two authorizations": (get("/v1/me", "Host: x\r\n" + FROM + "Authorization: a\r\nAuthorization: b\r\n"), 400),
    "CONNECT": (f"CONNECT x:443 HTTP/1.1\r\nHost: x\r\n{FROM}\r\n".encode(), 405),
    "a long target": (get("/" + "a" * 9000, "Host: x\r\n" + FROM), 414), "Expect": (post("/v1/auth/login", "Content-Length: 2\r\nExpect: 200-ok", "{}"), 417),
    "many headers": (get("/v1/me", "Host: x\r\n" + MANY + FROM), 431),
    "many headers behind": (get("/v1/me", "Host: x\r\n" + FROM + MANY), 431), "a large header": (get("/v1/me",
    "Host: x\r\nA: " + "b" * 17000 + "\r\n" + FROM), 431), "an unknown method": (b"BREW" + get("/v1/me", "Host: x\r\n" + FROM)[3:], 501),
    "an unknown coding": (post("/v1/auth/login", "Transfer-Encoding: xchunked"), 501), "another version": (get("/v1/me",
    "Host: x\r\n" + FROM).replace(b"HTTP/1.1", b"HTTP/1.2"), 505)}
CHUNKED = "Transfer-Encoding: chunked"
BODIES = {  # refused after the head was admitted and counted
    "too large": (f"Content-Length: {65 << 10}", "x" * (65 << 10), 413), "announced too large": ("Content-Length: 99999999999", "", 413),
    "too large in chunks": (CHUNKED, "11000\r\n" + "x" * 0x11000 + "\r\n0\r\n\r\n", 413),
    "a huge chunk": (CHUNKED, "f" * 16 + "\r\na", 413), "bad chunks": (CHUNKED, "zz\r\n{}\r\n0\r\n\r\n", 400), "a long extension": (CHUNKED,
    "1;" + "a" * 20000 + "\r\na\r\n0\r\n\r\n", 400), "a bare LF": (CHUNKED, "2\n{}\r\n0\r\n\r\n", 400)}


def answer(data):
    head = data.partition(b"\r\n\r\n")[0].decode("latin-1")
    first, *lines = head.split("\r\n")
    headers = {}
    for line in lines:
        name, _, value = line.partition(": ")
        headers.setdefault(name.lower(), []).append(value)
    return int(first.split(" ")[1]), headers


def readable(headers):
    assert headers["access-control-allow-origin"] == [ORIGIN] and "Origin" in ", ".join(headers["vary"]), headers
    assert READABLE <= set(re.split(", ?", ", ".join(headers["access-control-expose-headers"]))), headers


@pytest.mark.parametrize("case", HEADS)
def test_R18_a_browser_can_read_why_its_head_was_refused(limited, case):
    data, status = HEADS[case]
    got, headers = answer(raw(limited.port, data))
    assert got == status
    readable(headers)


@pytest.mark.parametrize("case", HEADS)
def test_R18_a_refused_head_of_another_origin_or_of_none_only_says_that_origins_matter(limited, case):
    data, status = HEADS[case]
    for origin in (b"Origin: https://app.example.org.evil.example\r\n", b"Origin: null\r\n", b""):
        got, headers = answer(raw(limited.port, data.replace(FROM.encode(), origin)))
        assert got == status and "access-control-allow-origin" not in headers and headers["vary"] == ["Origin"], headers


def test_R18_the_origin_of_the_next_request_is_not_this_ones(limited):
    got, headers = answer(raw(limited.port, b"GET /v1/me HTTP/1.1\r\nA: no Host\r\n\r\n" + get("/v1/me", "Host: x\r\n" + FROM)))
    assert got == 400 and "access-control-allow-origin" not in headers


@pytest.mark.parametrize("path", ["/v1/transactions", "/v1/auth/login"])
@pytest.mark.parametrize("case", BODIES)
def test_R18_R20_a_browser_can_read_why_its_body_was_refused_and_what_is_left_to_it(limited, person, path, case):
    framing, body, status = BODIES[case]
    got, headers = answer(raw(limited.port, post(path, framing, body, person.access if path == "/v1/transactions" else None)))
    assert got == status
    readable(headers)
    policies = '"user";q=100000;w=60, "write";q=100000;w=60' if path == "/v1/transactions" else '"login";q=100000;w=60'
    assert headers["ratelimit-policy"] == [policies] and len(headers["ratelimit"]) == 1, headers


def test_R18_R20_a_body_that_breaks_off_is_told_why_too(limited, person):
    got, headers = answer(raw(limited.port, post("/v1/transactions", "Content-Length: 100", "{", person.access), half_close=True))
    assert got == 400
    readable(headers)
    assert headers["ratelimit"]


def test_R18_what_a_service_refuses_can_be_read_as_well(stack, limited, saver):
    client = Client(limited, stack.contract, saver.access)
    for answer_ in (client.get("/v1/me", headers={"Origin": ORIGIN, "If-Match": "x"}), client.get("/v1/transactions/nothing", headers={"Origin": ORIGIN},
        valid=False),
                    client.post("/v1/transactions", {"money": money(-1)}, headers={"Origin": ORIGIN}, valid=False)):
        assert answer_.header("Access-Control-Allow-Origin") == ORIGIN and answer_.header("RateLimit"), answer_.headers


# -- RFC 6750 3.1: who shows no token is not told that it is invalid
NONE_SHOWN = {"nothing": None, "another scheme": "Basic dXNlcjpwYXNz", "a bare word": "token", "Bearers": "Bearers x.y.z"}
SHOWN = {"no token": "Bearer x.y.z", "not three parts": "Bearer x", "two words": "Bearer x y", "no word": "Bearer ", "the scheme alone": "bearer"}


@pytest.mark.parametrize("service,path", [("gateway", "/v1/me"), ("gateway", "/v1/auth/me"), ("gateway", "/metrics"), ("gateway", "/v1/auth/logout"), ("auth",
    "/v1/auth/me"), ("auth", "/v1/auth/logout"), ("finance", "/v1/me")])
@pytest.mark.parametrize("case", {**NONE_SHOWN, **SHOWN})
def test_T_a_401_says_invalid_token_to_those_only_who_showed_one(stack, service, path, case):
    shown = {**NONE_SHOWN, **SHOWN}[case]
    method = "POST" if path.endswith("logout") else "GET"
    answer_ = stack.client(getattr(stack, service)).request(method, path, headers={"Authorization": shown}, valid=False)
    challenge = expect(answer_, 401, "unauthorized").header("WWW-Authenticate")
    assert challenge == ('Bearer realm="mita", error="invalid_token"' if case in SHOWN else 'Bearer realm="mita"')
