"""Transfers: two transactions that are one thing. Balances move, nothing is spent; pairing two that were there and unpairing them gives back what was."""
import os
import random
from concurrent.futures import ThreadPoolExecutor

import pytest

from mita.client import Client, expect
from mita.metrics import samples
from mita.people import key, money, uuid7
from mita.waiting import until

ANY = {"If-Match": "*"}
LIST = "/v1/transfers"


def keyed():
    return {"Idempotency-Key": key()}


def opened(who, kind="card", **more):
    return expect(who.post("/v1/accounts", {"name": kind.title(), "kind": kind} | more, headers=keyed()), 201).json["id"]


@pytest.fixture
def card(saver):
    """On budget."""
    return opened(saver)


@pytest.fixture
def loan(saver):
    """Off budget."""
    return opened(saver, "loan")


@pytest.fixture
def dollars(saver):
    """Off budget, in another currency."""
    return opened(saver, "cash", currency="USD")


def move(who, amount, to, **members):
    return expect(who.post(LIST, {"to_account_id": to, "money": money(amount)} | members, headers=keyed()), 201)


def pair(who, one, other, **members):
    return expect(who.post(f"{LIST}:pair", {"transaction_ids": [one, other]} | members, headers=keyed()), 201)


def unpair(who, transfer):
    return expect(who.post(f"{LIST}/{transfer['id']}:unpair", headers=keyed()), 200).json


def leg(who, id):
    return expect(who.get(f"/v1/transactions/{id}"), 200).json


def legs(who, transfer):
    return leg(who, transfer["from_transaction_id"]), leg(who, transfer["to_transaction_id"])


def balances(who, on=None):
    got = expect(who.get("/v1/balances" + (f"?on={on}" if on else "")), 200).json["balances"]
    return {b["account_id"]: b["balance_money"]["amount"] for b in got}


def said(transaction):
    """All that a transaction says, but for which version it is."""
    return {k: v for k, v in transaction.items() if k not in ("updated_at", "effect", "etag")}


def numbers(calendar):
    """The plan's numbers, without its entries."""
    return calendar["categories"], calendar["days"], calendar["obligations"], calendar["unallocated_money"]


# -- between two accounts on budget
def test_L1_a_transfer_moves_two_balances_by_opposite_amounts_and_no_number_of_the_plan(saver, card):
    before = numbers(saver.calendar())
    made = move(saver, 20000, card, payee="Bank", note="to the card", tags=["cards"])
    t = made.json
    assert (t["money"], t["to_money"], t["category"], t["counts"], t["paired"]) == (money(20000), money(20000), None, False, False)
    assert (t["from_account_id"], t["to_account_id"], t["booked_on"], t["arrives_on"]) == (saver.id, card, "2026-04-01", "2026-04-01")
    assert made.header("Location") == f"{LIST}/{t['id']}" and made.etag
    assert balances(saver) == {saver.id: -20000, card: 20000}
    left, arrived = legs(saver, t)
    assert (left["money"], arrived["money"]) == (money(-20000), money(20000))
    for one in (left, arrived):
        assert (one["transfer_id"], one["category"], one["splits"], one["payee"], one["note"], one["tags"]) == (t["id"], None, [], "Bank", "to the card", ["cards"])
    assert numbers(saver.calendar()) == before
    assert t["effect"]["today"]["spent_money"] == money(0)
    assert expect(saver.get(f"/v1/transactions?account_id={card}"), 200).json["data"] == [arrived]
    assert {x["id"] for x in expect(saver.get("/v1/transactions?q=card"), 200).json["data"]} == {left["id"], arrived["id"]}


def test_todays_last_transactions_and_the_day_show_both_legs_and_no_spending(saver, card):
    t = move(saver, 20000, card).json
    today = expect(saver.get("/v1/today"), 200).json
    assert {x["id"] for x in today["last_transactions"]} == {t["from_transaction_id"], t["to_transaction_id"]}
    day = expect(saver.get("/v1/calendar/2026-04-01"), 200).json
    assert {x["transfer_id"] for x in day["transactions"]} == {t["id"]} and day["spent_money"] == money(0)


def test_an_account_with_a_transfer_is_archived_not_removed_and_keeps_its_currency(saver, card):
    move(saver, 100, card)
    expect(saver.patch(f"/v1/accounts/{card}", {"currency": "USD", "on_budget": False}, headers=ANY), 409, "in_use")
    expect(saver.delete(f"/v1/accounts/{card}", headers=ANY), 204)
    assert expect(saver.get(f"/v1/accounts/{card}"), 200).json["archived"]
    refused = saver.post(LIST, {"to_account_id": card, "money": money(1)}, headers=keyed())
    assert expect(refused, 422).findings() == {"/to_account_id": "archived_account"}


def test_a_checkpoint_knows_what_a_transfer_brought(saver, card):
    move(saver, 20000, card, arrives_on="2026-04-03")
    for on, amount in (("2026-04-02", 0), ("2026-04-03", 20000)):
        expect(saver.post(f"/v1/accounts/{card}/checkpoints", {"on": on, "balance_money": money(amount)}, headers=keyed()), 201)
    assert [c["state"] for c in expect(saver.get(f"/v1/accounts/{card}/checkpoints"), 200).json["data"]] == ["ok", "ok"]


def test_it_may_arrive_on_another_day_and_in_another_month(saver, card):
    t = move(saver, 500, card, booked_on="2026-03-31", arrives_on="2026-04-02").json
    assert (t["booked_on"], t["arrives_on"]) == ("2026-03-31", "2026-04-02")
    assert balances(saver, "2026-04-01") == {saver.id: -500, card: 0} and balances(saver, "2026-04-02")[card] == 500


# -- between on budget and off
def test_with_a_category_the_leg_on_budget_counts_and_without_one_none_does(saver, loan):
    before = saver.calendar()
    plain = move(saver, 700, loan).json
    assert numbers(saver.calendar()) == numbers(before) and plain["effect"]["today"]["spent_money"] == money(0)
    planned = move(saver, 700, loan, category="groceries").json
    assert (planned["category"], planned["counts"]) == ("groceries", True) and planned["effect"]["today"]["spent_money"] == money(700)
    left, arrived = legs(saver, planned)
    assert (left["category"], arrived["category"]) == ("groceries", None)
    assert [x["id"] for x in expect(saver.get("/v1/transactions?category=groceries"), 200).json["data"]] == [left["id"]]
    assert balances(saver) == {saver.id: -1400, loan: 1400}


def test_what_comes_back_from_off_budget_with_a_category_comes_in(saver, loan):
    t = expect(saver.post(LIST, {"from_account_id": loan, "money": money(900), "category": "groceries"}, headers=keyed()), 201).json
    assert t["effect"]["today"]["spent_money"] == money(-900)
    assert (leg(saver, t["from_transaction_id"])["category"], leg(saver, t["to_transaction_id"])["category"]) == (None, "groceries")


def test_paying_a_loan_pays_its_bill_and_a_transfer_that_counts_nowhere_pays_none(saver, loan, card):
    bill = lambda: next(o for o in saver.calendar()["obligations"] if o["name"] == "Installment")
    move(saver, 10000, card, booked_on="2026-04-15")
    move(saver, 10000, loan, booked_on="2026-04-15")
    assert "transaction_id" not in bill()
    paid = move(saver, 10000, loan, booked_on="2026-04-15", category="debt").json
    assert bill()["transaction_id"] == paid["from_transaction_id"]


def test_a_transfer_becomes_planned_and_is_planned_no_more(saver, loan, card):
    free = numbers(saver.calendar())
    t = move(saver, 700, loan).json
    path = f"{LIST}/{t['id']}"
    assert expect(saver.patch(path, {"category": "groceries"}, headers=ANY), 200).json["effect"]["today"]["spent_money"] == money(700)
    gone = expect(saver.patch(path, {"to_account_id": card}, headers=ANY), 200).json  # nothing to count between two on budget
    assert (gone["category"], gone["counts"]) == (None, False) and numbers(saver.calendar()) == free
    expect(saver.patch(path, {"category": "groceries"}, headers=ANY), 422)
    back = expect(saver.patch(path, {"to_account_id": loan, "category": "transport"}, headers=ANY), 200).json
    assert back["category"] == "transport"
    assert expect(saver.patch(path, {"category": None}, headers=ANY), 200).json["counts"] is False and numbers(saver.calendar()) == free


def test_the_category_follows_to_the_other_leg_when_the_direction_turns(saver, loan):
    t = move(saver, 700, loan, category="groceries").json
    now = expect(saver.patch(f"{LIST}/{t['id']}", {"from_account_id": loan, "to_account_id": None}, headers=ANY), 200).json
    assert (now["category"], now["effect"]["today"]["spent_money"]) == ("groceries", money(-700))
    assert [x["category"] for x in legs(saver, t)] == [None, "groceries"] and balances(saver) == {saver.id: 700, loan: -700}


# -- in two currencies
def test_L1_in_two_currencies_both_amounts_are_as_given_and_show_the_rate_that_was_paid(saver, dollars):
    assert expect(saver.post(LIST, {"to_account_id": dollars, "money": money(10000)}, headers=keyed()), 422).findings() == {"/to_money": "required"}
    t = move(saver, 10000, dollars, to_money=money(10843, "USD"), category="travel").json
    assert (t["money"], t["to_money"], t["counts"]) == (money(10000), money(10843, "USD"), True)
    assert balances(saver) == {saver.id: -10000, dollars: 10843}
    net = expect(saver.get("/v1/balances"), 200).json["net_worth"]
    assert {p["currency"]: p["net_money"]["amount"] for p in net} == {"EUR": -10000, "USD": 10843}
    now = expect(saver.patch(f"{LIST}/{t['id']}", {"money": money(9000)}, headers=ANY), 200).json
    assert (now["money"], now["to_money"]) == (money(9000), money(10843, "USD"))
    home = expect(saver.patch(f"{LIST}/{t['id']}", {"to_account_id": opened(saver, "loan")}, headers=ANY), 200).json
    assert home["to_money"] == money(9000)
    expect(saver.patch(f"{LIST}/{t['id']}", {"to_account_id": dollars}, headers=ANY), 422)


# -- one transfer's life
def test_a_transfer_is_made_changed_read_deleted_and_restored(saver, card):
    made = move(saver, 100, card)
    path = made.header("Location")
    read = expect(saver.get(path), 200)
    assert read.json == {k: v for k, v in made.json.items() if k != "effect"} and read.etag == made.etag
    expect(saver.get(path, headers={"If-None-Match": read.etag}), 304)
    expect(saver.patch(path, {"money": money(7)}, valid=False), 428, "precondition_required")
    now = expect(saver.patch(path, {"money": {"amount": 250}, "booked_on": "2026-04-02"}, headers={"If-Match": read.etag}), 200)
    assert (now.json["money"], now.json["to_money"], now.json["arrives_on"]) == (money(250), money(250), "2026-04-02")
    assert [x["money"]["amount"] for x in legs(saver, now.json)] == [-250, 250] and balances(saver, "2026-04-02") == {saver.id: -250, card: 250}
    expect(saver.patch(path, {"money": money(8)}, headers={"If-Match": read.etag}), 412, "precondition_failed")
    expect(saver.delete(path, headers={"If-Match": read.etag}), 412)
    before = said(legs(saver, now.json)[0]), said(legs(saver, now.json)[1])
    expect(saver.delete(path, headers={"If-Match": now.etag}), 200)
    for gone in (path, f"/v1/transactions/{now.json['from_transaction_id']}", f"/v1/transactions/{now.json['to_transaction_id']}"):
        expect(saver.get(gone), 404, "not_found")
    assert balances(saver, "2026-04-02") == {saver.id: 0, card: 0}
    k = key()
    back = expect(saver.post(f"{path}:restore", headers={"Idempotency-Key": k}), 200)
    assert (said(legs(saver, back.json)[0]), said(legs(saver, back.json)[1])) == before and balances(saver, "2026-04-02") == {saver.id: -250, card: 250}
    assert expect(saver.post(f"{path}:restore", headers={"Idempotency-Key": k}), 200).body == back.body
    expect(saver.delete(path, headers=ANY), 200)
    expect(saver.post(f"{path}:restore", headers={"Idempotency-Key": k}), 409, "deleted_since")


def test_a_day_of_its_own_stays_when_the_transfer_leaves_on_another(saver, card):
    t = move(saver, 100, card, booked_on="2026-04-01", arrives_on="2026-04-03").json
    now = expect(saver.patch(f"{LIST}/{t['id']}", {"booked_on": "2026-04-02"}, headers=ANY), 200).json
    assert (now["booked_on"], now["arrives_on"]) == ("2026-04-02", "2026-04-03")


def test_all_that_is_wrong_with_a_transfer_is_said_at_once(saver, card, loan, clock):
    body = {"id": "019d4a5c-7c00-4a01-8b02-0123456789ab", "to_account_id": uuid7(clock), "money": {"amount": 0, "currency": "EUR"}, "booked_on": "2026-02-30",
            "arrives_on": "1969-12-31", "category": "nonsense", "rate": "1.08"}
    found = expect(saver.post(LIST, body, headers=keyed(), valid=False), 422, "validation_failed").findings()
    assert found == {"/id": "invalid_id", "/to_account_id": "unknown_account", "/money/amount": "out_of_range", "/booked_on": "invalid_date",
                     "/arrives_on": "out_of_range", "/category": "unknown_category", "/rate": "unknown_field"}
    post = lambda **more: expect(saver.post(LIST, {"money": money(5)} | more, headers=keyed()), 422).findings()
    assert post() == {"/to_account_id": "same_account"}
    assert post(to_account_id=card, category="groceries") == {"/category": "no_category"}
    assert post(to_account_id=card, to_money=money(6)) == {"/to_money": "amounts_differ"}
    assert post(to_account_id=card, money=money(5, "USD")) == {"/money/currency": "currency_mismatch"}
    expect(saver.post(LIST, {"to_account_id": card, "money": money(5)}, valid=False), 400, "idempotency_key_required")
    t = move(saver, 5, loan).json
    path = f"{LIST}/{t['id']}"
    assert expect(saver.patch(path, {}, headers=ANY, valid=False), 422).findings() == {"": "empty_patch"}
    assert expect(saver.patch(path, {"money": {"amount": -5}, "note": "x"}, headers=ANY, valid=False), 422).findings() == {"/money": "out_of_range", "/note": "unknown_field"}
    expect(saver.post(LIST, {"id": t["id"], "to_account_id": card, "money": money(5)}, headers=keyed()), 409, "already_exists")
    assert expect(saver.get(f"{LIST}?account_id=x&booked_from=2026-13-01", valid=False), 422).findings() == {"/account_id": "invalid_id", "/booked_from": "invalid_date"}


def test_somebody_elses_transfer_accounts_and_transactions_are_not_there(stack, saver, card, clock):
    mine = move(saver, 5, card).json
    other = stack.person()
    for answer in (other.get(f"{LIST}/{mine['id']}"), other.patch(f"{LIST}/{mine['id']}", {"money": money(6)}, headers=ANY), other.delete(f"{LIST}/{mine['id']}", headers=ANY),
                   other.post(f"{LIST}/{mine['id']}:restore", headers=keyed()), other.post(f"{LIST}/{mine['id']}:unpair", headers=keyed()), saver.get(f"{LIST}/{uuid7(clock)}")):
        expect(answer, 404, "not_found")
    assert expect(other.post(LIST, {"to_account_id": card, "money": money(5)}, headers=keyed()), 422).findings() == {"/to_account_id": "unknown_account"}
    spent = saver.spend(100)["id"]
    refused = other.post(f"{LIST}:pair", {"transaction_ids": [spent, mine["to_transaction_id"]]}, headers=keyed())
    assert expect(refused, 422).findings() == {"/transaction_ids/0": "unknown_transaction", "/transaction_ids/1": "unknown_transaction"}
    assert expect(other.get(LIST), 200).json["data"] == []


def test_an_amount_beyond_the_range_is_refused_and_moves_nothing(saver, loan):
    saver.spend(1)
    before = saver.everything()
    refused = saver.post(LIST, {"to_account_id": loan, "money": money(2**53)}, headers=keyed(), valid=False)
    assert expect(refused, 422).findings() == {"/money/amount": "out_of_range"}
    full = {"to_account_id": loan, "money": money(2**53 - 1), "category": "groceries"}
    for day in ("2026-04-01", "2026-04-20"):
        assert expect(saver.post(LIST, full | {"booked_on": day}, headers=keyed()), 422, "amount_overflow").findings() == {"/money/amount": "amount_overflow"}
    assert saver.everything() == before and balances(saver) == {saver.id: -1, loan: 0}


def test_a_transfer_deleted_before_the_currency_became_another_stays_deleted(person):
    card = opened(person, "loan")
    t = move(person, 100, card).json
    expect(person.delete(f"{LIST}/{t['id']}", headers=ANY), 200)
    expect(person.patch("/v1/me", {"currency": "JPY"}, headers=ANY), 200)
    expect(person.post(f"{LIST}/{t['id']}:restore", headers=keyed()), 422, "currency_mismatch")
    assert expect(person.get(LIST), 200).json["data"] == [] and balances(person) == {person.id: 0, card: 0}


def test_the_currency_stays_while_there_is_a_transfer(person):
    move(person, 100, opened(person, "loan"))
    assert expect(person.patch("/v1/me", {"currency": "JPY"}, headers=ANY), 422).findings() == {"/currency": "currency_mismatch"}


def test_a_transfer_that_counts_nowhere_meets_no_income(saver, loan, card):
    incomes = lambda: saver.calendar()["incomes"]
    before = incomes()
    expect(saver.post(LIST, {"from_account_id": loan, "money": money(300000)}, headers=keyed()), 201)
    expect(saver.post(LIST, {"from_account_id": card, "money": money(300000)}, headers=keyed()), 201)
    assert incomes() == before
    expect(saver.post(LIST, {"from_account_id": loan, "money": money(300000), "category": "salary"}, headers=keyed()), 201)
    assert incomes() != before


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


# -- the list
def test_the_list_has_filters_pages_and_a_tag_of_all_that_moves_it(saver, card, loan):
    made = []
    for n in random.sample(range(12), 12):
        day, to = f"2026-03-{n + 1:02}", card if n % 3 else loan
        made.append((day, move(saver, n + 1, to, booked_on=day, arrives_on="2026-04-01").json["id"], to))
    made.sort(reverse=True)

    def pages(query):
        got, target = [], f"{LIST}?limit=3{query}"
        while target:
            page = expect(saver.get(target), 200)
            got += [t["id"] for t in page.json["data"]]
            link = page.header("Link")
            target = link and link[1:].split(">")[0]
        return got

    assert pages("") == [id for _, id, _ in made]
    assert pages(f"&account_id={loan}") == [id for _, id, to in made if to == loan]
    assert pages(f"&account_id={saver.id}") == [id for _, id, _ in made]
    within = [id for day, id, to in made if "2026-03-03" <= day <= "2026-03-08" and to == card]
    assert pages(f"&account_id={card}&booked_from=2026-03-03&booked_to=2026-03-08") == within
    cursor = expect(saver.get(f"{LIST}?limit=3"), 200).json["next_cursor"]
    expect(saver.get(f"{LIST}?account_id={card}&cursor={cursor}"), 400, "invalid_cursor")
    tag = expect(saver.get(LIST), 200).etag
    expect(saver.get(LIST, headers={"If-None-Match": tag}), 304)
    saver.spend(5)
    assert expect(saver.get(LIST, headers={"If-None-Match": tag}), 200).etag != tag


# -- two instances, keys, one statement
def test_C1_one_key_on_two_instances_is_one_transfer_and_one_pairing(saver, beside, card):
    ids = two_of(saver, card)
    for target, body in ((LIST, {"to_account_id": card, "money": money(700)}), (f"{LIST}:pair", {"transaction_ids": list(ids)})):
        head = {"Idempotency-Key": key()}

        def post(who):
            while (answer := who.post(target, body, headers=head)).status == 409:
                assert answer.code == "idempotency_in_flight"
            return expect(answer, 201).json["id"]

        with ThreadPoolExecutor(8) as pool:
            assert len(set(pool.map(post, (saver, beside) * 4))) == 1
    assert len(expect(saver.get(LIST), 200).json["data"]) == 2


def test_C2_of_two_changes_at_once_on_two_instances_one_stays(saver, beside, card):
    path = move(saver, 100, card).header("Location")
    for n in range(6):
        tag = expect(saver.get(path), 200).etag
        with ThreadPoolExecutor(2) as pool:
            change = lambda who: who.patch(path, {"money": money(n + 1 + (who is beside) * 100)}, headers={"If-Match": tag})
            assert sorted(a.status for a in pool.map(change, (saver, beside))) == [200, 412]
        now = expect(beside.get(path), 200).json
        assert balances(saver) == {saver.id: -now["money"]["amount"], card: now["money"]["amount"]}


def test_C2_of_one_transaction_paired_twice_at_once_one_pair_stays(saver, beside, card):
    left, one = two_of(saver, card)
    other = expect(saver.create(20000, "other_income", account_id=card), 201).json["id"]
    tries = ((saver, one), (beside, other))
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda x: x[0].post(f"{LIST}:pair", {"transaction_ids": [left, x[1]]}, headers=keyed()), tries))
    assert sorted(a.status for a in answers) == [201, 422]
    assert next(a for a in answers if a.status == 422).findings() == {"/transaction_ids/0": "transfer_leg"}


def test_B12_a_transfer_is_one_statement_once_the_month_is_known_and_an_entry_after_it_too(stack, saver, card, loan):
    move(saver, 100, card)  # new accounts: the month is read once

    def queries():
        text = Client(stack.finance, stack.contract).get("/metrics", internal=True).text
        prefix = 'mita_db_query_duration_seconds_count{query="finance_'
        return {name[len(prefix):-2]: int(n) for name, n in samples(text).items() if name.startswith(prefix)}

    mine = ("transfer_insert", "transaction_insert", "plan_state", "ledger_state", "user", "transfer")
    before = queries()
    for _ in range(2):
        move(saver, 100, card)
        saver.spend(5)
        spent = move(saver, 100, loan, category="groceries").json["effect"]["today"]["spent_money"]
    after = queries()
    assert {name: after.get(name, 0) - before.get(name, 0) for name in mine} == {"transfer_insert": 4, "transaction_insert": 2} | {name: 0 for name in mine[2:]}
    assert spent == money(210)


def test_C1_transfers_repeated_through_a_kill_minus_9_are_there_once_and_whole(stack, saver, card):
    rounds, keys = 24, [key() for _ in range(24)]

    doors = [Client(stack.gateway, stack.contract, saver.access) for _ in range(4)]

    def post(n):
        def once():
            try:
                answer = doors[n % 4].post(LIST, {"to_account_id": card, "money": money(n + 1)}, headers={"Idempotency-Key": keys[n]})
            except OSError:
                return None
            return answer if answer.status == 201 else None
        return until(once, 30 * stack.finance.slow, "the transfer to be answered").json["id"]

    with ThreadPoolExecutor(4) as pool:
        jobs = [pool.submit(lambda k=k: [post(n) for n in range(k, rounds, 4)]) for k in range(4)]
        stack.finance.kill()
        stack.finance.start()
        ids = {id for job in jobs for id in job.result()}
    stack.wait_ready()
    assert len(ids) == rounds
    assert {t["id"] for t in expect(saver.get(f"{LIST}?limit=500"), 200).json["data"]} == ids
    total = rounds * (rounds + 1) // 2
    assert balances(saver) == {saver.id: -total, card: total}


# -- the database itself
@pytest.mark.parametrize("what", [
    "update finance.transactions set amount = amount - 1 where id = %(left)s",
    "update finance.transactions set deleted_at = now() where id = %(left)s",
    "update finance.transactions set account_id = null, booked_on = '2026-05-05' where id = %(left)s",
    "update finance.transactions set transfer_id = null where id = %(arrived)s",
    "update finance.transactions set transfer_id = %(transfer)s where id = %(spent)s",
    "update finance.transactions set bill_id = 'x' where id = %(arrived)s",
    "update finance.transaction_lines set category = 'groceries', counts = true where transaction_id = %(left)s; "
    "update finance.transactions set version = version where id = %(left)s",
    "update finance.transfers set to_id = %(spent)s where id = %(transfer)s",
    "update finance.transfers set deleted_at = now() where id = %(transfer)s",
    "delete from finance.transfers where id = %(transfer)s",
    "update finance.transaction_lines set category = null, counts = false where transaction_id = %(spent)s",
])
def test_L1_the_database_itself_refuses_legs_that_are_not_one_thing(stack, saver, card, what):
    t = move(saver, 700, card).json
    names = {"left": t["from_transaction_id"], "arrived": t["to_transaction_id"], "transfer": t["id"], "spent": saver.spend(5)["id"]}
    with pytest.raises(Exception, match="not one thing|do not sum|has a category|transactions_transfer"):
        with stack.cluster.connect() as db:
            db.autocommit = False
            for statement in what.split("; "):
                db.cursor().execute(statement, names)
            db.commit()


def test_an_erased_person_takes_the_transfers_along(stack, saver, card):
    ids = two_of(saver, card)
    pair(saver, *ids)
    move(saver, 5, card)
    token = stack.secrets["MITA_INTERNAL_TOKEN"]
    expect(Client(stack.finance, stack.contract, token).delete(f"/internal/v1/users/{saver.id}", internal=True), 204)
    for table in ("transfers", "transactions", "transaction_lines", "removed"):
        assert stack.cluster.sql(f"select count(*) from finance.{table} where user_id = %s", (saver.id,)) == [(0,)]


# -- the law
def test_L1_after_any_transfers_changes_pairings_and_undoings_every_balance_and_day_is_what_the_books_say(stack, saver, beside):
    seed = int(os.environ.get("MITA_SEED", random.randrange(2**32)))
    print(f"again: MITA_SEED={seed}")
    rng = random.Random(seed)
    places = {saver.id: ("EUR", True), opened(saver): ("EUR", True), opened(saver, "loan"): ("EUR", False), opened(saver, "cash", currency="USD"): ("USD", False)}
    booked, transfers, gone = {}, {}, {}  # loose: id -> (account, amount, category); transfers: id -> ((account, amount), (account, amount), category or None)
    aside = {}                            # of pairs: id -> the two loose ones
    some_day = lambda: f"2026-04-{rng.randrange(1, 28):02}"

    def side(account):
        return places[account]

    def category_of(one, other):
        return rng.choice(["groceries", "transport", None]) if side(one)[1] != side(other)[1] else None

    def expected():
        held, spent = {a: 0 for a in places}, 0
        for account, amount, _ in booked.values():
            held[account] += amount
            spent -= amount if side(account)[1] else 0
        for left, arrived, category in transfers.values():
            for account, amount in (left, arrived):
                held[account] += amount
                spent -= amount if category and side(account)[1] else 0
        return held, spent

    for step in range(70):
        who, what = rng.choice((saver, beside)), rng.choice(["move", "move", "change", "delete", "restore", "book", "book", "pair", "pair", "unpair"])
        if what == "move":
            one, other = rng.sample(list(places), 2)
            amount, category = rng.randrange(1, 5000), category_of(one, other)
            arrives = amount if side(one)[0] == side(other)[0] else rng.randrange(1, 5000)
            body = {"from_account_id": one, "to_account_id": other, "money": money(amount, side(one)[0]), "to_money": money(arrives, side(other)[0]),
                    "booked_on": some_day(), "category": category}
            transfers[expect(who.post(LIST, body, headers=keyed()), 201).json["id"]] = (one, -amount), (other, arrives), category
        elif what == "change" and (own := sorted(set(transfers) - set(aside))):
            id, (one, other) = rng.choice(own), rng.sample(list(places), 2)
            amount, category = rng.randrange(1, 5000), category_of(one, other)
            arrives = amount if side(one)[0] == side(other)[0] else rng.randrange(1, 5000)
            body = {"from_account_id": one, "to_account_id": other, "money": money(amount, side(one)[0]), "to_money": money(arrives, side(other)[0]),
                    "booked_on": some_day(), "category": category}
            expect(who.patch(f"{LIST}/{id}", body, headers=ANY), 200)
            transfers[id] = (one, -amount), (other, arrives), category
        elif what == "delete" and transfers:
            id = rng.choice(sorted(transfers))
            expect(who.delete(f"{LIST}/{id}", headers=ANY), 200)
            gone[id] = transfers.pop(id)
        elif what == "restore" and gone:
            id = rng.choice(sorted(gone))
            expect(who.post(f"{LIST}/{id}:restore", headers=keyed()), 200)
            transfers[id] = gone.pop(id)
        elif what == "book":
            account, amount = rng.choice(list(places)), rng.choice([-1, 1]) * rng.choice([100, 200])
            category = "groceries" if amount < 0 else "other_income"
            body = {"account_id": account, "money": money(amount, side(account)[0]), "category": category, "booked_on": some_day()}
            booked[expect(who.post("/v1/transactions", body, headers=keyed()), 201).json["id"]] = account, amount, category
        elif what == "pair":
            fits = [(a, b) for a in sorted(booked) for b in sorted(booked) if booked[a][0] != booked[b][0] and booked[a][1] < 0 < booked[b][1]
                    and (side(booked[a][0])[0] != side(booked[b][0])[0] or booked[a][1] == -booked[b][1])]
            if not fits:
                continue
            a, b = rng.choice(fits)
            id = pair(who, a, b).json["id"]
            left, arrived = booked.pop(a), booked.pop(b)
            aside[id] = {a: left, b: arrived}
            on = [x for x in (left, arrived) if side(x[0])[1]]
            transfers[id] = left[:2], arrived[:2], on[0][2] if len(on) == 1 else None
        elif what == "unpair" and (pairs := sorted(set(transfers) & set(aside))):
            id = rng.choice(pairs)
            unpair(who, {"id": id})
            del transfers[id]
            booked |= aside.pop(id)
        held, spent = expected()
        who = rng.choice((saver, beside))
        assert balances(who, "2026-04-30") == held, f"after {what} in step {step}"
        counted = stack.cluster.sql("select coalesce(sum(spent), 0)::bigint from finance.day_actual where user_id = %s", (saver.id,))[0][0]
        assert counted == spent, f"after {what} in step {step}"
    saver.calendar()
    shown = expect(saver.get(f"{LIST}?limit=500"), 200).json["data"]
    assert {t["id"]: ((t["from_account_id"], -t["money"]["amount"]), (t["to_account_id"], t["to_money"]["amount"]), t["category"]) for t in shown} == transfers
