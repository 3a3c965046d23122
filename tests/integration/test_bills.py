"""Bills and the transactions that pay them: by themselves, by link, and unlinked."""
import pytest

from mita.client import expect
from mita.people import line


def at(person, clock, day):
    clock.local("Europe/Sofia", f"2026-04-{day:02}")
    person.login()


def bill(person, name):
    return next(o for o in person.calendar()["obligations"] if o["name"] == name)


def patch(person, entry, **members):
    return expect(person.patch(f"/v1/transactions/{entry['id']}", members, headers={"If-Match": "*"}), 200)


def test_bills_are_due_on_their_day_overdue_after_it_and_upcoming_before(saver, clock):
    at(saver, clock, 5)
    assert {n: bill(saver, n)["status"] for n in ("Rent", "Utilities", "Phone")} == {"Rent": "overdue", "Utilities": "due", "Phone": "upcoming"}


@pytest.mark.parametrize("amount,pays", [(15000, True), (12000, True), (18000, True), (11999, False), (18001, False)])
def test_a_payment_within_20_percent_pays_the_bill_by_itself(saver, amount, pays):
    entry = saver.spend(amount, "utilities")
    found = bill(saver, "Utilities")
    assert (found["status"] == "paid") == pays
    assert (found.get("transaction_id") == entry["id"]) == pays


@pytest.mark.parametrize("day,pays", [(3, True), (17, True), (2, False), (18, False)])
def test_a_payment_within_7_days_pays_the_bill_by_itself(saver, day, pays):
    saver.spend(3001, "communication", booked_on=f"2026-04-{day:02}")
    assert (bill(saver, "Phone")["status"] == "paid") == pays


def test_another_category_pays_nothing(saver):
    saver.spend(15000, "groceries")
    assert bill(saver, "Utilities")["status"] != "paid"


def test_the_person_can_unlink_a_payment(saver):
    entry = saver.spend(15000, "utilities")
    assert bill(saver, "Utilities")["status"] == "paid"
    patch(saver, entry, bill_id="none")
    assert bill(saver, "Utilities")["status"] != "paid"
    patch(saver, entry, bill_id=None)
    assert bill(saver, "Utilities")["status"] == "paid"


def test_a_link_to_no_bill_is_422(saver):
    entry = saver.spend(15000, "utilities")
    answer = expect(saver.patch(f"/v1/transactions/{entry['id']}", {"bill_id": "019d4a5c-7c00-7a01-8b02-0123456789ab:2026-04-05"}, headers={"If-Match": "*"}), 422)
    assert list(answer.findings()) == ["/bill_id"]


def test_deleting_the_payment_makes_the_bill_stand_again(saver, clock):
    entry = saver.spend(15000, "utilities")
    at(saver, clock, 6)
    assert line(saver.calendar(), "2026-04-06", "utilities")["budget"] == 0
    saver.remove(entry)
    assert line(saver.calendar(), "2026-04-06", "utilities")["budget"] == 15000


def test_today_shows_the_next_bills_that_are_not_paid(saver):
    saver.spend(120000, "housing")
    names = [b["name"] for b in expect(saver.get("/v1/today"), 200).json["next_bills"]]
    assert names[:3] == ["Utilities", "Phone", "Installment"] and "Rent" not in names[:3]


@pytest.mark.parametrize("fate", ["deleted", "unlinked", "linked to another bill"])
def test_P4_payments_that_count_no_more_do_not_hide_the_one_that_does(saver, fate):
    other = bill(saver, "Rent")["id"]
    for _ in range(17):
        entry = saver.spend(15000, "utilities", booked_on="2026-04-05")
        if fate == "deleted":
            saver.remove(entry)
        elif fate == "unlinked":
            patch(saver, entry, bill_id="none")
        else:
            patch(saver, entry, category="housing", bill_id=other)
    paying = saver.spend(14999, "utilities", booked_on="2026-04-06")
    found = bill(saver, "Utilities")
    assert (found["status"], found["transaction_id"]) == ("paid", paying["id"])
