"""M1 to M5: codes by time and recovery codes, each once, on two instances; a login in two steps that nothing shortens; step-up. S9, S11, L3, P7, P8."""
import json
import secrets
from concurrent.futures import ThreadPoolExecutor

import pytest

from mita.client import canaries, expect
from mita.command import command
from mita.totp import PERIOD, begin, confirm, enrol, first_step, second_step
from mita.waiting import until
from test_auth import alive, claims, dead_everywhere, login, refresh
from test_events import seen
from test_recovery import change, forgot_letter, fresh_password, proof, reset, verify
from test_throttles import at, network

NEVER = "mot_" + "A" * 43


@pytest.fixture(scope="module")
def twin(running):
    service = running.also("auth", "auth-factors").start()
    yield service
    service.stop()


@pytest.fixture
def owner(stack, clock):
    """A person with a code generator: .phone, .codes."""
    person = stack.person()
    person.phone, person.codes = enrol(person)
    return person


def sign_in(person, code=None, service=None):
    """Both steps, by the code of a step that was not used yet."""
    answer = expect(second_step(person.stack, first_step(person, service), code or person.phone.fresh(), service), 200)
    person._signed_in(answer.json)
    return answer


# -- enrolment
def test_M2_enrolling_shows_a_secret_once_and_nothing_changes_before_a_code_of_it(stack, person):
    assert expect(person.get("/v1/auth/mfa"), 200).json == {"totp": False, "passkeys": 0, "recovery_codes_left": 0}
    phone = begin(person)
    assert (phone.kind, phone.label) == ("totp", f"MITA:{person.email}")
    assert {k: phone.query[k] for k in ("issuer", "algorithm", "digits", "period")} == {"issuer": "MITA", "algorithm": "SHA1", "digits": "6", "period": "30"}
    expect(login(person), 200)
    expect(confirm(person, phone.wrong()), 422, "invalid_code")
    expect(login(person), 200)
    codes = expect(confirm(person, phone.code()), 200).json["recovery_codes"]
    canaries.update(codes)
    assert len(set(codes)) == 10
    assert expect(person.get("/v1/auth/mfa"), 200).json == {"totp": True, "passkeys": 0, "recovery_codes_left": 10}
    expect(login(person), 401, "mfa_required")


def test_M2_the_newest_secret_counts_and_is_forgotten_after_an_hour(stack, clock, person):
    old, new = begin(person), begin(person)
    expect(confirm(person, old.code()), 422, "invalid_code")
    clock.advance(minutes=61)
    expect(person.client.post("/v1/auth/refresh", {"refresh_token": person.refresh_token}, token=None), 200)
    person.login()
    expect(confirm(person, new.code()), 404, "not_found")
    expect(confirm(stack.person(), "123456"), 404, "not_found")


def test_M2_a_second_generator_is_refused_while_there_is_one(owner):
    expect(owner.post("/v1/auth/mfa/totp"), 409, "already_exists")
    expect(confirm(owner, owner.phone.fresh()), 409, "already_exists")


def test_M2_two_confirmations_at_once_on_two_instances_are_one(stack, twin, person):
    phone = begin(person)
    code = phone.code()
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda n: confirm(person, code) if n % 2 else stack.client(twin, person.access).post("/v1/auth/mfa/totp/confirm", {"code": code}), range(8)))
    done = [a for a in answers if a.status == 200]
    assert len(done) == 1 and {a.code for a in answers if a.status != 200} == {"already_exists"}
    canaries.update(done[0].json["recovery_codes"])


def test_M2_the_secret_is_sealed_at_rest_and_codes_are_hashed(stack, owner):
    rows = stack.cluster.sql("select encode(sealed, 'escape') from auth.totp_secrets union all select encode(hash, 'escape') from auth.recovery_codes")
    assert len(rows) >= 11
    text = "".join(r[0] for r in rows)
    assert owner.phone.query["secret"] not in text and not any(c in text or c.replace("-", "") in text for c in owner.codes)


def test_M2_sealed_with_another_secret_once_it_is_rotated(stack, request, owner):
    """keys reseal rewrites them as it rewrites signing keys; the code generator works on under the new secret."""
    new = "canary-sealing-" + "k" * 32
    canaries.add(new)
    environment = {k: v for k, v in stack.auth.environment.items() if k.startswith("MITA_")}
    run = lambda **more: command(request.config.getoption("--preset"), "auth", "keys", "reseal", **environment | more)
    before = stack.cluster.sql("select sealed from auth.totp_secrets where user_id = %s", owner.id)[0][0].tobytes()
    done = run(MITA_KEY_SECRET=new, MITA_KEY_SECRET_OLD=stack.secrets["MITA_AUTH_SECRET"])
    try:
        assert done.returncode == 0 and b"code generators: " in done.stdout, done
        assert stack.cluster.sql("select sealed from auth.totp_secrets where user_id = %s", owner.id)[0][0].tobytes() != before
        other = stack.also("auth", "auth-resealed", MITA_KEY_SECRET=new).start()
        expect(second_step(stack, first_step(owner, other), owner.phone.fresh(), other), 200)
        other.stop()
    finally:
        back = run(MITA_KEY_SECRET_OLD=new)
        assert back.returncode == 0, back
    sign_in(owner)


def test_M2_a_secret_that_does_not_open_refuses_codes_as_503_and_doctor_and_health_name_it(stack, owner, request):
    """MITA_KEY_SECRET was changed and nothing sealed anew: recovery codes work on, and so does all else once the former secret is given."""
    sealed, = stack.cluster.sql("select sealed from auth.totp_secrets where user_id = %s", owner.id)[0]
    twin = stack.also("auth", f"auth-closed-{secrets.token_hex(3)}").start()
    told = lambda: {d["reason"] for d in stack.client(twin).get("/health", internal=True).json["degradation"]}
    assert "second_factors_sealed_otherwise" not in told()
    stack.cluster.sql("update auth.totp_secrets set sealed = sealed || '\\x00' where user_id = %s", owner.id)
    try:
        token = first_step(owner, twin)
        for _ in range(2):
            answer = expect(second_step(stack, token, owner.phone.code(1), twin), 503, "second_factor_unavailable")
            assert int(answer.header("Retry-After")) > 0
        until(lambda: "second_factors_sealed_otherwise" in told(), 20 * twin.slow, "health to name it")
        said = stack.operate("auth", "doctor", status=1)
        assert "FAIL  code generators: 1 of " in said and "MITA_KEY_SECRET_OLD" in said
        expect(second_step(stack, token, owner.codes.pop(), twin), 200)
    finally:
        stack.cluster.sql("update auth.totp_secrets set sealed = %s where user_id = %s", bytes(sealed), owner.id)
    until(lambda: "second_factors_sealed_otherwise" not in told(), 20 * twin.slow, "health to forget it")
    expect(second_step(stack, first_step(owner, twin), owner.phone.fresh(), twin), 200)
    twin.stop()


# -- the login in two steps
def test_M5_a_right_password_gives_a_question_and_no_session(stack, owner):
    sessions = len(expect(owner.get("/v1/auth/sessions"), 200).json["data"])
    answer = expect(login(owner), 401, "mfa_required")
    assert answer.json["methods"] == ["totp", "recovery_code"] and answer.json["expires_in"] == 300
    assert "access_token" not in answer.json and "user" not in answer.json
    assert len(expect(owner.get("/v1/auth/sessions"), 200).json["data"]) == sessions
    owner_in = expect(second_step(stack, answer.json["mfa_token"], owner.phone.fresh()), 200).json
    assert owner_in["user"]["id"] == owner.id and claims(owner_in["access_token"])["amr"] == ["pwd", "otp", "mfa"]
    assert alive(stack, owner_in["access_token"])


def test_M5_amr_and_auth_time_live_on_through_refreshes_on_either_instance(stack, twin, clock, owner):
    sign_in(owner)
    first = claims(owner.access)
    clock.advance(minutes=20)
    answer = expect(stack.client(twin).post("/v1/auth/refresh", {"refresh_token": owner.refresh_token}), 200)
    owner._signed_in(answer.json)
    again = claims(owner.access)
    assert (again["amr"], again["auth_time"]) == (first["amr"], first["auth_time"]) and again["iat"] > first["iat"]


def test_M5_the_pending_token_can_do_nothing_else(stack, owner):
    token = first_step(owner)
    for path in ("/v1/auth/me", "/v1/me", "/v1/auth/sessions", "/v1/auth/mfa"):
        expect(stack.client(token=token).get(path), 401, "unauthorized")
    expect(stack.client().post("/v1/auth/refresh", {"refresh_token": token}), 401, "invalid_refresh_token")
    expect(verify(stack, token), 422, "invalid_token")
    expect(reset(stack, token, fresh_password()), 422, "invalid_token")
    expect(second_step(stack, token, owner.phone.fresh()), 200)


def test_M5_no_token_of_another_kind_is_taken_in_its_place(stack, owner):
    for token in (owner.access[:200], owner.refresh_token, proof(stack, owner).token, forgot_letter(stack, owner).token, NEVER, "x", "mot_" + "A" * 150):
        expect(second_step(stack, token, owner.phone.fresh()), 401, "invalid_mfa_token")


def test_M5_the_pending_token_is_good_once_and_for_five_minutes(stack, clock, owner):
    token = first_step(owner)
    expect(second_step(stack, token, owner.phone.fresh()), 200)
    expect(second_step(stack, token, owner.phone.fresh()), 401, "invalid_mfa_token")
    late = first_step(owner)
    clock.advance(seconds=301)
    expect(second_step(stack, late, owner.phone.code()), 401, "invalid_mfa_token")
    clock.advance(seconds=-200)
    expect(second_step(stack, late, owner.phone.code()), 401, "invalid_mfa_token")


def test_M5_two_devices_may_be_between_the_steps_at_once(stack, owner):
    one, two = first_step(owner), first_step(owner)
    expect(second_step(stack, one, owner.phone.fresh()), 200)
    expect(second_step(stack, two, owner.phone.fresh()), 200)


def test_M5_a_change_of_credentials_ends_what_was_pending(stack, owner):
    sign_in(owner)
    token, password = first_step(owner), fresh_password()
    expect(change(owner, owner.password, password), 204)
    expect(second_step(stack, token, owner.phone.fresh()), 401, "invalid_mfa_token")
    owner.password = password
    sign_in(owner)


def test_M5_a_disabled_person_does_not_come_in_by_the_second_step(stack, owner):
    token = first_step(owner)
    stack.cluster.sql("update auth.users set status = 'disabled' where id = %s", owner.id)
    expect(second_step(stack, token, owner.phone.fresh()), 401, "invalid_mfa_token")


# -- codes
def test_M1_each_step_is_good_once_also_after_enrolment(stack, clock, person):
    phone = begin(person)
    code = phone.code()
    canaries.update(expect(confirm(person, code), 200).json["recovery_codes"])
    expect(second_step(stack, first_step(person), code), 401, "invalid_code")
    code = phone.fresh()
    expect(second_step(stack, first_step(person), code), 200)
    expect(second_step(stack, first_step(person), code), 401, "invalid_code")
    expect(second_step(stack, first_step(person), phone.code(-1)), 401, "invalid_code")  # before one that was used


def test_M1_one_code_in_parallel_on_two_instances_opens_one_session(stack, twin, owner):
    for _ in range(3):
        tokens = [first_step(owner) for _ in range(4)]
        code = owner.phone.fresh()
        with ThreadPoolExecutor(4) as pool:
            answers = list(pool.map(lambda n: second_step(stack, tokens[n], code, (None, twin)[n % 2]), range(4)))
        assert sorted(a.status for a in answers) == [200, 401, 401, 401], answers
        assert {a.code for a in answers if a.status == 401} == {"invalid_code"}


def test_M1_a_clock_may_differ_by_one_step_and_no_more(stack, clock, owner):
    for ahead, status in ((-2, 401), (2, 401), (-1, 200), (1, 200)):
        clock.advance(seconds=4 * PERIOD)
        expect(second_step(stack, first_step(owner), owner.phone.code(ahead)), status)


def test_M3_five_tries_a_challenge_exactly_also_in_parallel_on_two_instances(stack, twin, clock, owner):
    """From many networks, so that the throttle is not what stops them; each guess is evaluated, or the token is over."""
    token = first_step(owner)
    clock.advance(seconds=PERIOD)
    wrong = owner.phone.wrong()
    nets = [network() for _ in range(16)]
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda n: second_step(stack, token, wrong, (stack.auth, twin)[n % 2], headers=at(nets[n] + "9")), range(16)))
    codes = [a.code for a in answers]
    assert codes.count("invalid_code") == 5 and set(codes) <= {"invalid_code", "invalid_mfa_token"}, codes
    expect(second_step(stack, token, owner.phone.code()), 401, "invalid_mfa_token")


def test_L3_wrong_codes_are_slowed_as_wrong_passwords_and_the_owner_comes_in_from_home(stack, clock, owner):
    """Whoever has the password does not get to guess codes: five, then each waits."""
    home, away = network(), network()
    expect(second_step(stack, first_step(owner, stack.auth, headers=at(home + "1")), owner.phone.fresh(), stack.auth, headers=at(home + "1")), 200)
    statuses = []
    for n in range(4):
        answer = stack.client(stack.auth).post("/v1/auth/login", {"email": owner.email, "password": owner.password}, headers=at(away + "1"))
        if answer.status == 429:
            statuses.append(429)
            continue
        token = expect(answer, 401, "mfa_required").json["mfa_token"]
        statuses += [second_step(stack, token, owner.phone.wrong(), stack.auth, headers=at(away + "1")).status for _ in range(3)]
    assert statuses[:5] == [401] * 5 and 5 <= statuses.count(401) <= 7 and set(statuses) == {401, 429}, statuses  # a second may pass meanwhile
    expect(second_step(stack, first_step(owner, stack.auth, headers=at(home + "2")), owner.phone.fresh(), stack.auth, headers=at(home + "2")), 200)


def test_L1_a_right_password_without_the_factor_makes_no_network_known_and_forgives_nothing(stack, owner):
    away = network()
    for _ in range(3):
        expect(stack.client(stack.auth).post("/v1/auth/login", {"email": owner.email, "password": "canary wrong one"}, headers=at(away + "1")), 401, "invalid_credentials")
    first_step(owner, stack.auth, headers=at(away + "1"))
    known = stack.cluster.sql("select network from auth.known_networks where user_id = %s", owner.id)
    assert [n for (n,) in known if n.startswith(away.rstrip("."))] == []
    answers = [stack.client(stack.auth).post("/v1/auth/login", {"email": owner.email, "password": "canary wrong one"}, headers=at(away + "1")).status for _ in range(6)]
    assert answers[:2] == [401, 401] and 429 in answers


def test_M3_wrong_used_and_impossible_codes_get_one_answer(stack, owner):
    same = lambda a: ({k: v for k, v in a.json.items() if k != "request_id"}, sorted(k for k, _ in a.headers))
    used = owner.codes[0]
    expect(second_step(stack, first_step(owner), used), 200)
    shown = [owner.phone.wrong(), owner.phone.code(-3), used, "abcd-efgh-ijkl-mnop-qrst-uv23", "12345"]
    answers = []
    for code in shown[:4]:
        answers.append(expect(second_step(stack, first_step(owner), code), 401, "invalid_code"))
    assert len({json.dumps(same(a)) for a in answers}) == 1


# -- recovery codes
def test_M4_each_recovery_code_is_good_once_however_it_is_typed_and_they_are_counted(stack, clock, owner):
    first, second = owner.codes[:2]
    answer = expect(second_step(stack, first_step(owner), first.upper().replace("-", " ")), 200)
    assert claims(answer.json["access_token"])["amr"] == ["pwd", "otp", "mfa"]
    expect(second_step(stack, first_step(owner), first), 401, "invalid_code")
    owner._signed_in(expect(second_step(stack, first_step(owner), second.replace("-", "")), 200).json)
    assert expect(owner.get("/v1/auth/mfa"), 200).json["recovery_codes_left"] == 8
    letter = stack.mailbox.next(owner.email, where=lambda x: "recovery code" in x.text)
    assert first not in letter.raw.decode() and "left:" in letter.text
    seen(owner, ("recovery_code", "used"))


def test_M4_one_code_in_parallel_on_two_instances_is_used_once(stack, twin, owner):
    tokens = [first_step(owner) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda n: second_step(stack, tokens[n], owner.codes[3], (None, twin)[n % 2]), range(4)))
    assert sorted(a.status for a in answers) == [200, 401, 401, 401]


def test_M4_new_codes_void_the_former_and_need_a_recent_login(stack, clock, owner):
    codes = expect(owner.post("/v1/auth/mfa/recovery_codes"), 200).json["recovery_codes"]
    canaries.update(codes)
    assert len(codes) == 10 and not set(codes) & set(owner.codes)
    expect(second_step(stack, first_step(owner), owner.codes[0]), 401, "invalid_code")
    expect(second_step(stack, first_step(owner), codes[0]), 200)
    expect(stack.person().post("/v1/auth/mfa/recovery_codes"), 404, "not_found")
    stack.mailbox.next(owner.email, where=lambda x: "new recovery codes" in x.text)


def test_M4_codes_are_anothers_nothing(stack, owner):
    other = stack.person()
    other.phone, other.codes = enrol(other)
    expect(second_step(stack, first_step(other), owner.codes[5]), 401, "invalid_code")
    expect(second_step(stack, first_step(other), owner.phone.fresh()), 401, "invalid_code")
    expect(second_step(stack, first_step(owner), owner.codes[5]), 200)


# -- changes of factors
def test_S11_a_new_factor_ends_all_other_sessions_and_this_one_has_shown_it(stack, person):
    other = expect(login(person), 200).json
    person.phone, _ = enrol(person)
    dead_everywhere(stack, other["access_token"])
    expect(refresh(person, other["refresh_token"]), 401)
    assert alive(stack, person.access)
    person.refresh()
    assert claims(person.access)["amr"] == ["pwd", "otp", "mfa"]
    stack.mailbox.next(person.email, where=lambda x: "second factor" in x.text)


def test_M2_removing_the_generator_opens_logins_by_password_and_ends_other_sessions(stack, owner):
    other = expect(second_step(stack, first_step(owner), owner.phone.fresh()), 200).json
    expect(owner.delete("/v1/auth/mfa/totp"), 204)
    dead_everywhere(stack, other["access_token"])
    assert alive(stack, owner.access)
    assert expect(owner.get("/v1/auth/mfa"), 200).json == {"totp": False, "passkeys": 0, "recovery_codes_left": 0}
    expect(login(owner), 200)
    expect(owner.delete("/v1/auth/mfa/totp"), 404, "not_found")
    stack.mailbox.next(owner.email, where=lambda x: "taken away" in x.text)


def test_M5_a_login_begun_before_the_factor_opens_no_session_after_it(stack, twin, person):
    """Many logins by password race an enrolment: whatever they were told, no session of theirs is alive afterwards."""
    phone = begin(person)
    with ThreadPoolExecutor(10) as pool:
        logins = [pool.submit(lambda n=n: stack.client((stack.auth, twin)[n % 2]).post("/v1/auth/login", {"email": person.email, "password": person.password})) for n in range(12)]
        done = expect(confirm(person, phone.code()), 200)
        answers = [x.result() for x in logins]
    canaries.update(done.json["recovery_codes"])
    assert {a.status for a in answers} <= {200, 401, 503}
    for a in answers:
        if a.status == 200:
            canaries.update({a.json["access_token"], a.json["refresh_token"]})
            assert not alive(stack, a.json["access_token"])
    assert stack.cluster.sql("select count(*) from auth.sessions where user_id = %s and revoked_at is null", person.id) == [(1,)]


def test_M5_what_knows_no_second_factor_opens_no_session_for_who_has_one(stack, owner):
    """An older version of the service beside this one calls the function it knows."""
    epoch = stack.cluster.sql("select epoch from auth.users where id = %s", owner.id)[0][0]
    got = stack.cluster.sql("set search_path = auth; select outcome from open_session(gen_random_uuid(), %s, %s, 50, 1000, 1000, 700, 0, '', '', '', now())", owner.id, epoch)
    assert got == [("gone",)]


def test_P8_a_reset_yields_no_session_and_the_factor_is_asked_for_afterwards(stack, owner):
    password = fresh_password()
    expect(reset(stack, forgot_letter(stack, owner).token, password), 204)
    owner.password = password
    expect(login(owner), 401, "mfa_required")
    sign_in(owner)


# -- step-up
CHALLENGE = 'Bearer realm="mita", error="insufficient_user_authentication", error_description="a login of the last 15 minutes is needed", max_age="900"'
SENSITIVE = {"enrol": ("post", "/v1/auth/mfa/totp"), "confirm": ("post", "/v1/auth/mfa/totp/confirm", {"code": "123456"}), "remove": ("delete", "/v1/auth/mfa/totp"),
             "recovery codes": ("post", "/v1/auth/mfa/recovery_codes")}


def reauthenticate(person, password=None, **more):
    return person.post("/v1/auth/reauthenticate", {"password": password or person.password}, **more)


@pytest.mark.parametrize("case", SENSITIVE)
def test_S9_what_needs_a_recent_login_says_so_and_is_open_after_stepping_up(stack, clock, person, case):
    verb, path, *body = SENSITIVE[case]
    clock.advance(minutes=16)
    person.refresh()
    answer = expect(getattr(person, verb)(path, *body), 401, "recent_login_required")
    assert answer.header("WWW-Authenticate") == CHALLENGE
    person._signed_in(expect(reauthenticate(person), 200).json)
    assert getattr(person, verb)(path, *body).status in {"enrol": (200,)}.get(case, (404,))


def test_S9_stepping_up_takes_a_new_session_in_the_place_of_the_present_one(stack, twin, clock, person):
    expect(login(person, device_name="tablet"), 200)
    person.login("phone")
    old, old_refresh, before = person.access, person.refresh_token, claims(person.access)
    clock.advance(minutes=5)
    person._signed_in(expect(stack.client(twin, old).post("/v1/auth/reauthenticate", {"password": person.password}), 200).json)
    now = claims(person.access)
    assert now["sid"] != before["sid"] and now["auth_time"] >= before["auth_time"] + 299
    dead_everywhere(stack, old)
    expect(refresh(person, old_refresh), 401)
    data = expect(person.get("/v1/auth/sessions"), 200).json["data"]
    assert sorted(s["device"] for s in data) == ["", "phone", "tablet"] and next(s for s in data if s["current"])["device"] == "phone"
    seen(person, ("reauthenticate", "ok"))


def test_S9_with_a_second_factor_stepping_up_takes_both(stack, clock, owner):
    sign_in(owner)
    old = owner.access
    clock.advance(minutes=16)
    owner.refresh()
    expect(owner.delete("/v1/auth/mfa/totp"), 401, "recent_login_required")
    for call in (lambda: change(owner, owner.password, fresh_password()), lambda: owner.post("/v1/auth/email/change", {"new_email": "new." + owner.email, "password": owner.password})):
        expect(call(), 401, "recent_login_required")
    token = expect(reauthenticate(owner), 401, "mfa_required").json["mfa_token"]
    expect(owner.delete("/v1/auth/mfa/totp"), 401, "recent_login_required")  # half of it opens nothing
    assert alive(stack, owner.access)
    present = owner.access
    owner._signed_in(expect(second_step(stack, token, owner.phone.fresh()), 200).json)
    dead_everywhere(stack, present)
    assert old != present
    expect(owner.delete("/v1/auth/mfa/totp"), 204)


def test_S9_a_wrong_password_steps_nothing_up_and_counts(stack, person):
    expect(reauthenticate(person, "canary wrong one"), 401, "invalid_credentials")
    expect(reauthenticate(person, token=None), 401, "unauthorized")
    assert alive(stack, person.access)
    statuses = [reauthenticate(person, "canary wrong one").status for _ in range(8)]
    assert statuses[:4] == [401] * 4 and 429 in statuses


def test_S9_a_session_that_ended_meanwhile_is_not_stepped_up(stack, owner):
    token = expect(reauthenticate(owner), 401, "mfa_required").json["mfa_token"]
    owner.logout()
    expect(second_step(stack, token, owner.phone.fresh()), 401, "invalid_mfa_token")


# -- what people send
BAD = {"no code": ({"mfa_token": NEVER}, {"/code": "required"}), "no token": ({"code": "123456"}, {"/mfa_token": "required"}), "a number": ({"mfa_token": NEVER, "code": 123456}, {"/code": "wrong_type"}),
       "empty": ({"mfa_token": "", "code": ""}, {"/mfa_token": "too_short", "/code": "too_short"}), "long": ({"mfa_token": "m" * 201, "code": "1" * 101}, {"/mfa_token": "too_long", "/code": "too_long"}),
       "more": ({"mfa_token": NEVER, "code": "123456", "role": "admin"}, {"/role": "unknown_field"})}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_second_step_is_told_what_is_wrong(stack, case):
    body, findings = BAD[case]
    assert expect(stack.client().post("/v1/auth/mfa/verify", body, valid=False), 422).findings() == findings


@pytest.mark.parametrize("code", ["12345", "1234567", "abcdef", "１２３４５６", "12345\n", "-", " "], ids=range(7))
def test_what_is_no_code_is_a_wrong_one(stack, owner, code):
    expect(second_step(stack, first_step(owner), code), 401, "invalid_code")


def test_A2_what_was_done_with_factors_stands_in_the_trail(stack, clock, person):
    phone = begin(person)
    expect(confirm(person, phone.wrong()), 422)
    canaries.update(expect(confirm(person, phone.code()), 200).json["recovery_codes"])
    token = first_step(person)
    expect(second_step(stack, token, phone.wrong()), 401)
    expect(second_step(stack, token, phone.fresh()), 200)
    canaries.update(expect(person.post("/v1/auth/mfa/recovery_codes"), 200).json["recovery_codes"])
    expect(person.delete("/v1/auth/mfa/totp"), 204)
    seen(person, ("totp_add", "asked"), ("totp_add", "refused"), ("totp_add", "ok"), ("login", "factor_asked"), ("second_factor", "refused"), ("recovery_codes", "renewed"),
         ("totp_remove", "ok"))


def test_tokens_that_are_over_are_forgotten(stack, clock, owner):
    first_step(owner)
    clock.advance(seconds=302)
    first_step(owner)
    begun = stack.person()
    begin(begun)
    stack.cluster.sql("update auth.totp_secrets set begun_at = begun_at - interval '2 hours' where user_id = %s", begun.id)
    tidy = stack.also("auth", "auth-tidies", MITA_HOUSEKEEPING_MS="100").start()
    until(lambda: stack.cluster.sql("select count(*) from auth.totp_secrets where user_id = %s", begun.id) == [(0,)], 10 * tidy.slow, "a secret that nobody confirmed to go")
    until(lambda: stack.cluster.sql("select count(*) from auth.one_time_tokens where purpose = 'mfa' and starts_with(bound, %s)", owner.id) == [(1,)], 10, "the one that is over to go")
    tidy.stop()
