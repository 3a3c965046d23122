"""mita-finance audit: L1, L2, L3, L4, L5 and the feed's numbers over the whole database, each difference named; --repair makes sums anew."""
import re

import pytest

from mita.client import Client, expect
from mita.command import command
from mita.people import money


@pytest.fixture
def audit(request, stack):
    """Runs it as the service's own role: (status, {law: [line]}, stderr)."""
    def run(*words):
        done = command(request.config.getoption("--preset"), "finance", "audit", *words, MITA_FINANCE_DATABASE_URL=stack.cluster.url("finance"))
        lines = done.stdout.decode().splitlines()
        return done.returncode, {law: [x for x in lines if x.startswith(law + " ")] for law in ("L1", "L2", "L3", "L4", "L5", "T1", "account", "tags", "cleared", "feed", "repaired")}, done.stderr.decode()
    return run


def test_L3_L4_a_database_as_the_service_left_it_has_no_difference(stack, saver, audit):
    entry = saver.spend(1250)
    saver.remove(saver.spend(700, "transport"))
    expect(saver.patch(f"/v1/transactions/{entry['id']}", {"booked_on": "2026-04-01"}, headers={"If-Match": "*"}), 200)
    status, found, told = audit()
    assert status == 0 and not any(found.values()), found
    people = stack.cluster.sql("select count(*) from finance.users")[0][0]
    assert told.splitlines()[-1] == f"{people} of {people} people, 0 differences"


def test_L4_a_wrong_a_missing_and_a_needless_sum_are_named_and_made_anew(stack, saver, audit):
    saver.spend(1250)
    saver.spend(300, "transport")
    before = saver.calendar()
    me = (saver.id,)
    stack.cluster.sql("update finance.day_actual set spent = spent + 7 where user_id = %s and category = 'groceries'", me)
    stack.cluster.sql("delete from finance.day_actual where user_id = %s and category = 'transport'", me)
    stack.cluster.sql("insert into finance.day_actual (user_id, day, category, spent) values (%s, '2026-04-01', 'coffee', 55)", me)
    status, found, told = audit()
    assert status == 1 and told.splitlines()[-1] == "3 differences are left"
    assert [re.search(r"category=(\w+): stored (-?\d+) spent, 0 received, recomputed (-?\d+) and 0", x).groups() for x in found["L4"]] == \
        [("coffee", "55", "0"), ("groceries", "1257", "1250"), ("transport", "0", "300")]
    assert all(f"user={saver.id}" in x for x in found["L4"])
    status, found, told = audit("--repair")
    assert status == 0 and len(found["L4"]) == 3 and found["repaired"] == [f"repaired sums user={saver.id}"]
    assert audit()[0] == 0
    assert saver.calendar() == before


def test_L2_wrong_missing_and_needless_balances_are_named_and_made_anew(stack, saver, audit):
    saver.spend(1250)
    saver.create(900, "other_income", booked_on="2026-03-05")
    balances = expect(saver.get("/v1/balances"), 200).json
    me = (saver.id,)
    stack.cluster.sql("update finance.account_sums set amount = amount + 7 where user_id = %s and span = 'day' and begins = '2026-03-05'", me)
    stack.cluster.sql("delete from finance.account_sums where user_id = %s and span = 'month' and begins = '2026-04-01'", me)
    stack.cluster.sql("insert into finance.account_sums (user_id, account_id, span, begins, amount) values (%s, %s, 'day', '2025-01-01', 5)", saver.id, saver.id)
    status, found, told = audit()
    assert status == 1 and told.splitlines()[-1] == "3 differences are left"
    assert [re.search(r"account=(\S+) (\w+)=(\S+): stored (-?\d+), recomputed (-?\d+)", x).groups() for x in found["L2"]] == \
        [(saver.id, "day", "2025-01-01", "5", "0"), (saver.id, "day", "2026-03-05", "907", "900"), (saver.id, "month", "2026-04-01", "0", "-1250")]
    status, found, _ = audit("--repair")
    assert status == 0 and found["repaired"] == [f"repaired sums user={saver.id}"]
    assert audit()[0] == 0
    assert expect(saver.get("/v1/balances"), 200).json == balances


def test_L5_a_wrong_sum_of_a_goal_is_named_and_made_anew(stack, saver, audit):
    goal = expect(saver.get("/v1/goals"), 200).json["data"][0]["id"]
    expect(saver.post(f"/v1/goals/{goal}/contributions", {"money": money(700)}, headers={"Idempotency-Key": "goal"}), 201)
    before = expect(saver.get(f"/v1/goals/{goal}"), 200).json
    stack.cluster.sql("update finance.goal_sums set amount = 5 where user_id = %s", (saver.id,))
    status, found, _ = audit()
    assert status == 1 and found["L5"] == [f"L5 user={saver.id} goal={goal}: stored 5, recomputed 700"]
    status, found, _ = audit("--repair")
    assert status == 0 and found["repaired"] == [f"repaired sums user={saver.id}"]
    assert audit()[0] == 0 and expect(saver.get(f"/v1/goals/{goal}"), 200).json == before


def test_T1_a_gap_between_periods_is_named_and_an_overlap_is_refused(stack, saver, clock, audit):
    saver.spend(100, booked_on="2026-06-02")
    with pytest.raises(Exception, match="overlaps another"):
        stack.cluster.sql("update finance.periods set next = next + 1 where user_id = %s and month = '2026-05-01'", (saver.id,))
    stack.cluster.sql("delete from finance.periods where user_id = %s and month = '2026-05-01'", (saver.id,))
    status, found, _ = audit()
    assert status == 1 and found["T1"] == [f"T1 user={saver.id} period=2026-04-01: ends before 2026-05-01, the next one begins on 2026-06-01"]
    stack.cluster.sql("delete from finance.users where user_id = %s", saver.id)


def test_what_counts_though_its_account_is_off_budget_is_named(stack, saver, audit):
    account = expect(saver.post("/v1/accounts", {"name": "Loan", "kind": "loan"}, headers={"Idempotency-Key": "loan"}), 201).json["id"]
    entry = saver.spend(1250, account_id=account)
    stack.cluster.sql("update finance.transaction_lines set counts = true where transaction_id = %s", (entry["id"],))
    status, found, _ = audit()
    assert status == 1 and len(found["account"]) == 1 and f"transaction={entry['id']}: EUR, counted in account {account}, which is in EUR and off budget" in found["account"][0]
    stack.cluster.sql("update finance.transaction_lines set counts = false where transaction_id = %s", (entry["id"],))
    assert audit()[0] == 0


def test_L1_legs_that_do_not_sum_and_legs_of_no_transfer_are_named_and_left_to_a_person(stack, saver, audit):
    loan = expect(saver.post("/v1/accounts", {"name": "Loan", "kind": "loan"}, headers={"Idempotency-Key": "loan"}), 201).json["id"]
    move = lambda k, **more: expect(saver.post("/v1/transfers", {"to_account_id": loan, "money": money(700)} | more, headers={"Idempotency-Key": k}), 201).json
    one, other = move("one"), move("other", category="debt")
    assert audit()[0] == 0
    unchecked = "set session_replication_role = replica; "  # as if the schema's test were not there
    stack.cluster.sql(unchecked + """with l as (update finance.transaction_lines set amount = amount - 1 where transaction_id = %s)
        update finance.transactions set amount = amount - 1 where id = %s returning 1""", one["from_transaction_id"], one["from_transaction_id"])
    stack.cluster.sql(unchecked + "update finance.transactions set transfer_id = null where id = %s returning 1", other["to_transaction_id"])
    try:
        status, found, _ = audit("--repair")
        assert status == 1 and [re.search(r"transfer=(\S+): (\d) of 2 legs, (\d) of them as it has them, sum (-?\d+) EUR, (\d) counted", x).groups() for x in found["L1"]] == \
            sorted([(one["id"], "2", "2", "-1", "0"), (other["id"], "1", "1", "-700", "1")])
        assert all(f"user={saver.id}" in x for x in found["L1"])
    finally:
        token = stack.secrets["MITA_INTERNAL_TOKEN"]
        expect(Client(stack.finance, stack.contract, token).delete(f"/internal/v1/users/{saver.id}", internal=True), 204)
    assert audit()[0] == 0


def test_L3_lines_that_do_not_sum_are_named_and_left_to_a_person(stack, saver, audit):
    entry = saver.spend(1250)
    with stack.cluster.connect() as db:
        cursor = db.cursor()
        cursor.execute("set session_replication_role = replica")  # as if L3's trigger were not there
        cursor.execute("update finance.transaction_lines set amount = amount - 1 where transaction_id = %s", (entry["id"],))
    try:
        status, found, _ = audit("--repair")
        assert status == 1 and len(found["L3"]) == 1
        assert f"user={saver.id} transaction={entry['id']}: stored -1250 on 2026-04-01, its 1 lines sum to -1251" in found["L3"][0]
    finally:
        with stack.cluster.connect() as db:
            cursor = db.cursor()
            cursor.execute("set session_replication_role = replica")
            cursor.execute("update finance.transaction_lines set amount = amount + 1 where transaction_id = %s", (entry["id"],))
        assert audit("--repair")[0] == 0


def test_what_a_checkpoint_that_is_not_reconciled_has_cleared_is_named(stack, saver, audit):
    entry = saver.spend(1250, booked_on="2026-01-10")
    made = expect(saver.post(f"/v1/accounts/{saver.id}/checkpoints", {"on": "2026-01-31", "balance_money": money(-1250)}, headers={"Idempotency-Key": "said"}), 201)
    expect(saver.post(made.header("Location") + ":reconcile", headers={"Idempotency-Key": "reconciled"}), 200)
    assert audit()[0] == 0
    stack.cluster.sql("update finance.checkpoints set reconciled_at = null where id = %s", (made.json["id"],))
    status, found, _ = audit("--repair")
    assert status == 1 and len(found["cleared"]) == 1
    assert f"user={saver.id} transaction={entry['id']}: cleared by checkpoint {made.json['id']}, which is not reconciled" in found["cleared"][0]
    stack.cluster.sql("update finance.checkpoints set reconciled_at = now() where id = %s", (made.json["id"],))
    assert audit()[0] == 0


def test_a_number_beyond_the_persons_last_write_is_named(stack, saver, audit):
    saver.spend(100)
    stack.cluster.sql("update finance.users set sequence = sequence - 1 where user_id = %s", (saver.id,))
    status, found, _ = audit()
    assert status == 1 and len(found["feed"]) == 1 and f"user={saver.id} transaction=" in found["feed"][0]
    expect(Client(stack.finance, stack.contract, stack.secrets["MITA_INTERNAL_TOKEN"]).delete(f"/internal/v1/users/{saver.id}", internal=True), 204)


def test_a_database_that_is_away_is_said_and_no_success(request):
    done = command(request.config.getoption("--preset"), "finance", "audit", MITA_FINANCE_DATABASE_URL="postgresql://nobody@127.0.0.1:1/nothing")
    assert done.returncode == 1 and b"people" not in done.stderr and done.stderr.strip()
