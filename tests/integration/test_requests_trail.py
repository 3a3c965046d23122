"""A2: what may have changed something goes from the gateway into auth's audit trail: who, what, from where, with what result; once, and nothing that was sent."""
import re
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from mita import pages
from mita.client import canaries, expect
from mita.clock import START
from mita.people import key, uuid7
from mita.waiting import until
from test_services import Known


def of(stack, request_id):
    """The gateway's events of a request: [(action, result, actor, subject, ip, user_agent)]"""
    return stack.cluster.sql("select action, result, actor::text, subject, ip, user_agent from auth.audit_events where service = 'gateway' and request_id = %s", request_id)


def noted(stack, answer, seconds=10):
    """The one event of what was answered."""
    event, = until(lambda: of(stack, answer.header("X-Request-Id")), seconds * stack.auth.slow, "the event")
    return event


@pytest.fixture
def send(stack):
    """Sends events to auth as a service inside does."""
    client = stack.client(stack.auth, stack.secrets["MITA_INTERNAL_TOKEN"])

    def call(*events, token=..., schema=True):
        if schema:
            stack.contract.message("internal_audit_events", {"events": list(events)})
        return client.request("POST", "/internal/v1/audit-events", {"events": list(events)}, internal=True, token=token, headers={"Content-Type": "application/json"})
    return call


def event(**more):
    return {"id": uuid7(START), "at": "2026-04-01T05:00:00Z", "service": "gateway", "action": "create_transaction", "result": "ok", "ip": "203.0.113.7", "user_agent": "curl/7.88.1",
            "request_id": key()} | more


def test_A2_what_moves_money_is_noted_with_who_asked_and_from_where(stack, saver):
    made = expect(saver.create(-100), 201)
    assert noted(stack, made) == ("create_transaction", "ok", saver.id, None, "127.0.0.1", "")
    refused = expect(saver.post("/v1/transactions", {"money": {"amount": 0}}, headers={"Idempotency-Key": key(), "User-Agent": "an \"app\" \\ 1"}, valid=False), 422)
    assert noted(stack, refused) == ("create_transaction", "refused", saver.id, None, "127.0.0.1", 'an "app" \\ 1')
    gone = expect(saver.delete(f"/v1/transactions/{made.json['id']}", headers={"If-Match": made.etag}), 200)
    assert noted(stack, gone)[0] == "delete_transaction"


def test_A2_profile_and_credentials_are_noted_and_reading_is_not(stack, person):
    expect(person.get("/v1/auth/me"), 200)
    read = expect(person.get("/v1/me"), 200)
    renamed = expect(person.patch("/v1/me", {"display_name": "Somebody Else"}, headers={"If-Match": read.etag}), 200)
    assert noted(stack, renamed)[:3] == ("patch_me", "ok", person.id)
    wrong = expect(person.client.post("/v1/auth/login", {"email": f"{key()}@example.org", "password": "canary-not the one"}, token=None), 401)
    assert noted(stack, wrong)[:3] == ("login", "refused", None)
    assert of(stack, read.header("X-Request-Id")) == []  # what came after it is there


def test_A2_nothing_that_was_sent_is_in_the_trail(stack, saver):
    last = expect(saver.create(-100, note="canary-of a note"), 201)
    canaries.add("canary-of a note")
    noted(stack, last)
    rows = " ".join(row[0] for row in stack.cluster.sql("select to_jsonb(audit_events)::text from auth.audit_events"))
    # Each text once, and none that is an id or a time: nothing of ours looks so, and they are most of a trail.
    texts = {text for text in re.findall(r'"((?:[^"\\]|\\.)*)"', rows) if not re.fullmatch(r"[0-9a-f-]{36}|[0-9a-f]{32}|[0-9T:.+-]*", text)}
    everything = "\n".join(texts)
    assert "update_transaction" in texts or "create_transaction" in texts, sorted(texts)[:50]
    assert not [c for c in canaries if c in everything]


def test_A2_a_persons_own_list_of_events_stays_about_the_account(stack, saver):
    noted(stack, expect(saver.create(-100), 201))
    assert {e["service"] for e in expect(saver.get("/v1/auth/events"), 200).json["data"]} == {"auth"}


def test_A2_every_operation_that_writes_is_noted(stack):
    """The gateway's map, made at build, beside the contract."""
    made = (stack.binary("gateway").parents[1] / "services/gateway/gateway_routes.cpp").read_text()
    rows = {m[1]: (".audited = true" in m[0], ".only_refusals = true" in m[0]) for m in re.finditer(r'\.name = "(\w+)"[^\n]*', made)}
    wanted = {re.sub("[A-Z]", lambda c: "_" + c[0].lower(), o["operationId"]): (o["tags"] != ["operations"] and (method.lower() != "get" or path.startswith("/v1/admin/")), "x-reads" in o)
              for method, path, o, _ in pages.reference().operations}
    assert rows == wanted and sum(noted for noted, _ in rows.values()) > 15


def test_A2_what_only_reads_is_noted_when_it_is_refused_alone(stack, saver):
    """A service asks about a token at each request: the trail does not grow with its traffic."""
    known = Known(stack, "introspect")
    asked = [expect(known.call("/v1/auth/introspect", {"token": saver.access}), 200) for _ in range(5)]
    asked.append(expect(saver.post("/v1/affordability", {"category": "groceries", "money": {"amount": 100, "currency": "EUR"}}), 200))
    asked.append(expect(saver.client.post("/v1/auth/passkey_login:begin", token=None), 200))
    wrong = expect(known.call("/v1/auth/introspect", {"token": saver.access}, known.basic("mcs_" + "A" * 43)), 401)
    assert noted(stack, wrong)[:2] == ("introspect", "refused")
    assert [of(stack, a.header("X-Request-Id")) for a in asked] == [[]] * 7  # what came after them is there


def test_A2_an_event_that_comes_again_is_kept_once(stack, send):
    one, two = event(), event(actor=uuid7(START))
    for _ in range(3):
        expect(send(one, two), 204)
    expect(send(two, result := event()), 204)
    assert [len(of(stack, e["request_id"])) for e in (one, two, result)] == [1, 1, 1]
    with ThreadPoolExecutor(8) as pool:
        many = [event() for _ in range(100)]
        assert {a.status for a in pool.map(lambda _: send(*many), range(8))} == {204}
    assert sum(len(of(stack, e["request_id"])) for e in many) == 100


@pytest.mark.parametrize("bad, pointer", [({"id": "x"}, "/events/1/id"), ({"at": "yesterday"}, "/events/1/at"), ({"action": ""}, "/events/1/action"), ({"actor": 7}, "/events/1/actor"),
                                          ({"user_agent": "x" * 301}, "/events/1/user_agent"), ({"body": "{}"}, "/events/1/body")])
def test_A2_a_malformed_event_is_named_and_nothing_of_its_batch_is_kept(stack, send, bad, pointer):
    good = event()
    refused = expect(send(good, event(**bad), schema=False), 422)
    assert [e["pointer"] for e in refused.json["errors"]] == [pointer]
    assert of(stack, good["request_id"]) == []


def test_A2_nobody_outside_writes_into_the_trail(stack, send, person):
    for token in (None, "wrong" * 8, person.access):
        expect(send(event(), token=token), 401)
    expect(person.post("/internal/v1/audit-events", {"events": []}, valid=False), 404)


def test_A2_what_was_noted_last_is_sent_before_the_gateway_ends(stack, saver):
    gateway = stack.also("gateway", "gateway-audits-and-ends").start()
    client = stack.client(gateway, saver.access)
    answers = [expect(client.post("/v1/transactions", {"money": {"amount": -1, "currency": "EUR"}, "category": "groceries"}, headers={"Idempotency-Key": key()}), 201) for _ in range(5)]
    assert gateway.stop() == 0
    assert [len(of(stack, a.header("X-Request-Id"))) for a in answers] == [1] * 5


def test_A2_a_request_never_waits_for_the_trail(stack, saver):
    """The table is held by somebody: events wait, requests do not."""
    with stack.cluster.connect() as c:
        c.autocommit = False
        c.cursor().execute("lock table auth.audit_events in access exclusive mode")
        begun = time.monotonic()
        answers = [expect(saver.create(-1), 201) for _ in range(10)]
        took = time.monotonic() - begun
        c.rollback()
    assert took < 2 * stack.gateway.slow
    for answer in answers:
        noted(stack, answer)
