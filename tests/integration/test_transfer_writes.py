"""Transfers as they are listed, written by two instances and through kills, held by the database itself; L1 after anything that may happen to them."""
import os
import random
from concurrent.futures import ThreadPoolExecutor

import pytest

from mita.client import Client, expect
from mita.metrics import samples
from mita.people import key, money
from mita.waiting import until
from test_pairing import two_of
from test_transfers import ANY, LIST, balances, card, keyed, loan, move, opened, pair, unpair


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
