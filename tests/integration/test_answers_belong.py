"""R12: every answer to the one who asked: in order, whole, once, under pipelining through the gateway, whatever clients and upstreams do (R16).

Two seeded crowds: one against upstreams of the test that echo who asked (mita/echo.py) in every way an upstream may answer or fail, one against the
real auth and finance. Again: MITA_BELONG_SEED=<the printed seed>. An hour of it: MITA_NIGHTLY=1, or MITA_BELONG_SECONDS."""
import asyncio
import gzip
import json
import os
import random
import re
import time

import pytest

from mita.client import expect, raw
from mita.echo import Echo, answer_body, gateway_before
from mita.metrics import samples
from mita.people import money, uuid7
from mita.pipelining import Call, Manner, Wrong, converse, crowd
from mita.waiting import until

SEED = int(os.environ.get("MITA_BELONG_SEED", 0)) or random.SystemRandom().randrange(1, 10**9)
SECONDS = float(os.environ.get("MITA_BELONG_SECONDS", 1200 if os.environ.get("MITA_NIGHTLY") == "1" else 20))
CLIENTS = 16
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


# (method, path with {} for a part of one's own, needs a token, takes a key)
ROUTES = [("GET", "/v1/auth/me", True, False), ("GET", "/v1/auth/sessions", True, False), ("DELETE", "/v1/auth/sessions/{}", True, False),
          ("POST", "/v1/auth/login", False, False), ("POST", "/v1/auth/refresh", False, False), ("GET", "/.well-known/jwks.json", False, False),
          ("GET", "/v1/me", True, False), ("HEAD", "/v1/me", True, False), ("PATCH", "/v1/me", True, False), ("PUT", "/v1/onboarding", True, False),
          ("GET", "/v1/transactions", True, False), ("POST", "/v1/transactions", True, True), ("GET", "/v1/transactions/{}", True, False),
          ("DELETE", "/v1/transactions/{}", True, False), ("POST", "/v1/affordability", True, False), ("GET", "/v1/currencies", False, False),
          ("GET", "/v1/calendar/{}", True, False)]
ALIVE = b'{"status":"ok"}'


class Asker:
    """Makes the calls of one client against the echoes, and knows what each must be answered with."""

    def __init__(self, people, label, calm=False):
        self.people, self.label, self.calm, self.count = people, label, calm, 0

    def serial(self, client):
        self.count += 1
        return f"{self.label}-{client}-{self.count}"

    def behaviour(self, rng):
        """(what the upstream is told, may it fail)."""
        how = {}
        if rng.random() < 0.5:
            how["size"] = rng.choice([0, 1, rng.randrange(200), rng.randrange(20000), rng.randrange(1 << 20) if rng.random() < 0.1 else 70000])
        kind = rng.random()
        if kind < 0.15:
            how["chunked"] = rng.choice([1, 7, 4096]) if how.get("size", 0) < 3000 else 30000
        elif kind < 0.2:
            how |= {"pieces": rng.randrange(2, 6), "slow": rng.randrange(0, 8)}
        elif kind < 0.25:
            how["wait"] = rng.randrange(1, 30)
        elif kind < 0.29:
            how["close"] = 1
        elif kind < 0.32:
            how["eof"] = 1
        elif kind < 0.35:
            how |= {"late": 1, "size": min(how.get("size", 0), 30000)}
        elif kind < 0.37:
            how["early"] = 1
        elif kind < 0.375:
            how["unnamed"] = 1
        elif kind < 0.40 and not self.calm:
            how["cut"] = rng.randrange(1, 400)
        elif kind < 0.44 and not self.calm:
            how["drop"] = 1
        return how

    def __call__(self, client, rng):
        depth = rng.choice([1, 2, 3, rng.randrange(2, 20), rng.randrange(20, 101)])
        calls = [self.call(client, rng) for _ in range(depth)]
        if rng.random() < 0.05:
            calls.append(self.too_large(client, rng))
        return calls

    def call(self, client, rng):
        serial = self.serial(client)
        own = rng.random()
        if own < 0.05:
            return Call(serial, "GET", "/livez", exactly(200, ALIVE))
        if own < 0.08:
            return Call(serial, "GET", f"/nowhere/{serial}", problem(404, "not_found"))
        if own < 0.11:
            return Call(serial, "GET", "/v1/me", problem(401, "unauthorized"), token="no.such.token")
        method, path, needs_token, keyed = rng.choice(ROUTES)
        path = path.replace("{}", serial)
        person = self.people[(client + rng.choice([0, 0, 0, 1])) % len(self.people)] if needs_token else None
        body = None
        if method in ("POST", "PUT", "PATCH"):
            body = rng.randbytes(rng.choice([0, 2, rng.randrange(300), rng.randrange(1 << 16)]))
        how = self.behaviour(rng)
        if body is None or len(body) == 0:
            how.pop("early", None)
        head = {"X-Behave": ";".join(f"{k}={v}" for k, v in how.items())}
        if keyed:
            head["Idempotency-Key"] = serial
        if rng.random() < 0.3:  # finance's answers then come packed (R21)
            head["Accept-Encoding"] = rng.choice(["gzip", "br, gzip;q=0.5", "*", "identity;q=0, gzip"])
        sent = "GET" if method == "HEAD" else method
        wanted = answer_body(person.id if person else None, serial, sent, path, None if "early" in how else body or b"", how.get("size", 0))
        fails = not self.calm or "early" in how  # an upstream that answers before it has the body may break the sending
        return Call(serial, method, path, echoed(serial, wanted, method, fails), person.access if person else None, head, body)

    def too_large(self, client, rng):
        person = self.people[client % len(self.people)]
        body = bytes(rng.randrange((64 << 10) + 1, 300000))
        return Call(self.serial(client), "POST", "/v1/transactions", problem(413, "payload_too_large"), person.access, body=body, ends=True)


def exactly(status, body):
    def judge(got, _, told):
        if (got, told) != (status, body):
            raise Wrong(f"{got} {told[:200]!r}, wanted {status} {body[:200]!r}")
    return judge


def problem(status, code):
    def judge(got, _, told):
        if got != status or json.loads(told)["code"] != code:
            raise Wrong(f"{got} {told[:300]!r}, wanted {status} {code}")
    return judge


def echoed(serial, wanted, method, fails):
    """The upstream's very answer; where an upstream may fail, also a problem that says so."""
    def judge(status, headers, body):
        if fails and status in (502, 503) and headers["content-type"] == "application/problem+json":
            return
        if status != 200 or headers.get("x-serial") != serial:
            raise Wrong(f"{serial}: {status} {headers} {body[:300]!r}")
        packed = headers.get("content-encoding") == "gzip"
        if method == "HEAD":
            if (int(headers["content-length"]) >= len(wanted)) if packed else int(headers["content-length"]) != len(wanted):
                raise Wrong(f"{serial}: {headers['content-length']}, wanted {len(wanted)}")
        elif (gzip.decompress(body) if packed else body) != wanted:
            raise Wrong(f"{serial} got {len(body)} bytes {body[:300]!r}, wanted {len(wanted)} bytes {wanted[:300]!r}")
    return judge


def said(seed):
    print(f"seed {seed}; again: MITA_BELONG_SEED={seed}")
    return random.Random(seed)


def crowded(crowding):
    """Runs it; each client must have had its conversations."""
    talks, answers = asyncio.run(crowding)
    print(f"{talks} conversations, {answers} answers")
    assert talks >= CLIENTS and answers >= CLIENTS


def healthy(stack, door):
    assert door.alive(), door.log_file.read_text(errors="replace")[-3000:]
    until(lambda: stack.client(door).get("/health").status == 200, 10 * door.slow, "the gateway's /health")


def begun_once(auth, finance):
    """No upstream was asked twice for what may not be done twice: only what is idempotent by its method, or keyed at finance, is ever repeated. What is safe is
    asked for again with each that failed in front of it."""
    for echo, keyed in ((auth, ()), (finance, ("/v1/transactions",))):
        for (serial, method, path), times in echo.begun().items():
            may_repeat = method in ("PUT", "DELETE") or path in keyed
            assert method == "GET" or times <= (2 if may_repeat else 1), f"{serial} {method} {path} was begun {times} times"


def test_R12_every_answer_belongs_to_its_asker_while_upstreams_answer_in_every_way(stack, people, echoes, door):
    rng = said(SEED)
    crowded(crowd(door.port, CLIENTS, rng, Asker(people, "calm", calm=True), SECONDS))
    healthy(stack, door)
    begun_once(*echoes)


def test_R12_every_answer_belongs_to_its_asker_while_upstreams_fail_and_are_killed(stack, people, echoes, door):
    rng = said(SEED + 1)

    async def kills(end):
        while time.monotonic() < end - 1:
            await asyncio.sleep(rng.uniform(0.1, 0.6))
            echo = rng.choice(echoes)
            echo.kill_one(rng)
            await asyncio.to_thread(echo.add)

    crowded(crowd(door.port, CLIENTS, rng, Asker(people, "storm"), SECONDS, kills))
    healthy(stack, door)
    begun_once(*echoes)


def plain():
    """A client that sends all at once and reads all."""
    manner = Manner(random.Random(0))
    manner.__dict__.update(segments="whole", slow=False, leave_after_sent=None, leave_after_read=None, half_close=False)
    return manner


class Line:
    """A gateway before one echo process a service; makes calls whose answers must come."""

    def __init__(self, stack, people, home, label):
        self.person, self.label, self.count = people[0], label, 0
        self.auth, self.finance = Echo(home, f"{label}-auth"), Echo(home, f"{label}-finance")
        self.door = gateway_before(stack, f"gateway-{label}", self.auth, self.finance, MITA_REQUEST_TIMEOUT_MS="60000").start()

    def call(self, method="GET", path="/v1/me", body=None, **how):
        self.count += 1
        serial = f"{self.label}-{self.count}"
        wanted = answer_body(self.person.id, serial, method, path, body or b"", 0)
        head = {"X-Behave": ";".join(f"{k}={v}" for k, v in how.items())}
        return Call(serial, method, path, echoed(serial, wanted, method, False), self.person.access, head, body)

    def pipelined(self, calls, manner=None, beside=None):
        async def run():
            more = [beside()] if beside else []
            return (await asyncio.gather(converse(self.door.port, calls, manner or plain(), random.Random(1), 10 * self.door.slow), *more))[0]
        return asyncio.run(run())

    def begun(self):
        """What finance's echoes began, in order."""
        return [line.split(" ")[0] for journal in sorted(self.finance.home.glob(f"{self.finance.name}.*.journal")) for line in journal.read_text().splitlines()]

    def busy(self, stack):
        said = samples(stack.client(self.door).get("/metrics", internal=True).text)
        return [value for name, value in said.items() if name.startswith("mita_gateway_upstream_connections{") and '"finance"' in name and '"busy"' in name]

    def close(self):
        assert self.door.alive(), self.door.log_file.read_text(errors="replace")[-3000:]
        assert self.door.stop() == 0
        self.auth.close()
        self.finance.close()


@pytest.fixture
def line(stack, people, tmp_path, request):
    line = Line(stack, people, tmp_path, request.node.name[9:30].lower())
    yield line
    line.close()


def test_R12_answers_behind_a_slow_one_wait_for_their_turn(line):
    for first in (0, 7):
        calls = [line.call(wait=400 if i == first else 0, size=0) for i in range(30)]
        assert line.pipelined(calls) == 30
    assert line.begun() == [f"{line.label}-{i + 1}" for i in range(60)]


def test_R12_requests_of_a_killed_upstream_are_asked_for_again_and_each_gets_its_own(line):
    assert line.pipelined([line.call() for _ in range(3)]) == 3
    calls = [line.call(wait=30000 if i == 0 else 0, first=1) for i in range(40)]  # the first instance never gets to answer

    async def kill():
        await asyncio.to_thread(until, lambda: calls[0].serial in line.begun(), 10, "the first to be begun")
        await asyncio.to_thread(line.finance.add)
        await asyncio.to_thread(line.finance.kill_oldest)

    assert line.pipelined(calls, beside=kill) == 40
    begun = line.begun()
    assert begun.count(calls[0].serial) == 2 and all(begun.count(call.serial) <= 2 for call in calls)


def test_R12_a_client_that_leaves_takes_what_it_asked_for_along(line, stack):
    for round_ in range(10):
        manner = plain()
        manner.leave_after_read, manner.reset = 1, round_ % 2 == 0
        calls = [line.call(wait=5000 if i == 3 else 0) for i in range(16)]
        assert line.pipelined(calls, manner) == 1
    until(lambda: set(line.busy(stack)) == {0}, 10 * line.door.slow, "no connection to be busy any more")
    assert line.pipelined([line.call() for _ in range(20)]) == 20


def test_R12_unsafe_requests_begin_when_all_before_them_are_answered_and_none_behind_before_they_are(line):
    rng = random.Random(SEED)
    print(f"seed {SEED}")
    for _ in range(3):
        calls = [line.call(*rng.choice([("GET",), ("GET",), ("GET", "/v1/currencies"), ("GET", "/v1/transactions"), ("POST", "/v1/affordability", b"{}"),
                                        ("PATCH", "/v1/me", b"{}"), ("PUT", "/v1/onboarding", b"{}")]), wait=rng.choice([0, 0, 3])) for _ in range(100)]
        assert line.pipelined(calls) == 100
    assert line.begun() == [f"{line.label}-{i + 1}" for i in range(300)]


def test_R16_one_answer_too_many_is_given_to_nobody(line):
    """The smuggled second answer: behind any answer of a pipelining client's."""
    calls = [line.call(late=int(i % 5 == 2)) for i in range(40)]
    assert line.pipelined(calls) == 40
    calls = [line.call(unnamed=int(i % 7 == 3)) for i in range(40)]
    assert line.pipelined(calls) == 40


class Citizen:
    """Makes the calls of one client against the real services. Nothing of another person may ever be in an answer."""

    def __init__(self, people, clock, currencies, label):
        self.people, self.clock, self.currencies, self.label, self.count = people, clock, currencies, label, 0
        self.written = {}  # transaction id: its owner's

    def __call__(self, client, rng):
        return [self.call(client, rng) for _ in range(rng.choice([1, 2, 4, rng.randrange(2, 30), rng.randrange(30, 101)]))]

    def call(self, client, rng):
        self.count += 1
        serial = f"{self.label}-{client}-{self.count}"
        person = self.people[(client + rng.choice([0, 0, 1])) % len(self.people)]
        private = self.nobody_elses(person)

        def saying(wanted):
            def judge(status, headers, body):
                private(body)
                found = json.loads(body)
                if status not in (200, 201) or any(found.get(k) != v for k, v in wanted.items()):
                    raise Wrong(f"{serial} of {person.id}: {status} {body[:300]!r}")
            return judge

        kind = rng.randrange(8)
        if kind == 0:
            return Call(serial, "GET", "/v1/currencies", exactly(200, self.currencies))
        if kind in (1, 2):
            return Call(serial, "GET", "/v1/auth/me", saying({"id": person.id, "email": person.email}), person.access)
        if kind in (3, 4):
            return Call(serial, "GET", "/v1/me", saying({"id": person.id, "email": person.email}), person.access)
        if kind == 5:
            return Call(serial, "GET", "/v1/transactions?limit=20", self.own_list(person, private), person.access)
        if kind == 6:
            return Call(serial, "GET", "/v1/auth/me", problem(401, "unauthorized"), "no.such.token")
        new = uuid7(self.clock)
        self.written[new] = person.id
        body = json.dumps({"id": new, "money": money(-rng.randrange(1, 9)), "category": "groceries", "note": f"{person.id} {serial}"}).encode()
        return Call(serial, "POST", "/v1/transactions", saying({"id": new, "note": f"{person.id} {serial}"}), person.access, {"Idempotency-Key": serial}, body)

    def nobody_elses(self, person):
        others = {x: p.id for p in self.people if p is not person for x in (p.id, p.email)}

        def judge(body):
            text = body.decode()
            for word in (*UUID.findall(text), *re.findall(r"[\w.]+@[\w.]+", text)):
                if word in others or self.written.get(word, person.id) != person.id:
                    raise Wrong(f"{person.id} was shown {word}: {text[:300]}")
        return judge

    def own_list(self, person, private):
        def judge(status, headers, body):
            private(body)
            if status != 200 or any(not t["note"].startswith(person.id) for t in json.loads(body)["data"]):
                raise Wrong(f"{person.id}: {status} {body[:300]!r}")
        return judge


def test_R12_no_answer_of_the_real_services_ever_shows_another_persons_data(stack, people, clock):
    rng = said(SEED + 2)
    for person in people:
        person.client.close()  # kept since the crowds before began: after a minute the gateway may have ended it
        if person.get("/v1/onboarding").status == 404:
            person.onboard()
    currencies = expect(stack.client().get("/v1/currencies"), 200).body
    citizens = Citizen(people, clock, currencies, "real")
    crowded(crowd(stack.gateway.port, CLIENTS, rng, citizens, SECONDS))
    healthy(stack, stack.gateway)


# -- the sentences of the report, one by one
def me_again_and_again(person, count, close=True):
    one = f"GET /v1/auth/me HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {person.access}\r\n"
    return (one + "\r\n").encode() * (count - 1) + (one + ("Connection: close\r\n" if close else "") + "\r\n").encode()


def test_R12_who_asks_beside_a_client_that_pipelines_gets_their_own_profile(stack, people):
    """A pipelines three questions in one write, B asks on connections of its own: each sees themselves only."""
    a, b = people[0], people[1]
    for _ in range(10):
        shown = raw(stack.gateway.port, me_again_and_again(a, 3))
        assert shown.count(a.id.encode()) == 3 and b.id.encode() not in shown
        for _ in range(4):
            shown = raw(stack.gateway.port, me_again_and_again(b, 1))
            assert shown.count(b.id.encode()) == 1 and a.id.encode() not in shown


@pytest.mark.parametrize("path", ["/v1/currencies", "/.well-known/jwks.json"])
def test_R12_a_hundred_pipelined_requests_are_answered_in_order_and_whole(stack, path):
    rng = random.Random(1)
    wanted = expect(stack.client().get(path), 200).body
    for round_ in range(5):
        calls = [Call(f"h-{round_}-{i}", "GET", path, exactly(200, wanted)) for i in range(100)]
        assert asyncio.run(converse(stack.gateway.port, calls, plain(), rng, 10 * stack.gateway.slow)) == 100


def test_R12_the_gateway_outlives_clients_that_pipeline_and_leave(stack):
    for _ in range(40):
        raw(stack.gateway.port, b"GET /v1/currencies HTTP/1.1\r\nHost: x\r\n\r\nGET /.well-known/jwks.json HTTP/1.1\r\nHost: x\r\n\r\n" * 2
            + b"GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    healthy(stack, stack.gateway)
