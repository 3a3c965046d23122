"""POST /v1/budgets:simulate: the same answer as the calendar would give once it were done, and nothing is written."""
import copy
import os
import random

from mita.client import expect
from mita.people import checked, key, money, worked_example

ANY = {"If-Match": "*"}


def simulate(who, **what):
    return checked(expect(who.post("/v1/budgets:simulate", what), 200).json)


def book(who, entries):
    for e in entries:
        expect(who.post("/v1/transactions", e, headers={"Idempotency-Key": key()}), 201)


def alike(seen):
    """Without ids that only what is stored has."""
    out = copy.deepcopy(seen)
    for o in out["obligations"]:
        o.pop("transaction_id", None)
        o.pop("id")
        for p in o.get("payments", []):
            p.pop("transaction_id")
    return out


def test_nothing_said_is_the_calendar_itself(saver, clock):
    clock.local("Europe/Sofia", "2026-04-12")
    saver.login()
    saver.spend(2500)
    for month in ("2026-04", "2026-05", "2026-09"):
        assert simulate(saver, month=month) == saver.calendar(month)
    assert simulate(saver) == saver.calendar()


def test_what_is_simulated_is_what_comes_when_it_is_done_and_nothing_is_written_before(stack, saver, clock):
    clock.local("Europe/Sofia", "2026-04-12")
    saver.login()
    saver.spend(120000, "housing", booked_on="2026-04-01")
    saver.spend(5000, booked_on="2026-04-05")
    plan = expect(saver.get("/v1/onboarding"), 200).json
    plan["incomes"].append({"name": "Second job", "money": money(50000), "day": 20})
    plan["bills"].append({"name": "Gym", "category": "health", "money": money(3000), "day": 25})
    plan["goals"].append({"name": "Bicycle", "target_money": money(90000), "by": "2027-01-31"})
    plan["categories"] = [c | {"policy": "carry"} for c in plan["categories"]]
    entries = [{"category": "groceries", "money": money(-9000)}, {"category": "utilities", "money": money(-15000), "booked_on": "2026-04-12"},
               {"category": "salary", "money": money(300000), "booked_on": "2026-04-12"}, {"category": "dining_out", "money": money(-4000), "booked_on": "2026-04-20"}]
    rows = lambda: stack.cluster.sql("select sequence, budget_version, (select count(*) from finance.periods p where p.user_id = u.user_id) from finance.users u where user_id = %s", saver.id)
    before, versions = saver.everything(), rows()
    april, may = simulate(saver, plan=plan, transactions=entries), simulate(saver, month="2026-05", plan=plan, transactions=entries)
    assert saver.everything() == before and rows() == versions
    expect(saver.put("/v1/onboarding", plan, headers=ANY), 200)
    book(saver, entries)
    assert alike(april) == alike(saver.calendar()) and april["days"] != before["/v1/calendar"][1]["days"]
    assert alike(may) == alike(saver.calendar("2026-05"))


def test_a_plan_that_does_not_work_out_is_shown_not_refused(saver):
    plan = worked_example() | {"goals": [{"name": "House", "target_money": money(9000000), "by": "2026-06-30"}]}
    seen = simulate(saver, plan=plan)
    assert seen["status"] == "infeasible" and seen["infeasible"]["broken"][-1]["name"] == "House"
    expect(saver.put("/v1/onboarding", plan, headers=ANY), 422, "infeasible_budget")
    assert saver.calendar()["status"] == "ok"


def test_all_that_is_wrong_is_said_at_once(saver, person):
    plan = worked_example() | {"bills": [{"name": "Rent", "category": "nothing", "money": money(1), "day": 32}]}
    body = {"month": "2026-03", "plan": plan, "transactions": [{"category": "groceries", "money": money(-1), "booked_on": "2026-03-31"}], "day": 1}
    assert expect(saver.post("/v1/budgets:simulate", body, valid=False), 422, "validation_failed").findings() == {
        "/month": "invalid_date", "/plan/bills/0/category": "unknown_category", "/plan/bills/0/day": "out_of_range", "/transactions/0/booked_on": "invalid_date",
        "/day": "unknown_field"}
    dollars = expect(saver.post("/v1/budgets:simulate", {"plan": worked_example(currency="USD")}), 422, "currency_mismatch")
    assert dollars.findings() == {"/plan/currency": "currency_mismatch"}
    assert expect(saver.post("/v1/budgets:simulate", {"plan": 5}, valid=False), 422).findings() == {"/plan": "wrong_type"}
    most = 9007199254740991
    expect(saver.post("/v1/budgets:simulate", {"transactions": [{"category": "groceries", "money": money(-most)}] * 2}), 422, "amount_overflow")
    expect(person.post("/v1/budgets:simulate", {}), 409, "not_onboarded")


def test_P4_any_simulation_is_what_the_calendar_says_after(saver, beside, clock):
    seed = int(os.environ.get("MITA_SEED", random.randrange(2**32)))
    print(f"again: MITA_SEED={seed}")
    rng = random.Random(seed)
    for day in (3, 11, 18, 27):
        clock.local("Europe/Sofia", f"2026-04-{day:02}")
        beside.client.token = beside.access = saver.login()["access_token"]
        plan = expect(saver.get("/v1/onboarding"), 200).json
        for b in plan["bills"]:
            b["day"] = rng.randrange(1, 32)
        plan["buffer_money"] = money(rng.randrange(0, 9000))
        for c in plan["categories"]:
            c["policy"] = rng.choice(["even", "carry", "save", "static", "window:3"])
        if rng.random() < .3:
            plan = None
        entries = [{"category": rng.choice(["groceries", "transport", "housing", "utilities"]), "money": money(-rng.choice([120000, 15000, rng.randrange(1, 9000)])),
                    "booked_on": f"2026-04-{rng.randrange(1, 31):02}"} for _ in range(rng.randrange(0, 5))]
        seen = {m: simulate(rng.choice((saver, beside)), month=m, **({"plan": plan} if plan else {}), transactions=entries) for m in ("2026-04", "2026-05")}
        if plan:
            expect(saver.put("/v1/onboarding", plan, headers=ANY), 200)
        book(saver, entries)
        for month, shown in seen.items():
            assert alike(shown) == alike(saver.calendar(month)), (day, month)
