"""POST /v1/transactions:bulk and POST /v1/changes/{id}:undo: one change of many, each as a PATCH of it would, undone as one act, exactly or not at all."""
import os
import random
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from mita.audit import audit_ledger
from mita.client import expect
from mita.people import key, money, uuid7
from test_batch import LIST, MOST, amounts, batch, shown, spend
from test_changes import Replica, full_reading
from test_concurrency import insist
from test_once import queries

BULK = LIST + ":bulk"


def bulk(who, change, k=None, valid=True, **which):
    return who.post(BULK, which | {"change": change}, headers={"Idempotency-Key": k or key()}, valid=valid)


def undo(who, change_id, k=None, **more):
    return who.post(f"/v1/changes/{change_id}:undo", headers={"Idempotency-Key": k or key()}, **more)


def logged(who, *items):
    return [i["transaction"] for i in expect(batch(who, list(items)), 200).json["data"]]


def one(who, entry):
    return expect(who.get(f"{LIST}/{entry['id']}"), 200).json


def versionless(entry):
    return {k: v for k, v in entry.items() if k != "updated_at"}


def refused(who, answer_of, findings, code="validation_failed", status=422):
    before = who.everything()
    answer = expect(answer_of(), status, code)
    assert answer.findings() == findings
    assert who.everything() == before


# -- bulk
def test_each_of_the_ids_gets_the_change_and_nothing_else_of_it_is_touched(saver):
    made = logged(saver, spend(100, payee="A", tags=["x", "y"], note="n"), spend(200, "transport", tags=["y"]), spend(300, booked_on="2026-03-30"), spend(400, "coffee"))
    ids = [t["id"] for t in made]
    answer = expect(bulk(saver, {"category": "Dining out", "payee": "B", "tags_add": ["z", "y"], "tags_remove": ["x"]}, ids=ids[:3]), 200).json
    assert (answer["matched"], answer["changed"]) == (3, 3)
    new = {"category": "dining_out", "payee": "B", "payee_id": next(p["id"] for p in expect(saver.get("/v1/payees"), 200).json["data"] if p["name"] == "B")}
    for n, tags in enumerate([["y", "z"], ["y", "z"], ["z", "y"]]):
        assert versionless(one(saver, made[n])) == versionless(made[n]) | new | {"tags": tags}
    assert one(saver, made[3]) == made[3]
    assert answer["effect"]["today"]["spent_money"] == money(700)
    assert expect(saver.patch(f"{LIST}/{ids[3]}", {"note": "x"}, headers={"If-Match": '"t1"'}), 200).json["effect"]["today"] == answer["effect"]["today"]


def test_what_is_so_already_keeps_its_version(saver):
    a, b = logged(saver, spend(1, payee="A"), spend(2, payee="B"))
    answer = expect(bulk(saver, {"payee": "A"}, ids=[a["id"], b["id"]]), 200).json
    assert (answer["matched"], answer["changed"]) == (2, 1)
    assert one(saver, a) == a
    answer = expect(bulk(saver, {"payee": "A"}, ids=[a["id"], b["id"]]), 200).json
    assert (answer["matched"], answer["changed"], answer["change_id"]) == (2, 0, None)


def test_a_filter_means_what_it_means_in_the_list(saver, stack):
    logged(stack.person(), spend(9, payee="Café"))
    made = logged(saver, spend(100, payee="Café"), spend(200, payee="CAFE\u0301", booked_on="2026-03-20"), spend(300, payee="Café", booked_on="2026-02-01"), spend(400, payee="Other"),
                  spend(500, "transport", payee="Café", tags=["work"]))
    gone = logged(saver, spend(600, payee="Café"))[0]
    saver.remove(gone | {"etag": '"t1"'})
    query = "payee=cafe&booked_from=2026-03-01"
    listed = [t["id"] for t in expect(saver.get(f"{LIST}?{query}"), 200).json["data"]]
    answer = expect(bulk(saver, {"tags_add": ["seen"]}, filter={"payee": "cafe", "booked_from": "2026-03-01"}), 200).json
    assert answer["changed"] == len(listed) == 3
    assert sorted(listed) == sorted(t["id"] for t in expect(saver.get(LIST + "?tag=seen"), 200).json["data"])
    others = [({"category": "Transport"}, 1), ({"tag": "work"}, 1), ({"amount_min": -400, "amount_max": -300}, 2), ({"q": "oth"}, 1), ({"account_id": saver.id}, 5), ({"booked_to": "2026-03-01"}, 1)]
    for number, (which, n) in enumerate(others):
        assert expect(bulk(saver, {"tags_add": [f"t{number}"]}, filter=which), 200).json["matched"] == n, which
        assert len(expect(saver.get(f"{LIST}?tag=t{number}"), 200).json["data"]) == n
    assert len(made) == 5


@pytest.mark.parametrize("body,findings", [
    ({}, {"/ids": "required", "/change": "required"}),
    ({"ids": [], "change": {}}, {"/ids": "too_few", "/change": "empty_patch"}),
    ({"ids": ["x", "019d4a5c-7c01-7a01-9b02-0123456789ab", "019D4A5C-7c01-7a01-9b02-0123456789ab"], "change": {"payee": None}}, {"/ids/0": "invalid_id", "/ids/2": "duplicate_id"}),
    ({"filter": {}, "change": {"payee": 1}}, {"/filter": "required", "/change/payee": "wrong_type"}),
    ({"filter": {"nope": 1, "booked_from": "2026-02-30"}, "change": {"payee": "x"}}, {"/filter/nope": "unknown_field", "/filter/booked_from": "invalid_date"}),
    ({"filter": {"booked_from": "2026-02-30", "amount_min": "x"}, "change": {"payee": "x"}}, {"/filter/booked_from": "invalid_date", "/filter/amount_min": "not_an_integer"}),
    ({"filter": {"payee": None, "amount_min": "5", "tag": 1, "amount_max": 0.5}, "change": {"payee": "x"}},
     {"/filter/payee": "wrong_type", "/filter/amount_min": "not_an_integer", "/filter/tag": "wrong_type", "/filter/amount_max": "not_an_integer"}),
    ({"filter": {"category": "no_such"}, "change": {"category": "nor_this"}}, {"/filter/category": "unknown_category", "/change/category": "unknown_category"}),
    ({"filter": {"payee": "x"}, "ids": ["019d4a5c-7c01-7a01-9b02-0123456789ab"], "change": {"note": "x"}}, {"/filter": "ambiguous", "/change": "empty_patch", "/change/note": "unknown_field"}),
    ({"filter": {"payee": "x"}, "change": {"account_id": "019d4a5c-7c01-7a01-9b02-0123456789ab", "category": None, "tags_add": ["\u202e"]}},
     {"/change/account_id": "unknown_account", "/change/category": "wrong_type", "/change/tags_add/0": "invalid_characters"})])
def test_a_body_in_another_form_is_refused(saver, body, findings):
    answer = expect(saver.post(BULK, body, headers={"Idempotency-Key": key()}, valid=False), 422)
    assert answer.findings() == findings


def test_one_that_cannot_be_changed_refuses_all_and_is_named(saver, stack, clock):
    euro, other = logged(saver, spend(1), spend(2))
    dinars = expect(saver.post("/v1/accounts", {"name": "D", "kind": "bank", "currency": "KWD"}, headers={"Idempotency-Key": key()}), 201).json["id"]
    there = expect(saver.create(-5, account_id=dinars, money=money(-5, "KWD")), 201).json
    rent = saver.calendar("2026-04")["obligations"][0]["id"]
    paid = logged(saver, spend(120000, "housing", bill_id=rent))[0]
    full = logged(saver, spend(4, tags=[str(n) for n in range(20)]))[0]
    somebody, gone = logged(stack.person(), spend(1))[0], logged(saver, spend(3))[0]
    saver.remove(gone | {"etag": '"t1"'})
    refused(saver, lambda: bulk(saver, {"account_id": dinars}, ids=[there["id"], euro["id"]]), {"/ids/1": "required"})
    refused(saver, lambda: bulk(saver, {"category": "coffee"}, ids=[euro["id"], paid["id"]]), {"/ids/1": "bill_category"})
    refused(saver, lambda: bulk(saver, {"tags_add": ["more"]}, ids=[euro["id"], full["id"]]), {"/ids/1": "too_many"})
    refused(saver, lambda: bulk(saver, {"payee": "x"}, ids=[euro["id"], somebody["id"], gone["id"], uuid7(clock)]), {f"/ids/{n}": "unknown_id" for n in (1, 2, 3)})
    answer = expect(bulk(saver, {"tags_add": ["more"]}, filter={"booked_from": "2026-01-01"}), 422)
    assert answer.findings() == {"/filter": "too_many"} and full["id"] in answer.json["errors"][0]["detail"]
    assert one(saver, other) == other


def test_more_than_a_thousand_are_refused_by_ids_and_by_filter(saver, clock):
    for _ in range(2):
        expect(batch(saver, [spend(1, payee="Many")] * 501), 200)
    refused(saver, lambda: bulk(saver, {"payee": "x"}, filter={"payee": "Many"}), {"/filter": "too_many"})
    refused(saver, lambda: bulk(saver, {"payee": "x"}, ids=[uuid7(clock) for _ in range(1001)], valid=False), {"/ids": "too_many"})


def test_an_account_off_budget_takes_what_moves_there_out_of_the_plan_and_an_undo_brings_it_back(stack, saver):
    off = expect(saver.post("/v1/accounts", {"name": "Off", "kind": "loan", "on_budget": False}, headers={"Idempotency-Key": key()}), 201).json["id"]
    logged(saver, spend(100), spend(250, "coffee", booked_on="2026-03-31"), spend(300, booked_on="2026-02-10"))
    before = shown(saver, ("2026-02", "2026-03", "2026-04"))
    answer = expect(bulk(saver, {"account_id": off}, filter={"account_id": saver.id}), 200).json
    assert (answer["changed"], answer["effect"]["today"]["spent_money"]) == (3, money(0))
    audit_ledger(stack.cluster, saver.id)
    assert expect(undo(saver, answer["change_id"]), 200).json["effect"]["today"]["spent_money"] == money(100)
    assert shown(saver, ("2026-02", "2026-03", "2026-04")) == before
    audit_ledger(stack.cluster, saver.id)


def test_a_thousand_are_changed_by_one_statement_and_undone_by_one(stack, saver):
    made = [i["transaction"] for i in expect(batch(saver, [spend(n + 1, booked_on=f"2026-03-{1 + n % 28:02}") for n in range(1000)]), 200).json["data"]]
    before = queries(stack)
    answer = expect(bulk(saver, {"category": "coffee"}, ids=[t["id"] for t in made]), 200).json
    assert answer["changed"] == 1000
    expect(undo(saver, answer["change_id"]), 200)
    sent = {name: n - before.get(name, 0) for name, n in queries(stack).items() if n != before.get(name, 0)}
    assert sent["finance_transactions_change"] == 2
    assert sum(sent.values()) <= 16, sent
    audit_ledger(stack.cluster, saver.id)


def test_the_end_of_the_range_holds_for_what_is_changed_and_undone(stack, saver):
    card = expect(saver.post("/v1/accounts", {"name": "Off", "kind": "loan", "on_budget": False}, headers={"Idempotency-Key": key()}), 201).json["id"]
    expect(batch(saver, [spend(MOST, account_id=card), spend(1, "coffee")]), 200)
    refused(saver, lambda: bulk(saver, {"account_id": None}, filter={"account_id": card}), {"/filter": "amount_overflow"}, "amount_overflow")
    moved = expect(bulk(saver, {"account_id": card}, filter={"category": "coffee"}), 200).json
    expect(bulk(saver, {"account_id": None}, filter={"amount_max": -MOST}), 200)
    assert set(expect(undo(saver, moved["change_id"]), 422).findings().values()) == {"amount_overflow"}
    audit_ledger(stack.cluster, saver.id)


# -- undo
def test_an_undone_batch_is_deleted_and_an_undone_undo_is_there_again(stack, saver):
    kept = saver.spend(7)
    before = shown(saver, ("2026-03", "2026-04"))
    answer = expect(batch(saver, [spend(100), spend(200, booked_on="2026-03-30", tags=["a"])]), 200).json
    there = shown(saver, ("2026-03", "2026-04"))
    back = expect(undo(saver, answer["change_id"]), 200).json
    assert back["undone"] == 2 and shown(saver, ("2026-03", "2026-04")) == before
    again = expect(undo(saver, back["change_id"]), 200).json
    assert shown(saver, ("2026-03", "2026-04")) == there
    expect(undo(saver, again["change_id"]), 200)
    assert shown(saver, ("2026-03", "2026-04")) == before and one(saver, kept)["money"] == money(-7)
    audit_ledger(stack.cluster, saver.id)


def test_what_was_changed_since_is_named_and_nothing_is_undone(saver):
    made = logged(saver, *(spend(n) for n in (1, 2, 3, 4)))
    change = expect(bulk(saver, {"payee": "B"}, ids=[t["id"] for t in made]), 200).json["change_id"]
    expect(saver.patch(f"{LIST}/{made[1]['id']}", {"note": "later"}, headers={"If-Match": "*"}), 200)
    saver.remove(made[3] | {"etag": '"t2"'})
    refused(saver, lambda: undo(saver, change), {f"/transactions/{made[n]['id']}": "changed_since" for n in (1, 3)}, "changed_since", 409)


def test_an_undo_is_once_by_its_key_and_no_more_by_another(saver, beside):
    change, k = expect(batch(saver, [spend(1), spend(2)]), 200).json["change_id"], key()
    first = expect(undo(saver, change, k), 200)
    again = expect(undo(beside, change, k), 200)
    assert again.body == first.body and again.header("Idempotency-Replayed") == "true"
    expect(undo(saver, change), 409, "changed_since")
    assert amounts(saver) == []


def test_somebody_elses_change_is_unknown_and_an_undo_takes_no_members(saver, stack, clock):
    change = expect(batch(saver, [spend(1)]), 200).json["change_id"]
    expect(undo(stack.person(), change), 404, "not_found")
    expect(undo(saver, uuid7(clock)), 404, "not_found")
    expect(undo(saver, "x", valid=False), 422, "invalid_id")
    expect(saver.post(f"/v1/changes/{change}:undo", {"x": 1}, headers={"Idempotency-Key": key()}, valid=False), 422)
    expect(saver.post(f"/v1/changes/{change}:undo", valid=False), 400, "idempotency_key_required")


def test_what_cannot_be_as_it_was_refuses_the_undo_and_says_why(saver):
    expect(saver.post("/v1/categories", {"name": "Own", "class": "flexible"}, headers={"Idempotency-Key": key()}), 201)
    own = next(c["id"] for c in expect(saver.get("/v1/categories"), 200).json["data"] if c["name"] == "Own")
    there = logged(saver, spend(5, own))[0]
    change = expect(bulk(saver, {"category": "coffee"}, ids=[there["id"]]), 200).json["change_id"]
    tag = expect(saver.get(f"/v1/categories/{own}"), 200).etag
    expect(saver.delete(f"/v1/categories/{own}", headers={"If-Match": tag}), 204)
    refused(saver, lambda: undo(saver, change), {f"/transactions/{there['id']}": "unknown_category"})


def test_undos_in_reverse_order_take_everything_back_step_by_step(saver):
    entry = saver.spend(1, payee="A")
    acts = [expect(bulk(saver, {"payee": payee}, ids=[entry["id"]]), 200).json["change_id"] for payee in ("B", "C", "D")]
    expect(undo(saver, acts[1]), 409, "changed_since")
    for act, payee in zip(reversed(acts), ("C", "B", "A")):
        expect(undo(saver, act), 200)
        assert one(saver, entry)["payee"] == payee
    expect(undo(saver, acts[0]), 409, "changed_since")


def test_the_newest_fifty_changes_can_be_undone(stack, saver):
    entry = saver.spend(1)
    acts = [expect(bulk(saver, {"payee": f"payee {n}"}, ids=[entry["id"]]), 200).json["change_id"] for n in range(52)]
    assert stack.cluster.sql("select count(*) from finance.transaction_acts where user_id = %s", saver.id) == [(50,)]
    expect(undo(saver, acts[0]), 404, "not_found")
    expect(undo(saver, acts[51]), 200)
    assert one(saver, entry)["payee"] == "payee 50"


# -- the chain
def test_the_feed_tells_a_bulk_change_and_its_undo_as_one_write_each(saver):
    made = logged(saver, spend(1), spend(2), spend(3))
    replica = Replica(saver.get).sync()
    change = expect(bulk(saver, {"category": "coffee"}, ids=[t["id"] for t in made]), 200).json["change_id"]
    page = replica.page()
    assert {e["sequence"] for e in page["data"]} == {replica.sequence} and len(page["data"]) == 3
    assert replica.things == full_reading(saver)
    expect(undo(saver, change), 200)
    assert replica.sync().things == full_reading(saver)


def test_C1_bulk_changes_and_undos_by_two_instances_leave_one_order_of_them(stack, saver, beside):
    made = logged(saver, *(spend(n + 1, booked_on=f"2026-04-0{1 + n % 3}") for n in range(40)))
    ids = [t["id"] for t in made]
    gate = threading.Barrier(6)

    def client(n):
        rng, who = random.Random(n), (saver, beside)[n % 2]
        gate.wait()
        for _ in range(8):
            k, some = key(), rng.sample(ids, rng.randrange(1, 40))
            change = {"category": rng.choice(["coffee", "transport", "groceries"]), "tags_add": [f"c{n}"]}
            answer = expect(insist(lambda: bulk(who, change, k, ids=some)), 200).json
            if answer["change_id"] and rng.random() < .5:
                k = key()
                back = insist(lambda: undo(who, answer["change_id"], k))
                assert back.status == 200 or expect(back, 409, "changed_since").findings()

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(client, range(6)))
    audit_ledger(stack.cluster, saver.id)
    listed = expect(saver.get(LIST + "?limit=500"), 200).json["data"]
    assert sorted(t["id"] for t in listed) == sorted(ids)
    assert Replica(saver.get).sync().things == full_reading(saver)


@pytest.mark.parametrize("nth", range(2))
def test_P4_random_bulk_changes_undone_in_reverse_leave_every_figure_as_it_was(stack, saver, nth):
    seed = int(os.environ.get("MITA_SEED", random.randrange(2**32))) + nth
    print(f"seed {seed}")
    rng = random.Random(seed)
    card = expect(saver.post("/v1/accounts", {"name": "Card", "kind": "card"}, headers={"Idempotency-Key": key()}), 201).json["id"]
    loan = expect(saver.post("/v1/accounts", {"name": "Loan", "kind": "loan", "on_budget": False}, headers={"Idempotency-Key": key()}), 201).json["id"]
    split = {"money": money(-30), "splits": [{"category": "coffee", "money": money(-50), "note": "x"}, {"category": "salary", "money": money(20)}]}
    made = logged(saver, *(split | {"booked_on": f"2026-0{rng.randrange(2, 5)}-01"} for _ in range(6)),
                  *(spend(rng.randrange(1, 5000), rng.choice(["groceries", "housing", "transport"]), booked_on=f"2026-0{rng.randrange(2, 5)}-{rng.randrange(1, 29):02}",
                          payee=rng.choice([None, "A", "B"]), tags=rng.sample(["a", "b", "c"], rng.randrange(3))) for _ in range(40)))
    ids = [t["id"] for t in made]
    states, acts = [], []
    months = ("2026-02", "2026-03", "2026-04")
    for _ in range(8):
        states.append(shown(saver, months))
        change = {k: v for k, v in {"category": rng.choice(["coffee", "groceries", "housing"]), "account_id": rng.choice([card, loan, None]), "payee": rng.choice(["A", None, "C"]),
                                    "tags_add": rng.sample(["b", "d"], rng.randrange(3)), "tags_remove": rng.sample(["a", "b"], rng.randrange(3))}.items() if rng.random() < .5}
        answer = expect(bulk(saver, change or {"payee": "Z"}, ids=rng.sample(ids, rng.randrange(1, len(ids)))), 200).json
        acts.append(answer["change_id"])
        audit_ledger(stack.cluster, saver.id)
    for act, state in reversed(list(zip(acts, states))):
        if act is not None:
            expect(undo(saver, act), 200)
        assert shown(saver, months) == state
    audit_ledger(stack.cluster, saver.id)
