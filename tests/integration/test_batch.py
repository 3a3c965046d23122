"""POST /v1/transactions:batch: n at once are n one after the other, all or each for itself, once, whatever is cut or asked again."""
import json
import os
import random
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import pytest

from mita.audit import audit_ledger
from mita.client import Client, expect
from mita.people import key, line, money, uuid7
from test_changes import Replica, full_reading
from test_concurrency import insist
from test_once import queries

LIST = "/v1/transactions"
BATCH = LIST + ":batch"
MOST = 2**53 - 1


def batch(who, items, mode="atomic", k=None, **more):
    return who.post(BATCH, {"mode": mode, "items": items}, headers={"Idempotency-Key": k or key()}, **more)


def spend(amount, category="groceries", **members):
    return {"money": money(-amount), "category": category} | members


def refused(who, items, findings, code, status=422, **more):
    before = who.everything()
    answer = expect(batch(who, items, **more), status, code)
    assert answer.findings() == findings
    assert who.everything() == before


def statuses(answer):
    return [item["status"] for item in answer.json["data"]]


def amounts(who):
    return sorted(t["money"]["amount"] for t in expect(who.get(LIST + "?limit=500"), 200).json["data"])


# -- atomic
def test_all_of_a_batch_are_logged_in_their_order_with_the_effect_of_all(saver):
    answer = expect(batch(saver, [spend(100), spend(200, "transport", booked_on="2026-03-30", payee="Bus", tags=["a", "b"], note="two\nlines"),
                                  {"money": money(-300), "splits": [{"category": "groceries", "money": money(-400)}, {"category": "coffee", "money": money(100), "note": "x"}]}]), 200)
    assert statuses(answer) == [201, 201, 201] and answer.etag is None
    made = [item["transaction"] for item in answer.json["data"]]
    assert [t["id"] for t in made] == sorted(t["id"] for t in made)
    for t in made:
        assert expect(saver.get(f"{LIST}/{t['id']}"), 200).json == t
    assert made[1]["payee"] == "Bus" and made[1]["tags"] == ["a", "b"] and [x["note"] for x in made[2]["splits"]] == [None, "x"]
    assert answer.json["effect"]["today"]["spent_money"] == money(400)
    assert answer.json["effect"]["today"] == saver.spend(1)["effect"]["today"] | {
        "spent_money": money(400), "left_money": money(answer.json["effect"]["today"]["budget_money"]["amount"] - 400)}


def test_without_a_plan_a_batch_is_logged_without_an_effect(person):
    assert expect(batch(person, [spend(100), spend(200)]), 200).json["effect"] is None
    assert amounts(person) == [-200, -100]


def test_what_is_wrong_in_any_item_is_told_of_all_of_them_and_nothing_is_logged(saver):
    items = [spend(1), spend(2, "no_such"), {"money": money(-3)}, spend(4, booked_on="2026-02-30", payee="\u202e"), spend(5) | {"nope": 1}, 7]
    refused(saver, items, {"/items/1/category": "unknown_category", "/items/2/category": "required", "/items/3/booked_on": "invalid_date", "/items/3/payee": "invalid_characters",
                           "/items/4/nope": "unknown_field", "/items/5": "wrong_type"}, "validation_failed", valid=False)
    refused(saver, [spend(1), spend(2, "no_such"), spend(3, "nor_this")], {"/items/1/category": "unknown_category", "/items/2/category": "unknown_category"}, "unknown_category")


def test_at_most_a_hundred_findings_are_told(saver):
    answer = expect(batch(saver, [spend(1, "no_such")] * 300), 422, "unknown_category")
    assert len(answer.json["errors"]) == 100


@pytest.mark.parametrize("body,findings", [
    ({}, {"/mode": "required", "/items": "required"}), ({"mode": "both", "items": []}, {"/mode": "invalid_value", "/items": "too_few"}),
    ({"mode": "atomic", "items": {}}, {"/items": "wrong_type"}), ({"mode": None, "items": None}, {"/mode": "wrong_type", "/items": "wrong_type"}),
    ({"mode": "atomic", "items": [spend(1)], "more": 1}, {"/more": "unknown_field"}), ([], {"": "wrong_type"}),
    ({"mode": "atomic", "items": [spend(1)] * 1001}, {"/items": "too_many"})])
def test_a_body_in_another_form_is_refused(saver, body, findings):
    answer = expect(saver.post(BATCH, body, headers={"Idempotency-Key": key()}, valid=False), 422)
    assert answer.findings() == findings
    assert amounts(saver) == []


def test_a_batch_needs_a_key_and_takes_no_query(saver):
    expect(saver.post(BATCH, {"mode": "atomic", "items": [spend(1)]}, valid=False), 400, "idempotency_key_required")
    expect(saver.post(BATCH + "?dry=1", {"mode": "atomic", "items": [spend(1)]}, headers={"Idempotency-Key": key()}, valid=False), 400, "unknown_parameter")
    expect(saver.get(BATCH, valid=False), 405)


# -- ids
def test_an_id_that_is_taken_refuses_its_item_and_names_it(saver, clock):
    live, gone, new = uuid7(clock), uuid7(clock), uuid7(clock)
    saver.spend(1, id=live)
    saver.remove(saver.spend(2, id=gone))
    items = [spend(10, id=live), spend(20, id=gone), spend(30, id=new), spend(40, id=new), spend(50)]
    taken = {"/items/0/id": "already_exists", "/items/1/id": "already_exists", "/items/3/id": "already_exists"}
    refused(saver, items, taken, "already_exists", 409)
    refused(saver, items + [spend(6, "no_such")], taken | {"/items/5/category": "unknown_category"}, "validation_failed")
    answer = expect(batch(saver, items, "independent"), 207)
    assert statuses(answer) == [409, 409, 201, 409, 201]
    assert answer.json["data"][3]["problem"]["code"] == "already_exists" and answer.json["data"][3]["problem"]["errors"][0]["pointer"] == "/items/3/id"
    assert amounts(saver) == [-50, -30, -1]


def test_somebody_elses_id_is_free(saver, stack, clock):
    id = uuid7(clock)
    other = stack.person()
    expect(batch(other, [spend(1, id=id)]), 200)
    expect(batch(saver, [spend(2, id=id)]), 200)
    assert (amounts(other), amounts(saver)) == ([-1], [-2])


# -- independent
def test_what_is_wrong_with_one_item_is_no_matter_of_the_others(saver):
    answer = expect(batch(saver, [spend(1), spend(2, "no_such"), {"money": money(-3)}, spend(4)], "independent", valid=False), 207)
    assert statuses(answer) == [201, 422, 422, 201]
    problem = answer.json["data"][1]["problem"]
    assert (problem["code"], [e["pointer"] for e in problem["errors"]]) == ("unknown_category", ["/items/1/category"])
    assert amounts(saver) == [-4, -1]
    assert answer.json["effect"]["today"]["spent_money"] == money(5)


def test_when_each_item_is_refused_nothing_is_logged_and_the_key_keeps_its_answer(saver):
    k = key()
    first = expect(batch(saver, [spend(1, "no_such")], "independent", k), 207)
    again = expect(batch(saver, [spend(1, "no_such")], "independent", k), 207)
    assert again.body == first.body and again.header("Idempotency-Replayed") == "true"
    assert amounts(saver) == []


# -- judged as one post after the other
def test_sums_that_leave_the_range_refuse_the_item_that_does_it(saver):
    items = [spend(MOST - 100), spend(101, "transport"), spend(100, "coffee"), spend(1), spend(MOST, booked_on="2026-02-01"), spend(1, "coffee", booked_on="2026-02-02")]
    refused(saver, items, {f"/items/{n}/money/amount": "amount_overflow" for n in (1, 3, 5)}, "amount_overflow")
    answer = expect(batch(saver, items, "independent"), 207)
    assert statuses(answer) == [201, 422, 201, 422, 201, 422]
    expect(saver.create(-1), 422, "amount_overflow")
    expect(saver.get("/v1/calendar"), 200)
    expect(saver.get("/v1/calendar?month=2026-02"), 200)


def test_each_month_a_batch_reaches_is_opened_and_a_bill_of_it_can_be_paid_by_a_later_item(stack, saver):
    rent = next(o["id"] for o in saver.calendar("2026-04")["obligations"] if o["name"] == "Rent")
    later = rent[:-10] + "2026-07-01"
    items = [spend(120000, "housing", booked_on="2026-06-30", bill_id=later), spend(100, booked_on="2026-07-02"), spend(120000, "housing", booked_on="2026-06-30", bill_id=later)]
    answer = expect(batch(saver, items, "independent"), 207)
    assert statuses(answer) == [422, 201, 201] and answer.json["data"][0]["problem"]["code"] == "unknown_bill"
    months = stack.cluster.sql("select month::text from finance.periods where user_id = %s order by 1", (saver.id,))
    assert [m[0][:7] for m in months] == ["2026-04", "2026-05", "2026-06", "2026-07"]
    july = saver.calendar("2026-07")
    assert next(o for o in july["obligations"] if o["name"] == "Rent")["status"] == "paid"
    refused(saver, [spend(5, "coffee", bill_id=later), {"money": money(5), "category": "housing", "bill_id": later}],
            {"/items/0/bill_id": "bill_category", "/items/1/bill_id": "bill_sign"}, "validation_failed")


def test_accounts_are_judged_item_by_item(saver):
    opened = lambda **m: expect(saver.post("/v1/accounts", {"name": "Some", "kind": "bank"} | m, headers={"Idempotency-Key": key()}), 201)
    dinars, off, old = opened(currency="KWD").json["id"], opened(on_budget=False).json["id"], opened()
    expect(saver.patch(f"/v1/accounts/{old.json['id']}", {"archived": True}, headers={"If-Match": old.etag}), 200)
    rent = saver.calendar("2026-04")["obligations"][0]["id"]
    items = [spend(1, account_id=dinars), {"money": money(-2, "KWD"), "category": "coffee", "account_id": dinars}, spend(3, account_id=off), spend(4, account_id=old.json["id"]),
             spend(5, account_id="019d4a5c-7c01-7a01-9b02-0123456789ab"), spend(6, "housing", account_id=off, bill_id=rent)]
    answer = expect(batch(saver, items, "independent"), 207)
    said = [{e["code"] for e in i["problem"]["errors"]} if "problem" in i else set() for i in answer.json["data"]]
    assert said == [{"currency_mismatch"}, set(), set(), {"archived_account"}, {"unknown_account"}, {"off_budget"}]
    assert answer.json["effect"]["today"]["spent_money"] == money(0)


def some_item(rng, clock, bills, first):
    n = rng.randrange(8)
    day = first + timedelta(rng.randrange(-45, 40))
    item = {"id": uuid7(clock), "booked_on": str(day)}
    if n == 0:
        a, b = -rng.randrange(1, 9000), rng.choice([-1, 1]) * rng.randrange(1, 9000)
        return item | {"money": money(a + b), "splits": [{"category": "groceries", "money": money(a)}, {"category": rng.choice(["coffee", "transport"]), "money": money(b)}]}
    if n == 1:
        return item | {"money": money(rng.choice([300000, 150000, 2000])), "category": "salary"}
    if n == 2:
        return item | spend(rng.choice([120000, 119000, 60000]), "housing", bill_id=rng.choice([None, "none", rng.choice(bills)]))
    if n == 3:
        return item | spend(rng.choice([3001, 15000, 10000]), rng.choice(["communication", "utilities", "debt"]))
    return item | spend(rng.randrange(1, 6000), rng.choice(["groceries", "transport", "dining_out", "coffee", "entertainment"]), tags=rng.sample(["a", "b", "c"], rng.randrange(3)))


def shown(who, months):
    """Every view, without what differs from one person to another and from one moment to another."""
    def clean(x):
        if isinstance(x, dict):
            return {k: clean(v) for k, v in x.items() if k not in ("account_id", "created_at", "updated_at", "id", "bill_id", "paid_by")}
        return [clean(v) for v in x] if isinstance(x, list) else x
    views = [who.calendar(m) for m in months] + [expect(who.get(LIST + "?limit=500"), 200).json, expect(who.get("/v1/today"), 200).json]
    return [clean(v) for v in views]


@pytest.mark.parametrize("nth", range(3))
def test_P4_a_batch_of_n_is_n_posts_in_any_split_of_batches(stack, clock, nth):
    seed = int(os.environ.get("MITA_SEED", random.randrange(2**32))) + nth
    print(f"seed {seed}")
    rng = random.Random(seed)
    clock.local("Europe/Sofia", "2026-04-09")
    people = [stack.person() for _ in range(3)]
    for who in people:
        who.onboard()
    clock.local("Europe/Sofia", "2026-04-20")
    for who in people:
        who.login()
    bills = [[o["id"] for m in ("2026-04", "2026-05") for o in who.calendar(m)["obligations"]] for who in people]
    items = [some_item(rng, clock, list(range(len(bills[0]))), date(2026, 4, 20)) for _ in range(60)]
    of = lambda n, item: item | ({"bill_id": bills[n][item["bill_id"]]} if isinstance(item.get("bill_id"), int) else {})
    told = {}
    one_by_one = []
    for item in items:
        answer = people[0].post(LIST, of(0, item), headers={"Idempotency-Key": key()})
        one_by_one.append(answer.status)
        told[item["id"]] = answer.json.get("effect")
    for n in (1, 2):
        left, seen = list(items), []
        while left:
            some = rng.randrange(1, 61) if n == 1 else len(left)
            part, left = left[:some], left[some:]
            answer = expect(batch(people[n], [of(n, item) for item in part], "independent"), 207)
            seen += statuses(answer)
            last = [item["id"] for item, status in zip(part, statuses(answer)) if status == 201]
            if last:
                assert answer.json["effect"] == told[last[-1]]
        assert seen == one_by_one
    months = ("2026-03", "2026-04", "2026-05")
    assert shown(people[0], months) == shown(people[1], months) == shown(people[2], months)
    for who in people:
        audit_ledger(stack.cluster, who.id)


# -- the feed
def test_the_items_of_a_batch_are_in_the_feed_in_their_order_as_one_write(saver):
    replica = Replica(saver.get).sync()
    before = replica.sequence
    made = [i["transaction"] for i in expect(batch(saver, [spend(n) for n in range(1, 8)]), 200).json["data"]]
    page = replica.page()
    assert [e["object"] for e in page["data"]] == made
    assert {e["sequence"] for e in page["data"]} == {before + 1}
    assert replica.things == full_reading(saver)


# -- once
def test_a_key_repeated_here_and_on_another_instance_is_the_first_answer_and_another_body_is_none(saver, beside):
    k = key()
    first = expect(batch(saver, [spend(1), spend(2)], k=k), 200)
    for who in (saver, beside):
        again = expect(batch(who, [spend(1), spend(2)], k=k), 200)
        assert again.body == first.body and again.header("Idempotency-Replayed") == "true"
    expect(batch(saver, [spend(1), spend(3)], k=k), 422, "idempotency_mismatch")
    expect(batch(saver, [spend(1), spend(2)], "independent", k=k), 422, "idempotency_mismatch")
    assert amounts(saver) == [-2, -1]


def test_one_key_at_the_same_time_on_two_instances_logs_once(saver, beside):
    for _ in range(5):
        k, gate = key(), threading.Barrier(2)

        def attempt(who):
            gate.wait()
            return expect(insist(lambda: batch(who, [spend(1)] * 20, k=k)), 200)

        with ThreadPoolExecutor(2) as pool:
            one, two = pool.map(attempt, (saver, beside))
        assert one.body == two.body
    assert len(amounts(saver)) == 100


def test_one_id_in_two_batches_at_the_same_time_is_logged_by_one_of_them(stack, saver, beside, clock):
    for _ in range(5):
        ids, gate = [uuid7(clock) for _ in range(10)], threading.Barrier(2)

        def attempt(who):
            gate.wait()
            return insist(lambda: batch(who, [spend(1, id=id) for id in ids], "independent"))

        with ThreadPoolExecutor(2) as pool:
            both = list(pool.map(attempt, (saver, beside)))
        assert sorted(statuses(expect(a, 207))[0] for a in both) == [201, 409]
        assert all(len(set(statuses(a))) == 1 for a in both)
    audit_ledger(stack.cluster, saver.id)


def test_C1_batches_with_duplicates_and_a_kill_minus_9_lose_and_double_nothing(stack, saver, clock):
    done, lock = [], threading.Lock()

    def client(number):
        rng = random.Random(number)
        for _ in range(12):
            items = [spend(rng.randrange(1, 500), rng.choice(["groceries", "transport"]), booked_on=f"2026-04-0{rng.randrange(1, 10)}") for _ in range(rng.randrange(1, 30))]
            k = key()
            for _ in range(rng.choice([1, 1, 2])):
                expect(insist(lambda: batch(saver, items, k=k)), 200)
            with lock:
                done.append(items)

    with ThreadPoolExecutor(6) as pool:
        jobs = [pool.submit(client, n) for n in range(6)]
        while not all(job.done() for job in jobs):
            wanted = len(done) + 18
            while len(done) < wanted and not all(job.done() for job in jobs):
                threading.Event().wait(.01)
            stack.finance.kill()
            stack.finance.start()
        for job in jobs:
            job.result()
    stack.wait_ready()
    every = [item for items in done for item in items]
    total = stack.cluster.sql("select count(*), coalesce(sum(amount), 0) from finance.transactions where user_id = %s", (saver.id,))[0]
    assert (total[0], int(total[1])) == (len(every), sum(i["money"]["amount"] for i in every))
    calendar = saver.calendar()
    for day in range(1, 10):
        want = -sum(i["money"]["amount"] for i in every if i["category"] == "groceries" and i["booked_on"] == f"2026-04-0{day}")
        assert line(calendar, f"2026-04-0{day}", "groceries")["spent"] == want
    audit_ledger(stack.cluster, saver.id)


# -- bounds
def test_a_thousand_are_written_by_one_statement(stack, saver, clock):
    items = [spend(n + 1, rng, id=uuid7(clock), payee="Somewhere", tags=["a"], booked_on=f"2026-0{1 + n % 4}-0{1 + n % 9}")
             for n, rng in zip(range(1000), ["groceries", "transport", "coffee", "dining_out"] * 250)]
    before = queries(stack)
    answer = expect(batch(saver, items), 200)
    sent = {name: n - before.get(name, 0) for name, n in queries(stack).items() if n != before.get(name, 0)}
    assert statuses(answer) == [201] * 1000
    assert sent["finance_transactions_insert"] == 1 and sent["finance_transactions_taken"] == 1
    assert sum(sent.values()) <= 14, sent  # two for each of four months, and what authenticates
    audit_ledger(stack.cluster, saver.id)


def test_a_body_is_a_mebibyte_at_most_here_and_64_kibibytes_elsewhere(stack, saver):
    text = json.dumps({"mode": "atomic", "items": [spend(1, note="x" * 1000)] * 900})
    full = text[:-2] + " " * (2**20 - len(text)) + text[-2:]
    assert len(full) == 2**20
    inside = Client(stack.finance, stack.contract, saver.access)
    for client in (saver.client, inside):
        send = lambda body, to=BATCH: client.request("POST", to, body=body, valid=False, headers={"Idempotency-Key": key()})
        assert send(full[:-2] + " " + full[-2:]).status == 413
        expect(send(full), 200)
        assert send(json.dumps(spend(1, note="x" * 65536)), LIST).status == 413
