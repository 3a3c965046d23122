"""Contributions to goals, in and out (L5): they count at once, and nothing is taken that is not there."""
from concurrent.futures import ThreadPoolExecutor

from mita.audit import audit_ledger
from mita.client import expect
from mita.people import key, money, worked_example
from test_goals import ANY, FUND, GOALS, MONTH, entries, goal, goals, keyed, made, numbers, put_in, whole_sum


# -- contributions
def test_L5_what_is_contributed_counts_at_once_and_what_is_still_put_aside_follows(saver, clock):
    pool = saver.calendar()["pool_money"]["amount"]
    gift = put_in(saver, 60000, note="From grandmother")
    assert gift.json["on"] == "2026-04-01" and gift.json["note"] == "From grandmother"
    assert numbers(goal(saver)) == (60000, 20000, 0)
    assert saver.calendar()["pool_money"]["amount"] == pool + MONTH - 20000
    assert expect(saver.get(gift.header("Location")), 200).json == gift.json
    expect(saver.get(gift.header("Location"), headers={"If-None-Match": gift.etag}), 304)
    taken = put_in(saver, -6000)
    assert numbers(goal(saver)) == (54000, 20667, 0)
    clock.local("Europe/Sofia", "2026-05-02")
    saver.login()
    assert numbers(goal(saver)) == (74667, 20667, 0) and whole_sum(saver) == 74667
    expect(saver.delete(taken.header("Location"), headers={"If-Match": taken.etag}), 204)
    assert numbers(goal(saver)) == (80667, 19917, 0)
    expect(saver.delete(gift.header("Location"), headers={"If-Match": gift.etag}), 204)
    assert numbers(goal(saver)) == (20667, 27417, 0) and whole_sum(saver) == 20667
    expect(saver.get(gift.header("Location")), 404)


def test_L5_nothing_is_taken_that_is_not_there_on_any_day(saver, clock):
    of = f"{GOALS}/{goal(saver)['id']}/contributions"
    assert expect(keyed(saver, of, {"money": money(-1)}), 422, "below_zero").findings() == {"/money": "below_zero"}
    first = put_in(saver, 5000)
    put_in(saver, -3000)
    expect(saver.delete(first.header("Location"), headers=ANY), 409, "below_zero")
    expect(keyed(saver, of, {"money": money(-2000), "on": "2026-03-31"}), 422, "below_zero")  # the day before there was anything
    put_in(saver, -2000)
    assert numbers(goal(saver))[0] == 0
    clock.local("Europe/Sofia", "2026-05-01")
    saver.login()
    put_in(saver, -MONTH)  # what April put aside
    expect(keyed(saver, of, {"money": money(-1)}), 422, "below_zero")


def test_a_goal_is_reached_by_what_is_put_in_and_then_needs_nothing(saver, clock):
    put_in(saver, FUND)
    now = goal(saver)
    assert (now["state"], numbers(now), now["reached_by"]) == ("reached", (FUND, 0, 0), None)
    clock.local("Europe/Sofia", "2026-05-01")
    saver.login()
    assert goal(saver)["state"] == "reached" and numbers(goal(saver)) == (FUND, 0, 0)
    put_in(saver, 500)
    assert numbers(goal(saver)) == (FUND + 500, 0, 0)


def test_all_that_is_wrong_with_a_contribution_is_said_at_once(saver):
    of = f"{GOALS}/{goal(saver)['id']}/contributions"
    body = {"id": "019d4a5c-7c00-4a01-8b02-0123456789ab", "on": "2026-04-02", "money": money(5, "USD"), "kind": "month"}
    found = expect(keyed(saver, of, body, valid=False), 422, "validation_failed").findings()
    assert found == {"/id": "invalid_id", "/on": "invalid_date", "/money/currency": "currency_mismatch", "/kind": "unknown_field"}
    assert expect(keyed(saver, of, {"money": money(0)}), 422).findings() == {"/money": "invalid_value"}
    expect(saver.post(of, {"money": money(5)}, valid=False), 400, "idempotency_key_required")
    mine = put_in(saver, 5).json["id"]
    bike = made(saver)["id"]
    for other in (goal(saver)["id"], bike):
        expect(keyed(saver, f"{GOALS}/{other}/contributions", {"id": mine, "money": money(5)}), 409, "already_exists")
    expect(saver.delete(f"{of}/{mine}", valid=False), 428)
    most = 9007199254740991
    assert expect(keyed(saver, of, {"money": money(most)}), 422).findings() == {"/money": "amount_overflow"}


def test_a_goal_takes_its_contributions_with_it_whoever_removes_it(stack, saver):
    for remove in (lambda of: saver.delete(f"{GOALS}/{of}", headers=ANY),
                   lambda of: saver.put("/v1/onboarding", worked_example() | {"goals": []}, headers=ANY)):
        bike = made(saver)["id"]
        mine = put_in(saver, 5, bike).json["id"]
        cursor = expect(saver.get("/v1/changes?limit=500"), 200).json
        while cursor["has_more"]:
            cursor = expect(saver.get(f"/v1/changes?limit=500&cursor={cursor['next_cursor']}"), 200).json
        assert remove(bike).status < 300
        told = expect(saver.get(f"/v1/changes?cursor={cursor['next_cursor']}"), 200).json["data"]
        assert [(c["kind"], c["id"], c["deleted"]) for c in told if c["kind"] == "contribution"] == [("contribution", mine, True)]
        audit_ledger(stack.cluster, saver.id)
    assert stack.cluster.sql("select count(*) from finance.goal_sums where user_id = %s", saver.id)[0][0] == 0


def test_a_goal_has_at_most_1000_contributions(stack, saver):
    stack.cluster.sql("""insert into finance.contributions (user_id, id, goal_id, day, amount, currency, created_at)
        select %s, ('019d4a5c-7c00-7a01-9b02-' || lpad(to_hex(n), 12, '0'))::uuid, %s, date '2026-01-01', 1, 'EUR', now() from generate_series(1, 1000) as n returning 1""", saver.id, goal(saver)["id"])
    stack.cluster.sql("update finance.users set ledger_version = ledger_version + 1 where user_id = %s returning 1", saver.id)  # in a write of its own
    answer = keyed(saver, f"{GOALS}/{goal(saver)['id']}/contributions", {"money": money(1)})
    assert expect(answer, 422).findings() == {"": "too_many"}
    assert len(entries(saver, limit=300)) == 1000


def test_past_days_keep_their_numbers_when_something_is_contributed(saver, clock):
    clock.local("Europe/Sofia", "2026-04-15")
    saver.login()
    before = saver.calendar()["days"][:14]
    put_in(saver, 60000)
    after = saver.calendar()
    assert after["days"][:14] == before


# -- two instances
def test_C1_one_key_on_two_instances_is_one_contribution_and_one_goal(saver, beside):
    fund = goal(saver)["id"]
    for path, body in ((f"{GOALS}/{fund}/contributions", {"money": money(700)}), (GOALS, {"name": "Sofa", "target_money": money(1000), "by": "2026-12-31"})):
        head = {"Idempotency-Key": key()}
        def post(who):
            while (answer := who.post(path, body, headers=head)).status == 409:
                assert answer.code == "idempotency_in_flight"
            return expect(answer, 201).json["id"]
        with ThreadPoolExecutor(8) as pool:
            assert len(set(pool.map(post, (saver, beside) * 4))) == 1
    assert len(entries(saver, fund)) == 1 and len(goals(saver)) == 2


def test_C2_of_parallel_withdrawals_on_two_instances_no_more_is_taken_than_is_there(saver, beside):
    of = f"{GOALS}/{goal(saver)['id']}/contributions"
    put_in(saver, 5000)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda who: keyed(who, of, {"money": money(-1500)}), (saver, beside) * 4))
    assert sorted(a.status for a in answers) == [201] * 3 + [422] * 5
    assert numbers(goal(saver))[0] == 500 == whole_sum(saver)


def test_C2_of_two_changes_of_a_goal_at_once_on_two_instances_one_stays(saver, beside):
    path = f"{GOALS}/{goal(saver)['id']}"
    for n in range(4):
        tag = expect(saver.get(path), 200).etag
        with ThreadPoolExecutor(2) as pool:
            change = lambda who: who.patch(path, {"target_money": money(200000 + n * 10 + (who is beside))}, headers={"If-Match": tag})
            assert sorted(a.status for a in pool.map(change, (saver, beside))) == [200, 412]
