"""The legs of a transfer, and two transactions that were there and become legs of one: parted, each is what it was, whatever happened in between."""
import random

import pytest

from mita.client import expect
from mita.people import money, uuid7
from test_transfers import ANY, LIST, balances, card, dollars, keyed, leg, legs, loan, move, numbers, opened, pair, said, unpair


# -- its legs
def test_a_leg_keeps_what_it_says_for_itself_and_has_money_day_and_account_by_the_transfer(saver, card, loan):
    t = move(saver, 700, card).json
    path = f"/v1/transactions/{t['to_transaction_id']}"
    refused = saver.patch(path, {"money": money(800), "booked_on": "2026-04-02", "account_id": loan, "category": "groceries"}, headers=ANY)
    assert expect(refused, 422).findings() == {p: "transfer_leg" for p in ("/account_id", "/booked_on", "/money", "/category")}
    assert expect(saver.patch(path, {"bill_id": "x:2026-04-01"}, headers=ANY), 422).findings() == {"/bill_id": "off_budget"}
    for what in (saver.delete(path, headers=ANY), saver.post(path + ":restore", headers=keyed())):
        expect(what, 409, "transfer_leg")
    tag = expect(saver.get(f"{LIST}/{t['id']}"), 200).etag
    own = leg(saver, t["to_transaction_id"])
    same = {k: own[k] for k in ("money", "booked_on", "account_id", "category")}  # what it has may be sent back
    now = expect(saver.patch(path, {"note": "mine", "tags": ["x"], "payee": "P"} | same, headers=ANY), 200).json
    assert (now["note"], now["tags"], now["payee"], now["category"], now["transfer_id"]) == ("mine", ["x"], "P", None, t["id"])
    assert expect(saver.get(f"{LIST}/{t['id']}"), 200).etag != tag  # a transfer is another when a leg is
    expect(saver.delete(f"{LIST}/{t['id']}", headers={"If-Match": tag}), 412)


def test_a_leg_that_counts_has_its_category_splits_and_bill_by_itself(saver, loan):
    t = move(saver, 10000, loan, category="groceries", booked_on="2026-04-15").json
    path = f"/v1/transactions/{t['from_transaction_id']}"
    bill = next(o for o in saver.calendar()["obligations"] if o["name"] == "Installment")
    expect(saver.patch(path, {"category": "debt", "bill_id": bill["id"]}, headers=ANY), 200)
    assert expect(saver.get(f"{LIST}/{t['id']}"), 200).json["category"] == "debt"
    splits = [{"category": "debt", "money": money(-9000)}, {"category": "other", "money": money(-1000)}]
    expect(saver.patch(path, {"splits": splits}, headers=ANY), 200)
    shown = expect(saver.get(f"{LIST}/{t['id']}"), 200).json
    assert (shown["category"], shown["counts"]) == (None, True)
    assert expect(saver.patch(f"{LIST}/{t['id']}", {"money": money(9500)}, headers=ANY), 422).findings() == {"/category": "required"}
    expect(saver.patch(f"{LIST}/{t['id']}", {"money": money(9500), "category": "debt"}, headers=ANY), 200)
    assert leg(saver, t["from_transaction_id"])["bill_id"] == bill["id"]
    unplanned = expect(saver.patch(f"{LIST}/{t['id']}", {"category": None}, headers=ANY), 200).json
    assert unplanned["counts"] is False and leg(saver, t["from_transaction_id"])["bill_id"] is None


# -- pairing
def two_of(saver, card, amount=20000, splits=None, **members):
    left = saver.spend(amount, **({"splits": splits} if splits else {}), **members)
    return left["id"], expect(saver.create(amount, "other_income", account_id=card, booked_on="2026-04-02", payee="From bank", note="id 77"), 201).json["id"]


@pytest.mark.parametrize("kind", ["card", "loan"])
def test_pairing_two_transactions_and_unpairing_them_restores_the_exact_earlier_state(saver, kind):
    other = opened(saver, kind)
    bill = next(o for o in saver.calendar()["obligations"] if o["name"] == "Installment")["id"]
    splits = [{"category": "debt", "money": money(-9000), "note": "rate"}, {"category": "other", "money": money(-11000)}]
    ids = two_of(saver, other, splits=splits, bill_id=bill, payee="To bank", note="id 76", tags=["a"])
    before = [said(leg(saver, id)) for id in ids], numbers(saver.calendar()), balances(saver, "2026-04-02")
    t = pair(saver, *random.sample(ids, 2)).json
    assert (t["from_transaction_id"], t["to_transaction_id"], t["paired"], t["arrives_on"]) == (*ids, True, "2026-04-02")
    left, arrived = legs(saver, t)
    assert (left["payee"], left["note"], left["tags"], arrived["note"]) == ("To bank", "id 76", ["a"], "id 77")
    assert balances(saver, "2026-04-02") == before[2]
    if kind == "card":  # neither counts: not spent, not earned, no bill paid
        assert (t["counts"], left["category"], left["splits"], left["bill_id"], arrived["category"]) == (False, None, [], None, None)
        assert of_bill(saver)["status"] != "paid" and t["effect"]["today"]["spent_money"] == money(0)
    else:  # the one on budget counts as before
        assert (t["counts"], left["splits"], left["bill_id"], arrived["category"]) == (True, before[0][0]["splits"], bill, None)
        assert numbers(saver.calendar()) == before[1]
    parted = unpair(saver, t)
    assert [said(x) for x in parted["transactions"]] == before[0] == [said(leg(saver, id)) for id in ids]
    assert numbers(saver.calendar()) == before[1] and balances(saver, "2026-04-02") == before[2]
    expect(saver.get(f"{LIST}/{t['id']}"), 404)
    assert said(leg(saver, ids[0]))["transfer_id"] is None


def of_bill(saver, name="Installment"):
    return next(o for o in saver.calendar()["obligations"] if o["name"] == name)


def test_what_was_changed_in_the_legs_since_stays_after_unpairing(saver, card):
    ids = two_of(saver, card)
    t = pair(saver, *ids).json
    expect(saver.patch(f"/v1/transactions/{ids[0]}", {"note": "later", "tags": ["t"]}, headers=ANY), 200)
    parted = unpair(saver, t)["transactions"]
    assert (parted[0]["note"], parted[0]["tags"], parted[0]["category"], parted[1]["category"]) == ("later", ["t"], "groceries", "other_income")


def test_a_pair_deleted_and_restored_can_still_be_unpaired(saver, card):
    ids = two_of(saver, card)
    before = [said(leg(saver, id)) for id in ids]
    t = pair(saver, *ids).json
    expect(saver.delete(f"{LIST}/{t['id']}", headers=ANY), 200)
    expect(saver.post(f"{LIST}/{t['id']}:unpair", headers=keyed()), 404, "not_found")
    expect(saver.post(f"{LIST}/{t['id']}:restore", headers=keyed()), 200)
    assert [said(x) for x in unpair(saver, t)["transactions"]] == before


def test_what_is_no_pair_is_refused_with_every_reason(saver, card, loan, clock):
    left, arrived = two_of(saver, card)
    another, small = saver.spend(20000)["id"], expect(saver.create(19999, "other_income", account_id=card), 201).json["id"]
    answer = lambda *ids: expect(saver.post(f"{LIST}:pair", {"transaction_ids": list(ids)}, headers=keyed()), 422)
    refuse = lambda *ids: answer(*ids).findings()
    assert [e["code"] for e in answer(left, another).json["errors"]] == ["same_account", "same_sign"]
    assert refuse(left, small) == {"/transaction_ids": "amounts_differ"}
    assert refuse(left, uuid7(clock)) == {"/transaction_ids/1": "unknown_transaction"}
    elsewhere = saver.spend(20000, account_id=loan)["id"]
    assert refuse(left, elsewhere) == {"/transaction_ids": "same_sign"}
    body = {"transaction_ids": ["x"], "id": "1"}
    assert expect(saver.post(f"{LIST}:pair", body, headers=keyed(), valid=False), 422).findings() == \
        {"/id": "invalid_id", "/transaction_ids": "too_few", "/transaction_ids/0": "invalid_id"}
    t = pair(saver, left, arrived).json
    assert refuse(left, small) == {"/transaction_ids/0": "transfer_leg"}
    gone = saver.spend(19999)
    saver.remove(gone)
    assert refuse(gone["id"], small) == {"/transaction_ids/0": "unknown_transaction"}
    path = f"{LIST}/{t['id']}"
    expect(saver.patch(path, {"money": money(5)}, headers=ANY), 409, "paired")
    assert expect(saver.patch(path, {"money": t["money"], "booked_on": t["booked_on"]}, headers=ANY), 200).json["money"] == t["money"]
    made = move(saver, 5, card).json
    expect(saver.post(f"{LIST}/{made['id']}:unpair", headers=keyed()), 409, "not_paired")


def test_two_currencies_are_paired_as_they_are(saver, dollars):
    left, arrived = saver.spend(10000, "travel")["id"], None
    body = {"money": money(10843, "USD"), "category": "other_income", "account_id": dollars}
    arrived = expect(saver.post("/v1/transactions", body, headers=keyed()), 201).json["id"]
    t = pair(saver, left, arrived).json
    assert (t["money"], t["to_money"], t["category"]) == (money(10000), money(10843, "USD"), "travel")
    assert [x["category"] for x in unpair(saver, t)["transactions"]] == ["travel", "other_income"]


def test_a_bill_that_a_replanning_took_away_meanwhile_does_not_come_back(saver, card):
    bill = of_bill(saver)["id"]
    ids = two_of(saver, card, amount=10000, category="debt", bill_id=bill)
    t = pair(saver, *ids).json
    answers = expect(saver.get("/v1/onboarding"), 200).json
    plan = {k: answers[k] for k in ("timezone", "currency", "incomes", "goals", "buffer_money", "categories")}
    plan["bills"] = [b for b in answers["bills"] if b["name"] != "Installment"]
    expect(saver.put("/v1/onboarding", plan, headers=ANY), 200)
    parted = unpair(saver, t)["transactions"][0]
    assert (parted["category"], parted["bill_id"]) == ("debt", None)


def test_a_category_that_was_put_aside_is_in_use(saver, card):
    own = expect(saver.post("/v1/categories", {"name": "Bees", "class": "flexible"}, headers=keyed()), 201).json["id"]
    ids = two_of(saver, card, category=own)
    t = pair(saver, *ids).json
    expect(saver.delete(f"/v1/categories/{own}", headers=ANY), 204)
    assert expect(saver.get(f"/v1/categories/{own}"), 200).json["archived"]
    assert unpair(saver, t)["transactions"][0]["category"] == own
