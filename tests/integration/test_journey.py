"""The main job, day by day over the whole of April 2026, in three zones and currencies with 2, 0 and 3 decimals.

The integers of the worked example are minor units, so they are the same in every currency."""
import random

import daily_budget as model
import pytest

from mita.client import Client, expect
from mita.oracle import Oracle
from mita.people import checked, column, line, of, worked_example
from mita.waiting import until

PLACES = [("Europe/Sofia", "EUR"), ("America/Los_Angeles", "JPY"), ("Pacific/Apia", "KWD")]
places = pytest.mark.parametrize("zone,currency", PLACES, ids=[z.split("/")[1].lower() for z, _ in PLACES])


def april(day):
    return f"2026-04-{day:02}"


@pytest.fixture
def traveller(stack, clock, zone, currency):
    """Joined on the morning of 1 April of their own zone."""
    clock.local(zone, april(1))
    person = stack.person()
    person.zone = zone
    person.onboard(worked_example(zone, currency))
    return person


@places
def test_the_worked_example_comes_out_exactly(traveller):
    calendar = traveller.calendar()
    assert (calendar["month"], calendar["today"], calendar["timezone"]) == ("2026-04", april(1), traveller.zone)
    assert calendar["pool_money"] == {"amount": 120332, "currency": traveller.currency}
    assert calendar["unallocated_money"]["amount"] == 0 and calendar["status"] == "ok"
    assert {c: of(calendar, c)["budget"] for c in ("groceries", "transport", "dining_out", "entertainment")} == {
        "groceries": 54149, "transport": 18050, "dining_out": 30083, "entertainment": 18050}
    assert column(calendar, "groceries") == column(calendar, "groceries", "baseline") == [1804] + [1805] * 29


@places
def test_spending_60_on_day_1_makes_day_2_16_60_and_says_why(traveller, clock):
    traveller.spend(6000)
    clock.local(traveller.zone, april(2))
    traveller.login()
    assert line(traveller.calendar(), april(2), "groceries") == {"baseline": 1805, "budget": 1660, "spent": 0}
    why = expect(traveller.get(f"/v1/calendar/{april(2)}/explain?category=groceries"), 200).json
    terms = [(t["kind"], t.get("date"), t["money"]["amount"]) for t in why["terms"]]
    assert terms == [("baseline", None, 1805), ("day", april(1), -144), ("rounding", None, -1)]
    assert why["budget_money"] == {"amount": 1660, "currency": traveller.currency}


@places
def test_P4_deleting_the_expense_puts_every_day_back_to_the_unit(traveller, clock):
    before = traveller.calendar()
    spent = traveller.spend(6000)
    assert traveller.calendar()["days"] != before["days"]
    traveller.remove(spent)
    assert traveller.calendar() == before
    clock.local(traveller.zone, april(2))
    traveller.login()
    assert column(traveller.calendar(), "groceries") == [1804] + model.spread(54149, [1] * 29)  # as if nothing had ever been spent


@places
def test_april_day_by_day_agrees_with_the_reference_model(traveller, clock):
    seed = random.SystemRandom().randrange(10**9)
    print("seed", seed)
    rng = random.Random(seed)
    answers = worked_example(traveller.zone, traveller.currency)
    oracle = Oracle(answers, traveller.calendar(), 120332)
    pays = {1: ("housing", 120000), 6: ("utilities", 15000), 14: ("communication", 3001), 15: ("debt", 10000)}
    for day in range(1, 31):
        clock.local(traveller.zone, april(day), rng.randrange(10 if day == 1 else 0, 24), rng.randrange(0, 60))
        traveller.refresh()
        calendar = traveller.calendar()
        assert calendar["today"] == april(day)
        oracle.compare(calendar)
        if day in pays:
            category, amount = pays[day]
            traveller.spend(amount, category)
            oracle.pay(category, day - 1, amount)
        for _ in range(rng.randrange(0, 3)):
            category = rng.choice(["groceries", "groceries", "transport", "dining_out", "entertainment"])
            amount = rng.choice([rng.randrange(1, 4000), rng.randrange(1, 4000), rng.randrange(4000, 20000), -rng.randrange(1, 900)])
            expect(traveller.create(-amount, category), 201)
            oracle.spend(category, day - 1, amount)
        late = rng.randrange(1, day + 1)
        if rng.random() < .3:  # a late entry counts on its own day
            expect(traveller.create(-700, "transport", booked_on=april(late)), 201)
            oracle.spend("transport", late - 1, 700)
        after = traveller.calendar()
        oracle.compare(after)
        page = expect(traveller.get("/v1/today"), 200).json
        assert page["date"] == april(day)
        for c in page["categories"]:
            number = line(after, april(day), c["category"])
            assert (c["budget_money"]["amount"], c["spent_money"]["amount"]) == (number["budget"], number["spent"]), c
            assert c["left_money"]["amount"] == number["budget"] - number["spent"]


@places
def test_the_overspent_category_is_covered_and_bills_and_goals_stay(traveller, clock):
    clock.local(traveller.zone, april(12))
    traveller.login()
    before, goals = traveller.calendar(), expect(traveller.get("/v1/today"), 200).json["goals"]
    effect = traveller.spend(40000, "dining_out")["effect"]
    assert effect["moves"] and {m["to"] for m in effect["moves"]} == {"dining_out"}
    clock.local(traveller.zone, april(13))
    traveller.login()
    after = traveller.calendar()
    assert of(after, "dining_out")["covered"] == 40000 - 30083 and of(after, "dining_out")["uncovered"] == 0
    assert of(after, "entertainment")["given"] > 0
    assert [(o["name"], o["money"]) for o in after["obligations"]] == [(o["name"], o["money"]) for o in before["obligations"]]
    assert expect(traveller.get("/v1/today"), 200).json["goals"] == goals
    assert sum(of(after, c["category"])["budget"] for c in after["categories"]) == sum(of(before, c["category"])["budget"] for c in before["categories"])


@places
def test_P5_the_terms_of_every_explained_day_sum_to_its_number(traveller, clock):
    rng = random.Random(5)
    for _ in range(12):
        expect(traveller.create(-rng.randrange(1, 9000), rng.choice(["groceries", "dining_out", "transport"]), booked_on=april(rng.randrange(1, 9))), 201)
    clock.local(traveller.zone, april(9))
    traveller.login()
    calendar = traveller.calendar()
    for day in (1, 4, 9, 10, 30):
        for category in ("groceries", "dining_out", "housing", "utilities"):
            why = expect(traveller.get(f"/v1/calendar/{april(day)}/explain?category={category}"), 200).json
            assert sum(t["money"]["amount"] for t in why["terms"]) == why["budget_money"]["amount"] == line(calendar, april(day), category)["budget"]


@places
def test_midnight_follows_the_persons_zone(traveller, clock):
    clock.local(traveller.zone, april(10), 23, 59)
    traveller.login()
    assert traveller.calendar()["today"] == april(10)
    clock.advance(seconds=61)
    assert traveller.calendar()["today"] == april(11)


@places
def test_next_month_opens_by_itself(traveller, clock):
    traveller.spend(6000)
    clock.local(traveller.zone, "2026-05-01")
    traveller.login()
    may = traveller.calendar()
    assert (may["month"], may["today"], len(may["days"])) == ("2026-05", "2026-05-01", 31)
    daily = sum(sum(column(may, c, "baseline")) for c in ("groceries", "transport", "dining_out", "entertainment"))
    assert daily + may["unallocated_money"]["amount"] == may["pool_money"]["amount"] > 0
    april_closed = traveller.calendar("2026-04")
    assert line(april_closed, april(1), "groceries")["spent"] == 6000 and april_closed["check"]["planned"] == 0


@places
def test_a_spend_in_a_month_not_opened_yet_opens_it(traveller, clock):
    clock.local(traveller.zone, "2026-06-01")
    traveller.login()
    effect = traveller.spend(500)["effect"]
    assert effect["today"]["spent_money"]["amount"] == 500
    assert line(traveller.calendar("2026-06"), "2026-06-01", "groceries")["spent"] == 500


def test_log_out_and_the_token_is_dead_at_once_everywhere(stack, person):
    for service, path in ((stack.gateway, "/v1/today"), (stack.finance, "/v1/me"), (stack.auth, "/v1/auth/me")):
        expect(Client(service, stack.contract, person.access).get(path), 200)
    person.logout()
    for service, path in ((stack.auth, "/v1/auth/me"), (stack.gateway, "/v1/me"), (stack.gateway, "/v1/auth/me"), (stack.finance, "/v1/me")):
        until(lambda s=service, p=path: Client(s, stack.contract, person.access).get(p).status == 401, 0.1, f"401 of {service.name}", pause=0.002)


def test_before_onboarding_calendars_show_actuals_with_no_plan(person):
    expect(person.create(-1234, booked_on="2026-04-09"), 201)
    calendar = checked(expect(person.get("/v1/calendar"), 200).json)
    assert calendar["status"] == "no_plan"
    assert line(calendar, "2026-04-09", "groceries") == {"baseline": 0, "budget": 0, "spent": 1234}
