"""Today in one answer: today's number and why, tomorrow's if nothing more is spent, what binds; every write's effect says the same, on every instance at once."""
import re

import pytest

from mita.client import Client, expect
from mita.metrics import samples
from mita.people import key, money, worked_example
from mita.waiting import until

ANY = {"If-Match": "*"}
SAME = ("tomorrow", "binds", "safe_to_spend_money", "plan_free_money", "cash", "breakdown")


def opened(who, kind="bank", **more):
    return expect(who.post("/v1/accounts", {"name": "Some account", "kind": kind} | more, headers={"Idempotency-Key": key()}), 201).json


def holds(who, amount):
    """The first account held that much before its first transaction."""
    return expect(who.patch(f"/v1/accounts/{who.id}", {"opening_money": money(amount)}, headers=ANY), 200)


def page(who):
    """GET /v1/today, when its parts agree with each other."""
    p = expect(who.get("/v1/today"), 200).json
    amount = lambda x: x["amount"]
    assert sum(amount(t["money"]) for t in p["breakdown"]) == amount(p["budget_money"])
    if p["cash"]:
        c = {k: v if k == "until" else amount(v) for k, v in p["cash"].items()}
        assert c["free_money"] == c["balance_money"] - c["bills_money"] - c["planned_money"] - c["buffer_money"]
        assert amount(p["safe_to_spend_money"]) == max(0, min(c["free_money"], amount(p["plan_free_money"])))
        assert p["binds"] == ("cash" if c["free_money"] < amount(p["plan_free_money"]) else "plan")
    return p


def held(who):
    return page(who)["cash"]["balance_money"]["amount"]


def test_without_a_plan_nothing_binds_and_the_breakdown_is_empty(person):
    holds(person, 5000)
    p = page(person)
    assert [p[k] for k in SAME] == [None, None, None, None, None, []] and p["budget_money"] == money(0)


def test_who_keeps_no_accounts_is_told_that_the_plan_binds_and_that_cash_is_not_known(saver):
    effect = saver.spend(90000)["effect"]
    p = page(saver)
    assert (p["cash"], p["binds"]) == (None, "plan") and p["plan_free_money"]["amount"] == p["left_money"]["amount"] - 120000
    assert {k: effect[k] for k in SAME} == {k: p[k] for k in SAME}


def test_the_number_tomorrows_and_the_breakdown_are_the_calendars(saver, clock):
    saver.spend(6000)
    clock.local("Europe/Sofia", "2026-04-03")
    saver.login()
    saver.spend(40000, "dining_out")
    p = page(saver)
    terms = {}
    for c in saver.calendar()["categories"]:
        for t in expect(saver.get(f"/v1/calendar/2026-04-03/explain?category={c['category']}"), 200).json["terms"]:
            terms[t["kind"]] = terms.get(t["kind"], 0) + t["money"]["amount"]
    assert {t["kind"]: t["money"]["amount"] for t in p["breakdown"]} == {k: x for k, x in terms.items() if x} and {"baseline", "day", "bills"} <= terms.keys()
    clock.local("Europe/Sofia", "2026-04-04")
    saver.login()
    assert page(saver)["budget_money"] == p["tomorrow"]["budget_money"]


def test_a_write_of_a_balance_on_one_instance_shows_in_what_binds_on_the_other_at_once(saver, beside):
    before = expect(beside.get("/v1/today"), 200)
    assert before.json["binds"] == "plan" and before.json["cash"] is None
    saver.spend(100)
    beside.spend(100)  # both remember the month now
    for amount, binds in ((1000000, "plan"), (150000, "cash"), (-1, "cash"), (1000000, "plan")):
        holds(saver, amount)
        told = expect(beside.get("/v1/today", headers={"If-None-Match": before.etag}), 200)
        assert told.json["binds"] == binds and told.json["cash"]["balance_money"]["amount"] == amount - 200
        before = told
    holds(saver, 150000)
    effect = beside.spend(100)["effect"]
    assert effect["binds"] == "cash" and effect["cash"]["balance_money"]["amount"] == 150000 - 300
    holds(beside, 0)
    assert saver.spend(100)["effect"]["cash"] is None and page(beside)["cash"] is None
    opened(saver, "cash", opening_money=money(50))
    assert held(beside) == 50 - 400


def test_only_cash_and_bank_accounts_in_use_of_the_plans_currency_are_cash(saver, beside):
    wallet = opened(saver, "cash", opening_money=money(700))
    assert held(beside) == 700
    for kind in ("card", "loan", "savings", "investment"):
        opened(saver, kind, opening_money=money(90000))
    foreign = opened(saver, "bank", currency="USD", opening_money=money(80000, "USD"))
    opened(saver, "bank", on_budget=False, opening_money=money(60000))
    assert held(beside) == 700
    bank = opened(beside, "bank", opening_money=money(5000))
    assert held(saver) == 5700
    expect(saver.create(-1, account_id=foreign["id"], money=money(-500, "USD")), 201)
    assert held(beside) == 5700
    expect(saver.patch(f"/v1/accounts/{bank['id']}", {"archived": True}, headers=ANY), 200)
    assert held(beside) == 700
    saver.spend(300, account_id=wallet["id"])
    assert held(beside) == 400


def test_every_write_tells_what_today_says_then_on_the_other_instance(saver, beside):
    bank, card = opened(saver, opening_money=money(400000))["id"], opened(saver, "card")["id"]
    off = opened(saver, "savings", on_budget=False)["id"]
    answers = []

    def told(balance, answer, status=200):
        effect, p = expect(answer, status).json["effect"], page(beside)
        assert {k: effect[k] for k in SAME} == {k: p[k] for k in SAME}
        assert effect["today"] == {k: p[k] for k in ("budget_money", "spent_money", "left_money")}
        assert effect["cash"]["balance_money"]["amount"] == balance
        answers.append(answer.json)
        return answer.json

    again = lambda: {"Idempotency-Key": key()}
    one = told(398000, saver.create(-2000, account_id=bank), 201)
    told(399500, saver.patch(f"/v1/transactions/{one['id']}", {"money": money(-500)}, headers=ANY))
    told(400000, saver.patch(f"/v1/transactions/{one['id']}", {"account_id": card}, headers=ANY))
    told(399500, saver.patch(f"/v1/transactions/{one['id']}", {"account_id": bank}, headers=ANY))
    told(400000, saver.patch(f"/v1/transactions/{one['id']}", {"booked_on": "2026-04-20"}, headers=ANY))
    told(399500, saver.patch(f"/v1/transactions/{one['id']}", {"booked_on": "2026-03-20"}, headers=ANY))
    told(400000, saver.delete(f"/v1/transactions/{one['id']}", headers=ANY))
    told(399500, saver.post(f"/v1/transactions/{one['id']}:restore", headers=again()))
    items = [{"money": money(-100), "category": "groceries", "account_id": a} for a in (bank, card, saver.id)]
    told(399300, saver.post("/v1/transactions:batch", {"mode": "atomic", "items": items}, headers=again()))
    moved = told(389300, saver.post("/v1/transfers", {"from_account_id": bank, "to_account_id": card, "money": money(10000)}, headers=again()), 201)
    told(379300, saver.patch(f"/v1/transfers/{moved['id']}", {"money": money(20000)}, headers=ANY))
    told(399300, saver.delete(f"/v1/transfers/{moved['id']}", headers=ANY))
    told(379300, saver.post(f"/v1/transfers/{moved['id']}:restore", headers=again()))
    told(369300, saver.post("/v1/transfers", {"from_account_id": bank, "to_account_id": off, "money": money(10000), "category": "groceries"}, headers=again()), 201)
    left = told(364300, saver.create(-5000, account_id=bank), 201)
    arrived = told(364300, saver.create(5000, account_id=card), 201)
    pair = told(364300, saver.post("/v1/transfers:pair", {"transaction_ids": [left["id"], arrived["id"]]}, headers=again()), 201)
    told(364300, saver.post(f"/v1/transfers/{pair['id']}:unpair", headers=again()))
    told(364300 - 120000, saver.create(-120000, "housing", account_id=bank), 201)
    bulk = told(244300 + 500, saver.post("/v1/transactions:bulk", {"ids": [one["id"]], "change": {"account_id": card}}, headers=again()))
    told(244300, saver.post(f"/v1/changes/{bulk['change_id']}:undo", headers=again()))
    told(244300 - 1500, saver.post(f"/v1/transactions/{one['id']}:revert", {"version": 1}, headers=ANY | again()))
    assert len({a["effect"]["cash"]["free_money"]["amount"] for a in answers}) > 5


def test_over_the_edge_of_a_month_the_next_income_counts_and_the_bills_before_it(stack, clock, person, second):
    clock.local("Europe/Sofia", "2026-04-01")
    answers = worked_example()
    answers["incomes"][0]["day"] = 25
    person.login()
    person.onboard(answers)
    holds(person, 900000)
    clock.local("Europe/Sofia", "2026-04-30", 23, 30)
    person.login()
    last = page(person)
    assert last["cash"]["until"] == "2026-05-25" and last["cash"]["bills_money"] == money(2 * 148001)
    assert last["tomorrow"]["budget_money"] == person.calendar("2026-05")["days"][0]["budget_money"]
    person.spend(1500, booked_on="2026-06-02")  # opens the months until then
    assert page(person) == last | {k: v for k, v in page(person).items() if k == "last_transactions"}
    clock.local("Europe/Sofia", "2026-05-01", 0, 30)
    person.login()
    other = Client(second, stack.contract, person.access)
    until(lambda: expect(other.get("/v1/today"), 200).json["date"] == "2026-05-01", what="an instance that knows the new day")
    first = expect(other.get("/v1/today"), 200).json
    assert first["budget_money"] == last["tomorrow"]["budget_money"]
    assert first["cash"]["until"] == "2026-05-25" and first["cash"]["bills_money"] == money(2 * 148001) and first["cash"]["balance_money"] == money(900000)


def test_a_balance_at_the_end_of_the_range_hides_nothing_else(saver, beside):
    most = 2**53 - 1
    plain = page(saver)
    one = opened(saver, opening_money=money(most))
    assert page(saver)["binds"] == "plan" and page(saver)["cash"]["balance_money"]["amount"] == most
    opened(saver, opening_money=money(most))
    p = page(beside)
    assert p == plain and p["cash"] is None
    assert saver.spend(1, account_id=one["id"])["effect"]["cash"] is None


IDLE = re.compile("invalidations|health|forget|prune|unsearchable|search_keys")  # of no request
SENT = 'mita_db_query_duration_seconds_count{query="'


@pytest.mark.parametrize("accounts", [0, 6])
def test_B12_today_costs_one_round_trip_of_the_months_facts_with_accounts_too(stack, saver, accounts):
    for _ in range(accounts):
        opened(saver, opening_money=money(100))

    def sent():
        text = Client(stack.finance, stack.contract).get("/metrics", internal=True).text
        return {name[len(SENT):-2]: int(n) for name, n in samples(text).items() if name.startswith(SENT) and not IDLE.search(name)}

    before = sent()
    page(saver)
    assert {name: n - before.get(name, 0) for name, n in sent().items() if n != before.get(name, 0)} == {"finance_plan_state": 1}  # by the first of its two
