"""S3-S9 where it is hard: many logins at once, several instances, clocks that disagree, ends that come near."""
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from mita.client import canaries, expect
from mita.clock import Clock
from mita.metrics import samples
from mita.waiting import until
from test_auth import alive, claims, refresh
from test_events import seen


def sessions_of(stack, person):
    """Live ones, as the database knows them."""
    return stack.cluster.sql("select id from auth.sessions where user_id = %s and revoked_at is null", person.id)


def log_in_at(stack, service, person):
    answer = stack.client(service).post("/v1/auth/login", {"email": person.email, "password": person.password})
    if answer.status == 200:
        canaries.update({answer.json["access_token"], answer.json["refresh_token"]})
    return answer


def refresh_at(stack, service, token):
    answer = stack.client(service).post("/v1/auth/refresh", {"refresh_token": token})
    if answer.status == 200:
        canaries.update({answer.json["access_token"], answer.json["refresh_token"]})
    return answer


def deadlocks(stack):
    return stack.cluster.sql("select deadlocks from pg_stat_database where datname = 'mita'")[0][0]


@pytest.fixture
def other_clock(stack, tmp_path):
    """A clock file of its own for a second instance."""
    return Clock(tmp_path / "clock")


@pytest.mark.parametrize("cap", [1, 5])
def test_S9_parallel_logins_on_two_instances_never_leave_more_sessions_than_the_cap(stack, person, cap):
    """Nobody is refused, nothing deadlocks, and another person waits for nothing meanwhile."""
    instances = [stack.also("auth", f"auth-cap-{cap}-{n}", MITA_MAX_SESSIONS=str(cap), MITA_LOGIN_BUDGET_MS="20000").start() for n in range(2)]
    other, worst, done, before = stack.person(), [0.0], threading.Event(), deadlocks(stack)

    def ask():
        while not done.is_set():
            begin = time.monotonic()
            for instance in instances:
                expect(stack.client(instance, other.access).get("/v1/auth/me"), 200)
            worst[0] = max(worst[0], time.monotonic() - begin)
    asking = threading.Thread(target=ask)
    asking.start()
    try:
        with ThreadPoolExecutor(24) as pool:
            answers = list(pool.map(lambda n: log_in_at(stack, instances[n % 2], person), range(90)))
    finally:
        done.set()
        asking.join()
    assert {a.status for a in answers} == {200}
    assert len(sessions_of(stack, person)) == cap
    tokens = [a.json["access_token"] for a in answers]
    def alive():
        return [t for t in tokens if stack.client(instances[0], t).get("/v1/auth/me").status == 200]
    if stack.pooler:  # it passes no NOTIFY: what the other instance ended is read once a second
        until(lambda: len(alive()) == cap, 5 * instances[0].slow, "the ends at the other instance known")
    living = alive()
    assert len(living) == cap
    assert len(expect(stack.client(instances[1], living[0]).get("/v1/auth/sessions"), 200).json["data"]) == cap
    assert worst[0] < 2.0 * instances[0].slow, f"another person waited {worst[0]:.2f} s"
    for instance in instances:
        assert instance.stop() == 0
    assert deadlocks(stack) == before  # the sessions that ended have told the statistics


def test_S9_the_oldest_session_is_the_one_that_goes_and_its_token_with_it(stack, person):
    auth = stack.also("auth", "auth-oldest", MITA_MAX_SESSIONS="2").start()
    second = expect(log_in_at(stack, auth, person), 200).json["access_token"]
    third = expect(log_in_at(stack, auth, person), 200).json["access_token"]
    assert [stack.client(auth, t).get("/v1/auth/me").status for t in (person.access, second, third)] == [401, 200, 200]
    auth.stop()


def test_logout_all_beside_logins_at_the_cap_deadlocks_nowhere(stack, person):
    auth, before = stack.also("auth", "auth-all", MITA_MAX_SESSIONS="3", MITA_LOGIN_BUDGET_MS="20000").start(), deadlocks(stack)

    def one(n):
        answer = log_in_at(stack, auth, person)
        if n % 3 == 0 and answer.status == 200:
            expect(stack.client(auth, answer.json["access_token"]).post("/v1/auth/logout_all"), 204)
        return answer.status
    with ThreadPoolExecutor(12) as pool:
        assert set(pool.map(one, range(48))) == {200}
    assert len(sessions_of(stack, person)) <= 3
    auth.stop()
    assert deadlocks(stack) == before


@pytest.mark.parametrize("skew", [12, -12, 1800, -1800])
def test_S4_the_grace_is_the_same_on_instances_whose_clocks_disagree(stack, person, clock, other_clock, skew):
    other_clock.set(clock.now() + timedelta(seconds=skew))
    twin = stack.also("auth", f"auth-skew-{skew}", MITA_CLOCK_FILE=str(other_clock.path)).start()
    for first, second in ((stack.auth, twin), (twin, stack.auth)):
        parent = person.refresh_token
        new = expect(refresh_at(stack, first, parent), 200).json["refresh_token"]
        assert expect(refresh_at(stack, second, parent), 200).json["refresh_token"] == new, "within the grace: the same token"
        assert expect(refresh_at(stack, first, parent), 200).json["refresh_token"] == new
        person.refresh_token = new
    parent = person.refresh_token
    new = expect(refresh_at(stack, twin, parent), 200).json["refresh_token"]
    clock.advance(seconds=12)
    other_clock.advance(seconds=12)
    expect(refresh_at(stack, stack.auth, parent), 401)
    expect(refresh_at(stack, twin, new), 401)  # reuse ended the session, for both
    twin.stop()


def test_S4_a_clock_set_back_accepts_no_old_parent(stack, person, clock):
    parent = person.refresh_token
    person.refresh()
    for path in ("/v1/me", "/v1/auth/me"):  # C9: all see the time that was set back before this test ere it moves again
        expect(person.get(path), 200)
    clock.advance(seconds=120)
    expect(person.get("/v1/auth/sessions"), 200)  # the service has seen the time before it is set back
    clock.advance(minutes=-30)
    expect(refresh(person, parent), 401)
    expect(refresh(person), 401)


def test_S5_a_clock_set_back_revives_no_session_that_was_idle_too_long(stack, person, clock):
    clock.advance(days=7, seconds=1)
    expect(refresh(person), 401)
    clock.advance(days=-1)
    expect(refresh(person), 401)


def test_the_test_clock_is_heard_in_the_order_it_was_set(stack):
    """Two instances read it, the second one's reading is told first: no move is counted twice, and the first one's says nothing new."""
    day, source = 86_400_000_000, "told in order"
    tell = lambda ahead, said: stack.cluster.sql("select set_config('search_path', 'auth', true), auth.test_clock_moved(%s, %s, %s)", source, ahead, said)[0][1]
    try:
        start = tell(0, 100)
        assert [tell(day, 200), tell(0, 100), tell(day, 200)] == [start + day] * 3
        assert [tell(-day, 300), tell(day, 200), tell(0, 400)] == [start + day, start + day, start + 2 * day], "set back moves nothing, the next day does"
    finally:
        stack.cluster.sql("delete from auth.test_clocks where source = %s returning 1", source)


def test_the_test_clock_is_moved_for_all_who_tell_of_it_at_once(stack):
    """A job and a request tell of one move: both go by it."""
    source = "told at once"
    tell = "select auth.test_clock_moved(%s, %s, %s)"
    ready = threading.Barrier(4)

    def teller(_):
        heard = []
        with stack.cluster.connect() as db, db.cursor() as cursor:
            cursor.execute("set search_path to auth")
            for n in range(1, 300):
                ready.wait(30)
                cursor.execute(tell, (source, n * 1000, n))
                heard.append(cursor.fetchone()[0])
        return heard

    try:
        with ThreadPoolExecutor(4) as pool:
            first, *others = pool.map(teller, range(4))
        assert others == [first] * 3 and len(set(first)) == len(first)
    finally:
        stack.cluster.sql("delete from auth.test_clocks where source = %s returning 1", source)


def test_S4_twelve_real_seconds_are_twelve_seconds_whatever_the_instances_say(stack, person, other_clock):
    """No clock is moved: the slow instance would still be within its grace."""
    other_clock.set(stack.clock.now() - timedelta(seconds=12))
    slow = stack.also("auth", "auth-slow", MITA_CLOCK_FILE=str(other_clock.path)).start()
    parent = person.refresh_token
    expect(refresh_at(stack, stack.auth, parent), 200)
    end = time.monotonic() + 10.5
    assert refresh_at(stack, slow, parent).status == 200
    time.sleep(max(0.0, end - time.monotonic()))  # the grace itself is what is waited for
    expect(refresh_at(stack, slow, parent), 401)
    slow.stop()


def test_S5_no_access_token_outlives_its_session(stack, person, clock):
    auth = stack.also("auth", "auth-short", MITA_REFRESH_ABSOLUTE_S="7200").start()
    begin = clock.now()
    got = expect(log_in_at(stack, auth, person), 200).json
    assert claims(got["access_token"])["exp"] - claims(got["access_token"])["iat"] == got["expires_in"] == 600
    clock.advance(minutes=119)
    last = expect(refresh_at(stack, auth, got["refresh_token"]), 200).json
    body = claims(last["access_token"])
    assert body["exp"] - body["iat"] == last["expires_in"] <= 60
    assert body["exp"] <= begin.timestamp() + 7201
    twin = expect(refresh_at(stack, auth, got["refresh_token"]), 200).json
    assert claims(twin["access_token"])["exp"] <= begin.timestamp() + 7201
    clock.advance(seconds=61)
    expect(refresh_at(stack, auth, last["refresh_token"]), 401)
    auth.stop()


def test_S5_a_login_whose_session_is_shorter_than_a_token_gets_a_token_as_short(stack, person):
    auth = stack.also("auth", "auth-tiny", MITA_REFRESH_ABSOLUTE_S="30").start()
    got = expect(log_in_at(stack, auth, person), 200).json
    assert got["expires_in"] == claims(got["access_token"])["exp"] - claims(got["access_token"])["iat"] == 30
    auth.stop()


def test_S7_scope_only_shrinks_at_refresh_and_a_login_widens_it(stack, person):
    become = lambda role: stack.cluster.sql("update auth.users set role = %s where id = %s", role, person.id)
    scope = lambda: claims(person.access)["scope"]
    assert scope() == "user"
    become("admin")
    person.refresh()
    assert scope() == "user" and alive(stack, person.access)
    person.login()
    assert scope() == "user admin"
    person.refresh()
    assert scope() == "user admin"
    become("user")
    person.refresh()
    assert scope() == "user"
    become("admin")
    person.refresh()
    assert scope() == "user", "what a session once lost it gets back by a login alone"


def test_S7_a_repeated_refresh_grants_no_more_than_the_first(stack, person):
    stack.cluster.sql("update auth.users set role = 'admin' where id = %s", person.id)
    parent = person.refresh_token
    person.refresh()
    assert claims(expect(refresh(person, parent), 200).json["access_token"])["scope"] == "user"


def test_ended_sessions_and_needless_revocations_are_deleted(stack, clock):
    """By a job, on each of two instances; a living session and a revocation that a token still needs stay."""
    over, idle, living = stack.person(), stack.person(), stack.person()
    over.logout()
    of = lambda p: stack.cluster.sql("select count(*) from auth.sessions where user_id = %s", p.id)[0][0]
    revoked = lambda p: stack.cluster.sql("select count(*) from auth.revocations where id = %s", claims(p.access)["sid"])[0][0]
    assert (of(over), of(living), revoked(over)) == (1, 1, 1)
    with_job = [stack.also("auth", f"auth-job-{n}", MITA_HOUSEKEEPING_MS="200").start() for n in range(2)]
    runs = lambda s: samples(stack.client(s).get("/metrics", internal=True).text)["mita_auth_housekeeping_runs_total"]
    until(lambda: all(runs(s) >= 2 for s in with_job), 10, "two runs of both")
    assert (of(over), of(living), revoked(over)) == (1, 1, 1)
    clock.advance(seconds=600 + 125)
    until(lambda: (of(over), revoked(over)) == (0, 0), 10, "the job")
    assert (of(idle), of(living)) == (1, 1)
    clock.advance(days=6)
    living.refresh()
    clock.advance(days=1, hours=1)
    until(lambda: of(idle) == 0, 10, "the idle session gone")
    assert of(living) == 1 and refresh(living).status == 200
    for service in with_job:
        assert service.stop() == 0


@pytest.mark.parametrize("path", ["/v1/auth/sessions", "/v1/auth/sessions?limit=1", "/v1/auth/events"])
def test_a_list_of_auth_has_a_tag_that_is_good_until_something_changes(stack, person, path):
    person.login()
    seen(person, ("register", "ok"), ("login", "ok"), ("mail_verify_email", "sent"))
    first = expect(person.get(path), 200)
    assert not first.etag.startswith("W/")
    same = expect(person.get(path, headers={"If-None-Match": first.etag}), 304)
    assert (same.etag, same.body) == (first.etag, b"")
    person.login("phone")
    now = until(lambda: (lambda a: a if a.status == 200 else None)(person.get(path, headers={"If-None-Match": first.etag})), 5, "another list")
    assert now.etag != first.etag and now.body != first.body
