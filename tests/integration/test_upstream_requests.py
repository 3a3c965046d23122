"""What the gateway sends on, what of an answer it lets through, and what it asks again: seen by an upstream of the test."""
import json
import re

import pytest
from mita.client import expect, raw
from mita.echo import Echo, gateway_before

TRACE, PARENT = "12345678901234567890123456789012", "1234567890123456"
GOOD = f"00-{TRACE}-{PARENT}-01"


def sent_on(door, *lines):
    """The head that the upstream got for a GET with these header lines: [(name in lower case, value)]."""
    data = "GET /v1/currencies HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-Behave: tell=1\r\n" + "".join(f"{line}\r\n" for line in lines) + "\r\n"
    answer = raw(door.port, data.encode("latin-1"))
    assert answer.startswith(b"HTTP/1.1 200 "), answer
    head = json.loads(answer.partition(b"\r\n\r\n")[2])
    return [(name.lower(), value) for name, _, value in (line.partition(": ") for line in head[1:])]


def trace_of(door, *lines):
    """(trace id, parent id, flags, tracestate or None) as sent on; each header at most once."""
    head = sent_on(door, *lines)
    parents, states = ([v for n, v in head if n == name] for name in ("traceparent", "tracestate"))
    assert len(parents) == 1 and len(states) <= 1, head
    version, trace, parent, flags = parents[0].split("-")
    assert version == "00" and re.fullmatch("[0-9a-f]{32}", trace) and re.fullmatch("[0-9a-f]{16}", parent) and flags in ("00", "01", "02", "03")
    assert set(trace) != {"0"} and set(parent) != {"0"}
    return trace, parent, flags, states[0] if states else None


def parent(value):
    return f"traceparent: {value}"


def state(value):
    return f"tracestate: {value}"


def numbered(first, last):
    return ",".join(f"bar{i:02}={i:02}" for i in range(first, last + 1))


CONTINUED = {  # header lines: flags that are sent on
    "alone": ([parent(GOOD)], "01"), "name in capitals": (["TRACEPARENT: " + GOOD], "01"), "name in mixed case": (["TraceParent: " + GOOD], "01"),
    "not sampled": ([parent(GOOD[:-2] + "00")], "00"), "random": ([parent(GOOD[:-2] + "02")], "02"), "sampled and random": ([parent(GOOD[:-2] + "03")], "03"),
    "unknown flags": ([parent(GOOD[:-2] + "ff")], "03"), "a later version": ([parent("cc" + GOOD[2:])], "01"),
    "a later version with more": ([parent("cc" + GOOD[2:] + "-what-the-future-will-be-like")], "01"),
    "space around": ([f"traceparent: \t {GOOD} \t "], "01"), "no space": (["traceparent:" + GOOD], "01"),
}
BEGUN_ANEW = {
    "none": [], "twice": [parent(f"00-{TRACE[:-1]}1-{PARENT}-01"), parent(GOOD)], "three times": [parent(GOOD)] * 3,
    "trace-parent": ["trace-parent: " + GOOD], "trace.parent": ["trace.parent: " + GOOD],
    **{repr(value): [parent(value)] for value in (
        GOOD + ".", GOOD + "-what-the-future-will-be-like", "cc" + GOOD[2:] + ".what", "ff" + GOOD[2:], "." + GOOD[1:], "0." + GOOD[2:], "0" + GOOD, GOOD[1:],
            "CC" + GOOD[2:],
        f"00-{'0' * 32}-{PARENT}-01", f"00-.{TRACE[1:]}-{PARENT}-01", f"00-{TRACE[:-1]}.-{PARENT}-01", f"00-{TRACE}3-{PARENT}-01",
            f"00-{TRACE[1:]}-{PARENT}-01", f"00-{TRACE[:-1]}A-{PARENT}-01",
        f"00-{TRACE}-{'0' * 16}-01", f"00-{TRACE}-.{PARENT[1:]}-01", f"00-{TRACE}-{PARENT}7-01", f"00-{TRACE}-{PARENT[1:]}-01", f"00-{TRACE}-{PARENT[:-1]}F-01",
        GOOD[:-2] + ".0", GOOD[:-2] + "0.", GOOD[:-2] + "001", GOOD[:-2] + "1", GOOD[:-2] + "0A", "")},
}
Z, T = "z" * 256, "t" * 241 + "@" + "v" * 14
VALUE = "".join(chr(c) for c in range(0x20, 0x7F) if chr(c) not in ",=")
STATES = {  # tracestate lines: what is sent on
    "one": (["foo=1"], "foo=1"), "two members": (["foo=1,bar=2"], "foo=1,bar=2"), "several lines": (["foo=1,bar=2", "rojo=1,congo=2", "baz=3"],
    "foo=1,bar=2,rojo=1,congo=2,baz=3"),
    "empty": ([""], None), "empty behind": (["foo=1", ""], "foo=1"), "empty before": (["", "foo=1"], "foo=1"), "empty members": (["foo=1,,bar=2, ,"],
    "foo=1,bar=2"),
    "a key twice": (["foo=1,foo=2"], "foo=1"), "a key on two lines": (["foo=1", "foo=2"], "foo=1"),
    "all that is allowed": (["abcdefghijklmnopqrstuvwxyz0123456789_-*/@a=" + VALUE], "abcdefghijklmnopqrstuvwxyz0123456789_-*/@a=" + VALUE),
    "space": (["foo=1 \t , \t bar=2, \t baz=3"], "foo=1,bar=2,baz=3"), "tabs": (["foo=1\t \t,\t \tbar=2"], "foo=1,bar=2"), "space around": (["\t foo=1 \t"],
    "foo=1"),
    "at signs": (["foo@=1,foo@@bar=1,foo@bar@baz=1,bar=2"], "foo@=1,foo@@bar=1,foo@bar@baz=1,bar=2"), "a digit first": (["1a=1"], "1a=1"),
    **{f"bad: {bad!r}": ([bad, "good=1"], None) for bad in ("foo =1", "FOO=1", "foo.bar=1", "@foo=1,bar=2", "foo=bar=baz", "foo=,bar=3", "foo", "=1",
    "_foo=1", "föo=1", "foo=ö")},
    "32 members": ([numbered(1, 10), numbered(11, 20), numbered(21, 30), numbered(31, 32)], numbered(1, 32)), "33 members": ([numbered(1, 10), numbered(11,
    20), numbered(21, 30), numbered(31, 33)], None),
    "a key of 256": (["foo=1", Z + "=1"], f"foo=1,{Z}=1"), "a key of 257": (["foo=1", Z + "z=1"], None), "a tenant's key of 256": (["foo=1", T + "=1"],
    f"foo=1,{T}=1"), "a long system": (["foo=1", "t@" + "v" * 15 + "=1"], "foo=1,t@" + "v" * 15 + "=1"),
    "a value of 256": (["foo=" + Z], "foo=" + Z), "a value of 257": (["foo=z" + Z], None),
    "512 characters": ([",".join(f"k{i}=" + "v" * 124 for i in range(3)) + ",k=" + "v" * 126],
    ",".join(f"k{i}=" + "v" * 124 for i in range(3)) + ",k=" + "v" * 126)}


@pytest.mark.parametrize("case", CONTINUED)
def test_a_valid_traceparent_is_continued_under_a_span_of_the_gateway(stack, door, case):
    lines, flags = CONTINUED[case]
    trace, span, sent, _ = trace_of(door, *lines)
    assert trace == TRACE and span != PARENT and sent == flags
    assert trace_of(door, *lines)[1] != span


@pytest.mark.parametrize("case", BEGUN_ANEW)
def test_without_a_valid_traceparent_a_trace_is_begun_and_no_state_is_sent(stack, door, case):
    trace, _, flags, states = trace_of(door, *BEGUN_ANEW[case], state("foo=1,bar=2"))
    assert trace not in (TRACE, TRACE[:-1] + "1") and flags == "02" and states is None  # random, and nobody decided to sample
    assert trace_of(door, *BEGUN_ANEW[case])[0] != trace


@pytest.mark.parametrize("case", STATES)
def test_a_tracestate_is_sent_on_when_it_is_valid_and_belongs_to_a_trace(stack, door, case):
    lines, wanted = STATES[case]
    assert trace_of(door, parent(GOOD), *map(state, lines))[0::3] == (TRACE, wanted)
    assert trace_of(door, *map(state, lines))[3] is None


def test_a_tracestate_under_another_name_is_none(stack, door):
    head = dict(sent_on(door, parent(GOOD), "TRACESTATE: foo=1", "trace_state: bar=1", "trace-state: baz=1"))
    assert head["tracestate"] == "foo=1"


def test_the_answer_names_the_trace_that_the_service_was_told(stack, door):
    answer = stack.client(door).get("/v1/currencies", headers={"traceparent": GOOD, "X-Behave": "tell=1"}, check=False)
    told = next(line for line in answer.json if line.startswith("traceparent: "))
    assert told.split("-")[1:4] == answer.header("traceparent").split("-")[1:4] and told.split("-")[1] == TRACE


# -- what of an answer passes
@pytest.mark.parametrize("name", ["Access-Control-Allow-Origin", "access-control-allow-credentials", "Access-Control-Expose-Headers",
    "Access_Control_Allow_Origin", "X-Powered-By", "Server", "RateLimit", "RateLimit-Policy",
                                  "X-RateLimit-Limit", "Timing-Allow-Origin", "Alt-Svc", "Strict-Transport-Security", "X-Request-Id", "traceparent"])
def test_R18_what_the_gateway_decides_is_not_decided_by_a_service(stack, door, name):
    answer = stack.client(door).get("/v1/currencies", headers={"X-Behave": f"say={name}~inner|ETag~\"7\"|Vary~Accept"}, check=False)
    assert expect(answer, 200).header("ETag") == '"7"' and answer.header("Vary") == "Accept"
    assert all("inner" not in value for _, value in answer.headers), answer.headers


# -- what is asked again
@pytest.fixture(scope="module")
def one(running, tmp_path_factory):
    """One upstream process each and one worker, so that a connection is surely used again. (gateway, auth's, finance's)"""
    home = tmp_path_factory.mktemp("one")
    auth, finance = Echo(home, "one-auth"), Echo(home, "one-finance")
    service = gateway_before(running, "gateway-one", auth, finance, MITA_WORKERS="1").start()
    yield service, auth, finance
    service.stop()
    auth.close()
    finance.close()


REPEATED = [("GET", "/v1/me", False), ("PUT", "/v1/onboarding", False), ("DELETE", "/v1/transactions/x", False), ("POST", "/v1/transactions", True), ("POST",
    "/v1/transactions/x:restore", True),
            ("POST", "/v1/categories", True), ("GET", "/v1/auth/me", False)]
NOT_REPEATED = [("POST", "/v1/auth/login", True), ("POST", "/v1/auth/register", True), ("POST", "/v1/auth/refresh", True), ("POST", "/v1/auth/logout", True),
    ("POST", "/v1/affordability", True),
                ("PATCH", "/v1/me", True), ("PATCH", "/v1/transactions/x", True), ("POST", "/v1/transactions", False), ("POST", "/v1/categories", False)]


def dropped_once(one, person, method, path, keyed):
    """A request whose upstream closes the used connection the first time: (the answer, how often the request was begun)."""
    door, auth, finance = one
    echo = auth if path.startswith("/v1/auth/") else finance
    client = person.stack.client(door, person.access)
    warm = "/v1/auth/me" if echo is auth else "/v1/me"
    assert client.get(warm, headers={"X-Serial": "warm"}, check=False).status == 200
    serial = f"drop-{method}-{path.replace('/', '.')}-{keyed}"
    head = {"X-Serial": serial, "X-Behave": "drop=1", **({"Idempotency-Key": serial} if keyed else {})}
    body = b"{}" if method in ("POST", "PUT", "PATCH") else None
    answer = client.request(method, path, body=body, headers=head, check=False)
    return answer, echo.begun()[serial, method, path]


@pytest.mark.parametrize("method,path,keyed", REPEATED)
def test_a_request_that_may_be_repeated_is_asked_again_on_a_new_connection(stack, person, one, method, path, keyed):
    answer, times = dropped_once(one, person, method, path, keyed)
    assert (answer.status, times) == (200, 2), answer


@pytest.mark.parametrize("method,path,keyed", NOT_REPEATED)
def test_a_write_is_never_asked_again_unless_the_contract_says_its_key_is_kept(stack, person, one, method, path, keyed):
    answer, times = dropped_once(one, person, method, path, keyed)
    assert (answer.status, answer.code, times) == (503, "unavailable", 1), answer
