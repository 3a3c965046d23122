"""Transfers planned between two accounts on budget: no obligation of the budget, yet they come up, take cash and are met, each at most once (P4)."""
import os
import random

import pytest

from mita.audit import audit_ledger
from mita.client import expect
from mita.people import key, money

ANY = {"If-Match": "*"}
ALL = "/v1/recurring"
TENTH = {"unit": "month", "anchor": "2026-04-10"}


def keyed():
    return {"Idempotency-Key": key()}


def opened(who, kind, **more):
    return expect(who.post("/v1/accounts", {"name": kind.title(), "kind": kind} | more, headers=keyed()), 201).json["id"]


@pytest.fixture
def card(saver):
    """On budget."""
    return opened(saver, "card")


def plan(who, to, amount=30000, **more):
    body = {"kind": "transfer", "name": "Pay the card", "to_account_id": to, "money": money(amount), "schedule": TENTH} | more
    answer = expect(who.post(ALL, body, headers=keyed()), 201)
    return {**answer.json, "etag": answer.etag, "path": answer.header("Location")}


def move(who, to, amount=30000, **members):
    return expect(who.post("/v1/transfers", {"to_account_id": to, "money": money(amount), "booked_on": "2026-04-10"} | members, headers=keyed()), 201).json


def coming(who, month=None):
    return who.calendar(month)["transfers"]


def status(who, month=None):
    return [t["status"] for t in coming(who, month)]


def budgets(who, month=None):
    """All that the budget says."""
    c = who.calendar(month)
    return {k: c[k] for k in ("status", "pool_money", "unallocated_money", "moves", "categories", "obligations", "incomes", "days", "check")}


# -- it moves no budget
def test_it_comes_up_and_moves_no_budget(saver, card):
    before = budgets(saver), budgets(saver, "2026-05")
    made = plan(saver, card)
    assert (made["kind"], made["category"], made["from_account_id"], made["to_account_id"], made["money"]) == ("transfer", None, saver.id, card, money(30000))
    assert (budgets(saver), budgets(saver, "2026-05")) == before
    shown = coming(saver)[0]
    assert shown == {"id": f"{made['id']}:2026-04-10", "name": "Pay the card", "from_account_id": saver.id, "to_account_id": card, "date": "2026-04-10", "money": money(30000),
                     "status": "upcoming", "paid_money": money(0)}
    assert [t["date"] for t in coming(saver, "2026-05")] == ["2026-05-10"]
    assert [x["date"] for x in expect(saver.get(made["path"] + ":preview"), 200).json["data"]][:2] == ["2026-04-10", "2026-05-10"]
    page = expect(saver.get("/v1/today"), 200).json
    assert page["next_transfers"][0] == shown and "Pay the card" not in [b["name"] for b in page["next_bills"]]
    assert expect(saver.get("/v1/calendar/2026-04-10"), 200).json["transfers"] == [shown] and expect(saver.get("/v1/calendar/2026-04-11"), 200).json["transfers"] == []
    t = move(saver, card)
    met = coming(saver)[0]
    assert (met["status"], met["transaction_id"], met["paid_on"], met["paid_money"]) == ("paid", t["from_transaction_id"], "2026-04-10", money(30000))
    assert budgets(saver) == before[0] and shown not in expect(saver.get("/v1/today"), 200).json["next_transfers"]


def test_a_transfer_between_its_accounts_that_fits_meets_it_and_no_other(saver, card):
    purse = opened(saver, "cash")
    plan(saver, card)
    move(saver, purse)
    move(saver, card, from_account_id=purse)
    move(saver, saver.id, from_account_id=card)  # back
    move(saver, card, 23999)
    move(saver, card, booked_on="2026-04-02")
    saver.spend(30000, booked_on="2026-04-10")
    assert status(saver) == ["upcoming"]
    first, better = move(saver, card, 36000, booked_on="2026-04-17"), move(saver, card, 29000, booked_on="2026-04-03")
    assert coming(saver)[0]["transaction_id"] == better["from_transaction_id"]
    expect(saver.delete(f"/v1/transfers/{better['id']}", headers=ANY), 200)
    assert coming(saver)[0]["transaction_id"] == first["from_transaction_id"]


def test_it_is_overdue_until_it_is_made_late_or_linked(saver, card, clock):
    plan(saver, card)
    clock.local("Europe/Sofia", "2026-05-02")
    saver.login()
    assert status(saver, "2026-04") == ["overdue"]
    page = expect(saver.get("/v1/today"), 200).json
    assert [(t["date"], t["status"]) for t in page["next_transfers"]] == [("2026-04-10", "overdue"), ("2026-05-10", "upcoming"), ("2026-06-10", "upcoming")]
    assert "Pay the card" not in [x.get("name") for x in page["insights"]]  # no bill
    late = move(saver, card, 30000, booked_on="2026-05-01")["from_transaction_id"]
    assert status(saver, "2026-04") == ["overdue"]
    due = coming(saver, "2026-04")[0]["id"]
    linked = expect(saver.patch(f"/v1/transactions/{late}", {"bill_id": due}, headers=ANY), 200).json
    assert linked["bill_id"] == due and coming(saver, "2026-04")[0]["transaction_id"] == late
    audit_ledger(saver.stack.cluster, saver.id)


def test_a_link_is_of_the_leg_that_leaves_and_stays_with_the_transfer(saver, card):
    loan = opened(saver, "loan")
    plan(saver, card)
    due = coming(saver)[0]["id"]
    t = move(saver, card, 500, booked_on="2026-04-25")
    leg, arrived = t["from_transaction_id"], t["to_transaction_id"]
    link = lambda id: saver.patch(f"/v1/transactions/{id}", {"bill_id": due}, headers=ANY)
    assert expect(link(arrived), 422).findings() == {"/bill_id": "off_budget"}
    assert expect(link(saver.spend(500)["id"]), 422).findings() == {"/bill_id": "bill_category"}
    bill = next(o for o in saver.calendar()["obligations"] if o["name"] == "Phone")
    assert expect(saver.patch(f"/v1/transactions/{leg}", {"bill_id": bill["id"]}, headers=ANY), 422).findings() == {"/bill_id": "bill_category"}
    assert expect(link(move(saver, loan, 500)["from_transaction_id"]), 422).findings() == {"/bill_id": "off_budget"}
    expect(link(leg), 200)
    assert coming(saver)[0]["paid_money"] == money(500) and status(saver) == ["upcoming"]  # a part of it
    path = f"/v1/transfers/{t['id']}"
    expect(saver.patch(path, {"money": money(31000)}, headers=ANY), 200)
    assert coming(saver)[0]["transaction_id"] == leg
    expect(saver.delete(path, headers=ANY), 200)
    assert status(saver) == ["upcoming"]
    expect(saver.post(f"{path}:restore", headers=keyed()), 200)
    assert coming(saver)[0]["transaction_id"] == leg
    expect(saver.patch(path, {"to_account_id": loan, "category": "debt"}, headers=ANY), 200)
    assert expect(saver.get(f"/v1/transactions/{leg}"), 200).json["bill_id"] is None and status(saver) == ["upcoming"]
    audit_ledger(saver.stack.cluster, saver.id)


# -- cash
def test_what_leaves_cash_is_kept_back_until_it_is_made(saver, card):
    expect(saver.patch(f"/v1/accounts/{saver.id}", {"opening_money": money(500000)}, headers=ANY), 200)
    purse = opened(saver, "cash")
    bills = lambda: expect(saver.get("/v1/today"), 200).json["cash"]["bills_money"]["amount"]
    before = bills()
    made = plan(saver, card)
    assert bills() == before + 30000
    plan(saver, purse, name="To the purse")  # stays cash
    plan(saver, saver.id, from_account_id=card, name="Back")  # brings some
    assert bills() == before + 30000
    t = move(saver, card, 28000, booked_on="2026-04-05")
    assert bills() == before + 28000 == t["effect"]["cash"]["bills_money"]["amount"]  # on a day to come
    now = expect(saver.patch(f"/v1/transfers/{t['id']}", {"booked_on": "2026-04-03"}, headers=ANY), 200).json
    assert now["effect"]["cash"]["bills_money"]["amount"] == bills() == before + 28000
    expect(saver.delete(f"/v1/transfers/{t['id']}", headers=ANY), 200)
    expect(saver.patch(made["path"], {"paused": True}, headers=ANY), 200)
    assert bills() == before


# -- changed
def test_between_on_budget_and_off_it_gets_and_loses_its_category(saver, card):
    pot = opened(saver, "loan")
    free = budgets(saver)
    made = plan(saver, pot, category="debt")
    assert status(saver) == [] and budgets(saver) != free
    there = expect(saver.patch(made["path"], {"to_account_id": card}, headers={"If-Match": made["etag"]}), 200)
    assert there.json["category"] is None and status(saver) == ["upcoming"] and budgets(saver) == free
    assert expect(saver.patch(made["path"], {"to_account_id": pot}, headers=ANY), 422).findings() == {"/category": "required"}
    back = expect(saver.patch(made["path"], {"to_account_id": pot, "category": "gifts"}, headers={"If-Match": there.etag}), 200).json
    assert back["category"] == "gifts" and status(saver) == []


def test_an_archived_accounts_planned_transfer_goes_on_and_what_is_met_stays(saver, card, clock):
    made = plan(saver, card, schedule={"unit": "week", "anchor": "2026-04-03"})
    clock.local("Europe/Sofia", "2026-04-12")
    saver.login()
    move(saver, card)
    expect(saver.delete(f"/v1/accounts/{card}", headers=ANY), 204)
    assert status(saver) == ["overdue", "paid", "upcoming", "upcoming"]
    expect(saver.patch(made["path"], {"money": money(1)}, headers=ANY), 200)
    assert [t["money"]["amount"] for t in coming(saver)] == [30000, 30000, 1, 1]
    expect(saver.delete(made["path"], headers=ANY), 204)
    assert status(saver) == ["overdue", "paid"] and coming(saver, "2026-05") == []


def test_the_feed_and_answers_given_anew_know_it(saver, card):
    made = plan(saver, card)
    told = {c["id"]: c for c in expect(saver.get("/v1/changes?limit=500"), 200).json["data"] if c["kind"] == "recurring"}
    assert told[made["id"]]["object"] == {k: v for k, v in expect(saver.get(made["path"]), 200).json.items() if k != "price_change"}
    answers = expect(saver.get("/v1/onboarding"), 200)
    expect(saver.put("/v1/onboarding", answers.json, headers={"If-Match": answers.etag}), 200)
    assert status(saver) == ["upcoming"]


def test_P4_each_is_met_at_most_once_whatever_the_order_of_writes_and_budgets_never_move(stack, saver, beside, card):
    seed = int(os.environ.get("MITA_SEED", random.randrange(2**32)))
    print(f"MITA_SEED={seed}")
    rng, shown, before = random.Random(seed), [], budgets(saver)
    purse = opened(saver, "cash")
    for n, to in enumerate((card, purse)):
        plan(saver, to, schedule={"unit": "week", "anchor": f"2026-04-0{1 + n}"}, name=f"Planned {n}")
    wanted = [(rng.choice([card, purse]), rng.choice([30000, 30000, 28000, 35999, 5000]), f"2026-04-{rng.randrange(1, 31):02}") for _ in range(12)]
    for _ in range(2):
        rng.shuffle(wanted)
        made = [move(rng.choice([saver, beside]), to, amount, booked_on=day) for to, amount, day in wanted]
        for t in rng.sample(made, 4):
            expect(beside.delete(f"/v1/transfers/{t['id']}", headers=ANY), 200)
            expect(saver.post(f"/v1/transfers/{t['id']}:restore", headers=keyed()), 200)
        assert budgets(saver) == before == budgets(beside) and coming(saver) == coming(beside)
        by = {t["from_transaction_id"]: t["to_account_id"] for t in made}
        met = [t for t in coming(saver) if t["status"] == "paid"]
        assert met and len({t["transaction_id"] for t in met}) == len(met) and all(by[t["transaction_id"]] == t["to_account_id"] for t in met)
        shown.append([(t["id"], t["status"], t["paid_money"], t.get("paid_on")) for t in coming(saver)])
        for t in made:
            expect(saver.delete(f"/v1/transfers/{t['id']}", headers=ANY), 200)
    assert shown[0] == shown[1]
    audit_ledger(stack.cluster, saver.id)
