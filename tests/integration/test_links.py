"""Entries linked to an occurrence of another month: each minor unit counts in exactly one month, whatever is planned anew (rule 4)."""
import pytest

from mita.client import expect
from mita.people import key, money, of, payments_of


def at(person, clock, day):
    clock.local("Europe/Sofia", day)
    person.login()


def replan(person, change):
    read = expect(person.get("/v1/onboarding"), 200)
    change(read.json)
    return expect(person.put("/v1/onboarding", read.json, headers={"If-Match": read.etag}), 200).json


def link(person, id, occurrence):
    return expect(person.patch(f"/v1/transactions/{id}", {"bill_id": occurrence}, headers={"If-Match": "*"}), 200).json


def linked_to(person, id):
    return expect(person.get(f"/v1/transactions/{id}"), 200).json["bill_id"]


def open_through(person, day):
    """A spend of nothing that matters opens the months to its own."""
    person.spend(1, "coffee", booked_on=day)


def rent(person, month):
    return next(o for o in person.calendar(month)["obligations"] if o["category"] == "housing")


def salary(person, month):
    return person.calendar(month)["incomes"][0]


MONTHS = [f"2026-{m:02}" for m in range(4, 11)]


@pytest.mark.parametrize("month", ["2026-05", "2026-08", "2026-10"])
def test_rent_paid_months_ahead_is_spent_in_the_month_it_is_for_and_nowhere_else(saver, clock, month):
    open_through(saver, "2026-10-02")
    at(saver, clock, "2026-04-21")
    before, effect = saver.calendar("2026-04"), saver.spend(1, "coffee", booked_on="2026-10-03")["effect"]
    entry = saver.spend(120000, "housing", booked_on="2026-04-20", bill_id=rent(saver, month)["id"])
    spent = {m: of(saver.calendar(m), "housing")["spent"] for m in MONTHS}
    assert spent == dict.fromkeys(MONTHS, 0) | {month: 120000}
    now = saver.calendar("2026-04")
    assert [d["budget_money"] for d in now["days"][20:]] == [d["budget_money"] for d in before["days"][20:]]
    assert now["unallocated_money"] == before["unallocated_money"]
    assert entry["effect"] == effect
    assert [p["transaction_id"] for p in payments_of(rent(saver, month))] == [entry["id"]] and rent(saver, month)["status"] == "paid"
    bills = expect(saver.get("/v1/today"), 200).json["next_bills"]
    assert all(b["date"] < "2026-08" for b in bills)


@pytest.mark.parametrize("month", ["2026-05", "2026-08", "2026-10"])
def test_a_salary_of_a_month_far_ahead_is_money_of_that_month_alone(saver, clock, month):
    open_through(saver, "2026-10-02")
    at(saver, clock, "2026-04-21")
    expect(saver.create(290000, "salary", booked_on="2026-04-20", bill_id=occurrence(saver, month)), 201)
    assert {m: saver.calendar(m)["unallocated_money"]["amount"] for m in MONTHS} == dict.fromkeys(MONTHS, 0) | {month: -10000}
    assert {m: salary(saver, m)["received_money"]["amount"] for m in MONTHS} == dict.fromkeys(MONTHS, 0) | {month: 290000}


def occurrence(person, month):
    """Of the first income: id and day."""
    income = expect(person.get("/v1/onboarding"), 200).json["incomes"][0]
    return f"{income['id']}:{salary(person, month)['date']}"


def test_an_income_linked_ahead_stays_the_money_of_its_month_when_category_and_day_move(saver, clock):
    open_through(saver, "2026-05-02")
    at(saver, clock, "2026-04-21")
    entry = expect(saver.create(22829, "salary", booked_on="2026-04-20"), 201).json
    assert saver.calendar("2026-04")["unallocated_money"] == money(22829)
    link(saver, entry["id"], occurrence(saver, "2026-05"))
    for change in ({}, {"category": "other_income", "day": 20}, {"name": "Wage", "money": money(310000)}, {"day": 31, "category": "salary"}):
        replan(saver, lambda answers: answers["incomes"][0].update(change))
        assert saver.calendar("2026-04")["unallocated_money"] == money(0)
        assert salary(saver, "2026-05")["received_money"] == money(22829)
        assert linked_to(saver, entry["id"])[:-3] == occurrence(saver, "2026-05")[:-3]


def test_a_link_to_an_income_that_is_gone_is_gone_and_its_money_counts_where_it_was_booked(saver, clock):
    open_through(saver, "2026-05-02")
    at(saver, clock, "2026-04-21")
    entry = expect(saver.create(22829, "salary", booked_on="2026-04-20", bill_id=occurrence(saver, "2026-05")), 201).json
    assert saver.calendar("2026-04")["unallocated_money"] == money(0)
    read = expect(saver.get(f"/v1/transactions/{entry['id']}"), 200)
    replan(saver, lambda answers: answers.update(incomes=[{"name": "Pension", "category": "other_income", "money": money(300000), "day": 3}]))
    now = expect(saver.get(f"/v1/transactions/{entry['id']}"), 200)
    assert now.json["bill_id"] is None and now.etag != read.etag
    assert saver.calendar("2026-04")["unallocated_money"] == money(22829)
    assert saver.calendar("2026-05")["incomes"][0]["received_money"] == money(0)


def test_what_comes_back_after_its_bill_has_gone_is_linked_to_nothing(saver, clock):
    open_through(saver, "2026-05-12")
    entry = saver.spend(120000, "housing", booked_on="2026-04-01", bill_id=rent(saver, "2026-05")["id"])
    expect(saver.delete(f"/v1/transactions/{entry['id']}", headers={"If-Match": entry["etag"]}), 200)
    replan(saver, lambda answers: answers.update(bills=[b for b in answers["bills"] if b["category"] != "housing"]))
    back = expect(saver.post(f"/v1/transactions/{entry['id']}:restore", headers={"Idempotency-Key": key()}), 200).json
    assert back["bill_id"] is None and linked_to(saver, entry["id"]) is None
    assert of(saver.calendar("2026-04"), "housing")["spent"] == 120000


def test_the_feed_tells_of_links_that_a_replan_took_away(saver, clock):
    entry = expect(saver.create(22829, "salary", bill_id=occurrence(saver, "2026-04")), 201).json
    cursor = expect(saver.get("/v1/changes"), 200).json["next_cursor"]
    replan(saver, lambda answers: answers.update(incomes=[], bills=[], goals=[], buffer_money=money(0), categories=[]))
    told = expect(saver.get(f"/v1/changes?cursor={cursor}"), 200).json["data"]
    assert [(c["kind"], c["id"]) for c in told if c["kind"] == "transaction"] == [("transaction", entry["id"])]
