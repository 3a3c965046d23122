"""Incomes: what comes beyond or below what was expected goes to `unallocated`; budgets never move by themselves."""
import pytest

from mita.client import expect
from mita.people import column, money, worked_example

SPENDING = ("groceries", "transport", "dining_out", "entertainment", "housing")


def at(person, clock, day):
    clock.local("Europe/Sofia", day)
    person.login()


def earn(person, amount, category="salary", **more):
    return expect(person.create(amount, category, **more), 201).json


def salary(person, month=None):
    found = person.calendar(month)["incomes"][0]
    return found["expected_money"]["amount"], found["received_money"]["amount"], found["state"]


def unallocated(person, month=None):
    return person.calendar(month)["unallocated_money"]["amount"]


@pytest.mark.parametrize("amount,moved", [(300000, 0), (250000, -50000), (360000, 60000), (400000, 100000), (240000, -60000)])
def test_what_is_beyond_or_lacking_goes_to_unallocated_and_no_budget_moves(saver, clock, amount, moved):
    before = saver.calendar()
    assert (unallocated(saver), salary(saver)) == (0, (300000, 0, "expected"))
    earn(saver, amount)
    after = saver.calendar()
    assert (unallocated(saver), salary(saver)) == (moved, (300000, amount, "received"))
    for category in SPENDING:
        assert column(after, category) == column(before, category)
    assert after["pool_money"] == before["pool_money"] and after["check"] == before["check"]


def test_parts_sum_until_they_reach_it(saver, clock):
    earn(saver, 150000)
    assert (unallocated(saver), salary(saver)) == (0, (300000, 150000, "partly_received"))
    at(saver, clock, "2026-04-03")
    earn(saver, 170000)
    assert (unallocated(saver), salary(saver)) == (20000, (300000, 320000, "received"))


def test_what_lacks_of_parts_is_gone_when_their_days_are_over(saver, clock):
    earn(saver, 150000)
    at(saver, clock, "2026-04-08")
    assert unallocated(saver) == 0
    at(saver, clock, "2026-04-09")
    assert (unallocated(saver), salary(saver)) == (-150000, (300000, 150000, "received"))


def test_an_income_never_logged_stays_expected(saver, clock):
    at(saver, clock, "2026-05-20")
    assert (unallocated(saver, "2026-04"), salary(saver, "2026-04")) == (0, (300000, 0, "expected"))


@pytest.mark.parametrize("amount,moved", [(7000, 7000), (-70000, -70000)])
def test_incomes_nobody_expected_and_corrections_show_in_unallocated(saver, clock, amount, moved):
    earn(saver, 300000)
    at(saver, clock, "2026-04-20")
    earn(saver, amount)
    assert unallocated(saver) == moved
    earn(saver, 5000, "other_income")
    assert unallocated(saver) == moved + 5000


def test_unallocated_below_nothing_covers_nothing_and_above_it_covers_first(saver, clock):
    earn(saver, 250000)
    saver.spend(5000, "clothing")
    at(saver, clock, "2026-04-02")
    assert all(m["from"] != "unallocated" for m in saver.calendar()["moves"])
    earn(saver, 54000, "other_income")
    moves = [(m["from"], m["money"]["amount"]) for m in saver.calendar()["moves"] if m["to"] == "clothing"]
    assert moves[0] == ("unallocated", 4000)


def test_a_salary_of_may_paid_in_april_belongs_to_may(saver, clock):
    earn(saver, 300000)
    at(saver, clock, "2026-04-29")
    entry = earn(saver, 310000)
    assert unallocated(saver) == 0
    assert unallocated(saver, "2026-05") == 10000
    first_of_may = expect(saver.get("/v1/calendar/2026-05-01"), 200).json
    assert [(r["transaction_id"], r["booked_on"]) for r in first_of_may["incomes"][0]["receipts"]] == [(entry["id"], "2026-04-29")]


def test_an_entry_linked_to_an_income_meets_it_whatever_its_day(saver):
    income = expect(saver.get("/v1/calendar/2026-04-01"), 200).json["incomes"][0]
    earn(saver, 290000, booked_on="2026-04-25")
    entry = earn(saver, 310000, booked_on="2026-03-20", bill_id=income["id"])
    assert (unallocated(saver), salary(saver)) == (10000, (300000, 310000, "received")), entry
    answer = expect(saver.create(-100, "salary", bill_id=income["id"]), 422)
    assert answer.findings() == {"/bill_id": "bill_sign"}


def test_an_income_of_another_category_is_met_there(stack, clock):
    clock.local("Europe/Sofia", "2026-04-01")
    person = stack.person()
    answers = worked_example()
    answers["incomes"].append({"name": "Rent of the flat", "category": "other_income", "money": money(40000), "day": 3})
    person.onboard(answers)
    assert expect(person.get("/v1/onboarding"), 200).json["incomes"][1]["category"] == "other_income"
    before = unallocated(person)
    earn(person, 41000, "other_income")
    assert unallocated(person) == before + 1000
    answers["incomes"][1]["category"] = "groceries"
    answer = expect(person.put("/v1/onboarding", answers, headers={"If-Match": "*"}), 422)
    assert answer.findings() == {"/incomes/1/category": "not_an_income_category"}


def test_P4_deleting_what_came_in_brings_every_number_back(saver, clock):
    before = saver.calendar()
    entry = expect(saver.create(400000, "salary"), 201)
    assert unallocated(saver) == 100000
    saver.remove({**entry.json, "etag": entry.etag})
    assert saver.calendar() == before
