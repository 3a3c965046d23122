"""A deleted account: dead at once everywhere, erased here and at finance whoever crashes when, its address free; and the export of what was known. A3, A2, L3, P7."""
import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from mita.client import Client, canaries, expect
from mita.waiting import until
from test_auth import alive, dead_everywhere, login, refresh
from test_events import seen
from test_recovery import forgot, proof, verify


def delete(person, password=None, service=None, **more):
    client = Client(service, person.stack.contract, person.access) if service else person.client
    return client.request("DELETE", "/v1/auth/me", {"password": password or person.password}, **more)


def tables(stack, schema):
    return [t for t, in stack.cluster.sql("select table_name from information_schema.columns join information_schema.tables using (table_schema, table_name)"
                                          " where table_schema = %s and column_name = 'user_id' and table_type = 'BASE TABLE'", schema)]


def left(stack, person, *but):
    """{table: rows} of what is kept of the person in either schema."""
    return {f"{schema}.{t}": n for schema in ("auth", "finance") for t in tables(stack, schema) if f"{schema}.{t}" not in but
            for ((n,),) in [stack.cluster.sql(f"select count(*) from {schema}.{t} where user_id = %s", person.id)] if n}


def erased(stack, person, seconds=10):
    until(lambda: not left(stack, person, "auth.erasures", "auth.mails"), seconds, "everything to be erased")


@pytest.fixture(scope="module")
def twin(running):
    """Another instance of auth."""
    service = running.also("auth", "auth-deletion-twin").start()
    yield service
    service.stop()


def test_A3_a_deleted_account_is_dead_at_once_everywhere_and_nothing_of_it_is_left(stack, saver):
    other = expect(login(saver), 200).json
    canaries.update({other["access_token"], other["refresh_token"]})
    saver.spend(1250)
    expect(delete(saver), 204)
    for token in (saver.access, other["access_token"]):
        dead_everywhere(stack, token)
    expect(refresh(saver), 401)
    expect(refresh(saver, other["refresh_token"]), 401)
    expect(login(saver), 401, "invalid_credentials")
    erased(stack, saver)
    assert stack.cluster.sql("select count(*) from auth.users where id = %s or email_norm = %s", saver.id, saver.email) == [(0,)]


def test_A3_a_deleted_account_answers_as_one_that_never_was(stack, person):
    expect(delete(person), 204)
    was, never = expect(login(person), 401), expect(login(person, email="never." + person.email), 401)
    assert {k: v for k, v in was.json.items() if k != "request_id"} == {k: v for k, v in never.json.items() if k != "request_id"}
    before = len(stack.mailbox.letters(person.email))
    forgot(stack, person.email)
    until(lambda: stack.cluster.sql("select count(*) from auth.mails")[0][0] == 0, 10, "the queue to be worked off")
    assert [x for x in stack.mailbox.letters(person.email)[before:] if "/reset-password" in x.text] == []


def test_A3_the_address_can_register_anew_and_has_nothing_of_before(stack, saver):
    saver.spend(700)
    expect(delete(saver), 204)
    answer = expect(saver.client.post("/v1/auth/register", {"email": saver.email, "password": saver.password}, token=None), 201).json
    canaries.update({answer["access_token"], answer["refresh_token"]})
    assert answer["user"]["id"] != saver.id
    anew = Client(stack.gateway, stack.contract, answer["access_token"])
    assert expect(anew.get("/v1/transactions"), 200).json["data"] == [] and expect(anew.get("/v1/me"), 200).json["onboarded"] is False
    erased(stack, saver)
    assert expect(anew.get("/v1/auth/me"), 200).json["email"] == saver.email


def test_A3_it_needs_the_password_and_a_recent_login(stack, person, clock):
    expect(delete(person, "canary wrong one"), 401, "invalid_credentials")
    for body in ({}, {"password": ""}, {"password": person.password, "now": True}):
        expect(person.client.request("DELETE", "/v1/auth/me", body, valid=False), 422, "validation_failed")
    expect(person.client.request("DELETE", "/v1/auth/me", valid=False), 400, "empty_body")
    expect(Client(stack.gateway, stack.contract).request("DELETE", "/v1/auth/me", {"password": person.password}), 401, "unauthorized")
    clock.advance(minutes=16)
    person.refresh()
    expect(delete(person), 401, "recent_login_required")
    assert alive(stack, person.access)
    person.login()
    expect(delete(person), 204)


def test_L3_guesses_at_the_password_by_deleting_are_slowed_as_logins_are(stack, person):
    statuses = [delete(person, "canary wrong one").status for _ in range(8)]
    assert statuses == [401] * 5 + [429] * 3
    assert alive(stack, person.access)


def test_A3_one_of_many_deletions_at_once_does_it_on_two_instances(stack, person, twin):
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda service: delete(person, service=service), (stack.auth, twin) * 3))
    assert [a.status for a in answers].count(204) == 1 and {a.status for a in answers} <= {204, 401}
    erased(stack, person)


def test_A3_logins_beside_a_deletion_leave_no_session(stack, person, twin):
    enter = lambda service: stack.client(service).post("/v1/auth/login", {"email": person.email, "password": person.password})
    with ThreadPoolExecutor(9) as pool:
        jobs = [pool.submit(enter, service) for service in (stack.auth, twin) * 8]
        expect(delete(person), 204)
        answers = [job.result() for job in jobs]
    for answer in answers:
        if answer.status == 200:
            canaries.update({answer.json["access_token"], answer.json["refresh_token"]})
            until(lambda a=answer: not alive(stack, a.json["access_token"]), 3, "the token to be dead")
    assert stack.cluster.sql("select count(*) from auth.sessions where user_id = %s", person.id) == [(0,)]


def test_A3_links_of_before_lead_nowhere(stack, person):
    letter = proof(stack, person)
    expect(delete(person), 204)
    expect(verify(stack, letter.token), 422, "invalid_token")


def test_A3_a_mail_tells_of_it_and_mails_that_waited_are_not_sent(stack, person):
    expect(delete(person), 204)
    told = stack.mailbox.next(person.email, where=lambda x: "deleted" in x.subject)
    assert told.token is None
    until(lambda: stack.cluster.sql("select count(*) from auth.mails where user_id = %s or recipient = %s", person.id, person.email) == [(0,)], 10, "the address to be gone")


# -- whoever crashes when
def test_A3_finance_away_is_waited_for_and_erased_when_it_is_back(stack, saver, clock):
    saver.spend(900)
    stack.finance.kill()
    expect(delete(saver), 204)
    expect(login(saver), 401)
    until(lambda: stack.cluster.sql("select tries from auth.erasures where user_id = %s", saver.id)[0][0] > 0, 10, "a try")
    assert left(stack, saver, "auth.erasures", "auth.mails")
    stack.heal()
    clock.advance(hours=1)  # the pause between two tries
    erased(stack, saver)


def test_A3_auth_killed_in_the_midst_goes_on_after_its_start(stack, saver, clock):
    saver.spend(900)
    stack.finance.kill()
    expect(delete(saver), 204)
    stack.auth.kill()
    stack.heal()
    clock.advance(hours=1)
    erased(stack, saver)


def test_A3_another_instance_goes_on_where_one_died(stack, saver, twin, clock):
    stack.finance.kill()
    expect(delete(saver), 204)
    stack.auth.kill()
    stack.finance.start(wait_ready=False)  # without auth it is not ready, and erases
    clock.advance(hours=1)
    erased(stack, saver)  # by the twin
    stack.heal()


def test_A3_many_rows_are_erased_step_by_step(stack, saver):
    stack.cluster.sql("insert into finance.transactions (user_id, id, booked_on, amount, currency, created_at, updated_at)"
                      " select %s, gen_random_uuid(), '2026-04-01', 0, 'EUR', now(), now() from generate_series(1, 5000) returning 1", saver.id)
    expect(delete(saver), 204)
    erased(stack, saver, 30)


def test_A3_what_a_late_token_made_at_finance_goes_too(stack, saver, clock):
    """The second call comes when no token of the person can be taken any more."""
    expect(delete(saver), 204)
    erased(stack, saver)
    until(lambda: stack.cluster.sql("select passes from auth.erasures where user_id = %s", saver.id) == [(1,)], 10, "the first call to be noted")
    stack.cluster.sql("insert into finance.users (user_id, timezone, currency, locale, region, settings, created_at, updated_at)"
                      " values (%s, 'UTC', 'EUR', 'en', '', '{}', now(), now()) returning 1", saver.id)
    clock.advance(minutes=13)
    erased(stack, saver)
    until(lambda: stack.cluster.sql("select count(*) from auth.erasures where user_id = %s", saver.id) == [(0,)], 10, "nothing to be left to do")


# -- the trail
def test_A2_the_trail_keeps_what_happened_and_forgets_from_where(stack, person):
    seen(person, ("register", "ok"))
    expect(delete(person), 204)
    rows = lambda: stack.cluster.sql("select action, result, ip, user_agent from auth.audit_events where subject = %s", person.id)
    until(lambda: ("account_delete", "ok", "", "") in rows(), 10, "the deletion in the trail")
    until(lambda: {(ip, agent) for _, _, ip, agent in rows()} == {("", "")}, 10, "where it came from to be forgotten")
    assert {"register", "account_delete"} <= {action for action, *_ in rows()}


# -- the export
def test_A3_the_export_holds_what_is_known_and_no_secret(stack, person, clock):
    expect(login(person, password="canary wrong one"), 401)
    person.login("phone")
    found = seen(person, ("register", "ok"), ("login", "refused"), ("login", "ok"), ("mail_verify_email", "sent"))
    out = expect(person.get("/v1/auth/export"), 200).json
    me = expect(person.get("/v1/auth/me"), 200).json
    assert {k: out["user"][k] for k in ("id", "email", "display_name", "email_verified", "created_at")} == {k: me[k] for k in ("id", "email", "display_name", "email_verified", "created_at")}
    assert {s["device"] for s in out["sessions"]} >= {"phone"} and len(out["sessions"]) == 2 and out["events_complete"] is True
    listed = {s["id"]: s for s in expect(person.get("/v1/auth/sessions"), 200).json["data"]}
    for s in out["sessions"]:
        assert (s["created_at"], s["ip"]) == (listed[s["id"]]["created_at"], listed[s["id"]]["ip"]) and s["ended_at"] is None
    assert out["events"] == found
    assert [x["purpose"] for x in out["links"]] == ["verify_email"] and out["waiting_mails"] == []
    text = json.dumps(out)
    hash_, = stack.cluster.sql("select password_hash from auth.users where id = %s", person.id)[0]
    assert hash_ not in text and "$2b$" not in text and person.access not in text and person.refresh_token not in text


def test_A3_every_table_of_the_account_is_in_the_export(stack):
    """A table that a later version adds is exported, or is named here with its reason."""
    reasons = {"erasures": "of people who are gone"}
    shown = {"users", "sessions", "known_networks", "one_time_tokens", "mails", "totp_secrets", "recovery_codes", "passkeys"}
    assert set(tables(stack, "auth")) - set(reasons) <= shown


def test_A3_the_export_is_ones_own_and_needs_a_recent_login(stack, person, clock):
    expect(stack.client().get("/v1/auth/export"), 401, "unauthorized")
    clock.advance(minutes=16)
    person.refresh()
    expect(person.get("/v1/auth/export"), 401, "recent_login_required")
