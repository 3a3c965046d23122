"""C1: many clients, duplicates, retries, kill -9 in the middle: counts and sums exact. A stampede on a month opens it once."""
import collections
import copy
import http.client
import os
import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor

from mita.audit import audit_ledger
from mita.client import Client, expect
from mita.people import key, line, money, uuid7, worked_example
from mita.waiting import until

SEED = int(os.environ.get("MITA_KILL_SEED", random.randrange(2**32)))
KILLS = int(os.environ.get("MITA_KILLS", 200 if os.environ.get("MITA_NIGHTLY") else 0))  # 0: as many as fit half a minute

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


def everything(person, path):
    found, target = [], f"{path}?limit=500"
    while target:
        page = expect(person.get(target), 200)
        found += page.json["data"]
        link = page.header("Link")
        target = link and link[1:].split(">")[0]
    return found


def test_C1_sixteen_clients_with_duplicates_lose_and_double_nothing_whichever_service_is_killed_when(stack, clock):
    """kill -9 of the gateway, finance and auth in turn, at moments by chance: as often as half a minute allows, by night two hundred times. Again: MITA_KILL_SEED=<the printed seed>."""
    clock.local("Europe/Sofia", "2026-04-10")
    rng = random.Random(SEED)
    people = [stack.person() for _ in range(4)]
    for person in people:
        person.onboard()
    done, killed, lock, over = [], collections.Counter(), threading.Lock(), threading.Event()

    def client(number):
        rng = random.Random(f"{SEED} {number}")
        person = people[number % 4]
        while not over.is_set():
            body = {"id": uuid7(clock), "money": money(-rng.randrange(1, 5000)), "category": rng.choice(["groceries", "transport", "dining_out"]),
                    "booked_on": f"2026-04-{rng.randrange(1, 11):02}"}
            head = {"Idempotency-Key": key()}
            answer = expect(insist(lambda: person.post("/v1/transactions", body, headers=head)), 201)
            if rng.random() < .3:
                again = expect(insist(lambda: person.post("/v1/transactions", body, headers=head)), 201)
                assert again.json["id"] == answer.json["id"]
            if looked_at := rng.choice(["/v1/me", "/v1/auth/me", "/v1/today", None, None, None]):
                expect(insist(lambda: person.get(looked_at)), 200)
            with lock:
                done.append((person.id, body))

    def renew(person):
        person._signed_in(expect(insist(lambda: person.post("/v1/auth/refresh", {"refresh_token": person.refresh_token}, token=None)), 200).json)

    began = time.monotonic()
    with ThreadPoolExecutor(16) as pool:
        jobs = [pool.submit(client, n) for n in range(16)]
        try:
            while killed.total() < KILLS if KILLS else time.monotonic() < began + 30:
                wanted = len(done) + rng.randrange(20)
                until(lambda wanted=wanted: len(done) >= wanted or any(job.done() for job in jobs), 60, "answers between two kills")
                assert not any(job.done() for job in jobs)
                time.sleep(rng.random() / 10)
                victim = rng.choice(stack.services)
                victim.kill()
                victim.start()
                killed[victim.name] += 1
                if killed.total() % 20 == 0:
                    for person in people:
                        renew(person)
        finally:
            over.set()
        for job in jobs:
            job.result()
    print(f"seed {SEED}: {killed.total()} kills {dict(killed)}, {len(done)} writes in {time.monotonic() - began:.0f} s")
    stack.wait_ready()
    stack.wait_followed()
    for person in people:
        person.client.close()  # a connection of this thread may be to a gateway that was killed
        mine = [b for owner, b in done if owner == person.id]
        listed = everything(person, "/v1/transactions")
        assert {t["id"]: t["money"]["amount"] for t in listed} == {b["id"]: b["money"]["amount"] for b in mine} and len(listed) == len(mine)
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
