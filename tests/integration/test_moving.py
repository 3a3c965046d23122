"""People who move over the date line: from the day of joining on no local day is without a plan, whichever way they go, and `check` holds."""
import random
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest

from mita.client import expect
from mita.people import checked, column, line, money, of, worked_example

APIA, LINE, SOFIA, ANGELES, PAGO = "Pacific/Apia", "Pacific/Kiritimati", "Europe/Sofia", "America/Los_Angeles", "Pacific/Pago_Pago"
# from, to, local wall time of joining, local day after the move
MOVES = {
    "west into the month before": (APIA, ANGELES, "2026-04-01", 9, "2026-03-31"),
    "half way west into the month before": (APIA, SOFIA, "2026-04-01", 9, "2026-03-31"),
    "west into the year before": (APIA, ANGELES, "2026-01-01", 9, "2025-12-31"),
    "west to the day before joining": (APIA, ANGELES, "2026-04-15", 9, "2026-04-14"),
    "two days west": (LINE, PAGO, "2026-04-01", 0, "2026-03-30"),
    "east into the next month": (ANGELES, APIA, "2026-03-31", 13, "2026-04-01"),
    "half way east into the next month": (ANGELES, SOFIA, "2026-03-31", 20, "2026-04-01"),
    "east within a month": (ANGELES, APIA, "2026-04-10", 13, "2026-04-11"),
}


def by_profile(person, zone):
    tag = expect(person.get("/v1/me"), 200).etag
    expect(person.patch("/v1/me", {"timezone": zone}, headers={"If-Match": tag}), 200)


def by_answers(person, zone):
    read = expect(person.get("/v1/onboarding"), 200)
    expect(person.put("/v1/onboarding", read.json | {"timezone": zone}, headers={"If-Match": read.etag}), 200)


def joined(stack, clock, zone, day, hour=9, answers=None):
    clock.local(zone, day, hour, 30)
    person = stack.person()
    person.onboard(answers or worked_example(zone))
    return person


def amount(x):
    return x["amount"]


def looked_at(person, day):
    """Everything that shows `day`, which is today, agrees and has a plan for it."""
    page = expect(person.get("/v1/today"), 200).json
    assert (page["date"], page["status"]) == (day, "ok")
    month = person.calendar(day[:7])
    assert (month["today"], month["status"]) == (day, "ok")
    assert line(month, day, "groceries")["budget"] > 0
    shown = next(d for d in month["days"] if d["date"] == day)
    assert (page["budget_money"], page["spent_money"]) == (shown["budget_money"], shown["spent_money"])
    why = expect(person.get(f"/v1/calendar/{day}/explain?category=groceries"), 200).json
    assert amount(why["budget_money"]) == sum(amount(t["money"]) for t in why["terms"]) == line(month, day, "groceries")["budget"]
    advice = expect(person.post("/v1/affordability", {"category": "groceries", "money": money(100)}), 200).json
    assert amount(advice["today"]["budget_money"]) == line(month, day, "groceries")["budget"]
    one = expect(person.get(f"/v1/calendar/{day}"), 200).json
    assert (one["budget_money"], one["spent_money"]) == (shown["budget_money"], shown["spent_money"])
    return month


@pytest.mark.parametrize("move", [by_profile, by_answers])
@pytest.mark.parametrize("case", MOVES)
def test_T1_no_day_from_joining_on_is_without_a_plan(stack, clock, case, move):
    there, here, day, hour, today = MOVES[case]
    person = joined(stack, clock, there, day, hour)
    before = person.calendar()
    move(person, here)
    month = looked_at(person, today)
    first = min(day, today)
    for d in month["days"]:
        assert (line(month, d["date"], "groceries")["baseline"] > 0) == (d["date"] >= first), d["date"]
    if today[:7] != day[:7]:
        other = person.calendar(day[:7])
        assert column(other, "groceries", "baseline") == column(before, "groceries", "baseline")
    effect = person.spend(500)["effect"]
    assert amount(effect["today"]["spent_money"]) == 500
    # The next days come, one after the other, each as it was told the evening before.
    for _ in range(3):
        today = str(date.fromisoformat(today) + timedelta(1))
        clock.local(here, today)
        person.login()
        month = looked_at(person, today)
        assert effect["tomorrow"]["budget_money"] == next(d for d in month["days"] if d["date"] == today)["budget_money"]
        effect = person.spend(700)["effect"]


def test_a_move_needs_nobody_looking_to_give_the_day_its_plan(stack, clock):
    person = joined(stack, clock, APIA, "2026-04-01")
    by_profile(person, ANGELES)
    clock.local(ANGELES, "2026-04-02")
    person.login()
    march = person.calendar("2026-03")
    assert [b > 0 for b in column(march, "groceries", "baseline")] == [False] * 30 + [True]
    assert line(march, "2026-03-31", "groceries")["budget"] == 54149 - 54149 * 30 // 31


def test_bills_before_joining_stay_paid_outside_after_a_move(stack, clock):
    person = joined(stack, clock, APIA, "2026-04-02")
    statuses = lambda: {o["name"]: o["status"] for o in person.calendar("2026-04")["obligations"]}
    before = statuses()
    assert before["Rent"] == "paid"
    by_profile(person, ANGELES)
    assert statuses() == before
    by_answers(person, ANGELES)
    assert statuses() == before


def test_P6_nothing_rolls_out_of_the_days_before_joining(stack, clock):
    """The month before joining has a plan for a day, its income is not the person's savings."""
    answers = worked_example(APIA)
    answers["categories"] = [c | {"rollover": "both"} for c in answers["categories"]]
    person = joined(stack, clock, APIA, "2026-04-01", answers=answers)
    by_profile(person, ANGELES)
    clock.local(ANGELES, "2026-04-01")
    person.login()
    assert person.calendar()["check"]["carry_in"] == 0
    clock.local(ANGELES, "2026-05-01")
    person.login()
    assert of(person.calendar(), "groceries")["carry_in"] == 54149


def test_going_there_and_back_again_changes_no_number(stack, clock):
    person = joined(stack, clock, APIA, "2026-04-01")
    before = person.calendar()
    for zone in (ANGELES, SOFIA, LINE, PAGO, APIA):
        by_profile(person, zone)
        checked(person.calendar())
    assert person.calendar() == before
    goal = expect(person.get("/v1/today"), 200).json["goals"][0]
    assert (amount(goal["saved_money"]), amount(goal["month_money"])) == (0, 26667)


@pytest.mark.parametrize("move", [by_profile, by_answers])
def test_from_today_on_the_newest_answers_count_also_when_today_came_back(stack, clock, move):
    person = joined(stack, clock, APIA, "2026-04-01")
    clock.local(APIA, "2026-04-10")
    person.login()
    tag = expect(person.get("/v1/onboarding"), 200).etag
    expect(person.put("/v1/onboarding", worked_example(APIA) | {"buffer_money": money(25000)}, headers={"If-Match": tag}), 200)
    move(person, ANGELES)  # 9 April again, which the first answers began
    looked_at(person, "2026-04-09")
    clock.local(ANGELES, "2026-04-11")
    person.login()
    looked_at(person, "2026-04-11")


@pytest.mark.parametrize("seed", range(3))
def test_a_traveller_has_a_plan_wherever_and_whenever_they_look(stack, clock, seed):
    rng = random.Random(seed)
    zones = [APIA, LINE, SOFIA, ANGELES, PAGO, "Asia/Tokyo", "Atlantic/Azores"]
    answers = worked_example(rng.choice([APIA, LINE]))
    answers["categories"] = [c | {"rollover": rng.choice(["none", "both", "surplus"]), "policy": rng.choice(["even", "save", "carry", "window:3"]),
                                  "day_weights": {"kind": rng.choice(["uniform", "history"])}} for c in answers["categories"]]
    person = joined(stack, clock, answers["timezone"], rng.choice(["2026-04-01", "2026-04-02", "2026-03-31"]), rng.randrange(24), answers)
    first = zone = None
    for step in range(25):
        zone = zone or answers["timezone"]
        today = str(clock.now().astimezone(ZoneInfo(zone)).date())
        first = min(first or today, today)
        act = rng.choice(["move", "move by answers", "spend", "replan", "wait"])
        if act.startswith("move"):
            zone = rng.choice(zones)
            (by_profile if act == "move" else by_answers)(person, zone)
        elif act == "spend":
            person.spend(rng.randrange(1, 5000), rng.choice(["groceries", "transport", "pets"]))
        elif act == "replan":
            read = expect(person.get("/v1/onboarding"), 200)
            expect(person.put("/v1/onboarding", read.json | {"buffer_money": money(rng.randrange(0, 30000))}, headers={"If-Match": read.etag}), 200)
        else:
            clock.advance(hours=rng.choice([1, 7, 13, 30]))
            person.login()
        today = str(clock.now().astimezone(ZoneInfo(zone)).date())
        first = min(first, today)
        page = expect(person.get("/v1/today"), 200).json
        assert (page["date"], page["status"]) == (today, "ok")
        for month in {first[:7], today[:7], "2026-03", "2026-04", "2026-05"}:
            calendar = person.calendar(month)
            for d in calendar["days"]:
                if d["date"] >= first:
                    assert calendar["status"] == "ok" and line(calendar, d["date"], "transport")["baseline"] > 0, (first, d)
        shown = next(d for d in person.calendar(today[:7])["days"] if d["date"] == today)
        assert (page["budget_money"], page["spent_money"]) == (shown["budget_money"], shown["spent_money"])
        for category in ("groceries", "transport", "housing"):
            for day in (today, first):
                why = expect(person.get(f"/v1/calendar/{day}/explain?category={category}"), 200).json
                assert amount(why["budget_money"]) == sum(amount(t["money"]) for t in why["terms"]) == line(person.calendar(day[:7]), day, category)["budget"]
