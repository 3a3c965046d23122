"""One keyed write for every noun: whoever repeats a request, here or on another instance, gets its first answer, and it happened once."""
import json
import re
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from mita.client import Client, expect
from mita.metrics import samples
from mita.people import key, money
from mita.waiting import until


def new_transaction(person, k):
    return person.post("/v1/transactions", {"money": money(-1250), "category": "groceries"}, headers={"Idempotency-Key": k})


def new_category(person, k):
    return person.post("/v1/categories", {"name": "Dog food", "class": "flexible"}, headers={"Idempotency-Key": k})


def own_categories(person):
    return [c for c in expect(person.get("/v1/categories"), 200).json["data"] if not c["default"]]


def transactions(person):
    return expect(person.get("/v1/transactions?limit=500"), 200).json["data"]


NOUNS = {"transactions": (new_transaction, transactions), "categories": (new_category, own_categories)}


@pytest.fixture(params=sorted(NOUNS))
def noun(request):
    return NOUNS[request.param]


def test_a_repeat_on_another_instance_gives_the_first_answer_again(saver, beside, noun):
    post, listed = noun
    k = key()
    first, again = expect(post(saver, k), 201), expect(post(beside, k), 201)
    assert first.header("Idempotency-Replayed") is None and again.header("Idempotency-Replayed") == "true"
    assert (again.body, again.etag, again.header("Location")) == (first.body, first.etag, first.header("Location"))
    assert len(listed(saver)) == 1


def test_repeats_on_two_instances_at_once_are_one_write_and_one_answer(saver, beside, noun):
    post, listed = noun
    for turn in range(4):
        k, gate = key(), threading.Barrier(8)
        before = len(listed(saver))
        if turn and post is new_category:
            entry = own_categories(saver)[0]
            expect(saver.delete(f"/v1/categories/{entry['id']}", headers={"If-Match": "*"}), 204)
            before -= 1

        def attempt(number):
            gate.wait()
            while (answer := post((saver, beside)[number % 2], k)).status == 409:
                assert answer.code == "idempotency_in_flight" and answer.header("Retry-After")
            return expect(answer, 201)

        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(attempt, range(8)))
        assert len({a.body for a in answers}) == 1
        assert sum(a.header("Idempotency-Replayed") is None for a in answers) == 1
        assert len(listed(saver)) == before + 1


def test_a_repeat_waits_for_the_instance_that_is_writing_and_gives_its_answer(stack, saver, beside, noun):
    """Both are held by the lock of their person's row and go on together: one writes, the other is not refused."""
    post, listed = noun
    k = key()
    waiting = "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and usename = 'mita_finance'"
    with stack.cluster.connect() as db, ThreadPoolExecutor(2) as pool:
        db.autocommit = False
        db.cursor().execute("select 1 from finance.users where user_id = %s for update", (saver.id,))
        both = [pool.submit(post, who, k) for who in (saver, beside)]
        until(lambda: stack.cluster.sql(waiting) == [(2,)], what="two writers waiting")
        db.commit()
        answers = [expect(job.result(), 201) for job in both]
    assert len({a.body for a in answers}) == 1 and len(listed(saver)) == 1


def test_a_key_used_here_for_one_body_is_refused_there_for_another(saver, beside):
    k = key()
    expect(new_category(saver, k), 201)
    refused = beside.post("/v1/categories", {"name": "Cat food", "class": "flexible"}, headers={"Idempotency-Key": k})
    expect(refused, 422, "idempotency_mismatch")
    assert len(own_categories(saver)) == 1


def test_without_a_key_two_instances_do_not_make_one_category_twice(saver, beside):
    gate = threading.Barrier(2)

    def attempt(who):
        gate.wait()
        return who.post("/v1/categories", {"name": "Dog food", "class": "flexible"})

    with ThreadPoolExecutor(2) as pool:
        answers = sorted(pool.map(attempt, (saver, beside)), key=lambda a: a.status)
    expect(answers[0], 201)
    expect(answers[1], 409, "already_exists")
    assert len(own_categories(saver)) == 1


def test_a_restore_repeated_on_another_instance_is_its_first_answer_though_the_entry_has_changed_since(saver, beside):
    entry = saver.spend(1250)
    saver.remove(entry)
    k, target = key(), f"/v1/transactions/{entry['id']}"
    first = expect(saver.post(target + ":restore", headers={"Idempotency-Key": k}), 200)
    expect(saver.patch(target, {"note": "later"}, headers={"If-Match": first.etag}), 200)
    again = expect(beside.post(target + ":restore", headers={"Idempotency-Key": k}), 200)
    assert again.body == first.body and again.header("Idempotency-Replayed") == "true"


IDLE = re.compile("invalidations|health|forget|prune|unsearchable|search_keys")


def queries(stack):
    """How often each statement was sent by the stack's finance so far, but for those it sends when nobody asks it anything."""
    text = Client(stack.finance, stack.contract).get("/metrics", internal=True).text
    prefix = 'mita_db_query_duration_seconds_count{query="'
    return {name[len(prefix):-2]: int(n) for name, n in samples(text).items() if name.startswith(prefix) and not IDLE.search(name)}


@pytest.mark.parametrize("target", ["/v1/calendar", "/v1/calendar?month=2026-05", "/v1/calendar/2026-04-02", "/v1/today"])
def test_B12_an_unchanged_plan_costs_one_point_query_and_no_reading_of_the_month(stack, saver, target):
    tag = expect(saver.get(target), 200).etag
    before = queries(stack)
    expect(saver.get(target, headers={"If-None-Match": tag}), 304)
    sent = {name: n - before.get(name, 0) for name, n in queries(stack).items() if n != before.get(name, 0)}
    assert sent == {"finance_user": 1}


def test_a_month_too_far_ahead_is_refused_whatever_tag_the_client_names(saver):
    expect(saver.get("/v1/calendar?month=2300-01", headers={"If-None-Match": "*"}), 422, "invalid_date")


def test_a_request_says_in_the_log_how_long_it_waited_for_the_database(stack, saver):
    waiting = "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and usename = 'mita_finance' and clock_timestamp() - query_start > interval '1.05 s'"
    with stack.cluster.connect() as db, ThreadPoolExecutor(1) as pool:
        db.autocommit = False
        db.cursor().execute("select 1 from finance.users where user_id = %s for update", (saver.id,))
        job = pool.submit(new_transaction, saver, key())
        until(lambda: stack.cluster.sql(waiting) == [(1,)], what="a writer that waited for more than a second")
        db.commit()
        answer = expect(job.result(), 201)

    def line():
        lines = [json.loads(text) for text in stack.finance.log_file.read_text().splitlines()]
        return [entry for entry in lines if entry.get("event") == "request" and entry.get("request_id") == answer.header("X-Request-Id")]

    found = until(line, what="the request's line")[0]
    assert 1000 < found["db_ms"] <= found["duration_ms"], found
