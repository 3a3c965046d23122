"""What the bank has confirmed: said of one transaction, or of all until a checkpoint that holds; taken back exactly; found by pages, however long ago."""
import os
import random
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import psycopg2.extras
import pytest

from mita.client import Client, expect
from mita.people import key, money, uuid7

ANY = {"If-Match": "*"}
LIST = "/v1/transactions"


def keyed(k=None):
    return {"Idempotency-Key": k or key()}


def opened(who, kind="bank", **more):
    return expect(who.post("/v1/accounts", {"name": "Some account", "kind": kind} | more, headers=keyed()), 201).json["id"]


def said(who, on, amount, account=None):
    """Where a checkpoint is that says this."""
    body = {"on": str(on), "balance_money": money(amount)}
    return expect(who.post(f"/v1/accounts/{account or who.id}/checkpoints", body, headers=keyed()), 201).header("Location")


def reconcile(who, checkpoint, k=None):
    return who.post(f"{checkpoint}:reconcile", headers=keyed(k))


def take_back(who, checkpoint, k=None):
    return who.post(f"{checkpoint}:unreconcile", headers=keyed(k))


def code_of(answer):
    return answer.json.get("code")


def mark(who, id, cleared, **more):
    return expect(who.patch(f"{LIST}/{id}", {"cleared": cleared} | more, headers=ANY), 200)


def found(who, query, limit=500):
    """Ids, over all pages."""
    got, target = [], f"{LIST}?limit={limit}&{query}"
    while target:
        page = expect(who.get(target), 200)
        got += [t["id"] for t in page.json["data"]]
        link = page.header("Link")
        target = link and link[1:].split(">")[0]
    return got


def state_of(who):
    """cleared?, of each that is there."""
    return {t["id"]: t["cleared"] for t in expect(who.get(f"{LIST}?limit=500"), 200).json["data"]}


# -- of one
def test_a_transaction_says_whether_it_is_cleared_wherever_it_is_shown(saver, beside):
    made = saver.spend(100)
    plain, sure = made["id"], saver.spend(200, cleared=True)["id"]
    items = [{"money": money(-300), "category": "groceries", "cleared": c} for c in (True, None)]
    batch = expect(saver.post(f"{LIST}:batch", {"mode": "atomic", "items": items}, headers=keyed()), 200).json["data"]
    assert made["cleared"] is False and [i["transaction"]["cleared"] for i in batch] == [True, False]
    now = expect(saver.patch(f"{LIST}/{plain}", {"cleared": True}, headers={"If-Match": made["etag"]}), 200)
    assert now.json["cleared"] is True and now.etag != made["etag"] and now.json["effect"]["moves"] == []
    expect(saver.patch(f"{LIST}/{plain}", {"cleared": False}, headers={"If-Match": made["etag"]}), 412)
    for shown in (expect(beside.get(f"{LIST}/{plain}"), 200).json, *[t for t in expect(beside.get(f"/v1/calendar/{made['booked_on']}"), 200).json["transactions"] if t["id"] == plain],
                  *[t for t in expect(saver.get("/v1/today"), 200).json["last_transactions"] if t["id"] == plain]):
        assert shown["cleared"] is True
    assert state_of(beside) == {plain: True, sure: True, batch[0]["transaction"]["id"]: True, batch[1]["transaction"]["id"]: False}
    expect(saver.patch(f"{LIST}/{plain}", {"note": "x"}, headers=ANY), 200)
    saver.remove({"id": sure, "etag": "*"})
    assert expect(saver.post(f"{LIST}/{sure}:restore", headers=keyed()), 200).json["cleared"] is True and state_of(saver)[plain]
    for wrong in (None, "true", 1):
        assert expect(saver.patch(f"{LIST}/{plain}", {"cleared": wrong}, headers=ANY, valid=False), 422).findings() == {"/cleared": "wrong_type"}


def test_the_filter_gives_what_is_cleared_or_what_is_not_of_one_account_or_of_all_beside_other_filters(saver, beside):
    other = opened(saver)
    rows = []
    for n in range(24):
        lines = {"category": ("groceries", "transport")[n % 2], "payee": f"Shop {n % 3}", "tags": ["odd"] if n % 2 else []}
        row = saver.spend(100 + n, booked_on=f"2026-03-{1 + n // 2:02}", cleared=n % 4 == 0, account_id=other if n % 5 == 0 else saver.id, **lines)
        rows.append((row["booked_on"], row["id"], n))
    rows.sort(reverse=True)
    fits = {"": lambda n: True, f"account_id={other}": lambda n: n % 5 == 0, f"account_id={saver.id}": lambda n: n % 5, "tag=odd": lambda n: n % 2,
            "payee=shop 0": lambda n: n % 3 == 0, "category=transport": lambda n: n % 2, "q=shop 1": lambda n: n % 3 == 1,
            "amount_min=-110": lambda n: n <= 10, f"amount_max=-105&account_id={saver.id}": lambda n: n >= 5 and n % 5, "booked_from=2026-03-05&booked_to=2026-03-07": lambda n: 8 <= n < 14}
    for beside_it, fit in fits.items():
        for cleared in (True, False):
            query = f"cleared={str(cleared).lower()}" + (f"&{beside_it}" if beside_it else "")
            want = [id for _, id, n in rows if fit(n) and (n % 4 == 0) == cleared]
            assert found(saver, query.replace(" ", "%20"), 5) == want == found(beside, query.replace(" ", "%20")), query
    page = expect(saver.get(f"{LIST}?limit=2&cleared=true"), 200)
    expect(saver.get(f"{LIST}?limit=2&cleared=false&cursor={page.json['next_cursor']}"), 400, "invalid_cursor")
    for wrong in ("", "1", "True", "null"):
        assert expect(saver.get(f"{LIST}?cleared={wrong}", valid=False), 422, "invalid_parameter").findings() == {"/cleared": "invalid_value"}


# -- of all until a checkpoint
def test_reconciling_clears_what_is_booked_in_the_account_until_that_day_and_can_be_taken_back(stack, saver, beside):
    other = opened(saver)
    days = {"old": "2025-11-03", "edge": "2026-01-31", "late": "2026-02-01"}
    ids = {name: saver.spend(100, booked_on=day)["id"] for name, day in days.items()}
    ids["hand"], ids["elsewhere"] = saver.spend(50, booked_on="2026-01-10", cleared=True)["id"], saver.spend(70, booked_on="2026-01-10", account_id=other)["id"]
    gone = saver.spend(900, booked_on="2026-01-11")
    saver.remove(gone)
    checkpoint = said(saver, "2026-01-31", -250)
    before = {name: expect(saver.get(f"{LIST}/{id}"), 200) for name, id in ids.items()}
    tag, cursor = expect(saver.get(checkpoint), 200).etag, expect(saver.get("/v1/changes?limit=500"), 200).json["next_cursor"]
    k = key()
    done = expect(reconcile(saver, checkpoint, k), 200)
    assert done.json["transactions"] == 2 and done.json["checkpoint"]["reconciled_at"] == done.json["checkpoint"]["updated_at"]
    assert expect(reconcile(beside, checkpoint, k), 200).body == done.body and done.etag != tag
    seen = expect(beside.get(checkpoint), 200)
    assert (seen.json, seen.etag) == (done.json["checkpoint"], done.etag)
    assert {name for name, id in ids.items() if state_of(beside)[id]} == {"old", "edge", "hand"}
    changed = expect(saver.get(f"/v1/changes?limit=500&cursor={cursor}"), 200).json["data"]
    assert {(e["kind"], e["id"]) for e in changed} == {("checkpoint", done.json["checkpoint"]["id"]), ("transaction", ids["old"]), ("transaction", ids["edge"])}
    assert len({e["sequence"] for e in changed}) == 1 and all(e["object"]["cleared"] for e in changed if e["kind"] == "transaction")
    expect(saver.patch(f"{LIST}/{ids['old']}", {"note": "x"}, headers={"If-Match": before["old"].etag}), 412)
    # A new key finds nothing to clear, and later what was booked since.
    assert expect(reconcile(saver, checkpoint), 200).json == {"checkpoint": done.json["checkpoint"], "transactions": 0}
    late = saver.spend(30, booked_on="2026-01-05")["id"]
    more = saver.create(30, "other_income", booked_on="2026-01-05").json["id"]
    assert expect(reconcile(beside, checkpoint), 200).json["transactions"] == 2
    back = expect(take_back(beside, checkpoint), 200)
    assert back.json["transactions"] == 4 and back.json["checkpoint"]["reconciled_at"] is None
    now = state_of(saver)
    assert {id for id in now if now[id]} == {ids["hand"]} and not now[late] and not now[more]
    for name, id in ids.items():  # exactly as they were, but for when
        after = expect(saver.get(f"{LIST}/{id}"), 200)
        assert {**after.json, "updated_at": 0} == {**before[name].json, "updated_at": 0}
    expect(take_back(saver, checkpoint), 409, "not_reconciled")
    assert not expect(saver.post(f"{LIST}/{gone['id']}:restore", headers=keyed()), 200).json["cleared"]


def test_a_checkpoint_that_drifts_clears_nothing_and_says_by_how_much_and_since_when(saver):
    row = saver.spend(1000, booked_on="2026-01-10")
    checkpoint = said(saver, "2026-01-31", -1000)
    expect(saver.patch(f"{LIST}/{row['id']}", {"money": money(-3250)}, headers=ANY), 200)
    before = saver.everything()
    detail = expect(reconcile(saver, checkpoint), 409, "drift").json["detail"]
    assert detail == "Until 2026-01-31 -3250 (minor units of EUR) is booked, the bank said -1000 (minor units of EUR): the difference is -2250. It drifts from 2026-01-10 on."
    assert saver.everything() == before and expect(saver.get(checkpoint), 200).json["reconciled_at"] is None
    expect(saver.patch(f"{LIST}/{row['id']}", {"money": money(-1000)}, headers=ANY), 200)
    assert expect(reconcile(saver, checkpoint), 200).json["transactions"] == 1


def test_what_somebody_says_afterwards_or_moves_elsewhere_is_not_taken_back(saver):
    other = opened(saver)
    taken, again, moved, kept, gone = [saver.spend(100, booked_on="2026-01-10")["id"] for _ in range(5)]
    checkpoint = said(saver, "2026-01-31", -500)
    assert expect(reconcile(saver, checkpoint), 200).json["transactions"] == 5
    mark(saver, taken, False)
    mark(saver, again, False)
    mark(saver, again, True)
    expect(saver.patch(f"{LIST}/{moved}", {"account_id": other}, headers=ANY), 200)
    expect(saver.patch(f"{LIST}/{kept}", {"cleared": True, "note": "x"}, headers=ANY), 200)  # it was, and stays the checkpoint's
    expect(saver.delete(f"{LIST}/{gone}", headers=ANY), 200)
    assert expect(take_back(saver, checkpoint), 200).json["transactions"] == 1
    assert state_of(saver) == {taken: False, again: True, moved: True, kept: False}
    assert expect(saver.post(f"{LIST}/{gone}:restore", headers=keyed()), 200).json["cleared"] is False


def test_what_two_checkpoints_cleared_each_takes_back_its_own(saver):
    first, second = saver.spend(100, booked_on="2026-01-10")["id"], saver.spend(10, booked_on="2026-02-10")["id"]
    january, february = said(saver, "2026-01-31", -100), said(saver, "2026-02-28", -110)
    assert [expect(reconcile(saver, c), 200).json["transactions"] for c in (january, february)] == [1, 1]
    assert expect(take_back(saver, january), 200).json["transactions"] == 1 and state_of(saver) == {first: False, second: True}
    assert expect(reconcile(saver, february), 200).json["transactions"] == 1
    assert expect(take_back(saver, february), 200).json["transactions"] == 2 and state_of(saver) == {first: False, second: False}


def test_a_leg_is_cleared_in_its_account_and_a_transfer_keeps_what_is_said_of_its_legs(saver):
    card = opened(saver, "card")
    move = expect(saver.post("/v1/transfers", {"to_account_id": card, "money": money(700), "booked_on": "2026-01-10", "arrives_on": "2026-01-12"}, headers=keyed()), 201)
    left, arrived = (move.json[f"{side}_transaction_id"] for side in ("from", "to"))
    tag = expect(saver.get(move.header("Location")), 200).etag
    assert expect(reconcile(saver, said(saver, "2026-01-31", 700, card)), 200).json["transactions"] == 1
    assert state_of(saver) == {left: False, arrived: True} and expect(saver.get(move.header("Location")), 200).etag != tag
    expect(saver.patch(move.header("Location"), {"booked_on": "2026-01-09"}, headers=ANY), 200)
    assert state_of(saver) == {left: False, arrived: True}
    one, other = saver.spend(100, booked_on="2026-01-10", cleared=True)["id"], saver.create(100, "other_income", account_id=card, booked_on="2026-01-10").json["id"]
    pair = expect(saver.post("/v1/transfers:pair", {"transaction_ids": [one, other]}, headers=keyed()), 201).header("Location")
    assert state_of(saver)[one] and not state_of(saver)[other]
    expect(saver.post(f"{pair}:unpair", headers=keyed()), 200)
    assert state_of(saver)[one] and not state_of(saver)[other]


def test_the_history_says_who_reconciled_and_a_version_comes_back_as_it_was(saver):
    id = saver.spend(100, booked_on="2026-01-10")["id"]
    checkpoint = said(saver, "2026-01-31", -100)
    expect(reconcile(saver, checkpoint), 200)
    mark(saver, id, False)
    versions = expect(saver.get(f"{LIST}/{id}/history"), 200).json["data"]
    assert [(v["version"], v["transaction"]["cleared"]) for v in versions] == [(3, False), (2, True), (1, False)]
    assert len({str(v["by"]) for v in versions}) == 1 and versions[0]["by"]["session_id"]
    back = expect(saver.post(f"{LIST}/{id}:revert", {"version": 2}, headers=keyed() | ANY), 200)
    assert back.json["cleared"] is True and state_of(saver) == {id: True} and found(saver, "cleared=true") == [id]
    assert expect(take_back(saver, checkpoint), 200).json["transactions"] == 0 and state_of(saver) == {id: True}  # a person's word by now
    changed = expect(saver.post(f"{LIST}:bulk", {"filter": {"cleared": True}, "change": {"tags_add": ["sure"]}}, headers=keyed()), 200)
    assert changed.json["changed"] == 1 and state_of(saver) == {id: True}


def test_a_reconciled_checkpoint_stays_as_it_is_until_that_is_taken_back(saver):
    saver.spend(100, booked_on="2026-01-10")
    checkpoint = said(saver, "2026-01-31", -100)
    tag = expect(reconcile(saver, checkpoint), 200).etag
    expect(saver.patch(checkpoint, {"balance_money": money(1)}, headers={"If-Match": '"k1"'}), 412)
    expect(saver.patch(checkpoint, {"balance_money": money(1)}, headers={"If-Match": tag}), 409, "reconciled")
    expect(saver.delete(checkpoint, headers=ANY), 409, "reconciled")
    expect(take_back(saver, checkpoint), 200)
    expect(saver.patch(checkpoint, {"on": "2026-01-30"}, headers=ANY), 200)
    expect(saver.delete(checkpoint, headers=ANY), 204)
    expect(reconcile(saver, checkpoint), 404, "not_found")


def test_what_is_wrong_with_a_request_is_said_and_somebody_elses_checkpoint_is_404(stack, saver, clock):
    other, checkpoint = stack.person(), said(saver, "2026-01-31", 0)
    id = checkpoint.rsplit("/", 1)[1]
    for verb in ("reconcile", "unreconcile"):
        expect(saver.post(f"{checkpoint}:{verb}", valid=False), 400, "idempotency_key_required")
        assert expect(saver.post(f"{checkpoint}:{verb}", {"on": "2026-01-31"}, headers=keyed(), valid=False), 422).findings() == {"/on": "unknown_field"}
        for path in (checkpoint, f"/v1/accounts/{other.id}/checkpoints/{id}"):
            expect(other.post(f"{path}:{verb}", headers=keyed()), 404, "not_found")
        for path in (f"/v1/accounts/{saver.id}/checkpoints/{uuid7(clock)}", f"/v1/accounts/{opened(saver)}/checkpoints/{id}"):
            expect(saver.post(f"{path}:{verb}", headers=keyed()), 404, "not_found")


# -- two instances
def test_C1_reconciled_by_one_key_on_two_instances_while_entries_come_it_clears_what_the_balance_is_of(saver, beside):
    for n in range(3):
        saver.spend(100, booked_on="2026-01-10")
    checkpoint, k = said(saver, "2026-01-31", -300), key()

    def act(number):
        who = (saver, beside)[number % 2]
        if number < 4:
            while code_of(answer := reconcile(who, checkpoint, k)) == "idempotency_in_flight":
                pass
            return answer
        return who.spend(1, booked_on="2026-01-20") and None

    with ThreadPoolExecutor(6) as pool:
        answers = [a for a in pool.map(act, range(6)) if a]
    done = [a for a in answers if a.status == 200]
    assert all(a.status == 200 or expect(a, 409, "drift") for a in answers)
    assert len({a.body for a in done}) <= 1 and all(a.json["transactions"] == 3 for a in done)
    assert sum(state_of(beside).values()) == (3 if done else 0)


def test_C2_of_reconciling_and_changing_a_checkpoint_at_once_on_two_instances_one_wins(saver, beside):
    saver.spend(100, booked_on="2026-01-10")
    for n in range(6):
        checkpoint = said(saver, f"2026-02-{n + 1:02}", -100)
        tag = expect(saver.get(checkpoint), 200).etag
        with ThreadPoolExecutor(2) as pool:
            change = pool.submit(saver.patch, checkpoint, {"balance_money": money(-7)}, headers={"If-Match": tag})
            clear = pool.submit(reconcile, beside, checkpoint)
        came = code_of(change.result()), code_of(clear.result())
        assert came in [(None, "drift"), ("precondition_failed", None)]
        if came[0]:
            expect(take_back(saver, checkpoint), 200)


# -- the law
def test_what_is_cleared_is_what_was_said_after_any_writes(saver, beside):
    """Somebody's word, or the checkpoint's until it is taken back; a checkpoint clears exactly when it holds."""
    seed = int(os.environ.get("MITA_SEED", random.randrange(2**32)))
    print(f"again: MITA_SEED={seed}")
    rng, accounts = random.Random(seed), [saver.id, opened(saver)]
    rows, gone, by, bank = {}, {}, {}, {}  # id -> [account, day, amount]; cleared ones -> checkpoint or None; checkpoint -> (account, day, balance, reconciled?)
    some_day = lambda: date(2026, 1, 1) + timedelta(rng.randrange(60))
    booked = lambda account, day: sum(x for a, d, x in rows.values() if a == account and d <= day)
    for step in range(70):
        who = rng.choice((saver, beside))
        what = rng.choice(["book", "book", "say", "move", "drop", "back", "bank", "reconcile", "reconcile", "take back"])
        if what == "book":
            account, day, amount, cleared = rng.choice(accounts), some_day(), rng.randrange(1, 500), rng.random() < .2
            id = who.spend(amount, booked_on=str(day), account_id=account, cleared=cleared)["id"]
            rows[id] = (account, day, -amount)
            if cleared:
                by[id] = None
        elif what == "say" and rows:
            id, cleared = rng.choice(sorted(rows)), rng.random() < .5
            mark(who, id, cleared)
            if cleared != (id in by):
                by.pop(id, None)
                if cleared:
                    by[id] = None
        elif what == "move" and rows:
            id, account, day = rng.choice(sorted(rows)), rng.choice(accounts), some_day()
            expect(who.patch(f"{LIST}/{id}", {"account_id": account, "booked_on": str(day)}, headers=ANY), 200)
            if account != rows[id][0] and id in by:
                by[id] = None
            rows[id] = (account, day, rows[id][2])
        elif what == "drop" and rows:
            id = rng.choice(sorted(rows))
            expect(who.delete(f"{LIST}/{id}", headers=ANY), 200)
            gone[id] = rows.pop(id)
        elif what == "back" and gone:
            id = rng.choice(sorted(gone))
            expect(who.post(f"{LIST}/{id}:restore", headers=keyed()), 200)
            rows[id] = gone.pop(id)
        elif what == "bank":
            account, day = rng.choice(accounts), some_day()
            if (account, day) not in {(a, d) for a, d, *_ in bank.values()}:
                balance = booked(account, day) + rng.choice([0, 0, 0, 5])
                bank[said(who, day, balance, account)] = (account, day, balance, False)
        elif what == "reconcile" and bank:
            place = rng.choice(sorted(bank))
            account, day, balance, _ = bank[place]
            answer = reconcile(who, place)
            if booked(account, day) != balance:
                expect(answer, 409, "drift")
            else:
                new = [id for id, (a, d, _) in rows.items() if a == account and d <= day and id not in by]
                assert expect(answer, 200).json["transactions"] == len(new)
                by |= {id: place for id in new}
                bank[place] = (account, day, balance, True)
        elif what == "take back" and bank:
            place = rng.choice(sorted(bank))
            answer, mine = take_back(who, place), [id for id in by if by[id] == place]
            if not bank[place][3]:
                expect(answer, 409, "not_reconciled")
                continue
            assert expect(answer, 200).json["transactions"] == len([id for id in mine if id in rows])
            by = {id: x for id, x in by.items() if id not in mine}
            bank[place] = (*bank[place][:3], False)
        assert state_of(rng.choice((saver, beside))) == {id: id in by for id in rows}, f"after {what} in step {step}"
    assert {*found(saver, "cleared=true")} == {*by} & {*rows} and {*found(beside, f"cleared=false&account_id={accounts[1]}", 3)} == \
        {id for id, (a, *_) in rows.items() if a == accounts[1] and id not in by}


# -- many
@pytest.fixture(scope="module")
def rich(running):
    """Somebody with 12,000 entries over eleven years; the oldest 300 are cleared."""
    running.heal()
    someone = running.person()
    someone.spend(1)
    rows = [(someone.id, uuid7(ms=1400000000000 + i * 28_800_000), i * 4000 // 12000, i < 300) for i in range(12000)]
    with running.cluster.connect() as c:
        c.autocommit = False
        cursor = c.cursor()
        cursor.execute("set search_path = finance; set session_replication_role = replica")
        psycopg2.extras.execute_values(cursor, """insert into transactions (user_id, id, booked_on, amount, currency, created_at, updated_at, cleared)
            select u::uuid, t::uuid, date '2015-01-01' + n, -1, 'EUR', now(), now(), c from (values %s) as v(u, t, n, c)""", rows, page_size=3000)
        cursor.execute("""insert into transaction_lines (user_id, transaction_id, n, category, amount, booked_on)
            select user_id, id, 1, 'groceries', amount, booked_on from transactions t where user_id = %s and not exists (
                select 1 from transaction_lines l where l.user_id = t.user_id and l.transaction_id = t.id)""", (someone.id,))
        cursor.execute("""insert into account_sums (user_id, account_id, span, begins, amount)
            select user_id, user_id, span, case span when 'day' then booked_on else date_trunc('month', booked_on)::date end, sum(amount)
            from transactions cross join (values ('day'), ('month')) as s (span) where user_id = %s and booked_on < '2026-01-01' group by 1, 2, 3, 4""", (someone.id,))
        cursor.execute("analyze transactions")
        c.commit()
    someone.rows = sorted(((n, id, cleared) for _, id, n, cleared in rows), reverse=True)
    yield someone
    expect(Client(running.finance, running.contract, running.secrets["MITA_INTERNAL_TOKEN"]).delete(f"/internal/v1/users/{someone.id}", internal=True), 204)


@pytest.mark.parametrize("beside_it", ["", "&account_id={id}"])
def test_what_was_cleared_long_ago_is_found_in_full_pages(stack, rich, beside_it):
    rich.login()
    query = beside_it.format(id=rich.id)
    cleared = [id for _, id, c in rich.rows if c]
    page = expect(rich.get(f"{LIST}?limit=50&cleared=true{query}"), 200)
    assert [t["id"] for t in page.json["data"]] == cleared[:50] and page.json["next_cursor"]
    assert found(rich, f"cleared=true{query}") == cleared
    assert found(rich, f"cleared=false&booked_to=2026-01-01{query}") == [id for _, id, c in rich.rows if not c]


def test_more_than_5000_are_cleared_by_more_than_one_checkpoint(stack, rich):
    rich.login()
    until = lambda n: said(rich, date(2015, 1, 1) + timedelta(n), -sum(1 for m, *_ in rich.rows if m <= n))
    assert expect(reconcile(rich, until(3999)), 422).findings() == {"": "too_many"}
    early = until(399)
    assert expect(reconcile(rich, early), 200).json["transactions"] == 900
    assert found(rich, "cleared=true") == [id for n, id, _ in rich.rows if n <= 399]
    assert expect(take_back(rich, early), 200).json["transactions"] == 900
    assert found(rich, "cleared=true") == [id for _, id, c in rich.rows if c]
