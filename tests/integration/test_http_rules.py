"""The HTTP rules R1 to R19 of tests/RULES.md, byte by byte, at the gateway and at auth and finance directly. Each case is named after its rule."""
import json
import re
import socket
import time

import pytest

from mita.client import SECURITY_HEADERS, raw

SERVICES = ("gateway", "auth", "finance")
NEXT = b"GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"  # answered only when the request before it was framed well
GET = b"GET /livez HTTP/1.1\r\nHost: x\r\n"
POST = b"POST /livez HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"


def get(line):
    return GET + line + b"\r\n\r\n"


def target(path, method=b"GET"):
    return method + b" " + path + b" HTTP/1.1\r\nHost: x\r\n\r\n"


def chunked(coding, body=b"0\r\n\r\n"):
    return POST + b"Transfer-Encoding: " + coding + b"\r\n\r\n" + body


# Refused, whatever the path, and the connection closed: what follows is never read as a request (R7).
REFUSED = {
    "R1 bare LF": (b"GET /livez HTTP/1.1\nHost: x\n\n", 400), "R1 bare CR in a value": (get(b"A: b\rc"), 400), "R1 NUL in a value": (get(b"A: b\0c"), 400),
    "R1 no version": (b"GET /livez\r\n\r\n", 400), "R1 a TLS hello": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(40), 400),
    "R2 space before the colon": (get(b"A : b"), 400), "R2 obs-fold": (get(b"A: b\r\n c"), 400), "R2 no colon": (get(b"Abc"), 400), "R2 no name": (get(b": b"), 400),
    "R3 no Host": (b"GET /livez HTTP/1.1\r\n\r\n", 400), "R3 two Hosts": (get(b"Host: x"), 400), "R3 an empty Host": (b"GET /livez HTTP/1.1\r\nHost:\r\n\r\n", 400),
    "R3 a path in Host": (b"GET /livez HTTP/1.1\r\nHost: a/b\r\n\r\n", 400), "R3 user info in Host": (b"GET /livez HTTP/1.1\r\nHost: a@b\r\n\r\n", 400),
    "R3 a port out of range": (b"GET /livez HTTP/1.1\r\nHost: a:99999\r\n\r\n", 400), "R3 GET *": (target(b"*"), 400), "R3 CONNECT": (target(b"x:443", b"CONNECT"), 405),
    "R3 user info in the target": (target(b"http://a@b/livez"), 400), "R3 another scheme": (target(b"ftp://x/livez"), 400), "R3 no slash": (target(b"livez"), 400),
    "R4 Transfer-Encoding with Content-Length": (POST + b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    "R4 Transfer-Encoding in 1.0": (b"POST /livez HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400), "R4 chunked twice in a list": (chunked(b"chunked, chunked"), 400),
    "R4 two lines": (chunked(b"chunked\r\nTransfer-Encoding: chunked"), 400), "R4 gzip, chunked": (chunked(b"gzip, chunked"), 400), "R4 chunked, gzip": (chunked(b"chunked, gzip"), 400),
    "R4 identity": (chunked(b"identity"), 400), "R4 a parameter": (chunked(b"chunked;q=1"), 400), "R4 a vertical tab": (chunked(b"\x0bchunked"), 400), "R4 an unknown coding": (chunked(b"xchunked"), 501),
    **{f"R5 Content-Length {value!r}": (POST + b"Content-Length: " + value + b"\r\n\r\nabcde", 400) for value in (b"+5", b"-1", b"0x5", b"5,5", b"5 5", b"", b"99999999999999999999", b"5.0")},
    "R5 twice": (POST + b"Content-Length: 5\r\nContent-Length: 5\r\n\r\nabcde", 400),
    "R13 an unknown method": (target(b"/livez", b"BREW"), 501), "R13 HTTP/1.2": (b"GET /livez HTTP/1.2\r\nHost: x\r\n\r\n", 505), "R13 HTTP/2": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
    "R13 a target of 9000 bytes": (target(b"/" + b"a" * 8999), 414), "R13 101 headers": (GET + b"".join(b"X%d: y\r\n" % i for i in range(100)) + b"\r\n", 431),
    "R13 17 KiB of headers": (get(b"A: " + b"b" * 17000), 431),
    **{f"R14 {path.decode()!r}": (target(path), 400) for path in (b"//livez", b"/v1//me", b"/v1/./me", b"/v1/../livez", b"/v1/%2e%2e/livez", b"/v1/%2E./me", b"/v1%2fme", b"/v1%5Cme", b"/v1\\me", b"/livez%00",
                                                                 b"/livez%0a", b"/livez%zz", b"/livez#x", b"/livez\x7f", "/é".encode())},
    **{f"R15 {name.decode()} twice": (GET + name + b": a\r\n" + name.lower() + b": a\r\n\r\n", 400) for name in (b"Authorization", b"Content-Type", b"Origin", b"Idempotency-Key")},
}
# Good, and the next request on the connection is answered too: the statuses of both.
TAKEN = {
    "R1 leading empty lines": (b"\r\n\r\n" + GET + b"\r\n", 200), "R3 absolute form": (target(b"http://other.example/livez"), 200), "R3 an IPv6 Host": (b"GET /livez HTTP/1.1\r\nHost: [::1]:80\r\n\r\n", 200),
    "R3 OPTIONS *": (target(b"*", b"OPTIONS"), 204), "R10 HEAD": (target(b"/livez", b"HEAD"), 200), "R13 OPTIONS": (target(b"/livez", b"OPTIONS"), 204), "R13 a known method not allowed": (target(b"/livez", b"DELETE"), 405),
    "R13 100 headers": (GET + b"".join(b"X%d: y\r\n" % i for i in range(99)) + b"\r\n", 200), "R13 an unknown path": (target(b"/livez/"), 404), "R14 an escaped letter": (target(b"/%6civez"), 200),
    "R5 leading zeros": (GET + b"Content-Type: application/json\r\nContent-Length: 0005\r\n\r\nabcde", 200), "R14 a path is case-sensitive": (target(b"/LIVEZ"), 404),
}


def answers(data):
    """[(status, {header: value})] of the answers in `data`, in order."""
    out = []
    for found in re.finditer(rb"HTTP/1\.1 (\d{3}) [^\r]*\r\n((?:[^\r]+\r\n)*)\r\n", data):
        out.append((int(found[1]), {k.lower(): v for k, v in (line.split(": ", 1) for line in found[2].decode("latin-1").splitlines())}))
    return out


def complete(headers):
    """R19: the security headers, a request id and a trace on every answer."""
    for name, value in SECURITY_HEADERS.items():
        assert headers[name.lower()] == value, headers
    assert headers["x-request-id"] and headers["traceparent"], headers


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("case", REFUSED)
def test_R7_R19_what_breaks_a_rule_is_refused_once_as_a_problem_and_the_connection_ends(stack, service, case):
    data, status = REFUSED[case]
    got = raw(getattr(stack, service).port, data + NEXT)
    found = answers(got)
    assert [s for s, _ in found] == [status], got[:300]
    complete(found[0][1])
    assert found[0][1]["content-type"] == "application/problem+json" and found[0][1]["connection"] == "close"
    body = json.loads(got.partition(b"\r\n\r\n")[2])
    assert body["status"] == status and body["request_id"] == found[0][1]["x-request-id"]


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("case", TAKEN)
def test_R12_R19_what_keeps_the_rules_is_answered_and_so_is_the_next_request(stack, service, case):
    data, status = TAKEN[case]
    found = answers(raw(getattr(stack, service).port, data + NEXT))
    assert [s for s, _ in found] == [status, 200]
    for _, headers in found:
        complete(headers)
    assert status not in (204, 405) or "GET" in found[0][1]["allow"]


REFRESH = json.dumps({"refresh_token": "canary-" + "r" * 43}).encode()  # refused like a login, but no guess at a password: not slowed
CHUNKS = {
    "one chunk": (b"%x\r\n%s\r\n0\r\n\r\n" % (len(REFRESH), REFRESH), 401), "extensions": (b"%x;a=b;c=\"d\"\r\n%s\r\n0;e\r\n\r\n" % (len(REFRESH), REFRESH), 401),
    "trailers, one of them named Host": (b"%x\r\n%s\r\n0\r\nHost: z\r\nX: y\r\n\r\n" % (len(REFRESH), REFRESH), 401), "no hex": (b"zz\r\n%s\r\n0\r\n\r\n" % REFRESH, 400), "a minus": (b"-1\r\n\r\n", 400),
    "17 digits": (b"0" * 17 + b"1\r\na\r\n0\r\n\r\n", 400), "2^64 - 1": (b"f" * 16 + b"\r\na", 413), "LF": (b"%x\n%s\r\n0\r\n\r\n" % (len(REFRESH), REFRESH), 400), "no CRLF behind": (b"%x\r\n%sXX0\r\n\r\n" % (len(REFRESH), REFRESH), 400),
    "a space": (b"%x \r\n%s\r\n0\r\n\r\n" % (len(REFRESH), REFRESH), 400), "20 kB of extension": (b"1;" + b"a" * 20000 + b"\r\na\r\n0\r\n\r\n", 400), "40 kB of trailers": (b"1\r\na\r\n0\r\n" + b"X: y\r\n" * 7000 + b"\r\n", 400),
}


@pytest.mark.parametrize("service", ["gateway", "auth"])
@pytest.mark.parametrize("case", CHUNKS)
def test_R6_chunks_are_exact_and_bounded(stack, service, case):
    body, status = CHUNKS[case]
    got = raw(getattr(stack, service).port, b"POST /v1/auth/refresh HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n" + body + NEXT)
    assert [s for s, _ in answers(got)] == ([401, 200] if status == 401 else [status]), got[:300]


@pytest.mark.parametrize("service", ["gateway", "auth"])
def test_R12_a_request_cut_anywhere_gets_the_same_answer(stack, service):
    data = b"POST /v1/auth/refresh HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (len(REFRESH), REFRESH)
    port = getattr(stack, service).port
    whole = answers(raw(port, data + NEXT))
    assert [s for s, _ in whole] == [401, 200]
    for cut in range(1, len(data), 7):
        with socket.create_connection(("127.0.0.1", port), timeout=5) as s:
            s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            s.sendall(data[:cut])
            time.sleep(0.001)  # two segments, not a wait for anything
            s.sendall(data[cut:] + NEXT)
            got = b""
            while piece := s.recv(65536):
                got += piece
        assert [s for s, _ in answers(got)] == [401, 200], (cut, got[:200])


@pytest.mark.parametrize("service", SERVICES)
def test_R11_100_continue_comes_after_authentication_and_limits_only(stack, service):
    port = getattr(stack, service).port
    path = b"/v1/auth/logout_all" if service == "auth" else b"/v1/transactions"
    head = b"POST " + path + b" HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\nConnection: close\r\n"
    assert [s for s, _ in answers(raw(port, head + b"Expect: 200-ok\r\n\r\n"))] == [417]
    if service != "auth":  # auth's routes with bodies are open
        assert [s for s, _ in answers(raw(port, head + b"Expect: 100-continue\r\n\r\n"))] == [401]
        return
    large = b"POST /v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 70000\r\nExpect: 100-continue\r\n\r\n"
    assert [s for s, _ in answers(raw(port, large))] == [413]


@pytest.mark.parametrize("path", ["/v1/me", "/v1/auth/sessions", "/v1/today", "/livez", "/v1/auth/login"])
def test_R13_R18_OPTIONS_needs_no_token_and_lists_what_is_allowed(stack, path):
    answer = stack.client().request("OPTIONS", path, valid=False, check=False)
    assert answer.status == 204 and "OPTIONS" in answer.header("Allow") and answer.body == b""


@pytest.mark.parametrize("size", [64 << 10, (64 << 10) + 1])
@pytest.mark.parametrize("service", ["gateway", "auth"])
def test_R13_a_body_of_64_KiB_is_read_and_one_byte_more_is_413(stack, service, size):
    body = b'{"email":"' + b"a" * (size - 12) + b'"}'
    answer = stack.client(getattr(stack, service)).post("/v1/auth/login", body=body, valid=False)
    assert (answer.status, answer.code) == ((422, "validation_failed") if size == 64 << 10 else (413, "payload_too_large"))


@pytest.mark.parametrize("framing", ["length", "chunked"])
@pytest.mark.parametrize("service", ["gateway", "auth"])
def test_R13_a_client_that_writes_10_MB_before_it_reads_still_gets_its_413(stack, service, framing):
    head = b"POST /v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    body = b'"' + b"x" * 10_000_000
    data = head + (b"Content-Length: %d\r\n\r\n%s" % (len(body), body) if framing == "length" else b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n" % (len(body), body))
    with socket.create_connection(("127.0.0.1", getattr(stack, service).port), timeout=10) as s:
        s.sendall(data)
        got = b""
        while piece := s.recv(65536):
            got += piece
    assert [s for s, _ in answers(got)] == [413]


def test_R8_headers_that_Connection_names_count_for_nothing_but_authorization_is_protected(stack, person):
    answer = person.get("/v1/me", headers={"Connection": "close, Authorization, If-None-Match"})
    assert answer.status == 200


@pytest.mark.parametrize("service", SERVICES)
def test_a_valid_request_id_and_trace_are_continued_for_anybody_and_others_are_made(stack, service):
    client = stack.client(getattr(stack, service))
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    answer = client.get("/livez", headers={"X-Request-Id": "find-me.1_2", "traceparent": f"00-{trace}-00f067aa0ba902b7-01"})
    assert answer.header("X-Request-Id") == "find-me.1_2"
    assert re.fullmatch(f"00-{trace}-(?!00f067aa0ba902b7)[0-9a-f]{{16}}-01", answer.header("traceparent"))
    for bad in ("a b", "a" * 65, "a/b", "é", "a%0ab"):
        assert client.get("/livez", headers={"X-Request-Id": bad.encode("utf-8").decode("latin-1")}).header("X-Request-Id") != bad
    for bad in (f"00-{'0' * 32}-00f067aa0ba902b7-01", f"ff-{trace}-00f067aa0ba902b7-01", f"00-{trace.upper()}-00f067aa0ba902b7-01", "x"):
        assert trace not in client.get("/livez", headers={"traceparent": bad}).header("traceparent")
