"""C1: many clients, duplicates, retries, kill -9 in the middle: counts and sums exact. A stampede on a month opens it once."""
import copy
import http.client
import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor

from mita.audit import audit_ledger
from mita.client import Client, expect
from mita.people import key, line, money, uuid7, worked_example
from mita.waiting import until


def insist(send, seconds=60):
    """Repeats one keyed request until it is answered for good; what a careful client does."""
    end = time.monotonic() + seconds
    while True:
        try:
            answer = send()
            if answer.status not in (409, 502, 503, 504) or answer.status == 409 and answer.code != "idempotency_in_flight":
                return answer
        except (OSError, http.client.HTTPException):
            pass
        assert time.monotonic() < end, "no answer within the time"
        time.sleep(0.02)


def test_C1_sixteen_clients_with_duplicates_and_a_kill_minus_9_lose_and_double_nothing(stack, clock):
    clock.local("Europe/Sofia", "2026-04-10")
    people = [stack.person() for _ in range(4)]
    for person in people:
        person.onboard()
    done, lock = [], threading.Lock()

    def client(number):
        rng = random.Random(number)
        person = people[number % 4]
        for _ in range(60):
            body = {"id": uuid7(clock), "money": money(-rng.randrange(1, 5000)), "category": rng.choice(["groceries", "transport", "dining_out"]),
                    "booked_on": f"2026-04-{rng.randrange(1, 11):02}"}
            head = {"Idempotency-Key": key()}
            answer = expect(insist(lambda: person.post("/v1/transactions", body, headers=head)), 201)
            if rng.random() < .3:
                again = expect(insist(lambda: person.post("/v1/transactions", body, headers=head)), 201)
                assert again.json["id"] == answer.json["id"]
            with lock:
                done.append((person.id, body))

    with ThreadPoolExecutor(16) as pool:
        jobs = [pool.submit(client, n) for n in range(16)]
        for wanted in (200, 450, 700):
            until(lambda: len(done) >= wanted or any(job.done() and job.exception() for job in jobs), 60, f"{wanted} answers")
            stack.finance.kill()
            stack.finance.start()
        for job in jobs:
            job.result()
    stack.wait_ready()
    for person in people:
        mine = [b for owner, b in done if owner == person.id]
        listed = expect(person.get("/v1/transactions?limit=500"), 200).json["data"]
        assert {t["id"]: t["money"]["amount"] for t in listed} == {b["id"]: b["money"]["amount"] for b in mine} and len(listed) == len(mine) == 240
        calendar = person.calendar()
        for day in range(1, 11):
            for category in ("groceries", "transport", "dining_out"):
                want = -sum(b["money"]["amount"] for b in mine if b["booked_on"] == f"2026-04-{day:02}" and b["category"] == category)
                assert line(calendar, f"2026-04-{day:02}", category)["spent"] == want
        audit_ledger(stack.cluster, person.id)


def test_L4_the_day_sums_equal_the_lines_after_posts_changes_deletes_and_restores_in_parallel_by_two_instances(stack, saver):
    other = stack.also("finance", "finance-parallel").start()
    beside = copy.copy(saver)
    beside.client = Client(other, stack.contract, saver.access)

    def client(number):
        person, rng = (saver, beside)[number % 2], random.Random(number)
        for _ in range(8):
            entry = person.spend(rng.randrange(1, 3000), rng.choice(["groceries", "transport"]), booked_on=f"2026-04-0{rng.randrange(1, 10)}")
            act = rng.randrange(4)
            target = f"/v1/transactions/{entry['id']}"
            if act == 0:
                expect(person.patch(target, {"money": money(-rng.randrange(1, 3000)), "booked_on": "2026-04-05", "category": "dining_out"}, headers={"If-Match": entry["etag"]}), 200)
            elif act >= 1:
                person.remove(entry)
                if act == 2:
                    expect(person.post(target + ":restore", headers={"Idempotency-Key": key()}), 200)

    try:
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(client, range(8)))
        audit_ledger(stack.cluster, saver.id)
    finally:
        other.stop()


def test_twenty_readers_of_an_unopened_month_open_it_exactly_once(stack, saver, clock):
    clock.local("Europe/Sofia", "2026-06-03")
    saver.login()
    gate = threading.Barrier(20)

    def read(_):
        gate.wait()
        return expect(saver.get("/v1/calendar"), 200)

    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(read, range(20)))
    assert len({a.body for a in answers}) == 1 and len({a.etag for a in answers}) == 1
    assert stack.cluster.sql("select count(*) from finance.periods where user_id = %s and month = '2026-06-01'", saver.id) == [(1,)]


def test_twenty_writers_into_an_unopened_month_open_it_exactly_once(stack, saver, clock):
    clock.local("Europe/Sofia", "2026-07-03")
    saver.login()
    gate = threading.Barrier(20)

    def write(_):
        gate.wait()
        return saver.spend(100)["effect"]["today"]["budget_money"]

    with ThreadPoolExecutor(20) as pool:
        budgets = {b["amount"] for b in pool.map(write, range(20))}
    assert len(budgets) == 1
    assert stack.cluster.sql("select count(*) from finance.periods where user_id = %s and month = '2026-07-01'", saver.id) == [(1,)]
    assert line(saver.calendar(), "2026-07-03", "groceries")["spent"] == 2000


def test_twenty_first_onboardings_at_once_leave_one_plan(stack, clock):
    person = stack.person()
    gate = threading.Barrier(20)

    def put(_):
        gate.wait()
        return person.put("/v1/onboarding", worked_example())

    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(put, range(20)))
    assert sorted({a.status for a in answers}) in ([200], [200, 428]) and [a.status for a in answers].count(200) >= 1
    assert stack.cluster.sql("select count(*) from finance.periods where user_id = %s", person.id) == [(1,)]
    person.calendar()
