"""Checkpoints: on this day the bank said X. What is booked says the same, or since when it does not and by how much, to the unit."""
import os
import random
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

from mita.client import expect
from mita.people import key, money, uuid7

ANY = {"If-Match": "*"}


def path_of(who, account=None):
    return f"/v1/accounts/{account or who.id}/checkpoints"


def said(who, on, amount, account=None, currency="EUR", **more):
    return expect(who.post(path_of(who, account), {"on": str(on), "balance_money": money(amount, currency)} | more, headers={"Idempotency-Key": key()}), 201)


def states(who, account=None):
    """The newest first."""
    return [(c["on"], c["state"], c["difference_money"]["amount"], c["drifts_from"]) for c in expect(who.get(path_of(who, account)), 200).json["data"]]


def opened(who, kind="bank", **more):
    return expect(who.post("/v1/accounts", {"name": "Some account", "kind": kind} | more, headers={"Idempotency-Key": key()}), 201).json["id"]


# -- what it says
def test_the_first_day_of_drift_and_the_exact_difference_are_named_when_one_old_row_is_gone(saver):
    rows = {day: saver.spend(amount, booked_on=day) for day, amount in (("2026-01-10", 1000), ("2026-01-15", 2250), ("2026-02-03", 400), ("2026-02-20", 55))}
    said(saver, "2026-01-31", -3250)
    said(saver, "2026-02-28", -3705)
    assert states(saver) == [("2026-02-28", "ok", 0, None), ("2026-01-31", "ok", 0, None)]
    saver.remove(rows["2026-01-15"])
    assert states(saver) == [("2026-02-28", "drift", 2250, "2026-01-15"), ("2026-01-31", "drift", 2250, "2026-01-15")]
    expect(saver.post(f"/v1/transactions/{rows['2026-01-15']['id']}:restore", headers={"Idempotency-Key": key()}), 200)
    assert [s[1] for s in states(saver)] == ["ok", "ok"]
    saver.remove(rows["2026-02-20"])
    assert states(saver) == [("2026-02-28", "drift", 55, "2026-02-20"), ("2026-01-31", "ok", 0, None)]


def test_a_row_that_moves_to_another_day_or_account_is_a_drift_from_the_day_it_left(saver):
    other = opened(saver)
    row = saver.spend(1000, booked_on="2026-01-10")
    said(saver, "2026-01-31", -1000)
    path = f"/v1/transactions/{row['id']}"
    expect(saver.patch(path, {"booked_on": "2026-02-01"}, headers=ANY), 200)
    assert states(saver) == [("2026-01-31", "drift", 1000, "2026-01-10")]
    expect(saver.patch(path, {"booked_on": "2026-01-20"}, headers=ANY), 200)
    assert states(saver) == [("2026-01-31", "ok", 0, None)]  # the same balance that day
    expect(saver.patch(path, {"account_id": other}, headers=ANY), 200)
    assert states(saver) == [("2026-01-31", "drift", 1000, "2026-01-10")]


def test_what_never_held_drifts_from_the_day_after_the_last_that_did(saver):
    saver.spend(1000, booked_on="2026-01-10")
    said(saver, "2026-01-31", -1000)
    said(saver, "2026-02-28", -1500)
    assert states(saver) == [("2026-02-28", "drift", 500, "2026-02-01"), ("2026-01-31", "ok", 0, None)]
    saver.spend(500, booked_on="2026-02-10")
    assert states(saver)[0] == ("2026-02-28", "ok", 0, None)


def test_without_anything_known_a_drift_has_no_first_day(saver):
    said(saver, "2026-01-31", 5)
    assert states(saver) == [("2026-01-31", "drift", -5, None)]


def test_another_opening_balance_drifts_without_a_day(saver):
    account = opened(saver, opening_money=money(700))
    said(saver, "2026-01-31", 700, account)
    expect(saver.patch(f"/v1/accounts/{account}", {"opening_money": money(710)}, headers=ANY), 200)
    assert states(saver, account) == [("2026-01-31", "drift", 10, None)]


def test_an_account_in_another_currency_is_checked_in_its_own(saver):
    account = opened(saver, currency="KWD", opening_money=money(1500, "KWD"))
    said(saver, "2026-01-31", 1500, account, "KWD")
    refused = saver.post(path_of(saver, account), {"on": "2026-02-28", "balance_money": money(1)}, headers={"Idempotency-Key": key()})
    assert expect(refused, 422, "currency_mismatch").findings() == {"/balance_money/currency": "currency_mismatch"}
    assert states(saver, account) == [("2026-01-31", "ok", 0, None)]
    expect(saver.patch(f"/v1/accounts/{account}", {"currency": "USD", "opening_money": money(0, "USD")}, headers=ANY), 409, "in_use")


def test_a_checkpoint_of_the_first_account_holds_the_persons_currency(stack):
    person = stack.person()
    said(person, "2026-01-31", 0)
    assert expect(person.patch("/v1/me", {"currency": "JPY"}, headers=ANY), 422).findings() == {"/currency": "currency_mismatch"}


# -- one checkpoint's life
def test_a_checkpoint_is_said_changed_read_and_removed(saver):
    made = said(saver, "2026-01-31", 5)
    id, path = made.json["id"], made.header("Location")
    assert path == f"{path_of(saver)}/{id}" and made.json["account_id"] == saver.id
    read = expect(saver.get(path), 200)
    assert read.json == made.json and read.etag == made.etag
    expect(saver.get(path, headers={"If-None-Match": read.etag}), 304)
    expect(saver.patch(path, {"balance_money": money(7)}, valid=False), 428, "precondition_required")
    now = expect(saver.patch(path, {"balance_money": {"amount": 7}, "on": "2026-02-01"}, headers={"If-Match": read.etag}), 200)
    assert (now.json["balance_money"], now.json["on"]) == (money(7), "2026-02-01")
    expect(saver.patch(path, {"balance_money": money(8)}, headers={"If-Match": read.etag}), 412, "precondition_failed")
    expect(saver.delete(path, headers={"If-Match": read.etag}), 412)
    expect(saver.delete(path, headers={"If-Match": now.etag}), 204)
    expect(saver.get(path), 404, "not_found")
    assert states(saver) == []


def test_one_day_has_one_checkpoint_and_one_id_is_one(saver):
    other = opened(saver)
    first = said(saver, "2026-01-31", 0).json
    body = {"on": "2026-01-31", "balance_money": money(0)}
    expect(saver.post(path_of(saver), body, headers={"Idempotency-Key": key()}), 409, "already_exists")
    said(saver, "2026-01-31", 0, other)
    for account in (None, other):
        expect(saver.post(path_of(saver, account), body | {"on": "2026-02-28", "id": first["id"]}, headers={"Idempotency-Key": key()}), 409, "already_exists")
    second = said(saver, "2026-02-28", 0).header("Location")
    expect(saver.patch(second, {"on": "2026-01-31"}, headers=ANY), 409, "already_exists")


def test_all_that_is_wrong_with_a_checkpoint_is_said_at_once(saver, clock):
    body = {"id": "019d4a5c-7c00-4a01-8b02-0123456789ab", "on": "2026-02-30", "balance_money": {"amount": 1.5, "currency": "EUR"}, "state": "ok"}
    found = expect(saver.post(path_of(saver), body, headers={"Idempotency-Key": key()}, valid=False), 422, "validation_failed").findings()
    assert found == {"/id": "invalid_id", "/on": "invalid_date", "/balance_money/amount": "not_an_integer", "/state": "unknown_field"}
    expect(saver.post(path_of(saver), {"on": "2026-01-31", "balance_money": money(0)}, valid=False), 400, "idempotency_key_required")
    made = said(saver, "2026-01-31", 0).header("Location")
    assert expect(saver.patch(made, {}, headers=ANY, valid=False), 422).findings() == {"": "empty_patch"}


def test_somebody_elses_checkpoint_and_account_are_404(stack, saver, clock):
    mine = said(saver, "2026-01-31", 0).json["id"]
    other = stack.person()
    body = {"on": "2026-02-28", "balance_money": money(0)}
    for answer in (other.get(path_of(saver)), other.post(path_of(saver), body, headers={"Idempotency-Key": key()}), other.get(f"{path_of(other)}/{mine}"),
                   other.patch(f"{path_of(saver)}/{mine}", {"on": "2026-02-28"}, headers=ANY), other.delete(f"{path_of(saver)}/{mine}", headers=ANY),
                   saver.get(f"{path_of(saver)}/{uuid7(clock)}"), saver.get(f"/v1/accounts/{uuid7(clock)}/checkpoints")):
        expect(answer, 404, "not_found")


def test_the_list_has_pages_and_a_tag_of_all_that_moves_it(saver):
    days = [f"2026-0{m}-28" for m in range(1, 8)]
    for day in random.sample(days, len(days)):
        said(saver, day, 0)
    got, target = [], f"{path_of(saver)}?limit=3"
    while target:
        page = expect(saver.get(target), 200)
        got += [c["on"] for c in page.json["data"]]
        link = page.header("Link")
        target = link and link[1:].split(">")[0]
    assert got == sorted(days, reverse=True)
    cursor, other = expect(saver.get(f"{path_of(saver)}?limit=3"), 200).json["next_cursor"], opened(saver)
    expect(saver.get(f"{path_of(saver, other)}?cursor={cursor}"), 400, "invalid_cursor")
    tag = expect(saver.get(path_of(saver)), 200).etag
    expect(saver.get(path_of(saver), headers={"If-None-Match": tag}), 304)
    saver.spend(5, booked_on="2026-01-05")
    assert expect(saver.get(path_of(saver), headers={"If-None-Match": tag}), 200).etag != tag


def test_an_account_has_at_most_400(stack, saver):
    stack.cluster.sql("""insert into finance.checkpoints (user_id, id, account_id, day, balance, currency, created_at, updated_at)
        select %s, gen_random_uuid(), %s, date '2020-01-01' + n, 0, 'EUR', now(), now() from generate_series(1, 400) as n returning 1""", saver.id, saver.id)
    answer = saver.post(path_of(saver), {"on": "2026-01-31", "balance_money": money(0)}, headers={"Idempotency-Key": key()})
    assert expect(answer, 422).findings() == {"": "too_many"}


def test_an_account_with_checkpoints_is_archived_not_removed(saver):
    account = opened(saver)
    said(saver, "2026-01-31", 0, account)
    expect(saver.delete(f"/v1/accounts/{account}", headers=ANY), 204)
    assert expect(saver.get(f"/v1/accounts/{account}"), 200).json["archived"] and states(saver, account) == [("2026-01-31", "ok", 0, None)]


def test_checkpoints_move_no_number_of_the_plan(saver):
    before = saver.calendar()
    said(saver, "2026-04-01", 999)
    assert saver.calendar() == before


# -- two instances
def test_C1_one_key_on_two_instances_is_one_checkpoint(saver, beside):
    head, body = {"Idempotency-Key": key()}, {"on": "2026-01-31", "balance_money": money(0)}
    def post(who):
        while (answer := who.post(path_of(saver), body, headers=head)).status == 409:
            assert answer.code == "idempotency_in_flight"
        return expect(answer, 201).json["id"]
    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(post, (saver, beside) * 4))) == 1
    assert len(states(saver)) == 1


def test_C2_of_two_changes_and_of_two_of_one_day_at_once_on_two_instances_one_stays(saver, beside):
    made = said(saver, "2026-01-31", 0)
    for n in range(6):
        tag = expect(saver.get(made.header("Location")), 200).etag
        with ThreadPoolExecutor(2) as pool:
            change = lambda who: who.patch(made.header("Location"), {"balance_money": money(n + (who is beside) * 100)}, headers={"If-Match": tag})
            say = lambda who: who.post(path_of(saver), {"on": f"2026-02-0{n + 1}", "balance_money": money(0)}, headers={"Idempotency-Key": key()})
            changes, again = list(pool.map(change, (saver, beside))), list(pool.map(say, (saver, beside)))
        assert sorted(a.status for a in changes) == [200, 412] and sorted(a.status for a in again) == [201, 409]
        assert len(states(saver)) == n + 2


# -- the law
def test_L2_a_checkpoint_holds_exactly_when_what_is_booked_says_so_and_the_first_changed_day_is_named(saver, beside):
    seed = int(os.environ.get("MITA_SEED", random.randrange(2**32)))
    print(f"again: MITA_SEED={seed}")
    rng = random.Random(seed)
    some_day = lambda: date(2025, 11, 1) + timedelta(rng.randrange(150))
    rows, bank, known, held = {}, {}, {}, set()  # row -> (day, amount); day -> said; day -> what it summed to when known; days of checkpoints that held
    sums = lambda: {d: sum(a for x, a in rows.values() if x == d) for d in {x for x, _ in rows.values()}}
    booked = lambda day: sum(a for x, a in rows.values() if x <= day)

    def hold(day):
        held.discard(day)
        if bank[day] != booked(day):
            return
        since = max((d for d in held if d < day), default=date.min)
        for d in [d for d in known if since < d <= day]:
            del known[d]
        known.update({d: a for d, a in sums().items() if since < d <= day})
        held.add(day)

    def expected(day):
        difference = booked(day) - bank[day]
        limit, now = max((d for d in held if d <= day), default=None), sums()
        moved = min((d for d in {*known, *now} if held and d <= max(held) and known.get(d, 0) != now.get(d, 0)), default=None)
        if not difference:
            first = None
        elif moved and limit and moved <= limit:
            first = str(moved)
        else:
            first = str(limit + timedelta(1)) if limit and limit < day else None
        return (str(day), "drift" if difference else "ok", difference, first)

    places = {}
    for step in range(60):
        who, what = rng.choice((saver, beside)), rng.choice(["book", "book", "book", "remove", "move", "say", "say", "correct", "forget"])
        if what == "book":
            day, amount = some_day(), rng.choice([-1, 1]) * rng.randrange(1, 5000)
            category = "groceries" if amount < 0 else "other_income"
            rows[expect(who.create(amount, category, booked_on=str(day)), 201).json["id"]] = day, amount
        elif what == "remove" and rows:
            id = rng.choice(sorted(rows))
            expect(who.delete(f"/v1/transactions/{id}", headers=ANY), 200)
            del rows[id]
        elif what == "move" and rows:
            id, day = rng.choice(sorted(rows)), some_day()
            expect(who.patch(f"/v1/transactions/{id}", {"booked_on": str(day)}, headers=ANY), 200)
            rows[id] = day, rows[id][1]
        elif what == "say" and (day := some_day()) not in bank:
            bank[day] = booked(day) + rng.choice([0, 0, 0, 7])
            places[day] = said(who, day, bank[day]).header("Location")
            hold(day)
        elif what == "correct" and bank:
            day = rng.choice(sorted(bank))
            bank[day] = booked(day)
            expect(who.patch(places[day], {"balance_money": money(bank[day])}, headers=ANY), 200)
            hold(day)
        elif what == "forget" and bank:
            day = rng.choice(sorted(bank))
            expect(who.delete(places.pop(day), headers=ANY), 204)
            del bank[day]
            held.discard(day)
        assert states(rng.choice((saver, beside))) == [expected(d) for d in sorted(bank, reverse=True)], f"after {what} in step {step}"
