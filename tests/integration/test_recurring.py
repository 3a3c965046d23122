"""/v1/recurring: incomes, bills and subscriptions one at a time, on every schedule; the plan inputs stay their one home (T1, C1, C2)."""
import json
import pathlib
from concurrent.futures import ThreadPoolExecutor

import pytest

from mita.client import expect
from mita.people import key, money, of, uuid7, worked_example

ANY = {"If-Match": "*"}
FRIDAYS = {"unit": "week", "anchor": "2026-04-03"}
FULL = {"interval": 1, "place": "day", "weekend": "as_is", "until": None, "count": None}


def body_of(kind="bill", amount=5000, schedule=None, **more):
    named = {"kind": kind, "name": "Wood", "category": "salary" if kind == "income" else "home", "money": money(amount), "schedule": schedule or FRIDAYS}
    return {k: v for k, v in (named | more).items() if v is not None}


def add(who, *args, **more):
    answer = expect(who.post("/v1/recurring", body_of(*args, **more), headers={"Idempotency-Key": key()}), 201)
    return {**answer.json, "etag": answer.etag, "path": answer.header("Location")}


def change(who, item, patch, tag=None):
    answer = expect(who.patch(item["path"], patch, headers={"If-Match": tag or "*"}), 200)
    return {**answer.json, "etag": answer.etag, "path": item["path"]}


def due(who, month, name="Wood"):
    return [(o["date"], o["money"]["amount"], o["status"]) for o in who.calendar(month)["obligations"] if o["name"] == name]


def days(who, month, name="Wood"):
    return [d for d, _, _ in due(who, month, name)]


def preview(who, item):
    return [x["date"] for x in expect(who.get(item["path"] + ":preview"), 200).json["data"]]


def at(who, clock, day):
    clock.local("Europe/Sofia", day)
    who.login()


def pool(who, month=None):
    return who.calendar(month)["pool_money"]["amount"]


# -- several in a month
def test_each_occurrence_of_a_month_is_reserved_paid_and_shown_by_itself(saver, clock):
    before = pool(saver)
    wood = add(saver)
    assert wood["schedule"] == FULL | FRIDAYS and wood["money"] == money(5000) and not wood["paused"]
    assert days(saver, "2026-04") == ["2026-04-03", "2026-04-10", "2026-04-17", "2026-04-24"]
    assert days(saver, "2026-05") == ["2026-05-01", "2026-05-08", "2026-05-15", "2026-05-22", "2026-05-29"]
    assert pool(saver) == before - 4 * 5000 and of(saver.calendar(), "home")["budget"] == 4 * 5000
    ids = [o["id"] for o in saver.calendar()["obligations"] if o["name"] == "Wood"]
    assert len(set(ids)) == 4 and all(id.startswith(wood["id"]) for id in ids)
    at(saver, clock, "2026-04-11")
    saver.spend(5000, "home", booked_on="2026-04-10")
    third = saver.spend(5200, "home", bill_id=ids[2])
    assert third["bill_id"] == ids[2]
    assert due(saver, "2026-04") == [("2026-04-03", 5000, "overdue"), ("2026-04-10", 5000, "paid"), ("2026-04-17", 5000, "paid"),
                                    ("2026-04-24", 5000, "upcoming")]
    page = expect(saver.get("/v1/today"), 200).json
    assert [b["date"] for b in page["next_bills"] if b["name"] == "Wood"] == ["2026-04-03", "2026-04-24", "2026-05-01"]
    assert {"kind": "bill_overdue", "bill_id": ids[0], "name": "Wood", "date": "2026-04-03", "money": money(5000)} in page["insights"]
    for day in ("2026-04-10", "2026-04-11", "2026-04-24"):
        why = expect(saver.get(f"/v1/calendar/{day}/explain?category=home"), 200).json
        assert sum(t["money"]["amount"] for t in why["terms"]) == why["budget_money"]["amount"]
    advice = expect(saver.post("/v1/affordability", {"money": money(100), "category": "groceries"}), 200).json
    assert advice["month"]["before_money"]["amount"] - advice["month"]["left_money"]["amount"] == 100


def test_an_income_of_every_other_week_brings_what_comes_in_the_month(saver, clock):
    months = {"2026-04": 2, "2026-05": 3, "2026-07": 2, "2026-10": 3}
    before = {m: pool(saver, m) for m in months}
    add(saver, "income", 100000, {"unit": "week", "interval": 2, "anchor": "2026-04-03"}, category=None, name="Wages")
    assert {m: pool(saver, m) - before[m] for m in months} == {m: n * 100000 for m, n in months.items()}
    assert [i["date"] for i in saver.calendar("2026-10")["incomes"] if i["name"] == "Wages"] == ["2026-10-02", "2026-10-16", "2026-10-30"]
    at(saver, clock, "2026-04-18")
    expect(saver.create(100000, "salary", booked_on="2026-04-03"), 201)
    expect(saver.create(104000, "salary", booked_on="2026-04-17"), 201)
    wages = [i for i in saver.calendar()["incomes"] if i["name"] == "Wages"]
    assert [(i["date"], i["received_money"]["amount"]) for i in wages] == [("2026-04-03", 100000), ("2026-04-17", 104000)]
    assert saver.calendar()["unallocated_money"]["amount"] == 4000


def test_T1_what_the_weekend_rule_moves_over_an_edge_is_in_that_month_once(saver):
    """1 August 2026 is a Saturday: it is due on 31 July. 31 May is a Sunday: it is due on 1 June."""
    early = add(saver, schedule={"unit": "month", "anchor": "2026-05-01", "weekend": "before"}, name="Early")
    late = add(saver, schedule={"unit": "month", "anchor": "2026-04-30", "place": "last_day", "weekend": "after"}, name="Late")
    assert days(saver, "2026-07", "Early") == ["2026-07-01", "2026-07-31"] and days(saver, "2026-08", "Early") == []
    assert days(saver, "2026-05", "Late") == [] and days(saver, "2026-06", "Late") == ["2026-06-01", "2026-06-30"]
    assert preview(saver, early)[:4] == ["2026-05-01", "2026-06-01", "2026-07-01", "2026-07-31"]
    assert preview(saver, late)[:3] == ["2026-04-30", "2026-06-01", "2026-06-30"]
    shown = [d for m in ("2026-04", "2026-05", "2026-06", "2026-07", "2026-08", "2026-09") for d in days(saver, m, "Late")]
    assert shown == preview(saver, late)[:len(shown)]


def test_a_payment_over_the_edge_pays_the_moved_occurrence_of_its_own_month(saver, clock):
    add(saver, schedule={"unit": "month", "anchor": "2026-05-01", "weekend": "before"})
    at(saver, clock, "2026-08-02")
    saver.spend(5000, "home", booked_on="2026-08-01")
    assert [s for _, _, s in due(saver, "2026-07")] == ["overdue", "paid"] and due(saver, "2026-08") == []
    assert of(saver.calendar("2026-07"), "home")["spent"] == 5000 and of(saver.calendar("2026-08"), "home")["spent"] == 0


# -- one home
def test_the_nouns_and_the_answers_are_one_thing(saver):
    shown = expect(saver.get("/v1/recurring"), 200).json["data"]
    answers = expect(saver.get("/v1/onboarding"), 200)
    assert sorted(x["id"] for x in shown) == sorted(x["id"] for x in answers.json["incomes"] + answers.json["bills"]) == [x["id"] for x in shown]
    rent = next(x for x in shown if x["name"] == "Rent")
    assert rent["schedule"] == FULL | {"unit": "month", "anchor": "2000-01-01"} and rent["kind"] == "bill" and rent["price_change"] is None
    wood = add(saver)
    change(saver, {"path": f"/v1/recurring/{rent['id']}"}, {"money": money(110000), "kind": "subscription"})
    now = expect(saver.get("/v1/onboarding"), 200)
    assert now.etag != answers.etag and now.json["version"] == answers.json["version"] + 2
    mine = {"id": rent["id"], "name": "Rent", "category": "housing", "money": money(110000), "day": 1, "kind": "subscription"}
    assert mine in now.json["bills"]
    assert next(b for b in now.json["bills"] if b["id"] == wood["id"])["schedule"] == FULL | FRIDAYS
    before = saver.calendar()
    assert expect(saver.put("/v1/onboarding", now.json, headers={"If-Match": now.etag}), 200).json == before  # what GET shows goes back in
    assert expect(saver.get(wood["path"]), 200).etag == wood["etag"]


def test_answers_that_know_no_schedule_keep_it_while_id_and_day_come_back(saver):
    wood = add(saver, schedule=FRIDAYS | {"interval": 2})
    change(saver, wood, {"kind": "subscription"})
    answers = expect(saver.get("/v1/onboarding"), 200)
    simple = [{k: b[k] for k in ("id", "name", "category", "money", "day")} for b in answers.json["bills"]]
    expect(saver.put("/v1/onboarding", answers.json | {"bills": simple, "buffer_money": money(1)}, headers=ANY), 200)
    shown = expect(saver.get(wood["path"]), 200).json
    assert shown["schedule"] == FULL | FRIDAYS | {"interval": 2} and shown["kind"] == "subscription"
    simple[-1]["day"] = 20
    expect(saver.put("/v1/onboarding", answers.json | {"bills": simple}, headers=ANY), 200)
    shown = expect(saver.get(wood["path"]), 200).json
    assert shown["schedule"] == FULL | {"unit": "month", "anchor": "2000-01-20"} and shown["kind"] == "subscription"


def numbers(c):
    m = lambda x: x["amount"]
    return {"pool": m(c["pool_money"]), "unallocated": m(c["unallocated_money"]), "check": c["check"], "status": c["status"],
            "bills": [[o["id"], o["name"], o["date"], m(o["money"]), o["status"], m(o["paid_money"])] for o in c["obligations"]],
            "incomes": [[i["name"], i["date"], m(i["expected_money"]), m(i["received_money"]), i["state"]] for i in c["incomes"]],
            "days": [[m(x["budget_money"]), m(x["spent_money"])] for x in c["days"]]}


def test_what_the_release_before_schedules_wrote_gives_every_number_it_gave(stack, clock):
    """plans_before_schedules.json: rows that release wrote, what it answered to them, and after one more PUT."""
    was = json.loads((pathlib.Path(__file__).parent / "plans_before_schedules.json").read_text())
    clock.local("Europe/Sofia", "2026-01-31")
    person = stack.person()
    person.onboard(worked_example())
    sql = lambda text, *args: stack.cluster.sql(text, *args, person.id)
    sql("update finance.onboarding_answers set answers = %s::jsonb where user_id = %s", json.dumps(was["answers"]))
    sql("delete from finance.periods where user_id = %s")
    for month, revision, from_day, chain_from, budget, obligations in was["periods"]:
        sql("insert into finance.periods (month, next, revision, from_day, chain_from, plan_version, budget, obligations, opened_at, user_id) "
            "values (%s, %s::date + interval '1 month', %s, %s, %s, 1, %s::jsonb, %s::jsonb, '2026-02-01T00:00:00Z', %s)", month, month, int(revision), from_day,
            chain_from, json.dumps(budget), json.dumps(obligations))
    at(person, clock, "2026-04-20")
    for day, category, amount in was["spent"]:
        expect(person.create(amount, category, booked_on=day), 201)
    assert {m: numbers(person.calendar(m)) for m in was["calendars"]} == was["calendars"]
    got = expect(person.get("/v1/onboarding"), 200)
    assert got.json | {"version": was["onboarding"]["version"]} == was["onboarding"] | {"period": {"every": "month", "start_day": 1}}
    expect(person.put("/v1/onboarding", got.json | {"buffer_money": money(6000)}, headers={"If-Match": got.etag}), 200)
    assert {m: numbers(person.calendar(m)) for m in was["replanned"]} == was["replanned"]
    rows = sql("select answers from finance.onboarding_answers where user_id = %s order by version desc limit 1")[0][0]
    assert rows == was["answers"] | {"buffer_money": money(6000)}


# -- changed while the month goes on
def test_what_is_paid_and_what_is_past_stays_when_amount_or_schedule_move(saver, clock):
    wood = add(saver)
    at(saver, clock, "2026-04-15")
    saver.spend(5000, "home", booked_on="2026-04-10")
    dearer = change(saver, wood, {"money": money(6000)}, wood["etag"])
    assert due(saver, "2026-04") == [("2026-04-03", 5000, "overdue"), ("2026-04-10", 5000, "paid"), ("2026-04-17", 6000, "upcoming"),
                                    ("2026-04-24", 6000, "upcoming")]
    change(saver, dearer, {"schedule": {"anchor": "2026-04-07"}}, dearer["etag"])
    assert days(saver, "2026-04") == ["2026-04-03", "2026-04-10", "2026-04-21", "2026-04-28"]
    expect(saver.delete(wood["path"], headers=ANY), 204)
    assert days(saver, "2026-04") == ["2026-04-03", "2026-04-10"] and days(saver, "2026-05") == []
    expect(saver.get(wood["path"]), 404)


def test_a_pause_plans_nothing_from_its_day_until_it_is_taken_up_again(saver, clock):
    wood = add(saver)
    at(saver, clock, "2026-04-08")
    quiet = change(saver, wood, {"paused": True})
    assert quiet["paused"] and days(saver, "2026-04") == ["2026-04-03"] and days(saver, "2026-05") == [] and preview(saver, wood) == []
    at(saver, clock, "2026-04-20")
    assert not change(saver, wood, {"paused": False})["paused"]
    assert days(saver, "2026-04") == ["2026-04-03", "2026-04-24"] and preview(saver, wood)[:2] == ["2026-04-24", "2026-05-01"]


@pytest.mark.parametrize("end, last", [({"until": "2026-05-10"}, "2026-05-08"), ({"count": 6}, "2026-05-08")])
def test_it_ends_by_date_or_by_count(saver, end, last):
    wood = add(saver, schedule=FRIDAYS | end)
    assert preview(saver, wood) == ["2026-04-03", "2026-04-10", "2026-04-17", "2026-04-24", "2026-05-01", last]
    assert days(saver, "2026-05") == ["2026-05-01", last] and days(saver, "2026-06") == []
    on = change(saver, wood, {"schedule": {k: None for k in end}})
    assert on["schedule"] == FULL | FRIDAYS and len(preview(saver, wood)) == 12


def test_of_a_range_the_plan_takes_a_bills_most_and_whatever_is_in_it_pays(saver, clock):
    before = pool(saver)
    bill = add(saver, amount=None, money=None, min_money=money(4000), max_money=money(9000), schedule={"unit": "month", "anchor": "2026-04-10"})
    assert (bill["money"], bill["min_money"], bill["max_money"]) == (money(9000), money(4000), money(9000)) and pool(saver) == before - 9000
    at(saver, clock, "2026-04-11")
    saver.spend(4100, "home", booked_on="2026-04-10")
    shown = next(o for o in saver.calendar()["obligations"] if o["name"] == "Wood")
    assert (shown["status"], shown["paid_money"], shown["paid_on"]) == ("paid", money(4100), "2026-04-10")
    income = add(saver, "income", None, {"unit": "month", "anchor": "2026-04-20"}, money=None, min_money=money(1000), max_money=money(3000), name="Tips")
    assert income["money"] == money(1000) and pool(saver) == before - 9000 + 1000
    fixed = change(saver, bill, {"money": money(7000)})
    assert (fixed["money"], fixed["min_money"], fixed["max_money"]) == (money(7000), None, None)
    wider = change(saver, income, {"max_money": money(5000)})
    assert (wider["money"], wider["min_money"], wider["max_money"]) == (money(1000), money(1000), money(5000))


def test_a_price_that_rose_is_noticed_until_the_plan_takes_it(stack, clock):
    clock.local("Europe/Sofia", "2026-01-05")
    who = stack.person()
    who.onboard(worked_example())
    films = add(who, "subscription", 1199, {"unit": "month", "anchor": "2026-01-28"}, name="Films", category="subscriptions")
    at(who, clock, "2026-04-29")
    for day, amount in (("2026-01-28", 1199), ("2026-02-28", 1199), ("2026-03-28", 1199)):
        who.spend(amount, "subscriptions", booked_on=day)
    assert expect(who.get(films["path"]), 200).json["price_change"] is None
    who.spend(1399, "subscriptions", booked_on="2026-04-28")
    seen = {"from_money": money(1199), "to_money": money(1399), "on": "2026-04-28"}
    assert expect(who.get(films["path"]), 200).json["price_change"] == seen
    at(who, clock, "2026-05-03")  # also in the next month
    shown = expect(who.get(films["path"]), 200)
    assert shown.json["price_change"] == seen == next(x for x in expect(who.get("/v1/recurring"), 200).json["data"] if x["id"] == films["id"])["price_change"]
    taken = change(who, films, {"money": money(1399)}, shown.etag)
    assert taken["price_change"] is None and expect(who.get(films["path"]), 200).etag == taken["etag"]


# -- who writes when
def test_C2_a_stale_change_is_refused_and_two_bills_do_not_meet(saver, beside):
    wood, coal = add(saver), add(saver, name="Coal", amount=700)
    change(saver, wood, {"name": "Logs"}, wood["etag"])
    change(beside, coal, {"money": money(800)}, coal["etag"])
    stale = expect(beside.patch(wood["path"], {"money": money(1)}, headers={"If-Match": wood["etag"]}), 412, "precondition_failed")
    assert stale.etag == expect(saver.get(wood["path"]), 200).etag
    expect(saver.delete(wood["path"], headers={"If-Match": wood["etag"]}), 412)
    expect(saver.patch(wood["path"], {"money": money(1)}, valid=False), 428, "precondition_required")
    assert [x["money"] for x in expect(beside.get("/v1/recurring"), 200).json["data"] if x["name"] in ("Logs", "Coal")] == [money(5000), money(800)]


def test_C1_two_instances_make_one_of_a_key_and_all_of_many(saver, beside):
    one, body = key(), body_of(amount=10)
    with ThreadPoolExecutor(4) as pool_of:
        same = list(pool_of.map(lambda who: who.post("/v1/recurring", body, headers={"Idempotency-Key": one}), [saver, beside] * 2))
        fresh = lambda i: (saver, beside)[i % 2].post("/v1/recurring", body_of(amount=1, name=f"Many {i}"), headers={"Idempotency-Key": key()})
        many = list(pool_of.map(fresh, range(8)))
    made = {a.json["id"] for a in same if a.status == 201}
    assert len(made) == 1 and {a.status for a in same} <= {201, 409}
    assert [a.status for a in many] == [201] * 8
    names = sorted(x["name"] for x in expect(saver.get("/v1/recurring"), 200).json["data"] if x["name"] == "Wood" or x["name"].startswith("Many"))
    assert names == [*(f"Many {i}" for i in range(8)), "Wood"]
    again = expect(beside.post("/v1/recurring", body, headers={"Idempotency-Key": one}), 201)
    assert again.json["id"] in made and again.header("Idempotency-Replayed") == "true"
    expect(saver.post("/v1/recurring", body | {"name": "Other"}, headers={"Idempotency-Key": one}), 422, "idempotency_mismatch")
    expect(saver.post("/v1/recurring", body, valid=False), 400, "idempotency_key_required")


def test_a_months_occurrences_are_opened_once_whichever_instance_looks_first(saver, beside, clock):
    add(saver)
    at(saver, clock, "2026-07-02")
    beside.client.token = saver.access
    with ThreadPoolExecutor(4) as pool_of:
        seen = list(pool_of.map(lambda who: days(who, "2026-07"), [saver, beside] * 4))
    assert seen == [["2026-07-03", "2026-07-10", "2026-07-17", "2026-07-24", "2026-07-31"]] * 8


def test_somebody_elses_is_not_there_and_before_the_answers_there_is_nothing(saver, person):
    wood = add(saver)
    assert expect(person.get("/v1/recurring"), 200).json == {"data": [], "next_cursor": None}
    expect(person.get(wood["path"]), 404, "not_found")
    expect(person.post("/v1/recurring", body_of(), headers={"Idempotency-Key": key()}), 409, "not_onboarded")
    expect(person.post("/v1/recurring:preview", body_of()), 409, "not_onboarded")
    person.onboard()
    expect(person.get(wood["path"] + ":preview"), 404, "not_found")
    expect(person.patch(wood["path"], {"name": "Mine"}, headers=ANY), 404, "not_found")
    expect(person.delete(wood["path"], headers=ANY), 404, "not_found")


def test_the_list_comes_in_pages_and_is_not_read_twice(saver):
    for i in range(5):
        add(saver, amount=1, name=f"Many {i}")
    whole, got, cursor = expect(saver.get("/v1/recurring"), 200), [], ""
    while cursor is not None:
        page = expect(saver.get(f"/v1/recurring?limit=3{cursor and '&cursor=' + cursor}"), 200).json
        got, cursor = got + page["data"], page["next_cursor"]
    assert got == whole.json["data"] and len(got) == 10
    expect(saver.get("/v1/recurring", headers={"If-None-Match": whole.etag}), 304)
    expect(saver.get("/v1/recurring?q=x", valid=False), 400, "unknown_parameter")


def test_a_client_gives_its_own_id_once(saver, clock):
    mine = uuid7(clock)
    assert add(saver, id=mine)["id"] == mine
    expect(saver.post("/v1/recurring", body_of(id=mine), headers={"Idempotency-Key": key()}), 409, "already_exists")


def test_a_preview_of_what_is_not_stored_stores_nothing(saver):
    before = saver.everything()
    second_tuesday = {"unit": "month", "anchor": "2026-04-14", "place": "nth_weekday", "interval": 3}
    shown = expect(saver.post("/v1/recurring:preview", body_of(schedule=second_tuesday)), 200).json
    assert [x["date"] for x in shown["data"]][:3] == ["2026-04-14", "2026-07-14", "2026-10-13"] and len(shown["data"]) == 12
    assert all(x["money"] == money(5000) for x in shown["data"]) and saver.everything() == before


# -- refused
@pytest.mark.parametrize("more, findings", [
    ({"kind": "tithe"}, {"/kind": "invalid_value"}),
    ({"schedule": {"unit": "month", "anchor": "2026-04-14", "until": "2026-05-01", "count": 2}}, {"/schedule/until": "ambiguous"}),
    ({"schedule": {"unit": "month", "anchor": "2026-04-14", "place": "last_day"}}, {"/schedule/anchor": "anchor_mismatch"}),
    ({"schedule": {"unit": "month", "anchor": "2026-04-29", "place": "nth_weekday"}}, {"/schedule/anchor": "anchor_mismatch"}),
    ({"schedule": {"unit": "week", "anchor": "2026-04-14", "place": "last_weekday"}}, {"/schedule/place": "invalid_value"}),
    ({"schedule": {"unit": "month", "anchor": "2026-04-14", "until": "2026-04-13"}}, {"/schedule/until": "invalid_date"}),
    ({"schedule": {"unit": "month", "anchor": "1969-12-31"}}, {"/schedule/anchor": "invalid_date"}),
    ({"schedule": {"unit": "hour", "anchor": "2026-02-30", "interval": 0, "often": 1}},
     {"/schedule/unit": "invalid_value", "/schedule/anchor": "invalid_date", "/schedule/interval": "out_of_range", "/schedule/often": "unknown_field"}),
    ({"min_money": money(1), "max_money": money(2)}, {"/money": "ambiguous"}),
    ({"money": None, "min_money": money(3), "max_money": money(2)}, {"/min_money": "out_of_range"}),
    ({"money": None, "min_money": money(3)}, {"/max_money": "required"}),
    ({"money": money(-1)}, {"/money/amount": "out_of_range"}),
    ({"category": "salary"}, {"/category": "income_category"}),
    ({"kind": "income", "category": "home"}, {"/category": "not_an_income_category"}),
    ({"name": " ", "kind": "rent", "paused": "yes"}, {"/name": "too_short", "/kind": "invalid_value", "/paused": "wrong_type"}),
    ({"money": money(2 ** 53 - 1), "schedule": {"unit": "day", "anchor": "2026-04-01"}}, {"/money": "amount_overflow"}),
])
def test_what_is_wrong_is_said_all_at_once_and_nothing_is_written(saver, more, findings):
    before = saver.everything()
    answer = expect(saver.post("/v1/recurring", body_of(**more), headers={"Idempotency-Key": key()}, valid=False), 422)
    assert answer.findings() == findings
    assert saver.everything() == before


def test_what_the_month_cannot_pay_is_refused_where_it_was_said(saver):
    before = saver.everything()
    answer = expect(saver.post("/v1/recurring", body_of(amount=900000), headers={"Idempotency-Key": key()}), 422, "infeasible_budget")
    assert set(answer.findings().values()) == {"infeasible_budget"} and set(answer.findings()) == {"/money"}
    salary = next(x for x in expect(saver.get("/v1/recurring"), 200).json["data"] if x["kind"] == "income")
    expect(saver.delete(f"/v1/recurring/{salary['id']}", headers=ANY), 422, "infeasible_budget")
    expect(saver.patch(f"/v1/recurring/{salary['id']}", {"kind": "bill"}, headers=ANY), 422, "validation_failed")
    expect(saver.patch(f"/v1/recurring/{salary['id']}", {}, headers=ANY, valid=False), 422)
    assert saver.everything() == before


def test_there_is_an_end_to_how_much_comes_again(saver):
    for _ in range(12):
        add(saver, amount=1, schedule={"unit": "day", "anchor": "2026-04-01"})
    refused = expect(saver.post("/v1/recurring", body_of(amount=1, schedule={"unit": "day", "anchor": "2026-04-01"}), headers={"Idempotency-Key": key()}), 422)
    assert refused.findings() == {"/schedule": "too_many"}


def test_each_change_is_a_change_of_the_plan_in_the_feed(saver):
    cursor = expect(saver.get("/v1/changes?limit=500"), 200).json["next_cursor"]
    wood = add(saver)
    change(saver, wood, {"name": "Logs"})
    told = expect(saver.get(f"/v1/changes?cursor={cursor}"), 200).json["data"]
    plans = [c["object"] for c in told if c["kind"] == "plan"]
    assert plans == [expect(saver.get("/v1/onboarding"), 200).json]
