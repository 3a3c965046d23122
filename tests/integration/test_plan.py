"""The plan over HTTP: policies, covering, rollover, the month of joining, affordability; the reference model is the judge."""
import random
from datetime import date, timedelta

import pytest

from mita.client import expect
from mita.oracle import Oracle
from mita.people import checked, column, line, money, of, worked_example

WEIGHTS = worked_example()["categories"]


def at(person, clock, day, month="2026-04"):
    clock.local("Europe/Sofia", f"{month}-{day:02}")
    person.login()


def joined(stack, clock, answers, day=1):
    clock.local("Europe/Sofia", f"2026-04-{day:02}")
    person = stack.person()
    person.onboard(answers)
    return person


@pytest.mark.parametrize("policy", ["even", "carry", "window:3", "window:7", "static"])
def test_P2_every_policy_agrees_with_the_reference_model(stack, clock, policy):
    answers = worked_example() | {"categories": [c | {"policy": policy} for c in WEIGHTS]}
    person = joined(stack, clock, answers)
    oracle = Oracle(answers, person.calendar(), 120332)
    rng = random.Random(policy)
    for day in range(1, 12):
        category, amount = rng.choice(["groceries", "transport", "dining_out"]), rng.randrange(1, 9000)
        expect(person.create(-amount, category, booked_on=f"2026-04-{day:02}"), 201)
        oracle.spend(category, day - 1, amount)
    for day in (2, 5, 12, 30):
        at(person, clock, day)
        oracle.compare(person.calendar())


def test_P4_any_order_of_the_same_transactions_gives_the_same_plan(stack, clock):
    entries = [(random.Random(4).randrange(1, 7000) + i, ["groceries", "transport", "dining_out"][i % 3], f"2026-04-0{1 + i % 7}") for i in range(20)]
    calendars = []
    for seed in (1, 2):
        person = joined(stack, clock, worked_example())
        order = entries[:]
        random.Random(seed).shuffle(order)
        for amount, category, day in order:
            expect(person.create(-amount, category, booked_on=day), 201)
        at(person, clock, 8)
        calendars.append(person.calendar())
        for bill in calendars[-1]["obligations"]:
            bill.pop("id")
    assert calendars[0] == calendars[1]


def test_P3_cover_conserves_budgets_spares_the_protected_and_keeps_the_cap(saver, clock):
    saver.spend(50000, "dining_out")
    at(saver, clock, 2)
    calendar = saver.calendar()
    lines = [of(calendar, c["category"]) for c in calendar["categories"]]
    from_unallocated = calendar["check"]["from_unallocated"]
    assert sum(x["covered"] for x in lines) == sum(x["given"] for x in lines) + from_unallocated > 0
    for x in lines:
        assert x["given"] == 0 or x["class"] != "protected"
    assert of(calendar, "entertainment")["given"] == 18050 // 2


def test_unallocated_covers_first(stack, clock):
    answers = worked_example() | {"categories": [{"category": "groceries", "budget_money": money(40000)}, {"category": "dining_out", "budget_money": money(20000)}]}
    person = joined(stack, clock, answers)
    assert person.calendar()["unallocated_money"]["amount"] == 60332
    person.spend(30000, "dining_out")
    at(person, clock, 2)
    calendar = person.calendar()
    assert [(m["from"], m["to"], m["money"]["amount"]) for m in calendar["moves"]] == [("unallocated", "dining_out", 10000)]
    assert of(calendar, "groceries")["given"] == 0 and calendar["check"]["from_unallocated"] == 10000


def test_cover_is_the_persons_switch(saver, clock):
    me = expect(saver.get("/v1/me"), 200)
    assert me.json["settings"]["cover"] is True
    expect(saver.patch("/v1/me", {"settings": {"cover": False}}, headers={"If-Match": me.etag}), 200)
    saver.spend(40000, "dining_out")
    at(saver, clock, 2)
    calendar = saver.calendar()
    assert calendar["moves"] == [] and of(calendar, "dining_out")["uncovered"] == 40000 - 30083
    assert set(column(calendar, "dining_out")[1:]) == {0}


@pytest.mark.parametrize("rollover,left_over,carried", [("surplus", 54149, 54149), ("none", 54149, 0), ("both", -1000, -1000), ("surplus", -1000, 0)])
def test_P6_rollover_carries_what_the_month_left(stack, clock, rollover, left_over, carried):
    answers = worked_example() | {"categories": [{"category": "groceries", "weight": 45, "rollover": rollover}] + WEIGHTS[1:]}
    person = joined(stack, clock, answers)
    me = expect(person.get("/v1/me"), 200)
    expect(person.patch("/v1/me", {"settings": {"cover": False}}, headers={"If-Match": me.etag}), 200)
    if left_over != 54149:
        person.spend(54149 - left_over)
    at(person, clock, 1, "2026-05")
    may = person.calendar()
    assert of(may, "groceries")["carry_in"] == carried
    assert may["check"]["carry_in"] == carried


def test_P6_rollover_passes_through_months_nobody_looked_at(stack, clock):
    answers = worked_example() | {"categories": [{"category": "groceries", "budget_money": money(30000), "rollover": "surplus"}]}
    person = joined(stack, clock, answers)
    at(person, clock, 1, "2026-07")
    assert of(person.calendar(), "groceries")["carry_in"] == 3 * 30000


def test_P6_what_was_carried_stays_when_a_replanning_drops_the_category(stack, clock):
    answers = worked_example() | {"categories": [{"category": "groceries", "budget_money": money(30000), "rollover": "both"}, {"category": "transport", "weight": 1}]}
    person = joined(stack, clock, answers)
    at(person, clock, 1, "2026-05")
    assert of(person.calendar(), "groceries")["carry_in"] == 30000
    at(person, clock, 10, "2026-05")
    expect(person.put("/v1/onboarding", answers | {"categories": [{"category": "transport", "weight": 1}]}, headers={"If-Match": "*"}), 200)
    may = person.calendar()
    assert of(may, "groceries")["carry_in"] == may["check"]["carry_in"] == may["check"]["held"] == 30000


def test_an_entry_moved_into_a_future_month_opens_it_when_it_is_looked_at(stack, saver):
    entry = saver.spend(100)
    expect(saver.patch(f"/v1/transactions/{entry['id']}", {"booked_on": "2026-06-20", "category": "housing", "money": money(-120000)}, headers={"If-Match": "*"}), 200)
    expect(saver.patch(f"/v1/transactions/{entry['id']}", {"booked_on": "2026-06-04"}, headers={"If-Match": "*"}), 200)
    assert next(o for o in saver.calendar("2026-06")["obligations"] if o["name"] == "Rent")["status"] == "paid"
    assert stack.cluster.sql("select count(*) from finance.periods where user_id = %s", saver.id) == [(3,)]


def test_in_the_month_of_joining_the_baseline_is_cut_to_the_days_from_joining_on(stack, clock):
    person = joined(stack, clock, worked_example(), day=11)
    calendar = person.calendar()
    assert column(calendar, "groceries", "baseline") == [0] * 10 + [1805] * 20
    assert column(calendar, "groceries") == [0] * 10 + [1805] * 20
    assert of(calendar, "groceries")["budget"] == 20 * 1805
    assert line(calendar, "2026-04-15", "debt")["budget"] == 10000


def test_a_late_bill_moves_to_today_and_a_payment_settles_it(saver, clock):
    at(saver, clock, 8)
    before = saver.calendar()
    utilities = lambda c: next(o for o in c["obligations"] if o["category"] == "utilities")
    assert line(before, "2026-04-08", "utilities")["budget"] == 15000 and utilities(before)["status"] != "paid"
    saver.spend(14500, "utilities")
    after = saver.calendar()
    assert utilities(after)["status"] == "paid"
    at(saver, clock, 9)
    assert set(column(saver.calendar(), "utilities")[8:]) == {0}


def test_weekday_weights_lean_on_the_weekend(stack, clock):
    answers = worked_example()
    answers["categories"][0]["day_weights"] = {"kind": "weekday", "weights": [2, 2, 2, 2, 2, 3, 3]}
    person = joined(stack, clock, answers)
    baseline = column(person.calendar(), "groceries", "baseline")
    assert baseline[:7] == [1592, 1593, 1592, 2389, 2389, 1593, 1592] and sum(baseline) == 54149


def leaning(stack, clock):
    """Joined on 5 January, a Monday; 70.00 each Saturday and 10.00 each Sunday until the end of March; it is 1 April."""
    answers = worked_example()
    answers["categories"][0]["day_weights"] = {"kind": "history"}
    clock.local("Europe/Sofia", "2026-01-05")
    person = stack.person()
    person.onboard(answers)
    at(person, clock, 31, "2026-03")
    for week in range(12):
        for day, amount in ((5, 7000), (6, 1000)):
            person.spend(amount, booked_on=str(date(2026, 1, 5) + timedelta(7 * week + day)))
    at(person, clock, 1)
    return person


def test_weights_from_history_lean_as_the_three_months_before_did(stack, clock):
    """86 days, 12 weeks: Saturday (12 * 6125 + 8000) / 20 = 4075, Sunday (12 * 875 + 8000) / 20 = 925, the others 8000 / 20 = 400."""
    person = leaning(stack, clock)
    baseline = column(person.calendar(), "groceries", "baseline")
    assert baseline[3] > 4 * baseline[4] > 8 * baseline[5] and sum(baseline) == of(person.calendar(), "groceries")["budget"]
    table = worked_example()
    table["categories"][0]["day_weights"] = {"kind": "weekday", "weights": [400, 400, 400, 400, 400, 4075, 925]}
    tag = expect(person.get("/v1/onboarding"), 200).etag
    assert column(expect(person.put("/v1/onboarding", table, headers={"If-Match": tag}), 200).json, "groceries", "baseline") == baseline


def test_P4_weights_from_history_do_not_ask_when_something_was_entered(stack, clock):
    person = leaning(stack, clock)
    before = person.calendar()
    late = [person.spend(40000, booked_on=str(date(2026, 1, 7) + timedelta(7 * week))) for week in range(12)]
    wednesdays = column(person.calendar(), "groceries", "baseline")[0::7]
    assert min(wednesdays) > 5 * max(column(before, "groceries", "baseline")[0::7])
    for entry in late:
        person.remove(entry)
    assert person.calendar() == before


@pytest.mark.parametrize("month,first", [("2026-01", 5), ("2026-08", 1)])
def test_weights_from_history_are_uniform_while_there_is_none(stack, clock, month, first):
    """In the month of joining, and four months after the last entry."""
    person = leaning(stack, clock)
    baseline = column(checked(expect(person.get(f"/v1/calendar?month={month}"), 200).json), "groceries", "baseline")[first - 1:]
    assert max(baseline) - min(baseline) <= 1 < min(baseline)


@pytest.mark.parametrize("amount,verdict", [(701, "safe"), (702, "caution"), (851, "caution"), (852, "tight"), (1002, "tight"), (1003, "over")])
def test_affordability_judges_the_share_of_todays_budget(saver, amount, verdict):
    before = saver.everything()
    assert line(saver.calendar(), "2026-04-01", "dining_out")["budget"] == 1002
    answer = expect(saver.post("/v1/affordability", {"category": "dining_out", "money": money(amount)}), 200).json
    assert answer["verdict"] == verdict
    assert saver.everything() == before


def test_affordability_says_what_tomorrow_would_be(saver, clock):
    answer = expect(saver.post("/v1/affordability", {"category": "groceries", "money": money(6000)}), 200).json
    assert answer["tomorrow"]["budget_money"] == money(1660) and answer["today"]["left_money"] == money(1804 - 6000)
    saver.spend(6000)
    at(saver, clock, 2)
    assert line(saver.calendar(), "2026-04-02", "groceries")["budget"] == 1660


def test_a_day_of_the_calendar_agrees_with_the_month(saver, clock):
    saver.spend(6000)
    at(saver, clock, 2)
    calendar = saver.calendar()
    for number in (1, 2, 3, 5, 30):
        date = f"2026-04-{number:02}"
        day = expect(saver.get(f"/v1/calendar/{date}"), 200).json
        month = next(d for d in calendar["days"] if d["date"] == date)
        assert (day["budget_money"], day["spent_money"], day["verdict"]) == (month["budget_money"], month["spent_money"], month["verdict"])
        for c in day["categories"]:
            assert (c["budget_money"]["amount"], c["spent_money"]["amount"]) == (line(calendar, date, c["category"])["budget"], line(calendar, date, c["category"])["spent"])


@pytest.mark.parametrize("month,days", [("2026-02", 28), ("2028-02", 29), ("2026-03", 31), ("2026-12", 31)])
def test_any_month_can_be_looked_at_and_its_check_holds(saver, month, days):
    calendar = checked(expect(saver.get(f"/v1/calendar?month={month}"), 200).json)
    assert calendar["month"] == month and len(calendar["days"]) == days


def test_without_categories_the_default_weights_serve(stack, clock):
    answers = {k: v for k, v in worked_example().items() if k != "categories"}
    calendar = joined(stack, clock, answers).calendar()
    got = {c: of(calendar, c)["budget"] for c in ("groceries", "transport", "coffee", "other")}
    assert got == {"groceries": 36100, "transport": 14440, "coffee": 3610, "other": 8423}
    assert calendar["unallocated_money"]["amount"] == 0
