"""Goals: what is saved for, by a day or by what each month puts aside. L5: what a goal has is the sum of its entries, always."""
import os
import random
from datetime import date, timedelta

from mita.audit import audit_ledger
from mita.client import expect
from mita.people import key, money, uuid7, worked_example

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


# -- what a purchase does to it
def test_affordability_says_when_a_goal_is_reached_then(saver):
    ask = lambda amount: expect(saver.post("/v1/affordability", {"category": "dining_out", "money": money(amount)}), 200).json["goals"][0]
    assert ask(100) == {"id": goal(saver)["id"], "name": "Emergency fund", "month_money": money(MONTH), "at_risk_money": money(0),
                        "before_by": "2026-12-31", "by": "2026-12-31"}
    dear = ask(150000)
    assert 0 < dear["at_risk_money"]["amount"] <= MONTH and (dear["before_by"], dear["by"]) == ("2026-12-31", "2027-01-31")


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
