"""A hostile client against every endpoint of finance: each body mutated at each of its places, each header and parameter wrong in each way.
The answer is what the contract says (tests/support/mita/contract.py checks both sides), names the place, and nothing is ever a 500."""
import copy
import json

import pytest

from mita.client import expect
from mita.people import key, money, uuid7, worked_example

LIST = "/v1/transactions"
FULL = worked_example() | {"categories": [
    {"category": "groceries", "weight": 45, "policy": "window:7", "rollover": "both", "rollover_cap_money": money(100), "day_weights": {"kind": "weekday", "weights": [1, 1, 1, 1, 2, 3, 3]}},
    {"category": "pets", "budget_money": money(9000), "day_weights": {"kind": "custom", "weights": [1, 2, 3], "pinned": [{"day": 2, "money": money(50)}]}}],
    "budgets": [{"month": "2026-06", "scope": "month", "categories": [{"category": "gifts", "weight": 1}]}]}
OWN = "019d4a5c-7c00-7a01-8b02-0123456789ab"  # an account that `send` makes
SPEND = {"account_id": OWN, "booked_on": "2026-04-01", "occurred_at": "2026-04-01T08:00:00Z", "money": money(-3000),
         "category": "groceries", "payee": "Market", "note": "weekly", "tags": ["a", "b"], "cleared": True}
SPLIT = {k: v for k, v in SPEND.items() if k != "category"} | {"splits": [{"category": "groceries", "money": money(-2000), "note": "x"}, {"category": "home", "money": money(-1000)}]}
# name -> method, path, a body that uses every member
BODIES = {
    "PUT onboarding": ("PUT", "/v1/onboarding", FULL),
    "POST transaction": ("POST", LIST, SPEND),
    "POST split transaction": ("POST", LIST, SPLIT),
    "PATCH transaction": ("PATCH", LIST + "/{id}", SPEND | {"bill_id": "none"}),
    "PATCH split transaction": ("PATCH", LIST + "/{id}", SPLIT),
    "POST affordability": ("POST", "/v1/affordability", {"category": "groceries", "money": money(100), "booked_on": "2026-04-02"}),
    "POST category": ("POST", "/v1/categories", {"id": "dogs", "name": "Dogs", "class": "flexible", "aliases": ["puppy"]}),
    "PATCH category": ("PATCH", "/v1/categories/hobbies", {"name": "Hobby", "class": "flexible", "aliases": ["craft"], "archived": False}),
    "POST account": ("POST", "/v1/accounts", {"id": "019d4a5c-7c00-7a01-8b02-0123456789ad", "name": "Visa", "kind": "card", "currency": "EUR", "opening_money": money(-5), "on_budget": True,
                                              "position": 3}),
    "PATCH account": ("PATCH", "/v1/accounts/019d4a5c-7c00-7a01-8b02-0123456789ac", {"name": "Visa", "kind": "card", "currency": "EUR", "opening_money": money(-5), "on_budget": True,
                                                                                     "archived": False, "position": 3}),
    "POST transaction of a payee's category": ("POST", LIST, {k: v for k, v in SPEND.items() if k != "category"} | {"payee": "Corner shop"}),
    "POST batch": ("POST", LIST + ":batch", {"mode": "atomic", "items": [SPEND]}),
    "POST bulk": ("POST", LIST + ":bulk", {"filter": {"payee": "Market", "category": "groceries", "booked_from": "2026-04-01", "amount_max": 0, "tag": "a", "q": "weekly", "cleared": False},
                                           "change": {"category": "groceries", "payee": "Shop", "account_id": OWN, "tags_add": ["c"], "tags_remove": ["a"]}}),
    "POST revert": ("POST", LIST + "/{id}:revert", {"version": 1}),
    "POST transfer": ("POST", "/v1/transfers", {"from_account_id": OWN, "to_account_id": OWN[:-1] + "c", "booked_on": "2026-04-01", "money": money(500), "note": "x", "payee": "Me",
                                                "tags": ["a"]}),
    "POST payee": ("POST", "/v1/payees", {"name": "Baker", "category": "groceries"}),
    "POST tags merge": ("POST", "/v1/tags:merge", {"from": ["a", "b"], "into": "c"}),
    "POST tags remove": ("POST", "/v1/tags:remove", {"tags": ["a", "b"]}),
    "POST recurring": ("POST", "/v1/recurring", {"kind": "bill", "name": "Power", "category": "utilities", "money": money(40),
                                                 "schedule": {"unit": "month", "interval": 2, "anchor": "2026-04-20", "weekend": "after", "until": "2027-04-20"}}),
    "POST recurring preview": ("POST", "/v1/recurring:preview", {"kind": "bill", "name": "Power", "category": "utilities", "money": money(40),
                                                                 "schedule": {"unit": "week", "interval": 2, "anchor": "2026-04-20", "count": 3}}),
    "PUT budget": ("PUT", "/v1/budgets/2026-04", {"scope": "month", "categories": FULL["categories"]}),
    "POST budget transfer": ("POST", "/v1/budgets/2026-04/transfers", {"from": "groceries", "to": "coffee", "money": money(1), "note": "x"}),
    "POST simulate": ("POST", "/v1/budgets:simulate", {"month": "2026-05", "plan": FULL, "transactions": [{"booked_on": "2026-05-02", "money": money(-100), "category": "groceries"}]}),
    "PATCH me": ("PATCH", "/v1/me", {"timezone": "Europe/Sofia", "currency": "EUR", "locale": "bg", "region": "BG", "display_name": "Me", "settings": {"cover": True}}),
}
WRONG = [None, True, 0, -1, 1.5, 2**53, -(2**53), 2**64, 10**400, "", "x", " ", "\u0000", "é" * 20000, [], [[]], {}, {"a": 1}, "2026-02-31", "9999-12-31", "0001-01-01", "EUR",
         "../../etc/passwd", "'; drop table users; --", "\U0001f4a9", "\u202e", [None] * 300]


def places(value, at=()):
    """Every place of a body, containers too, but not the whole."""
    if at:
        yield at
    for k, v in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from places(v, (*at, k))


def pointer(at):
    return "".join(f"/{x}" for x in at)


def with_(body, at, change):
    """A copy with change(container, last step) done."""
    out = copy.deepcopy(body)
    inner = out
    for step in at[:-1]:
        inner = inner[step]
    change(inner, at[-1])
    return out


def near(found, at):
    """A finding at the place, above or below it, or at what contradicts it: a neighbour, the sum of the lines."""
    home = pointer(at)
    return home.startswith(found) or found.startswith(pointer(at[:-1])) or {found, pointer(at[:1])} <= {"/money", "/splits", "/category"}


def fine(name, at, answer):
    """Taken (then the contract took it, too), or refused with its place, or for a reason of another kind."""
    if answer.status == 409:
        return name in ("POST category", "POST account", "POST payee") and answer.code == "already_exists"
    if answer.status == 422:
        return answer.code == "infeasible_budget" or answer.findings() and all(near(p, at) for p in answer.findings())
    return answer.status < 300


@pytest.fixture
def send(saver):
    entry = saver.spend(100)["id"]
    for id in (OWN, OWN[:-1] + "c"):
        expect(saver.post("/v1/accounts", {"id": id, "name": "Mine", "kind": "bank"}, headers={"Idempotency-Key": key()}), 201)
    expect(saver.post("/v1/payees", {"name": "Corner shop", "category": "groceries"}, headers={"Idempotency-Key": key()}), 201)

    def call(method, path, body, **headers):
        text = body if isinstance(body, (str, bytes)) else json.dumps(body)
        head = {"If-Match": "*", "Idempotency-Key": key()} | headers
        return saver.client.request(method, path.replace("{id}", entry), body=text, valid=False, headers=head)
    return call


@pytest.mark.parametrize("name", BODIES)
def test_a_wrong_value_anywhere_is_answered_with_its_place(send, name):
    method, path, body = BODIES[name]
    wrong = []
    for at in places(body):
        for value in WRONG:
            answer = send(method, path, with_(body, at, lambda c, k: c.__setitem__(k, value)))
            if not fine(name, at, answer) and not (answer.status == 413 and len(json.dumps(value)) > 60000):
                wrong.append((pointer(at), str(value)[:40], answer))
    assert not wrong, wrong[:8]


@pytest.mark.parametrize("name", BODIES)
def test_a_member_that_is_missing_unknown_or_twice_is_answered_with_its_place(send, name):
    method, path, body = BODIES[name]
    for at in places(body):
        answer = send(method, path, with_(body, at, lambda c, k: c.__delitem__(k)))
        assert fine(name, at, answer), (at, answer)
    for at in [(), *places(body)]:
        inner = body
        for step in at:
            inner = inner[step]
        if not isinstance(inner, dict):
            continue
        answer = expect(send(method, path, with_(body, (*at, "nonsense~/"), lambda c, k: c.__setitem__(k, 1))), 422)
        assert answer.findings() == {pointer(at) + "/nonsense~0~1": "unknown_field"}, answer
        twice = with_(body, (*at, "@@"), lambda c, k: c.__setitem__(k, 1))
        name_of_one = next(iter(inner))
        text = json.dumps(twice).replace('"@@": 1', f'"{name_of_one}": 1')
        expect(send(method, path, text), 400, "duplicate_member")


# No integers, and what is no JSON.
NUMBERS = dict.fromkeys(["1e3", "1.0", "-0", "-0.0", "1E400", "9" * 400, "1e-400"], (422, "validation_failed")) | dict.fromkeys(["NaN", "-Infinity", "01", "0x1"], (400, "malformed_json"))


@pytest.mark.parametrize("name", ["PUT onboarding", "POST transaction", "PATCH transaction", "POST affordability"])
def test_a_number_in_another_spelling_is_never_an_amount(send, name):
    method, path, body = BODIES[name]
    for number, refusal in NUMBERS.items():
        text = json.dumps(body).replace(json.dumps(body["money"]["amount"]) if "money" in body else "300000", number, 1)
        expect(send(method, path, text), *refusal)


RAW = {
    "nothing": (b"", 400), "a byte order mark": (b"\xef\xbb\xbf{}", 400), "UTF-16": ('{"a": 1}'.encode("utf-16"), 400), "broken UTF-8": (b'{"note": "\xc3\x28"}', 400),
    "a surrogate as UTF-8": (b'{"note": "\xed\xa0\x80"}', 400), "NUL": (b"{}\0", 400), "32 levels and one": (b'{"note": ' + b"[" * 32 + b"]" * 32 + b"}", 400),
    "64 KiB and one": (b'{"note": "' + b"x" * ((64 << 10) - 11) + b'"}', 413), "64 KiB": (b'{"note": "' + b"x" * ((64 << 10) - 12) + b'"}', 422), "a text": (b'"x"', 422), "null": (b"null", 422),
}


@pytest.mark.parametrize("name", BODIES)
def test_bytes_that_are_no_body_are_refused(send, name):
    method, path, _ = BODIES[name]
    for case, (body, status) in RAW.items():
        if case == "64 KiB and one" and path.endswith(":batch"):
            continue  # whose body may be a MiB
        answer = send(method, path, body)
        assert answer.status == status, (case, answer)


MEDIA = [None, "", "text/plain", "application/json; charset=utf-16", "application/xml", "json", "application/json, application/json", "multipart/form-data; boundary=x"]


@pytest.mark.parametrize("name", BODIES)
def test_another_content_type_is_415_on_every_endpoint(send, name):
    method, path, body = BODIES[name]
    for media in MEDIA:
        answer = send(method, path, body, **{"Content-Type": media})
        assert (answer.status, answer.code) == (415, "unsupported_media_type"), (media, answer)


# Everything that is guarded by a version, with a body that changes something.
GUARDED = {
    "transaction": ("PATCH", LIST + "/{id}", {"note": "x"}), "delete a transaction": ("DELETE", LIST + "/{id}", None), "onboarding": ("PUT", "/v1/onboarding", FULL),
    "me": ("PATCH", "/v1/me", {"locale": "bg"}), "category": ("PATCH", "/v1/categories/hobbies", {"name": "Hobby"}), "delete a category": ("DELETE", "/v1/categories/hobbies", None),
}
TAGS = {'"stale"': 412, 'W/{tag}': 412, '"a", "b"': 412, '"a", {tag}': 200, 'W/"a", {tag}, "c"': 200, "*": 200, None: 428, "": 412, "nonsense": 412, '"open': 412, '*, "a"': 412, "{bare}": 412}


@pytest.mark.parametrize("name", GUARDED)
def test_C2_if_match_in_every_form(saver, name):
    method, template, body = GUARDED[name]
    for tag, wanted in TAGS.items():
        path = template.replace("{id}", saver.spend(100)["id"])
        current = expect(saver.get(path), 200).etag
        sent = tag and tag.replace("{tag}", current).replace("{bare}", current.strip('"'))
        answer = saver.client.request(method, path, body, valid=False, headers={"If-Match": sent})
        assert answer.status == wanted or wanted == answer.status // 100 * 100 == 200, (tag, answer)


READ = ["/v1/me", "/v1/onboarding", "/v1/calendar", "/v1/calendar/2026-04-02", "/v1/today", LIST + "/{id}", "/v1/categories/groceries"]


@pytest.mark.parametrize("path", READ)
def test_if_none_match_in_every_form(saver, path):
    path = path.replace("{id}", saver.spend(100)["id"])
    tag = expect(saver.get(path), 200).etag
    for sent, status in {tag: 304, f"W/{tag}": 304, f'"a", {tag}': 304, f'W/"a",{tag} , "b"': 304, "*": 304, '"a"': 200, '"a", "b"': 200, tag.strip('"'): 200, "": 200, tag[:-1]: 200}.items():
        answer = saver.get(path, headers={"If-None-Match": sent}, valid=False)
        assert answer.status == status, (sent, answer)


KEYS = {"x": 201, "x" * 255: 201, "x" * 256: 400, "": 400, " ": 400, "a b": 400, "a\tb": 400, "caf\xe9": 400, "\x7f": 400, "a,b": 201, '"quoted"': 201}


@pytest.mark.parametrize("path,body", [(LIST, SPEND), (LIST + "/{id}:restore", {})], ids=["create", "restore"])
def test_an_idempotency_key_is_1_to_255_visible_ascii(send, path, body):
    for name, status in KEYS.items():
        answer = send("POST", path, body, **{"Idempotency-Key": name})
        assert answer.status == status or answer.status == 200 and status == 201, (name, answer)


SHORT = {"limit=0": "limit", "limit=501": "limit", "limit=abc": "limit", "limit=": "limit", "limit": "limit", "limit=-1": "limit", "limit=1.0": "limit", "limit=%201": "limit", "limit=99999999999999999999": "limit",
         "limit=1;limit=2": "limit", "limit=1&limit=2": None, "Limit=1": None, "limit=0&x=1": None, "cursor=": "cursor", "cursor=x": "cursor", "cursor=" + "A" * 2000: "cursor", "cursor=%ff": None, "x=1": None,
         "offset=1": None, "limit=0&cursor=x": "limit", "limit=1": "", "limit=500": "", "": "", "&": ""}
QUERIES = {
    LIST: {"limit=0": "limit", "limit=501": "limit", "limit=abc": "limit", "limit=": "limit", "limit=-1": "limit", "limit=1.0": "limit", "limit=%201": "limit", "limit=99999999999999999999": "limit",
           "limit=1&limit=2": None, "Limit=1": None, "limit": "limit", "category=": "category", "category=nope": "category", "category=%00": None, "booked_from=": "booked_from", "booked_from=2026-02-31": "booked_from",
           "booked_from=2026-4-1": "booked_from", "booked_to=10000-01-01": "booked_to", "amount_min=": "amount_min", "amount_min=1e3": "amount_min", "amount_max=9007199254740992": "amount_max",
           "amount_min=-9007199254740992": "amount_min", "account_id=": "account_id", "account_id=x": "account_id", "account_id=019d4a5c-7c00-7a01-8b02-0123456789AB": "", "account_id=9b2f2b1e-6c0a-4d5e-8f00-0123456789ab": "account_id", "q=%ff": None, "q=%zz": None, "payee=": "payee", "payee=" + "x" * 201: "payee", "payee=%CC%81": "payee", "tag=": "tag", "tag=" + "x" * 51: "tag", "tag=%00": None, "payee=a&payee=b": None,
           "q=": "q", "q=" + "x" * 300: "q", "cursor=": "cursor", "cursor=x": "cursor", "cursor=" + "A" * 2000: "cursor", "x=1": None, "": "", "&": "", "a": None, "=": None, "limit=1;limit=2": "limit"},
    "/v1/calendar": {"month=2026-13": "month", "month=0000-01": "month", "month=2026-00": "month", "month=": "month", "month=2026": "month", "month=2026-04-01": "", "month=2026-04-31": "month", "month=2026-4-1": "month", "month=%2B2026-04": "month", "month=10000-01": "month",
                     "month=9999-12": "month", "month=0001-01": "", "month=2026-04&month=2026-05": None, "month=2126-04": "", "month=2126-05": "month", "Month=2026-04": None, "month=2026-04%00": None},
    "/v1/calendar/2026-04-02/explain": {"": "category", "category=": "category", "category=nope": "category", "category=groceries&category=home": None, "category=salary": "", "category=GROCERIES": "", "x=1": None},
    "/v1/today": {"x=1": None, "": ""}, "/v1/me": {"x=1": None}, "/v1/onboarding": {"x=1": None}, "/v1/categories": SHORT, "/v1/accounts": SHORT, "/v1/balances": {"on=": "on", "on=2026-02-31": "on", "on=2026-4-1": "on", "on=10000-01-01": "on", "on=2026-04-01&on=2026-04-02": None,
     "x=1": None, "on=0001-01-01": "", "on=9998-12-31": "", "": ""}, "/v1/categories/home": {"x=1": None}, "/v1/currencies": SHORT, "/v1/auth/sessions": SHORT,
    "/v1/calendar/2026-04-02": {"x=1": None},
}


@pytest.mark.parametrize("path", QUERIES)
def test_a_parameter_in_every_wrong_form(saver, path):
    """None: the query itself is malformed or unknown (400); a name: that parameter is refused; empty: it is fine."""
    for query, wanted in QUERIES[path].items():
        answer = saver.get(f"{path}?{query}", valid=False)
        if wanted == "":
            assert answer.status == 200, (query, answer)
        elif wanted is None:
            assert answer.status == 400 and answer.code in ("unknown_parameter", "malformed_query"), (query, answer)
        elif wanted == "cursor":
            assert (answer.status, answer.code) == (400, "invalid_cursor"), (query, answer)
        else:
            assert answer.status == 422 and list(answer.findings()) == [f"/{wanted}"], (query, answer)


DAYS = {"2026-02-31": 422, "2026-4-1": 422, "today": 422, "0000-01-01": 422, "10000-01-01": 422, "0001-01-01": 200, "9999-12-31": 422, "2126-04-30": 200, "2126-05-01": 422, "2026-02-29": 422, "2026-04-01%00": 400}


@pytest.mark.parametrize("rest", ["", "/explain?category=groceries"])
def test_days_far_away_and_days_that_are_none(saver, rest):
    for day, status in DAYS.items():
        answer = saver.get(f"/v1/calendar/{day}{rest}", valid=False)
        assert answer.status == status, (day, answer)
        assert status != 422 or list(answer.findings()) == ["/date"] and answer.code == "invalid_date", (day, answer)


DATES = {"1970-01-01": 201, "1969-12-31": 422, "0001-01-01": 422, "9999-12-31": 422, "2027-04-01": 201, "2027-04-03": 422}


@pytest.mark.parametrize("day", DATES)
def test_bookings_far_away(send, saver, day):
    entry = saver.spend(100)
    for answer in (send("POST", LIST, SPEND | {"booked_on": day}), send("PATCH", f"{LIST}/{entry['id']}", {"booked_on": day})):
        assert answer.status == DATES[day] or answer.status == 200 and DATES[day] == 201, answer
        if answer.status == 422:
            assert answer.findings() == {"/booked_on": "out_of_range"}
    if DATES[day] == 201:
        expect(saver.get(f"/v1/calendar?month={day[:7]}"), 200)
    expect(send("POST", LIST, SPEND | {"occurred_at": day + "T12:00:00Z"}), DATES[day])


def test_goals_may_be_due_on_any_day_there_is(send):
    for day in ("0001-01-01", "2026-04-30", "9999-12-31"):
        expect(send("PUT", "/v1/onboarding", FULL | {"goals": [{"name": "G", "target_money": money(100), "by": day}]}), 200)


def test_ids_of_the_wrong_kind(send, saver, clock):
    now = int(clock.now().timestamp() * 1000)
    day = 24 * 3600 * 1000
    bad = ["00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff", uuid7(clock)[:-1], uuid7(clock).replace("-", ""), "{" + uuid7(clock) + "}", uuid7(clock).replace("-7", "-4", 1),
           uuid7(ms=now - day - 60000), uuid7(ms=now + day + 60000), uuid7(ms=2**48 - 1), uuid7(ms=0)]
    for id in bad:
        assert expect(send("POST", LIST, SPEND | {"id": id}), 422).findings() == {"/id": "invalid_id"}, id
    for id in (bad[0], bad[1], bad[2], bad[5]):
        for method, path in (("POST", LIST), ("PATCH", LIST + "/{id}")):
            assert expect(send(method, path, SPEND | {"account_id": id}), 422).findings() == {"/account_id": "invalid_id"}, id
    upper = uuid7(clock).upper()
    expect(send("POST", "/v1/accounts", {"id": upper, "name": "Upper", "kind": "cash"}), 201)
    made = expect(send("POST", LIST, SPEND | {"id": upper, "account_id": upper}), 201).json
    assert made["id"] == made["account_id"] == upper.lower()
    expect(saver.get(f"{LIST}/{upper}"), 200)
    for near_by in (now - day + 60000, now + day - 60000):
        expect(send("POST", LIST, SPEND | {"id": uuid7(ms=near_by)}), 201)
    for id in ("x", "1", uuid7(clock)[:-1], "019D4A5C", "%00", "a" * 300):
        for method, rest in (("GET", ""), ("PATCH", ""), ("DELETE", ""), ("POST", ":restore")):
            answer = saver.client.request(method, f"{LIST}/{id}{rest}", {"note": "x"} if method == "PATCH" else None, valid=False, headers={"If-Match": "*", "Idempotency-Key": key()})
            expect(answer, *((400, "malformed_request") if id == "%00" else (422, "invalid_id")))
    for id in ("nope", "x" * 300, "GROCERIES", "none", "unallocated"):
        expect(saver.get(f"/v1/categories/{id}", valid=False), 404)


def test_a_cursor_serves_its_own_person_and_filter_alone(stack, saver):
    for _ in range(3):
        saver.spend(100)
    cursor = expect(saver.get(LIST + "?limit=1"), 200).json["next_cursor"]
    expect(saver.get(f"{LIST}?limit=2&cursor={cursor}"), 200)
    other = stack.person()
    other.onboard()
    assert cursor
    expect(other.get(f"{LIST}?limit=1&cursor={cursor}"), 400, "invalid_cursor")
    for wrong in (cursor[:-1], cursor + "A", cursor[::-1], cursor[:8] + ("A" if cursor[8] != "A" else "B") + cursor[9:], cursor.lower(), cursor + "=="):
        expect(saver.get(f"{LIST}?limit=1&cursor={wrong}"), 400, "invalid_cursor")
    for other_filter in ("q=x", "category=groceries", "booked_from=2026-01-01", "amount_max=0"):
        expect(saver.get(f"{LIST}?limit=1&cursor={cursor}&{other_filter}"), 400, "invalid_cursor")
