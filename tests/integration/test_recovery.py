"""A forgotten password, a changed one, a proven address, another address: by real mails, whoever else tries what at the same time.

P0, P6 to P9, S6, S11, T10, A1."""
import json
import secrets
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from mita.client import canaries, expect
from mita.mailbox import PUBLIC_URL
from mita.totp import enrol, first_step
from mita.waiting import until
from test_auth import alive, dead_everywhere, login, refresh

NEW = "another canary password"
TOKEN_SHAPES = {"empty": "", "x": "x", "long": "mot_" + "A" * 150, "never one": "mot_" + "A" * 43, "cut": None}


def fresh_password():
    made = "canary-" + secrets.token_hex(9)
    canaries.add(made)
    return made


def worked_off(stack):
    """Until what was asked for is sent, or given up as it was never to be. What a test of a later month left waits for its time."""
    soon = stack.clock.now() + timedelta(hours=1)
    until(lambda: stack.cluster.sql("select count(*) from auth.mails where created_at <= %s", soon)[0][0] == 0, 30, "the queue to be worked off")


def forgot(stack, address, **more):
    return expect(stack.client().post("/v1/auth/password/forgot", {"email": address}, **more), 202)


def forgot_letter(stack, person, **more):
    before = len(stack.mailbox.letters(person.email))
    forgot(stack, person.email, **more)
    return stack.mailbox.next(person.email, before, where=lambda x: "/reset-password" in x.text)


def reset(stack, token, password, service=None, valid=True):
    return stack.client(service).post("/v1/auth/password/reset", {"token": token, "new_password": password}, valid=valid)


def verify(stack, token, valid=True):
    return stack.client().post("/v1/auth/email/verify", {"token": token}, valid=valid)


def proof(stack, person):
    return stack.mailbox.next(person.email, where=lambda x: "/verify-email" in x.text)


def change(person, old, new, valid=True):
    return person.post("/v1/auth/password/change", {"current_password": old, "new_password": new}, valid=valid)


# -- reset
def test_P8_a_reset_gives_a_new_password_ends_every_session_and_opens_none(stack, person):
    other = expect(login(person), 200).json
    letter, password = forgot_letter(stack, person), fresh_password()
    answer = expect(reset(stack, letter.token, password), 204)
    assert answer.body == b""
    for token in (person.access, other["access_token"]):
        dead_everywhere(stack, token)
    expect(refresh(person), 401)
    expect(login(person), 401, "invalid_credentials")
    expect(login(person, password=password), 200)


def test_P8_a_reset_token_is_good_once_also_in_parallel(stack, person):
    letter = forgot_letter(stack, person)
    passwords = [fresh_password() for _ in range(16)]
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda p: reset(stack, letter.token, p), passwords))
    done = [p for p, a in zip(passwords, answers) if a.status == 204]
    assert len(done) == 1 and {a.code for a in answers if a.status != 204} == {"invalid_token"}
    expect(login(person, password=done[0]), 200)
    expect(reset(stack, letter.token, fresh_password()), 422, "invalid_token")


def test_P8_a_reset_token_is_over_after_an_hour_whatever_the_clock_does_then(stack, person, clock):
    letter = forgot_letter(stack, person)
    clock.advance(minutes=61)
    expect(reset(stack, letter.token, NEW), 422, "invalid_token")
    clock.advance(minutes=-30)
    expect(reset(stack, letter.token, NEW), 422, "invalid_token")


def test_P8_a_newer_link_takes_the_place_of_the_older(stack, person):
    first, second = forgot_letter(stack, person), forgot_letter(stack, person)
    assert first.token != second.token
    expect(reset(stack, first.token, NEW), 422, "invalid_token")
    expect(reset(stack, second.token, fresh_password()), 204)


def test_P8_a_changed_password_kills_the_link(stack, person):
    letter = forgot_letter(stack, person)
    expect(change(person, person.password, fresh_password()), 204)
    expect(reset(stack, letter.token, NEW), 422, "invalid_token")


@pytest.mark.parametrize("case", TOKEN_SHAPES)
def test_P8_what_is_no_token_is_refused_with_one_body(stack, person, case):
    token = TOKEN_SHAPES[case]
    token = forgot_letter(stack, person).token[:-1] if token is None else token
    for answer in (reset(stack, token, NEW, valid=False), verify(stack, token, valid=False)):
        expect(answer, 422)
        assert answer.code == "invalid_token" if token else answer.findings() == {"/token": "too_short"}
    expect(login(person), 200)


def test_T10_a_token_of_one_purpose_is_none_of_another(stack, person):
    letter, shown = forgot_letter(stack, person), proof(stack, person)
    expect(verify(stack, letter.token), 422, "invalid_token")
    expect(reset(stack, shown.token, NEW), 422, "invalid_token")
    for token in (letter.token, shown.token):
        expect(stack.client(token=token).get("/v1/auth/me"), 401, "unauthorized")
        expect(stack.client().post("/v1/auth/refresh", {"refresh_token": token}), 401, "invalid_refresh_token")
    expect(verify(stack, shown.token), 204)
    expect(reset(stack, letter.token, fresh_password()), 204)


def test_P6_a_poor_new_password_is_422_and_the_link_stays_good(stack, person):
    letter = forgot_letter(stack, person)
    for poor in ("password123", person.email):
        answer = expect(reset(stack, letter.token, poor), 422)
        assert list(answer.findings()) == ["/new_password"]
    answer = expect(change(person, person.password, "password123"), 422)
    assert list(answer.findings()) == ["/new_password"]
    expect(reset(stack, letter.token, fresh_password()), 204)


def test_P6_an_operator_asks_for_longer_passwords_of_who_has_no_second_factor(stack, clock):
    """At registration, at a change and at a reset; who shows a factor besides needs eight, as before; nobody's login is refused."""
    careful = stack.also("auth", f"auth-careful-{secrets.token_hex(3)}", MITA_PASSWORD_MIN="15").start()
    person, short, long = stack.person(), "canary 14 chars", "canary 15 chars."
    short = short[:14]
    canaries.update({short, long})
    client = stack.client(careful)
    answer = expect(client.post("/v1/auth/register", {"email": f"canary.{secrets.token_hex(6)}@example.org", "password": short}), 422)
    assert answer.findings() == {"/password": "too_short"} and "15" in answer.json["errors"][0]["detail"]
    for path, body in (("change", {"current_password": person.password, "new_password": short}), ("reset", {"token": forgot_letter(stack, person).token, "new_password": short})):
        answer = expect(stack.client(careful, person.access).post(f"/v1/auth/password/{path}", body), 422)
        assert answer.findings() == {"/new_password": "too_short"}
    expect(stack.client(careful, person.access).post("/v1/auth/password/change", {"current_password": person.password, "new_password": long}), 204)
    person.password = long
    enrol(person)
    expect(stack.client(careful, person.access).post("/v1/auth/password/change", {"current_password": long, "new_password": short}), 204)
    person.password = short
    first_step(person, careful)
    careful.stop()


def test_P7_forgot_answers_alike_and_as_fast_for_known_and_unknown_addresses(stack, person):
    unknown = [f"canary.unknown.{secrets.token_hex(8)}@example.org" for _ in range(40)]
    canaries.update(unknown)
    people = [stack.person() for _ in range(5)]
    times = {True: [], False: []}
    bodies = set()
    for n, address in enumerate(unknown):
        for known, to in ((True, people[n % 5].email), (False, address)):
            begin = time.monotonic()
            answer = forgot(stack, to)
            times[known].append(time.monotonic() - begin)
            bodies.add((answer.text, tuple(sorted(k.lower() for k, _ in answer.headers))))
    assert len(bodies) == 1
    middle = {known: sorted(t)[len(t) // 2] for known, t in times.items()}
    assert middle[True] < 3 * middle[False] + 0.005 and middle[False] < 3 * middle[True] + 0.005, middle
    worked_off(stack)
    assert all(stack.mailbox.letters(address) == [] for address in unknown)


def test_P7_a_disabled_person_gets_no_link_and_the_same_answer(stack, person):
    letter = forgot_letter(stack, person)
    stack.cluster.sql("update auth.users set status = 'disabled' where id = %s", person.id)
    expect(reset(stack, letter.token, NEW), 422, "invalid_token")
    before = len(stack.mailbox.letters(person.email))
    forgot(stack, person.email)
    worked_off(stack)
    assert len(stack.mailbox.letters(person.email)) == before


@pytest.mark.parametrize("headers", [{"Host": "evil.example"}, {"X-Forwarded-Host": "evil.example"}, {"Origin": "https://evil.example"}, {"Forwarded": "host=evil.example"}],
                         ids=["Host", "X-Forwarded-Host", "Origin", "Forwarded"])
def test_P8_links_come_from_the_settings_whatever_the_request_says(stack, person, headers):
    letter = forgot_letter(stack, person, headers=headers)
    assert letter.link == f"{PUBLIC_URL}/reset-password#token={letter.token}" and "evil.example" not in letter.raw.decode()


def test_S6_a_login_checked_before_a_reset_opens_no_session_after_it(stack, person):
    """Many logins with the old password race one reset: none of them is alive afterwards."""
    for _ in range(3):
        letter, new = forgot_letter(stack, person), fresh_password()
        with ThreadPoolExecutor(13) as pool:
            logins = [pool.submit(login, person) for _ in range(12)]
            done = pool.submit(reset, stack, letter.token, new)
            expect(done.result(), 204)
            answers = [x.result() for x in logins]
        assert {a.status for a in answers} <= {200, 401, 429, 503}  # the former password is a wrong one, five times
        for a in answers:
            if a.status == 200:
                canaries.update({a.json["access_token"], a.json["refresh_token"]})
                assert not alive(stack, a.json["access_token"])
        assert stack.cluster.sql("select id from auth.sessions where user_id = %s and revoked_at is null", person.id) == []
        person.password = new


def test_a_database_dump_holds_no_token(stack, person):
    letter = forgot_letter(stack, person)
    rows = stack.cluster.sql("select row_to_json(t)::text from auth.one_time_tokens t union all select row_to_json(m)::text from auth.mails m")
    assert rows and all(letter.token not in text and letter.token[4:] not in text for (text,) in rows)


# -- change
def test_P9_a_change_needs_the_present_password(stack, person):
    expect(change(person, "canary not this", NEW), 401, "invalid_credentials")
    expect(person.client.post("/v1/auth/password/change", {"current_password": person.password, "new_password": NEW}, token=None), 401, "unauthorized")
    expect(login(person), 200)


def test_S11_a_changed_password_ends_all_other_sessions_and_keeps_this_one(stack, person):
    other, password = expect(login(person), 200).json, fresh_password()
    expect(change(person, person.password, password), 204)
    dead_everywhere(stack, other["access_token"])
    expect(refresh(person, other["refresh_token"]), 401)
    assert alive(stack, person.access) and refresh(person).status == 200
    expect(login(person), 401)
    expect(login(person, password=password), 200)
    told = stack.mailbox.next(person.email, where=lambda x: "password" in x.subject.lower() and not x.token)
    assert "changed" in told.subject


def test_P9_parallel_changes_by_one_password_let_one_through(stack, person):
    passwords = [fresh_password() for _ in range(5)]  # the others' are wrong by then: five of those are free
    with ThreadPoolExecutor(5) as pool:
        answers = list(pool.map(lambda p: change(person, person.password, p), passwords))
    done = [p for p, a in zip(passwords, answers) if a.status == 204]
    assert len(done) == 1 and {a.code for a in answers if a.status != 204} == {"invalid_credentials"}
    expect(login(person, password=done[0]), 200)


# -- proof of an address
def test_an_address_is_proven_by_its_mail_once(stack, person):
    letter = proof(stack, person)
    expect(verify(stack, letter.token), 204)
    assert expect(person.get("/v1/auth/me"), 200).json["email_verified"] is True
    expect(verify(stack, letter.token), 422, "invalid_token")
    assert alive(stack, person.access)


def test_proof_is_asked_for_again_and_the_newer_link_counts(stack, person):
    first = proof(stack, person)
    before = len(stack.mailbox.letters(person.email))
    expect(stack.client().post("/v1/auth/email/resend", {"email": person.email}), 202)
    second = stack.mailbox.next(person.email, before)
    expect(verify(stack, first.token), 422, "invalid_token")
    expect(verify(stack, second.token), 204)
    before = len(stack.mailbox.letters(person.email))
    expect(stack.client().post("/v1/auth/email/resend", {"email": person.email}), 202)  # nothing is left to prove
    worked_off(stack)
    assert len(stack.mailbox.letters(person.email)) == before


@pytest.mark.parametrize("value", [True, "false", 1, None])
def test_A1_nobody_writes_their_own_verified_flag(stack, person, value):
    for path, body in (("/v1/auth/register", {"email": f"x{secrets.token_hex(6)}@example.org", "password": NEW}), ("/v1/auth/email/verify", {"token": "x"}),
                       ("/v1/auth/email/change", {"new_email": "y@example.org", "password": person.password})):
        answer = expect(person.post(path, body | {"email_verified": value}, valid=False), 422)
        assert answer.findings()["/email_verified"] == "unknown_field"


# -- another address
def ask_change(person, to, password=None, valid=True):
    canaries.add(to)
    return person.post("/v1/auth/email/change", {"new_email": to, "password": password or person.password}, valid=valid)


def new_address():
    return f"canary.new.{secrets.token_hex(6)}@example.org"


def test_an_address_changes_when_the_new_one_is_proven_and_both_are_told(stack, person):
    to, old = new_address(), person.email
    expect(ask_change(person, to, "canary not this"), 401, "invalid_credentials")
    expect(ask_change(person, to), 202)
    letter = stack.mailbox.next(to)
    assert letter.link.startswith(f"{PUBLIC_URL}/verify-email#token=")
    assert to in stack.mailbox.next(old, where=lambda x: "is to change" in x.subject).text
    assert expect(person.get("/v1/auth/me"), 200).json["email"] == old
    expect(verify(stack, letter.token), 204)
    dead_everywhere(stack, person.access)
    assert to in stack.mailbox.next(old, where=lambda x: "was changed" in x.subject).text
    expect(login(person), 401, "invalid_credentials")
    user = expect(login(person, email=to), 200).json["user"]
    assert user["email"] == to and user["email_verified"] is True and user["id"] == person.id
    expect(verify(stack, letter.token), 422, "invalid_token")


def test_a_change_of_address_is_off_after_a_change_of_password(stack, person):
    to = new_address()
    expect(ask_change(person, to), 202)
    letter = stack.mailbox.next(to)
    expect(change(person, person.password, fresh_password()), 204)
    expect(verify(stack, letter.token), 422, "invalid_token")
    assert expect(person.get("/v1/auth/me"), 200).json["email"] == person.email


def test_P7_asking_for_another_persons_address_answers_alike_and_tells_nobody(stack, person):
    other = stack.person()
    before = len(stack.mailbox.letters(other.email))
    assert expect(ask_change(person, other.email), 202).text == expect(ask_change(person, new_address()), 202).text
    worked_off(stack)
    assert not [x for x in stack.mailbox.letters(other.email)[before:] if "confirm your new" in x.subject.lower()]


def test_P0_two_people_who_prove_one_new_address_at_once_do_not_both_get_it(stack):
    to, people = new_address(), [stack.person(), stack.person()]
    tokens = []
    for person in people:
        before = len(stack.mailbox.letters(to))
        expect(ask_change(person, to), 202)
        tokens.append(stack.mailbox.next(to, before).token)
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda t: verify(stack, t), tokens))
    assert sorted(a.status for a in answers) == [204, 422]
    assert stack.cluster.sql("select count(*) from auth.users where email_norm = %s", to) == [(1,)]


def test_P0_an_address_taken_between_asking_and_proving_stays_with_who_took_it(stack, person):
    to = new_address()
    expect(ask_change(person, to), 202)
    letter = stack.mailbox.next(to)
    expect(stack.client().post("/v1/auth/register", {"email": to, "password": NEW}), 201)
    expect(verify(stack, letter.token), 422, "invalid_token")
    assert expect(person.get("/v1/auth/me"), 200).json["email"] == person.email


# -- who may register
@pytest.fixture(scope="module")
def strict(running):
    service = running.also("auth", "auth-verified", MITA_REGISTRATION="verified").start()
    yield service
    service.stop()


def register_at(stack, service, address, password=NEW):
    canaries.update({address, password})
    return stack.client(service).post("/v1/auth/register", {"email": address, "password": password})


def test_P7_with_proven_addresses_registering_answers_alike_for_known_and_new(stack, strict, person):
    new = new_address()
    answers = [expect(register_at(stack, strict, address), 202) for address in (new, person.email, new)]
    assert len({(a.text, tuple(sorted(k.lower() for k, _ in a.headers))) for a in answers}) == 1
    letter = stack.mailbox.next(new)
    log_in = lambda: stack.client(strict).post("/v1/auth/login", {"email": new, "password": NEW})
    expect(log_in(), 403, "email_unverified")
    expect(stack.client(strict).post("/v1/auth/login", {"email": new, "password": "canary wrong one"}), 401, "invalid_credentials")
    worked_off(stack)
    expect(verify(stack, stack.mailbox.letters(new)[-1].token), 204)
    expect(log_in(), 200)
    assert letter.recipient == new


def test_with_proven_addresses_a_known_and_proven_one_is_told_that_it_has_an_account(stack, strict, person):
    expect(verify(stack, proof(stack, person).token), 204)
    expect(register_at(stack, strict, person.email.upper()), 202)
    told = stack.mailbox.next(person.email, where=lambda x: "already" in x.subject)
    assert told.token is None
    expect(login(person), 200)  # the password is what it was


def test_a_reset_proves_the_mailbox(stack, strict):
    new, password = new_address(), fresh_password()
    expect(register_at(stack, strict, new), 202)
    stack.mailbox.next(new)
    forgot(stack, new)
    letter = stack.mailbox.next(new, where=lambda x: "/reset-password" in x.text)
    expect(reset(stack, letter.token, password), 204)
    assert expect(stack.client(strict).post("/v1/auth/login", {"email": new, "password": password}), 200).json["user"]["email_verified"] is True


def test_where_registration_is_closed_nobody_registers(stack):
    service = stack.also("auth", "auth-closed", MITA_REGISTRATION="closed").start()
    expect(register_at(stack, service, new_address()), 403, "registration_closed")
    service.stop()


# -- words
@pytest.mark.parametrize("header, word", [("bg-BG,bg;q=0.9,en;q=0.5", "парола"), ("de", "Passwort"), ("fr, de;q=0.7, en;q=0.3", "Passwort"), ("fr", "password"), ("", "password"),
                                          ("bg;q=nonsense", "password"), ("x" * 3000, "password")])
def test_a_letter_is_in_the_persons_language(stack, header, word):
    address = f"canary.words.{secrets.token_hex(6)}@example.org"
    canaries.add(address)
    expect(stack.client().post("/v1/auth/register", {"email": address, "password": NEW}, headers={"Accept-Language": header or None}), 201)
    forgot(stack, address, headers={"Accept-Language": "de"})  # the account's language, not the asker's
    letter = stack.mailbox.next(address, where=lambda x: "/reset-password" in x.text)
    assert word in letter.text and word in letter.html and letter.message["Subject"]
    assert json.dumps(letter.link)[1:-1] in letter.html
