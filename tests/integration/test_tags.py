"""Tags: listed with how many transactions have each, renamed, merged and taken off all of them at once; pages by amount, however old."""
import collections
import os
import random
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote

import psycopg2.extras
import pytest

from mita.client import expect
from mita.people import key, money, uuid7

ANY = {"If-Match": "*"}
TAGS, LIST = "/v1/tags", "/v1/transactions"


def keyed(k=None):
    return {"Idempotency-Key": k or key()}


def counts(who, query="", limit=2):
    target, out = f"{TAGS}?limit={limit}{query}", []
    while target:
        page = expect(who.get(target), 200)
        out += [(t["tag"], t["transactions"]) for t in page.json["data"]]
        link = page.header("Link")
        target = link and link[1:].split(">")[0]
    return out


def merge(who, source, into, k=None):
    return who.post(f"{TAGS}:merge", {"from": source, "into": into}, headers=keyed(k))


def remove(who, tags, k=None):
    return who.post(f"{TAGS}:remove", {"tags": tags}, headers=keyed(k))


def tagged(who):
    return {t["id"]: t["tags"] for t in expect(who.get(f"{LIST}?limit=500"), 200).json["data"]}


def test_tags_are_listed_by_letters_with_their_counts_in_pages(saver, stack):
    rows = [saver.spend(100, tags=tags) for tags in (["week", "a b"], ["week", "Week"], ["ж", "week", "week"], [])]
    assert counts(saver) == [("Week", 1), ("a b", 1), ("week", 3), ("ж", 1)] == counts(saver, limit=500)
    assert counts(saver, "&prefix=we") == [("week", 3)] and counts(saver, "&prefix=" + quote("%")) == []
    page = expect(saver.get(f"{TAGS}?limit=1"), 200)
    expect(saver.get(f"{TAGS}?limit=1", headers={"If-None-Match": page.etag}), 304)
    expect(saver.get(f"{TAGS}?limit=1&prefix=w&cursor={page.json['next_cursor']}"), 400, "invalid_cursor")
    saver.remove(rows[1])
    assert counts(saver) == [("a b", 1), ("week", 2), ("ж", 1)]
    expect(saver.post(f"{LIST}/{rows[1]['id']}:restore", headers=keyed()), 200)
    assert dict(counts(saver))["Week"] == 1
    assert expect(saver.get(f"{TAGS}?limit=1", headers={"If-None-Match": page.etag}), 200).etag != page.etag
    assert counts(stack.person()) == []


def test_a_tag_is_renamed_merged_and_removed_everywhere_in_its_place(saver, beside):
    rows = [saver.spend(100, tags=tags)["id"] for tags in (["x", "trip", "y"], ["travel", "x", "trip"], ["trip"], ["y"])]
    gone = saver.spend(100, tags=["trip"])
    saver.remove(gone)
    cursor = expect(saver.get("/v1/changes?limit=500"), 200).json["next_cursor"]
    k = key()
    done = expect(merge(saver, ["trip", "travel"], "Trip", k), 200)
    assert done.json == {"transactions": 3} and expect(merge(beside, ["trip", "travel"], "Trip", k), 200).body == done.body
    assert [tagged(beside)[id] for id in rows] == [["x", "Trip", "y"], ["Trip", "x"], ["Trip"], ["y"]]
    assert counts(saver) == [("Trip", 3), ("x", 2), ("y", 2)]
    told = expect(saver.get(f"/v1/changes?limit=500&cursor={cursor}"), 200).json["data"]
    assert {e["id"] for e in told} == set(rows[:3]) and len({e["sequence"] for e in told}) == 1
    assert {t["id"] for t in expect(saver.get(f"{LIST}?tag=Trip"), 200).json["data"]} == set(rows[:3])
    assert expect(remove(saver, ["x", "y"]), 200).json == {"transactions": 3}
    assert [tagged(saver)[id] for id in rows] == [["Trip"], ["Trip"], ["Trip"], []]
    assert expect(remove(saver, ["nobody's"]), 200).json == {"transactions": 0} == expect(merge(saver, ["Trip"], "Trip"), 200).json
    assert expect(saver.post(f"{LIST}/{gone['id']}:restore", headers=keyed()), 200).json["tags"] == ["trip"]  # what was deleted is as it was


def test_all_that_is_wrong_with_an_act_on_tags_is_said_at_once(stack, saver):
    body = {"from": ["a", "a", "x" * 51, ""], "into": "b\u200bc", "more": 1}
    found = expect(saver.post(f"{TAGS}:merge", body, headers=keyed(), valid=False), 422).findings()
    assert found == {"/from/1": "duplicate_id", "/from/2": "too_long", "/from/3": "too_short", "/into": "invalid_characters", "/more": "unknown_field"}
    assert expect(saver.post(f"{TAGS}:remove", {"tags": []}, headers=keyed(), valid=False), 422).findings() == {"/tags": "too_few"}
    expect(saver.post(f"{TAGS}:remove", {"tags": ["a"]}, valid=False), 400, "idempotency_key_required")
    expect(saver.get(f"{TAGS}?prefix=", valid=False), 422, "invalid_parameter")
    other = stack.person()
    saver.spend(100, tags=["mine"])
    assert expect(remove(other, ["mine"]), 200).json == {"transactions": 0} and counts(saver) == [("mine", 1)]


def test_C1_tags_renamed_by_one_key_on_two_instances_beside_new_ones_lose_nothing(saver, beside):
    for n in range(4):
        saver.spend(100, tags=["old", f"n{n}"])
    k = key()

    def act(number):
        who = (saver, beside)[number % 2]
        if number < 4:
            while (answer := merge(who, ["old"], "new", k)).status == 409:
                assert answer.code == "idempotency_in_flight"
            return expect(answer, 200).body
        return who.spend(100, tags=["new"])["id"] and None

    with ThreadPoolExecutor(8) as pool:
        assert len({b for b in pool.map(act, range(8)) if b}) == 1
    assert dict(counts(beside))["new"] == 8 and "old" not in dict(counts(saver))


def test_counts_are_what_is_tagged_after_any_writes(stack, saver, beside):
    seed = int(os.environ.get("MITA_SEED", random.randrange(2**32)))
    print(f"again: MITA_SEED={seed}")
    rng, names, books, gone = random.Random(seed), ["a", "A", "b", "ä", "c d", "e"], {}, {}
    some = lambda: rng.sample(names, rng.randrange(0, 4))
    replaced = lambda tags, source, into: list(dict.fromkeys(y for y in (into if t in source else t for t in tags) if y))
    for step in range(50):
        who, what = rng.choice((saver, beside)), rng.choice(["book", "book", "say", "drop", "back", "merge", "remove"])
        if what == "book":
            tags = some()
            books[who.spend(100, tags=tags)["id"]] = tags
        elif what == "say" and books:
            id = rng.choice(sorted(books))
            books[id] = some()
            expect(who.patch(f"{LIST}/{id}", {"tags": books[id]}, headers=ANY), 200)
        elif what == "drop" and books:
            id = rng.choice(sorted(books))
            expect(who.delete(f"{LIST}/{id}", headers=ANY), 200)
            gone[id] = books.pop(id)
        elif what == "back" and gone:
            id = rng.choice(sorted(gone))
            expect(who.post(f"{LIST}/{id}:restore", headers=keyed()), 200)
            books[id] = gone.pop(id)
        elif what in ("merge", "remove"):
            source, into = rng.sample(names, rng.randrange(1, 3)), rng.choice(names) if what == "merge" else None
            touched = [id for id, tags in books.items() if {*tags} & ({*source} - {into})]
            answer = merge(who, source, into) if into else remove(who, source)
            assert expect(answer, 200).json == {"transactions": len(touched)}
            for id in touched:
                books[id] = replaced(books[id], source, into)
        reader = rng.choice((saver, beside))
        assert tagged(reader) == books, f"after {what} in step {step}"
        want = collections.Counter(t for tags in books.values() for t in {*tags})
        assert counts(reader) == sorted(want.items(), key=lambda x: x[0].encode())


# -- pages by amount
@pytest.fixture(scope="module")
def rich(running):
    """Somebody with 9,000 entries over eleven years: many of small amounts, few of large ones, those long ago."""
    running.heal()
    someone = running.person()
    someone.spend(1)
    rng = random.Random(7)
    rows = []
    for i in range(9000):
        day = i * 4000 // 9000
        amount = -rng.randrange(1, 100) if i % 300 else -rng.randrange(5000, 5100)
        if i < 900 and i % 3 == 0:
            amount = -rng.randrange(700, 800)
        rows.append((someone.id, uuid7(ms=1400000000000 + i * 38_400_000), day, amount))
    with running.cluster.connect() as c:
        c.autocommit = False
        cursor = c.cursor()
        cursor.execute("set search_path = finance; set session_replication_role = replica")
        psycopg2.extras.execute_values(cursor, """insert into finance.transactions (user_id, id, booked_on, amount, currency, created_at, updated_at)
            select u::uuid, t::uuid, date '2015-01-01' + n, a, 'EUR', now(), now() from (values %s) as v(u, t, n, a)""", rows, page_size=3000)
        cursor.execute("""insert into finance.transaction_lines (user_id, transaction_id, n, category, amount, booked_on)
            select user_id, id, 1, 'groceries', amount, booked_on from finance.transactions t where user_id = %s and not exists (
                select 1 from finance.transaction_lines l where l.user_id = t.user_id and l.transaction_id = t.id)""", (someone.id,))
        cursor.execute("analyze finance.transactions")
        c.commit()
    someone.rows = sorted(((n, id, a) for _, id, n, a in rows), reverse=True)
    return someone


@pytest.mark.parametrize("low, high", [(-5100, -5000), (-800, -700), (-799, -760), (-99, -1), (-50, None), (None, -600), (-5050, -5050), (-4000, -1000), (10, None)])
def test_amounts_are_found_in_full_pages_however_long_ago(stack, rich, low, high):
    rich.login()
    fits = [id for _, id, a in rich.rows if (low is None or a >= low) and (high is None or a <= high)]
    query = "".join(f"&amount_{name}={x}" for name, x in (("min", low), ("max", high)) if x is not None)
    page = expect(rich.get(f"{LIST}?limit=50&booked_to=2026-01-01{query}"), 200)
    assert [t["id"] for t in page.json["data"]] == fits[:50] and (page.json["next_cursor"] is None) == (len(fits) <= 50)
    got, target = [], f"{LIST}?limit=500&booked_to=2026-01-01{query}"
    while target:
        answer = expect(rich.get(target), 200)
        got += [t["id"] for t in answer.json["data"]]
        link = answer.header("Link")
        target = link and link[1:].split(">")[0]
        assert len(got) >= 500 or target is None
    assert got == fits
