"""Transfers: two transactions that are one thing. Balances move, nothing is spent; pairing two that were there and unpairing them gives back what was."""
import pytest

from mita.client import expect
from mita.people import key, money, uuid7

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
