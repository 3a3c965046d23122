"""GET and PUT /v1/budgets/{month}: what each category of a month is given; another budget holds from today on."""
from concurrent.futures import ThreadPoolExecutor

from mita.client import expect
from mita.people import column, money

ANY, APRIL = {"If-Match": "*"}, "/v1/budgets/2026-04"


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


def test_a_month_that_is_over_is_shown_as_it_was_and_only_this_one_is_changed(saver, clock, person):
    was = given(saver)
    clock.local("Europe/Sofia", "2026-05-05")
    saver.login()
    person.login()
    expect(saver.put("/v1/budgets/2026-05", {"categories": []}, headers=ANY), 200)
    assert given(saver, "2026-04") == was and given(saver, "2026-05") == {}
    for month in ("2026-04", "2026-06"):
        assert expect(saver.put(f"/v1/budgets/{month}", {}, headers=ANY), 422).findings() == {"/month": "invalid_date"}
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
