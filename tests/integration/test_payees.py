"""Payees: a transaction's text means one, whatever its spelling; named, given a category, merged, and taken apart exactly as it was."""
import os
import random
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote

import pytest

from mita.client import expect
from mita.people import key, money, uuid7

ANY = {"If-Match": "*"}
PAYEES, LIST = "/v1/payees", "/v1/transactions"


def keyed(k=None):
    return {"Idempotency-Key": k or key()}


def payees(who, query=""):
    """Every page's."""
    target, out = f"{PAYEES}?limit=3{query}", []
    while target:
        page = expect(who.get(target), 200)
        out += page.json["data"]
        link = page.header("Link")
        target = link and link[1:].split(">")[0]
    return out


def names(who, query=""):
    return [p["name"] for p in payees(who, query)]


def booked(who):
    return {t["id"]: t for t in expect(who.get(f"{LIST}?limit=500"), 200).json["data"]}


def of_payee(who, text):
    return {t["id"] for t in expect(who.get(f"{LIST}?limit=500&payee={quote(text)}"), 200).json["data"]}


def merge(who, into, *others, k=None):
    return who.post(f"{PAYEES}:merge", {"into": into, "from": list(others)}, headers=keyed(k))


def unmerge(who, id, k=None):
    return who.post(f"{PAYEES}/{id}:unmerge", headers=keyed(k))


def one(who, id):
    return expect(who.get(f"{PAYEES}/{id}"), 200).json


# -- found and made by what is booked
def test_spellings_of_one_payee_are_one_and_others_are_others(saver):
    same = [saver.spend(100, payee=text) for text in ("7-Eleven", "7 ELEVEN", "7eléven", "７‑eleven ", "7_Eleven")]
    assert len({t["payee_id"] for t in same}) == 1 and [t["payee"] for t in same][1:3] == ["7 ELEVEN", "7eléven"]
    other = saver.spend(100, payee="Eleven")
    assert names(saver) == ["7-Eleven", "Eleven"] and other["payee_id"] == payees(saver)[1]["id"]
    assert [saver.spend(100, **more)["payee_id"] for more in ({}, {"payee": ""}, {"payee": " "}, {"payee": None})] == [None] * 4
    dash, ampersand = saver.spend(100, payee="-"), saver.spend(100, payee="&")
    assert dash["payee_id"] and dash["payee_id"] != ampersand["payee_id"]


def test_the_answer_names_the_payee_as_every_reading_does_also_when_it_is_given_again(saver, beside):
    first = saver.spend(100, payee="Lidl")
    k, body = key(), {"money": money(-100), "category": "groceries", "payee": "LIDL"}
    made, again = saver.post(LIST, body, headers=keyed(k)), beside.post(LIST, body, headers=keyed(k))
    assert expect(again, 201).body == expect(made, 201).body and made.json["payee_id"] == first["payee_id"]
    on_another = expect(beside.post(LIST, body, headers=keyed()), 201).json
    for t in (first, made.json, on_another):
        assert expect(saver.get(f"{LIST}/{t['id']}"), 200).json == {m: x for m, x in t.items() if m not in ("effect", "etag")}
    assert {t["payee_id"] for t in booked(beside).values()} == {first["payee_id"]} and len(payees(saver)) == 1


def test_a_change_of_the_text_is_another_payee_and_a_change_beside_it_is_not(saver):
    entry, lidl = saver.spend(100, payee="Lidl"), saver.spend(100, payee="Aldi")["payee_id"]
    path = f"{LIST}/{entry['id']}"
    patch = lambda **members: expect(saver.patch(path, members, headers=ANY), 200).json["payee_id"]
    assert patch(note="bread") == patch(payee="LIDL") == entry["payee_id"]
    assert patch(payee="aldi") == lidl
    assert patch(payee=None) is None
    made = patch(payee="Billa")
    assert one(saver, made)["name"] == "Billa" and expect(saver.get(path), 200).json["payee_id"] == made
    assert of_payee(saver, "billa") == {entry["id"]} and of_payee(saver, made) == {entry["id"]} and of_payee(saver, "Lidl") == set()
    assert saver.spend(100, payee="BILLA")["payee_id"] == made


def test_a_text_longer_than_an_index_takes_is_a_payee_too(saver):
    text = "ﷺ" * 200
    entry = saver.spend(100, payee=text)
    assert saver.spend(100, payee=text)["payee_id"] == entry["payee_id"] and len(of_payee(saver, text)) == 2
    assert saver.spend(100, payee="ﷺ" * 199)["payee_id"] != entry["payee_id"] and len(payees(saver)) == 2


def test_what_a_release_wrote_that_knew_no_payees_has_one(stack, saver):
    entry = saver.spend(100, payee="Lidl")
    id = uuid7(stack.clock)
    with stack.cluster.connect() as db:
        db.autocommit = False
        cursor = db.cursor()
        cursor.execute("set search_path = finance")
        cursor.execute("update users set ledger_version = ledger_version + 1 where user_id = %s", (saver.id,))
        for this, text in ((id, "LIDL"), (uuid7(stack.clock), "Penny")):
            cursor.execute("""insert into transactions (user_id, id, booked_on, amount, currency, payee, search_key, created_at, updated_at)
                values (%s, %s, '2026-04-01', -5, 'EUR', %s, lower(%s) || e'\\n', now(), now())""", (saver.id, this, text, text))
            cursor.execute("""insert into transaction_lines (user_id, transaction_id, n, category, amount, booked_on)
                values (%s, %s, 1, 'groceries', -5, '2026-04-01')""", (saver.id, this))
        cursor.execute("""insert into day_actual as a (user_id, day, category, spent) values (%s, '2026-04-01', 'groceries', 10)
            on conflict (user_id, day, category) do update set spent = a.spent + 10""", (saver.id,))
        db.commit()
    assert booked(saver)[id]["payee_id"] == entry["payee_id"]
    made = payees(saver)[1]
    assert made["name"] == "Penny" and made["id"][14] == "7"


# -- the usual category
def test_a_payees_category_is_taken_when_none_is_named(saver, beside):
    entry = saver.spend(100, payee="Lidl")
    body = {"money": money(-250), "payee": "LIDL"}
    refused = expect(saver.post(LIST, body, headers=keyed()), 422)
    assert refused.findings() == {"/category": "required"}
    path = f"{PAYEES}/{entry['payee_id']}"
    assert expect(saver.patch(path, {"category": "Food"}, headers=ANY), 200).json["category"] == "groceries"
    made = expect(beside.post(LIST, body, headers=keyed()), 201).json
    assert made["category"] == "groceries" and made["effect"]["today"]["spent_money"] == money(350)
    assert expect(saver.post(LIST, body | {"category": "transport"}, headers=keyed()), 201).json["category"] == "transport"
    split = body | {"splits": [{"category": "home", "money": money(-250), "note": "n"}]}
    assert [x["category"] for x in expect(saver.post(LIST, split, headers=keyed()), 201).json["splits"]] == ["home"]
    expect(saver.post(LIST, {"money": money(-1), "payee": "Aldi"}, headers=keyed()), 422)
    expect(saver.patch(path, {"archived": True}, headers=ANY), 200)
    expect(saver.post(LIST, body, headers=keyed()), 422)
    expect(saver.patch(path, {"archived": False, "category": None}, headers=ANY), 200)
    expect(beside.post(LIST, body, headers=keyed()), 422)


def test_a_category_that_a_payee_has_is_archived_not_removed_and_then_no_more_taken(saver):
    own = expect(saver.post("/v1/categories", {"name": "Bees", "class": "flexible"}, headers=keyed()), 201).json["id"]
    made = expect(saver.post(PAYEES, {"name": "Beekeeper", "category": own}, headers=keyed()), 201)
    expect(saver.delete(f"/v1/categories/{own}", headers=ANY), 204)
    assert expect(saver.get(f"/v1/categories/{own}"), 200).json["archived"]
    assert expect(saver.post(LIST, {"money": money(-1), "payee": "beekeeper"}, headers=keyed()), 422).findings() == {"/category": "required"}
    path = made.header("Location")
    assert expect(saver.patch(path, {"name": "Beekeepers", "category": own}, headers=ANY), 200).json["category"] == own  # as it was read


@pytest.mark.parametrize("mode, status", [("independent", 207), ("atomic", 200)])
def test_a_batch_means_payees_as_posts_do_and_takes_their_categories(saver, beside, mode, status):
    lidl = saver.spend(100, payee="Lidl")["payee_id"]
    expect(saver.patch(f"{PAYEES}/{lidl}", {"category": "groceries"}, headers=ANY), 200)
    item = lambda text, **more: {"money": money(-5), "payee": text} | more
    items = [item("LIDL"), item("New", category="home"), item("new", category="home"), item(None, category="home")] + [item("NEW")] * (mode == "independent")
    done = expect(beside.post(f"{LIST}:batch", {"mode": mode, "items": items}, headers=keyed()), status).json["data"]
    assert [x["status"] for x in done] == [201] * 4 + [422] * (mode == "independent")
    made = [x["transaction"] for x in done[:4]]
    new = made[1]["payee_id"]
    assert [t["payee_id"] for t in made] == [lidl, new, new, None] and made[0]["category"] == "groceries" and new != lidl
    assert all(booked(saver)[t["id"]] == t for t in made) and one(saver, new)["name"] == "New"
    refused = beside.post(f"{LIST}:batch", {"mode": "atomic", "items": [item("LIDL"), item("New")]}, headers=keyed())
    assert expect(refused, 422).findings() == {"/items/1/category": "required"}


# -- one payee's life
def test_a_payee_is_made_read_renamed_and_removed(saver):
    made = expect(saver.post(PAYEES, {"name": "Lidl"}, headers=keyed()), 201)
    path = made.header("Location")
    assert made.json["merged"] == [] and not made.json["archived"]
    read = expect(saver.get(path), 200)
    assert read.json == made.json and read.etag == made.etag
    expect(saver.get(path, headers={"If-None-Match": read.etag}), 304)
    expect(saver.patch(path, {"name": "Lidl Plus"}, valid=False), 428, "precondition_required")
    now = expect(saver.patch(path, {"name": "Lidl Plus"}, headers={"If-Match": read.etag}), 200)
    expect(saver.patch(path, {"name": "Lidl"}, headers={"If-Match": read.etag}), 412, "precondition_failed")
    expect(saver.delete(path, headers={"If-Match": read.etag}), 412)
    entry = saver.spend(100, payee="LIDL")  # its former name still means it
    assert entry["payee_id"] == now.json["id"] == saver.spend(100, payee="lidl plus")["payee_id"] and entry["payee"] == "LIDL"
    expect(saver.post(PAYEES, {"name": "lidl"}, headers=keyed()), 409, "already_exists")
    expect(saver.delete(path, headers={"If-Match": now.etag}), 204)
    assert one(saver, now.json["id"])["archived"] and names(saver, "&archived=false") == [] and names(saver, "&archived=true") == ["Lidl Plus"]
    unused = expect(saver.post(PAYEES, {"name": "Aldi"}, headers=keyed()), 201).header("Location")
    expect(saver.delete(unused, headers=ANY), 204)
    expect(saver.get(unused), 404, "not_found")
    assert saver.spend(100, payee="ALDI")["payee_id"] != unused.rsplit("/", 1)[1]


def test_what_was_booked_and_is_deleted_keeps_its_payee(saver):
    entry = saver.spend(100, payee="Lidl")
    saver.remove(entry)
    expect(saver.delete(f"{PAYEES}/{entry['payee_id']}", headers=ANY), 204)
    assert one(saver, entry["payee_id"])["archived"]
    assert expect(saver.post(f"{LIST}/{entry['id']}:restore", headers=keyed()), 200).json["payee_id"] == entry["payee_id"]


def test_one_name_is_one_payee_and_one_id_is_one(saver):
    first = expect(saver.post(PAYEES, {"name": "Café Roma"}, headers=keyed()), 201).json
    for name in ("CAFE ROMA", "cafe-roma", "Ｃａｆｅ Roma"):
        expect(saver.post(PAYEES, {"name": name}, headers=keyed()), 409, "already_exists")
    expect(saver.post(PAYEES, {"name": "Other", "id": first["id"]}, headers=keyed()), 409, "already_exists")
    second = saver.spend(100, payee="Roma")["payee_id"]
    expect(saver.patch(f"{PAYEES}/{second}", {"name": "cafe roma"}, headers=ANY), 409, "already_exists")
    expect(saver.patch(f"{PAYEES}/{first['id']}", {"name": "CAFÉ ROMA"}, headers=ANY), 200)
    assert sorted(names(saver)) == ["CAFÉ ROMA", "Roma"]


def test_all_that_is_wrong_with_a_payee_is_said_at_once(saver):
    body = {"id": "019d4a5c-7c00-4a01-8b02-0123456789ab", "name": "a\u200bb", "category": "nonsense", "archived": True}
    found = expect(saver.post(PAYEES, body, headers=keyed(), valid=False), 422, "validation_failed").findings()
    assert found == {"/id": "invalid_id", "/name": "invalid_characters", "/category": "unknown_category", "/archived": "unknown_field"}
    assert expect(saver.post(PAYEES, {"name": "\u0301"}, headers=keyed()), 422).findings()["/name"] in ("too_short", "invalid_characters")
    assert expect(saver.post(PAYEES, {"name": "a" * 201}, headers=keyed(), valid=False), 422).findings() == {"/name": "too_long"}
    expect(saver.post(PAYEES, {"name": "Lidl"}, valid=False), 400, "idempotency_key_required")
    id = expect(saver.post(PAYEES, {"name": "Lidl"}, headers=keyed()), 201).json["id"]
    assert expect(saver.patch(f"{PAYEES}/{id}", {}, headers=ANY, valid=False), 422).findings() == {"": "empty_patch"}
    for query in ("archived=yes", "prefix=%20", "limit=0"):
        expect(saver.get(f"{PAYEES}?{query}", valid=False), 422, "invalid_parameter")
    expect(saver.get(f"{PAYEES}?name=x", valid=False), 400, "unknown_parameter")


def test_somebody_elses_payee_is_404_and_no_name_is_taken_by_it(stack, saver):
    mine = saver.spend(100, payee="Lidl")["payee_id"]
    other = stack.person()
    hers = other.spend(100, payee="Lidl")["payee_id"]
    assert hers != mine
    for answer in (other.get(f"{PAYEES}/{mine}"), other.patch(f"{PAYEES}/{mine}", {"name": "x"}, headers=ANY), other.delete(f"{PAYEES}/{mine}", headers=ANY),
                   unmerge(other, mine), saver.get(f"{PAYEES}/{uuid7(stack.clock)}")):
        expect(answer, 404, "not_found")
    assert expect(merge(other, hers, mine), 422, "unknown_payee").findings() == {"/from/0": "unknown_payee"}
    assert expect(merge(other, mine, hers), 422, "unknown_payee").findings() == {"/into": "unknown_payee"}
    assert of_payee(other, mine) == set() and len(of_payee(other, hers)) == 1


def test_the_list_is_by_name_in_pages_by_its_beginning_and_bound_to_what_was_asked(saver):
    for name in ("Zara", "aldi", "Äpfel & Birnen", "ALDI Süd", "Apfelhof", "бреза", "Aldi-Nord"):
        expect(saver.post(PAYEES, {"name": name}, headers=keyed()), 201)
    assert names(saver) == ["aldi", "Aldi-Nord", "ALDI Süd", "Äpfel & Birnen", "Apfelhof", "Zara", "бреза"]
    assert names(saver, "&prefix=ALDI%20") == ["aldi", "Aldi-Nord", "ALDI Süd"] and names(saver, "&prefix=aldi-n") == ["Aldi-Nord"]
    assert names(saver, "&prefix=apfel") == ["Äpfel & Birnen", "Apfelhof"] and names(saver, "&prefix=%25") == [] == names(saver, "&prefix=pfel")
    page = expect(saver.get(f"{PAYEES}?limit=1&prefix=al"), 200)
    cursor = page.json["next_cursor"]
    expect(saver.get(f"{PAYEES}?limit=1&prefix=a&cursor={cursor}"), 400, "invalid_cursor")
    expect(saver.get(f"{LIST}?limit=1&cursor={cursor}"), 400, "invalid_cursor")
    expect(saver.get(f"{PAYEES}?limit=1&prefix=al", headers={"If-None-Match": page.etag}), 304)
    saver.spend(100, payee="Alnatura")
    assert expect(saver.get(f"{PAYEES}?limit=1&prefix=al", headers={"If-None-Match": page.etag}), 200).etag != page.etag


# -- merged and taken apart
def test_merged_payees_are_one_in_every_transaction_and_in_what_comes(saver, beside):
    a, b, c = (saver.spend(100, payee=text) for text in ("Lidl", "LIDL SAGT DANKE 0123", "Lidl Sofia 7"))
    gone = saver.spend(100, payee="lidl sofia 7")
    saver.remove(gone)
    cursor = expect(saver.get("/v1/changes?limit=500"), 200).json["next_cursor"]
    k = key()
    done = expect(merge(saver, a["payee_id"], b["payee_id"], c["payee_id"], k=k), 200)
    assert [m["name"] for m in done.json["merged"]] == ["LIDL SAGT DANKE 0123", "Lidl Sofia 7"] and done.etag
    assert expect(merge(beside, a["payee_id"], b["payee_id"], c["payee_id"], k=k), 200).body == done.body  # its answer again
    now = expect(saver.get(f"{PAYEES}/{a['payee_id']}"), 200)
    assert now.json == done.json and now.etag == done.etag and names(beside) == ["Lidl"]
    assert {t["payee_id"] for t in booked(beside).values()} == {a["payee_id"]}
    assert [booked(saver)[t["id"]]["payee"] for t in (a, b, c)] == ["Lidl", "LIDL SAGT DANKE 0123", "Lidl Sofia 7"]  # as it was booked
    assert expect(saver.get(f"{LIST}/{b['id']}"), 200).etag != b["etag"]
    for text in ("lidl", "lidl sofia 7", a["payee_id"]):
        assert of_payee(saver, text) == {a["id"], b["id"], c["id"]}
    assert beside.spend(100, payee="LIDL SOFIA 7")["payee_id"] == a["payee_id"]
    assert expect(saver.post(f"{LIST}/{gone['id']}:restore", headers=keyed()), 200).json["payee_id"] == a["payee_id"]
    told = expect(saver.get(f"/v1/changes?limit=500&cursor={cursor}"), 200).json["data"]
    first = [e for e in told if e["sequence"] == min(x["sequence"] for x in told)]
    assert sorted((e["kind"], e["id"], e["deleted"]) for e in first if e["id"] != gone["id"]) == sorted(
        [("payee", a["payee_id"], False), ("payee", b["payee_id"], True), ("payee", c["payee_id"], True)] + [("transaction", t["id"], False) for t in (b,)]
        + [("transaction", c["id"], False)])
    for id in (b["payee_id"], c["payee_id"]):
        expect(saver.get(f"{PAYEES}/{id}"), 404, "not_found")
        expect(saver.patch(f"{PAYEES}/{id}", {"name": "x"}, headers=ANY), 404)
        assert expect(merge(saver, a["payee_id"], id), 422, "unknown_payee")


def test_the_undo_of_a_merge_is_exact_whatever_was_merged_on_top(saver, beside):
    rows = [saver.spend(100, payee=text) for text in ("Alpha", "Beta", "Gamma", "Delta", "beta")]
    a, b, c, d, _ = (t["payee_id"] for t in rows)
    expect(saver.patch(f"{PAYEES}/{b}", {"name": "Beta Ltd", "category": "home"}, headers=ANY), 200)
    expect(saver.patch(f"{PAYEES}/{c}", {"archived": True}, headers=ANY), 200)
    shown = lambda: [{m: x for m, x in p.items() if m != "updated_at"} for p in payees(saver)]
    of = lambda: {id: t["payee_id"] for id, t in booked(saver).items()}
    before, bookings = shown(), of()
    expect(merge(saver, b, c), 200)
    middle, booked_then = shown(), of()
    expect(merge(beside, a, b), 200)
    expect(merge(saver, d, a), 200)
    assert names(saver) == ["Delta"] and set(of().values()) == {d}
    later = saver.spend(100, payee="BETA")
    back = expect(unmerge(saver, b), 200)
    assert back.json["name"] == "Beta Ltd" and back.json["category"] == "home" and [m["id"] for m in back.json["merged"]] == [c]
    assert expect(beside.get(f"{PAYEES}/{b}"), 200).body == back.body
    assert of() == booked_then | {later["id"]: b} | {id: d for id, p in bookings.items() if p == a}
    expect(unmerge(beside, a), 200)
    assert shown() == middle and of() == booked_then | {later["id"]: b}
    expect(unmerge(saver, c), 200)
    assert shown() == before and of() == bookings | {later["id"]: b}
    expect(unmerge(saver, c), 409, "not_merged")


def test_a_name_that_goes_with_it_keeps_a_merged_payee_where_it_is(saver):
    a, b = saver.spend(100, payee="Alpha")["payee_id"], saver.spend(100, payee="Beta")["payee_id"]
    expect(merge(saver, a, b), 200)
    expect(saver.patch(f"{PAYEES}/{a}", {"name": "BETA"}, headers=ANY), 200)
    expect(unmerge(saver, b), 409, "already_exists")
    expect(saver.patch(f"{PAYEES}/{a}", {"name": "Alpha"}, headers=ANY), 200)
    expect(unmerge(saver, b), 200)
    assert names(saver) == ["Alpha", "Beta"]


def test_a_payee_that_is_removed_takes_what_was_merged_into_it_along(saver):
    a, b = (expect(saver.post(PAYEES, {"name": name}, headers=keyed()), 201).json["id"] for name in ("Alpha", "Beta"))
    expect(merge(saver, a, b), 200)
    expect(saver.delete(f"{PAYEES}/{a}", headers=ANY), 204)
    expect(unmerge(saver, b), 404, "not_found")
    assert payees(saver) == [] and saver.spend(100, payee="beta")["payee_id"] not in (a, b)


def test_a_merge_names_each_once_not_too_many_and_not_itself(stack, saver):
    a, b = saver.spend(100, payee="Alpha")["payee_id"], saver.spend(100, payee="Beta")["payee_id"]
    assert expect(merge(saver, a, b, b, a), 422).findings() == {"/from/1": "duplicate_id", "/from/2": "duplicate_id"}
    assert expect(saver.post(f"{PAYEES}:merge", {"into": a, "from": []}, headers=keyed(), valid=False), 422).findings() == {"/from": "too_few"}
    assert expect(saver.post(f"{PAYEES}:merge", {"into": a, "from": [b] * 101}, headers=keyed(), valid=False), 422).findings()["/from"] == "too_many"
    stack.cluster.sql("""insert into finance.payees (user_id, id, name, word, merged_into, created_at, updated_at)
        select %s, gen_random_uuid(), 'x' || n, 'x' || n, %s, now(), now() from generate_series(1, 100) as n returning 1""", saver.id, a)
    saver.spend(100)  # a write of the service, after those of nobody
    assert expect(merge(saver, a, b), 422).findings() == {"/from": "too_many"}


def test_C1_one_key_on_two_instances_is_one_payee_and_one_merge(saver, beside):
    a, b = saver.spend(100, payee="Alpha")["payee_id"], saver.spend(100, payee="Beta")["payee_id"]
    new, again = keyed(), key()

    def settled(ask, who):
        while (answer := ask(who)).status == 409:
            assert answer.code == "idempotency_in_flight"
        return answer.body

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(lambda who: settled(lambda w: w.post(PAYEES, {"name": "New"}, headers=new), who), (saver, beside) * 4))) == 1
        assert len(set(pool.map(lambda who: settled(lambda w: merge(w, a, b, k=again), who), (saver, beside) * 4))) == 1
    assert names(saver) == ["Alpha", "New"] and expect(saver.get(f"{PAYEES}/{a}"), 200).etag == '"y2"'


def test_C2_of_two_changes_at_once_on_two_instances_one_stays_and_a_text_of_both_is_one_payee(saver, beside):
    id = expect(saver.post(PAYEES, {"name": "Alpha"}, headers=keyed()), 201).json["id"]
    for n in range(5):
        tag = expect(saver.get(f"{PAYEES}/{id}"), 200).etag
        with ThreadPoolExecutor(4) as pool:
            change = lambda who: who.patch(f"{PAYEES}/{id}", {"name": f"Alpha {n} {who is saver}"}, headers={"If-Match": tag})
            changes = list(pool.map(change, (saver, beside)))
            made = list(pool.map(lambda who: who.spend(100, payee=f"new {n}")["payee_id"], (saver, beside) * 2))
        assert sorted(a.status for a in changes) == [200, 412] and len(set(made)) == 1


# -- the law
def test_a_transaction_is_always_of_the_payee_its_text_means_and_the_feed_tells_it(stack, saver, beside):
    seed = int(os.environ.get("MITA_SEED", random.randrange(2**32)))
    print(f"again: MITA_SEED={seed}")
    rng = random.Random(seed)
    texts = ["Lidl", "LIDL 1", "Aldi", "aldi süd", "Kaufland", "Rossmann", "dm", "Penny", "Netto"]
    said = lambda text: text.lower().replace(" ", "").replace("ü", "u")
    home, into, name, rows = {}, {}, {}, {}  # word -> payee; payee -> payee; payee -> word of its name; row -> word
    replica, cursor = {}, None

    def root(id):
        return root(into[id]) if id in into else id

    def meant(answer, word):
        if word not in home:
            assert answer["payee_id"] not in name
            home[word], name[answer["payee_id"]] = answer["payee_id"], word
        assert answer["payee_id"] == root(home[word])

    for step in range(70):
        who, what = rng.choice((saver, beside)), rng.choice(["book", "book", "book", "say", "rename", "merge", "merge", "unmerge", "unmerge", "drop"])
        live = sorted(id for id in name if id not in into)
        if what == "book":
            text = rng.choice(texts)
            made = who.spend(rng.randrange(1, 900), payee=text)
            meant(made, said(text))
            rows[made["id"]] = said(text)
        elif what == "say" and rows:
            id, text = rng.choice(sorted(rows)), rng.choice(texts)
            meant(expect(who.patch(f"{LIST}/{id}", {"payee": text}, headers=ANY), 200).json, said(text))
            rows[id] = said(text)
        elif what == "rename" and live:
            id, text = rng.choice(live), rng.choice(texts + [f"Name {step}"])
            answer = who.patch(f"{PAYEES}/{id}", {"name": text}, headers=ANY)
            if root(home.get(said(text), id)) != id:
                expect(answer, 409, "already_exists")
            else:
                expect(answer, 200)
                home.setdefault(said(text), id)
                name[id] = said(text)
        elif what == "merge" and len(live) > 1:
            target, *others = rng.sample(live, rng.randrange(2, min(4, len(live)) + 1))
            expect(merge(who, target, *others), 200)
            into |= {other: target for other in others}
        elif what == "unmerge" and into:
            id = rng.choice(sorted(into))
            own = lambda x: x == id or (x in into and own(into[x]))
            answer = unmerge(who, id)
            if own(home[name[root(id)]]):
                expect(answer, 409, "already_exists")
            else:
                expect(answer, 200)
                del into[id]
        elif what == "drop" and rows:
            id = rng.choice(sorted(rows))
            expect(who.delete(f"{LIST}/{id}", headers=ANY), 200)
            del rows[id]
        reader = rng.choice((saver, beside))
        assert {id: t["payee_id"] for id, t in booked(reader).items()} == {id: root(home[word]) for id, word in rows.items()}, f"after {what} in step {step}"
        if step % 7 == 0:
            more = True
            while more:
                page = expect(reader.get(f"/v1/changes?limit=9" + (f"&cursor={cursor}" if cursor else "")), 200).json
                for e in page["data"]:
                    replica.pop((e["kind"], e["id"]), None)
                    if not e["deleted"]:
                        replica[e["kind"], e["id"]] = e["object"]
                cursor, more = page["next_cursor"], page["has_more"]
            assert {id: t for (kind, id), t in replica.items() if kind == "transaction"} == booked(reader)
            assert {id: p for (kind, id), p in replica.items() if kind == "payee"} == {p["id"]: p for p in payees(reader)}
    assert stack.cluster.sql("select count(*) from finance.payees p where user_id = %s and merged_into is null", saver.id) == [(len(payees(saver)),)]
