"""`mita-auth users …`: an operator closes and opens accounts, ends sessions, gives roles; at once everywhere, seen in the trail. A1, A4, S6, S7."""
import json
import os
import subprocess
from concurrent.futures import ThreadPoolExecutor

import pytest

from mita.client import canaries, expect
from mita.cluster import Cluster
from mita.service import ROOT
from mita.waiting import until
from test_auth import alive, claims, dead_everywhere, login, refresh
from test_events import seen


def dead_soon(stack, token):
    """A command writes and ends; auth hears of it by a hint at once or, where the hint is lost, by the next second's look."""
    until(lambda: stack.client(stack.auth, token).get("/v1/auth/me").status == 401, 3, "auth to hear of it")
    dead_everywhere(stack, token, seconds=3)


@pytest.fixture
def users(stack):
    def run(*words, status=0):
        return stack.operate("auth", "users", *words, status=status)
    return run


def test_A1_a_closed_account_is_signed_out_everywhere_and_stays_out_until_it_is_opened(stack, person, users):
    other = expect(login(person), 200).json
    canaries.update({other["access_token"], other["refresh_token"]})
    assert "done: disable" in users("disable", person.email.upper())
    for token in (person.access, other["access_token"]):
        dead_soon(stack, token)
    expect(refresh(person), 401)
    wrong, closed = expect(login(person, password="canary wrong one"), 401), expect(login(person), 401, "invalid_credentials")
    assert {k: v for k, v in wrong.json.items() if k != "request_id"} == {k: v for k, v in closed.json.items() if k != "request_id"}
    assert "already" in users("disable", person.id)
    assert "done: enable" in users("enable", person.id)
    expect(refresh(person), 401)  # what ended stays ended
    person.login()
    seen(person, ("disable", "operator"), ("enable", "operator"))


def test_S6_logins_beside_a_closing_leave_no_session(stack, person, users):
    with ThreadPoolExecutor(9) as pool:
        jobs = [pool.submit(login, person) for _ in range(24)]
        users("disable", person.id)
        answers = [job.result() for job in jobs]
    assert {a.status for a in answers} <= {200, 401, 503, 429}
    for answer in answers:
        if answer.status == 200:
            canaries.update({answer.json["access_token"], answer.json["refresh_token"]})
            until(lambda a=answer: not alive(stack, a.json["access_token"]), 3, "the token to be dead")
    assert stack.cluster.sql("select id from auth.sessions where user_id = %s and revoked_at is null", person.id) == []


def test_S7_a_role_is_in_the_tokens_of_the_next_login_and_none_of_before_is_good(stack, person, users):
    assert "done: role_admin" in users("role", person.email, "admin")
    dead_soon(stack, person.access)
    person.login()
    assert claims(person.access)["scope"] == "user admin"
    users("role", person.id, "user")
    dead_soon(stack, person.access)
    person.login()
    assert claims(person.access)["scope"] == "user"
    users("role", person.id, "owner", status=2)


def test_sessions_are_ended_and_the_account_goes_on(stack, person, users):
    assert "all sessions ended" in users("end-sessions", person.id)
    dead_soon(stack, person.access)
    person.login()
    seen(person, ("sessions_end", "operator"))


def test_accounts_are_found_by_a_part_of_their_address_without_what_is_secret(stack, person, users):
    local = person.email.split("@")[0]
    found = [json.loads(line) for line in users("list", local).splitlines()]
    assert person.id in [u["id"] for u in found] and all("password" not in key for u in found for key in u)
    assert len(users("list", "--limit", "2").splitlines()) == 2
    assert users("list", "nobody%' or true --") == ""
    for word in ("disable", "enable", "end-sessions", "events"):
        assert "no such account" in users(word, "nobody@example.org", status=1)


def test_what_was_done_by_an_account_and_to_it_is_told_the_newest_first(stack, person, users):
    users("end-sessions", person.id)
    person.login()
    seen(person, ("sessions_end", "operator"), ("login", "ok"))
    told = [json.loads(line) for line in users("events", person.email).splitlines()]
    assert {("sessions_end", "operator"), ("login", "ok")} <= {(e["action"], e["result"]) for e in told}
    assert [e["at"] for e in told] == sorted((e["at"] for e in told), reverse=True)
    assert len(users("events", person.id, "--limit", "1").splitlines()) == 1


def test_A4_a_new_database_has_no_account_and_no_key(stack):
    cluster = Cluster()
    try:
        settings = {k: v for k, v in os.environ.items() if not k.startswith("MITA_")} | stack.environment("auth")
        settings |= {"DATABASE_URL": cluster.url(), "MITA_AUTH_DATABASE_URL": cluster.url("auth")}
        done = subprocess.run([str(ROOT / "build" / stack.preset / "bin/mita-auth"), "migrate"], env=settings, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        assert cluster.sql("select (select count(*) from auth.users), (select count(*) from auth.signing_keys)") == [(0, 0)]
    finally:
        cluster.close()
