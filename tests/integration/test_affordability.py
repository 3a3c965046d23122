"""May I spend this? Advice with its reasons, and nothing is stored."""
import pytest

from mita.client import expect
from mita.people import line, money


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


def test_what_is_over_comes_with_less_or_later(saver):
    kinds = {a["kind"]: a for a in ask(saver, 2500)["alternatives"]}
    assert kinds["smaller"]["money"] == money(1804)
    held = ask(saver, 2500, booked_on=kinds["later"]["date"])
    assert held["verdict"] != "over" and held["today"]["budget_money"]["amount"] >= 2500


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
