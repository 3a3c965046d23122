"""May I spend this? Advice with its reasons, and nothing is stored."""
import pytest

from mita.client import expect
from mita.people import line, money, worked_example


def ask(person, amount, category="groceries", **more):
    return expect(person.post("/v1/affordability", {"category": category, "money": money(amount), **more}), 200).json


# Groceries have 18.04 on 1 April: below 70 % safe, below 85 % caution, to 100 % tight, above over.
@pytest.mark.parametrize("amount,verdict", [(1, "safe"), (1262, "safe"), (1263, "caution"), (1533, "caution"), (1534, "tight"), (1804, "tight"), (1805, "over")])
def test_the_verdict_is_the_share_of_todays_budget(saver, amount, verdict):
    advice = ask(saver, amount)
    assert advice["verdict"] == verdict and advice["category"] == "groceries"
    assert advice["today"] == {"budget_money": money(1804), "spent_money": money(amount), "left_money": money(1804 - amount)}


def test_it_says_what_tomorrow_the_month_and_the_goals_would_be(saver, clock):
    advice = ask(saver, 6000)
    assert advice["tomorrow"]["budget_money"] == money(1660) and advice["month"] == {"left_money": money(48149), "before_money": money(54149)}
    assert [(g["name"], g["month_money"], g["at_risk_money"]) for g in advice["goals"]] == [("Emergency fund", money(26667), money(0))]
    saver.spend(6000)
    clock.local("Europe/Sofia", "2026-04-02")
    saver.login()
    assert line(saver.calendar(), "2026-04-02", "groceries")["budget"] == 1660


def test_nothing_is_stored(saver):
    before = saver.everything()
    ask(saver, 6000)
    assert saver.everything() == before


def leaning(stack, clock):
    """Groceries lean on the weekends: 15.92 on a weekday, 23.89 on Saturdays and Sundays; 1 April 2026 is a Wednesday."""
    clock.local("Europe/Sofia", "2026-04-01")
    person = stack.person()
    answers = worked_example()
    answers["categories"][0]["day_weights"] = {"kind": "weekday", "weights": [2, 2, 2, 2, 2, 3, 3]}
    person.onboard(answers)
    return person


def test_what_is_over_comes_with_less_or_the_next_day_whose_own_budget_holds_it(stack, clock):
    person = leaning(stack, clock)
    calendar = person.calendar()
    kinds = {a["kind"]: a for a in ask(person, 2000)["alternatives"]}
    assert kinds["smaller"]["money"]["amount"] == line(calendar, "2026-04-01", "groceries")["budget"] and kinds["later"]["date"] == "2026-04-04"
    held = ask(person, 2000, booked_on="2026-04-04")
    assert held["verdict"] != "over" and held["today"]["budget_money"]["amount"] == line(calendar, "2026-04-04", "groceries")["budget"]
    assert [a["kind"] for a in ask(person, 20000)["alternatives"]] == ["smaller"]


@pytest.mark.parametrize("day", [1, 2, 15, 29, 30])
def test_a_later_day_is_judged_by_its_own_budget_in_the_calendar(saver, day):
    date = f"2026-04-{day:02}"
    budget = line(saver.calendar(), date, "groceries")["budget"]
    for amount, verdict in ((40000, "over"), (budget, "tight"), (budget + 1, "over"), (budget * 69 // 100, "safe")):
        advice = ask(saver, amount, booked_on=date)
        assert (advice["verdict"], advice["today"]) == (verdict, {"budget_money": money(budget), "spent_money": money(amount), "left_money": money(budget - amount)})


def test_on_a_later_day_what_follows_is_told_as_if_all_went_by_the_plan_until_then(saver):
    calendar = saver.calendar()
    advice = ask(saver, 1805, booked_on="2026-04-20")
    assert abs(advice["tomorrow"]["budget_money"]["amount"] - line(calendar, "2026-04-21", "groceries")["budget"]) <= 1
    more = ask(saver, 1805 + 10000, booked_on="2026-04-20")
    assert more["tomorrow"]["budget_money"]["amount"] == advice["tomorrow"]["budget_money"]["amount"] - 1000


@pytest.mark.parametrize("spent", [0, 1000, 60000])
def test_an_amount_at_the_end_of_the_range_is_over_not_an_error(saver, spent):
    if spent:
        saver.spend(spent)
    for amount in (2**53 - 1, 2**53 - 2, 2**53 - 1000):
        advice = ask(saver, amount)
        assert advice["verdict"] == "over" and advice["money"] == money(amount)
        assert advice["today"]["spent_money"] == money(min(2**53 - 1, amount + spent)) and advice["uncovered_money"]["amount"] > 2**53 - 10**6
        assert sum(m["money"]["amount"] for m in advice["moves"]) > 0 and advice["tomorrow"]["budget_money"] == money(0)


def test_an_overspend_nobody_covers_eats_the_buffer_before_a_goal(saver):
    advice = ask(saver, 200000)
    assert advice["uncovered_money"]["amount"] > 5000
    assert advice["goals"][0]["at_risk_money"] == money(min(26667, advice["uncovered_money"]["amount"] - 5000))


def test_an_alias_serves_and_income_has_no_budget(saver):
    assert ask(saver, 100, "Restaurant")["category"] == "dining_out"
    answer = expect(saver.post("/v1/affordability", {"category": "salary", "money": money(1)}), 422)
    assert answer.findings() == {"/category": "income_category"}


@pytest.mark.parametrize("day", ["2026-03-31", "2026-05-01"])
def test_a_day_outside_the_rest_of_the_month_is_422(saver, day):
    answer = expect(saver.post("/v1/affordability", {"category": "food", "money": money(1), "booked_on": day}), 422)
    assert answer.findings() == {"/booked_on": "out_of_range"}


def test_without_a_plan_there_is_no_advice(person):
    expect(person.post("/v1/affordability", {"category": "food", "money": money(1)}), 409, "not_onboarded")
