"""L6, C1, C2: what is paid back in parts: exact to the cent, each part to come reserved in its month and met as a bill, paid off early, a part refunded; quotes write nothing."""
import random
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest

from mita.audit import audit_ledger
from mita.client import Client, expect
from mita.people import key, money, of, uuid7, worked_example

ANY, ALL = {"If-Match": "*"}, "/v1/installments"
LAPTOP = {"name": "Laptop", "category": "shopping", "principal_money": money(100000), "count": 3, "first_on": "2026-04-30"}


def keyed(who, path, body, **more):
    return who.post(path, body, headers={"Idempotency-Key": key()}, **more)


def add(who, **more):
    answer = expect(keyed(who, ALL, LAPTOP | more), 201)
    return {**answer.json, "etag": answer.etag, "path": answer.header("Location")}


def change(who, item, patch, status=200, **more):
    return expect(who.patch(item["path"], patch, headers=ANY, **more), status)


def quote(who, **more):
    return expect(who.post(f"{ALL}:quote", {k: x for k, x in (LAPTOP | more).items() if k != "name"}), 200).json


def amounts(item, name="money"):
    return [p[name]["amount"] for p in item["parts"]]


def due(who, month, name="Laptop"):
    return [(o["date"], o["money"]["amount"], o["status"]) for o in who.calendar(month)["obligations"] if o["name"] == name]


def pool(who, month=None):
    return who.calendar(month)["pool_money"]["amount"]


def at(who, clock, day):
    clock.local("Europe/Sofia", day)
    who.login()


# -- the schedule
def test_L6_a_thousand_in_three_are_33334_33333_33333_each_reserved_in_its_month(saver):
    before = {m: pool(saver, m) for m in ("2026-04", "2026-05", "2026-06", "2026-07")}
    laptop = add(saver)
    assert amounts(laptop) == amounts(laptop, "principal_money") == [33334, 33333, 33333] and amounts(laptop, "left_money") == [66666, 33333, 0]
    assert [p["date"] for p in laptop["parts"]] == ["2026-04-30", "2026-05-30", "2026-06-30"]
    assert laptop["total_money"] == money(100000) and laptop["interest_money"] == money(0) and laptop["last_on"] == "2026-06-30"
    assert {m: before[m] - pool(saver, m) for m in before} == {"2026-04": 33334, "2026-05": 33333, "2026-06": 33333, "2026-07": 0}
    assert due(saver, "2026-04") == [("2026-04-30", 33334, "upcoming")] and due(saver, "2026-07") == []
    assert [o["id"] for m in ("2026-04", "2026-05", "2026-06") for o in saver.calendar(m)["obligations"] if o["name"] == "Laptop"] == [p["bill_id"] for p in laptop["parts"]]


def test_L6_with_interest_the_parts_are_the_annuity_and_the_last_one_settles(saver):
    car = quote(saver, category="debt", count=12, interest_bp=1200)
    assert amounts(car) == [8885] * 11 + [8884] and amounts(car, "interest_money")[:3] == [1000, 921, 842]
    assert sum(amounts(car, "principal_money")) == 100000 and car["interest_money"]["amount"] == sum(amounts(car)) - 100000 == car["total_money"]["amount"] - 100000


def test_L6_for_any_terms_parts_pay_back_exactly_on_days_of_their_own(saver):
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    rng = random.Random(seed)
    for _ in range(25):
        count, principal = rng.choice([2, 3, 12, 120, rng.randrange(2, 121)]), rng.choice([rng.randrange(10**4, 10**7), rng.randrange(10**4, 2 * 10**5)])
        first = date(2026, rng.randrange(5, 13), rng.randrange(1, 29) if rng.random() < .5 else 30)
        x = quote(saver, principal_money=money(principal), count=count, interest_bp=rng.choice([0, None, 1, rng.randrange(1, 3000)]), first_on=str(first))
        assert sum(amounts(x, "principal_money")) == principal and min(amounts(x, "principal_money")) >= 1 and len(x["parts"]) == count
        assert amounts(x, "left_money")[-1] == 0 and x["total_money"]["amount"] == sum(amounts(x)) == principal + sum(amounts(x, "interest_money"))
        assert len({p["date"] for p in x["parts"]}) == count and [p["date"] for p in x["parts"]] == sorted(p["date"] for p in x["parts"])


def test_parts_due_before_the_plan_knew_of_it_are_of_no_month_and_need_no_link(saver):
    before = pool(saver)
    old = add(saver, first_on="2026-02-02", count=4, principal_money=money(40000))
    assert [p["bill_id"] is None for p in old["parts"]] == [p["date"] < saver.calendar()["today"] for p in old["parts"]]
    assert due(saver, "2026-05") == [("2026-05-02", 10000, "upcoming")] and sum(v for _, v, _ in due(saver, "2026-04")) == before - pool(saver)


# -- met as a bill
def test_a_part_is_met_by_itself_or_by_a_link_and_the_days_go_on_as_planned(saver, clock):
    laptop = add(saver, first_on="2026-04-20")
    at(saver, clock, "2026-04-21")
    assert due(saver, "2026-04") == [("2026-04-20", 33334, "overdue")]
    saver.spend(33334, "shopping", booked_on="2026-04-21")
    assert due(saver, "2026-04") == [("2026-04-20", 33334, "paid")]
    ahead = saver.spend(30000, "shopping", booked_on="2026-04-21", bill_id=expect(saver.get(laptop["path"]), 200).json["parts"][0]["bill_id"])
    assert ahead["bill_id"] == laptop["parts"][0]["bill_id"]
    at(saver, clock, "2026-05-19")
    saver.spend(33333, "shopping")
    assert due(saver, "2026-05") == [("2026-05-20", 33333, "paid")]
    audit_ledger(saver.stack.cluster, saver.id)


def test_what_the_parts_take_is_off_todays_number_at_once_and_back_when_the_plan_goes(saver):
    before = saver.calendar()
    laptop = add(saver)
    assert saver.calendar()["pool_money"]["amount"] == before["pool_money"]["amount"] - 33334
    expect(saver.delete(laptop["path"], headers={"If-Match": laptop["etag"]}), 204)
    assert saver.calendar() == before and expect(saver.get(ALL), 200).json["data"] == []
    expect(saver.get(laptop["path"]), 404, "not_found")


def test_what_is_paid_stays_a_fact_when_the_plan_goes(saver, clock):
    laptop = add(saver, first_on="2026-04-20")
    at(saver, clock, "2026-04-21")
    paid = saver.spend(33334, "shopping", booked_on="2026-04-20", bill_id=laptop["parts"][0]["bill_id"])
    expect(saver.delete(laptop["path"], headers=ANY), 204)
    assert due(saver, "2026-04") == [("2026-04-20", 33334, "paid")] and due(saver, "2026-05") == []
    assert expect(saver.get(f"/v1/transactions/{paid['id']}"), 200).json["bill_id"] == laptop["parts"][0]["bill_id"]


# -- early payoff
def test_L6_paid_off_early_what_is_left_becomes_due_on_that_day_and_later_parts_cease(saver, clock):
    laptop = add(saver, first_on="2026-04-20")
    at(saver, clock, "2026-04-21")
    saver.spend(33334, "shopping", booked_on="2026-04-20")
    may, june = pool(saver, "2026-05"), pool(saver, "2026-06")
    now = change(saver, laptop, {"payoff_on": "2026-05-04"}).json
    assert amounts(now) == [33334, 66666] and [p["date"] for p in now["parts"]] == ["2026-04-20", "2026-05-04"] and now["payoff_on"] == now["last_on"] == "2026-05-04"
    assert due(saver, "2026-04") == [("2026-04-20", 33334, "paid")] and due(saver, "2026-05") == [("2026-05-04", 66666, "upcoming")] and due(saver, "2026-06") == []
    assert (pool(saver, "2026-05"), pool(saver, "2026-06")) == (may - 33333, june + 33333)
    back = change(saver, laptop, {"payoff_on": None}).json
    assert back["parts"] == laptop["parts"] and (pool(saver, "2026-05"), pool(saver, "2026-06")) == (may, june)
    change(saver, laptop, {"payoff_on": "2026-05-04"})
    at(saver, clock, "2026-05-04")
    saver.spend(66666, "shopping", bill_id=now["parts"][1]["bill_id"])
    assert due(saver, "2026-05") == [("2026-05-04", 66666, "paid")]
    for patch in ({"payoff_on": "2026-05-20"}, {"payoff_on": None}):
        assert change(saver, laptop, patch, 409).code == "paid_off"
    assert change(saver, laptop, {"name": "Old laptop", "payoff_on": "2026-05-04"}).json["name"] == "Old laptop"


def test_L6_a_payoff_costs_the_interest_of_the_days_begun(saver):
    car = add(saver, category="debt", principal_money=money(120000), count=12, interest_bp=1200, first_on="2026-05-01")
    assert car["parts"][1]["interest_money"]["amount"] == 1105
    now = change(saver, car, {"payoff_on": "2026-05-16"}).json  # 15 of 31 days
    assert amounts(now, "interest_money") == [1200, round(1105 * 15 / 31)] and sum(amounts(now, "principal_money")) == 120000
    assert now["total_money"]["amount"] == sum(amounts(now))


def test_a_part_paid_ahead_is_not_asked_for_again_by_a_payoff_before_its_day(saver, clock):
    laptop = add(saver, first_on="2026-04-28")
    at(saver, clock, "2026-04-24")
    saver.spend(33334, "shopping", booked_on="2026-04-24")
    now = change(saver, laptop, {"payoff_on": "2026-04-26"}).json
    assert amounts(now) == [33334, 66666] and [p["date"] for p in now["parts"]] == ["2026-04-28", "2026-04-26"]
    assert sorted(due(saver, "2026-04")) == [("2026-04-26", 66666, "upcoming"), ("2026-04-28", 33334, "paid")]


@pytest.mark.parametrize("day, code", [("2026-03-31", "invalid_date"), ("2026-07-01", "invalid_date"), ("2026-02-30", "invalid_date")])
def test_a_payoff_is_from_today_on_and_of_what_is_left(saver, day, code):
    laptop = add(saver)
    assert change(saver, laptop, {"payoff_on": day}, 422, valid=False).findings() == {"/payoff_on": code}


# -- refund
def test_a_refund_of_one_part_brings_its_money_back_and_asks_for_nothing_again(saver, clock):
    laptop = add(saver, first_on="2026-04-20")
    at(saver, clock, "2026-04-22")
    paid = saver.spend(33334, "shopping", booked_on="2026-04-20")
    spent, left = of(saver.calendar(), "shopping")["spent"], pool(saver, "2026-05")
    back = expect(saver.create(33334, "shopping", bill_id=laptop["parts"][0]["bill_id"]), 201).json
    assert back["bill_id"] == laptop["parts"][0]["bill_id"]
    assert of(saver.calendar(), "shopping")["spent"] == spent - 33334 and pool(saver, "2026-05") == left
    assert due(saver, "2026-04") == [("2026-04-20", 33334, "paid")]
    assert [o["transaction_id"] for o in saver.calendar()["obligations"] if o["name"] == "Laptop"] == [paid["id"]]
    assert expect(saver.get(laptop["path"]), 200).json["parts"] == laptop["parts"]
    expect(saver.patch(f"/v1/transactions/{back['id']}", {"money": money(30000)}, headers=ANY), 200)
    audit_ledger(saver.stack.cluster, saver.id)


def test_money_that_comes_in_pays_no_bill_as_ever(saver):
    rent = next(o for o in saver.calendar()["obligations"] if o["name"] == "Rent")
    assert expect(saver.create(100, "housing", bill_id=rent["id"]), 422).findings() == {"/bill_id": "bill_sign"}


# -- what was bought
def test_what_was_bought_is_linked_and_only_what_is_the_persons_and_there(stack, saver):
    bought, gone = saver.spend(100, "shopping")["id"], saver.spend(200, "shopping")["id"]
    expect(saver.delete(f"/v1/transactions/{gone}", headers=ANY), 200)
    laptop = add(saver, transaction_id=bought)
    assert laptop["transaction_id"] == bought and expect(saver.get(ALL), 200).json["data"][0]["transaction_id"] == bought
    other = stack.person()
    for id in (gone, uuid7(stack.clock), other.spend(5)["id"]):
        assert change(saver, laptop, {"transaction_id": id}, 422).findings() == {"/transaction_id": "unknown_transaction"}
    expect(saver.delete(f"/v1/transactions/{bought}", headers=ANY), 200)
    assert change(saver, laptop, {"transaction_id": bought, "name": "Notebook"}).json["transaction_id"] == bought
    assert change(saver, laptop, {"transaction_id": None}).json["transaction_id"] is None


# -- the quote
def test_a_quote_is_what_adding_it_does_and_writes_nothing(saver):
    before, tag = saver.calendar(), expect(saver.get("/v1/onboarding"), 200).etag
    said = quote(saver)
    assert saver.calendar() == before and expect(saver.get("/v1/onboarding"), 200).etag == tag
    made = add(saver)
    assert said["parts"] == [{k: x for k, x in p.items() if k != "bill_id"} for p in made["parts"]]
    today = saver.calendar()["today"]
    number = lambda c: next(d for d in c["days"] if d["date"] == today)["budget_money"]
    assert said["affordability"]["today"] == {"budget_money": number(saver.calendar()), "before_money": number(before)}
    months = said["affordability"]["months"]
    assert [(m["month"], m["parts_money"]["amount"]) for m in months] == [("2026-04", 33334), ("2026-05", 33333), ("2026-06", 33333)]
    for m in months:
        assert m["income_money"]["amount"] - m["bound_money"]["amount"] == pool(saver, m["month"])  # nothing is budgeted by an amount here


@pytest.mark.parametrize("principal, verdict", [(3000, "safe"), (120000, "caution"), (320000, "tight"), (400000, "over")])
def test_the_verdict_is_of_the_share_of_a_months_income_that_is_bound(saver, principal, verdict):
    said = quote(saver, principal_money=money(principal))["affordability"]
    worst = max(m["share_bp"] for m in said["months"])
    assert said["verdict"] == verdict == ("safe" if worst < 7000 else "caution" if worst < 8500 else "tight" if worst <= 10000 else "over")
    lacks = max(m["shortfall_money"]["amount"] for m in said["months"])
    assert (lacks > 0) == (verdict == "over")


def test_what_a_month_cannot_bear_is_refused_where_it_was_said(saver):
    answer = expect(keyed(saver, ALL, LAPTOP | {"principal_money": money(900000)}), 422, "infeasible_budget")
    assert set(answer.findings()) == {"/principal_money"} and expect(saver.get(ALL), 200).json["data"] == []


def test_what_is_owed_or_paid_may_go_while_the_month_lacks_more_than_that(saver, clock):
    """A month to come may lack what nobody was told when it was planned: each thing that goes helps."""
    big = add(saver, principal_money=money(900000), first_on="2026-05-15")
    at(saver, clock, "2026-05-01")
    lacking = lambda: saver.calendar()["infeasible"]["shortfall_money"]["amount"]
    before = lacking()
    phone = next(x for x in expect(saver.get("/v1/recurring"), 200).json["data"] if x["name"] == "Phone")
    expect(saver.delete(f"/v1/recurring/{phone['id']}", headers=ANY), 204)
    assert lacking() == before - 3001
    goal = expect(saver.get("/v1/goals"), 200).json["data"][0]
    expect(saver.delete(f"/v1/goals/{goal['id']}", headers=ANY), 204)
    assert lacking() == before - 3001 - goal["month_money"]["amount"]
    expect(saver.delete(big["path"], headers=ANY), 204)
    assert saver.calendar()["status"] == "ok"


# -- strict
@pytest.mark.parametrize("more, findings", [
    ({"count": 1}, {"/count": "out_of_range"}), ({"count": 121}, {"/count": "out_of_range"}), ({"principal_money": money(0)}, {"/principal_money/amount": "out_of_range"}),
    ({"principal_money": money(2)}, {"/principal_money": "out_of_range"}), ({"interest_bp": 10001}, {"/interest_bp": "out_of_range"}),
    ({"principal_money": money(300), "count": 120, "interest_bp": 10000}, {"/principal_money": "out_of_range"}),
    ({"first_on": "2025-12-31"}, {"/first_on": "invalid_date"}), ({"first_on": "2026-02-30"}, {"/first_on": "invalid_date"}), ({"first_on": "1969-12-31"}, {"/first_on": "invalid_date"}),
    ({"principal_money": money(100, "USD")}, {"/principal_money/currency": "currency_mismatch"}), ({"category": "salary"}, {"/category": "income_category"}),
    ({"category": "nothing", "name": ""}, {"/category": "unknown_category", "/name": "too_short"}), ({"id": "019d4a5c-7c20-4a01-9b02-0123456789ab"}, {"/id": "invalid_id"}),
    ({"principal_money": money(2**53 - 1), "interest_bp": 500}, {"/principal_money": "amount_overflow"}), ({"payoff_on": "2026-05-01"}, {"/payoff_on": "unknown_field"})])
def test_terms_that_cannot_be_are_refused_by_name(saver, more, findings):
    assert expect(keyed(saver, ALL, LAPTOP | more, valid=False), 422).findings() == findings


@pytest.mark.parametrize("patch, findings", [({}, {"": "empty_patch"}), ({"count": 4}, {"/count": "unknown_field"}), ({"name": None}, {"/name": "wrong_type"}),
                                             ({"category": "salary"}, {"/category": "income_category"})])
def test_a_patch_changes_no_terms(saver, patch, findings):
    laptop = add(saver)
    assert change(saver, laptop, patch, 422, valid=False).findings() == findings


def test_before_the_plan_there_is_nothing_to_reserve_in(stack):
    person = stack.person()
    assert expect(person.get(ALL), 200).json == {"data": [], "next_cursor": None}
    expect(keyed(person, ALL, LAPTOP), 409, "not_onboarded")
    expect(person.post(f"{ALL}:quote", {k: x for k, x in LAPTOP.items() if k != "name"}), 409, "not_onboarded")


def test_C2_a_stale_tag_changes_nothing_and_another_plans_change_stales_none(saver, beside):
    one, two = add(saver), add(saver, name="Phone")
    renamed = expect(beside.patch(one["path"], {"name": "Old laptop"}, headers={"If-Match": one["etag"]}), 200)
    assert expect(saver.patch(one["path"], {"name": "X"}, headers={"If-Match": one["etag"]}), 412).etag == renamed.etag
    expect(saver.delete(one["path"], headers={"If-Match": one["etag"]}), 412)
    expect(saver.patch(one["path"], {"name": "X"}, valid=False), 428)
    expect(saver.patch(two["path"], {"category": "gifts"}, headers={"If-Match": two["etag"]}), 200)
    got = expect(saver.get(one["path"]), 200)
    assert got.etag == renamed.etag and got.json == renamed.json and expect(saver.get(one["path"], headers={"If-None-Match": got.etag}), 304)


def test_C1_a_key_makes_one_whichever_instance_is_asked_and_ids_are_taken_once(saver, beside, clock):
    head, body = {"Idempotency-Key": key()}, LAPTOP | {"id": uuid7(clock)}
    with ThreadPoolExecutor(4) as pool_of:
        answers = list(pool_of.map(lambda n: (saver, beside)[n % 2].post(ALL, body, headers=head), range(4)))
    made = [a for a in answers if a.status == 201]
    assert made and all(a.status in (201, 409) for a in answers)
    assert len(expect(beside.get(ALL), 200).json["data"]) == 1
    again = expect(beside.post(ALL, body, headers=head), 201)
    assert again.json == made[0].json and again.header("Idempotency-Replayed") == "true"
    expect(keyed(saver, ALL, body), 409, "already_exists")
    expect(saver.post(ALL, body | {"name": "Other"}, headers=head), 422, "idempotency_mismatch")


def test_lists_are_cut_by_cursors_and_are_the_persons_alone(stack, saver):
    ids = sorted(add(saver, name=f"Thing {n}", principal_money=money(300))["id"] for n in range(5))
    got, target = [], f"{ALL}?limit=2"
    while target:
        page = expect(saver.get(target), 200)
        got += page.json["data"]
        link = page.header("Link")
        target = link and link[1:].split(">")[0]
    assert [x["id"] for x in got] == ids and all("parts" not in x for x in got)
    other = stack.person()
    expect(other.client.put("/v1/onboarding", worked_example()), 200)
    for answer in (other.get(f"{ALL}/{ids[0]}"), other.patch(f"{ALL}/{ids[0]}", {"name": "Mine"}, headers=ANY), other.delete(f"{ALL}/{ids[0]}", headers=ANY)):
        expect(answer, 404, "not_found")
    cursor = expect(saver.get(f"{ALL}?limit=2"), 200).json["next_cursor"]
    expect(other.get(f"{ALL}?cursor={cursor}"), 400, "invalid_cursor")


def test_fifty_are_enough(saver):
    for n in range(50):
        add(saver, name=f"Thing {n}", principal_money=money(10))
    assert expect(keyed(saver, ALL, LAPTOP | {"principal_money": money(10)}), 422).findings() == {"": "too_many"}


def test_answers_given_anew_and_a_category_that_goes_keep_what_is_owed(saver):
    own = expect(keyed(saver, "/v1/categories", {"name": "Gadgets", "class": "discretionary"}), 201).json["id"]
    laptop = add(saver, category=own)
    before = saver.calendar()
    answers = expect(saver.get("/v1/onboarding"), 200)
    assert "installments" not in answers.json
    assert expect(saver.put("/v1/onboarding", answers.json, headers={"If-Match": answers.etag}), 200).json == before
    assert expect(saver.get(laptop["path"]), 200).etag == laptop["etag"]
    expect(saver.delete(f"/v1/categories/{own}", headers=ANY), 204)
    assert next(c for c in expect(saver.get("/v1/categories"), 200).json["data"] if c["id"] == own)["archived"]
    assert [v for _, v, _ in due(saver, "2026-04")] == [33334]


def test_another_instance_shows_it_at_once(saver, second):
    other = Client(second, saver.stack.contract, saver.access)
    expect(other.get("/v1/calendar"), 200)
    laptop = add(saver)
    assert expect(other.get(laptop["path"]), 200).etag == laptop["etag"]
    assert "Laptop" in [o["name"] for o in expect(other.get("/v1/calendar"), 200).json["obligations"]]
