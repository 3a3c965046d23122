"""GET /v1/changes, and its stream: whoever applies each entry has what a full reading gives, whatever was written meanwhile and wherever."""
import json
import os
import random
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from mita.client import Client, expect
from mita.events import Events
from mita.people import key, money, uuid7, worked_example
from mita.waiting import until

LIST = "/v1/transactions"


class Replica:
    """What a phone keeps: one thing under each kind and id."""

    def __init__(self, ask):
        self.ask, self.things, self.cursor, self.sequence = ask, {}, None, -1

    def page(self, limit=50):
        answer = expect(self.ask(f"/v1/changes?limit={limit}" + (f"&cursor={self.cursor}" if self.cursor else "")), 200).json
        for entry in answer["data"]:
            self.apply(entry)
        self.cursor = answer["next_cursor"]
        return answer

    def apply(self, entry):
        assert entry["sequence"] >= self.sequence
        self.sequence = entry["sequence"]
        if entry["deleted"]:
            self.things.pop((entry["kind"], entry["id"]), None)
        else:
            self.things[entry["kind"], entry["id"]] = entry["object"]

    def take(self, event):
        """An event `change` of GET /v1/events."""
        entry = json.loads(event["data"])
        self.apply(entry)
        self.cursor = event.get("id", self.cursor)
        return entry

    def anew(self):
        if self.cursor is None:
            self.things, self.sequence = {}, -1

    def sync(self, limit=50):
        while self.page(limit)["has_more"]:
            pass
        return self


def full_reading(person):
    """The same by the lists and singles of each noun."""
    things = {("profile", person.id): expect(person.get("/v1/me"), 200).json}
    plan = person.get("/v1/onboarding")
    if plan.status != 404:
        things["plan", person.id] = expect(plan, 200).json
    things |= {("account", a["id"]): a for a in expect(person.get("/v1/accounts"), 200).json["data"]}
    for account in [id for kind, id in things if kind == "account"]:
        for c in expect(person.get(f"/v1/accounts/{account}/checkpoints"), 200).json["data"]:
            things["checkpoint", c["id"]] = {k: x for k, x in c.items() if k not in ("state", "booked_money", "difference_money", "drifts_from")}
    things |= {("transfer", t["id"]): t for t in expect(person.get("/v1/transfers?limit=500"), 200).json["data"]}
    cursor = ""
    while cursor is not None:
        page = expect(person.get("/v1/payees?limit=500" + (f"&cursor={cursor}" if cursor else "")), 200).json
        things |= {("payee", p["id"]): p for p in page["data"]}
        cursor = page["next_cursor"]
    for g in expect(person.get("/v1/goals"), 200).json["data"]:
        things |= {("contribution", c["id"]): c for c in expect(person.get(f"/v1/goals/{g['id']}/contributions"), 200).json["data"] if c["kind"] == "contribution"}
    for month in ("2026-04", "2026-05"):
        things |= {("budget", b["id"]): b for b in expect(person.get(f"/v1/budgets/{month}/transfers"), 200).json["data"]}
    for r in expect(person.get("/v1/recurring"), 200).json["data"]:
        if r["kind"] == "transfer":  # incomes and bills are told with the plan
            things["recurring", r["id"]] = {k: x for k, x in r.items() if k != "price_change"}
    things |= {("installment", i["id"]): i for i in expect(person.get("/v1/installments"), 200).json["data"]}
    things |= {("category", c["id"]): c for c in expect(person.get("/v1/categories"), 200).json["data"]}
    cursor = ""
    while cursor is not None:
        page = expect(person.get(f"{LIST}?limit=500" + (f"&cursor={cursor}" if cursor else "")), 200).json
        things |= {("transaction", t["id"]): t for t in page["data"]}
        cursor = page["next_cursor"]
    return things


def number_of(stack, person):
    return stack.cluster.sql("select sequence from finance.users where user_id = %s", (person.id,))[0][0]


@pytest.mark.parametrize("limit", [1, 3, 500])
def test_without_a_cursor_everything_comes(saver, limit):
    for amount in (100, 200, 300, 400):
        saver.spend(amount)
    replica = Replica(saver.get).sync(limit)
    assert replica.things == full_reading(saver)


def test_somebody_who_has_done_nothing_yet_has_a_profile_an_account_and_the_built_in_categories(person):
    replica = Replica(person.get).sync()
    assert replica.things == full_reading(person)
    assert {kind for kind, _ in replica.things} == {"profile", "account", "category"}
    assert replica.page()["data"] == []


def category(person):
    return expect(person.post("/v1/categories", {"name": "Bees", "class": "flexible"}, headers={"Idempotency-Key": key()}), 201).json["id"]


def checkpoint(person, on, balance=5):
    return person.post(f"/v1/accounts/{person.id}/checkpoints", {"on": on, "balance_money": money(balance)}, headers={"Idempotency-Key": key()})


def reconciled(person, checkpoint, verb="reconcile"):
    return person.post(f"{checkpoint}:{verb}", headers={"Idempotency-Key": key()})


def transfer(person, **members):
    return person.post("/v1/transfers", {"to_account_id": person.account, "money": money(700)} | members, headers={"Idempotency-Key": key()})


def pair(person):
    """Two that were booked, and their transfer."""
    arrived = expect(person.post(LIST, {"money": money(100), "category": "other_income", "account_id": person.account}, headers={"Idempotency-Key": key()}), 201).json["id"]
    person.two = [person.spend(100)["id"], arrived]
    person.pair = expect(person.post("/v1/transfers:pair", {"transaction_ids": person.two}, headers={"Idempotency-Key": key()}), 201).json["id"]
    return person.pair


def payee(person, name):
    return expect(person.post("/v1/payees", {"name": name}, headers={"Idempotency-Key": key()}), 201).json["id"]


def installment(person, name):
    body = {"name": name, "category": "shopping", "principal_money": money(900), "count": 3, "first_on": "2026-05-01"}
    return person.post("/v1/installments", body, headers={"Idempotency-Key": key()})


def planned_transfer(person, name):
    body = {"kind": "transfer", "name": name, "category": "other", "to_account_id": person.pot, "money": money(5), "schedule": {"unit": "month", "anchor": "2026-05-01"}}
    return person.post("/v1/recurring", body, headers={"Idempotency-Key": key()})


def contribution(person, amount):
    goal = expect(person.get("/v1/goals"), 200).json["data"][0]["id"]
    return person.post(f"/v1/goals/{goal}/contributions", {"money": money(amount)}, headers={"Idempotency-Key": key()})


WRITES = {
    "PATCH /v1/me": lambda p: p.patch("/v1/me", {"locale": "bg-BG", "display_name": "Another name"}, headers={"If-Match": "*"}),
    "PUT /v1/onboarding": lambda p: p.client.put("/v1/onboarding", worked_example() | {"buffer_money": money(4000)}, headers={"If-Match": "*"}),
    "PATCH /v1/me, another zone": lambda p: p.patch("/v1/me", {"timezone": "Europe/Lisbon"}, headers={"If-Match": "*"}),
    "POST /v1/transactions": lambda p: p.post(LIST, {"money": money(-700), "category": "groceries"}, headers={"Idempotency-Key": key()}),
    "PATCH /v1/transactions/{id}": lambda p: p.patch(f"{LIST}/{p.entry}", {"money": money(-800), "note": "x"}, headers={"If-Match": "*"}),
    "DELETE /v1/transactions/{id}": lambda p: p.delete(f"{LIST}/{p.entry}", headers={"If-Match": "*"}),
    "POST /v1/transactions/{id}:restore": lambda p: p.post(f"{LIST}/{p.gone}:restore", headers={"Idempotency-Key": key()}),
    "POST /v1/accounts": lambda p: p.post("/v1/accounts", {"name": "Visa", "kind": "card"}, headers={"Idempotency-Key": key()}),
    "PATCH /v1/accounts/{id}": lambda p: p.patch(f"/v1/accounts/{p.account}", {"name": "Mastercard"}, headers={"If-Match": "*"}),
    "PATCH of the first account": lambda p: p.patch(f"/v1/accounts/{p.id}", {"opening_money": money(5)}, headers={"If-Match": "*"}),
    "DELETE /v1/accounts/{id}": lambda p: p.delete(f"/v1/accounts/{p.account}", headers={"If-Match": "*"}),
    "POST checkpoints": lambda p: checkpoint(p, "2026-02-28"),
    "PATCH checkpoints": lambda p: p.patch(p.checkpoint, {"balance_money": money(7)}, headers={"If-Match": "*"}),
    "DELETE checkpoints": lambda p: p.delete(p.checkpoint, headers={"If-Match": "*"}),
    "POST checkpoints:reconcile": lambda p: reconciled(p, p.fine),
    "POST checkpoints:unreconcile": lambda p: reconciled(p, p.reconciled, "unreconcile"),
    "PATCH of what is cleared": lambda p: p.patch(f"{LIST}/{p.entry}", {"cleared": True}, headers={"If-Match": "*"}),
    "POST /v1/tags:merge": lambda p: p.post("/v1/tags:merge", {"from": ["old", "older"], "into": "new"}, headers={"Idempotency-Key": key()}),
    "POST /v1/tags:remove": lambda p: p.post("/v1/tags:remove", {"tags": ["old"]}, headers={"Idempotency-Key": key()}),
    "POST /v1/transfers": transfer,
    "PATCH /v1/transfers/{id}": lambda p: p.patch(p.transfer, {"money": money(5)}, headers={"If-Match": "*"}),
    "PATCH of a leg": lambda p: p.patch(f"{LIST}/{p.leg}", {"note": "mine"}, headers={"If-Match": "*"}),
    "DELETE /v1/transfers/{id}": lambda p: p.delete(p.transfer, headers={"If-Match": "*"}),
    "POST /v1/transfers/{id}:restore": lambda p: p.post(f"/v1/transfers/{p.gone_transfer}:restore", headers={"Idempotency-Key": key()}),
    "POST /v1/transfers:pair": lambda p: p.post("/v1/transfers:pair", {"transaction_ids": p.loose}, headers={"Idempotency-Key": key()}),
    "POST /v1/transfers/{id}:unpair": lambda p: p.post(f"/v1/transfers/{p.pair}:unpair", headers={"Idempotency-Key": key()}),
    "POST with a new payee": lambda p: p.create(-700, payee="Somebody new"),
    "PATCH to a new payee": lambda p: p.patch(f"{LIST}/{p.entry}", {"payee": "Somebody new"}, headers={"If-Match": "*"}),
    "POST /v1/payees": lambda p: p.post("/v1/payees", {"name": "Lidl"}, headers={"Idempotency-Key": key()}),
    "PATCH /v1/payees/{id}": lambda p: p.patch(f"/v1/payees/{p.payees[0]}", {"name": "The shop", "category": "home"}, headers={"If-Match": "*"}),
    "DELETE /v1/payees/{id}": lambda p: p.delete(f"/v1/payees/{p.payees[1]}", headers={"If-Match": "*"}),
    "DELETE of one that was paid": lambda p: p.delete(f"/v1/payees/{p.payees[0]}", headers={"If-Match": "*"}),
    "POST /v1/payees:merge": lambda p: p.post("/v1/payees:merge", {"into": p.payees[1], "from": [p.payees[0]]}, headers={"Idempotency-Key": key()}),
    "POST /v1/payees/{id}:unmerge": lambda p: p.post(f"/v1/payees/{p.payees[3]}:unmerge", headers={"Idempotency-Key": key()}),
    "POST /v1/goals": lambda p: p.post("/v1/goals", {"name": "Bike", "target_money": money(900), "by": "2026-12-31"}, headers={"Idempotency-Key": key()}),
    "PATCH /v1/goals/{id}": lambda p: p.patch(f"/v1/goals/{p.goal}", {"paused": True}, headers={"If-Match": "*"}),
    "DELETE /v1/goals/{id}": lambda p: p.delete(f"/v1/goals/{p.goal}", headers={"If-Match": "*"}),
    "POST contributions": lambda p: contribution(p, 700),
    "POST /v1/budgets/{month}/transfers": lambda p: p.post(f"/v1/budgets/{expect(p.get('/v1/today'), 200).json['month']}/transfers", {
        "from": "groceries", "to": "coffee", "money": money(500)}, headers={"Idempotency-Key": key()}),
    "PUT /v1/budgets/{month}": lambda p: p.put("/v1/budgets/2026-09", {"categories": [{"category": "pets", "weight": 1}]}, headers={"If-Match": "*"}),
    "DELETE /v1/budgets/{month}": lambda p: p.delete("/v1/budgets/2026-08", headers={"If-Match": "*"}),
    "DELETE contributions": lambda p: p.delete(p.contribution, headers={"If-Match": "*"}),
    "POST /v1/installments": lambda p: installment(p, "Phone"),
    "PATCH /v1/installments/{id}": lambda p: p.patch(p.installment, {"payoff_on": "2026-05-02"}, headers={"If-Match": "*"}),
    "DELETE /v1/installments/{id}": lambda p: p.delete(p.installment, headers={"If-Match": "*"}),
    "POST /v1/recurring of a transfer": lambda p: planned_transfer(p, "To savings"),
    "PATCH of a planned transfer": lambda p: p.patch(p.planned, {"paused": True}, headers={"If-Match": "*"}),
    "DELETE of a planned transfer": lambda p: p.delete(p.planned, headers={"If-Match": "*"}),
    "POST /v1/categories": lambda p: p.post("/v1/categories", {"name": "Cats", "class": "flexible"}, headers={"Idempotency-Key": key()}),
    "PATCH /v1/categories/{id}": lambda p: p.patch(f"/v1/categories/{p.own}", {"name": "Wasps"}, headers={"If-Match": "*"}),
    "PATCH of a built-in one": lambda p: p.patch("/v1/categories/dining_out", {"name": "Eating out"}, headers={"If-Match": "*"}),
    "DELETE /v1/categories/{id}": lambda p: p.delete(f"/v1/categories/{p.own}", headers={"If-Match": "*"}),
    "DELETE of one in use": lambda p: p.delete("/v1/categories/transport", headers={"If-Match": "*"}),
}


def furnish(saver):
    """What WRITES write on."""
    saver.account = expect(saver.post("/v1/accounts", {"name": "Purse", "kind": "cash"}, headers={"Idempotency-Key": key()}), 201).json["id"]
    saver.own, saver.entry, saver.gone = category(saver), saver.spend(100)["id"], saver.spend(200)["id"]
    saver.spend(300, "transport")
    saver.payees = [saver.spend(400, payee="Shop")["payee_id"], payee(saver, "Aldi"), payee(saver, "Penny"), payee(saver, "Netto")]
    saver.spend(500, payee="netto")
    expect(saver.post("/v1/payees:merge", {"into": saver.payees[2], "from": [saver.payees[3]]}, headers={"Idempotency-Key": key()}), 200)
    saver.checkpoint = expect(checkpoint(saver, "2026-01-31"), 201).header("Location")
    saver.spend(60, booked_on="2025-12-01", tags=["old"])
    saver.spend(70, booked_on="2025-11-01", tags=["old", "x"])
    saver.reconciled, saver.fine = [expect(checkpoint(saver, *said), 201).header("Location") for said in (("2025-11-30", -70), ("2025-12-31", -130))]
    expect(reconciled(saver, saver.reconciled), 200)
    made, gone = expect(transfer(saver), 201), expect(transfer(saver), 201)
    saver.transfer, saver.leg, saver.gone_transfer = made.header("Location"), made.json["to_transaction_id"], gone.json["id"]
    expect(saver.delete(gone.header("Location"), headers={"If-Match": "*"}), 200)
    pair(saver)
    saver.loose = [saver.spend(50)["id"], expect(saver.create(50, "other_income", account_id=saver.account), 201).json["id"]]
    saver.contribution = expect(contribution(saver, 500), 201).header("Location")
    saver.goal = expect(saver.get("/v1/goals"), 200).json["data"][0]["id"]
    expect(saver.put("/v1/budgets/2026-08", {"categories": [{"category": "coffee", "weight": 1}]}, headers={"If-Match": "*"}), 200)
    saver.installment = expect(installment(saver, "Laptop"), 201).header("Location")
    saver.pot = expect(saver.post("/v1/accounts", {"name": "Pot", "kind": "loan"}, headers={"Idempotency-Key": key()}), 201).json["id"]
    saver.planned = expect(planned_transfer(saver, "To the pot"), 201).header("Location")
    expect(saver.delete(f"{LIST}/{saver.gone}", headers={"If-Match": "*"}), 200)


@pytest.mark.parametrize("what", WRITES)
def test_every_write_of_every_noun_is_one_number_and_in_the_feed(stack, saver, beside, what):
    furnish(saver)
    replica = Replica(beside.get).sync()
    before, number = dict(replica.things), number_of(stack, saver)
    answer = WRITES[what](saver)
    assert answer.status < 300, answer
    assert number_of(stack, saver) == number + 1
    seen = replica.page()["data"]
    assert seen and {entry["sequence"] for entry in seen} == {number + 1}
    assert replica.things != before and replica.things == full_reading(saver)
    assert replica.page()["data"] == []


def test_what_writes_nothing_is_not_in_the_feed(stack, saver):
    entry = saver.spend(100)
    head = {"Idempotency-Key": key()}
    expect(saver.post(LIST, {"money": money(-1), "category": "groceries"}, headers=head), 201)
    replica, number = Replica(saver.get).sync(), number_of(stack, saver)
    expect(saver.post(LIST, {"money": money(-1), "category": "groceries"}, headers=head), 201)
    expect(saver.post(f"{LIST}/{entry['id']}:restore", headers={"Idempotency-Key": key()}), 200)
    expect(saver.patch(f"{LIST}/{entry['id']}", {"note": "x"}, headers={"If-Match": '"0"'}), 412)
    for target in ("/v1/today", "/v1/calendar", "/v1/calendar?month=2026-05", "/v1/me"):
        expect(saver.get(target), 200)
    assert number_of(stack, saver) == number and replica.page()["data"] == []


def test_a_cursor_is_good_for_its_person_alone(stack, saver):
    other = stack.person()
    cursor = Replica(saver.get).page()["next_cursor"]
    expect(other.get(f"/v1/changes?cursor={cursor}"), 400, "invalid_cursor")
    expect(saver.get(f"/v1/transactions?cursor={cursor}"), 400, "invalid_cursor")
    expect(saver.get(f"/v1/changes?cursor={cursor[:-2]}"), 400, "invalid_cursor")
    expect(saver.get("/v1/changes?limit=0", valid=False), 422, "invalid_parameter")
    expect(saver.get("/v1/changes?kind=plan", valid=False), 400, "unknown_parameter")


def test_a_cursor_from_before_what_was_removed_and_forgotten_is_410_and_later_ones_are_not(stack, saver):
    old = Replica(saver.get).sync()
    expect(saver.delete(f"/v1/categories/{category(saver)}", headers={"If-Match": "*"}), 204)
    late = Replica(saver.get).sync()
    assert stack.cluster.sql("set search_path to finance; select forget_removed('2099-01-01', 1000) > 0") == [(True,)]
    expect(old.ask(f"/v1/changes?cursor={old.cursor}"), 410, "cursor_expired")
    saver.spend(100)
    for replica in (late, Replica(saver.get)):
        assert replica.sync().things == full_reading(saver)


def test_a_cursor_of_writes_that_a_restored_database_does_not_have_is_410(stack, saver):
    saver.spend(100)
    replica = Replica(saver.get).sync()
    stack.cluster.sql("update finance.users set sequence = sequence - 1 where user_id = %s", (saver.id,))
    expect(saver.get(f"/v1/changes?cursor={replica.cursor}"), 410, "cursor_expired")
    stack.cluster.sql("update finance.users set sequence = sequence + 1 where user_id = %s", (saver.id,))  # others read the whole database


def test_the_changes_of_a_person_who_was_erased_are_gone(stack, saver):
    category(saver)
    saver.spend(100)
    token = stack.secrets["MITA_INTERNAL_TOKEN"]
    expect(Client(stack.finance, stack.contract, token).delete(f"/internal/v1/users/{saver.id}", internal=True), 204)
    assert stack.cluster.sql("select count(*) from finance.removed where user_id = %s", (saver.id,)) == [(0,)]
    assert {kind for kind, _ in Replica(saver.get).sync().things} == {"profile", "account", "category"}


def random_write(rng, who, clock, known, lock):
    """Any write of any noun; a refusal (something was changed by the other writer meanwhile) is part of life."""
    with lock:
        one = rng.choice(known["transaction"]) if known["transaction"] else None
        own = rng.choice(known["category"]) if known["category"] else "groceries"
        account, other = rng.choice([who.id, *known["account"]]), rng.choice([who.id, *known["account"]])
        moved = rng.choice(known["transfer"]) if known["transfer"] else uuid7(clock)
        checkpoint = rng.choice(known["checkpoint"]) if known["checkpoint"] else f"/v1/accounts/{who.id}/checkpoints/{uuid7(clock)}"
    head, match = {"Idempotency-Key": key()}, {"If-Match": "*"}
    shares = {"spend": 30, "edit": 15, "delete": 10, "restore": 8, "category": 6, "rename": 6, "drop": 3, "me": 3, "plan": 3, "open": 4, "account": 4, "close": 3,
              "check": 6, "correct": 4, "forget": 3, "move": 10, "move otherwise": 6, "unmove": 4, "move back": 4, "pair": 8, "unpair": 6, "contribute": 6, "take back": 3, "owe": 3, "owe less": 3, "owe nothing": 3}
    what = rng.choices(list(shares), list(shares.values()))[0]
    if what == "spend":
        body = {"id": uuid7(clock), "money": money(-rng.randrange(1, 5000)), "category": rng.choice(["groceries", own]), "account_id": account,
                "booked_on": f"2026-04-{rng.randrange(1, 28):02}"}
        answer = who.post(LIST, body, headers=head)
        if answer.status == 201:
            with lock:
                known["transaction"].append(body["id"])
    elif what == "category":
        answer = who.post("/v1/categories", {"name": f"Thing {rng.randrange(10**9)}", "class": "flexible"}, headers=head)
        if answer.status == 201:
            with lock:
                known["category"].append(answer.json["id"])
    elif what == "open":
        answer = who.post("/v1/accounts", {"name": f"Thing {rng.randrange(10**9)}", "kind": rng.choice(["cash", "card", "loan"])}, headers=head)
        if answer.status == 201:
            with lock:
                known["account"].append(answer.json["id"])
    elif what == "check":
        body = {"on": f"2026-03-{rng.randrange(1, 28):02}", "balance_money": money(rng.randrange(-500, 500))}
        answer = who.post(f"/v1/accounts/{account}/checkpoints", body, headers=head)
        if answer.status == 201:
            with lock:
                known["checkpoint"].append(answer.header("Location"))
    elif what == "move":
        answer = who.post("/v1/transfers", {"from_account_id": account, "to_account_id": other, "money": money(rng.randrange(1, 500))}, headers=head)
        if answer.status == 201:
            with lock:
                known["transfer"].append(answer.json["id"])
    elif what == "move otherwise":
        answer = who.patch(f"/v1/transfers/{moved}", {"money": money(rng.randrange(1, 500)), "to_account_id": other}, headers=match)
    elif what == "unmove":
        answer = who.delete(f"/v1/transfers/{moved}", headers=match)
    elif what == "move back":
        answer = who.post(f"/v1/transfers/{moved}:restore", headers=head)
    elif what == "pair" and one is not None:
        amount = -(who.get(f"{LIST}/{one}").json.get("money") or money(-1))["amount"]  # deleted by now: refused
        made = who.post(LIST, {"money": money(amount), "category": "other_income", "account_id": other}, headers=head)
        if made.status != 201:
            return
        answer = who.post("/v1/transfers:pair", {"transaction_ids": [one, made.json["id"]]}, headers={"Idempotency-Key": key()})
        if answer.status == 201:
            with lock:
                known["transfer"].append(answer.json["id"])
    elif what == "unpair":
        answer = who.post(f"/v1/transfers/{moved}:unpair", headers=head)
    elif what == "contribute":
        goal = expect(who.get("/v1/goals"), 200).json["data"][0]["id"]
        answer = who.post(f"/v1/goals/{goal}/contributions", {"money": money(rng.randrange(1, 900))}, headers=head)
        if answer.status == 201:
            with lock:
                known["contribution"].append(answer.header("Location"))
    elif what == "take back":
        with lock:
            place = rng.choice(known["contribution"]) if known["contribution"] else f"/v1/goals/none/contributions/{uuid7(clock)}"
        answer = who.delete(place, headers=match)
    elif what == "owe":
        answer = installment(who, f"Thing {rng.randrange(10**9)}")
        if answer.status == 201:
            with lock:
                known["installment"].append(answer.header("Location"))
    elif what in ("owe less", "owe nothing"):
        with lock:
            place = rng.choice(known["installment"]) if known["installment"] else f"/v1/installments/{uuid7(clock)}"
        answer = who.delete(place, headers=match) if what == "owe nothing" else who.patch(place, {"payoff_on": f"2026-05-{rng.randrange(1, 28):02}"}, headers=match)
    elif what == "correct":
        answer = who.patch(checkpoint, {"balance_money": money(rng.randrange(-500, 500))}, headers=match)
    elif what == "forget":
        answer = who.delete(checkpoint, headers=match)
    elif what == "account":
        answer = who.patch(f"/v1/accounts/{account}", {"name": f"Thing {rng.randrange(10**9)}", "position": rng.randrange(100)}, headers=match)
    elif what == "close":
        answer = who.delete(f"/v1/accounts/{account}", headers=match)
    elif what == "rename":
        answer = who.patch(f"/v1/categories/{own}", {"name": f"Thing {rng.randrange(10**9)}"}, headers=match)
    elif what == "drop":
        answer = who.delete(f"/v1/categories/{own}", headers=match)
    elif what == "me":
        answer = who.patch("/v1/me", {"locale": rng.choice(["bg-BG", "en-US", "de-DE"])}, headers=match)
    elif what == "plan":
        answer = who.client.put("/v1/onboarding", worked_example() | {"buffer_money": money(rng.randrange(1, 5000))}, headers=match)
    elif one is None:
        return
    elif what == "edit":
        answer = who.patch(f"{LIST}/{one}", {"note": str(rng.random()), "account_id": account, "money": money(-rng.randrange(1, 5000))}, headers=match)
    elif what == "delete":
        answer = who.delete(f"{LIST}/{one}", headers=match)
    else:
        answer = who.post(f"{LIST}/{one}:restore", headers=head)
    assert answer.status < 500 or answer.status in (503, 504) and answer.header("Retry-After"), answer  # a busy machine; done or not, the readers must know


def test_two_writers_on_two_instances_and_all_readers_end_with_the_same_things(saver, beside, clock):
    """The readers keep reading, in pages of any size or from streams that are cut and left for a while, while both write; at the end each has what a full reading gives."""
    seed = int(os.environ.get("MITA_SEED", random.randrange(2**32)))
    print(f"MITA_SEED={seed}")
    rounds = 300 if os.environ.get("MITA_NIGHTLY") else 60
    known, lock, done = {"transaction": [], "category": [], "account": [], "checkpoint": [], "transfer": [], "contribution": [], "installment": []}, threading.Lock(), threading.Event()
    never = threading.Event()

    def write(number):
        rng = random.Random(seed + number)
        for _ in range(rounds):
            random_write(rng, (saver, beside)[number % 2], clock, known, lock)

    def read(number):
        rng, replica = random.Random(seed + 100 + number), Replica((saver, beside)[number % 2].get)
        while not done.is_set():
            replica.page(rng.choice([1, 2, 5, 50]))
        return replica.sync(rng.choice([1, 7, 500]))

    def listen(number):
        rng, replica, who = random.Random(seed + 200 + number), Replica(None), (saver, beside)[number % 2]
        while True:
            replica.anew()
            with Events(saver.stack, who.client.service, saver.access, replica.cursor, seconds=60) as events:
                assert events.status == 200, events.problem
                rest = rng.choice([1, 2, 5, 50, 10**6])
                for event in events:
                    if "comment" in event:  # heartbeats go on when the last write never comes
                        assert not never.is_set()
                    elif event.get("event") == "change":
                        rest -= 1
                        if replica.take(event)["id"] == last:
                            return replica
                        if rest == 0:
                            break
            if rng.random() < 0.5:
                done.wait(rng.choice([0.01, 0.1, 0.5]))  # offline

    last = uuid7(clock)
    with ThreadPoolExecutor(10) as pool:
        readers = [pool.submit(read, n) for n in range(2)] + [pool.submit(listen, n) for n in range(4)]
        try:
            for job in [pool.submit(write, n) for n in range(4)]:
                job.result()
        finally:
            try:
                # Ends the streams. Of a category nobody dropped.
                expect(saver.post(LIST, {"id": last, "money": money(-1), "category": "transport"}, headers={"Idempotency-Key": key()}), 201)
            except BaseException:
                never.set()
                raise
            finally:
                done.set()
        for job in readers:
            # GET /v1/me comes from a cache that hears of another node's write some milliseconds later.
            until(lambda j=job: j.result().things == full_reading(saver), 2 * saver.stack.finance.slow, f"the same things, MITA_SEED={seed}")
