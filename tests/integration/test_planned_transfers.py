"""Planned transfers of /v1/recurring: from an account on budget to one off it they are obligations of the budget, met by transfers between these two accounts (P4)."""
import os
import random
from concurrent.futures import ThreadPoolExecutor

import pytest

from mita.audit import audit_ledger
from mita.client import Client, expect
from mita.people import key, money, of, uuid7

ANY = {"If-Match": "*"}
ALL = "/v1/recurring"
MONTHLY = {"unit": "month", "anchor": "2026-04-10"}


def keyed():
    return {"Idempotency-Key": key()}


def opened(who, kind="savings", **more):
    return expect(who.post("/v1/accounts", {"name": kind.title(), "kind": kind, "on_budget": False} | more, headers=keyed()), 201).json["id"]


@pytest.fixture
def pot(saver):
    """Off budget."""
    return opened(saver)


def body_of(to, amount=20000, **more):
    named = {"kind": "transfer", "name": "To savings", "category": "other", "to_account_id": to, "money": money(amount), "schedule": MONTHLY}
    return {k: v for k, v in (named | more).items() if v is not None}


def plan(who, to, *args, **more):
    answer = expect(who.post(ALL, body_of(to, *args, **more), headers=keyed()), 201)
    return {**answer.json, "etag": answer.etag, "path": answer.header("Location")}


def move(who, to, amount=20000, **members):
    body = {"to_account_id": to, "money": money(amount), "category": "other", "booked_on": "2026-04-10"} | members
    return expect(who.post("/v1/transfers", {k: v for k, v in body.items() if v is not None}, headers=keyed()), 201).json


def due(who, month=None, name="To savings"):
    return [o for o in who.calendar(month)["obligations"] if o["name"] == name]


def status(who, **more):
    return [o["status"] for o in due(who, **more)]


def pool(who, month=None):
    return who.calendar(month)["pool_money"]["amount"]


# -- an obligation of the budget
def test_a_planned_transfer_is_reserved_shown_and_paid_as_a_bill_is(saver, pot, clock):
    before, later = pool(saver), pool(saver, "2026-05")
    made = plan(saver, pot)
    assert (made["kind"], made["category"], made["from_account_id"], made["to_account_id"]) == ("transfer", "other", saver.id, pot)
    assert (pool(saver), pool(saver, "2026-05")) == (before - 20000, later - 20000) and of(saver.calendar(), "other")["budget"] == 20000
    shown = due(saver)[0]
    assert (shown["date"], shown["status"], shown["from_account_id"], shown["to_account_id"]) == ("2026-04-10", "upcoming", saver.id, pot)
    assert [x["date"] for x in expect(saver.get(made["path"] + ":preview"), 200).json["data"]][:2] == ["2026-04-10", "2026-05-10"]
    assert shown in expect(saver.get("/v1/today"), 200).json["next_bills"]
    budgets = sum(c["budget_money"]["amount"] for c in saver.calendar()["categories"])
    t = move(saver, pot, booked_on="2026-04-08")
    now = due(saver)[0]
    assert (now["status"], now["transaction_id"], now["paid_on"]) == ("paid", t["from_transaction_id"], "2026-04-08")
    assert sum(c["budget_money"]["amount"] for c in saver.calendar()["categories"]) == budgets and pool(saver) == before - 20000
    assert not [b for b in expect(saver.get("/v1/today"), 200).json["next_bills"] if b["id"] == now["id"]]
    expect(saver.delete(f"/v1/transfers/{t['id']}", headers=ANY), 200)
    assert due(saver) == [shown]


def test_only_a_transfer_between_its_two_accounts_meets_it_by_itself(saver, pot):
    other, second = opened(saver), opened(saver, "bank", on_budget=True)
    plan(saver, pot)
    saver.spend(20000, "other", booked_on="2026-04-10")
    move(saver, other)
    move(saver, pot, from_account_id=second)
    move(saver, pot, category=None)  # counts nowhere
    move(saver, pot, category="gifts")
    assert status(saver) == ["upcoming"]
    t = move(saver, pot, 17000)
    assert due(saver)[0]["transaction_id"] == t["from_transaction_id"]


def test_of_two_to_different_accounts_each_is_met_by_its_own(saver, pot):
    other = opened(saver)
    plan(saver, pot)
    plan(saver, other, name="To the other")
    t = move(saver, other)
    assert status(saver) == ["upcoming"] and due(saver, name="To the other")[0]["transaction_id"] == t["from_transaction_id"]


def test_a_link_is_the_persons_word_and_unlinked_it_pays_nothing(saver, pot):
    plan(saver, pot)
    spent = saver.spend(500, "other", bill_id=due(saver)[0]["id"])
    assert due(saver)[0]["paid_money"] == money(500) and status(saver) == ["upcoming"]
    leg = move(saver, pot)["from_transaction_id"]
    assert status(saver) == ["paid"]
    told = expect(saver.patch(f"/v1/transactions/{leg}", {"bill_id": "none"}, headers=ANY), 200).json
    assert status(saver) == ["upcoming"] and told["bill_id"] == "none"
    expect(saver.patch(f"/v1/transactions/{leg}", {"bill_id": due(saver)[0]["id"]}, headers=ANY), 200)
    saver.remove(spent)
    assert due(saver)[0]["transaction_id"] == leg


def test_the_effect_of_each_write_says_what_is_met(saver, pot, clock):
    """An amount due today is taken from today's budget until it is paid: the effect of what pays it has the same numbers as today's page."""
    plan(saver, pot, schedule={"unit": "month", "anchor": "2026-04-01"})
    same = lambda answer: (answer["effect"]["today"]["budget_money"], answer["effect"]["today"]["spent_money"], answer["effect"]["plan_free_money"]) == tuple(
        expect(saver.get("/v1/today"), 200).json[k] for k in ("budget_money", "spent_money", "plan_free_money"))
    t = move(saver, pot, booked_on="2026-04-01")
    assert same(t) and status(saver) == ["paid"]
    leg = f"/v1/transactions/{t['from_transaction_id']}"
    for patch, wanted in (({"category": "gifts"}, "due"), ({"category": "other"}, "paid"), ({"bill_id": "none"}, "due"), ({"bill_id": None}, "paid")):
        assert same(expect(saver.patch(leg, patch, headers=ANY), 200).json) and status(saver) == [wanted]
    for patch, wanted in (({"to_account_id": opened(saver)}, "due"), ({"to_account_id": pot}, "paid"), ({"category": None}, "due")):
        assert same(expect(saver.patch(f"/v1/transfers/{t['id']}", patch, headers=ANY), 200).json) and status(saver) == [wanted]


def test_two_paired_transactions_meet_it_and_parted_they_do_not(saver, pot):
    plan(saver, pot)
    left = saver.spend(20000, "other", booked_on="2026-04-10")["id"]
    arrived = expect(saver.create(20000, "other_income", account_id=pot, booked_on="2026-04-11"), 201).json["id"]
    assert status(saver) == ["upcoming"]
    t = expect(saver.post("/v1/transfers:pair", {"transaction_ids": [left, arrived]}, headers=keyed()), 201).json
    assert due(saver)[0]["transaction_id"] == left
    expect(saver.post(f"/v1/transfers/{t['id']}:unpair", headers=keyed()), 200)
    assert status(saver) == ["upcoming"]


def test_into_another_currency_it_is_met_by_what_leaves(saver, clock):
    dollars = opened(saver, "cash", currency="USD")
    made = plan(saver, dollars)
    assert made["money"] == money(20000)
    move(saver, dollars, 19000, to_money=money(21000, "USD"))
    assert status(saver) == ["paid"]
    wrong = saver.post(ALL, body_of(dollars, money=money(5, "USD")), headers=keyed())
    assert expect(wrong, 422).findings() == {"/money/currency": "currency_mismatch"}


# -- changed, paused, taken away
def test_what_is_met_stays_when_its_accounts_amount_or_day_move(saver, pot, clock):
    made = plan(saver, pot, schedule={"unit": "week", "anchor": "2026-04-03"})
    clock.local("Europe/Sofia", "2026-04-11")
    saver.login()
    move(saver, pot)
    assert status(saver) == ["overdue", "paid", "upcoming", "upcoming"]
    other = opened(saver)
    now = expect(saver.patch(made["path"], {"to_account_id": other, "money": money(100)}, headers={"If-Match": made["etag"]}), 200)
    assert [(o["to_account_id"], o["money"]["amount"], o["status"]) for o in due(saver)] == [
        (pot, 20000, "overdue"), (pot, 20000, "paid"), (other, 100, "upcoming"), (other, 100, "upcoming")]
    expect(saver.patch(made["path"], {"paused": True}, headers={"If-Match": made["etag"]}), 412)
    expect(saver.patch(made["path"], {"paused": True}, headers={"If-Match": now.etag}), 200)
    assert status(saver) == ["overdue", "paid"]
    expect(saver.patch(made["path"], {"name": "X"}, valid=False), 428)
    expect(saver.delete(made["path"], headers=ANY), 204)
    assert status(saver) == ["overdue", "paid"] and status(saver, month="2026-05") == []
    expect(saver.get(made["path"]), 404)


def test_answers_given_anew_keep_it_and_do_not_show_it(saver, pot):
    made = plan(saver, pot)
    before = saver.calendar()
    answers = expect(saver.get("/v1/onboarding"), 200)
    assert made["id"] not in answers.text
    assert expect(saver.put("/v1/onboarding", answers.json, headers={"If-Match": answers.etag}), 200).json == before
    assert expect(saver.get(made["path"]), 200).etag == made["etag"]


def test_an_account_of_a_planned_transfer_is_archived_not_removed_and_the_plan_goes_on(saver, pot):
    made = plan(saver, pot)
    expect(saver.patch(f"/v1/accounts/{pot}", {"on_budget": True}, headers=ANY), 409, "in_use")
    expect(saver.delete(f"/v1/accounts/{pot}", headers=ANY), 204)
    assert expect(saver.get(f"/v1/accounts/{pot}"), 200).json["archived"]
    assert status(saver) == ["upcoming"] and expect(saver.get(made["path"]), 200).json["to_account_id"] == pot
    assert expect(saver.patch(made["path"], {"name": "Still", "to_account_id": pot}, headers=ANY), 200).json["name"] == "Still"
    assert expect(saver.post(ALL, body_of(pot), headers=keyed()), 422).findings() == {"/to_account_id": "archived_account"}


# -- strict
def test_all_that_is_wrong_is_said_at_once(saver, pot, stack, clock):
    second = opened(saver, "bank", on_budget=True)
    post = lambda **more: expect(saver.post(ALL, body_of(pot, **more), headers=keyed(), valid=False), 422).findings()
    assert post(to_account_id=None) == {"/to_account_id": "required"}
    assert post(to_account_id=saver.id) == {"/to_account_id": "same_account"}
    assert post(to_account_id=second) == {"/category": "no_category"} == post(to_account_id=second, category="salary")
    assert post(from_account_id=pot) == {"/from_account_id": "off_budget", "/to_account_id": "same_account"}
    assert post(from_account_id=uuid7(clock), to_account_id="x", category="salary", money=money(-1)) == {
        "/from_account_id": "unknown_account", "/to_account_id": "invalid_id", "/category": "income_category", "/money/amount": "out_of_range"}
    assert post(category=None) == {"/category": "required"}
    assert post(kind="bill") == {"/to_account_id": "unknown_field"}
    other = stack.person()
    assert post(to_account_id=opened(other)) == {"/to_account_id": "unknown_account"}
    made = plan(saver, pot)
    for path in (made["path"], made["path"] + ":preview"):
        expect(other.get(path), 404, "not_found")
    patch = lambda body: expect(saver.patch(made["path"], body, headers=ANY, valid=False), 422).findings()
    assert patch({"kind": "bill"}) == {"/kind": "invalid_value"} and patch({"to_account_id": None}) == {"/to_account_id": "required"}
    assert patch({"to_account_id": second, "category": "gifts"}) == {"/category": "no_category"} and patch({"category": None}) == {"/category": "wrong_type"}
    rent = next(x for x in expect(saver.get(ALL), 200).json["data"] if x["name"] == "Rent")
    assert (rent["from_account_id"], rent["to_account_id"]) == (None, None)
    assert expect(saver.patch(f"{ALL}/{rent['id']}", {"kind": "transfer"}, headers=ANY), 422).findings() == {"/kind": "invalid_value"}
    refused = saver.post(ALL, body_of(pot, 9000000), headers=keyed())
    assert set(expect(refused, 422, "infeasible_budget").findings()) == {"/money"}


def test_fifty_are_enough(saver, pot):
    for n in range(50):
        plan(saver, pot, 1, name=f"To savings {n}")
    assert expect(saver.post(ALL, body_of(pot, 1), headers=keyed()), 422).findings() == {"": "too_many"}


# -- two instances
def test_C1_C2_one_key_makes_one_on_either_instance_and_a_stale_tag_changes_nothing(saver, beside, pot, clock):
    head, body = keyed(), body_of(pot, id=uuid7(clock))
    with ThreadPoolExecutor(4) as pool_of:
        answers = list(pool_of.map(lambda n: (saver, beside)[n % 2].post(ALL, body, headers=head), range(4)))
    assert {a.status for a in answers} <= {201, 409} and len(due(beside)) == len(due(saver)) == 1
    again = expect(beside.post(ALL, body, headers=head), 201)
    assert again.header("Idempotency-Replayed") == "true"
    expect(beside.patch(again.header("Location"), {"name": "Renamed"}, headers={"If-Match": again.etag}), 200)
    expect(saver.delete(again.header("Location"), headers={"If-Match": again.etag}), 412)
    move(beside, pot)
    assert status(saver, name="Renamed") == ["paid"]


def test_P4_each_occurrence_is_met_at_most_once_whatever_the_order_of_writes(stack, saver, beside):
    """The same transfers in two orders, written by two instances, one by one deleted and restored: the same plan, and no leg in two occurrences."""
    seed = int(os.environ.get("MITA_SEED", random.randrange(2**32)))
    print(f"MITA_SEED={seed}")
    rng, shown = random.Random(seed), []
    pots = [opened(saver, name=f"Pot {n}") for n in range(2)]
    for n, to in enumerate(pots):
        plan(saver, to, 10000, schedule={"unit": "week", "anchor": f"2026-04-0{1 + n}"}, name=f"To pot {n}")
    wanted = [(rng.choice(pots), rng.choice([10000, 10000, 9000, 11999, 2500]), f"2026-04-{rng.randrange(1, 31):02}") for _ in range(12)]
    for _ in range(2):
        rng.shuffle(wanted)
        made = [move(rng.choice([saver, beside]), to, amount, booked_on=day) for to, amount, day in wanted]
        for t in rng.sample(made, 4):
            expect(beside.delete(f"/v1/transfers/{t['id']}", headers=ANY), 200)
            expect(saver.post(f"/v1/transfers/{t['id']}:restore", headers=keyed()), 200)
        calendar = saver.calendar()
        assert calendar == expect(beside.get("/v1/calendar"), 200).json
        paid = [o for o in calendar["obligations"] if o["name"].startswith("To pot")]
        by = [p["transaction_id"] for o in paid for p in o.get("payments", [])] + [o["transaction_id"] for o in paid if "transaction_id" in o and "payments" not in o]
        assert len(by) == len(set(by)) and {t["from_transaction_id"]: t["to_account_id"] for t in made}.keys() >= set(by)
        to_of = {t["from_transaction_id"]: t["to_account_id"] for t in made}
        assert all(to_of[o["transaction_id"]] == o["to_account_id"] for o in paid if "transaction_id" in o)
        shown.append((calendar["days"], calendar["categories"], [(o["id"], o["status"], o["paid_money"], o.get("paid_on")) for o in calendar["obligations"]]))
        for t in made:
            expect(saver.delete(f"/v1/transfers/{t['id']}", headers=ANY), 200)
    assert shown[0] == shown[1]
    audit_ledger(stack.cluster, saver.id)


def test_another_instance_shows_it_at_once(saver, second, pot):
    other = Client(second, saver.stack.contract, saver.access)
    expect(other.get("/v1/calendar"), 200)
    made = plan(saver, pot)
    assert expect(other.get(made["path"]), 200).etag == made["etag"]
    assert "To savings" in [o["name"] for o in expect(other.get("/v1/calendar"), 200).json["obligations"]]
