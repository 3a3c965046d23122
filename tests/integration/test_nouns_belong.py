"""R12, C1: batches, bulk changes, histories, transfers, payees, tags, recurring items, planned transfers, installments, goals with what is swept into them,
checkpoints and budgets, also of months to come, through a gateway in front of two instances, asked by odd clients: two people on one connection, pipelined, cut anywhere, also within a body, HEAD, keys sent again. Each answer is the asker's; nothing is made twice.

Again: MITA_BELONG_SEED=<the printed seed>; longer: MITA_BELONG_SECONDS."""
import asyncio
import json
import os

import pytest

from mita.audit import audit_ledger
from mita.client import Client, expect
from mita.clock import START
from mita.people import key, money, worked_example
from mita.pipelining import Call, Wrong, crowd
from mita.waiting import until
from test_answers_belong import SEED, problem, said
from test_concurrency import everything, insist

SECONDS = float(os.environ.get("MITA_BELONG_SECONDS", 1200 if os.environ.get("MITA_NIGHTLY") == "1" else 6))
CLIENTS = 8
READS = ["/v1/transactions?limit=20", "/v1/transactions/{entry}/history", "/v1/transactions/{entry}", "/v1/transfers", "/v1/payees", "/v1/tags", "/v1/recurring", "/v1/budgets/2026-04",
         "/v1/budgets/2026-05", "/v1/budgets/2026-04/transfers", "/v1/installments", "/v1/installments/{owed}", "/v1/balances", "/v1/accounts",
         "/v1/budgets/2026-07", "/v1/budgets/2026-07/transfers", "/v1/recurring/{planned}", "/v1/recurring/{planned}:preview", "/v1/goals", "/v1/goals/{goal}/contributions",
         "/v1/accounts/{card}/checkpoints", "/v1/calendar?month=2026-05", "/v1/today"]
MOVES = "/v1/budgets/2026-04/transfers"
AHEAD = "/v1/budgets/2026-07"
QUOTE = "/v1/installments:quote"
NOT_THEIRS = [("GET", "/v1/transactions/{entry}/history"), ("HEAD", "/v1/transactions/{entry}/history"), ("GET", "/v1/transfers/{transfer}"), ("GET", "/v1/payees/{payee}"), ("GET", "/v1/installments/{owed}"),
              ("GET", "/v1/goals/{goal}/contributions"), ("HEAD", "/v1/recurring/{planned}"), ("POST", "{checkpoint}:reconcile"), ("POST", "{checkpoint}:unreconcile"),
              ("POST", "/v1/changes/{act}:undo"), ("POST", "/v1/transactions/{entry}:revert"), ("POST", "/v1/transfers/{transfer}:unpair"), ("POST", "/v1/payees/{payee}:unmerge")]


def keyed(k=None):
    return {"Idempotency-Key": k or key()}


class Neighbours:
    """The calls of people who live next to each other. What is private of a person says whose it is: it contains their id."""

    def __init__(self, people):
        self.people, self.count = people, 0
        self.sent = {}  # serial: (person, path, body) of each write
        self.things = {person.id: self.things_of(person) for person in people}

    @staticmethod
    def things_of(person):
        opened = lambda kind, **more: expect(person.post("/v1/accounts", {"name": f"{kind.title()} of {person.id}", "kind": kind} | more, headers=keyed()), 201).json["id"]
        card, pot = opened("card"), opened("savings", on_budget=False)
        person.spend(11, account_id=card, booked_on="2026-04-08", note=person.id)
        said = expect(person.post(f"/v1/accounts/{card}/checkpoints", {"on": "2026-04-09", "balance_money": money(-11)}, headers=keyed()), 201).header("Location")
        goal = expect(person.get("/v1/goals"), 200).json["data"][0]["id"]
        planned = expect(person.post("/v1/recurring", to_pot(f"To the pot of {person.id}", pot), headers=keyed()), 201).json["id"]
        made = expect(person.post("/v1/transactions:batch", {"mode": "atomic", "items": [{"money": money(-5), "category": "groceries", "note": person.id,
                                                                                         "payee": f"Shop of {person.id}"}]}, headers=keyed()), 200).json
        transfer = expect(person.post("/v1/transfers", {"to_account_id": card, "money": money(7), "note": person.id}, headers=keyed()), 201).json["id"]
        entry = made["data"][0]["transaction"]
        owed = {"name": f"Owed by {person.id}", "category": "debt", "principal_money": money(9), "count": 3, "first_on": "2026-05-01"}
        owed = expect(person.post("/v1/installments", owed, headers=keyed()), 201).json["id"]
        return {"owed": owed, "card": card, "pot": pot, "checkpoint": said, "goal": goal, "planned": planned, "act": made["change_id"], "transfer": transfer, "entry": entry["id"], "payee": entry["payee_id"]}

    def __call__(self, client, rng):
        return [self.call(client, rng) for _ in range(rng.choice([1, 2, 4, rng.randrange(2, 24)]))]

    def call(self, client, rng):
        self.count += 1
        serial = f"nouns-{client}-{self.count}"
        turn = client + rng.choice([0, 1])
        person, other = (self.people[(turn + n) % len(self.people)] for n in (0, 1))
        what = rng.random()
        if what < 0.35:
            method, path = rng.choice(["GET", "GET", "HEAD"]), rng.choice(READS).format(**self.things[person.id])
            return Call(serial, method, path, self.told(person, (200,)), person.access)
        if what < 0.5:
            method, path = rng.choice(NOT_THEIRS)
            body = {"POST": json.dumps({"version": 1} if path.endswith("revert") else {}).encode()}.get(method)
            if path.endswith("reconcile"):
                body = b""
            return Call(serial, method, path.format(**self.things[other.id]), absent(method), person.access, {"Idempotency-Key": serial, "If-Match": "*"} if method == "POST" else None, body)
        if what < 0.6:
            return self.unkeyed(serial, person, rng)
        return self.write(serial, person, *self.body(serial, person, rng))

    def unkeyed(self, serial, person, rng):
        """What keeps no answer: a quote, a budget of a month to come, which takes no moves yet, a checkpoint that is reconciled or is not."""
        what = rng.choice(["quote", "ahead", "no moves", "reconcile", "unreconcile"])
        if what == "quote":
            body = {"category": "debt", "principal_money": money(rng.randrange(9, 900)), "count": 3, "first_on": "2026-05-01"}
            return Call(serial, "POST", QUOTE, self.told(person, (200,)), person.access, None, json.dumps(body).encode())
        if what == "ahead":
            body = {"categories": [{"category": "groceries", "weight": rng.randrange(1, 90), "policy": "save"}, {"category": "coffee", "weight": 1}]}
            return Call(serial, "PUT", AHEAD, self.told(person, (200,), again=True), person.access, {"If-Match": "*"}, json.dumps(body).encode())
        if what == "no moves":
            body = {"from": "groceries", "to": "coffee", "money": money(1)}
            return Call(serial, "POST", f"{AHEAD}/transfers", self.told(person, (422,), again=True), person.access, keyed(serial), json.dumps(body).encode())
        path = f"{self.things[person.id]['checkpoint']}:{what}"
        return Call(serial, "POST", path, self.told(person, (200, 409), again=True), person.access, keyed(serial), b"")

    def few(self, person, path, most):
        return sum(whose is person and where == path for whose, where, _ in self.sent.values()) < most

    def body(self, serial, person, rng):
        """(path, body, status)."""
        mine, things = f"{serial} of {person.id}", self.things[person.id]
        what = rng.choices(["batch", "bulk", "transfer", "payee", "tags", "recurring", "move", "owe", "plan", "save"], [8, 4, 5, 2, 1, 1, 2, 1, 1, 2])[0]
        if what == "batch":
            mode = rng.choice(["atomic", "independent"])
            items = [{"money": money(-rng.randrange(1, 9)), "category": "groceries", "note": f"{mine} {n}", "payee": f"Shop {rng.randrange(3)} of {person.id}", "tags": [f"a{person.id}"]}
                     for n in range(rng.choice([1, 2, rng.randrange(1, 30)]))]
            return "/v1/transactions:batch", {"mode": mode, "items": items}, {"atomic": 200, "independent": 207}[mode]
        if what == "bulk":
            return "/v1/transactions:bulk", {"ids": [things["entry"]], "change": {"payee": f"Shop {rng.randrange(3)} of {person.id}", "tags_add": [f"a{person.id}"]}}, 200
        if what == "transfer":
            return "/v1/transfers", {"to_account_id": things["card"], "money": money(rng.randrange(1, 9)), "note": mine}, 201
        if what == "payee":
            return "/v1/payees", {"name": mine}, 201
        if what == "tags":
            return "/v1/tags:merge", {"from": [f"a{person.id}"], "into": f"b{person.id}"}, 200
        if what == "owe" and self.few(person, "/v1/installments", 40):  # of 50
            return "/v1/installments", {"name": mine, "category": "debt", "principal_money": money(9), "count": 3, "first_on": "2026-05-01"}, 201
        if what == "plan" and self.few(person, "/v1/recurring", 40):
            return "/v1/recurring", to_pot(mine, things["pot"]), 201
        if what == "save":
            return f"/v1/goals/{things['goal']}/contributions", {"money": money(1), "note": mine}, 201
        if what == "move" and self.few(person, MOVES, 150):  # a month has 200
            return MOVES, {"from": "groceries", "to": "coffee", "money": money(1), "note": mine}, 201
        return "/v1/recurring", {"kind": "bill", "name": mine, "category": "utilities", "money": money(1), "schedule": {"unit": "month", "anchor": "2026-04-20"}}, 201

    def write(self, serial, person, path, body, status):
        self.sent[serial] = (person, path, body)
        return Call(serial, "POST", path, self.told(person, (status,), serial), person.access, keyed(serial), json.dumps(body).encode())

    def told(self, person, statuses, serial=None, again=False):
        """The person's own and nobody else's. A write may be told to try again, as a careful client will."""
        others = [p.id for p in self.people if p is not person]

        def judge(status, headers, body):
            text = body.decode()
            if any(id in text for id in others):
                raise Wrong(f"{person.id} was shown {text[:400]}")
            if (serial or again) and status in (409, 503, 504) and headers["content-type"] == "application/problem+json" and json.loads(body)["code"] in ("idempotency_in_flight", "overloaded", "deadline_exceeded"):
                return
            if status not in statuses or (serial and serial.startswith("nouns") and "/v1/transactions:batch" == self.sent[serial][1] and text.count(f"{serial} of {person.id}") == 0):
                raise Wrong(f"{serial} of {person.id}: {status} {text[:400]}, wanted {statuses}")
        return judge


def to_pot(name, pot):
    return {"kind": "transfer", "name": name, "category": "other", "to_account_id": pot, "money": money(1), "schedule": {"unit": "month", "anchor": "2026-05-01"}}


def absent(method):
    def bare(status, headers, body):
        if status != 404 or body:
            raise Wrong(f"{status} {body[:200]!r}")
    return bare if method == "HEAD" else problem(404, "not_found")


@pytest.fixture
def door(stack, second):
    """A gateway in front of both instances."""
    both = lambda port: ",".join(f"http://127.0.0.1:{getattr(service, port)}" for service in (stack.finance, second))
    service = stack.also("gateway", "gateway-nouns", MITA_FINANCE_URL=both("port"), MITA_FINANCE_INTERNAL_URL=both("internal_port")).start()
    until(lambda: stack.client(service).get("/health").status == 200, 10 * service.slow, "the gateway before two instances")
    yield service
    assert service.stop() == 0


def test_R12_C1_every_answer_of_every_noun_is_the_askers_and_what_is_sent_again_is_made_once(stack, second, door, clock):
    rng = said(SEED + 3)
    clock.local("Europe/Sofia", "2026-03-10")
    people = [stack.person() for _ in range(3)]
    answers = worked_example()
    answers["categories"][0]["policy"] = "save"  # March leaves something to sweep
    for person in people:
        person.onboard(answers)
    clock.set(START)
    for person in people:
        person.login()
    neighbours = Neighbours(people)
    talks, answers = asyncio.run(crowd(door.port, CLIENTS, rng, neighbours, SECONDS))
    print(f"{talks} conversations, {answers} answers, {len(neighbours.sent)} writes")
    assert talks >= CLIENTS and len(neighbours.sent) >= CLIENTS
    again = rng.sample(sorted(neighbours.sent), min(60, len(neighbours.sent)))
    inside = [lambda p, service=service: Client(service, stack.contract, p.access) for service in (stack.finance, second)]
    for serial in again:
        person, path, body = neighbours.sent[serial]
        first, other = (insist(lambda: at(person).post(path, body, headers=keyed(serial))) for at in rng.sample(inside, 2))
        assert first.status in (200, 201, 207) and (first.status, first.body) == (other.status, other.body) and other.header("Idempotency-Replayed") == "true", (serial, first, other)
    for person in people:
        person.client.close()  # what is not used for long is closed by the other side
        notes = [t["note"] for t in everything(person, "/v1/transactions") if not t["transfer_id"]]
        legs = [t["note"] for t in everything(person, "/v1/transactions") if t["transfer_id"]]
        names = {"/v1/payees": [p["name"] for p in everything(person, "/v1/payees")], "/v1/recurring": [r["name"] for r in everything(person, "/v1/recurring")],
                 MOVES: [m["note"] for m in everything(person, MOVES)], "/v1/installments": [i["name"] for i in everything(person, "/v1/installments")]}
        goal = f"/v1/goals/{neighbours.things[person.id]['goal']}/contributions"
        put_in = everything(person, goal)
        names[goal] = [c.get("note") for c in put_in]
        assert [c["id"] for c in put_in if c["kind"] == "sweep"] == ["2026-03.sweep"]
        for serial, (whose, path, body) in neighbours.sent.items():
            if whose is not person:
                continue
            mine = f"{serial} of {person.id}"
            times = {"/v1/transactions:batch": [notes.count(i.get("note")) for i in body.get("items", ())], "/v1/transfers": [legs.count(mine) / 2]}.get(path)
            if times is None and path in names:
                times = [names[path].count(mine)]
            assert times is None or (set(times) == {1} if serial in again else set(times) in ({0}, {1})), (serial, path, times)
        audit_ledger(stack.cluster, person.id)
