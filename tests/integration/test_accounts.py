"""Accounts: where money is, in which currency, on budget or off; balances on any day are the sum of what is booked, whoever books where (L2)."""
import os
import random
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import pytest

from mita.client import expect
from mita.people import key, money, uuid7

LIST, ACCOUNTS = "/v1/transactions", "/v1/accounts"
ANY = {"If-Match": "*"}


def opened(who, kind="bank", **more):
    return expect(who.post(ACCOUNTS, {"name": "Some account", "kind": kind} | more, headers={"Idempotency-Key": key()}), 201).json


def balances(who, on=None):
    answer = expect(who.get("/v1/balances" + (f"?on={on}" if on else "")), 200).json
    return {b["account_id"]: b["balance_money"]["amount"] for b in answer["balances"]}


def worth(who, on=None):
    answer = expect(who.get("/v1/balances" + (f"?on={on}" if on else "")), 200).json
    return {p["currency"]: tuple(p[f"{k}_money"]["amount"] for k in ("assets", "debts", "net")) for p in answer["net_worth"]}


def plan_of(who):
    """Every number of the plan; what was booked is listed beside them."""
    page = expect(who.get("/v1/today"), 200).json
    return who.calendar(), who.calendar("2026-05"), {k: v for k, v in page.items() if k != "last_transactions"}


# -- the first account
def test_everybody_has_one_account_from_the_beginning_and_what_names_none_is_of_it(person):
    first = expect(person.get(ACCOUNTS), 200).json["data"]
    assert [(a["id"], a["default"], a["on_budget"], a["currency"], a["opening_money"]) for a in first] == [(person.id, True, True, "EUR", money(0))]
    made = person.spend(100)
    assert made["account_id"] == person.id == person.spend(50, account_id=person.id)["account_id"]
    assert balances(person) == {person.id: -150}
    listed = expect(person.get(f"{LIST}?account_id={person.id}"), 200).json["data"]
    assert {t["money"]["amount"] for t in listed} == {-100, -50}
    path = f"{ACCOUNTS}/{person.id}"
    expect(person.delete(path, headers=ANY), 409, "in_use")
    expect(person.patch(path, {"archived": True}, headers=ANY), 409, "in_use")
    assert expect(person.patch(path, {"on_budget": False}, headers=ANY, valid=True), 422).findings() == {"/on_budget": "invalid_value"}
    assert expect(person.patch(path, {"currency": "USD"}, headers=ANY), 422).findings() == {"/currency": "currency_mismatch"}


def test_the_first_account_is_of_the_persons_currency_as_long_as_that_may_change(stack):
    person = stack.person()
    expect(person.patch("/v1/me", {"currency": "JPY"}, headers=ANY), 200)
    account = expect(person.get(f"{ACCOUNTS}/{person.id}"), 200)
    assert account.json["currency"] == "JPY" and account.json["opening_money"] == money(0, "JPY")
    expect(person.patch(f"{ACCOUNTS}/{person.id}", {"opening_money": money(500, "JPY")}, headers={"If-Match": account.etag}), 200)
    assert expect(person.patch("/v1/me", {"currency": "EUR"}, headers=ANY), 422).findings() == {"/currency": "currency_mismatch"}
    other = stack.person()
    opened(other, currency="EUR")
    assert expect(other.patch("/v1/me", {"currency": "JPY"}, headers=ANY), 422).findings() == {"/currency": "currency_mismatch"}
    third = stack.person()
    opened(third, currency="USD")  # off budget: of no concern to the plan
    expect(third.patch("/v1/me", {"currency": "JPY"}, headers=ANY), 200)


# -- one account's life
def test_an_account_is_made_changed_listed_in_order_archived_and_removed(saver):
    head = {"Idempotency-Key": key()}
    body = {"name": "Visa", "kind": "card", "opening_money": money(-12500), "position": 5}
    made = expect(saver.post(ACCOUNTS, body, headers=head), 201)
    id = made.json["id"]
    assert made.header("Location") == f"{ACCOUNTS}/{id}"
    assert {k: made.json[k] for k in ("kind", "currency", "on_budget", "archived", "default", "position")} == {
        "kind": "card", "currency": "EUR", "on_budget": True, "archived": False, "default": False, "position": 5}
    again = expect(saver.post(ACCOUNTS, body, headers=head), 201)
    assert again.json == made.json and again.header("Idempotency-Replayed") == "true"
    expect(saver.post(ACCOUNTS, body | {"name": "Other"}, headers=head), 422, "idempotency_mismatch")
    expect(saver.post(ACCOUNTS, body | {"id": id}, headers={"Idempotency-Key": key()}), 409, "already_exists")
    expect(saver.post(ACCOUNTS, body, valid=False), 400, "idempotency_key_required")
    early = opened(saver, "cash", position=0)
    last = opened(saver, "loan")
    assert last["position"] == 6 and last["on_budget"] is False
    assert [a["id"] for a in expect(saver.get(ACCOUNTS), 200).json["data"]] == sorted((saver.id, early["id"])) + [id, last["id"]]
    path = f"{ACCOUNTS}/{id}"
    got = expect(saver.get(path), 200)
    expect(saver.get(path, headers={"If-None-Match": got.etag}), 304)
    expect(saver.patch(path, {"name": "Gold"}, valid=False), 428)
    renamed = expect(saver.patch(path, {"name": "Gold", "archived": True, "position": 0}, headers={"If-Match": got.etag}), 200)
    assert (renamed.json["name"], renamed.json["archived"]) == ("Gold", True)
    stale = expect(saver.patch(path, {"name": "Silver"}, headers={"If-Match": got.etag}), 412)
    assert stale.etag == renamed.etag
    assert saver.create(-1, account_id=id).findings() == {"/account_id": "archived_account"}
    expect(saver.patch(path, {"archived": False}, headers=ANY), 200)
    spent = saver.spend(700, account_id=id)
    expect(saver.delete(path, headers={"If-Match": got.etag}), 412)
    expect(saver.delete(path, headers=ANY), 204)  # in use: archived
    assert expect(saver.get(path), 200).json["archived"] is True
    assert balances(saver)[id] == -13200
    kept = expect(saver.patch(f"{LIST}/{spent['id']}", {"note": "x", "account_id": id}, headers=ANY), 200)  # what it has may stay
    assert kept.json["account_id"] == id
    expect(saver.delete(f"{ACCOUNTS}/{early['id']}", headers=ANY), 204)
    expect(saver.get(f"{ACCOUNTS}/{early['id']}"), 404)


def test_the_list_has_pages_and_a_tag(saver):
    for n in range(4):
        opened(saver, name=f"Account {n}")
    whole = expect(saver.get(ACCOUNTS), 200)
    seen, cursor = [], ""
    while cursor is not None:
        page = expect(saver.get(f"{ACCOUNTS}?limit=2" + (f"&cursor={cursor}" if cursor else "")), 200).json
        seen += page["data"]
        cursor = page["next_cursor"]
    assert seen == whole.json["data"] and len(seen) == 5
    expect(saver.get(ACCOUNTS, headers={"If-None-Match": whole.etag}), 304)
    opened(saver)
    expect(saver.get(ACCOUNTS, headers={"If-None-Match": whole.etag}), 200)


def test_somebody_elses_account_is_404_and_unknown_to_a_transaction(stack, saver):
    theirs = opened(stack.person())["id"]
    for answer in (saver.get(f"{ACCOUNTS}/{theirs}"), saver.patch(f"{ACCOUNTS}/{theirs}", {"name": "x"}, headers=ANY), saver.delete(f"{ACCOUNTS}/{theirs}", headers=ANY)):
        expect(answer, 404, "not_found")
    before = saver.everything()
    for id in (theirs, uuid7(stack.clock)):
        answer = expect(saver.create(-100, account_id=id), 422, "unknown_account")
        assert answer.findings() == {"/account_id": "unknown_account"}
    assert saver.everything() == before
    mine = saver.spend(100)
    assert expect(saver.patch(f"{LIST}/{mine['id']}", {"account_id": theirs}, headers=ANY), 422).findings() == {"/account_id": "unknown_account"}


def test_all_that_is_wrong_with_an_account_is_said_at_once(saver):
    body = {"id": "x", "name": " ", "kind": "wallet", "currency": "XXX", "opening_money": {"amount": 1.5, "currency": "EUR"}, "on_budget": 1, "position": -1, "balance": 0}
    answer = expect(saver.post(ACCOUNTS, body, headers={"Idempotency-Key": key()}, valid=False), 422)
    assert answer.findings() == {"/id": "invalid_id", "/name": "too_short", "/kind": "invalid_value", "/currency": "unknown_currency", "/opening_money/amount": "not_an_integer",
                                 "/on_budget": "wrong_type", "/position": "out_of_range", "/balance": "unknown_field"}


def test_a_person_has_at_most_100_accounts(stack):
    person = stack.person()
    stack.cluster.sql("insert into finance.accounts (user_id, id, name, kind, currency, on_budget, created_at, updated_at) select %s, gen_random_uuid(), 'x', 'cash', 'EUR', true, now(), now()"
                      " from generate_series(1, 98)", expect(person.get("/v1/me"), 200).json["id"])
    opened(person)
    assert expect(person.post(ACCOUNTS, {"name": "x", "kind": "bank"}, headers={"Idempotency-Key": key()}), 422).findings() == {"": "too_many"}


# -- currencies, on budget and off
def test_an_account_in_another_currency_is_off_budget_and_moves_no_number_of_the_plan(saver, clock):
    answer = saver.post(ACCOUNTS, {"name": "Depot", "kind": "investment", "currency": "USD", "on_budget": True}, headers={"Idempotency-Key": key()})
    assert expect(answer, 422).findings() == {"/on_budget": "currency_mismatch"}
    depot = opened(saver, "investment", currency="USD", opening_money=money(100000, "USD"))
    assert depot["on_budget"] is False
    plan = plan_of(saver)
    answer = expect(saver.create(-100, account_id=depot["id"]), 422)
    assert answer.findings() == {"/money/currency": "currency_mismatch"}
    body = {"money": money(-2500, "USD"), "category": "housing", "account_id": depot["id"], "booked_on": "2026-05-01"}
    made = expect(saver.post(LIST, body, headers={"Idempotency-Key": key()}), 201)
    assert made.json["money"] == money(-2500, "USD") and made.json["effect"]["today"]["budget_money"]["currency"] == "EUR"
    assert plan_of(saver) == plan
    path = f"{LIST}/{made.json['id']}"
    assert expect(saver.patch(path, {"bill_id": saver.calendar()["obligations"][0]["id"]}, headers=ANY), 422).findings() == {"/bill_id": "off_budget"}
    assert expect(saver.patch(path, {"account_id": None}, headers=ANY), 422).findings() == {"/money": "required"}
    expect(saver.patch(path, {"money": {"amount": -3000}}, headers=ANY), 200)
    expect(saver.delete(path, headers=ANY), 200)
    expect(saver.post(f"{path}:restore", headers={"Idempotency-Key": key()}), 200)
    assert plan_of(saver) == plan
    assert balances(saver, "2026-05-01")[depot["id"]] == 97000
    assert worth(saver, "2026-05-01") == {"EUR": (0, 0, 0), "USD": (97000, 0, 97000)}


@pytest.mark.parametrize("currency,amount", [("EUR", -4000), ("USD", -4400)])
def test_what_moves_into_the_plan_and_out_of_it_counts_and_counts_no_more(saver, currency, amount):
    off = opened(saver, "savings", currency=currency, on_budget=False)["id"]
    never = saver.calendar()
    entry = saver.spend(4000)
    counted = saver.calendar()
    assert counted != never
    path = f"{LIST}/{entry['id']}"
    out = expect(saver.patch(path, {"account_id": off, "money": money(amount, currency)}, headers=ANY), 200).json
    assert saver.calendar() == never and out["effect"]["today"]["spent_money"] == money(0)
    back = expect(saver.patch(path, {"account_id": None, "money": money(-4000)}, headers=ANY), 200).json
    assert saver.calendar() == counted and back["effect"]["today"]["spent_money"] == money(4000)
    assert balances(saver) == {saver.id: -4000, off: 0}


def test_currency_and_budget_of_an_account_stay_once_something_was_booked_in_it(saver):
    account = opened(saver, "savings")
    path = f"{ACCOUNTS}/{account['id']}"
    assert expect(saver.patch(path, {"currency": "USD", "on_budget": False}, headers=ANY), 200).json["currency"] == "USD"
    assert expect(saver.patch(path, {"currency": "EUR", "on_budget": True}, headers=ANY), 200).json["on_budget"] is True
    saver.remove(saver.spend(100, account_id=account["id"]))
    for change in ({"on_budget": False}, {"currency": "USD", "on_budget": False}):
        expect(saver.patch(path, change, headers=ANY), 409, "in_use")
    expect(saver.patch(path, {"on_budget": True, "name": "As it was"}, headers=ANY), 200)


# -- balances
def test_a_balance_on_any_day_is_what_was_there_and_what_was_booked_until_then(saver):
    account = opened(saver, opening_money=money(1000))["id"]
    for day, amount in (("1999-12-31", 5), ("2026-02-28", 10), ("2026-03-01", 20), ("2026-03-31", 40), ("2026-04-01", 80), ("2026-04-02", 160), ("2027-04-01", 320)):
        expect(saver.create(amount, "other_income", account_id=account, booked_on=day), 201)
    want = {"0001-01-01": 1000, "1999-12-30": 1000, "1999-12-31": 1005, "2026-02-27": 1005, "2026-02-28": 1015, "2026-03-01": 1035, "2026-03-30": 1035, "2026-03-31": 1075,
            "2026-04-01": 1155, "2026-04-02": 1315, "2026-12-31": 1315, "2027-04-01": 1635, "9998-12-31": 1635}
    assert {day: balances(saver, day)[account] for day in want} == want
    assert balances(saver)[account] == 1155  # today
    assert worth(saver, "2027-04-01") == {"EUR": (1635, 0, 1635)}


def test_balances_have_a_tag_that_moves_with_each_write_that_may_move_them(saver, clock):
    tag = expect(saver.get("/v1/balances"), 200).etag
    expect(saver.get("/v1/balances", headers={"If-None-Match": tag}), 304)
    saver.spend(1)
    moved = expect(saver.get("/v1/balances", headers={"If-None-Match": tag}), 200).etag
    expect(saver.patch(f"{ACCOUNTS}/{saver.id}", {"opening_money": money(7)}, headers=ANY), 200)
    again = expect(saver.get("/v1/balances", headers={"If-None-Match": moved}), 200)
    assert again.json["balances"][0]["balance_money"] == money(6)
    clock.local("Europe/Sofia", "2026-04-02")
    saver.login()
    expect(saver.get("/v1/balances", headers={"If-None-Match": again.etag}), 200)


def test_a_balance_beyond_exact_amounts_is_said_not_shown(saver):
    most = 2**53 - 1
    account = opened(saver, opening_money=money(most))["id"]
    expect(saver.create(1, "other_income", account_id=account, booked_on="2026-03-01"), 201)
    expect(saver.get("/v1/balances"), 422, "amount_overflow")
    assert balances(saver, "2026-02-28")[account] == most
    expect(saver.patch(f"{ACCOUNTS}/{account}", {"opening_money": money(0)}, headers=ANY), 200)
    assert balances(saver)[account] == 1


# -- L2
class Ledger:
    """What the balances must be, of what was taken."""

    def __init__(self):
        self.entries, self.opening = {}, {}

    def on(self, day):
        return {a: opening + sum(e["amount"] for e in self.entries.values() if e["account"] == a and not e["deleted"] and e["day"] <= day) for a, opening in self.opening.items()}


def test_L2_balances_are_the_sums_of_what_is_booked_after_any_writes_on_two_instances(stack, saver, beside):
    seed = int(os.environ.get("MITA_SEED", random.randrange(2**32)))
    print(f"MITA_SEED={seed}")
    rng, model = random.Random(seed), Ledger()
    model.opening = {saver.id: 0} | {opened(saver, k, opening_money=money(o))["id"]: o for k, o in (("bank", 500), ("card", -300), ("loan", -100000))}
    day = lambda: str(date(2026, 4, 1) + timedelta(rng.randrange(-800, 300)))
    for _ in range(400 if os.environ.get("MITA_NIGHTLY") else 60):
        who, account, amount = rng.choice((saver, beside)), rng.choice(list(model.opening)), rng.choice([-1, 1]) * rng.randrange(1, 10**6)
        id = rng.choice(list(model.entries)) if model.entries else None
        what = rng.choices(["book", "edit", "delete", "restore", "open"], [6, 4, 2, 2, 1])[0] if id else "book"
        if what == "book":
            id, on = uuid7(stack.clock), day()
            splits = [{"category": "home", "money": money(amount)}, {"category": "groceries", "money": money(amount)}] if rng.random() < 0.3 else None
            more = {"splits": splits} if splits else {"category": "groceries"}
            amount = 2 * amount if splits else amount
            expect(who.create(amount, **more, id=id, booked_on=on, account_id=account), 201)
            model.entries[id] = {"amount": amount, "account": account, "day": on, "deleted": False, "split": bool(splits)}
        elif what == "open":
            opening = rng.randrange(-10**6, 10**6)
            expect(who.patch(f"{ACCOUNTS}/{account}", {"opening_money": money(opening)}, headers=ANY), 200)
            model.opening[account] = opening
        else:
            entry = model.entries[id]
            if what == "edit" and not entry["deleted"]:
                entry |= {"account": account, "day": day()} | ({} if entry["split"] else {"amount": amount})
                expect(who.patch(f"{LIST}/{id}", {"account_id": account, "booked_on": entry["day"], "money": money(entry["amount"])}, headers=ANY), 200)
            elif what == "delete" and not entry["deleted"]:
                expect(who.delete(f"{LIST}/{id}", headers=ANY), 200)
                entry["deleted"] = True
            elif what == "restore":
                expect(who.post(f"{LIST}/{id}:restore", headers={"Idempotency-Key": key()}), 200)
                entry["deleted"] = False
        asked = day()
        assert balances(rng.choice((saver, beside)), asked) == model.on(asked), f"on {asked} after {what}, MITA_SEED={seed}"


def test_L2_C1_many_who_book_at_once_on_two_instances_lose_nothing(saver, beside):
    accounts = [saver.id, opened(saver)["id"]]

    def book(n):
        expect((saver, beside)[n % 2].create(n + 1, "other_income", account_id=accounts[n % 3 % 2], booked_on=f"2026-0{n % 4 + 1}-15"), 201)
        return n

    with ThreadPoolExecutor(8) as pool:
        done = list(pool.map(book, range(48)))
    want = {a: sum(n + 1 for n in done if accounts[n % 3 % 2] == a and n % 4 + 1 <= 3) for a in accounts}
    assert balances(saver, "2026-03-31") == want


def test_L2_the_database_keeps_it_whoever_writes(stack, saver):
    account = opened(saver)["id"]
    for n in range(3):
        saver.spend(100 + n, account_id=account, booked_on=f"2026-0{n + 2}-10")
    sql = stack.cluster.sql
    sql("begin; update finance.transactions set amount = amount - 1000, booked_on = booked_on + 31 where user_id = %s;"
        " update finance.transaction_lines set amount = amount - 1000, booked_on = booked_on + 31 where user_id = %s; commit", saver.id, saver.id)
    assert balances(saver, "2026-12-31")[account] == -3303
    sql("update finance.transactions set account_id = null where user_id = %s", saver.id)
    assert balances(saver, "2026-12-31") == {saver.id: -3303, account: 0}
    sql("delete from finance.transactions where user_id = %s", saver.id)
    assert set(balances(saver, "2026-12-31").values()) == {0}
    sql("delete from finance.users where user_id = %s", saver.id)  # the day's sums are what they were: nobody's fault but this test's


def test_C2_of_two_changes_of_one_account_at_once_on_two_instances_one_is_stale(saver, beside):
    account = opened(saver)
    path = f"{ACCOUNTS}/{account['id']}"
    for n in range(6):
        etag = expect(saver.get(path), 200).etag
        with ThreadPoolExecutor(2) as pool:
            answers = list(pool.map(lambda who: who.patch(path, {"name": f"Name {n} of {id(who)}"}, headers={"If-Match": etag}), (saver, beside)))
        assert sorted(a.status for a in answers) == [200, 412]
        won = next(a for a in answers if a.status == 200)
        assert expect(beside.get(path), 200).json == won.json


def test_C1_one_key_on_two_instances_opens_one_account(saver, beside):
    body, head = {"name": "Once", "kind": "cash"}, {"Idempotency-Key": key()}
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda who: who.post(ACCOUNTS, body, headers=head), (saver, beside)))
    assert {a.status for a in answers} == {201} and answers[0].json == answers[1].json
    assert [a["name"] for a in expect(saver.get(ACCOUNTS), 200).json["data"]].count("Once") == 1


def test_an_account_is_never_removed_from_under_what_is_booked_in_it_meanwhile(saver, beside):
    for _ in range(6):
        account = opened(saver)["id"]
        with ThreadPoolExecutor(2) as pool:
            gone = pool.submit(saver.delete, f"{ACCOUNTS}/{account}", headers=ANY)
            spent = pool.submit(beside.create, -100, account_id=account)
        expect(gone.result(), 204)
        left = saver.get(f"{ACCOUNTS}/{account}")
        if spent.result().status == 201:
            assert expect(left, 200).json["archived"] is True
        else:
            assert spent.result().findings() in ({"/account_id": "unknown_account"}, {"/account_id": "archived_account"})
            expect(left, 404)
