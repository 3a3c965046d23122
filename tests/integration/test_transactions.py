"""Transactions: pages, cursors, filters, splits, restore, and other people's ids."""
import random
from urllib.parse import quote

import pytest

from mita.client import expect
from mita.people import key, column, line, money, uuid7, worked_example

LIST = "/v1/transactions"


def walk(person, query="", limit=7, between=None):
    """All ids over all pages."""
    ids, cursor, page = [], None, 0
    while True:
        target = f"{LIST}?limit={limit}{query}" + (f"&cursor={quote(cursor)}" if cursor else "")
        answer = expect(person.get(target), 200)
        ids += [t["id"] for t in answer.json["data"]]
        cursor = answer.json["next_cursor"]
        assert (answer.header("Link") is not None) == (cursor is not None)
        if cursor is None:
            return ids
        page += 1
        if between:
            between(page)


@pytest.fixture
def many(saver):
    """25 transactions on 1..5 April, in list order (booked_on desc, id desc)."""
    made = [saver.spend(100 + i, "groceries" if i % 2 else "transport", booked_on=f"2026-04-0{1 + i % 5}", note=f"note {i}", payee="Corner Shop" if i % 3 else "Bus")
            for i in range(25)]
    return sorted(made, key=lambda t: (t["booked_on"], t["id"]), reverse=True)


def test_pages_hold_everything_once_newest_first(saver, many):
    assert walk(saver) == [t["id"] for t in many]


def test_the_default_page_has_50(saver):
    for i in range(51):
        saver.spend(1 + i)
    answer = expect(saver.get(LIST), 200)
    assert len(answer.json["data"]) == 50 and answer.json["next_cursor"]


def test_the_link_header_leads_to_the_next_page(saver, many):
    first = expect(saver.get(f"{LIST}?limit=10"), 200)
    target = first.header("Link").split(">")[0][1:]
    assert [t["id"] for t in expect(saver.get(target), 200).json["data"]] == [t["id"] for t in many[10:20]]


def test_pages_are_stable_under_inserts_and_deletes(saver, many):
    by_id = {t["id"]: t for t in many}

    def disturb(page):
        saver.spend(1, booked_on="2026-04-30")  # newer than everything: before the cursor
        gone = many[-page]
        saver.remove(gone)
        by_id.pop(gone["id"])

    ids = walk(saver, between=disturb)
    assert len(ids) == len(set(ids))
    assert [i for i in ids if i in by_id] == [t["id"] for t in many if t["id"] in by_id]


@pytest.mark.parametrize("damage", [lambda c: c[:-2] + ("AA" if c[-2:] != "AA" else "BB"), lambda c: "A" + c[1:] if c[0] != "A" else "B" + c[1:],
                                    lambda c: c[:-4], lambda c: c + "AAAA", lambda c: "x"], ids=["end changed", "start changed", "cut", "longer", "nonsense"])
def test_a_tampered_cursor_is_400(saver, many, damage):
    cursor = expect(saver.get(f"{LIST}?limit=5"), 200).json["next_cursor"]
    expect(saver.get(f"{LIST}?limit=5&cursor={quote(damage(cursor))}"), 400, "invalid_cursor")


def test_a_cursor_of_another_filter_is_400(saver, many):
    cursor = expect(saver.get(f"{LIST}?limit=5&category=groceries"), 200).json["next_cursor"]
    expect(saver.get(f"{LIST}?limit=5&category=transport&cursor={quote(cursor)}"), 400, "invalid_cursor")
    expect(saver.get(f"{LIST}?limit=5&cursor={quote(cursor)}"), 400, "invalid_cursor")


def test_a_cursor_of_another_person_is_400(stack, saver, many):
    cursor = expect(saver.get(f"{LIST}?limit=5"), 200).json["next_cursor"]
    other = stack.person()
    other.onboard()
    expect(other.get(f"{LIST}?limit=5&cursor={quote(cursor)}"), 400, "invalid_cursor")


FILTERS = {
    "category=groceries": lambda t: t["category"] == "groceries",
    "category=food": lambda t: t["category"] == "groceries",
    "booked_from=2026-04-03": lambda t: t["booked_on"] >= "2026-04-03",
    "booked_to=2026-04-03": lambda t: t["booked_on"] <= "2026-04-03",
    "booked_from=2026-04-02&booked_to=2026-04-04": lambda t: "2026-04-02" <= t["booked_on"] <= "2026-04-04",
    "amount_min=-110": lambda t: t["money"]["amount"] >= -110,
    "amount_max=-110": lambda t: t["money"]["amount"] <= -110,
    "payee=BUS": lambda t: t["payee"] == "Bus",
    "payee=bu": lambda t: False,
    "payee=corner%20shop&amount_max=-105": lambda t: t["payee"] == "Corner Shop" and t["money"]["amount"] <= -105,
    "payee=corner%20shop&category=groceries&booked_from=2026-04-02": lambda t: t["payee"] == "Corner Shop" and t["category"] == "groceries" and t["booked_on"] >= "2026-04-02",
    "q=bus": lambda t: t["payee"] == "Bus",
    "q=note%202": lambda t: "note 2" in t["note"],
    "q=%25": lambda t: False,
    "category=transport&booked_from=2026-04-02&amount_max=-105&q=shop": lambda t: t["category"] == "transport" and t["booked_on"] >= "2026-04-02"
    and t["money"]["amount"] <= -105 and t["payee"] == "Corner Shop",
}


@pytest.mark.parametrize("query", FILTERS)
def test_a_filter_gives_exactly_what_fits(saver, many, query):
    assert walk(saver, "&" + query) == [t["id"] for t in many if FILTERS[query](t)]


def test_the_tag_filter_gives_exactly_what_has_the_tag_after_any_change(stack, saver):
    tagged = lambda **more: saver.spend(100, **more)
    a, b = tagged(tags=["trip", "Trip"], booked_on="2026-03-01"), tagged(tags=["trip"], payee="Café Roma")
    tagged(tags=["tri"]), tagged()
    of = lambda query: walk(saver, "&" + query, limit=1)
    assert of("tag=trip") == [b["id"], a["id"]] and of("tag=Trip") == [a["id"]] and of("tag=rip") == []
    assert of("tag=trip&payee=cafe%20roma") == [b["id"]] == of(f"tag=trip&account_id={saver.id}&category=food&booked_from=2026-03-02&q=roma&amount_max=-1")
    assert of("tag=trip&category=home") == of("payee=cafe%20roma&category=home") == of("tag=trip&account_id=" + uuid7(stack.clock)) == []
    change = lambda x, **patch: expect(saver.patch(f"{LIST}/{x['id']}", patch, headers={"If-Match": "*"}), 200)
    change(a, booked_on="2026-04-20")
    assert of("tag=trip") == [a["id"], b["id"]]
    change(b, tags=["other"])
    assert of("tag=trip") == [a["id"]] and of("tag=other") == [b["id"]]
    expect(saver.delete(f"{LIST}/{a['id']}", headers={"If-Match": "*"}), 200)
    assert of("tag=trip") == of("tag=Trip") == []
    expect(saver.post(f"{LIST}/{a['id']}:restore", headers={"Idempotency-Key": key()}), 200)
    assert of("tag=trip") == of("tag=Trip") == [a["id"]]
    rows = "select tag, booked_on::text, transaction_id::text from finance.transaction_tags where user_id = %s and tag <> 'tri' order by tag"
    assert stack.cluster.sql(rows, saver.id) == [(t, d, x["id"]) for t, d, x in sorted([("Trip", "2026-04-20", a), ("other", "2026-04-01", b), ("trip", "2026-04-20", a)], key=lambda r: r[0])]
    stack.cluster.sql("delete from finance.transactions where user_id = %s", saver.id)
    assert stack.cluster.sql("select count(*) from finance.transaction_tags where user_id = %s", saver.id) == [(0,)]
    stack.cluster.sql("delete from finance.users where user_id = %s", saver.id)  # its day sums are left


def test_the_account_filter_gives_exactly_that_account(saver, clock):
    account, other = (expect(saver.post("/v1/accounts", {"name": n, "kind": "bank"}, headers={"Idempotency-Key": key()}), 201).json["id"] for n in ("Bank", "Other"))
    mine = [saver.spend(100, account_id=account)["id"] for _ in range(3)]
    saver.spend(100, account_id=other)
    saver.spend(100)
    assert sorted(walk(saver, f"&account_id={account}", limit=2)) == sorted(mine)


def test_L3_split_lines_sum_to_the_parent_and_count_in_their_categories(saver):
    entry = expect(saver.create(-3000, splits=[{"category": "groceries", "money": money(-2000)}, {"category": "home", "money": money(-1000), "note": "soap"}]), 201).json
    assert entry["category"] is None and sum(s["money"]["amount"] for s in entry["splits"]) == entry["money"]["amount"]
    calendar = saver.calendar()
    assert line(calendar, "2026-04-01", "groceries")["spent"] == 2000 and line(calendar, "2026-04-01", "home")["spent"] == 1000


def test_a_split_transaction_is_found_by_the_category_of_a_line(saver):
    entry = expect(saver.create(-3000, splits=[{"category": "groceries", "money": money(-2000)}, {"category": "home", "money": money(-1000)}]), 201).json
    assert walk(saver, "&category=home") == [entry["id"]]


def test_a_refund_gives_the_day_back(saver):
    saver.spend(5000)
    expect(saver.create(2000), 201)
    assert line(saver.calendar(), "2026-04-01", "groceries")["spent"] == 3000


def test_an_alias_is_stored_as_its_category(saver):
    assert saver.spend(100, "Restaurant")["category"] == "dining_out"
    assert saver.spend(100, "food")["category"] == "groceries"


def test_booked_on_is_today_of_the_person_unless_given(saver):
    assert saver.spend(100)["booked_on"] == "2026-04-01"


def test_the_effect_says_today_and_what_tomorrow_will_be(saver, clock):
    effect = saver.spend(6000)["effect"]
    today = saver.calendar()["days"][0]
    assert effect["today"]["budget_money"] == today["budget_money"] and effect["today"]["spent_money"] == today["spent_money"] == money(6000)
    assert effect["today"]["left_money"]["amount"] == today["budget_money"]["amount"] - 6000
    assert effect["uncovered_money"] == money(0) and effect["moves"] == []
    clock.local("Europe/Sofia", "2026-04-02")
    saver.login()
    assert effect["tomorrow"]["budget_money"] == saver.calendar()["days"][1]["budget_money"]


@pytest.mark.parametrize("zone", ["Europe/Sofia", "America/Los_Angeles", "Pacific/Apia"])
def test_on_the_last_day_of_the_month_tomorrow_is_the_next_months_first(stack, clock, zone):
    clock.local(zone, "2026-04-01")
    person = stack.person()
    categories = [c | {"rollover": "both"} for c in worked_example()["categories"]]
    person.onboard(worked_example(zone) | {"categories": categories})
    clock.local(zone, "2026-04-29")
    person.login()
    person.spend(100)
    clock.local(zone, "2026-04-30")
    person.login()
    asked = expect(person.post("/v1/affordability", {"category": "groceries", "money": money(9000)}), 200).json["tomorrow"]
    told = [person.spend(x)["effect"]["tomorrow"]["budget_money"] for x in (100, 8900)]
    assert [o for o in person.calendar("2026-05")["categories"] if o["carry_in_money"]["amount"]] == []  # April is not closed yet
    clock.local(zone, "2026-05-01")
    person.login()
    first = person.calendar()
    assert first["check"]["carry_in"] != 0 and told[0] != told[1] == first["days"][0]["budget_money"]
    assert asked["budget_money"] == next(c for c in first["days"][0]["categories"] if c["category"] == "groceries")["budget_money"] != asked["before_money"]


def test_a_deleted_transaction_is_gone_and_comes_back_by_restore(saver):
    entry = saver.spend(6000)
    with_it = column(saver.calendar(), "groceries", "spent")
    saver.remove(entry)
    expect(saver.get(f"{LIST}/{entry['id']}"), 404, "not_found")
    assert walk(saver) == [] and sum(column(saver.calendar(), "groceries", "spent")) == 0
    back = expect(saver.post(f"{LIST}/{entry['id']}:restore", headers={"Idempotency-Key": "restore-1"}), 200)
    assert {k: back.json[k] for k in ("id", "money", "category", "booked_on")} == {k: entry[k] for k in ("id", "money", "category", "booked_on")}
    assert column(saver.calendar(), "groceries", "spent") == with_it


def test_restoring_twice_counts_once(saver):
    entry = saver.spend(6000)
    saver.remove(entry)
    for k in ("restore-1", "restore-2"):
        expect(saver.post(f"{LIST}/{entry['id']}:restore", headers={"Idempotency-Key": k}), 200)
    assert sum(column(saver.calendar(), "groceries", "spent")) == 6000


def test_deleting_twice_is_404(saver):
    entry = saver.spend(6000)
    saver.remove(entry)
    expect(saver.delete(f"{LIST}/{entry['id']}", headers={"If-Match": entry["etag"]}), 404, "not_found")


@pytest.mark.parametrize("method,suffix,body", [("GET", "", None), ("PATCH", "", {"note": "mine now"}), ("DELETE", "", None), ("POST", ":restore", None)],
                         ids=["read", "change", "delete", "restore"])
def test_somebody_elses_transaction_is_404(stack, saver, method, suffix, body):
    entry, other = saver.spend(100), stack.person()
    other.onboard()
    answer = other.client.request(method, f"{LIST}/{entry['id']}{suffix}", body, headers={"If-Match": "*"} if method in ("PATCH", "DELETE") else {"Idempotency-Key": "k"})
    expect(answer, 404, "not_found")
    nobody = other.client.request(method, f"{LIST}/{uuid7(stack.clock)}{suffix}", body, headers={"If-Match": "*"} if method in ("PATCH", "DELETE") else {"Idempotency-Key": "k"})
    drop = ("request_id", "instance")
    assert {k: v for k, v in answer.json.items() if k not in drop} == {k: v for k, v in nobody.json.items() if k not in drop}
    assert expect(saver.get(f"{LIST}/{entry['id']}"), 200).etag == entry["etag"]


def test_every_effect_agrees_with_the_calendar_after_it(saver, clock):
    """Whatever the process remembers between writes, and whatever else changed the ledger or the plan in between."""
    clock.local("Europe/Sofia", "2026-04-10")
    saver.login()
    rng, made = random.Random(7), []
    for i in range(24):
        made.append(saver.spend(rng.randrange(1, 9000), rng.choice(["groceries", "transport", "dining_out", "housing", "pets"]), booked_on=f"2026-04-{rng.randrange(1, 12):02}"))
        effect, today = made[-1]["effect"], saver.calendar()["days"][9]
        assert (effect["today"]["budget_money"], effect["today"]["spent_money"]) == (today["budget_money"], today["spent_money"])
        if i % 5 == 1:
            entry = made.pop(rng.randrange(len(made)))
            saver.remove(entry)
        if i % 5 == 3:
            me = expect(saver.get("/v1/me"), 200)
            expect(saver.patch("/v1/me", {"settings": {"cover": i % 2 == 0}}, headers={"If-Match": me.etag}), 200)
        if i % 7 == 6:
            clock.advance(hours=1)
            saver.login()


def obligation(person, name):
    return next(o for o in person.calendar()["obligations"] if o["name"] == name)


def test_a_transaction_is_linked_to_a_bill_unlinked_and_left_to_matching(saver):
    rent = obligation(saver, "Rent")
    entry = saver.spend(120000, "housing", booked_on="2026-04-20")  # too late to match by itself
    assert (obligation(saver, "Rent")["status"], entry["bill_id"]) == ("due", None)

    def patch(entry, bill):
        answer = expect(saver.patch(f"{LIST}/{entry['id']}", {"bill_id": bill}, headers={"If-Match": entry["etag"]}), 200)
        assert answer.json["bill_id"] == bill
        return answer.json | {"etag": answer.etag}

    entry = patch(entry, rent["id"])
    assert (obligation(saver, "Rent")["status"], obligation(saver, "Rent")["transaction_id"]) == ("paid", entry["id"])
    entry = patch(entry, "none")
    assert obligation(saver, "Rent")["status"] == "due"
    fits = saver.spend(120000, "housing")
    assert obligation(saver, "Rent")["transaction_id"] == fits["id"]
    fits = patch(fits, "none")
    assert obligation(saver, "Rent")["status"] == "due"
    patch(fits, None)
    assert obligation(saver, "Rent")["transaction_id"] == fits["id"]


def test_a_link_to_a_bill_that_is_none_is_422(saver):
    entry = saver.spend(100)
    expect(saver.patch(f"{LIST}/{entry['id']}", {"bill_id": "019d4a5c-7c00-7a01-8b02-0123456789ab:2026-04-01"}, headers={"If-Match": entry["etag"]}), 422, "unknown_bill")
