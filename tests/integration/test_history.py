"""GET /v1/transactions/{id}/history and :revert: every version with who and when, whoever wrote it, and being one of them again."""
import pytest

from mita.audit import audit_ledger
from mita.client import expect
from mita.people import key, money, uuid7
from mita.waiting import until
from test_batch import LIST, batch, shown, spend
from test_bulk import bulk, undo
from test_links import occurrence, replan
from test_payees import merge
from test_transfers import pair, unpair

ANY = {"If-Match": "*"}


def history(who, entry):
    return expect(who.get(f"{LIST}/{entry['id']}/history"), 200).json["data"]


def revert(who, entry, version, etag="*", k=None, **more):
    return who.post(f"{LIST}/{entry['id']}:revert", {"version": version}, headers={"Idempotency-Key": k or key(), "If-Match": etag}, **more)


def patch(who, entry, **members):
    return expect(who.patch(f"{LIST}/{entry['id']}", members, headers=ANY), 200).json


def shape(who, entry):
    return [(v["version"], v["deleted"]) for v in history(who, entry)]


def content(entry):
    return {k: v for k, v in entry.items() if k not in ("effect", "etag", "updated_at")}


# -- history
def test_every_version_is_told_newest_first_with_who_wrote_it_and_when(saver, clock):
    phone = [s["id"] for s in expect(saver.get("/v1/auth/sessions"), 200).json["data"] if s["current"]]
    entry = saver.spend(100, payee="A", tags=["x"])
    told = [entry]
    clock.advance(seconds=60)
    told.append(patch(saver, entry, splits=[{"category": "coffee", "money": money(-60), "note": "n"}, {"category": "transport", "money": money(-40)}]))
    saver.login("tablet")
    tablet = [s["id"] for s in expect(saver.get("/v1/auth/sessions"), 200).json["data"] if s["current"]]
    told.append(patch(saver, entry, money=money(-70), category="groceries", booked_on="2026-03-31"))
    told.append(expect(saver.delete(f"{LIST}/{entry['id']}", headers=ANY), 200).json)
    told.append(expect(saver.post(f"{LIST}/{entry['id']}:restore", headers={"Idempotency-Key": key()}), 200).json)
    data = history(saver, entry)
    assert [(v["version"], v["deleted"]) for v in data] == [(5, False), (4, True), (3, False), (2, False), (1, False)]
    assert [content(v["transaction"]) for v in data] == [content(t) for t in reversed(told)]
    assert [v["written_at"] for v in data] == [t["updated_at"] for t in reversed(told)]
    assert [v["by"]["session_id"] for v in data] == 3 * tablet + 2 * phone
    assert {v["by"]["client_id"] for v in data} == {data[0]["by"]["client_id"]} and data[0]["by"]["client_id"]


def test_a_history_is_not_read_again_while_nothing_changed(saver):
    entry = saver.spend(1)
    path = f"{LIST}/{entry['id']}/history"
    tag = expect(saver.get(path), 200).etag
    assert tag == entry["etag"]
    expect(saver.get(path, headers={"If-None-Match": tag}), 304)
    patch(saver, entry, note="x")
    assert len(expect(saver.get(path, headers={"If-None-Match": tag}), 200).json["data"]) == 2


def test_a_batch_a_bulk_change_and_their_undo_are_versions_as_well(saver):
    entry = expect(batch(saver, [spend(1), spend(2)]), 200).json["data"][1]["transaction"]
    change = expect(bulk(saver, {"category": "coffee"}, ids=[entry["id"]]), 200).json["change_id"]
    expect(undo(saver, change), 200)
    data = history(saver, entry)
    assert [(v["version"], v["transaction"]["category"]) for v in data] == [(3, "groceries"), (2, "coffee"), (1, "groceries")]
    assert all(v["by"]["session_id"] for v in data)


def test_a_link_that_a_new_plan_took_is_a_version_by_who_planned_and_none_to_return_to(saver):
    salary = occurrence(saver, "2026-04")
    entry = expect(saver.create(22829, "salary", bill_id=salary), 201).json
    replan(saver, lambda answers: answers.update(incomes=[], bills=[], goals=[], buffer_money=money(0), categories=[]))
    data = history(saver, entry)
    assert [(v["version"], v["by"] == data[1]["by"] is not None, v["transaction"]["bill_id"]) for v in data] == [(2, True, None), (1, True, salary)]
    assert expect(revert(saver, entry, 1), 422, "unknown_bill").findings() == {"/version": "unknown_bill"}


def test_who_moves_pairs_merges_or_tags_is_told_in_each_version_that_it_makes(saver):
    card = expect(saver.post("/v1/accounts", {"name": "Card", "kind": "card"}, headers={"Idempotency-Key": key()}), 201).json["id"]
    moved = expect(saver.post("/v1/transfers", {"to_account_id": card, "money": money(7)}, headers={"Idempotency-Key": key()}), 201).json
    path = f"/v1/transfers/{moved['id']}"
    expect(saver.patch(path, {"money": money(8)}, headers=ANY), 200)
    expect(saver.delete(path, headers=ANY), 200)
    expect(saver.post(f"{path}:restore", headers={"Idempotency-Key": key()}), 200)
    out, into = saver.spend(500, payee="Here", tags=["x"]), expect(saver.create(500, "coffee", account_id=card, payee="There"), 201).json
    unpair(saver, pair(saver, out["id"], into["id"]).json)
    expect(merge(saver, out["payee_id"], into["payee_id"]), 200)
    expect(saver.post(f"/v1/payees/{into['payee_id']}:unmerge", headers={"Idempotency-Key": key()}), 200)
    expect(saver.post("/v1/tags:merge", {"from": ["x"], "into": "y"}, headers={"Idempotency-Key": key()}), 200)
    told = [history(saver, {"id": id}) for id in (moved["from_transaction_id"], moved["to_transaction_id"], out["id"], into["id"])]
    assert [len(data) for data in told] == [4, 4, 4, 5]
    me = [s["id"] for s in expect(saver.get("/v1/auth/sessions"), 200).json["data"] if s["current"]]
    assert {v["by"] and v["by"]["session_id"] for data in told for v in data} == set(me)


def test_versions_are_made_by_any_statement_and_hold_the_lines_from_before_it(stack, saver):
    lines = [{"category": c, "money": money(-50), "note": "as logged"} for c in ("coffee", "transport")]
    entry = saver.spend(100, splits=lines)
    mine = (saver.id, entry["id"])
    with stack.cluster.connect() as db:
        db.autocommit = False
        with db.cursor() as c:
            c.execute("set search_path to finance")
            c.execute("select move_ledger(%s, null, null)", mine[:1])
            c.execute("with l as (update transaction_lines set note = 'by hand' where user_id = %s and transaction_id = %s), "
                      "t as (update transactions set note = 'by hand', version = version + 1 where user_id = %s and id = %s) select 1", mine + mine)
        db.commit()
    told = [(v["version"], v["by"] is None, v["transaction"]["note"], {s["note"] for s in v["transaction"]["splits"]}) for v in history(saver, entry)]
    assert told == [(2, True, "by hand", {"by hand"}), (1, False, None, {"as logged"})]


def test_the_newest_fifty_former_versions_are_kept(stack, saver):
    entry = saver.spend(1)
    for n in range(53):
        patch(saver, entry, note=str(n))
    data = history(saver, entry)
    assert [v["version"] for v in data] == list(range(54, 3, -1))
    expect(revert(saver, entry, 3), 422)
    assert expect(revert(saver, entry, 4), 200).json["note"] == "2"


def test_somebody_elses_history_is_unknown(saver, stack, clock):
    entry = saver.spend(1)
    other = stack.person()
    for who, id in ((other, entry["id"]), (saver, uuid7(clock))):
        expect(who.get(f"{LIST}/{id}/history"), 404, "not_found")
        expect(who.post(f"{LIST}/{id}:revert", {"version": 1}, headers={"Idempotency-Key": key(), "If-Match": "*"}), 404, "not_found")
    expect(saver.get(f"{LIST}/x/history", valid=False), 422, "invalid_id")
    expect(saver.get(f"{LIST}/{entry['id']}/history?limit=3", valid=False), 400, "unknown_parameter")


def test_versions_and_changes_go_with_the_person(stack, saver):
    made = expect(batch(saver, [spend(1), spend(2)]), 200).json["data"]
    patch(saver, made[0]["transaction"], note="x")
    count = lambda: [stack.cluster.sql(f"select count(*) from finance.{t} where user_id = %s", saver.id)[0][0] for t in ("transaction_versions", "transaction_acts")]
    assert count() == [1, 1]
    expect(saver.client.request("DELETE", "/v1/auth/me", {"password": saver.password}), 204)
    until(lambda: count() == [0, 0], 20, "everything to be erased")


# -- revert
def test_a_revert_is_that_version_again_as_a_version_of_its_own(stack, saver):
    entry = saver.spend(100, payee="A", tags=["x"], note="n", occurred_at="2026-04-01T05:00:00Z")
    before = shown(saver, ("2026-03", "2026-04"))
    patch(saver, entry, splits=[{"category": "coffee", "money": money(-60), "note": "n"}, {"category": "transport", "money": money(-40)}], payee=None, tags=[])
    split = shown(saver, ("2026-03", "2026-04"))
    last = patch(saver, entry, money=money(-70), category="groceries", booked_on="2026-03-31", occurred_at=None, note=None)
    back = expect(revert(saver, entry, 1, '"t3"'), 200)
    assert content(back.json) == content(entry) and back.etag == '"t4"' and back.json["effect"]["today"]["spent_money"] == money(100)
    assert shown(saver, ("2026-03", "2026-04")) == before
    assert content(expect(revert(saver, entry, 2), 200).json)["splits"][0]["note"] == "n"
    assert shown(saver, ("2026-03", "2026-04")) == split
    assert content(expect(revert(saver, entry, 3), 200).json) == content(last)
    assert shape(saver, entry) == [(n, False) for n in range(6, 0, -1)]
    audit_ledger(stack.cluster, saver.id)


def test_a_revert_needs_the_present_tag_and_a_key(saver):
    entry = saver.spend(1)
    patch(saver, entry, note="x")
    expect(revert(saver, entry, 1, '"t1"'), 412, "precondition_failed")
    expect(revert(saver, entry, 1, None, valid=False), 428, "precondition_required")
    path = f"{LIST}/{entry['id']}:revert"
    expect(saver.post(path, {"version": 1}, headers={"If-Match": "*"}, valid=False), 400, "idempotency_key_required")
    for body, findings in (({}, {"/version": "required"}), ({"version": 0}, {"/version": "out_of_range"}), ({"version": 1.0}, {"/version": "not_an_integer"}), ({"version": 1, "x": 1}, {"/x": "unknown_field"})):
        assert expect(saver.post(path, body, headers={"If-Match": "*", "Idempotency-Key": key()}, valid=False), 422).findings() == findings
    assert expect(revert(saver, entry, 9), 422).findings() == {"/version": "unknown_version"}
    assert shape(saver, entry) == [(2, False), (1, False)]


def test_a_key_repeated_is_the_first_answer_here_and_on_another_instance(saver, beside):
    entry, k = saver.spend(1), key()
    patch(saver, entry, note="x")
    first = expect(revert(saver, entry, 1, '"t2"', k), 200)
    for who in (saver, beside):
        again = expect(revert(who, entry, 1, '"t2"', k), 200)
        assert again.body == first.body and again.header("Idempotency-Replayed") == "true" and again.etag == first.etag
    assert shape(saver, entry)[0] == (3, False)


def test_what_is_deleted_is_restored_first_and_a_deleted_version_is_none_to_return_to(saver):
    entry = saver.spend(1)
    saver.remove(entry)
    expect(revert(saver, entry, 1), 404, "not_found")
    expect(saver.post(f"{LIST}/{entry['id']}:restore", headers={"Idempotency-Key": key()}), 200)
    expect(revert(saver, entry, 2), 422, "unknown_version")
    expect(revert(saver, entry, 1), 200)


def test_what_a_version_stood_on_must_be_there_still(stack, saver):
    card = expect(saver.post("/v1/accounts", {"name": "Card", "kind": "card"}, headers={"Idempotency-Key": key()}), 201)
    entry = saver.spend(1, account_id=card.json["id"])
    patch(saver, entry, account_id=None)
    archived = expect(saver.patch(f"/v1/accounts/{card.json['id']}", {"archived": True}, headers=ANY), 200)
    assert expect(revert(saver, entry, 1), 200).json["account_id"] == card.json["id"]  # archived it may come back
    patch(saver, entry, account_id=None)
    expect(saver.delete(f"/v1/accounts/{card.json['id']}", headers={"If-Match": archived.etag}), 204)
    assert expect(revert(saver, entry, 1), 422, "unknown_account").findings() == {"/version": "unknown_account"}
    audit_ledger(stack.cluster, saver.id)


def test_a_payee_that_went_since_is_made_again_by_the_version_that_names_it_and_told_as_it_is_kept(saver):
    entry = saver.spend(1, payee="Gone")
    patch(saver, entry, payee="Here")
    expect(saver.delete(f"/v1/payees/{entry['payee_id']}", headers=ANY), 204)
    back = expect(revert(saver, entry, 1), 200).json
    known = {p["id"]: p["name"] for p in expect(saver.get("/v1/payees"), 200).json["data"]}
    assert known[back["payee_id"]] == "Gone" and back["payee_id"] == history(saver, entry)[0]["transaction"]["payee_id"]
    assert expect(revert(saver, entry, 2), 200).json["payee_id"] == next(id for id, name in known.items() if name == "Here")


def test_a_version_of_a_payee_merged_since_comes_back_as_the_one_it_was_merged_into(saver):
    entry, other = saver.spend(1, payee="Corner"), saver.spend(1, payee="Shop")
    change = expect(bulk(saver, {"payee": "Shop"}, ids=[entry["id"]]), 200).json["change_id"]
    expect(merge(saver, other["payee_id"], entry["payee_id"]), 200)
    back = expect(revert(saver, entry, 1), 200).json
    assert (back["payee"], back["payee_id"]) == ("Corner", other["payee_id"]) == tuple(history(saver, entry)[0]["transaction"][m] for m in ("payee", "payee_id"))
    expect(revert(saver, entry, 2), 200)
    expect(undo(saver, change), 200)
    assert history(saver, entry)[0]["transaction"]["payee_id"] == other["payee_id"]


@pytest.mark.parametrize("amount", [2**53 - 1])
def test_a_version_the_month_has_no_room_for_is_refused(saver, amount):
    entry = saver.spend(amount)
    patch(saver, entry, money=money(-1))
    saver.spend(1, "coffee")
    assert expect(revert(saver, entry, 1), 422, "amount_overflow").findings() == {"/version": "amount_overflow"}
    expect(saver.get("/v1/calendar"), 200)


# -- with transfers
def test_a_leg_keeps_what_its_transfer_says_whatever_is_reverted_changed_or_undone(stack, saver):
    card = expect(saver.post("/v1/accounts", {"name": "Card", "kind": "card"}, headers={"Idempotency-Key": key()}), 201).json["id"]
    answer = expect(batch(saver, [spend(500, note="out"), {"money": money(500), "category": "coffee", "account_id": card}]), 200).json
    out, into = [i["transaction"] for i in answer["data"]]
    before = shown(saver, ("2026-04",))
    transfer = pair(saver, out["id"], into["id"]).json
    told = history(saver, out)
    assert [(v["version"], v["transaction"]["transfer_id"], v["transaction"]["category"]) for v in told] == [(2, transfer["id"], None), (1, None, "groceries")]
    paired = shown(saver, ("2026-04",))
    expect(revert(saver, out, 1), 409, "transfer_leg")
    expect(undo(saver, answer["change_id"]), 409, "changed_since")
    ids = [out["id"], into["id"]]
    assert expect(bulk(saver, {"account_id": None}, ids=ids), 422).findings() == {"/ids/1": "transfer_leg"}
    assert expect(bulk(saver, {"category": "coffee"}, ids=ids), 422).findings() == {f"/ids/{n}": "transfer_leg" for n in (0, 1)}
    change = expect(bulk(saver, {"tags_add": ["t"], "payee": "P"}, ids=ids), 200).json
    assert change["changed"] == 2 and history(saver, out)[0]["transaction"]["tags"] == ["t"]
    expect(undo(saver, change["change_id"]), 200)
    assert shown(saver, ("2026-04",)) == paired
    assert expect(revert(saver, out, 3), 200).json["tags"] == ["t"]
    expect(revert(saver, out, 2), 200)
    unpair(saver, transfer)
    assert shown(saver, ("2026-04",)) == before
    expect(revert(saver, out, 2), 409, "transfer_leg")
    expect(undo(saver, answer["change_id"]), 200)
    audit_ledger(stack.cluster, saver.id)
