"""What a write of a transaction did, told by every write alike; and what else a client asks for: tags, what is archived, what is not shown."""
import copy
import threading
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote

import pytest

from mita.client import Client, expect
from mita.people import key, money, worked_example

AMOUNT = lambda x: x["amount"]


def numbers(effect):
    return effect and (tuple(AMOUNT(effect["today"][f"{k}_money"]) for k in ("budget", "spent", "left")), effect["tomorrow"] and AMOUNT(effect["tomorrow"]["budget_money"]),
                       [(m["from"], m["to"], AMOUNT(m["money"])) for m in effect["moves"]], AMOUNT(effect["uncovered_money"]))


def patch(person, id, **members):
    return expect(person.patch(f"/v1/transactions/{id}", members, headers={"If-Match": "*"}), 200).json


def delete(person, id):
    return expect(person.delete(f"/v1/transactions/{id}", headers={"If-Match": "*"}), 200).json


def restore(person, id, k=None):
    return expect(person.post(f"/v1/transactions/{id}:restore", headers={"Idempotency-Key": k or key()}), 200).json


def probe(person):
    """The effect of nothing: what stands."""
    return numbers(patch(person, person.first, note="probe")["effect"])


@pytest.fixture
def spender(saver, clock):
    clock.local("Europe/Sofia", "2026-04-10")
    saver.login()
    saver.first = saver.spend(1000, "groceries")["id"]
    return saver


CHANGES = {"an amount": {"money": money(-90000)}, "a day before": {"booked_on": "2026-04-03"}, "a day to come": {"booked_on": "2026-04-20"}, "another month": {"booked_on": "2026-03-20"},
           "a month to come": {"booked_on": "2026-05-20"}, "a category": {"category": "dining_out"}, "income": {"category": "salary", "money": money(5000)},
           "lines": {"splits": [{"category": "groceries", "money": money(-500)}, {"category": "pets", "money": money(-700)}], "money": money(-1200)},
           "a bill": {"category": "housing", "money": money(-120000)}, "a note": {"note": "dinner"}, "no bill": {"bill_id": "none"}}


@pytest.mark.parametrize("kind", CHANGES)
def test_P4_a_change_tells_what_writing_it_anew_would_tell(spender, kind):
    before = probe(spender)
    entry = spender.spend(2500, "groceries")
    told = numbers(patch(spender, entry["id"], **CHANGES[kind])["effect"])
    assert told == probe(spender)
    delete(spender, entry["id"])
    body = {"money": money(-2500), "category": "groceries"} | CHANGES[kind]
    if "splits" in body:
        del body["category"]
    made = expect(spender.post("/v1/transactions", body, headers={"Idempotency-Key": key()}), 201).json
    assert told == numbers(made["effect"])
    gone = delete(spender, made["id"])
    assert numbers(gone["effect"]) == before == probe(spender) and gone["id"] == made["id"] and gone["money"] == made["money"]
    back = restore(spender, made["id"])
    assert numbers(back["effect"]) == told == probe(spender)
    assert {k: v for k, v in back.items() if k not in ("effect", "updated_at")} == {k: v for k, v in made.items() if k not in ("effect", "updated_at")}


def test_a_deleted_payment_is_told_and_its_bill_is_due_again(spender):
    rent = spender.spend(120000, "housing")
    paid = probe(spender)
    told = delete(spender, rent["id"])["effect"]
    assert numbers(told) == probe(spender) != paid
    assert [o["status"] for o in spender.calendar()["obligations"] if o["name"] == "Rent"] == ["overdue"]


def test_without_a_plan_every_write_tells_no_effect(person):
    entry = person.spend(100)
    assert entry["effect"] is None and patch(person, entry["id"], money=money(-5))["effect"] is None
    assert delete(person, entry["id"])["effect"] is None and restore(person, entry["id"])["effect"] is None


def test_the_last_day_of_the_month_tells_the_first_of_the_next(spender, clock):
    clock.local("Europe/Sofia", "2026-04-30")
    spender.login()
    entry = spender.spend(2500)
    assert entry["effect"]["tomorrow"] == {"budget_money": spender.calendar("2026-05")["days"][0]["budget_money"]}
    assert numbers(patch(spender, entry["id"], money=money(-2500), note="same")["effect"]) == numbers(entry["effect"])


def test_C1_deletes_and_changes_beside_each_other_tell_what_stands(stack, spender):
    """Every told effect is of a state in which everything told before it is in: the last told is what stands."""
    entries = [spender.spend(100 + i)["id"] for i in range(12)]
    gate = threading.Barrier(4)

    def work(number):
        gate.wait()
        for id in entries[number::4]:
            patch(spender, id, money=money(-77)) if number % 2 else delete(spender, id)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    spent = next(d for d in spender.calendar()["days"] if d["date"] == "2026-04-10")["spent_money"]["amount"]
    assert spent == 1000 + 6 * 77 == probe(spender)[0][1]


# A key of a restore that was undone since.
def test_a_repeated_restore_does_not_claim_what_is_gone_again(spender):
    entry, k = spender.spend(2500), key()
    delete(spender, entry["id"])
    first = restore(spender, entry["id"], k)
    again = expect(spender.post(f"/v1/transactions/{entry['id']}:restore", headers={"Idempotency-Key": k}), 200)
    assert again.json == first and again.header("Idempotency-Replayed") == "true"
    delete(spender, entry["id"])
    before = spender.everything()
    refused = expect(spender.post(f"/v1/transactions/{entry['id']}:restore", headers={"Idempotency-Key": k}), 409, "deleted_since")
    assert refused.header("Idempotency-Replayed") == "true" and "restored" in refused.json["detail"] and "deleted again at 2026-04-10T" in refused.json["detail"]
    assert spender.everything() == before
    restore(spender, entry["id"])
    assert expect(spender.post(f"/v1/transactions/{entry['id']}:restore", headers={"Idempotency-Key": k}), 200).json == first


def test_a_key_that_restored_nothing_is_told_of_a_later_delete_as_well(spender):
    entry, k = spender.spend(2500), key()
    assert restore(spender, entry["id"], k)["id"] == entry["id"]  # it is there: nothing to do
    delete(spender, entry["id"])
    expect(spender.post(f"/v1/transactions/{entry['id']}:restore", headers={"Idempotency-Key": k}), 409, "deleted_since")


# The currency of an account.
def test_the_currency_can_be_chosen_while_nothing_lives_in_it(stack, person):
    entry = person.spend(100)
    expect(person.patch("/v1/me", {"currency": "JPY"}, headers={"If-Match": "*"}), 422, "currency_mismatch")
    delete(person, entry["id"])
    assert expect(person.patch("/v1/me", {"currency": "JPY"}, headers={"If-Match": "*"}), 200).json["currency"] == "JPY"
    refused = expect(person.post(f"/v1/transactions/{entry['id']}:restore", headers={"Idempotency-Key": key()}), 422, "currency_mismatch")
    assert "EUR" in refused.json["detail"] and "JPY" in refused.json["detail"]
    person.onboard(worked_example(currency="KWD"))
    expect(person.patch("/v1/me", {"currency": "EUR"}, headers={"If-Match": "*"}), 422, "currency_mismatch")
    expect(person.post(f"/v1/transactions/{entry['id']}:restore", headers={"Idempotency-Key": key()}), 422, "currency_mismatch")
    assert AMOUNT(person.calendar()["check"] and person.calendar()["days"][0]["spent_money"]) == 0


def test_a_restore_beside_a_change_of_the_currency_leaves_one_currency(stack, person):
    for turn in range(12):
        currency = ("EUR", "JPY")[turn % 2]
        person.currency = currency
        entry = person.spend(100)
        delete(person, entry["id"])
        gate = threading.Barrier(2)

        def act(which):
            gate.wait()
            if which:
                return person.post(f"/v1/transactions/{entry['id']}:restore", headers={"Idempotency-Key": key()})
            return person.patch("/v1/me", {"currency": ("JPY", "EUR")[turn % 2]}, headers={"If-Match": "*"})

        with ThreadPoolExecutor(2) as pool:
            answers = sorted(pool.map(act, range(2)), key=lambda a: a.status)
        expect(answers[0], 200)
        expect(answers[1], 422, "currency_mismatch")
        if expect(person.get("/v1/me"), 200).json["currency"] == currency:
            delete(person, entry["id"])
            expect(person.patch("/v1/me", {"currency": ("JPY", "EUR")[turn % 2]}, headers={"If-Match": "*"}), 200)


# What is archived shows it.
def test_archived_categories_are_marked_in_month_day_and_today(spender):
    spender.spend(100, "hobbies")
    for id in ("hobbies", "groceries"):
        expect(spender.patch(f"/v1/categories/{id}", {"archived": True}, headers={"If-Match": "*"}), 200)
    day, today = expect(spender.get("/v1/calendar/2026-04-10"), 200).json, expect(spender.get("/v1/today"), 200).json
    for shown in (spender.calendar(), day, today):
        marked = {c["category"]: c["archived"] for c in shown["categories"]}
        assert marked.pop("hobbies") and marked.pop("groceries") and not any(marked.values())


# A day with more transactions than it shows.
def test_a_day_says_that_its_200_transactions_are_not_all_and_where_the_rest_is(spender):
    for _ in range(199):
        spender.spend(1)
    whole = expect(spender.get("/v1/calendar/2026-04-10"), 200)
    assert len(whole.json["transactions"]) == 200 and whole.json["next_cursor"] is None and whole.header("Link") is None
    spender.spend(1)
    cut = expect(spender.get("/v1/calendar/2026-04-10"), 200)
    assert len(cut.json["transactions"]) == 200 and cut.json["next_cursor"]
    link = cut.header("Link")
    target = link[1:link.index(">")]
    rest = expect(spender.get(target), 200).json["data"]
    same = expect(spender.get("/v1/transactions?booked_from=2026-04-10&booked_to=2026-04-10&cursor=" + quote(cut.json["next_cursor"])), 200).json["data"]
    shown = [t["id"] for t in cut.json["transactions"]]
    assert [t["id"] for t in rest] == [t["id"] for t in same] and len(shown + [t["id"] for t in rest]) == len({*shown, *(t["id"] for t in rest)}) == 201
    unchanged = expect(spender.get("/v1/calendar/2026-04-10", headers={"If-None-Match": cut.etag}), 304)
    assert unchanged.etag == cut.etag


# Tags.
READS = {"transactions": "/v1/transactions", "a page": "/v1/transactions?limit=1", "a category's": "/v1/transactions?category=food", "a search": "/v1/transactions?q=market",
         "an empty search": "/v1/transactions?q=nowhere", "categories": "/v1/categories", "some categories": "/v1/categories?limit=3",
         "explain": "/v1/calendar/2026-04-10/explain?category=groceries"}


@pytest.mark.parametrize("kind", READS)
def test_lists_and_explain_have_a_tag_that_is_good_until_something_changes(spender, kind):
    target = READS[kind]
    spender.spend(100, payee="Market")
    first = expect(spender.get(target), 200)
    again = expect(spender.get(target), 200)
    assert again.etag == first.etag and again.body == first.body and not first.etag.startswith("W/")
    for tags in (first.etag, f'"other", {first.etag}', "*"):
        same = expect(spender.get(target, headers={"If-None-Match": tags}), 304)
        assert same.etag == first.etag and same.body == b""
    expect(spender.get(target, headers={"If-None-Match": '"other"'}), 200)
    if "categories" in kind:
        expect(spender.patch("/v1/categories/housing", {"name": "Home sweet home"}, headers={"If-Match": "*"}), 200)
    else:
        spender.spend(100, payee="Market nowhere")
    now = expect(spender.get(target, headers={"If-None-Match": first.etag}), 200)
    assert now.etag != first.etag and now.body != first.body or kind == "explain"


def test_a_tag_is_not_good_for_a_name_that_means_another_category_now(spender):
    spender.spend(100, "pets")
    a = expect(spender.post("/v1/categories", {"name": "One", "class": "flexible", "aliases": ["word"]}, headers={"Idempotency-Key": key()}), 201)
    first = expect(spender.get("/v1/transactions?category=word"), 200)
    assert first.json["data"] == []
    expect(spender.patch(a.header("Location"), {"aliases": []}, headers={"If-Match": "*"}), 200)
    expect(spender.patch("/v1/categories/pets", {"aliases": ["word"]}, headers={"If-Match": "*"}), 200)
    assert len(expect(spender.get("/v1/transactions?category=word", headers={"If-None-Match": first.etag}), 200).json["data"]) == 1


def test_lists_of_somebody_new_have_a_tag_too(stack):
    for target in ("/v1/transactions", "/v1/transactions?q=x", "/v1/categories", "/v1/currencies", "/v1/currencies?limit=3"):
        someone = stack.person()
        first = expect(someone.get(target), 200)
        assert expect(someone.get(target, headers={"If-None-Match": first.etag}), 304).etag == first.etag
    first = expect(someone.get("/v1/transactions"), 200)
    someone.spend(100)
    assert len(expect(someone.get("/v1/transactions", headers={"If-None-Match": first.etag}), 200).json["data"]) == 1


def test_a_tag_of_another_instance_is_as_good(stack, spender):
    service = stack.also("finance", "finance-tags").start()
    try:
        other = copy.copy(spender)
        other.client = Client(service, stack.contract, spender.access)
        for target in READS.values():
            tag = expect(spender.get(target), 200).etag
            assert expect(other.get(target, headers={"If-None-Match": tag}), 304).etag == tag
    finally:
        service.stop()
