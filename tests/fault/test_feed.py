"""C3, C7: a service that has just started judges no token before it heard of revocations, however long that takes."""
import time

import pytest

from mita.client import expect
from mita.tcp_gate import TcpGate
from mita.waiting import until

REVOCATIONS = b"/internal/v1/revocations"


@pytest.fixture
def tokens(stack):
    """(logged out, still good)"""
    gone, here = stack.person(), stack.person()
    gone.logout()
    return gone.access, here.access


def watch(stack, service, tokens, seconds):
    """What both tokens got, for this long: {(which, status)}; every 503 says when to come back."""
    seen, end = set(), time.monotonic() + seconds
    while time.monotonic() < end:
        for which, token in zip(("gone", "good"), tokens):
            answer = stack.client(service, token).get("/v1/me")
            assert answer.status != 503 or answer.header("Retry-After"), answer
            seen.add((which, answer.status))
    return seen


def judged(stack, service, tokens):
    gone, good = tokens
    return stack.client(service, good).get("/v1/me").status == 200 and stack.client(service, gone).get("/v1/me").status == 401


@pytest.mark.parametrize("name", ["finance", "gateway"])
@pytest.mark.parametrize("fault", ["late", "held", "cut"])
def test_C7_until_the_feed_was_heard_once_every_authenticated_call_is_503(stack, tokens, name, fault):
    """The JWKS comes at once, the first revocation page 2 s later, after a call's whole patience, or never: no logged-out token passes."""
    with TcpGate(stack.auth.internal_port, only=REVOCATIONS) as gate:
        {"late": lambda: gate.late(2.0), "held": gate.hold, "cut": gate.cut}[fault]()
        service = stack.also(name, f"{name}-feed-{fault}", MITA_AUTH_INTERNAL_URL=f"http://127.0.0.1:{gate.port}")
        service.start(wait_ready=False)
        seen = watch(stack, service, tokens, {"late": 1.0, "held": 4.0, "cut": 1.5}[fault])
        assert seen == {("gone", 503), ("good", 503)}
        assert gate.struck and stack.client(service).get("/readyz", check=False).status == 503
        gate.clear()
        until(lambda: judged(stack, service, tokens), 10, f"{name} judging")
        assert watch(stack, service, tokens, 0.3) == {("gone", 401), ("good", 200)}
        assert service.stop() == 0


def test_C7_without_a_token_the_answer_is_401_also_while_nothing_can_be_judged(stack):
    with TcpGate(stack.auth.internal_port, only=REVOCATIONS) as gate:
        gate.hold()
        service = stack.also("finance", "finance-feed-anonymous", MITA_AUTH_INTERNAL_URL=f"http://127.0.0.1:{gate.port}").start(wait_ready=False)
        expect(stack.client(service).get("/v1/me"), 401, "unauthorized")
        gate.clear()
        service.stop()


def test_C7_auth_gives_no_page_before_it_has_read_its_table_nor_while_it_cannot(stack, tokens):
    """An auth that cannot read its database yet must not be taken for one that knows of no revocation."""
    with TcpGate(stack.cluster.port) as gate:
        gate.hold()
        url = stack.cluster.url("auth").replace(f":{stack.cluster.port}/", f":{gate.port}/")
        auth = stack.also("auth", "auth-unread", MITA_AUTH_DATABASE_URL=url).start(wait_ready=False)
        ask = lambda: stack.client(auth, stack.secrets["MITA_INTERNAL_TOKEN"]).get("/internal/v1/revocations?after=0", internal=True)
        answer = ask()
        assert answer.status == 503 and answer.header("Retry-After"), answer
        gate.clear()
        page = until(lambda: ask().status == 200 and ask().json, 15, "the first page")
        assert page["revocations"], page
        gate.hold()
        until(lambda: ask().status == 503, 15 * auth.slow, "what it knows to be taken for old")
        gate.clear()
        until(lambda: ask().status == 200, 15 * auth.slow, "it to read again")
        auth.stop()
