"""T1: budget periods that begin on the payday: a day of each month, each week or two. What holds, what a change of it makes of the days between."""
import copy
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import pytest

from mita.audit import audit_ledger
from mita.client import Client, expect
from mita.metrics import samples
from mita.people import checked, money, of

ANY = {"If-Match": "*"}
FRIDAYS = {"every": "week", "payday": "2026-04-03"}


def answers(period=None, zone="Europe/Sofia", **more):
    return {"timezone": zone, "currency": "EUR", "incomes": [{"name": "Salary", "money": money(310000), "day": 1}], "bills": [],
            "categories": [{"category": "groceries", "weight": 1}]} | ({} if period is None else {"period": period}) | more


def joined(stack, clock, day, period=None, zone="Europe/Sofia", **more):
    clock.local(zone, day)
    person = stack.person()
    person.onboard(answers(period, zone, **more))
    return person


def at(person, clock, day, zone="Europe/Sofia"):
    clock.local(zone, day)
    person.login()


def change(person, period):
    read = expect(person.get("/v1/onboarding"), 200)
    return expect(person.put("/v1/onboarding", read.json | {"period": period}, headers={"If-Match": read.etag}), 200).json


def month(person, name=None):
    calendar = checked(person.calendar(name))
    assert [d["date"] for d in calendar["days"]] == [str(date.fromisoformat(calendar["from"]) + timedelta(i)) for i in range(len(calendar["days"]))]
    assert calendar["days"][-1]["date"] == calendar["to"]
    return calendar


def spans(person, first, last):
    """(month, from, to) of each period from the one of `first` to the one of `last`: each begins where the one before ended."""
    out, day = [], first
    while day <= last:
        c = month(person, day)
        assert c["from"] == day or not out
        out.append((c["month"], c["from"], c["to"]))
        day = str(date.fromisoformat(c["to"]) + timedelta(1))
    return out


def test_T1_months_from_the_25th_over_a_years_edge_and_february(stack, clock):
    who = joined(stack, clock, "2026-12-28", {"every": "month", "start_day": 25}, bills=[{"name": "Rent", "category": "housing", "money": money(100000), "day": 24}])
    now = month(who)
    assert (now["month"], now["from"], now["to"], len(now["days"])) == ("2026-12-25", "2026-12-25", "2027-01-24", 31)
    assert [(i["date"], i["expected_money"]["amount"]) for i in now["incomes"]] == [("2027-01-01", 310000)] and [o["date"] for o in now["obligations"]] == ["2027-01-24"]
    assert now["pool_money"] == money(210000)
    assert spans(who, "2027-01-25", "2027-03-30") == [("2027-01-25", "2027-01-25", "2027-02-24"), ("2027-02-25", "2027-02-25", "2027-03-24"), ("2027-03-25", "2027-03-25", "2027-04-24")]
    assert month(who, "2027-02")["month"] == "2027-02-25" == month(who, "2027-03-24")["month"]
    page = expect(who.get("/v1/today"), 200).json
    assert (page["month"], page["from"], page["to"]) == ("2026-12-25", "2026-12-25", "2027-01-24")
    budget = expect(who.get("/v1/budgets/2026-12"), 200).json
    assert (budget["month"], budget["from"], budget["to"]) == ("2026-12-25", "2026-12-25", "2027-01-24")
    at(who, clock, "2027-01-02")
    who.spend(5000)
    assert of(month(who), "groceries")["spent"] == 5000 and month(who)["month"] == "2026-12-25"
    at(who, clock, "2027-02-26")
    assert month(who)["from"] == "2027-02-25" and of(month(who, "2027-01-24"), "groceries")["spent"] == 5000


@pytest.mark.parametrize("every,days", [("week", 7), ("two_weeks", 14)])
def test_T1_weeks_roll_what_is_left_over_into_the_next(stack, clock, every, days):
    pay = {"name": "Wage", "money": money(7000 * days), "schedule": {"unit": "week", "interval": days // 7, "anchor": "2026-04-03"}}
    who = joined(stack, clock, "2026-04-03", {"every": every, "payday": "2026-04-03"}, incomes=[pay],
                 categories=[{"category": "groceries", "budget_money": money(7000 * days), "rollover": "both"}])
    now = month(who)
    assert (now["month"], len(now["days"]), now["pool_money"]) == ("2026-04-03", days, money(7000 * days))
    who.spend(1500)
    later = str(date(2026, 4, 3) + timedelta(days))
    at(who, clock, later)
    after = month(who)
    assert after["month"] == later and of(after, "groceries")["carry_in"] == 7000 * days - 1500
    who.spend(200)
    at(who, clock, str(date.fromisoformat(later) + timedelta(days)))
    assert of(month(who), "groceries")["carry_in"] == 2 * 7000 * days - 1700
    audit_ledger(stack.cluster, who.id)


def test_T1_a_rule_said_later_begins_after_what_is_open_and_touches_nothing_before(stack, clock):
    who = joined(stack, clock, "2026-04-10")
    who.spend(1234)
    before = month(who)
    assert expect(who.get("/v1/onboarding"), 200).json["period"] == {"every": "month", "start_day": 1}
    changed = change(who, {"every": "two_weeks", "payday": "2026-05-08"})
    for calendar in (changed, month(who)):
        assert {k: calendar[k] for k in ("month", "days", "check")} == {k: before[k] for k in ("month", "days", "check")}
    assert expect(who.get("/v1/onboarding"), 200).json["period"] == {"every": "two_weeks", "payday": "2026-05-08", "from": "2026-05-01"}
    assert [s[1:] for s in spans(who, "2026-03-01", "2026-06-01")] == [("2026-03-01", "2026-03-31"), ("2026-04-01", "2026-04-30"), ("2026-05-01", "2026-05-07"),
                                                                      ("2026-05-08", "2026-05-21"), ("2026-05-22", "2026-06-04")]
    read = expect(who.get("/v1/onboarding"), 200)  # goes round: nothing is said anew
    expect(who.put("/v1/onboarding", read.json, headers={"If-Match": read.etag}), 200)
    assert expect(who.get("/v1/onboarding"), 200).json["period"] == read.json["period"]
    change(who, {"every": "month", "start_day": 10})  # in place of what has not come; the piece is short, so it is joined
    assert [s[1:] for s in spans(who, "2026-04-01", "2026-07-01")] == [("2026-04-01", "2026-04-30"), ("2026-05-01", "2026-06-09"), ("2026-06-10", "2026-07-09")]
    assert len(month(who, "2026-05")["days"]) == 40
    change(who, {"every": "month"})
    assert expect(who.get("/v1/onboarding"), 200).json["period"] == {"every": "month", "start_day": 1}
    assert [s[0] for s in spans(who, "2026-04-01", "2026-06-30")] == ["2026-04", "2026-05", "2026-06"]


def test_T1_an_opened_period_to_come_holds_the_change_off_until_it_is_over(stack, clock):
    who = joined(stack, clock, "2026-04-10")
    who.spend(100, booked_on="2026-06-15")
    change(who, FRIDAYS)
    assert expect(who.get("/v1/onboarding"), 200).json["period"]["from"] == "2026-07-01"
    assert [s[0] for s in spans(who, "2026-05-01", "2026-07-02")] == ["2026-05", "2026-06", "2026-07-01"]
    assert month(who, "2026-07-01")["to"] == "2026-07-09"  # the piece of two days is joined to the week from Friday on


def test_T1_change_and_opening_by_two_instances_leave_no_gap(stack, clock, second):
    who = joined(stack, clock, "2026-04-10")
    rules = [FRIDAYS, {"every": "month", "start_day": 25}, {"every": "two_weeks", "payday": "2026-04-03"}, {"every": "month", "start_day": 5}]
    beside = copy.copy(who)
    beside.client = Client(second, stack.contract, who.access)
    for i in range(6):
        one, other = (who, beside) if i % 2 else (beside, who)
        say = lambda: expect(one.put("/v1/onboarding", answers(rules[i % 4]), headers=ANY), 200)
        open_one = lambda: other.spend(100, booked_on=str(date(2026, 5, 1) + timedelta(20 * i)))
        with ThreadPoolExecutor(2) as both:
            list(both.map(lambda act: act(), (say, open_one)))
    rows = stack.cluster.sql("select distinct month, next from finance.periods where user_id = %s order by 1", (who.id,))
    assert len(rows) > 3 and all(a[1] == b[0] for a, b in zip(rows, rows[1:])), rows
    seen = spans(who, "2026-04-01", str(rows[-1][0]))
    assert [(str(a), str(b - timedelta(1))) for a, b in rows] == [s[1:] for s in seen]
    audit_ledger(stack.cluster, who.id)


def test_T1_a_week_ends_at_local_midnight_when_clocks_change(stack, clock):
    zone = "America/New_York"  # 8 March 2026: 02:00 is 03:00
    who = joined(stack, clock, "2026-03-02", {"every": "week", "payday": "2026-03-01"}, zone)
    clock.local(zone, "2026-03-07", 23, 59)
    who.login()
    assert month(who)["to"] == "2026-03-07"
    clock.local(zone, "2026-03-08", 0, 1)
    who.login()
    assert (month(who)["from"], month(who)["to"], len(month(who)["days"])) == ("2026-03-08", "2026-03-14", 7)
    clock.local(zone, "2026-03-14", 23, 59)
    who.login()
    assert month(who)["from"] == "2026-03-08"


def test_a_goal_by_a_months_amount_has_its_share_of_a_weeks_days(stack, clock):
    goal = {"name": "Bike", "target_money": money(100000), "monthly_money": money(3000)}
    who = joined(stack, clock, "2026-04-03", FRIDAYS, incomes=[{"name": "Wage", "money": money(50000), "schedule": {"unit": "week", "interval": 1, "anchor": "2026-04-03"}}], goals=[goal])
    shares = {day: 50000 - month(who, day)["pool_money"]["amount"] for day in ("2026-04-03", "2026-04-10", "2026-04-17", "2026-04-24")}
    assert shares == {"2026-04-03": 700, "2026-04-10": 700, "2026-04-17": 700, "2026-04-24": 700}
    shown = expect(who.get("/v1/goals"), 200).json["data"][0]
    assert shown["month_money"] == money(700) and shown["monthly_money"] == money(3000)
    # 33 months and a third of one, from 3 April on.
    assert "2028-12-01" < shown["reached_by"] < "2029-03-01"
    monthly = joined(stack, clock, "2026-04-03", {"every": "month", "start_day": 25}, goals=[goal])
    assert 310000 - month(monthly)["pool_money"]["amount"] == 3000


@pytest.mark.parametrize("rule", [None, FRIDAYS, {"every": "month", "start_day": 10}, {"every": "month", "start_day": 25}])
def test_B12_today_costs_one_round_trip_whatever_days_periods_begin_on(stack, clock, rule):
    who = joined(stack, clock, "2026-03-03", rule)
    sent = lambda: sum(int(n) for name, n in samples(Client(stack.finance, stack.contract).get("/metrics", internal=True).text).items()
                       if name.startswith('mita_db_query_duration_seconds_count{query="finance_plan_state"'))
    for day in ("2026-04-09", "2026-04-17", "2026-04-26"):
        at(who, clock, day)
        month(who)
        before = sent()
        expect(who.get("/v1/today"), 200)
        assert sent() == before + 1, day


WRONG = {
    "a day that not every month has": ({"every": "month", "start_day": 29}, {"/period/start_day": "out_of_range"}),
    "no day": ({"every": "month", "start_day": 0}, {"/period/start_day": "out_of_range"}),
    "weeks without a payday": ({"every": "week"}, {"/period/payday": "required"}),
    "both": ({"every": "two_weeks", "payday": "2026-04-03", "start_day": 3}, {"/period/start_day": "ambiguous"}),
    "months by a payday": ({"every": "month", "payday": "2026-04-03"}, {"/period/payday": "ambiguous"}),
    "another unit": ({"every": "day"}, {"/period/every": "invalid_value"}),
    "a payday that is none": ({"every": "week", "payday": "2026-02-30"}, {"/period/payday": "invalid_date"}),
    "nothing": ({}, {"/period/every": "required"}),
    "more": ({"every": "month", "on": 3}, {"/period/on": "unknown_field"}),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_rule_of_periods_is_read_strictly(stack, clock, case):
    clock.local("Europe/Sofia", "2026-04-10")
    period, findings = WRONG[case]
    person = stack.person()
    assert expect(person.put("/v1/onboarding", answers(period), valid=False), 422).findings() == findings
    expect(person.get("/v1/onboarding"), 404, "not_onboarded")
