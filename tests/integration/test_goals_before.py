"""What the release before goals wrote: its database migrated and served gives every number it gave."""
import copy
import json
import pathlib

from mita.client import Client, expect
from mita.people import money
from mita.service import ROOT
from test_goals import goals, numbers, whole_sum


# -- a database of the release before
BEFORE = "mita_before_goals"


def bare(x):
    if isinstance(x, dict):
        return x["amount"] if x.keys() == {"amount", "currency"} else {name: bare(v) for name, v in x.items()}
    return [bare(v) for v in x] if isinstance(x, list) else x


def same(was, now):
    """`now` says what `was` said; what is new in it may stand beside."""
    if isinstance(was, dict):
        return {name: same(v, now.get(name)) if isinstance(now, dict) else now for name, v in was.items()}
    if isinstance(was, list) and isinstance(now, list) and len(was) == len(now):
        return [same(a, b) for a, b in zip(was, now)]
    return now


def as_told(who, was):
    """What it answers to the same questions, as plans_before_goals.json keeps it."""
    out = {}
    for path in was:
        answer = who.post("/v1/affordability", {"category": "dining_out", "money": money(40000)}) if path == "affordability" else who.get(path)
        told = bare(expect(answer, 200).json)
        if path.startswith("/v1/calendar?"):
            told["days"] = [[d["budget_money"], d["spent_money"]] for d in told["days"]]
        out[path] = told
    return same(was, out)


def database_of_before(stack, rows):
    """The schema as that release left it, by its own migrations, with these rows."""
    with stack.cluster.connect("postgres") as c:
        c.cursor().execute(f"drop database if exists {BEFORE}")
        c.cursor().execute(f"create database {BEFORE}")
    applied = stack.cluster.sql("select number, name, checksum from finance.schema_migrations where number <= 16 order by number")
    with stack.cluster.connect(BEFORE) as c:
        cursor = c.cursor()
        cursor.execute("create schema finance; set search_path = finance; create table schema_migrations (number int primary key, name text not null, "
                       "checksum text not null, applied_at timestamptz not null default now())")
        for number, name, checksum in applied:
            cursor.execute((ROOT / f"services/finance/schema/{number:03}_{name}.sql").read_text())
            cursor.execute("insert into schema_migrations values (%s, %s, %s)", (number, name, checksum))
        cursor.execute("set session_replication_role = replica")
        for table in rows:
            cursor.execute(f"insert into {table} select * from jsonb_populate_recordset(null::{table}, %s)", (json.dumps(rows[table]),))


def test_what_the_release_before_goals_wrote_gives_every_number_it_gave(stack, clock):
    """plans_before_goals.json: rows that release wrote for somebody with four months, goals reached, overdue, added and changed, what it answered to
    them, and after one more PUT. Its database is migrated and served by this one."""
    clock.local("Europe/Sofia", "2026-04-20")
    who = copy.copy(stack.person())
    was = json.loads((pathlib.Path(__file__).parent / "plans_before_goals.json").read_text().replace("PERSON", who.id))
    database_of_before(stack, was["rows"])
    stack.migrate("finance", BEFORE)
    url = stack.cluster.url("finance", BEFORE)
    service = stack.also("finance", "finance-of-before", MITA_FINANCE_DATABASE_URL=url).start()
    who.client = Client(service, stack.contract, who.access)
    assert as_told(who, was["answers"]) == was["answers"]
    assert {g["name"]: numbers(g)[:2] for g in goals(who)} == \
        {g["name"]: (g["saved_money"], g["month_money"]) for g in was["answers"]["/v1/today"]["goals"]}
    for g in goals(who):
        assert whole_sum(who, g["id"]) == g["saved_money"]["amount"]
    got = expect(who.get("/v1/onboarding"), 200)
    expect(who.put("/v1/onboarding", got.json | {"buffer_money": money(6000)}, headers={"If-Match": got.etag}), 200)
    assert as_told(who, was["replanned"]) == was["replanned"]
    assert service.stop() == 0
    stack.cluster.sql(f"drop database {BEFORE}")
