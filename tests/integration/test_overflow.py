"""2^53 - 1 is the end: whatever is written, changed, deleted and restored, each month can be read afterwards, and what would break that is
422 amount_overflow with a pointer and changes nothing."""
import itertools
import random
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from mita.audit import audit_ledger
from mita.client import Client, expect
from mita.people import checked, key, money, of, worked_example

MOST = 2**53 - 1
LIST = "/v1/transactions"
MONTHS = [f"2026-{m:02}" for m in range(2, 8)]


def readable(person):
    """Every way to look at it answers."""
    for month in MONTHS:
        checked(expect(person.get(f"/v1/calendar?month={month}"), 200).json)
        for day in ("01", "15", "28"):
            expect(person.get(f"/v1/calendar/{month}-{day}"), 200)
            why = expect(person.get(f"/v1/calendar/{month}-{day}/explain?category=groceries"), 200).json
            assert why["budget_money"]["amount"] == sum(t["money"]["amount"] for t in why["terms"])
    expect(person.get("/v1/today"), 200)
    expect(person.get(LIST + "?limit=500"), 200)
    expect(person.get("/v1/onboarding"), {True: 200, False: 404}[expect(person.get("/v1/me"), 200).json["onboarded"]])


def refused(person, answer_of, pointer):
    before = person.everything()
    answer = expect(answer_of(), 422, "amount_overflow")
    assert answer.findings() == ({pointer: "amount_overflow"} if pointer is not None else {}), answer
    assert person.everything() == before
    readable(person)


def made(person, amount, category="groceries", day="2026-04-01", **members):
    answer = expect(person.create(amount, category, booked_on=day, **members), 201)
    return answer.json | {"etag": answer.etag}


def patch(person, entry, **members):
    return person.patch(f"{LIST}/{entry['id']}", members, headers={"If-Match": "*"})


def restore(person, entry):
    return person.post(f"{LIST}/{entry['id']}:restore", headers={"Idempotency-Key": key()})


def split(*parts):
    return {"money": money(sum(x for _, x in parts)), "splits": [{"category": c, "money": money(x)} for c, x in parts]}


@pytest.mark.parametrize("category", ["groceries", "housing", "coffee"])
@pytest.mark.parametrize("day", ["2026-04-01", "2026-04-20", "2026-03-31", "2026-06-15"])
def test_a_post_beyond_the_month_is_refused_in_every_month_and_category(saver, category, day):
    made(saver, -MOST, day=day)
    refused(saver, lambda: saver.create(-1, category, booked_on=day[:8] + "02"), "/money/amount")
    made(saver, -1, day="2026-05-01")
    readable(saver)


def test_a_patch_of_the_amount_beyond_the_month_is_refused(saver):
    made(saver, -(MOST - 100))
    small = made(saver, -100, "transport", "2026-04-02")
    refused(saver, lambda: patch(saver, small, money=money(-101)), "/money/amount")
    expect(patch(saver, small, money=money(-99)), 200)
    made(saver, -1, "home")
    readable(saver)


def test_a_patch_into_a_full_month_is_refused(saver):
    made(saver, -MOST)
    other = made(saver, -1, "transport", "2026-05-02")
    for day in ("2026-04-01", "2026-04-30"):
        refused(saver, lambda: patch(saver, other, booked_on=day), "/booked_on")
    refused(saver, lambda: patch(saver, other, booked_on="2026-04-03", category="home"), "/booked_on")
    expect(patch(saver, other, booked_on="2026-06-03"), 200)
    readable(saver)


def test_a_patch_within_a_full_month_is_none_of_its_business(saver):
    entry = made(saver, -MOST)
    for members in ({"booked_on": "2026-04-30"}, {"category": "transport"}, {"note": "x"}, {"money": money(-(MOST - 1))}, {"booked_on": "2026-03-01"}, {"money": money(-MOST)}):
        expect(patch(saver, entry, **members), 200)
        readable(saver)


def test_a_restore_into_a_full_month_is_refused_until_there_is_room(saver):
    entry = made(saver, -MOST)
    saver.remove(entry)
    other = made(saver, -1, "transport", "2026-04-02")
    refused(saver, lambda: restore(saver, entry), None)
    saver.remove(other)
    expect(restore(saver, entry), 200)
    refused(saver, lambda: restore(saver, other), None)
    readable(saver)


def test_what_comes_back_and_the_budget_stay_within_reach_together(saver):
    for day in ("2026-04-01", "2026-06-15", "2026-04-28"):
        refused(saver, lambda: saver.create(MOST, booked_on=day), "/money/amount")
    made(saver, MOST, day="2026-03-15")  # before joining: no budget
    refused(saver, lambda: saver.create(1, "coffee", booked_on="2026-03-01"), "/money/amount")
    entry = made(saver, 1)
    refused(saver, lambda: patch(saver, entry, money=money(MOST)), "/money/amount")
    saver.remove(entry)
    made(saver, MOST, "salary", "2026-04-02")  # an income is in no budget
    refused(saver, lambda: saver.create(1, "other_income"), "/money/amount")


def test_deleting_what_set_a_sum_off_leaves_it_readable(saver):
    """+ and - of a day cancel out in its sum, not in what is possible."""
    out = made(saver, -MOST, day="2026-03-15")
    back = made(saver, MOST, day="2026-03-15")
    for amount in (-1, 1):
        refused(saver, lambda: saver.create(amount, booked_on="2026-03-15"), "/money/amount")
    saver.remove(out)
    readable(saver)
    refused(saver, lambda: saver.create(1, booked_on="2026-03-15"), "/money/amount")
    saver.remove(back)
    made(saver, 1, day="2026-03-15")
    readable(saver)


def test_lines_count_each_on_its_own(saver):
    refused(saver, lambda: saver.post(LIST, split(("groceries", MOST), ("home", -MOST)), headers={"Idempotency-Key": key()}), "/money/amount")
    entry = made(saver, -5, "coffee")
    refused(saver, lambda: patch(saver, entry, **split(("groceries", -MOST), ("home", -1), ("salary", 2))), "/money/amount")
    expect(patch(saver, entry, **split(("groceries", -(MOST - 1)), ("home", -1), ("salary", 2))), 200)
    readable(saver)


def test_an_amount_may_turn_its_sign(stack, saver):
    entry = made(saver, MOST, "salary")
    expect(patch(saver, entry, money=money(-MOST)), 200)
    expect(patch(saver, entry, money=money(MOST)), 200)
    audit_ledger(stack.cluster, saver.id)
    readable(saver)


@pytest.mark.parametrize("amount", [-MOST, MOST // 2])
def test_P6_what_a_month_cannot_show_any_more_is_not_carried_into_it(stack, clock, amount):
    clock.local("Europe/Sofia", "2026-04-01")
    person = stack.person()
    answers = worked_example()
    answers["categories"] = [c | {"rollover": "both"} for c in answers["categories"]]
    person.onboard(answers)
    made(person, amount)
    for month in ("05", "06", "07"):
        clock.local("Europe/Sofia", f"2026-{month}-03")
        person.login()
        readable(person)
        made(person, amount, day=f"2026-{month}-02")
        refused(person, lambda: person.create(-1 if amount < 0 else MOST - amount, booked_on=f"2026-{month}-01"), "/money/amount")


def test_P6_months_that_can_hold_no_more_carry_no_more(stack, clock):
    """An income of 2^53 - 1 each month, all of it carried on."""
    clock.local("Europe/Sofia", "2026-04-01")
    person = stack.person()
    person.onboard({"timezone": "Europe/Sofia", "currency": "EUR", "bills": [], "incomes": [{"name": "All", "money": money(MOST), "day": 1}],
                    "categories": [{"category": "groceries", "budget_money": money(MOST - 7), "rollover": "surplus"}]})
    for month in ("04", "05", "07"):
        clock.local("Europe/Sofia", f"2026-{month}-02")
        person.login()
        readable(person)
        assert of(person.calendar(), "groceries")["carry_in"] == 0
        made(person, -MOST, day=f"2026-{month}-01")
        readable(person)


BIG = worked_example()


def income(*amounts):
    return BIG | {"incomes": [{"name": f"I{i}", "money": money(x), "day": 1} for i, x in enumerate(amounts)]}


def bill(*amounts):
    return income(MOST) | {"bills": [{"name": f"B{i}", "category": "housing", "money": money(x), "day": 1} for i, x in enumerate(amounts)]}


def goal(*amounts):
    return income(1) | {"goals": [{"name": f"G{i}", "target_money": money(x), "by": "2026-04-30"} for i, x in enumerate(amounts)]}


def category(*members):
    return income(MOST) | {"bills": [], "goals": [], "buffer_money": None, "categories": [{"category": c, **m} for c, m in zip(("groceries", "home", "pets"), members)]}


def pins(*amounts):
    return {"weight": 1, "day_weights": {"kind": "custom", "weights": [1], "pinned": [{"day": i + 1, "money": money(x)} for i, x in enumerate(amounts)]}}


ANSWERS = {
    "incomes": (income(MOST, 1), "/incomes"),
    "incomes and bills": (income(MOST, 1) | {"bills": bill(MOST, 1)["bills"]}, "/incomes"),
    "bills": (bill(MOST, 1), "/bills"),
    "bills and buffer": (bill(MOST) | {"buffer_money": money(1), "incomes": []}, "/buffer_money"),
    "goals": (goal(MOST, MOST), "/goals"),
    "buffer and a goal": (goal(MOST) | {"buffer_money": money(MOST), "bills": []}, "/goals"),
    "budgets": (category({"budget_money": money(MOST)}, {"budget_money": money(1)}), "/categories"),
    "bills and budgets": (bill(MOST) | {"buffer_money": None, "goals": [], "categories": [{"category": "pets", "budget_money": money(MOST)}], "incomes": []}, "/categories"),
    "pinned days": (category({"weight": 1}, pins(MOST, 1)), "/categories/1/day_weights/pinned"),
}


@pytest.mark.parametrize("case", ANSWERS)
def test_answers_whose_sums_leave_the_range_are_refused(stack, clock, saver, case):
    body, pointer = ANSWERS[case]
    fresh = stack.person()
    for person, head in ((fresh, {}), (saver, {"If-Match": "*"})):
        before = person.everything()
        answer = expect(person.put("/v1/onboarding", body, headers=head), 422, "amount_overflow")
        assert pointer in answer.findings() and set(answer.findings().values()) == {"amount_overflow"}, answer
        assert person.everything() == before


@pytest.mark.parametrize("case,body", [("income", category({"weight": 1})), ("budget", category({"budget_money": money(MOST)})), ("bill", bill(MOST) | {"goals": [], "buffer_money": None}),
                                       ("pin", category(pins(MOST))), ("goal", goal(MOST) | {"incomes": income(MOST)["incomes"], "bills": [], "buffer_money": None})])
def test_the_largest_amount_itself_is_taken(stack, clock, case, body):
    clock.local("Europe/Sofia", "2026-04-01")
    person = stack.person()
    person.onboard(body)
    readable(person)
    made(person, -MOST)
    readable(person)


def test_a_plan_that_does_not_fit_what_came_back_is_refused(stack, clock):
    clock.local("Europe/Sofia", "2026-04-01")
    person = stack.person()
    entry = made(person, MOST)
    before = person.everything()
    answer = expect(person.put("/v1/onboarding", worked_example()), 422, "amount_overflow")
    assert answer.findings() == {"/incomes": "amount_overflow"} and person.everything() == before
    person.remove(entry)
    person.onboard()
    readable(person)


def test_an_amount_nobody_can_afford_is_an_answer_and_never_an_error(saver):
    made(saver, -(MOST - 10))
    for amount in (1, MOST):
        answer = saver.post("/v1/affordability", {"category": "groceries", "money": money(amount)})
        assert answer.status == 200 or answer.findings() == {"/money/amount": "amount_overflow"}, answer


def test_C1_what_two_instances_write_at_once_stays_within_reach_together(stack, saver):
    """Each change alone fits the month, all of them do not: as many are taken as fit, whichever instance they come by."""
    other = stack.also("finance", "finance-edge").start()
    try:
        entries = [made(saver, -1, c) for c in ("groceries", "transport", "home", "pets", "coffee", "health", "travel", "other")]
        gate = threading.Barrier(len(entries))

        def grow(i):
            client = saver.client if i % 2 else Client(other, stack.contract, saver.access)
            gate.wait()
            answer = client.patch(f"{LIST}/{entries[i]['id']}", {"money": money(-(MOST // 3))}, headers={"If-Match": "*"})
            assert answer.status == 200 or answer.code == "amount_overflow", answer
            return answer.status

        with ThreadPoolExecutor(len(entries)) as pool:
            assert sorted(pool.map(grow, range(len(entries)))) == [200] * 2 + [422] * 6  # 3 * (MOST // 3) + 5 is too much
        readable(saver)
        audit_ledger(stack.cluster, saver.id)
    finally:
        other.stop()


@pytest.mark.parametrize("seed", range(3))
def test_L4_any_walk_along_the_edge_leaves_every_month_readable(stack, clock, seed):
    """Amounts around the bound, over six months with every roll-over and policy, created, changed, deleted, restored."""
    rng = random.Random(seed)
    clock.local("Europe/Sofia", "2026-04-10")
    person = stack.person()
    answers = worked_example()
    kinds = zip(itertools.cycle(["even", "save", "carry", "static", "window:3"]), itertools.cycle(["both", "surplus", "deficit"]), answers["categories"])
    answers["categories"] = [c | {"policy": p, "rollover": r} for p, r, c in kinds]
    person.onboard(answers)
    live, dead = [], []
    sizes = [MOST, MOST - 1, MOST // 2, MOST // 2 + 1, MOST // 3, 1, 5000]
    for step in range(40):
        amount = rng.choice(sizes) * rng.choice([-1, -1, 1])
        day = f"2026-{rng.randrange(2, 8):02}-{rng.randrange(1, 28):02}"
        category = rng.choice(["groceries", "transport", "dining_out", "housing", "coffee", "salary"])
        what = rng.choice(["create", "create", "change", "remove", "restore"])
        if what == "create":
            answer = person.create(amount, category, booked_on=day)
            if answer.status == 201:
                live.append(answer.json["id"])
        elif what == "change" and live:
            members = rng.choice([{"money": money(amount)}, {"booked_on": day}, {"category": category}, {"money": money(amount), "booked_on": day}])
            answer = patch(person, {"id": rng.choice(live)}, **members)
        elif what == "remove" and live:
            id = live.pop(rng.randrange(len(live)))
            answer = expect(person.delete(f"{LIST}/{id}", headers={"If-Match": "*"}), 200)
            dead.append(id)
        elif what == "restore" and dead:
            answer = restore(person, {"id": (id := rng.choice(dead))})
            if answer.status == 200:
                dead.remove(id)
                live.append(id)
        else:
            continue
        assert answer.status in (200, 201, 204) or answer.code == "amount_overflow", answer
        if step % 4 == 0:
            readable(person)
        if step == 20:
            clock.local("Europe/Sofia", "2026-06-20")
            person.login()
    readable(person)
    audit_ledger(stack.cluster, person.id)
