"""R25, GET /v1/events: the feed as a stream that goes on, whoever writes where, until the token, the service or the client ends it."""
import http.client
import json
import socket
import threading
import time

import pytest

from mita.certificates import HOST, Authority, Files
from mita.client import Client, expect, raw
from mita.events import Cut, Events
from mita.metrics import samples
from mita.waiting import until
from test_changes import WRITES, Replica, full_reading, furnish

LIST = "/v1/transactions"


def stream(stack, person, service=None, last=None, **more):
    opened = Events(stack, service or person.client.service, person.access, last, **more)
    assert opened.status == 200, opened.problem
    return opened


def now(person):
    """A cursor behind everything so far."""
    return Replica(person.get).sync().cursor


def follow(copy, events, person, seconds=20):
    """Reads on until the copy is what a full reading gives."""
    wanted = full_reading(person)
    end = time.monotonic() + seconds * person.stack.finance.slow
    while copy.things != wanted:
        assert time.monotonic() < end, "the copy does not become what a full reading gives"
        copy.take(events.next("change"))


def reason(events):
    said = events.rest()
    assert [e["event"] for e in said[-1:]] == ["end"], said
    assert int(said[-1]["retry"]) >= 1000
    return json.loads(said[-1]["data"])["reason"]


@pytest.fixture(scope="module")
def quick(running):
    """An instance of finance whose heartbeats are short and whose places few."""
    service = running.also("finance", "finance-quick", MITA_EVENT_HEARTBEAT_MS="300", MITA_EVENT_STREAMS="3", MITA_EVENT_STREAMS_OF_ONE="2").start()
    yield service
    assert service.stop() == 0


def test_without_a_cursor_everything_comes_and_then_what_changes(stack, saver):
    for amount in range(100, 180):  # more than a page
        saver.spend(amount)
    copy = Replica(saver.get)
    with stream(stack, saver) as events:
        assert events.headers["Content-Type"] == "text/event-stream"
        assert int(next(events)["retry"]) >= 1000
        follow(copy, events, saver)
        entry = saver.spend(4242)
        told = copy.take(events.next("change"))
        assert (told["kind"], told["id"]) == ("transaction", entry["id"])
        assert copy.things == full_reading(saver)
    assert Replica(saver.get).sync().things == copy.things


@pytest.mark.parametrize("what", WRITES)
def test_every_write_of_every_noun_arrives_from_another_instance_as_GET_changes_tells_it(stack, saver, beside, second, what):
    furnish(saver)
    replica = Replica(beside.get).sync()
    with stream(stack, saver, second, replica.cursor) as events:
        answer = WRITES[what](saver)
        assert answer.status < 300, answer
        told = expect(beside.get(f"/v1/changes?limit=500&cursor={replica.cursor}"), 200).json
        seen = [events.next("change") for _ in told["data"]]
        assert [json.loads(e["data"]) for e in seen] == told["data"]
        assert beside.get(f"/v1/changes?cursor={seen[-1]['id']}").json["data"] == []


def test_whoever_comes_back_with_the_last_id_has_no_gap_and_nothing_twice(stack, saver):
    begin = now(saver)
    wanted = [saver.spend(100 + n)["id"] for n in range(7)]
    for cut in range(1, 7):
        with stream(stack, saver, last=begin) as events:
            seen = [json.loads(events.next("change")["data"])["id"] for _ in range(cut)]
        with stream(stack, saver, last=events.last) as again:
            seen += [json.loads(again.next("change")["data"])["id"] for _ in range(7 - cut)]
            extra = saver.spend(999)["id"]
            assert json.loads(again.next("change")["data"])["id"] == extra
        assert seen == wanted
        begin, wanted = again.last, [saver.spend(200 + n)["id"] for n in range(7)]


def test_the_cursors_of_changes_and_the_ids_of_events_are_the_same_and_the_header_goes_first(stack, saver):
    old = now(saver)
    saver.spend(100)
    late = now(saver)
    entry = saver.spend(200)["id"]
    for more in ({"last": late}, {"target": f"/v1/events?cursor={late}"}, {"last": late, "target": f"/v1/events?cursor={old}"}):
        with stream(stack, saver, **more) as events:
            event = events.next("change")
            assert json.loads(event["data"])["id"] == entry
            assert expect(saver.get(f"/v1/changes?cursor={event['id']}"), 200).json["data"] == []


def test_what_is_wrong_is_an_answer_of_its_own(stack, saver):
    cursor, other = now(saver), stack.person()

    def refused(status, code, token=saver.access, **more):
        with Events(stack, stack.gateway, token, **more) as events:
            assert events.status == status and events.problem.code == code, events.problem

    refused(400, "invalid_cursor", last="nonsense")
    refused(400, "invalid_cursor", target=f"/v1/events?cursor={cursor[:-2]}")
    refused(400, "invalid_cursor", token=other.access, last=cursor)
    refused(400, "unknown_parameter", target="/v1/events?limit=3")
    refused(401, "unauthorized", token=None)
    refused(401, "unauthorized", token=None, target=f"/v1/events?access_token={saver.access}")
    stack.cluster.sql("update finance.users set sequence = sequence - 1 where user_id = %s", (saver.id,))
    refused(410, "cursor_expired", last=cursor)


def test_an_open_stream_whose_cursor_the_database_does_not_know_any_more_says_so(stack, saver, quick):
    with stream(stack, saver, quick, now(saver)) as events:
        stack.cluster.sql("update finance.users set sequence = sequence - 1 where user_id = %s", (saver.id,))
        assert reason(events) == "cursor_expired"


def test_a_comment_comes_when_nothing_else_does(stack, saver, quick):
    with stream(stack, saver, quick, now(saver)) as events:
        assert "retry" in next(events)
        assert [next(events) for _ in range(3)] == [{"comment": ""}] * 3


def test_a_write_is_told_long_before_the_next_heartbeat_on_every_instance(stack, saver, second):
    cursor = now(saver)
    with stream(stack, saver, last=cursor) as here, stream(stack, saver, second, cursor) as there:
        began = time.monotonic()
        for n in range(4):
            entry = saver.spend(100 + n)["id"]
            assert [json.loads(e.next("change")["data"])["id"] for e in (here, there)] == [entry] * 2
        assert time.monotonic() - began < 12 * stack.finance.slow  # the heartbeat is 15 s


def test_a_write_that_announces_itself_to_nobody_is_told(stack, saver):
    entry = saver.spend(100)["id"]
    with stream(stack, saver, last=now(saver)) as events:
        stack.cluster.sql("update finance.transactions set note = 'unheard', version = version + 1 where id = %s; "
                          "update finance.users set ledger_version = ledger_version + 1 where user_id = %s", entry, saver.id)
        assert json.loads(events.next("change")["data"])["object"]["note"] == "unheard"


def test_a_stream_ends_at_once_when_its_session_does_and_others_go_on(stack, saver, second):
    first, ended = saver.access, saver.client.with_token(saver.access)
    saver.login("phone")
    cursor = now(saver)
    with Events(stack, stack.gateway, first, cursor) as here, Events(stack, second, first, cursor) as there, stream(stack, saver, last=cursor) as other:
        expect(ended.post("/v1/auth/logout"), 204)
        began = time.monotonic()
        assert reason(here) == "unauthorized" and reason(there) == "unauthorized"
        assert time.monotonic() - began < 3 * stack.finance.slow
        entry = saver.spend(100)["id"]
        assert json.loads(other.next("change")["data"])["id"] == entry
    with Events(stack, stack.gateway, first, cursor) as again:
        assert again.status == 401


def test_a_stream_ends_with_its_token(stack, saver, clock):
    with stream(stack, saver, last=now(saver)) as events:
        clock.advance(minutes=16)
        assert reason(events) == "unauthorized"


def test_a_person_has_so_many_streams_and_an_instance_so_many_in_all(stack, saver, quick):
    other = stack.person()
    mine = [stream(stack, saver, quick, now(saver)) for _ in range(2)]
    with Events(stack, quick, saver.access) as refused:
        assert refused.status == 429 and refused.problem.code == "too_many_streams" and refused.headers["Retry-After"]
    with stream(stack, other, quick, now(other)):
        with Events(stack, quick, other.access) as refused:
            assert refused.status == 503 and refused.problem.code == "unavailable" and refused.headers["Retry-After"]
    for events in mine:
        events.close()

    def free():
        with Events(stack, quick, saver.access) as again:
            return again.status == 200
    until(free, 10 * quick.slow, "a place of a client that left")


def test_the_gateway_passes_each_event_at_once_and_as_it_is(stack, saver):
    gateway = stack.also("gateway", "gateway-limited", MITA_RATE_USER="600;60").start()
    before = samples(stack.client(gateway).get("/metrics", internal=True).text)
    with stream(stack, saver, gateway, last=now(saver), **{"Accept-Encoding": "gzip"}) as events:
        assert events.headers["Content-Encoding"] is None and events.headers["Transfer-Encoding"] == "chunked"
        assert events.headers.get_all("RateLimit") and len(events.headers.get_all("RateLimit")) == 1
        assert events.headers["Connection"] == "close" and events.headers["Cache-Control"] == "no-store"
        for n in range(3):
            entry = saver.spend(100 + n)["id"]
            assert json.loads(events.next("change")["data"])["id"] == entry
        stays = 'mita_http_streams{service="gateway"}'
        until(lambda: samples(stack.client(gateway).get("/metrics", internal=True).text)[stays] == before[stays] + 1, 5 * gateway.slow, "the stream's gauge")
        name = 'mita_http_request_duration_seconds_sum{route="/v1/events",service="gateway"}'
        time.sleep(1.2)  # longer than what counts as slow
        request_id = events.headers["X-Request-Id"]
    until(lambda: samples(stack.client(gateway).get("/metrics", internal=True).text)[stays] == before[stays], 5 * gateway.slow, "its end")
    after = samples(stack.client(gateway).get("/metrics", internal=True).text)
    assert after[name] - before.get(name, 0) < 1
    for service in (gateway, stack.finance):
        assert not [e for e in service.events() if e.get("request_id") == request_id and e["level"] != "info"]
    assert gateway.stop() == 0


def test_HEAD_has_the_head_and_HTTP_1_0_the_stream_without_chunks(stack, saver):
    cursor = now(saver)
    with Events(stack, stack.gateway, saver.access, cursor, method="HEAD") as events:
        assert events.status == 200 and events.headers["Content-Type"] == "text/event-stream"
    with socket.create_connection(("127.0.0.1", stack.gateway.port), timeout=20 * stack.gateway.slow) as s:
        s.sendall(f"GET /v1/events?cursor={cursor} HTTP/1.0\r\nAuthorization: Bearer {saver.access}\r\n\r\n".encode())
        lines = s.makefile("rb")
        head = b"".join(iter(lines.readline, b"\r\n"))
        assert b"chunked" not in head and lines.readline().startswith(b"retry: ")
        entry = saver.spend(100)["id"]
        while (got := lines.readline()) in (b"\n", b":\n"):
            pass
        assert got == b"event: change\n" and lines.readline().startswith(b"id: ")
        assert entry.encode() in lines.readline()


def test_requests_behind_a_stream_on_its_connection_are_not_served(stack, saver):
    one = f"GET {{}} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {saver.access}\r\n\r\n"
    cursor = now(saver)
    for order in (["/v1/me", f"/v1/events?cursor={cursor}", "/v1/me"], [f"/v1/events?cursor={cursor}", "/v1/me"]):
        got = raw(stack.gateway.port, "".join(one.format(path) for path in order).encode(), seconds=2)
        assert got.count(b"HTTP/1.1 200") == len(order) - 1 and got.count(b"retry: ") == 1, got


def test_a_client_that_ends_its_half_reads_on(stack, saver):
    with stream(stack, saver, last=now(saver)) as events:
        events.socket.shutdown(socket.SHUT_WR)
        for n in range(3):
            entry = saver.spend(100 + n)["id"]
            assert json.loads(events.next("change")["data"])["id"] == entry


def test_a_client_that_left_leaves_its_places_soon(stack, saver):
    seen = {}

    def open_streams(service, name):
        seen[name] = samples(Client(service, stack.contract).get("/metrics", internal=True).text)[name]
        return seen[name]

    finance, gateway = "mita_finance_event_streams", 'mita_http_streams{service="gateway"}'
    def none_open():
        return open_streams(stack.finance, finance) == open_streams(stack.gateway, gateway) == 0

    until(none_open, 20 * stack.finance.slow, f"the end of other tests' streams {seen}")
    opened = [stream(stack, saver, stack.gateway, now(saver)) for _ in range(4)]
    assert open_streams(stack.finance, finance) == 4
    for events in opened:
        events.close()
    # Sooner than a heartbeat of 15 s.
    until(none_open, 10 * stack.finance.slow, f"their end {seen}")


def test_TLS_changes_nothing(stack, saver, tmp_path):
    authority = Authority(tmp_path)
    files = Files(authority, tmp_path)
    gateway = stack.also("gateway", "gateway-tls-events", **files.settings()).start()
    port = gateway.wait_event("listening", 5)["tls_port"]
    with socket.create_connection(("127.0.0.1", port), timeout=30) as plain, authority.context().wrap_socket(plain, server_hostname=HOST) as s:
        s.sendall(f"GET /v1/events HTTP/1.1\r\nHost: {HOST}\r\nAuthorization: Bearer {saver.access}\r\nLast-Event-ID: {now(saver)}\r\n\r\n".encode())
        answer = http.client.HTTPResponse(s)
        answer.begin()
        assert answer.status == 200 and answer.readline().startswith(b"retry: ")
        for n in range(3):
            entry = saver.spend(100 + n)["id"]
            while True:
                line = answer.readline()
                if line.startswith(b"data: "):
                    break
            assert json.loads(line[6:])["id"] == entry
        gateway.terminate()
        assert b'data: {"reason":"restart"}\n' in answer.read()
    assert gateway.stop() == 0


@pytest.fixture
def line(stack):
    """Finance and gateway of its own, so that each may end."""
    finance = stack.also("finance", "finance-ended").start()
    gateway = stack.also("gateway", "gateway-ended", finance=finance).start()
    yield finance, gateway
    gateway.stop()
    finance.stop()


def test_a_service_that_dies_cuts_its_streams_so_that_it_shows_and_they_go_on_by_id(stack, saver, line):
    finance, gateway = line
    with stream(stack, saver, gateway, now(saver)) as events:
        entry = saver.spend(100)["id"]
        assert json.loads(events.next("change")["data"])["id"] == entry
        finance.kill()
        with pytest.raises(Cut):
            events.rest()
    finance.start()
    missed = saver.spend(200)["id"]

    def again():
        with Events(stack, gateway, saver.access, events.last) as back:
            return back.status == 200 and json.loads(back.next("change")["data"])["id"] == missed
    until(again, 20 * gateway.slow, "the stream after it")


@pytest.mark.parametrize("which", ["finance", "gateway"])
def test_R23_streams_open_while_a_process_is_replaced_are_told_and_go_on_by_id_without_loss(stack, saver, line, which):
    service = line[0] if which == "finance" else line[1]
    wanted, seen, opened, over = [], [], [], threading.Event()
    begin = now(saver)

    def listen():
        last = begin
        while True:
            with Events(stack, line[1], saver.access, last) as events:
                opened.append(events.status)
                for event in events:
                    if event.get("event") == "change":
                        seen.append(json.loads(event["data"])["id"])
                        if over.is_set() and seen[-1] == wanted[-1]:
                            return
                    if event.get("event") == "end":
                        assert json.loads(event["data"])["reason"] == "restart"
                last = events.last

    reader = threading.Thread(target=listen)
    reader.start()
    for n in range(12):
        wanted.append(saver.spend(100 + n)["id"])
        if n == 6:
            assert service.replace() == 0
    over.set()
    wanted.append(saver.spend(1)["id"])
    reader.join(30 * service.slow)
    assert not reader.is_alive() and seen == wanted and set(opened) == {200} and len(opened) >= 2
