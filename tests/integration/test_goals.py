"""Goals: what is saved for, by a day or by what each month puts aside. L5: what a goal has is the sum of its entries, always."""
import copy
import json
import os
import pathlib
import random
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

from mita.audit import audit_ledger
from mita.client import Client, expect
from mita.people import key, money, uuid7, worked_example
from mita.service import ROOT

ANY, GOALS = {"If-Match": "*"}, "/v1/goals"
FUND, MONTH = 240000, 26667  # the worked example's: nine months from April to December


def keyed(who, path, body, **more):
    return who.post(path, body, headers={"Idempotency-Key": key()}, **more)


def goals(who):
    return expect(who.get(GOALS), 200).json["data"]


def goal(who, at=0):
    return goals(who)[at]


def made(who, **body):
    return expect(keyed(who, GOALS, {"name": "Bicycle", "target_money": money(90000), "monthly_money": money(6000)} | body), 201).json


def put_in(who, amount, of=None, **more):
    return expect(keyed(who, f"{GOALS}/{of or goal(who)['id']}/contributions", {"money": money(amount)} | more), 201)


def entries(who, of=None, limit=None):
    got, target = [], f"{GOALS}/{of or goal(who)['id']}/contributions" + (f"?limit={limit}" if limit else "")
    while target:
        page = expect(who.get(target), 200)
        got += page.json["data"]
        link = page.header("Link")
        target = link and link[1:].split(">")[0]
    return got


def numbers(g):
    return tuple(g[f"{x}_money"]["amount"] for x in ("saved", "month", "missing"))


def whole_sum(who, of=None):
    return sum(e["money"]["amount"] for e in entries(who, of))


# -- what onboarding said
def test_a_goal_of_onboarding_is_a_goal_with_the_same_id_and_number(saver):
    fund = goal(saver)
    answered = expect(saver.get("/v1/onboarding"), 200).json["goals"][0]
    assert (fund["id"], fund["name"], fund["by"], fund["priority"]) == (answered["id"], "Emergency fund", "2026-12-31", 1)
    assert numbers(fund) == (0, MONTH, 0) and fund["state"] == "active" and fund["reached_by"] == "2026-12-31"
    assert expect(saver.get(f"{GOALS}/{fund['id']}"), 200).json == fund | {"account_balance_money": None}
    assert entries(saver) == []


def test_L5_what_closed_months_put_aside_is_among_the_entries(saver, clock):
    clock.local("Europe/Sofia", "2026-06-10")
    saver.login()
    assert numbers(goal(saver)) == (2 * MONTH, MONTH, 0)
    assert [(e["id"], e["kind"], e["on"], e["money"]["amount"]) for e in entries(saver)] == \
        [("2026-05", "month", "2026-05-31", MONTH), ("2026-04", "month", "2026-04-30", MONTH)]
    assert expect(saver.get("/v1/today"), 200).json["goals"][0]["saved_money"] == money(2 * MONTH)


def test_onboarding_of_a_client_that_knows_no_accounts_and_pauses_keeps_them(saver):
    fund = goal(saver)
    expect(saver.patch(f"{GOALS}/{fund['id']}", {"account_id": saver.id, "paused": True}, headers=ANY), 200)
    body = expect(saver.get("/v1/onboarding"), 200).json
    assert body["goals"][0]["paused"] and body["goals"][0]["account_id"] == saver.id
    expect(saver.put("/v1/onboarding", body, headers=ANY), 200)
    assert goal(saver) | {"account_balance_money": 0} == fund | {"account_id": saver.id, "account_balance_money": 0, "paused": True, "state": "paused",
                                                                  "month_money": money(0), "reached_by": None}
    expect(saver.put("/v1/onboarding", worked_example(), headers=ANY), 200)
    assert goal(saver)["paused"] and goal(saver)["account_id"] == saver.id
    body["goals"][0] |= {"paused": False, "account_id": None}
    expect(saver.put("/v1/onboarding", body, headers=ANY), 200)
    assert goal(saver) == fund


def test_onboarding_takes_a_goal_by_months_and_wants_one_end(saver):
    body = worked_example()
    body["goals"] = [{"name": "Bicycle", "target_money": money(90000), "monthly_money": money(6000)}]
    expect(saver.put("/v1/onboarding", body, headers=ANY), 200)
    assert numbers(goal(saver)) == (0, 6000, 0) and goal(saver)["by"] is None
    shown = expect(saver.get("/v1/onboarding"), 200).json
    assert shown["goals"][0]["monthly_money"] == money(6000) and "by" not in shown["goals"][0]
    expect(saver.put("/v1/onboarding", shown, headers=ANY), 200)
    body["goals"][0]["by"] = "2026-12-31"
    assert expect(saver.put("/v1/onboarding", body, headers=ANY), 422).findings() == {"/goals/0/monthly_money": "ambiguous"}
    del body["goals"][0]["by"], body["goals"][0]["monthly_money"]
    assert expect(saver.put("/v1/onboarding", body, headers=ANY), 422).findings() == {"/goals/0/by": "required"}


# -- a database of the release before
BEFORE = "mita_before_goals"


def bare(x):
    if isinstance(x, dict):
        return x["amount"] if x.keys() == {"amount", "currency"} else {name: bare(v) for name, v in x.items()}
    return [bare(v) for v in x] if isinstance(x, list) else x


def same(was, now):
    """`now` says what `was` said; what is new in it may stand beside."""
    if isinstance(was, dict):
        return {name: same(v, now.get(name)) if isinstance(now, dict) else now for name, v in was.items()}
    if isinstance(was, list) and isinstance(now, list) and len(was) == len(now):
        return [same(a, b) for a, b in zip(was, now)]
    return now


def as_told(who, was):
    """What it answers to the same questions, as plans_before_goals.json keeps it."""
    out = {}
    for path in was:
        answer = who.post("/v1/affordability", {"category": "dining_out", "money": money(40000)}) if path == "affordability" else who.get(path)
        told = bare(expect(answer, 200).json)
        if path.startswith("/v1/calendar?"):
            told["days"] = [[d["budget_money"], d["spent_money"]] for d in told["days"]]
        out[path] = told
    return same(was, out)


def database_of_before(stack, rows):
    """The schema as that release left it, by its own migrations, with these rows."""
    with stack.cluster.connect("postgres") as c:
        c.cursor().execute(f"drop database if exists {BEFORE}")
        c.cursor().execute(f"create database {BEFORE}")
    applied = stack.cluster.sql("select number, name, checksum from finance.schema_migrations where number <= 16 order by number")
    with stack.cluster.connect(BEFORE) as c:
        cursor = c.cursor()
        cursor.execute("create schema finance; set search_path = finance; create table schema_migrations (number int primary key, name text not null, "
                       "checksum text not null, applied_at timestamptz not null default now())")
        for number, name, checksum in applied:
            cursor.execute((ROOT / f"services/finance/schema/{number:03}_{name}.sql").read_text())
            cursor.execute("insert into schema_migrations values (%s, %s, %s)", (number, name, checksum))
        cursor.execute("set session_replication_role = replica")
        for table in rows:
            cursor.execute(f"insert into {table} select * from jsonb_populate_recordset(null::{table}, %s)", (json.dumps(rows[table]),))


def test_what_the_release_before_goals_wrote_gives_every_number_it_gave(stack, clock):
    """plans_before_goals.json: rows that release wrote for somebody with four months, goals reached, overdue, added and changed, what it answered to
    them, and after one more PUT. Its database is migrated and served by this one."""
    clock.local("Europe/Sofia", "2026-04-20")
    who = copy.copy(stack.person())
    was = json.loads((pathlib.Path(__file__).parent / "plans_before_goals.json").read_text().replace("PERSON", who.id))
    database_of_before(stack, was["rows"])
    stack.migrate("finance", BEFORE)
    url = stack.cluster.url("finance", BEFORE)
    service = stack.also("finance", "finance-of-before", MITA_FINANCE_DATABASE_URL=url).start()
    who.client = Client(service, stack.contract, who.access)
    assert as_told(who, was["answers"]) == was["answers"]
    assert {g["name"]: numbers(g)[:2] for g in goals(who)} == \
        {g["name"]: (g["saved_money"], g["month_money"]) for g in was["answers"]["/v1/today"]["goals"]}
    for g in goals(who):
        assert whole_sum(who, g["id"]) == g["saved_money"]["amount"]
    got = expect(who.get("/v1/onboarding"), 200)
    expect(who.put("/v1/onboarding", got.json | {"buffer_money": money(6000)}, headers={"If-Match": got.etag}), 200)
    assert as_told(who, was["replanned"]) == was["replanned"]
    assert service.stop() == 0
    stack.cluster.sql(f"drop database {BEFORE}")


# -- one goal's life
def test_a_goal_is_made_changed_read_and_removed_and_the_month_follows(saver):
    before = saver.calendar()
    answer = keyed(saver, GOALS, {"name": "Bicycle", "target_money": money(90000), "monthly_money": money(6000)})
    bike, path = expect(answer, 201).json, answer.header("Location")
    assert path == f"{GOALS}/{bike['id']}" and numbers(bike) == (0, 6000, 0) and bike["priority"] == 2 and bike["reached_by"] == "2027-06-30"
    assert saver.calendar()["pool_money"]["amount"] == before["pool_money"]["amount"] - 6000
    read = expect(saver.get(path), 200)
    assert read.json == bike | {"account_balance_money": None}
    expect(saver.get(path, headers={"If-None-Match": read.etag}), 304)
    expect(saver.patch(path, {"name": "Bike"}, valid=False), 428, "precondition_required")
    now = expect(saver.patch(path, {"monthly_money": {"amount": 9000}, "name": "Bike"}, headers={"If-Match": read.etag}), 200)
    assert (now.json["name"], numbers(now.json), now.json["reached_by"]) == ("Bike", (0, 9000, 0), "2027-01-31")
    expect(saver.patch(path, {"name": "Bike"}, headers={"If-Match": read.etag}), 412, "precondition_failed")
    day = expect(saver.patch(path, {"by": "2026-06-30"}, headers={"If-Match": now.etag}), 200)
    assert (day.json["by"], day.json["monthly_money"], numbers(day.json)) == ("2026-06-30", None, (0, 30000, 0))
    expect(saver.delete(path, headers={"If-Match": now.etag}), 412)
    expect(saver.delete(path, headers={"If-Match": day.etag}), 204)
    expect(saver.get(path), 404, "not_found")
    assert saver.calendar()["pool_money"] == before["pool_money"]


def test_a_change_of_another_goal_does_not_stale_this_ones_tag(saver):
    bike = made(saver)
    tag = expect(saver.get(f"{GOALS}/{bike['id']}"), 200).etag
    expect(saver.patch(f"{GOALS}/{goal(saver)['id']}", {"name": "Fund"}, headers=ANY), 200)
    expect(saver.patch(f"{GOALS}/{bike['id']}", {"name": "Bike"}, headers={"If-Match": tag}), 200)


def test_the_account_a_goal_is_kept_in_is_shown_beside_it_and_stays(saver):
    account = expect(keyed(saver, "/v1/accounts", {"name": "Savings", "kind": "savings", "opening_money": money(5000)}), 201).json["id"]
    bike = made(saver, account_id=account)
    read = expect(saver.get(f"{GOALS}/{bike['id']}"), 200)
    assert read.json["account_balance_money"] == money(5000) and numbers(read.json) == (0, 6000, 0)
    saver.spend(100, account_id=account)
    again = expect(saver.get(f"{GOALS}/{bike['id']}", headers={"If-None-Match": read.etag}), 200)
    assert again.json["account_balance_money"] == money(4900)
    expect(saver.delete(f"/v1/accounts/{account}", headers=ANY), 204)
    assert expect(saver.get(f"/v1/accounts/{account}"), 200).json["archived"]
    expect(saver.patch(f"{GOALS}/{bike['id']}", {"name": "Bike"}, headers={"If-Match": "W/" + read.etag}), 412, "precondition_failed")
    expect(saver.patch(f"{GOALS}/{bike['id']}", {"name": "Bike"}, headers={"If-Match": read.etag}), 200)  # what is in the account is no change of the goal
    assert expect(keyed(saver, GOALS, {"name": "Car", "target_money": money(1), "by": "2026-12-31", "account_id": account}), 422).findings() == \
        {"/account_id": "archived_account"}


def test_an_empty_account_a_goal_is_kept_in_is_archived_not_removed(saver):
    account = expect(keyed(saver, "/v1/accounts", {"name": "Savings", "kind": "savings"}), 201).json["id"]
    made(saver, account_id=account)
    expect(saver.delete(f"/v1/accounts/{account}", headers=ANY), 204)
    assert expect(saver.get(f"/v1/accounts/{account}"), 200).json["archived"] and goal(saver, 1)["account_id"] == account


def test_all_that_is_wrong_with_a_goal_is_said_at_once(saver, clock, person):
    body = {"id": "019d4a5c-7c00-4a01-8b02-0123456789ab", "name": "\u200b", "target_money": money(-1), "by": "2026-02-30", "monthly_money": money(0), "priority": 0,
            "account_id": uuid7(clock), "saved_money": money(5)}
    found = expect(keyed(saver, GOALS, body, valid=False), 422, "validation_failed").findings()
    assert found == {"/id": "invalid_id", "/name": "invalid_characters", "/target_money/amount": "out_of_range", "/by": "invalid_date",
                     "/monthly_money/amount": "out_of_range", "/monthly_money": "ambiguous", "/priority": "out_of_range", "/account_id": "unknown_account",
                     "/saved_money": "unknown_field"}
    expect(saver.post(GOALS, {"name": "x", "target_money": money(1), "by": "2026-12-31"}, valid=False), 400, "idempotency_key_required")
    path = f"{GOALS}/{goal(saver)['id']}"
    assert expect(saver.patch(path, {}, headers=ANY, valid=False), 422).findings() == {"": "empty_patch"}
    assert expect(saver.patch(path, {"by": None}, headers=ANY), 422).findings() == {"/by": "required"}
    expect(keyed(saver, GOALS, {"id": goal(saver)["id"], "name": "x", "target_money": money(1), "by": "2026-12-31"}), 409, "already_exists")
    expect(keyed(person, GOALS, {"name": "x", "target_money": money(1), "by": "2026-12-31"}), 409, "not_onboarded")
    assert goals(person) == []


def test_there_are_at_most_50(saver):
    body = worked_example()
    body["goals"] = [{"name": f"Goal {i}", "target_money": money(0), "by": "2026-12-31"} for i in range(50)]
    expect(saver.put("/v1/onboarding", body, headers=ANY), 200)
    assert expect(keyed(saver, GOALS, {"name": "x", "target_money": money(0), "by": "2026-12-31"}), 422).findings() == {"": "too_many"}
    got, target = [], f"{GOALS}?limit=7"
    while target:
        page = expect(saver.get(target), 200)
        got += [g["name"] for g in page.json["data"]]
        link = page.header("Link")
        target = link and link[1:].split(">")[0]
    assert got == [f"Goal {i}" for i in range(50)]


def test_somebody_elses_goal_and_contribution_are_404(stack, saver, clock):
    fund, mine = goal(saver)["id"], put_in(saver, 5).json["id"]
    other = stack.person()
    other.onboard()
    for answer in (other.get(f"{GOALS}/{fund}"), other.patch(f"{GOALS}/{fund}", {"name": "x"}, headers=ANY), other.delete(f"{GOALS}/{fund}", headers=ANY),
                   other.get(f"{GOALS}/{fund}/contributions"), keyed(other, f"{GOALS}/{fund}/contributions", {"money": money(5)}),
                   other.get(f"{GOALS}/{goal(other)['id']}/contributions/{mine}"), other.delete(f"{GOALS}/{fund}/contributions/{mine}", headers=ANY),
                   saver.get(f"{GOALS}/nobodys"), saver.get(f"{GOALS}/{fund}/contributions/{uuid7(clock)}")):
        expect(answer, 404, "not_found")


# -- priority
def test_when_a_month_is_short_the_goal_of_least_priority_breaks_first(saver):
    bike = made(saver)
    assert [g["name"] for g in goals(saver)] == ["Emergency fund", "Bicycle"]
    first = expect(saver.patch(f"{GOALS}/{bike['id']}", {"priority": 1}, headers=ANY), 200).json
    assert first["priority"] == 1 and [(g["name"], g["priority"]) for g in goals(saver)] == [("Bicycle", 1), ("Emergency fund", 2)]
    put_in(saver, 200000, bike["id"])
    put_in(saver, -1, bike["id"])
    expect(saver.patch(f"{GOALS}/{bike['id']}", {"target_money": money(90000), "priority": 50}, headers=ANY), 200)
    assert [(g["name"], g["priority"]) for g in goals(saver)] == [("Emergency fund", 1), ("Bicycle", 2)]
    refused = saver.patch(f"{GOALS}/{bike['id']}", {"target_money": money(900000), "by": "2026-06-30"}, headers=ANY)
    assert "infeasible_budget" in expect(refused, 422, "infeasible_budget").findings().values()


def test_a_month_that_opens_short_says_which_goal_breaks(saver, clock):
    put_in(saver, FUND - 1)
    made(saver, name="Sofa", target_money=money(100000), by="2026-05-31", monthly_money=None)
    fund, sofa = goals(saver)
    assert numbers(fund) == (FUND - 1, 1, 0) and numbers(sofa) == (0, 50000, 0)
    taken = put_in(saver, -(FUND - 1)).json
    assert numbers(goal(saver)) == (0, MONTH, 0)
    expect(saver.patch(f"{GOALS}/{fund['id']}", {"by": "2026-05-31"}, headers=ANY), 422, "infeasible_budget")
    assert taken["money"] == money(-(FUND - 1))
    put_in(saver, FUND - 1)
    expect(saver.patch(f"{GOALS}/{fund['id']}", {"by": "2026-04-30"}, headers=ANY), 200)
    put_in(saver, -(FUND - 1))  # all of it is to be had again this month, and that is not to be had
    month = saver.calendar()
    assert month["status"] == "infeasible"
    broken = [(b["kind"], b.get("name"), b.get("priority")) for b in month["infeasible"]["broken"]]
    assert broken[0][0] == "buffer" and broken[1:] == [("goal", "Sofa", 2), ("goal", "Emergency fund", 1)]
    assert [b.get("goal_id") for b in month["infeasible"]["broken"]][1:] == [sofa["id"], fund["id"]]
    assert [g["missing_money"]["amount"] for g in reversed(goals(saver))] == [b["missing_money"]["amount"] for b in month["infeasible"]["broken"][1:]]
    expect(saver.patch(f"{GOALS}/{sofa['id']}", {"target_money": money(99999)}, headers=ANY), 200)  # lacks as much: the unit falls into May
    expect(saver.patch(f"{GOALS}/{sofa['id']}", {"target_money": money(100001)}, headers=ANY), 422, "infeasible_budget")
    expect(saver.patch(f"{GOALS}/{sofa['id']}", {"paused": True}, headers=ANY), 200)  # what makes it better is not refused
    expect(saver.patch(f"{GOALS}/{fund['id']}", {"by": "2026-12-31"}, headers=ANY), 200)
    assert saver.calendar()["status"] == "ok"


# -- contributions
def test_L5_what_is_contributed_counts_at_once_and_what_is_still_put_aside_follows(saver, clock):
    pool = saver.calendar()["pool_money"]["amount"]
    gift = put_in(saver, 60000, note="From grandmother")
    assert gift.json["on"] == "2026-04-01" and gift.json["note"] == "From grandmother"
    assert numbers(goal(saver)) == (60000, 20000, 0)
    assert saver.calendar()["pool_money"]["amount"] == pool + MONTH - 20000
    assert expect(saver.get(gift.header("Location")), 200).json == gift.json
    expect(saver.get(gift.header("Location"), headers={"If-None-Match": gift.etag}), 304)
    taken = put_in(saver, -6000)
    assert numbers(goal(saver)) == (54000, 20667, 0)
    clock.local("Europe/Sofia", "2026-05-02")
    saver.login()
    assert numbers(goal(saver)) == (74667, 20667, 0) and whole_sum(saver) == 74667
    expect(saver.delete(taken.header("Location"), headers={"If-Match": taken.etag}), 204)
    assert numbers(goal(saver)) == (80667, 19917, 0)
    expect(saver.delete(gift.header("Location"), headers={"If-Match": gift.etag}), 204)
    assert numbers(goal(saver)) == (20667, 27417, 0) and whole_sum(saver) == 20667
    expect(saver.get(gift.header("Location")), 404)


def test_L5_nothing_is_taken_that_is_not_there_on_any_day(saver, clock):
    of = f"{GOALS}/{goal(saver)['id']}/contributions"
    assert expect(keyed(saver, of, {"money": money(-1)}), 422, "below_zero").findings() == {"/money": "below_zero"}
    first = put_in(saver, 5000)
    put_in(saver, -3000)
    expect(saver.delete(first.header("Location"), headers=ANY), 409, "below_zero")
    expect(keyed(saver, of, {"money": money(-2000), "on": "2026-03-31"}), 422, "below_zero")  # the day before there was anything
    put_in(saver, -2000)
    assert numbers(goal(saver))[0] == 0
    clock.local("Europe/Sofia", "2026-05-01")
    saver.login()
    put_in(saver, -MONTH)  # what April put aside
    expect(keyed(saver, of, {"money": money(-1)}), 422, "below_zero")


def test_a_goal_is_reached_by_what_is_put_in_and_then_needs_nothing(saver, clock):
    put_in(saver, FUND)
    now = goal(saver)
    assert (now["state"], numbers(now), now["reached_by"]) == ("reached", (FUND, 0, 0), None)
    clock.local("Europe/Sofia", "2026-05-01")
    saver.login()
    assert goal(saver)["state"] == "reached" and numbers(goal(saver)) == (FUND, 0, 0)
    put_in(saver, 500)
    assert numbers(goal(saver)) == (FUND + 500, 0, 0)


def test_all_that_is_wrong_with_a_contribution_is_said_at_once(saver):
    of = f"{GOALS}/{goal(saver)['id']}/contributions"
    body = {"id": "019d4a5c-7c00-4a01-8b02-0123456789ab", "on": "2026-04-02", "money": money(5, "USD"), "kind": "month"}
    found = expect(keyed(saver, of, body, valid=False), 422, "validation_failed").findings()
    assert found == {"/id": "invalid_id", "/on": "invalid_date", "/money/currency": "currency_mismatch", "/kind": "unknown_field"}
    assert expect(keyed(saver, of, {"money": money(0)}), 422).findings() == {"/money": "invalid_value"}
    expect(saver.post(of, {"money": money(5)}, valid=False), 400, "idempotency_key_required")
    mine = put_in(saver, 5).json["id"]
    bike = made(saver)["id"]
    for other in (goal(saver)["id"], bike):
        expect(keyed(saver, f"{GOALS}/{other}/contributions", {"id": mine, "money": money(5)}), 409, "already_exists")
    expect(saver.delete(f"{of}/{mine}", valid=False), 428)
    most = 9007199254740991
    assert expect(keyed(saver, of, {"money": money(most)}), 422).findings() == {"/money": "amount_overflow"}


def test_a_goal_takes_its_contributions_with_it_whoever_removes_it(stack, saver):
    for remove in (lambda of: saver.delete(f"{GOALS}/{of}", headers=ANY),
                   lambda of: saver.put("/v1/onboarding", worked_example() | {"goals": []}, headers=ANY)):
        bike = made(saver)["id"]
        mine = put_in(saver, 5, bike).json["id"]
        cursor = expect(saver.get("/v1/changes?limit=500"), 200).json
        while cursor["has_more"]:
            cursor = expect(saver.get(f"/v1/changes?limit=500&cursor={cursor['next_cursor']}"), 200).json
        assert remove(bike).status < 300
        told = expect(saver.get(f"/v1/changes?cursor={cursor['next_cursor']}"), 200).json["data"]
        assert [(c["kind"], c["id"], c["deleted"]) for c in told if c["kind"] == "contribution"] == [("contribution", mine, True)]
        audit_ledger(stack.cluster, saver.id)
    assert stack.cluster.sql("select count(*) from finance.goal_sums where user_id = %s", saver.id)[0][0] == 0


def test_a_goal_has_at_most_1000_contributions(stack, saver):
    stack.cluster.sql("""insert into finance.contributions (user_id, id, goal_id, day, amount, currency, created_at)
        select %s, ('019d4a5c-7c00-7a01-9b02-' || lpad(to_hex(n), 12, '0'))::uuid, %s, date '2026-01-01', 1, 'EUR', now() from generate_series(1, 1000) as n returning 1""", saver.id, goal(saver)["id"])
    stack.cluster.sql("update finance.users set ledger_version = ledger_version + 1 where user_id = %s returning 1", saver.id)  # in a write of its own
    answer = keyed(saver, f"{GOALS}/{goal(saver)['id']}/contributions", {"money": money(1)})
    assert expect(answer, 422).findings() == {"": "too_many"}
    assert len(entries(saver, limit=300)) == 1000


def test_past_days_keep_their_numbers_when_something_is_contributed(saver, clock):
    clock.local("Europe/Sofia", "2026-04-15")
    saver.login()
    before = saver.calendar()["days"][:14]
    put_in(saver, 60000)
    after = saver.calendar()
    assert after["days"][:14] == before


# -- what a purchase does to it
def test_affordability_says_when_a_goal_is_reached_then(saver):
    ask = lambda amount: expect(saver.post("/v1/affordability", {"category": "dining_out", "money": money(amount)}), 200).json["goals"][0]
    assert ask(100) == {"id": goal(saver)["id"], "name": "Emergency fund", "month_money": money(MONTH), "at_risk_money": money(0),
                        "before_by": "2026-12-31", "by": "2026-12-31"}
    dear = ask(150000)
    assert 0 < dear["at_risk_money"]["amount"] <= MONTH and (dear["before_by"], dear["by"]) == ("2026-12-31", "2027-01-31")


# -- what policy save sweeps into it
PART = 54149  # what the worked example's April and May give groceries


def saving(who, **more):
    """Groceries save what a day leaves."""
    body = worked_example() | more
    body["categories"][0]["policy"] = "save"
    expect(who.put("/v1/onboarding", body, headers=ANY), 200)


def swept(who, of=None):
    return {e["id"]: e["money"]["amount"] for e in entries(who, of) if e["kind"] == "sweep"}


def comes(clock, day, *people):
    clock.local("Europe/Sofia", day)
    token = people[0].login()["access_token"]
    for who in people[1:]:
        who.client.token = who.access = token


def test_L5_what_a_closed_month_left_under_save_is_an_entry_of_the_goal_from_the_next_morning_on(saver, clock):
    saving(saver)
    saver.spend(1000, booked_on="2026-04-01")
    comes(clock, "2026-04-30", saver)
    assert swept(saver) == {} and numbers(goal(saver)) == (0, MONTH, 0)
    comes(clock, "2026-05-01", saver)
    assert [(e["id"], e["kind"], e["on"], e["money"]["amount"]) for e in entries(saver)] == \
        [("2026-04", "month", "2026-04-30", MONTH), ("2026-04.sweep", "sweep", "2026-04-30", PART - 1000)]
    assert entries(saver, limit=1) == entries(saver)
    assert numbers(goal(saver)) == (MONTH + PART - 1000, MONTH, 0)
    assert expect(saver.get("/v1/today"), 200).json["goals"][0]["saved_money"] == goal(saver)["saved_money"]
    comes(clock, "2026-06-01", saver)
    assert swept(saver) == {"2026-04.sweep": PART - 1000, "2026-05.sweep": PART}


def test_P4_a_late_entry_changes_what_was_swept_and_no_month_and_without_it_all_is_as_it_was(saver, beside, clock):
    saving(saver)
    comes(clock, "2026-05-03", saver, beside)
    before, list_tag = goal(saver), expect(saver.get(f"{GOALS}/{goal(saver)['id']}/contributions"), 200).etag
    cursor = expect(saver.get("/v1/changes?limit=500"), 200).json["next_cursor"]
    entry = saver.spend(700, booked_on="2026-04-12")
    for who in (saver, beside):
        assert swept(who) == {"2026-04.sweep": PART - 700} and numbers(goal(who)) == (MONTH + PART - 700, MONTH, 0) and whole_sum(who) == MONTH + PART - 700
        assert expect(who.get("/v1/today"), 200).json["goals"][0]["saved_money"] == money(MONTH + PART - 700)
        told = expect(who.get(f"/v1/changes?cursor={cursor}"), 200).json["data"]
        assert [(c["kind"], c["id"]) for c in told] == [("transaction", entry["id"])]
        expect(who.get(f"{GOALS}/{before['id']}/contributions", headers={"If-None-Match": list_tag}), 200)
    saver.remove(entry)
    assert goal(saver) == before == goal(beside) and swept(beside) == {"2026-04.sweep": PART}


def test_P4_months_open_the_same_early_and_late_and_count_what_was_swept_once_the_person_plans_anew(stack, saver, clock):
    saving(saver)
    late = stack.person()
    expect(late.put("/v1/onboarding", worked_example()), 200)
    saving(late)
    for day in ("2026-05-01", "2026-06-01"):
        comes(clock, day, saver)
        assert numbers(goal(saver))[1] == MONTH
    late.login()
    early, same = goal(saver), goal(late)
    assert numbers(early) == numbers(same) == (2 * (MONTH + PART), MONTH, 0) and swept(saver) == swept(late)
    saving(saver)  # the same plan again: what is still open is less
    left = FUND - 2 * (MONTH + PART)
    assert numbers(goal(saver)) == (2 * (MONTH + PART), -(-left // 7), 0)
    saver.spend(500, booked_on="2026-05-20")
    assert numbers(goal(saver)) == (2 * (MONTH + PART) - 500, -(-left // 7), 0)
    comes(clock, "2026-07-02", saver)
    assert numbers(goal(saver))[1] == (left - -(-left // 7)) // 6 + ((left - -(-left // 7)) % 6 > 0)


def test_what_was_swept_can_be_taken_out_and_a_late_entry_is_shown_as_it_is(saver, clock):
    saving(saver)
    comes(clock, "2026-05-03", saver)
    gone = put_in(saver, -(MONTH + PART))
    assert numbers(goal(saver))[0] == 0 == whole_sum(saver)
    assert expect(keyed(saver, f"{GOALS}/{goal(saver)['id']}/contributions", {"money": money(-1)}), 422).findings() == {"/money": "below_zero"}
    saver.spend(300, booked_on="2026-04-12")
    assert numbers(goal(saver))[0] == -300 == whole_sum(saver)
    put_in(saver, 100)
    expect(saver.delete(gone.header("Location"), headers=ANY), 204)
    assert numbers(goal(saver))[0] == MONTH + PART - 200 == whole_sum(saver)


def test_it_goes_to_the_first_goal_that_wants_something_and_carries_nothing_twice(saver, clock):
    body = worked_example()
    body["categories"][0] |= {"rollover": "both"}
    first, second = [{"name": name, "target_money": money(FUND), "by": "2026-12-31"} for name in ("Boat", "House")]
    saving(saver, goals=[first | {"paused": True}, second], categories=body["categories"])
    part = next(c for c in saver.calendar()["categories"] if c["category"] == "groceries")["budget_money"]["amount"]
    comes(clock, "2026-05-02", saver)
    boat, house = goals(saver)
    assert swept(saver, boat["id"]) == {} and swept(saver, house["id"]) == {"2026-04.sweep": part}
    assert next(c for c in saver.calendar()["categories"] if c["category"] == "groceries")["carry_in_money"] == money(0)


def test_without_a_goal_what_is_left_is_nobodys_and_a_new_goal_has_nothing_of_it(saver, clock):
    saving(saver, goals=[])
    comes(clock, "2026-05-02", saver)
    new = made(saver)
    assert numbers(new)[0] == 0 and entries(saver, new["id"]) == []
    comes(clock, "2026-06-01", saver)
    assert list(swept(saver, new["id"])) == ["2026-05.sweep"]


# -- two instances
def test_C1_one_key_on_two_instances_is_one_contribution_and_one_goal(saver, beside):
    fund = goal(saver)["id"]
    for path, body in ((f"{GOALS}/{fund}/contributions", {"money": money(700)}), (GOALS, {"name": "Sofa", "target_money": money(1000), "by": "2026-12-31"})):
        head = {"Idempotency-Key": key()}
        def post(who):
            while (answer := who.post(path, body, headers=head)).status == 409:
                assert answer.code == "idempotency_in_flight"
            return expect(answer, 201).json["id"]
        with ThreadPoolExecutor(8) as pool:
            assert len(set(pool.map(post, (saver, beside) * 4))) == 1
    assert len(entries(saver, fund)) == 1 and len(goals(saver)) == 2


def test_C2_of_parallel_withdrawals_on_two_instances_no_more_is_taken_than_is_there(saver, beside):
    of = f"{GOALS}/{goal(saver)['id']}/contributions"
    put_in(saver, 5000)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda who: keyed(who, of, {"money": money(-1500)}), (saver, beside) * 4))
    assert sorted(a.status for a in answers) == [201] * 3 + [422] * 5
    assert numbers(goal(saver))[0] == 500 == whole_sum(saver)


def test_C2_of_two_changes_of_a_goal_at_once_on_two_instances_one_stays(saver, beside):
    path = f"{GOALS}/{goal(saver)['id']}"
    for n in range(4):
        tag = expect(saver.get(path), 200).etag
        with ThreadPoolExecutor(2) as pool:
            change = lambda who: who.patch(path, {"target_money": money(200000 + n * 10 + (who is beside))}, headers={"If-Match": tag})
            assert sorted(a.status for a in pool.map(change, (saver, beside))) == [200, 412]


# -- the law
def test_L5_a_goal_has_the_sum_of_its_entries_and_a_month_what_is_still_needed_whatever_was_done(stack, saver, beside, clock):
    seed = int(os.environ.get("MITA_SEED", random.randrange(2**32)))
    print(f"again: MITA_SEED={seed}")
    rng = random.Random(seed)
    bike = made(saver)["id"]
    today, known = date(2026, 4, 1), {}
    for step in range(45):
        who = rng.choice((saver, beside))
        all_of = {g["id"]: g for g in goals(who)}
        of = rng.choice(sorted(all_of))
        what = rng.choice(["in", "in", "in", "out", "out", "remove", "day", "pause", "target", "order"])
        if what == "day":
            today += timedelta(rng.choice([1, 3, 12, 35]))
            clock.local("Europe/Sofia", str(today))
            token = saver.login()["access_token"]
            beside.client.token = beside.access = token
        elif what in ("in", "out"):
            day = today - timedelta(rng.choice([0, 0, 5, 40]))
            amount = rng.randrange(1, 20000) * (1 if what == "in" else -1)
            answer = keyed(who, f"{GOALS}/{of}/contributions", {"money": money(amount), "on": str(day)})
            if answer.status == 201:
                known[answer.header("Location")] = of
            else:
                expect(answer, 422, "below_zero")
                days = {e["on"]: 0 for e in entries(who, of)} | {str(day): 0}
                for e in [*entries(who, of), {"on": str(day), "money": money(amount)}]:
                    days[e["on"]] += e["money"]["amount"]
                assert min(sum(days[d] for d in days if d <= x) for x in days) < 0
        elif what == "remove" and known:
            path = rng.choice(sorted(known))
            answer = who.delete(path, headers=ANY)
            assert answer.status == 204 or answer.code == "below_zero"
            if answer.status == 204:
                del known[path]
        elif what == "pause":
            expect(who.patch(f"{GOALS}/{of}", {"paused": not all_of[of]["paused"]}, headers=ANY), 200)
        elif what == "target":
            answer = who.patch(f"{GOALS}/{of}", {"target_money": money(rng.choice([0, 90000, 240000]))}, headers=ANY)
            assert answer.status == 200 or answer.code == "infeasible_budget"
        elif what == "order":
            expect(who.patch(f"{GOALS}/{of}", {"priority": rng.choice([1, 2])}, headers=ANY), 200)
        for g in goals(rng.choice((saver, beside))):
            saved, month, _ = numbers(g)
            all_entries = entries(who, g["id"], rng.choice([None, 1, 3]))
            assert saved == sum(e["money"]["amount"] for e in all_entries) >= 0, f"after {what} in step {step}"
            assert all_entries == sorted(all_entries, key=lambda e: (e["on"], e["kind"] == "month", e["id"]), reverse=True)
            wanted = max(0, g["target_money"]["amount"] - saved)
            left = max(1, (2026 - today.year) * 12 + 12 - today.month + 1)
            due = min(wanted, 6000) if g["id"] == bike else -(-wanted // left)
            assert month == (0 if g["paused"] else due), f"after {what} in step {step}"
        audit_ledger(stack.cluster, saver.id)
