"""GET and PUT /v1/budgets/{month}: what each category of a month is given; another budget holds from today on."""
import os
import random
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

from mita.audit import audit_ledger
from mita.client import expect
from mita.people import column, key, money, worked_example

ANY, APRIL = {"If-Match": "*"}, "/v1/budgets/2026-04"
MOVES = APRIL + "/transfers"


def given(who, month="2026-04"):
    return {c["category"]: c["budget_money"]["amount"] for c in expect(who.get(f"/v1/budgets/{month}"), 200).json["categories"] if c["budget_money"]["amount"]}


def test_what_onboarding_gave_is_shown_and_sums_to_the_pool(saver):
    whole = expect(saver.get(APRIL), 200)
    assert given(saver) == {"groceries": 54149, "transport": 18050, "dining_out": 30083, "entertainment": 18050} and sum(given(saver).values()) == 120332
    assert whole.json["pool_money"] == money(120332) and whole.json["unallocated_money"] == money(0)
    groceries = next(c for c in whole.json["categories"] if c["category"] == "groceries")
    assert (groceries["weight"], groceries["fixed"], groceries["policy"]) == (45, False, "even")
    expect(saver.get(APRIL, headers={"If-None-Match": whole.etag}), 304)


def test_another_budget_holds_from_today_on_and_for_the_months_after_and_past_days_stay(saver, clock):
    clock.local("Europe/Sofia", "2026-04-11")
    saver.login()
    before, tag = saver.calendar(), expect(saver.get(APRIL), 200).etag
    body = {"categories": [{"category": "groceries", "budget_money": money(60000), "policy": "carry", "rollover": "surplus"}, {"category": "coffee", "weight": 1}]}
    put = expect(saver.put(APRIL, body, headers={"If-Match": tag}), 200)
    assert put.json == expect(saver.get(APRIL), 200).json and put.etag == expect(saver.get(APRIL), 200).etag
    assert given(saver) == {"groceries": 60000, "coffee": 60332} == given(saver, "2026-05") and given(saver, "2027-03")["groceries"] == 60000
    after = saver.calendar()
    past = lambda calendar: [(d["budget_money"], d["spent_money"], d["verdict"]) for d in calendar["days"][:10]]
    assert past(after) == past(before) and column(after, "groceries")[:10] == column(before, "groceries")[:10] and column(after, "groceries")[10:] != column(before, "groceries")[10:]
    answers = expect(saver.get("/v1/onboarding"), 200).json
    assert [c["category"] for c in answers["categories"]] == ["groceries", "coffee"] and len(answers["bills"]) == 4 and len(answers["goals"]) == 1
    expect(saver.put(APRIL, body, headers={"If-Match": tag}), 412, "precondition_failed")
    expect(saver.put(APRIL, body, valid=False), 428, "precondition_required")
    expect(saver.put(APRIL, {}, headers=ANY), 200)  # the default weights
    assert "categories" not in expect(saver.get("/v1/onboarding"), 200).json and len(given(saver)) > 8


def test_a_month_that_is_over_is_shown_as_it_was_and_stays(saver, clock, person):
    was = given(saver)
    clock.local("Europe/Sofia", "2026-05-05")
    saver.login()
    person.login()
    expect(saver.put("/v1/budgets/2026-05", {"categories": []}, headers=ANY), 200)
    assert given(saver, "2026-04") == was and given(saver, "2026-05") == {}
    for month in ("2026-04", "2126-06"):
        assert expect(saver.put(f"/v1/budgets/{month}", {}, headers=ANY), 422).findings() == {"/month": "invalid_date"}
        assert expect(saver.delete(f"/v1/budgets/{month}", headers=ANY), 422).findings() == {"/month": "invalid_date"}
    expect(saver.get("/v1/budgets/2026-03"), 404, "not_found")
    assert expect(saver.get("/v1/budgets/2026-13", valid=False), 422).findings() == {"/month": "invalid_date"}
    expect(person.get("/v1/budgets/2026-05"), 409, "not_onboarded")


def test_all_that_is_wrong_is_said_at_once_and_what_is_not_there_is_refused(saver):
    body = {"categories": [{"category": "nothing", "weight": -1}, {"category": "groceries", "policy": "never"}, {"category": "salary"}], "bills": []}
    assert expect(saver.put(APRIL, body, headers=ANY, valid=False), 422, "validation_failed").findings() == {
        "/categories/0/category": "unknown_category", "/categories/0/weight": "out_of_range", "/categories/1/policy": "unknown_policy",
        "/categories/2/category": "income_category", "/bills": "unknown_field"}
    expect(saver.put(APRIL, {"categories": [{"category": "groceries", "budget_money": money(120333)}]}, headers=ANY), 422, "infeasible_budget")
    assert sum(given(saver).values()) == 120332


def test_C2_of_two_budgets_at_once_on_two_instances_one_stays(saver, beside):
    for n in range(3):
        tag = expect(saver.get(APRIL), 200).etag
        with ThreadPoolExecutor(2) as pool:
            put = lambda who: who.put(APRIL, {"categories": [{"category": "groceries", "budget_money": money(1000 + 10 * n + (who is beside))}]}, headers={"If-Match": tag})
            assert sorted(a.status for a in pool.map(put, (saver, beside))) == [200, 412]


def test_P3_a_category_that_somebody_protects_gives_nothing_from_that_day_on(saver, clock):
    chosen = [{"category": c, "weight": 1} for c in ("groceries", "dining_out", "entertainment")]
    expect(saver.put(APRIL, {"categories": chosen}, headers=ANY), 200)
    clock.local("Europe/Sofia", "2026-04-10")
    saver.login()
    saver.spend(60000, booked_on="2026-04-09")  # of 40111
    gives = lambda: {c["category"]: c["given_money"]["amount"] for c in saver.calendar()["categories"] if c["given_money"]["amount"]}
    assert set(gives()) == {"dining_out", "entertainment"}
    before = saver.calendar()
    put = expect(saver.put(APRIL, {"categories": [c | {"protected": c["category"] == "dining_out"} for c in chosen]}, headers=ANY), 200)
    assert {c["category"]: c["protected"] for c in put.json["categories"]} == {
        "housing": True, "utilities": True, "debt": True, "groceries": False, "communication": False, "dining_out": True, "entertainment": False}
    assert set(gives()) == {"entertainment"} and saver.calendar()["days"][:9] == before["days"][:9]
    answered = expect(saver.get("/v1/onboarding"), 200).json
    assert [c.get("protected") for c in answered["categories"]] == [None, True, None]
    expect(saver.put("/v1/onboarding", answered, headers=ANY), 200)
    assert set(gives()) == {"entertainment"}
    assert expect(saver.put(APRIL, {"categories": [chosen[0] | {"protected": 1}]}, headers=ANY, valid=False), 422).findings() == {"/categories/0/protected": "wrong_type"}


# -- of months to come
HOLIDAYS = {"categories": [{"category": "gifts", "budget_money": money(40000)}, {"category": "groceries", "weight": 1}]}
LEAN = {"categories": [{"category": "groceries", "budget_money": money(50000)}, {"category": "transport", "weight": 1}]}
MAY, JUNE, JULY = (f"/v1/budgets/2026-{m:02}" for m in (5, 6, 7))


def at(who, path):
    return {"If-Match": expect(who.get(path), 200).etag}


def said(who, month):
    return expect(who.get(f"/v1/budgets/{month}"), 200).json["said"]


def planned(who, path, body, scope=None):
    answer = expect(who.put(path, body | ({"scope": scope} if scope else {}), headers=at(who, path)), 200)
    shown = expect(who.get(path), 200)
    assert (answer.json, answer.etag) == (shown.json, shown.etag)
    return answer.json


def travel(who, clock, day):
    clock.local("Europe/Sofia", day)
    who.login()


def test_a_month_to_come_has_a_budget_of_its_own_and_no_other_month_and_no_day_moves(saver, clock):
    saver.spend(1000)
    april, was, june = saver.calendar(), given(saver), given(saver, "2026-06")
    assert said(saver, "2026-05") is None
    may = planned(saver, MAY, HOLIDAYS, "month")
    assert may["said"] == {"month": "2026-05", "scope": "month"} and given(saver, "2026-05")["gifts"] == 40000
    assert saver.calendar() == april and given(saver) == was and given(saver, "2026-06") == june and said(saver, "2026-06") is None
    assert expect(saver.get("/v1/onboarding"), 200).json["budgets"] == [{"month": "2026-05", "scope": "month", **HOLIDAYS}]
    baselines = lambda: [[(c["category"], c["baseline_money"]) for c in d["categories"] if c["baseline_money"]["amount"]] for d in saver.calendar("2026-05")["days"]]
    preview = baselines()
    travel(saver, clock, "2026-05-02")
    assert baselines() == preview and given(saver, "2026-05")["gifts"] == 40000
    assert given(saver, "2026-06") == june and given(saver) == was


def test_what_is_said_from_a_month_on_holds_until_another_is_said_and_is_taken_back_one_by_one(saver):
    was, far = given(saver), given(saver, "2027-03")  # when the goal is reached
    planned(saver, JUNE, LEAN)
    planned(saver, JULY, HOLIDAYS, "month")
    lean = given(saver, "2026-06")
    assert given(saver, "2026-05") == was and lean["groceries"] == 50000 == given(saver, "2027-03")["groceries"] and given(saver, "2026-07")["gifts"] == 40000
    assert said(saver, "2027-03") == {"month": "2026-06", "scope": "onwards"} and said(saver, "2026-07") == {"month": "2026-07", "scope": "month"}
    planned(saver, JUNE, HOLIDAYS, "month")
    assert given(saver, "2026-06")["gifts"] == 40000 and given(saver, "2026-08") == lean
    planned(saver, "/v1/budgets/2026-09", {})  # the default weights
    assert "coffee" in given(saver, "2026-10") and given(saver, "2026-08") == lean
    for month, then in (("2026-06", lean), ("2026-07", lean), ("2026-09", lean), ("2026-06", was)):
        expect(saver.delete(f"/v1/budgets/{month}", headers=at(saver, f"/v1/budgets/{month}")), 204)
        assert given(saver, month) == then
        expect(saver.get(f"/v1/budgets/{month}"), 200)
    expect(saver.delete(JUNE, headers=ANY), 404, "not_found")
    assert given(saver, "2027-03") == far and "budgets" not in expect(saver.get("/v1/onboarding"), 200).json


def test_what_is_said_onwards_takes_the_place_of_what_is_said_of_its_month_alone(saver):
    planned(saver, JUNE, HOLIDAYS, "month")
    planned(saver, JUNE, LEAN)
    assert given(saver, "2026-06")["groceries"] == 50000 and len(expect(saver.get("/v1/onboarding"), 200).json["budgets"]) == 1


def test_this_month_alone_is_changed_from_today_on_and_the_next_is_as_the_plan_says(saver, clock):
    travel(saver, clock, "2026-04-11")
    before, was = saver.calendar(), given(saver)
    planned(saver, APRIL, LEAN, "month")
    after = saver.calendar()
    assert given(saver)["groceries"] == 50000 and given(saver, "2026-05") == was
    assert [d["budget_money"] for d in after["days"][:10]] == [d["budget_money"] for d in before["days"][:10]]
    expect(saver.delete(APRIL, headers=at(saver, APRIL)), 204)
    assert given(saver) == was


def test_a_plan_that_changes_in_between_keeps_what_was_said_of_months_to_come(saver, clock):
    planned(saver, JUNE, LEAN)
    planned(saver, MAY, HOLIDAYS, "month")
    other = worked_example() | {"buffer_money": money(0), "categories": [{"category": "pets", "weight": 1}]}
    expect(saver.put("/v1/onboarding", other, headers=ANY), 200)
    planned(saver, APRIL, {"categories": [{"category": "coffee", "weight": 1}]})
    expect(saver.post("/v1/recurring", {"kind": "bill", "name": "Gym", "category": "health", "money": money(2000), "schedule": {"unit": "month", "anchor": "2026-04-20"}},
                      headers={"Idempotency-Key": key()}), 201)
    assert given(saver).keys() == {"coffee"} and given(saver, "2026-05")["gifts"] == 40000 and given(saver, "2026-06")["groceries"] == 50000
    back = expect(saver.get("/v1/onboarding"), 200).json
    expect(saver.put("/v1/onboarding", back, headers=ANY), 200)  # sent back as it is shown
    again = expect(saver.get("/v1/onboarding"), 200).json
    assert again == back | {"version": again["version"]}
    expect(saver.put("/v1/onboarding", back | {"budgets": back["budgets"][:1]}, headers=ANY), 200)
    assert given(saver, "2026-05")["gifts"] == 40000 and given(saver, "2026-06").keys() == {"coffee"}
    twice = expect(saver.put("/v1/onboarding", back | {"budgets": back["budgets"][:1] * 2}, headers=ANY), 422)
    assert twice.findings() == {"/budgets/1/month": "duplicate_month"}


def test_what_holds_by_now_is_the_plans_until_the_plan_says_other(saver, clock):
    planned(saver, MAY, LEAN)
    planned(saver, "/v1/budgets/2026-08", HOLIDAYS)
    travel(saver, clock, "2026-06-10")
    assert said(saver, "2026-06") is None and given(saver, "2026-06")["groceries"] == 50000
    old = expect(saver.get("/v1/onboarding"), 200).json
    unknowing = {k: v for k, v in old.items() if k != "budgets"}  # a client that knows of no months
    expect(saver.put("/v1/onboarding", unknowing | {"buffer_money": money(100)}, headers=ANY), 200)
    assert given(saver, "2026-06")["groceries"] == 50000 and given(saver, "2026-08")["gifts"] == 40000
    shown = expect(saver.get("/v1/onboarding"), 200).json
    assert shown["categories"] == LEAN["categories"] and [b["month"] for b in shown["budgets"]] == ["2026-08"]
    expect(saver.put("/v1/onboarding", unknowing | {"categories": [{"category": "pets", "weight": 1}]}, headers=ANY), 200)
    assert given(saver, "2026-06").keys() == {"pets"} == given(saver, "2026-07").keys() and given(saver, "2026-08")["gifts"] == 40000
    expect(saver.delete(JUNE, headers=ANY), 404, "not_found")


def test_a_month_to_come_that_is_open_already_is_planned_anew_and_keeps_what_is_booked(saver):
    saver.spend(700, "dining_out", booked_on="2026-06-03")
    planned(saver, JUNE, LEAN, "month")
    june = saver.calendar("2026-06")
    assert given(saver, "2026-06")["groceries"] == 50000
    assert next(c for c in june["categories"] if c["category"] == "dining_out")["spent_money"] == money(700)
    expect(saver.delete(JUNE, headers=at(saver, JUNE)), 204)
    assert given(saver, "2026-06")["dining_out"] > 700


def test_all_that_is_wrong_with_a_month_to_come_is_said_and_changes_nothing(saver, person):
    whole = expect(saver.get("/v1/onboarding"), 200).json
    wrong = {"scope": "year", "categories": [{"category": "nothing", "weight": 1}, {"category": "coffee", "weight": -1}], "month": "2026-06"}
    assert expect(saver.put(JUNE, wrong, headers=ANY, valid=False), 422).findings() == {
        "/scope": "unknown_scope", "/categories/0/category": "unknown_category", "/categories/1/weight": "out_of_range", "/month": "unknown_field"}
    much = {"categories": [{"category": "coffee", "budget_money": money(200000)}]}
    assert expect(saver.put(JUNE, much, headers=ANY), 422, "infeasible_budget").findings() == {"/categories": "infeasible_budget"}
    expect(saver.put(JUNE, LEAN, valid=False), 428, "precondition_required")
    expect(saver.put(JUNE, LEAN, headers={"If-Match": expect(saver.get(MAY), 200).etag}), 412, "precondition_failed")
    expect(saver.delete(JUNE, headers=ANY), 404, "not_found")
    assert expect(saver.get("/v1/onboarding"), 200).json == whole
    expect(person.put(JUNE, LEAN, headers=ANY), 409, "not_onboarded")
    expect(person.delete(JUNE, headers=ANY), 409, "not_onboarded")
    tag = planned(saver, JUNE, LEAN) and at(saver, JUNE)
    planned(saver, JUNE, HOLIDAYS)
    expect(saver.delete(JUNE, headers=tag), 412, "precondition_failed")
    expect(saver.delete(JUNE, valid=False), 428, "precondition_required")
    for n in range(23):
        expect(saver.put(f"/v1/budgets/{2027 + n // 12}-{n % 12 + 1:02}", LEAN, headers=ANY), 200)
    assert expect(saver.put("/v1/budgets/2030-01", LEAN, headers=ANY), 422, "validation_failed").findings() == {"/month": "too_many"}


def test_a_category_that_a_month_to_come_names_stays(saver):
    own = expect(saver.post("/v1/categories", {"name": "Cats", "class": "flexible"}, headers={"Idempotency-Key": key()}), 201).json["id"]
    planned(saver, JUNE, {"categories": [{"category": own, "weight": 1}]}, "month")
    expect(saver.delete(f"/v1/categories/{own}", headers=ANY), 204)
    assert expect(saver.get(f"/v1/categories/{own}"), 200).json["archived"] and own in given(saver, "2026-06")
    expect(saver.put("/v1/onboarding", expect(saver.get("/v1/onboarding"), 200).json, headers=ANY), 200)


def test_C2_of_two_budgets_of_one_month_to_come_on_two_instances_one_stays_and_of_two_months_both(saver, beside):
    for n in range(4):
        tag = at(saver, JUNE)
        with ThreadPoolExecutor(2) as pool:
            put = lambda who: who.put(JUNE, {"categories": [{"category": "groceries", "budget_money": money(1000 + 10 * n + (who is beside))}]}, headers=tag)
            assert sorted(a.status for a in pool.map(put, (saver, beside))) == [200, 412]
    tags = {path: at(saver, path) for path in (MAY, JULY)}
    with ThreadPoolExecutor(2) as pool:
        put = lambda who, path: expect(who.put(path, HOLIDAYS | {"scope": "month"}, headers=tags[path]), 200)
        list(pool.map(put, (saver, beside), tags))
    assert given(beside, "2026-05")["gifts"] == 40000 == given(saver, "2026-07")["gifts"] and said(beside, "2026-06")["scope"] == "onwards"


def test_a_simulated_plan_may_say_what_months_to_come_are_given(saver):
    plan = worked_example() | {"budgets": [{"month": "2026-06", **LEAN}]}
    month = expect(saver.post("/v1/budgets:simulate", {"month": "2026-06", "plan": plan}), 200).json
    assert next(c for c in month["categories"] if c["category"] == "groceries")["budget_money"] == money(50000)
    assert given(saver, "2026-06")["groceries"] != 50000


# -- between two categories
def moved(who, amount, source="groceries", to="coffee", month="2026-04", **more):
    return who.post(f"/v1/budgets/{month}/transfers", {"from": source, "to": to, "money": money(amount)} | more, headers={"Idempotency-Key": key()})


def test_P3_what_is_moved_leaves_one_budget_and_comes_into_another_from_today_on_of_this_month_alone(saver, clock):
    clock.local("Europe/Sofia", "2026-04-11")
    saver.login()
    saver.spend(700, "dining_out", booked_on="2026-04-10")
    before, was, pool = saver.calendar(), given(saver), saver.calendar()["pool_money"]
    answer = expect(moved(saver, 6000, "groceries", "dining_out", note="Guests"), 201)
    one, path = answer.json, answer.header("Location")
    assert (one["month"], one["on"], one["from"], one["to"], one["money"], one["note"]) == ("2026-04", "2026-04-11", "groceries", "dining_out", money(6000), "Guests")
    assert path == f"{MOVES}/{one['id']}" and expect(saver.get(path), 200).json == one
    expect(saver.get(path, headers={"If-None-Match": answer.etag}), 304)
    now = given(saver)
    assert now == was | {"groceries": was["groceries"] - 6000, "dining_out": was["dining_out"] + 6000}
    after = saver.calendar()
    past = lambda calendar: [(d["budget_money"], d["spent_money"], d["verdict"]) for d in calendar["days"][:10]]
    assert past(after) == past(before) and after["pool_money"] == pool
    left = lambda c, name: sum(column(c, name)[10:])
    assert left(after, "groceries") == left(before, "groceries") - 6000 and left(after, "dining_out") == left(before, "dining_out") + 6000
    assert given(saver, "2026-05") == was
    assert [m["id"] for m in expect(saver.get(MOVES), 200).json["data"]] == [one["id"]] and expect(saver.get("/v1/budgets/2026-05/transfers"), 200).json["data"] == []
    expect(moved(saver, 6000, "dining_out", "groceries"), 201)  # and back
    assert given(saver) == was


def test_a_category_without_a_budget_gets_one_and_one_that_has_bills_alone_too(saver):
    was = given(saver)
    expect(moved(saver, 500), 201)
    expect(moved(saver, 300, to="housing"), 201)
    assert given(saver) == was | {"groceries": was["groceries"] - 800, "coffee": 500, "housing": 300}
    saver.spend(400, "coffee")
    assert {"coffee", "housing"} & given(saver, "2026-05").keys() == set()


def test_no_more_is_moved_than_is_left_to_spend(saver, clock):
    clock.local("Europe/Sofia", "2026-04-11")
    saver.login()
    saver.spend(54000, booked_on="2026-04-11")  # of 54149
    assert expect(moved(saver, 150), 422, "not_enough").findings() == {"/money": "not_enough"}
    expect(moved(saver, 149), 201)
    assert expect(moved(saver, 1), 422, "not_enough").findings() == {"/money": "not_enough"}
    assert expect(moved(saver, 1, "housing"), 422, "not_enough").findings() == {"/money": "not_enough"}  # what its bill takes
    assert expect(moved(saver, 1, "pets"), 422, "not_enough").findings() == {"/money": "not_enough"}


def test_what_was_moved_stays_moved_when_the_plan_changes_as_far_as_it_is_there(saver):
    expect(moved(saver, 6000), 201)
    expect(saver.put("/v1/onboarding", worked_example() | {"buffer_money": money(4000)}, headers=ANY), 200)
    now = given(saver)
    assert now["coffee"] == 6000 and sum(now.values()) == 121332 and now["groceries"] == 54599 - 6000
    expect(saver.put(APRIL, {"categories": [{"category": "groceries", "budget_money": money(1000)}, {"category": "transport", "weight": 1}]}, headers=ANY), 200)
    assert given(saver) == {"coffee": 1000, "transport": 120332}
    expect(saver.put(APRIL, {"categories": [{"category": "transport", "weight": 1}]}, headers=ANY), 200)
    assert given(saver) == {"transport": 121332}
    expect(saver.put("/v1/onboarding", worked_example(), headers=ANY), 200)
    assert given(saver)["coffee"] == 6000


def test_all_that_is_wrong_with_a_move_is_said_at_once(saver, person, clock):
    body = {"id": "019d4a5c-7c00-4a01-8b02-0123456789ab", "from": "nothing", "to": "salary", "money": money(0, "USD"), "on": "2026-04-01"}
    found = expect(saver.post(MOVES, body, headers={"Idempotency-Key": key()}, valid=False), 422).findings()
    assert found == {"/id": "invalid_id", "/from": "unknown_category", "/to": "income_category", "/money/amount": "out_of_range", "/money/currency": "currency_mismatch",
                     "/on": "unknown_field"}
    assert expect(moved(saver, 5, "coffee", "coffee"), 422).findings() == {"/to": "same_category"}
    expect(saver.post(MOVES, {"from": "groceries", "to": "coffee", "money": money(5)}, valid=False), 400, "idempotency_key_required")
    for month in ("2026-03", "2026-05"):
        assert expect(moved(saver, 5, month=month), 422).findings() == {"/month": "invalid_date"}
    expect(moved(person, 5), 409, "not_onboarded")
    mine = expect(moved(saver, 5), 201).json["id"]
    expect(moved(saver, 5, id=mine), 409, "already_exists")
    person.onboard()
    expect(person.get(f"{MOVES}/{mine}"), 404, "not_found")
    expect(saver.get(f"/v1/budgets/2026-05/transfers/{mine}"), 404, "not_found")


def test_a_category_that_was_given_something_stays(saver):
    own = expect(saver.post("/v1/categories", {"name": "Cats", "class": "flexible"}, headers={"Idempotency-Key": key()}), 201).json["id"]
    expect(moved(saver, 500, to=own), 201)
    expect(saver.delete(f"/v1/categories/{own}", headers=ANY), 204)
    assert expect(saver.get(f"/v1/categories/{own}"), 200).json["archived"] and given(saver)[own] == 500


def test_C1_one_key_on_two_instances_moves_once(saver, beside):
    head, body = {"Idempotency-Key": key()}, {"from": "groceries", "to": "coffee", "money": money(700)}

    def post(who):
        while (answer := who.post(MOVES, body, headers=head)).status == 409:
            assert answer.code == "idempotency_in_flight"
        return expect(answer, 201).json["id"]
    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(post, (saver, beside) * 4))) == 1
    assert given(saver)["coffee"] == 700 and len(expect(saver.get(MOVES), 200).json["data"]) == 1


def test_C2_of_parallel_moves_on_two_instances_no_more_is_moved_than_is_there(saver, beside):
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda who: moved(who, 20000), (saver, beside) * 4))
    assert sorted(a.status for a in answers) == [201] * 2 + [422] * 6
    assert given(saver)["coffee"] == 40000 and given(saver)["groceries"] == 54149 - 40000


def test_P3_the_sum_of_the_budgets_is_the_pool_whatever_was_moved_spent_and_planned(stack, saver, beside, clock):
    seed = int(os.environ.get("MITA_SEED", random.randrange(2**32)))
    print(f"again: MITA_SEED={seed}")
    rng, today = random.Random(seed), date(2026, 4, 1)
    for step in range(40):
        who, what = rng.choice((saver, beside)), rng.choice(["move", "move", "move", "spend", "spend", "day", "plan", "look"])
        month = str(today)[:7]
        if what == "move":
            a, b = rng.sample(["groceries", "transport", "dining_out", "entertainment", "coffee", "pets"], 2)
            was, amount = given(who, month), rng.randrange(1, 20000)
            answer = moved(who, amount, a, b, month)
            if answer.status == 201:
                expected = was | {a: was[a] - amount, b: was.get(b, 0) + amount}
                assert given(who, month) == {c: x for c, x in expected.items() if x}, f"step {step}"
            else:
                expect(answer, 422, "not_enough")
                assert given(who, month) == was
        elif what == "spend":
            who.spend(rng.randrange(1, 9000), rng.choice(["groceries", "dining_out", "coffee"]), booked_on=str(today))
        elif what == "day":
            today += timedelta(rng.choice([1, 2, 9, 31]))
            clock.local("Europe/Sofia", str(today))
            beside.client.token = beside.access = saver.login()["access_token"]
        elif what == "plan":
            expect(who.put("/v1/onboarding", worked_example() | {"buffer_money": money(rng.randrange(0, 9000))}, headers=ANY), 200)
        month = str(today)[:7]
        whole = expect(rng.choice((saver, beside)).get(f"/v1/budgets/{month}"), 200).json
        assert sum(c["budget_money"]["amount"] for c in whole["categories"]) + whole["unallocated_money"]["amount"] == whole["pool_money"]["amount"], f"after {what} in step {step}"
        assert all(c["budget_money"]["amount"] >= 0 for c in whole["categories"])
        saver.calendar()
        audit_ledger(stack.cluster, saver.id)
