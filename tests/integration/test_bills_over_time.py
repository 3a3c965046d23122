"""Bills over time: replanned, paid in parts, ahead, late, over a month's edge; the same in every view of every month."""
from itertools import permutations

import pytest

from mita.client import expect
from mita.people import checked, column, line, money, of, payments_of, worked_example


def at(person, clock, day):
    clock.local("Europe/Sofia", day)
    person.login()


def joined(stack, clock, answers, day="2026-04-01"):
    clock.local("Europe/Sofia", day)
    person = stack.person()
    person.onboard(answers)
    return person


def with_bills(*bills, **more):
    return worked_example() | {"bills": [{"name": n, "category": c, "money": money(a), "day": d} for n, c, a, d in bills]} | more


def bill(person, name, month=None):
    return next(o for o in person.calendar(month)["obligations"] if o["name"] == name)


def replan(person, change):
    """GET, change, PUT: as an app does it."""
    read = expect(person.get("/v1/onboarding"), 200)
    change(read.json)
    return checked(expect(person.put("/v1/onboarding", read.json, headers={"If-Match": read.etag}), 200).json)


def today(person):
    return expect(person.get("/v1/today"), 200).json


def link(person, entry, bill_id):
    return expect(person.patch(f"/v1/transactions/{entry['id']}", {"bill_id": bill_id}, headers={"If-Match": "*"}), 200)


# 10: identity.
def move_day(answers):
    answers["bills"][0]["day"] = 6


def rename(answers):
    answers["bills"][0]["name"] = "Flat"


def move_category(answers):
    answers["bills"][0]["category"] = "debt"


@pytest.mark.parametrize("change", [move_day, rename, move_category])
@pytest.mark.parametrize("with_id", [True, False])
@pytest.mark.parametrize("linked", [True, False])
def test_a_replan_never_unpays_whatever_of_the_bill_moves(stack, clock, change, with_id, linked):
    person = joined(stack, clock, with_bills(("Rent", "housing", 120000, 5)))
    at(person, clock, "2026-04-05")
    entry = person.spend(120000, "housing")
    if linked:
        link(person, entry, bill(person, "Rent")["id"])
    at(person, clock, "2026-04-06")
    before = person.calendar()

    def changed(answers):
        change(answers)
        if not with_id:
            del answers["bills"][0]["id"]

    after = replan(person, changed)
    assert after["obligations"] == before["obligations"] and after["obligations"][0]["status"] == "paid"
    assert [d["budget_money"] for d in after["days"]] == [d["budget_money"] for d in before["days"]]
    may = person.calendar("2026-05")["obligations"][0]
    assert may["id"].rsplit(":", 1)[0] == before["obligations"][0]["id"].rsplit(":", 1)[0] and may["status"] == "upcoming"
    assert (may["date"], may["name"], may["category"]) == {move_day: ("2026-05-06", "Rent", "housing"), rename: ("2026-05-05", "Flat", "housing"),
                                                           move_category: ("2026-05-05", "Rent", "debt")}[change]


def test_what_is_to_come_moves_with_its_bill_and_keeps_its_id(stack, clock):
    person = joined(stack, clock, with_bills(("Rent", "housing", 120000, 20)))
    before = bill(person, "Rent")
    replan(person, lambda answers: answers["bills"][0].update(day=22, money=money(125000)))
    after = bill(person, "Rent")
    assert (after["id"], after["date"], after["money"], after["status"]) == (before["id"], "2026-04-22", money(125000), "upcoming")


def test_a_bill_that_leaves_the_answers_leaves_what_was_paid_and_what_is_overdue(stack, clock):
    person = joined(stack, clock, with_bills(("Rent", "housing", 120000, 5), ("Power", "utilities", 15000, 3), ("Phone", "communication", 3001, 20)))
    entry = person.spend(120000, "housing", booked_on="2026-04-02")
    link(person, entry, bill(person, "Rent")["id"])
    at(person, clock, "2026-04-04")
    after = replan(person, lambda answers: answers.update(bills=[]))
    assert [(o["name"], o["status"]) for o in after["obligations"]] == [("Power", "overdue"), ("Rent", "paid")]
    assert person.calendar("2026-05")["obligations"] == []


def test_an_id_nobody_gave_and_an_id_twice_are_422(saver):
    read = expect(saver.get("/v1/onboarding"), 200).json
    read["bills"][1]["id"] = read["bills"][0]["id"]
    read["incomes"][0]["id"] = "019d4a5c-7c00-7a01-8b02-0123456789ab"
    answer = expect(saver.put("/v1/onboarding", read, headers={"If-Match": "*"}), 422)
    assert answer.findings() == {"/bills/1/id": "duplicate_id", "/incomes/0/id": "unknown_id"}


def test_a_payment_ahead_of_a_month_not_open_yet_outlives_a_replan_before_it_opens(stack, clock):
    person = joined(stack, clock, with_bills(("Rent", "housing", 120000, 1)))
    person.spend(120000, "housing")
    at(person, clock, "2026-04-28")
    person.spend(119000, "housing")
    replan(person, lambda answers: answers["bills"][0].update(day=9, category="debt", name="Flat"))
    assert all(b["name"] != "Flat" or b["date"] > "2026-06" for b in today(person)["next_bills"])
    at(person, clock, "2026-05-02")
    paid = person.calendar()["obligations"]
    assert [(o["name"], o["date"], o["status"], o["paid_money"]) for o in paid] == [("Rent", "2026-05-01", "paid", money(119000))]


# 11: the edge of a month.
def test_rent_of_may_paid_in_april_takes_nothing_from_april_and_nothing_again_from_may(stack, clock):
    person = joined(stack, clock, with_bills(("Rent", "housing", 120000, 1)))
    person.spend(120000, "housing")
    at(person, clock, "2026-04-28")
    before = person.calendar()
    entry = person.spend(120000, "housing")
    assert entry["effect"]["moves"] == [] and entry["effect"]["uncovered_money"] == money(0)
    after = person.calendar()
    for what in ("categories", "moves", "check", "unallocated_money"):
        assert after[what] == before[what], what
    assert [d["budget_money"] for d in after["days"]] == [d["budget_money"] for d in before["days"]]
    assert "2026-05-01" not in [b["date"] for b in today(person)["next_bills"]]
    may = person.calendar("2026-05")
    assert [(o["status"], o["paid_on"], o["transaction_id"]) for o in may["obligations"]] == [("paid", "2026-04-28", entry["id"])]
    assert column(may, "housing") == [0] * 31 and (of(may, "housing")["spent"], of(may, "housing")["remaining"]) == (120000, 0)
    person.remove(entry)
    assert person.calendar() == before and line(person.calendar("2026-05"), "2026-05-01", "housing")["budget"] == 120000


def test_a_bill_of_april_stays_overdue_in_may_and_is_paid_from_what_april_kept(stack, clock):
    person = joined(stack, clock, with_bills(("Insurance", "insurance", 50000, 28), categories=[
        {"category": "groceries", "weight": 3}, {"category": "insurance", "budget_money": money(3000), "rollover": "both"}]))
    at(person, clock, "2026-05-01")
    page = today(person)
    assert [(b["name"], b["date"], b["status"]) for b in page["next_bills"]][0] == ("Insurance", "2026-04-28", "overdue")
    assert ("bill_overdue", "2026-04-28") in [(i["kind"], i.get("date")) for i in page["insights"]]
    before = person.calendar()
    assert of(before, "insurance")["carry_in"] == 3000  # the bill's money waits in April
    entry = person.spend(50000, "insurance")
    assert entry["effect"]["moves"] == []
    after = person.calendar()
    assert after["categories"] == before["categories"] and after["check"] == before["check"]
    assert [(b["date"]) for b in today(person)["next_bills"] if b["status"] == "overdue"] == []
    april = person.calendar("2026-04")
    assert april["obligations"][0]["paid_on"] == "2026-05-01" and of(april, "insurance")["remaining"] == 3000


def test_one_payment_never_pays_two_bills_and_all_views_of_all_months_agree(stack, clock):
    answers = with_bills(("A", "utilities", 22000, 28), ("B", "utilities", 20500, 5), ("C", "utilities", 20000, 12), ("D", "utilities", 20100, 19))
    person = joined(stack, clock, answers)
    at(person, clock, "2026-05-20")
    for amount, day in ((21000, 4), (20080, 8), (20060, 14)):
        person.spend(amount, "utilities", booked_on=f"2026-05-{day:02}")
    views = {month: person.calendar(month)["obligations"] for month in ("2026-04", "2026-05", "2026-06")}
    payers = [p["transaction_id"] for obligations in views.values() for o in obligations for p in payments_of(o)]
    assert len(payers) == 3 == len(set(payers))
    assert [(o["name"], o["status"]) for o in views["2026-05"]] == [("B", "paid"), ("C", "paid"), ("D", "paid"), ("A", "upcoming")]
    overdue = [(b["name"], b["date"]) for b in today(person)["next_bills"] if b["status"] == "overdue"]
    assert overdue == [(o["name"], o["date"]) for m in ("2026-04", "2026-05") for o in views[m] if o["status"] == "overdue"][-5:]


def test_P4_payments_around_the_edge_in_any_order_give_the_same_months(stack, clock):
    entries = [(60000, "2026-04-29"), (60000, "2026-05-02"), (30000, "2026-05-03")]
    seen = []
    for order in list(permutations(entries))[::2]:
        person = joined(stack, clock, with_bills(("Garage", "housing", 30000, 27), ("Rent", "housing", 120000, 1)))
        at(person, clock, "2026-05-04")
        for amount, day in order:
            person.spend(amount, "housing", booked_on=day)
        both = [person.calendar(month) for month in ("2026-04", "2026-05")]
        for calendar in both:
            for o in calendar["obligations"]:
                o.pop("id")
                o.pop("transaction_id", None)
                for p in o.pop("payments", []):
                    p.pop("transaction_id")
        seen.append(both)
    assert all(x == seen[0] for x in seen)


# 12: parts.
@pytest.mark.parametrize("parts", [[60000, 60000], [40000, 40000, 40000], [50000, 70000], [90000, 30000], [1, 95000, 24999]])
def test_parts_pay_a_bill(stack, clock, parts):
    person = joined(stack, clock, with_bills(("Rent", "housing", 120000, 5)))
    at(person, clock, "2026-04-06")
    left, made = 120000, []
    for part in parts:
        assert line(person.calendar(), "2026-04-06", "housing")["budget"] == 120000
        entry = person.spend(part, "housing")
        left -= part
        made.append((part, entry["id"]))
        found = bill(person, "Rent")
        assert (found["paid_money"], found["status"]) == (money(120000 - left), "paid" if left == 0 else "overdue")
        assert entry["effect"]["moves"] == [] and entry["effect"]["uncovered_money"] == money(0)
    assert found["transaction_id"] == max(made)[1]  # of one day: whatever their order, the largest comes last
    assert len(payments_of(found)) == len(parts)
    at(person, clock, "2026-04-07")
    assert column(person.calendar(), "housing")[6:] == [0] * 24


def test_a_part_paid_takes_its_part_only(stack, clock):
    person = joined(stack, clock, with_bills(("Rent", "housing", 120000, 5)))
    person.spend(60000, "housing")
    at(person, clock, "2026-04-02")
    assert line(person.calendar(), "2026-04-05", "housing")["budget"] == 60000


def test_a_category_with_a_daily_part_takes_parts_by_a_link_alone(stack, clock):
    person = joined(stack, clock, with_bills(("Meal plan", "groceries", 8000, 5)))
    first = person.spend(4000, "groceries")
    assert bill(person, "Meal plan")["paid_money"] == money(0)
    link(person, first, bill(person, "Meal plan")["id"])
    assert (bill(person, "Meal plan")["paid_money"], bill(person, "Meal plan")["status"]) == (money(4000), "upcoming")


# 14: joining in the middle of a month.
def test_what_is_entered_of_the_days_before_joining_moves_nothing_from_today_on(stack, clock):
    person = joined(stack, clock, worked_example() | {"categories": [{"category": "groceries", "budget_money": money(90000)}]}, "2026-04-16")
    before = person.calendar()
    assert line(before, "2026-04-16", "groceries")["budget"] == 3000
    for day in range(1, 16):
        person.spend(3000, "groceries", booked_on=f"2026-04-{day:02}")
    for amount, category in ((120000, "housing"), (15000, "utilities"), (9500, "debt")):
        person.spend(amount, category, booked_on="2026-04-14")
    expect(person.create(290000, "salary", booked_on="2026-04-01"), 201)
    after = person.calendar()
    for what in ("check", "moves", "unallocated_money"):
        assert after[what] == before[what], what
    assert [d["budget_money"] for d in after["days"]] == [d["budget_money"] for d in before["days"]]
    assert after["categories"] == before["categories"]
    assert [line(after, f"2026-04-{d:02}", "groceries")["spent"] for d in (1, 15, 16)] == [3000, 3000, 0]
    person.spend(1000, "groceries")
    at(person, clock, "2026-04-17")
    assert line(person.calendar(), "2026-04-17", "groceries")["budget"] == 3142


# 15: cover is of the plan's revision; a late payment leaves its day's morning.
def test_switching_cover_moves_nothing_before_today(saver, clock):
    saver.spend(20000, "clothing")
    at(saver, clock, "2026-04-06")
    before = saver.calendar()
    assert before["moves"]
    me = expect(saver.get("/v1/me"), 200)
    expect(saver.patch("/v1/me", {"settings": {"cover": False}}, headers={"If-Match": me.etag}), 200)
    after = saver.calendar()
    assert after["moves"] == [] and after["days"][:5] == before["days"][:5] and after["days"][5:] != before["days"][5:]
    why = expect(saver.get("/v1/calendar/2026-04-03/explain?category=dining_out"), 200).json
    assert why["budget_money"]["amount"] == line(before, "2026-04-03", "dining_out")["budget"]
    expect(saver.patch("/v1/me", {"settings": {"cover": True}}, headers={"If-Match": "*"}), 200)
    assert saver.calendar() == before


def test_switching_cover_leaves_closed_months_and_what_they_carry(stack, clock):
    person = joined(stack, clock, worked_example() | {"categories": [
        {"category": "groceries", "weight": 45, "rollover": "both"}, {"category": "dining_out", "weight": 25, "rollover": "both"}]})
    person.spend(20000, "clothing")
    at(person, clock, "2026-05-06")
    april, carried = person.calendar("2026-04"), of(person.calendar(), "groceries")["carry_in"]
    expect(person.patch("/v1/me", {"settings": {"cover": False}}, headers={"If-Match": "*"}), 200)
    now = person.calendar("2026-04")
    assert now == april and of(person.calendar(), "groceries")["carry_in"] == carried


def test_a_month_nobody_looked_at_opens_under_the_switch_it_came_under(saver, clock):
    at(saver, clock, "2026-05-20")
    expect(saver.patch("/v1/me", {"settings": {"cover": False}}, headers={"If-Match": "*"}), 200)
    saver.spend(5000, "clothing", booked_on="2026-04-20")
    assert saver.calendar("2026-04")["moves"] and not saver.calendar("2026-05")["moves"]


def test_a_bill_paid_a_day_late_leaves_the_morning_of_its_day(saver, clock):
    at(saver, clock, "2026-04-06")
    before = saver.calendar()
    assert line(before, "2026-04-05", "utilities")["budget"] == 15000
    saver.spend(15000, "utilities")
    after = saver.calendar()
    assert after["days"][:5] == before["days"][:5]
    at(saver, clock, "2026-04-08")
    assert [line(saver.calendar(), f"2026-04-0{d}", "utilities")["budget"] for d in (4, 5, 6, 7, 8)] == [0, 15000, 15000, 0, 0]


# 16: links.
@pytest.mark.parametrize("amount,category,code", [(300000, "salary", "bill_category"), (-1, "groceries", "bill_category"), (120000, "housing", "bill_sign")])
def test_what_cannot_pay_a_bill_cannot_be_linked_to_it(saver, amount, category, code):
    entry = expect(saver.create(amount, category), 201).json
    rent = bill(saver, "Rent")["id"]
    answer = expect(saver.patch(f"/v1/transactions/{entry['id']}", {"bill_id": rent}, headers={"If-Match": "*"}), 422)
    assert answer.findings() == {"/bill_id": code}
    answer = expect(saver.create(amount, category, bill_id=rent), 422)
    assert answer.findings() == {"/bill_id": code}
    assert bill(saver, "Rent")["status"] == "due"


def test_a_link_is_given_with_the_transaction_and_kept_when_it_is_sent_again(saver):
    rent = bill(saver, "Rent")["id"]
    entry = saver.spend(90000, "housing", booked_on="2026-04-20", bill_id=rent)
    assert entry["bill_id"] == rent and expect(saver.get(f"/v1/transactions/{entry['id']}"), 200).json["bill_id"] == rent
    assert bill(saver, "Rent")["paid_money"] == money(90000)
    none = saver.spend(120000, "housing", bill_id="none")
    assert none["bill_id"] == "none" and bill(saver, "Rent")["paid_money"] == money(90000)
    answer = expect(saver.create(-1, "housing", bill_id="019d4a5c-7c00-7a01-8b02-0123456789ab:2026-04-05"), 422)
    assert answer.findings() == {"/bill_id": "unknown_bill"}


def test_a_linked_transaction_does_not_leave_its_bills_category(saver):
    entry = saver.spend(120000, "housing", bill_id=bill(saver, "Rent")["id"])
    answer = expect(saver.patch(f"/v1/transactions/{entry['id']}", {"category": "groceries"}, headers={"If-Match": "*"}), 422)
    assert answer.findings() == {"/bill_id": "bill_category"}
    expect(saver.patch(f"/v1/transactions/{entry['id']}", {"category": "groceries", "bill_id": None}, headers={"If-Match": "*"}), 200)
    assert bill(saver, "Rent")["status"] == "due"


def test_a_cent_linked_to_the_rent_pays_a_cent(saver):
    saver.spend(1, "housing", bill_id=bill(saver, "Rent")["id"])
    assert (bill(saver, "Rent")["paid_money"], bill(saver, "Rent")["status"]) == (money(1), "due")
