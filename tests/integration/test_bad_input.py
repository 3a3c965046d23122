"""Every kind of bad input, on several endpoints: its exact status and code, a pointer to each fault, all faults at once, nothing lost."""
import json

import pytest

from mita.client import expect
from mita.people import key, money, uuid7, worked_example

SPEND = {"money": money(-1250), "category": "groceries", "booked_on": "2026-04-01"}
TYPED = json.dumps(SPEND)


def but(body, **members):
    out = json.loads(json.dumps(body))
    for name, value in members.items():
        if value is ...:
            out.pop(name)
        else:
            out[name] = value
    return out


def post(person, body, path="/v1/transactions", method="POST", headers=None):
    """Bad JSON is sent as text, bad values as JSON. POSTs carry a fresh key, so that only the body is wrong."""
    text = body if isinstance(body, (str, bytes)) else json.dumps(body)
    return person.client.request(method, path, body=text, valid=False, headers={"Idempotency-Key": key(), **(headers or {})})


SYNTAX = {
    "an empty body": ("", "empty_body"),
    "white space only": ("  \n", "empty_body"),
    "half an object": (TYPED[:-1], "malformed_json"),
    "bytes after the document": (TYPED + "x", "malformed_json"),
    "NaN": ('{"money": {"amount": NaN, "currency": "EUR"}, "category": "groceries"}', "malformed_json"),
    "Infinity": ('{"money": {"amount": Infinity, "currency": "EUR"}, "category": "groceries"}', "malformed_json"),
    "a trailing comma": ('{"category": "groceries",}', "malformed_json"),
    "single quotes": ("{'category': 'groceries'}", "malformed_json"),
    "a comment": ('{"category": "groceries"} // lunch', "malformed_json"),
    "broken UTF-8": (b'{"money": {"amount": -1, "currency": "EUR"}, "category": "groceries", "note": "\xff\xfe"}', "malformed_json"),
    "an overlong UTF-8 form": (b'{"money": {"amount": -1, "currency": "EUR"}, "category": "groceries", "note": "\xc0\xaf"}', "malformed_json"),
    "a lone surrogate": ('{"money": {"amount": -1, "currency": "EUR"}, "category": "groceries", "note": "\\ud800"}', "malformed_json"),
    "a byte order mark": (b"\xef\xbb\xbf" + TYPED.encode(), "malformed_json"),
    "33 levels": ('{"note": ' + "[" * 33 + "]" * 33 + "}", "malformed_json"),
    "a member twice": ('{"category": "groceries", "money": {"amount": -1, "currency": "EUR"}, "category": "transport"}', "duplicate_member"),
    "a member twice, spelled with an escape": ('{"category": "groceries", "money": {"amount": -1, "currency": "EUR"}, "c\\u0061tegory": "transport"}', "duplicate_member"),
    "an inner member twice": ('{"category": "groceries", "money": {"amount": -1, "amount": -2, "currency": "EUR"}}', "duplicate_member"),
}
TARGETS = [("POST", "/v1/transactions"), ("PUT", "/v1/onboarding"), ("POST", "/v1/affordability"), ("POST", "/v1/categories"), ("POST", "/v1/auth/login"),
           ("POST", "/v1/auth/register"), ("POST", "/v1/auth/refresh")]


@pytest.mark.parametrize("case", SYNTAX)
def test_malformed_json_is_400(person, case):
    body, code = SYNTAX[case]
    expect(post(person, body), 400, code)


@pytest.mark.parametrize("case", ["an empty body", "half an object", "broken UTF-8", "a member twice"])
@pytest.mark.parametrize("method,path", TARGETS, ids=[p for _, p in TARGETS])
def test_malformed_json_is_400_on_every_endpoint_with_a_body(person, method, path, case):
    body, code = SYNTAX[case]
    expect(post(person, body, path, method), 400, code)


# body -> {pointer: codes that may name it}
VALUES = {
    "an array for the object": ([SPEND], {"": "wrong_type"}),
    "null for the object": (None, {"": "wrong_type"}),
    "a text for money": (but(SPEND, money="12.50"), {"/money": "wrong_type"}),
    "a text for the amount": (but(SPEND, money={"amount": "-1250", "currency": "EUR"}), {"/money/amount": "wrong_type"}),
    "a fraction": (but(SPEND, money={"amount": -12.5, "currency": "EUR"}), {"/money/amount": "not_an_integer"}),
    "2^53": (but(SPEND, money=money(2**53)), {"/money/amount": "out_of_range"}),
    "minus 2^53": (but(SPEND, money=money(-(2**53))), {"/money/amount": "out_of_range"}),
    "2^64": (but(SPEND, money=money(2**64)), {"/money/amount": "*"}),
    "null for a required member": (but(SPEND, money=None), {"/money": "*"}),
    "no money": (but(SPEND, money=...), {"/money": "required"}),
    "no currency": (but(SPEND, money={"amount": -1}), {"/money/currency": "required"}),
    "an unknown member": (but(SPEND, mony=1), {"/mony": "unknown_field"}),
    "an unknown inner member": (but(SPEND, money={"amount": -1, "currency": "EUR", "decimal": "0.01"}), {"/money/decimal": "unknown_field"}),
    "somebody's user id": (but(SPEND, user_id="019d4a5c-7c00-7a01-8b02-0123456789ab"), {"/user_id": "unknown_field"}),
    "an unknown currency": (but(SPEND, money=money(-1, "XQQ")), {"/money/currency": "unknown_currency"}),
    "a currency in lower case": (but(SPEND, money=money(-1, "eur")), {"/money/currency": "*"}),
    "a currency without exponent": (but(SPEND, money=money(-1, "XAU")), {"/money/currency": "unknown_currency"}),
    "another currency than the plan's": (but(SPEND, money=money(-1, "USD")), {"/money/currency": "currency_mismatch"}),
    "an unknown category": (but(SPEND, category="unobtainium"), {"/category": "unknown_category"}),
    "neither category nor splits": (but(SPEND, category=...), {"*": "*"}),
    "category and splits": (but(SPEND, splits=[{"category": "home", "money": money(-1250)}]), {"*": "*"}),
    "splits that do not sum (L3)": (but(SPEND, category=..., splits=[{"category": "home", "money": money(-1000)}, {"category": "groceries", "money": money(-249)}]), {"*": "*"}),
    "31 February": (but(SPEND, booked_on="2026-02-31"), {"/booked_on": "invalid_date"}),
    "29 February of a common year": (but(SPEND, booked_on="2026-02-29"), {"/booked_on": "invalid_date"}),
    "a date with a time": (but(SPEND, booked_on="2026-04-01T00:00:00Z"), {"/booked_on": "invalid_date"}),
    "a date without zeros": (but(SPEND, booked_on="2026-4-1"), {"/booked_on": "invalid_date"}),
    "a text that is no id": (but(SPEND, id="1"), {"/id": "invalid_id"}),
    "an id of version 4": (but(SPEND, id="9b2f2b1e-6c0a-4d5e-8f00-0123456789ab"), {"/id": "invalid_id"}),
    "a note with a control character": (but(SPEND, note="a\u0000b"), {"/note": "invalid_characters"}),
    "a note of 1001 characters": (but(SPEND, note="é" * 1001), {"/note": "too_long"}),
    "21 tags": (but(SPEND, tags=[f"t{i}" for i in range(21)]), {"/tags": "too_many"}),
    "tags that are no list": (but(SPEND, tags="week"), {"/tags": "wrong_type"}),
}


DOMAIN = {"unknown_category", "unknown_currency", "currency_mismatch", "unknown_timezone", "invalid_date", "amount_overflow", "invalid_id", "splits_mismatch"}


def found(answer, wanted):
    """422 with these findings. When all findings have one code of the domain, the problem may have that code."""
    expect(answer, 422)
    got = answer.findings()
    assert answer.code == "validation_failed" or (answer.code in DOMAIN and set(got.values()) == {answer.code}), answer
    for pointer, code in wanted.items():
        hits = got if pointer == "*" else {pointer: got[pointer]} if pointer in got else {}
        assert hits, f"no finding at {pointer!r}: {answer}"
        assert code == "*" or code in hits.values(), answer


@pytest.mark.parametrize("case", VALUES)
def test_a_wrong_value_is_422_with_a_pointer(saver, case):
    body, wanted = VALUES[case]
    found(post(saver, "null" if body is None else body), wanted)


@pytest.mark.parametrize("number", ["1e3", "-1e3", "1.0", "-0.0", "1E+2", "-12.50"])
def test_a_number_not_written_as_an_integer_is_422(saver, number):
    found(post(saver, '{"money": {"amount": %s, "currency": "EUR"}, "category": "groceries"}' % number), {"/money/amount": "not_an_integer"})


@pytest.mark.parametrize("number", ["01", "+1", ".5", "0x10", "1_000", "--1"])
def test_a_number_that_is_no_json_is_400(saver, number):
    expect(post(saver, '{"money": {"amount": %s, "currency": "EUR"}, "category": "groceries"}' % number), 400, "malformed_json")


def test_an_optional_member_that_is_null_is_left_out(stack, clock, saver):
    nulls = {"id": None, "account_id": None, "booked_on": None, "occurred_at": None, "splits": None, "payee": None, "note": None, "tags": None}
    made = expect(post(saver, but(SPEND) | nulls), 201).json
    assert (made["booked_on"], made["splits"], made["tags"]) == ("2026-04-01", [], [])
    person = stack.person()
    plan = expect(post(person, but(ANSWERS, goals=None, buffer_money=None, categories=None), "/v1/onboarding", "PUT"), 200).json
    assert plan["unallocated_money"]["amount"] == 0 and any(c["category"] == "coffee" for c in plan["categories"])  # the default weights
    expect(post(saver, {"category": "groceries", "money": money(1), "booked_on": None}, "/v1/affordability"), 200)


def test_a_restore_takes_no_members(saver):
    entry = saver.spend(100)
    path = f"/v1/transactions/{entry['id']}:restore"
    found(post(saver, {"note": "x"}, path), {"/note": "unknown_field"})
    expect(post(saver, "[", path), 400, "malformed_json")
    expect(post(saver, {}, path), 200)


def test_if_match_before_there_are_answers_is_412_without_a_tag(person):
    answer = expect(post(person, ANSWERS, "/v1/onboarding", "PUT", {"If-Match": '"o1"'}), 412, "precondition_failed")
    assert answer.etag is None


def test_all_faults_are_named_at_once(saver):
    body = {"id": "x", "money": {"amount": "1", "currency": "XQQ", "extra": 1}, "category": "unobtainium", "booked_on": "2026-02-31", "tags": 5, "nonsense": True}
    found(post(saver, body), {"/id": "invalid_id", "/money/amount": "wrong_type", "/money/currency": "unknown_currency", "/money/extra": "unknown_field",
                   "/category": "unknown_category", "/booked_on": "invalid_date", "/tags": "wrong_type", "/nonsense": "unknown_field"})


def test_the_answer_to_an_unknown_category_lists_the_known_ones(saver):
    answer = expect(post(saver, but(SPEND, category="unobtainium")), 422)
    detail = next(e["detail"] for e in answer.json["errors"] if e["pointer"] == "/category")
    assert "groceries" in detail and "dining_out" in detail


def test_an_id_whose_clock_is_more_than_24_h_off_is_422(saver, clock):
    ms = int(clock.now().timestamp() * 1000) - 25 * 3600 * 1000
    found(post(saver, but(SPEND, id=uuid7(ms=ms))), {"/id": "invalid_id"})


def test_a_sum_that_would_overflow_is_422_and_stores_nothing(saver):
    expect(post(saver, but(SPEND, money=money(-(2**53 - 1)))), 201)
    before = saver.everything()
    expect(post(saver, SPEND), 422, "amount_overflow")
    assert saver.everything() == before


ANSWERS = worked_example()
ONBOARDING = {
    "no time zone": (but(ANSWERS, timezone=...), {"/timezone": "required"}),
    "an unknown time zone": (but(ANSWERS, timezone="Europe/Atlantis"), {"/timezone": "unknown_timezone"}),
    "a path as time zone": (but(ANSWERS, timezone="../../etc/passwd"), {"/timezone": "unknown_timezone"}),
    "an unknown currency": (but(ANSWERS, currency="XQQ"), {"/currency": "unknown_currency"}),
    "an income of another currency": (but(ANSWERS, incomes=[{"name": "S", "money": money(1, "USD"), "day": 1}]), {"/incomes/0/money/currency": "currency_mismatch"}),
    "day 32": (but(ANSWERS, incomes=[{"name": "S", "money": money(1), "day": 32}]), {"/incomes/0/day": "out_of_range"}),
    "day 0": (but(ANSWERS, incomes=[{"name": "S", "money": money(1), "day": 0}]), {"/incomes/0/day": "out_of_range"}),
    "a negative bill": (but(ANSWERS, bills=[{"name": "R", "category": "housing", "money": money(-1), "day": 1}]), {"/bills/0/money/amount": "out_of_range"}),
    "an unknown category of a bill": (but(ANSWERS, bills=[{"name": "R", "category": "unobtainium", "money": money(1), "day": 1}]), {"/bills/0/category": "unknown_category"}),
    "a goal by 31 February": (but(ANSWERS, goals=[{"name": "G", "target_money": money(1), "by": "2027-02-31"}]), {"/goals/0/by": "invalid_date"}),
    "weight and budget together": (but(ANSWERS, categories=[{"category": "groceries", "weight": 1, "budget_money": money(1)}]), {"*": "*"}),
    "an unknown policy": (but(ANSWERS, categories=[{"category": "groceries", "weight": 1, "policy": "greedy"}]), {"/categories/0/policy": "*"}),
    "an unknown member": (but(ANSWERS, month="2026-04"), {"/month": "unknown_field"}),
}


@pytest.mark.parametrize("case", ONBOARDING)
def test_wrong_answers_of_onboarding_are_422_and_nothing_is_stored(person, case):
    body, wanted = ONBOARDING[case]
    found(post(person, body, "/v1/onboarding", "PUT"), wanted)
    expect(person.get("/v1/onboarding"), 404)


def test_reserving_more_than_the_income_is_infeasible_and_named(person):
    answers = but(ANSWERS, buffer_money=money(200000))
    answer = expect(post(person, answers, "/v1/onboarding", "PUT"), 422, "infeasible_budget")
    assert answer.json["errors"], answer
    expect(person.get("/v1/onboarding"), 404)


QUERIES = {
    "an unknown parameter": ("/v1/transactions?colour=red", 400, "unknown_parameter"),
    "an unknown parameter of the calendar": ("/v1/calendar?mnth=2026-04", 400, "unknown_parameter"),
    "an unknown parameter of today": ("/v1/today?x=1", 400, "unknown_parameter"),
    "a parameter twice": ("/v1/transactions?limit=1&limit=2", 400, "malformed_query"),
    "a broken escape": ("/v1/transactions?q=%zz", 400, "malformed_query"),
    "broken UTF-8": ("/v1/transactions?q=%ff", 400, "malformed_query"),
    "limit 0": ("/v1/transactions?limit=0", 422, None),
    "limit 501": ("/v1/transactions?limit=501", 422, None),
    "limit ten": ("/v1/transactions?limit=ten", 422, None),
    "a day that is none": ("/v1/transactions?booked_from=2026-02-31", 422, None),
    "an unknown category": ("/v1/transactions?category=unobtainium", 422, None),
    "a month that is none": ("/v1/calendar?month=2026-13", 422, None),
    "a day of the calendar that is none": ("/v1/calendar/2026-02-31", 422, None),
    "explain without category": ("/v1/calendar/2026-04-10/explain", 422, None),
}


@pytest.mark.parametrize("case", QUERIES)
def test_a_wrong_query_is_refused(saver, case):
    target, status, code = QUERIES[case]
    expect(saver.get(target, valid=False), status, code)


@pytest.mark.parametrize("method,path,body", [("PATCH", "/v1/me", {"locale": "bg"}), ("PUT", "/v1/onboarding", ANSWERS), ("POST", "/v1/transactions", SPEND),
                                              ("POST", "/v1/affordability", {"category": "groceries", "money": money(1)}),
                                              ("POST", "/v1/categories", {"name": "Dog", "class": "flexible"}), ("PATCH", "/v1/categories/pets", {"name": "Dog"}),
                                              ("DELETE", "/v1/categories/pets", None)])
def test_an_unknown_parameter_of_a_write_is_400_and_nothing_is_done(saver, method, path, body):
    before = saver.everything()
    answer = saver.client.request(method, path + "?dry_run=true", body, headers={"If-Match": "*", "Idempotency-Key": key()}, valid=False)
    expect(answer, 400, "unknown_parameter")
    assert saver.everything() == before


def test_a_body_of_10_mb_is_413_and_the_service_goes_on(saver):
    expect(post(saver, '{"note": "' + "x" * 10_000_000 + '"}'), 413, "payload_too_large")
    expect(saver.get("/v1/today"), 200)


def test_a_body_just_over_64_kib_is_413(saver):
    expect(post(saver, '{"note": "' + "x" * (64 << 10) + '"}'), 413, "payload_too_large")


@pytest.mark.parametrize("media", ["text/plain", "application/x-www-form-urlencoded", "application/jsonx", None])
def test_another_content_type_is_415(saver, media):
    expect(post(saver, SPEND, headers={"Content-Type": media}), 415, "unsupported_media_type")


def test_nothing_is_lost_by_bad_input(saver):
    expect(saver.create(-100), 201)
    before = saver.everything()
    for body, _ in VALUES.values():
        assert post(saver, "null" if body is None else body).status == 422
    for body, _ in SYNTAX.values():
        assert post(saver, body).status == 400
    for body, _ in ONBOARDING.values():
        assert post(saver, body, "/v1/onboarding", "PUT", {"If-Match": "*"}).status == 422
    assert saver.everything() == before
