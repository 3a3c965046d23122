"""A2: each auth event leaves a trace that its person sees, that nobody changes, that holds no secret, and that nobody waits for."""
import psycopg2
import pytest

from mita.client import Client, canaries, expect
from mita.metrics import samples
from mita.waiting import until
from test_auth import login, refresh
from test_recovery import change, forgot_letter, fresh_password, proof, reset, verify


def events(person, **more):
    return expect(person.get("/v1/auth/events?limit=500", **more), 200).json["data"]


def seen(person, *wanted):
    """Waits until these (action, result) are there, the oldest first."""
    return until(lambda: [e for e in wanted if e in [(x["action"], x["result"]) for x in events(person)]] == list(wanted) and events(person), 10, str(wanted))


def test_A2_a_person_sees_what_was_done_with_the_account(stack, person, clock):
    expect(login(person, password="canary wrong one"), 401)
    expect(login(person), 200, None)
    expect(verify(stack, proof(stack, person).token), 204)
    password = fresh_password()
    expect(change(person, "canary wrong one", password), 401)
    expect(change(person, person.password, password), 204)
    found = seen(person, ("register", "ok"), ("login", "refused"), ("login", "ok"), ("email_verify", "ok"), ("password", "refused"), ("password_change", "ok"),
                 ("mail_verify_email", "sent"))
    assert [x["id"] for x in found] == sorted((x["id"] for x in found), reverse=True)
    changed = next(x for x in found if x["action"] == "password_change")
    refused = next(x for x in found if (x["action"], x["result"]) == ("login", "refused"))
    assert changed["own"] is True and refused["own"] is False and refused["ip"] == "127.0.0.1" and refused["service"] == "auth"


def test_A2_reuse_reset_and_ended_sessions_leave_a_trace(stack, person, clock):
    first = person.refresh_token
    person.refresh()
    clock.advance(seconds=11)
    expect(refresh(person, first), 401)
    password = fresh_password()
    expect(reset(stack, forgot_letter(stack, person).token, password), 204)
    person.password = password
    person.login()
    expect(person.post("/v1/auth/logout_all"), 204)
    person.login()
    seen(person, ("refresh", "reused"), ("mail_reset_password", "sent"), ("password_reset", "ok"), ("logout_all", "ok"))


def test_A2_pages_lead_through_all_events_once_and_anothers_cursor_is_refused(stack, person):
    for _ in range(7):
        person.login()
    until(lambda: len([e for e in events(person) if e["action"] == "login"]) == 7, 10, "the logins")
    whole, pages, cursor = events(person), [], ""
    while True:
        answer = expect(person.get(f"/v1/auth/events?limit=3{cursor}"), 200)
        pages += answer.json["data"]
        if answer.json["next_cursor"] is None:
            assert answer.header("Link") is None
            break
        cursor = f"&cursor={answer.json['next_cursor']}"
        assert answer.json["next_cursor"] in answer.header("Link")
    assert pages == whole
    other = stack.person()
    expect(other.get(f"/v1/auth/events?limit=3{cursor}"), 400, "invalid_cursor")
    expect(person.get("/v1/auth/events?limit=0", valid=False), 422)
    expect(person.get("/v1/auth/events?user_id=1", valid=False), 400, "unknown_parameter")
    expect(person.client.get("/v1/auth/events", token=None), 401, "unauthorized")


def test_A2_nobody_sees_anothers_events(stack, person):
    other = stack.person()
    expect(login(other, password="canary wrong one"), 401)
    seen(other, ("login", "refused"))
    assert {e["action"] for e in events(person)} <= {"register", "mail_verify_email"}


@pytest.mark.parametrize("sql", ["update auth.audit_events set result = 'ok' where subject = %s", "update auth.audit_events set subject = null where subject = %s",
                                 "delete from auth.audit_events where subject = %s",
                                 "set mita.audit = 'prune'; update auth.audit_events set result = 'ok' where subject = %s"])
def test_A2_the_trail_is_append_only_for_the_service_and_the_owner(stack, person, sql):
    seen(person, ("register", "ok"), ("mail_verify_email", "sent"))
    before = events(person)
    with psycopg2.connect(stack.cluster.url("auth")) as c, pytest.raises(psycopg2.errors.InsufficientPrivilege):
        c.cursor().execute("set mita.audit = 'prune'; delete from auth.audit_events where subject = %s", (person.id,))
    c.close()
    for url in (stack.cluster.url("auth"), stack.cluster.url()):
        with psycopg2.connect(url) as c, pytest.raises(psycopg2.errors.InsufficientPrivilege):
            c.cursor().execute(sql, (person.id,))
        c.close()
    assert events(person) == before


def test_A2_the_last_thirty_days_stay_whatever_is_asked_for(stack, person):
    seen(person, ("register", "ok"))
    newest = "select count(*) from auth.audit_events where at > (select max(at) from auth.audit_events) - interval '30 days'"
    before = stack.cluster.sql(newest)[0][0]
    with psycopg2.connect(stack.cluster.url("auth")) as c:
        c.cursor().execute("select auth.prune_audit('infinity', 1000000)")
    c.close()
    assert before > 0 and stack.cluster.sql(newest)[0][0] >= before


def test_A2_the_trail_holds_no_secret_and_no_address(stack, person):
    letter, password = forgot_letter(stack, person), fresh_password()
    expect(login(person, email="unknown." + person.email), 401)
    expect(reset(stack, letter.token, password), 204)
    person.password = password
    person.login()
    seen(person, ("password_reset", "ok"))
    text = "\n".join(row for (row,) in stack.cluster.sql("select row_to_json(e)::text from auth.audit_events e"))
    assert not [c for c in canaries if len(c) >= 8 and c in text]


def test_A2_events_noted_while_the_database_is_away_are_written_when_it_is_back_and_at_the_end(stack, person):
    auth = stack.also("auth", "auth-trail").start()
    client = Client(auth, stack.contract, person.access)
    expect(client.post("/v1/auth/login", {"email": person.email, "password": person.password}, token=None), 200)
    assert auth.stop() == 0  # at once: what was noted is written before the process ends
    assert [e for e in events(person) if (e["action"], e["result"]) == ("login", "ok")]


def test_A2_old_events_go_after_the_days_of_the_setting(stack, person, clock):
    seen(person, ("register", "ok"), ("mail_verify_email", "sent"))
    clock.advance(days=40)
    person.login()  # the trail goes on: what is old is old beside it
    until(lambda: stack.cluster.sql("select count(*) from auth.audit_events where subject = %s and action = 'login'", person.id) == [(1,)], 10, "the login's event")
    sweeper = stack.also("auth", "auth-trail-sweeps", MITA_AUDIT_DAYS="31", MITA_HOUSEKEEPING_MS="100").start()
    until(lambda: stack.cluster.sql("select count(*) from auth.audit_events where subject = %s", person.id) == [(1,)], 10, "old events to go")
    assert samples(Client(sweeper, stack.contract).get("/metrics", internal=True).text)["mita_auth_audit_waiting"] == 0
    sweeper.stop()
