"""/v1/admin: administrators close and open accounts, end sessions, give roles, have passwords chosen anew; at once everywhere, seen in the trail. A1, A2, C3, P7."""
import secrets
from concurrent.futures import ThreadPoolExecutor

import pytest

from mita.client import Client, canaries, expect
from mita.people import uuid7
from mita.service import ROOT
from mita.waiting import until
from test_auth import alive, claims, dead_everywhere, login, refresh
from test_events import events, seen
from test_recovery import fresh_password, reset

ACTS = ("disable", "enable", "end_sessions", "require_reset")


@pytest.fixture
def admin(stack):
    someone = stack.person(display_name="Administrator")
    stack.operate("auth", "users", "role", someone.id, "admin")
    until(lambda: stack.client(stack.auth, someone.access).get("/v1/auth/me").status == 401, 3, "auth to hear of the role")
    someone.login()
    return someone


@pytest.fixture(scope="module")
def twin(running):
    """Another instance of auth."""
    service = running.also("auth", "auth-admin-twin").start()
    yield service
    service.stop()


def act(admin, person, what, service=None, **more):
    client = Client(service, admin.stack.contract, admin.access) if service else admin.client
    return client.post(f"/v1/admin/users/{getattr(person, 'id', person)}:{what}", **more)


def calls(person):
    at = f"/v1/admin/users/{person.id}"
    return [("GET", "/v1/admin/users", None), ("GET", at, None), ("GET", at + "/events", None), *(("POST", f"{at}:{what}", None) for what in ACTS),
            ("POST", at + ":set_role", {"role": "admin"})]


def test_A1_nobody_but_an_administrator_may_do_any_of_it(stack, person):
    other = stack.person()
    for method, path, body in calls(other):
        for service in (stack.gateway, stack.auth):
            expect(Client(service, stack.contract, person.access).request(method, path, body), 403, "forbidden")
            expect(Client(service, stack.contract).request(method, path, body), 401, "unauthorized")
    assert alive(stack, other.access) and claims(other.login()["access_token"])["scope"] == "user"


def test_A1_a_login_of_long_ago_is_not_enough(stack, admin, person, clock):
    clock.advance(minutes=16)
    admin.refresh()
    for method, path, body in calls(person):
        expect(admin.client.request(method, path, body), 401, "recent_login_required")
    admin.login()
    expect(admin.get("/v1/admin/users?limit=1"), 200)


def test_A1_a_closed_account_is_signed_out_everywhere_and_stays_out_until_it_is_opened(stack, admin, person, twin):
    other = expect(login(person), 200).json
    canaries.update({other["access_token"], other["refresh_token"]})
    expect(act(admin, person, "disable"), 204)
    for token in (person.access, other["access_token"]):
        dead_everywhere(stack, token)
    expect(refresh(person), 401)
    expect(login(person), 401, "invalid_credentials")
    expect(act(admin, person, "disable", twin), 204)  # it is so already
    assert expect(admin.get(f"/v1/admin/users/{person.id}"), 200).json["status"] == "disabled"
    expect(act(admin, person, "enable", twin), 204)
    expect(refresh(person), 401)  # what ended stays ended
    person.login()
    found = seen(person, ("disable", "ok"), ("enable", "ok"))
    assert [x["own"] for x in found if x["action"] in ("disable", "enable")] == [False, False]
    told = expect(admin.get(f"/v1/admin/users/{person.id}/events?limit=500"), 200).json["data"]
    assert [x["actor"] for x in told if x["action"] in ("disable", "enable")] == [admin.id] * 2
    assert len([x for x in told if x["action"] == "disable"]) == 1  # what changed nothing is no event


def test_A1_ended_sessions_are_dead_and_the_account_goes_on(stack, admin, person):
    expect(act(admin, person, "end_sessions"), 204)
    dead_everywhere(stack, person.access)
    expect(refresh(person), 401)
    person.login()
    seen(person, ("sessions_end", "ok"))


def test_A1_whose_password_is_to_be_chosen_anew_gets_a_mail_and_the_old_one_opens_nothing(stack, admin, person):
    before = len(stack.mailbox.letters(person.email))
    expect(act(admin, person, "require_reset"), 204)
    dead_everywhere(stack, person.access)
    wrong, old = expect(login(person, password="canary wrong one"), 401), expect(login(person), 401, "invalid_credentials")
    assert {k: v for k, v in wrong.json.items() if k != "request_id"} == {k: v for k, v in old.json.items() if k != "request_id"}
    password, letter = fresh_password(), stack.mailbox.next(person.email, before, where=lambda x: "/reset-password" in x.text)
    expect(reset(stack, letter.token, password), 204)
    person.password = password
    person.login()
    seen(person, ("reset_required", "ok"), ("password_reset", "ok"))


def test_A1_where_no_mail_is_sent_nobody_is_locked_out(stack, admin, person):
    service = stack.also("auth", "auth-no-mail", MITA_MAIL_URL="").start()
    expect(act(admin, person, "require_reset", service), 409, "mail_off")
    service.stop()
    person.login()


def test_A1_a_role_is_in_the_tokens_of_the_next_login_and_none_of_before_is_good(stack, admin, person):
    expect(act(admin, person, "set_role", json={"role": "admin"}), 204)
    dead_everywhere(stack, person.access)
    person.login()
    assert claims(person.access)["scope"] == "user admin"
    expect(person.get("/v1/admin/users?limit=1"), 200)
    expect(act(admin, person, "set_role", json={"role": "user"}), 204)
    dead_everywhere(stack, person.access)
    person.login()
    expect(person.get("/v1/admin/users?limit=1"), 403, "forbidden")


def test_A1_nobody_closes_or_lowers_their_own_account(admin):
    for what, body in (("disable", None), ("require_reset", None), ("set_role", {"role": "user"})):
        expect(act(admin, admin, what, json=body), 409, "own_account")
    assert alive(admin.stack, admin.access)
    expect(act(admin, admin, "end_sessions"), 204)  # as logging out everywhere
    dead_everywhere(admin.stack, admin.access)


def test_A1_no_call_sets_a_password_an_address_or_becomes_somebody_else(stack, admin, person):
    for body in ({"password": "canary new one"}, {"email": "x@example.org"}, {"email_verified": True}):
        for what in ACTS:
            answer = expect(act(admin, person, what, json=body, valid=False), 422, "validation_failed")
            assert set(answer.findings().values()) == {"unknown_field"}
        expect(act(admin, person, "set_role", json={"role": "user"} | body, valid=False), 422)
    for what in ("impersonate", "token", "set_password"):
        expect(act(admin, person, what, valid=False), 404, "not_found")
    assert alive(stack, person.access)


@pytest.mark.parametrize("body", [{}, {"role": "owner"}, {"role": None}, {"role": ["admin"]}, {"role": "admin", "status": "active"}])
def test_a_role_that_is_none_is_422(admin, person, body):
    expect(act(admin, person, "set_role", json=body, valid=False), 422, "validation_failed")


def test_who_is_not_there_is_404(stack, admin):
    for nobody in (uuid7(stack.clock), "nobody"):
        expect(admin.get(f"/v1/admin/users/{nobody}", valid=False), 404, "not_found")
        for what in ACTS:
            expect(act(admin, nobody, what, valid=False), 404, "not_found")
    expect(act(admin, uuid7(stack.clock), "set_role", json={"role": "user"}), 404, "not_found")


def test_C3_a_closing_beside_logins_on_two_instances_leaves_no_session(stack, admin, person, twin):
    enter = lambda service: stack.client(service).post("/v1/auth/login", {"email": person.email, "password": person.password})
    with ThreadPoolExecutor(9) as pool:
        jobs = [pool.submit(enter, service) for service in (stack.auth, twin) * 10]
        expect(act(admin, person, "disable"), 204)
        answers = [job.result() for job in jobs]
    for answer in answers:
        if answer.status == 200:
            canaries.update({answer.json["access_token"], answer.json["refresh_token"]})
    assert {a.status for a in answers} <= {200, 401, 429, 503}
    assert stack.cluster.sql("select id from auth.sessions where user_id = %s and revoked_at is null", person.id) == []


def test_A1_two_changes_at_once_keep_both(stack, admin, person, twin):
    """A role and a closing named at the same time: neither writes back what it read of the other."""
    for _ in range(5):
        with ThreadPoolExecutor(2) as pool:
            role = pool.submit(act, admin, person, "set_role", twin, json={"role": "admin"})
            shut = pool.submit(act, admin, person, "disable")
            expect(role.result(), 204)
            expect(shut.result(), 204)
        now = expect(admin.get(f"/v1/admin/users/{person.id}"), 200).json
        assert (now["role"], now["status"]) == ("admin", "disabled")
        expect(act(admin, person, "set_role", json={"role": "user"}), 204)
        expect(act(admin, person, "enable"), 204)


# -- finding people
def found(admin, query):
    return expect(admin.get(f"/v1/admin/users?{query}"), 200).json


def test_people_are_found_by_a_part_of_address_or_name_by_status_and_by_role(stack, admin, person):
    mark = secrets.token_hex(5)
    other = stack.person(display_name=f"Żółw {mark}")
    assert [u["id"] for u in found(admin, f"q={mark.upper()}")["data"]] == [other.id]
    assert [u["id"] for u in found(admin, f"q=%C5%BC%C3%B3%C5%82w%20{mark}")["data"]] == [other.id]
    assert person.id in [u["id"] for u in found(admin, f"q={person.email.upper().replace('@', '%40')}")["data"]]
    assert admin.id in [u["id"] for u in found(admin, "role=admin&limit=500")["data"]] and {u["role"] for u in found(admin, "role=admin")["data"]} == {"admin"}
    expect(act(admin, other, "disable"), 204)
    assert [u["id"] for u in found(admin, f"q={mark}&status=disabled")["data"]] == [other.id]
    assert found(admin, f"q={mark}&status=active") == {"data": [], "next_cursor": None}
    assert found(admin, "q=%25%27%20or%20true%20--")["data"] == []
    odd = stack.person(display_name=f"50%_off\\{mark}")
    for part in ("0%25_of", f"f%5C{mark}", f"%5C{mark}"):
        assert [u["id"] for u in found(admin, f"q={part}")["data"]] == [odd.id], part
    assert found(admin, f"q=_________{mark}")["data"] == []  # a wildcard stands for itself


def test_a_part_is_found_by_an_index_among_many_and_without_one_where_the_database_has_no_trigrams(stack, admin, person):
    """The index is used as soon as a table is worth it; a database without pg_trgm is migrated all the same and reads the table."""
    plan = stack.cluster.sql("set enable_seqscan = off; set enable_indexscan = off; explain select id from auth.users where (email_norm like auth.part_pattern(%s)"
                             " or lower(display_name) like auth.part_pattern(%s)) order by id desc limit 51", person.email[3:12], person.email[3:12])
    text = "\n".join(line for line, in plan)
    assert "users_by_part_of_address" in text and "users_by_part_of_name" in text, text
    stack.cluster.sql("drop index auth.users_by_part_of_address, auth.users_by_part_of_name")
    try:
        assert person.id in [u["id"] for u in found(admin, f"q={person.email[3:].replace('@', '%40')}")["data"]]
    finally:
        migration = (ROOT / "services/auth/schema/026_bounds_kinds_and_search.sql").read_text()
        stack.cluster.sql("set search_path to auth, public; " + migration[migration.index("do $$"):].replace("%", "%%"))


def test_pages_lead_through_everybody_once_and_cursors_are_bound(stack, admin):
    mark = secrets.token_hex(5)
    made = [stack.person(display_name=f"page {mark}").id for _ in range(5)]
    ids, cursor = [], ""
    while True:
        answer = expect(admin.get(f"/v1/admin/users?limit=2&q={mark}{cursor}"), 200)
        ids += [u["id"] for u in answer.json["data"]]
        if answer.json["next_cursor"] is None:
            assert answer.header("Link") is None
            break
        cursor = f"&cursor={answer.json['next_cursor']}"
        assert answer.json["next_cursor"] in answer.header("Link") and mark in answer.header("Link")
    assert ids == made[::-1]
    expect(admin.get(f"/v1/admin/users?limit=2&q=other{cursor}"), 400, "invalid_cursor")
    expect(admin.get(f"/v1/auth/events?limit=2{cursor}"), 400, "invalid_cursor")


@pytest.mark.parametrize("query, status, code", [("limit=0", 422, "invalid_parameter"), ("status=closed", 422, "invalid_parameter"), ("role=owner", 422, "invalid_parameter"),
                                                 ("q=" + "x" * 255, 422, "invalid_parameter"), ("page=1", 400, "unknown_parameter"), ("cursor=x", 400, "invalid_cursor")])
def test_a_question_that_is_none_is_refused_precisely(admin, query, status, code):
    expect(admin.get(f"/v1/admin/users?{query}", valid=False), status, code)


def test_A2_the_trail_of_another_is_paged_and_has_no_secret(stack, admin, person):
    for _ in range(4):
        person.login()
    until(lambda: len([e for e in events(person) if e["action"] == "login"]) == 4, 10, "the logins")
    whole = expect(admin.get(f"/v1/admin/users/{person.id}/events?limit=500"), 200).json["data"]
    first = expect(admin.get(f"/v1/admin/users/{person.id}/events?limit=2"), 200)
    rest = expect(admin.get(f"/v1/admin/users/{person.id}/events?limit=500&cursor={first.json['next_cursor']}"), 200).json["data"]
    assert first.json["data"] + rest == whole and f"/v1/admin/users/{person.id}/events" in first.header("Link")
    other = stack.person()
    expect(admin.get(f"/v1/admin/users/{other.id}/events?limit=2&cursor={first.json['next_cursor']}"), 400, "invalid_cursor")
