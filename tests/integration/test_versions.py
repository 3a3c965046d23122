"""ETag, If-Match, If-None-Match: reads are cheap to repeat, and a stale write is refused, never overwrites (C2)."""
from concurrent.futures import ThreadPoolExecutor

import pytest

from mita.client import expect
from mita.people import worked_example


@pytest.fixture
def entry(saver):
    return saver.spend(1250, note="first")


def path(entry):
    return f"/v1/transactions/{entry['id']}"


@pytest.mark.parametrize("target", ["/v1/me", "/v1/onboarding", "/v1/calendar", "/v1/calendar/2026-04-02", "/v1/categories/groceries"])
def test_an_unchanged_resource_is_304(saver, target):
    first = expect(saver.get(target), 200)
    again = expect(saver.get(target, headers={"If-None-Match": first.etag}), 304)
    assert again.etag == first.etag
    expect(saver.get(target, headers={"If-None-Match": '"other", ' + first.etag}), 304)
    expect(saver.get(target, headers={"If-None-Match": '"other"'}), 200)


def test_a_transaction_is_304_until_it_changes(saver, entry):
    expect(saver.get(path(entry), headers={"If-None-Match": entry["etag"]}), 304)
    expect(saver.patch(path(entry), {"note": "second"}, headers={"If-Match": entry["etag"]}), 200)
    expect(saver.get(path(entry), headers={"If-None-Match": entry["etag"]}), 200)


def test_the_calendars_etag_changes_with_the_ledger(saver):
    before = expect(saver.get("/v1/calendar"), 200).etag
    saver.spend(100)
    assert expect(saver.get("/v1/calendar"), 200).etag != before


def test_the_calendars_etag_changes_with_the_day(saver, clock):
    before = expect(saver.get("/v1/calendar"), 200).etag
    clock.local("Europe/Sofia", "2026-04-02")
    saver.login()
    assert expect(saver.get("/v1/calendar"), 200).etag != before


def test_the_calendars_etag_changes_with_the_budget(saver):
    before = expect(saver.get("/v1/calendar"), 200).etag
    saver.put("/v1/onboarding", worked_example() | {"buffer_money": {"amount": 6000, "currency": "EUR"}}, headers={"If-Match": "*"})
    assert expect(saver.get("/v1/calendar"), 200).etag != before


@pytest.mark.parametrize("patch,moves", [({"display_name": "Other"}, False), ({"locale": "bg"}, False), ({"region": "BG"}, False), ({"settings": {"cover": True}}, False),
                                         ({"settings": {"cover": False}}, True), ({"timezone": "Europe/Sofia"}, False), ({"timezone": "Asia/Tokyo"}, True)])
def test_the_calendars_etag_changes_with_what_the_plan_depends_on_in_the_profile_alone(saver, patch, moves):
    before = expect(saver.get("/v1/calendar"), 200).etag
    expect(saver.patch("/v1/me", patch, headers={"If-Match": "*"}), 200)
    assert (expect(saver.get("/v1/calendar"), 200).etag != before) == moves


WRITES = {
    "PATCH a transaction": ("PATCH", "transaction", {"note": "x"}),
    "DELETE a transaction": ("DELETE", "transaction", None),
    "PATCH me": ("PATCH", "/v1/me", {"display_name": "Other"}),
    "PUT onboarding again": ("PUT", "/v1/onboarding", worked_example()),
    "PATCH a category": ("PATCH", "/v1/categories/groceries", {"name": "Food"}),
    "DELETE a category": ("DELETE", "/v1/categories/hobbies", None),
}


@pytest.mark.parametrize("case", WRITES)
def test_a_write_without_if_match_is_428(saver, entry, case):
    method, target, body = WRITES[case]
    before = saver.everything()
    expect(saver.client.request(method, path(entry) if target == "transaction" else target, body, valid=False), 428, "precondition_required")
    assert saver.everything() == before


@pytest.mark.parametrize("case", WRITES)
def test_C2_a_stale_write_is_412_with_the_current_etag_and_changes_nothing(saver, entry, case):
    method, target, body = WRITES[case]
    target = path(entry) if target == "transaction" else target
    current, before = expect(saver.get(target), 200).etag, saver.everything()
    answer = expect(saver.client.request(method, target, body, headers={"If-Match": '"stale"'}), 412, "precondition_failed")
    assert answer.etag == current
    assert saver.everything() == before


def test_if_match_star_writes_whatever_is_there(saver, entry):
    assert expect(saver.patch(path(entry), {"note": "star"}, headers={"If-Match": "*"}), 200).json["note"] == "star"


def test_a_weak_etag_never_matches_if_match(saver, entry):
    expect(saver.patch(path(entry), {"note": "x"}, headers={"If-Match": "W/" + entry["etag"]}), 412, "precondition_failed")


def test_C2_of_twenty_parallel_writes_of_one_version_one_wins(saver, entry):
    def write(i):
        return saver.patch(path(entry), {"note": f"n{i}"}, headers={"If-Match": entry["etag"]})

    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(write, range(20)))
    won = [a for a in answers if a.status == 200]
    assert len(won) == 1 and all(a.status == 412 for a in answers if a is not won[0])
    assert expect(saver.get(path(entry)), 200).json["note"] == won[0].json["note"]


def test_C2_chained_writes_lose_no_update(saver, entry):
    """Eight clients each add their tag by read, change, write: all tags are there in the end."""
    def add(i):
        while True:
            read = expect(saver.get(path(entry)), 200)
            answer = saver.patch(path(entry), {"tags": read.json["tags"] + [f"t{i}"]}, headers={"If-Match": read.etag})
            if answer.status == 200:
                return
            expect(answer, 412)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(add, range(8)))
    assert sorted(expect(saver.get(path(entry)), 200).json["tags"]) == [f"t{i}" for i in range(8)]


def test_a_patch_changes_what_it_names_and_null_clears(saver, entry):
    changed = expect(saver.patch(path(entry), {"payee": "Market"}, headers={"If-Match": entry["etag"]}), 200)
    assert (changed.json["payee"], changed.json["note"]) == ("Market", "first")
    cleared = expect(saver.patch(path(entry), {"note": None}, headers={"If-Match": changed.etag}), 200)
    assert (cleared.json["payee"], cleared.json["note"]) == ("Market", None)


def test_a_merge_patch_of_money_keeps_what_it_leaves_out(saver, entry):
    changed = expect(saver.patch(path(entry), {"money": {"amount": -300}}, headers={"If-Match": entry["etag"]}), 200)
    assert changed.json["money"] == {"amount": -300, "currency": "EUR"}
    expect(saver.patch(path(entry), {"money": {"currency": "EUR"}}, headers={"If-Match": changed.etag}), 200)
    assert expect(saver.get(path(entry)), 200).json["money"] == {"amount": -300, "currency": "EUR"}
    for wrong in ({"amount": 0}, {"amount": None}, {"currency": None}, {"currency": "USD"}, {"decimal": "3.00"}):
        expect(saver.patch(path(entry), {"money": wrong}, headers={"If-Match": "*"}, valid=False), 422)


def test_a_patch_of_amount_category_and_day_moves_the_money_in_the_calendar(saver, entry):
    expect(saver.patch(path(entry), {"money": {"amount": -300, "currency": "EUR"}, "category": "transport", "booked_on": "2026-04-03"},
                       headers={"If-Match": entry["etag"]}), 200)
    calendar = saver.calendar()
    spent = {(d["date"], c["category"]): c["spent_money"]["amount"] for d in calendar["days"] for c in d["categories"] if c["spent_money"]["amount"]}
    assert spent == {("2026-04-03", "transport"): 300}


def test_onboarding_again_replans_from_today_and_keeps_what_was_spent(saver, clock):
    saver.spend(6000)
    clock.local("Europe/Sofia", "2026-04-10")
    saver.login()
    tag = expect(saver.get("/v1/onboarding"), 200).etag
    answers = worked_example() | {"buffer_money": {"amount": 15000, "currency": "EUR"}}
    again = expect(saver.put("/v1/onboarding", answers, headers={"If-Match": tag}), 200)
    assert again.etag != tag and again.json["pool_money"]["amount"] == 110332
    assert saver.calendar()["days"][0]["spent_money"]["amount"] == 6000
    assert expect(saver.get("/v1/onboarding"), 200).json["buffer_money"]["amount"] == 15000
