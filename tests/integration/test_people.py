"""Registering and signing in with everything people and attackers type: addresses, passwords, devices; logging out in every order."""
import secrets
import unicodedata

import pytest

from mita.client import canaries, expect
from mita.waiting import until

GOOD = "canary long enough"


def address(local="canary", domain="example.org"):
    return f"{local}.{secrets.token_hex(6)}@{domain}"


def remember(*texts):
    """What no log may hold, as long as a log line could not hold it by chance."""
    canaries.update(t for t in texts if len(t) > 12)


def register(stack, email=None, password=GOOD, valid=True, **more):
    email = email or address()
    remember(email, password)
    answer = stack.client(**more).post("/v1/auth/register", {"email": email, "password": password}, valid=valid)
    if answer.status == 201:
        canaries.update({answer.json["access_token"], answer.json["refresh_token"]})
    return answer


def login(stack, email, password, **more):
    remember(password)
    return stack.client().post("/v1/auth/login", {"email": email, "password": password}, **more)


# -- addresses
GOOD_ADDRESSES = ["{}+tag@example.org", "{}@sub.example-1.org", "{}_o'neil!#$%&*/=?^`{{|}}~-@example.org", "ä{}@example.org", "{}@bücher.example", "{}@localhost"]
BAD_ADDRESSES = ["{}", "@example.org", "{}@", "a b{}@example.org", " {}@example.org", "{}@example.org ", "{}@a@example.org", '"{}"@example.org', "{}@[127.0.0.1]", "<{}@example.org>", "{}..x@example.org", ".{}@example.org",
                 "{}.@example.org", "{}@example..org", "{}@.example.org", "{}@example.org.", "{}@-example.org", "{}@example-.org", "{}@exa_mple.org", "{}@example,org", "{}(c)@example.org", "{};x@example.org", "{}\\@example.org",
                 "{}\u00a0@example.org", "{}\u3000@example.org", "{}\u200b@example.org", "{}\u202e@example.org", "{}\n@example.org", "{}@example.org\r\nBcc: x@example.org", "{}\u0000@example.org"]


@pytest.mark.parametrize("form", GOOD_ADDRESSES)
def test_an_address_is_taken_as_it_is_written(stack, form):
    email = form.format(secrets.token_hex(6))
    assert expect(register(stack, email), 201).json["user"]["email"] == email
    expect(login(stack, email, GOOD), 200)


@pytest.mark.parametrize("form", BAD_ADDRESSES)
def test_what_cannot_be_an_address_is_422_at_the_email(stack, form):
    answer = expect(register(stack, form.format(secrets.token_hex(6)), valid=False), 422, "validation_failed")
    assert answer.findings() in ({"/email": "invalid_email"}, {"/email": "invalid_characters"})


@pytest.mark.parametrize("local,domain,status", [(64, "example.org", 201), (65, "example.org", 422), (8, "a" * 63 + ".org", 201), (8, "a" * 64 + ".org", 422), (8, ".".join(["a" * 59] * 4) + ".orgxy", 201),
                                                 (8, ".".join(["a" * 59] * 4) + ".orgxyz", 422), (8, ".".join(["é" * 31] * 4) + ".org", 422)],
                         ids=["64 before the @", "65 before the @", "a label of 63", "a label of 64", "254 in all", "255 in all", "254 characters of more bytes"])
def test_the_lengths_of_an_address_are_those_of_smtp(stack, local, domain, status):
    email = secrets.token_hex(32)[:local].ljust(local, "x") + "@" + domain
    expect(register(stack, email, valid=status == 201), status)


def test_an_address_is_one_account_however_its_letters_are_written(stack):
    email = f"Müller.{secrets.token_hex(6)}@Bücher.example"
    expect(register(stack, email), 201)
    for spelling in (email.lower(), email.upper(), unicodedata.normalize("NFD", email)):
        expect(register(stack, spelling), 409, "email_taken")
        expect(login(stack, spelling, GOOD), 200)


# -- passwords
@pytest.mark.parametrize("password,status", [("canary7", 422), ("canary-8", 201), ("é" * 7, 422), ("жажданье", 201), ("🦆" * 7, 422), ("🦆🐢🦆🦆🐢🐢🦆🦆", 201), ("e\u0301" * 7, 422), ("d" * 63 + "c" * 65, 201), ("d" * 64 + "c" * 65, 422),
                                             ("🦆" * 127 + "🐢", 201), ("🦆" * 128 + "🐢", 422), ("\U0001d160" * 60, 422)],
                         ids=["7", "8", "7 of two bytes", "8 of two bytes", "7 of four bytes", "8 of four bytes", "7 when composed", "128", "129", "512 bytes", "516 bytes", "more than 512 bytes when composed"])
def test_P3_P6_the_length_of_a_password_is_counted_in_code_points_and_bounded_in_bytes(stack, password, status):
    email = address()
    answer = expect(register(stack, email, password, valid=status == 201), status)
    if status == 201:
        expect(login(stack, email, password), 200)
    else:
        assert list(answer.findings()) == ["/password"]


@pytest.mark.parametrize("password,others", [("canary\0secret-one", ["canary\0secret-two", "canary", "canary\0", "canarysecret-one"]), ("canary\x01\x7f-secret", ["canary-secret"]),
                                             ("k" * 72 + "-one", ["k" * 72 + "-two", "k" * 72, "k" * 73]), ("🦆" * 18 + "-one", ["🦆" * 18 + "-two"]), (" canary-secret ", ["canary-secret", " canary-secret"])],
                         ids=["a NUL inside", "control characters", "72 bytes and more", "72 bytes of four-byte characters and more", "spaces around"])
def test_P2_every_character_of_a_password_counts(stack, password, others):
    email = address()
    expect(register(stack, email, password), 201)
    expect(login(stack, email, password), 200)
    for other in others:
        expect(login(stack, email, other), 401, "invalid_credentials")


def test_P6_a_password_is_the_same_from_every_keyboard(stack):
    composed, email = unicodedata.normalize("NFC", "Zürich-Ångström-Đà"), address()
    expect(register(stack, email, composed), 201)
    expect(login(stack, email, unicodedata.normalize("NFD", composed)), 200)
    other = address()
    expect(register(stack, other, unicodedata.normalize("NFD", composed)), 201)
    expect(login(stack, other, composed), 200)
    for password in ("Zurich-Angstrom-Da", composed.lower()):
        expect(login(stack, email, password), 401)


@pytest.mark.parametrize("password", ["password1", "PASSWORD1", "12345678", "qwertyuiop", "iloveyou2", "sunshine1", "trustno1", "corvette", "samantha", "aaaaaaaa", "ABCDEFGH", "12341234", "987654321"])
def test_P6_a_common_password_is_refused(stack, password):
    assert expect(register(stack, password=password, valid=False), 422).findings() == {"/password": "password_too_common"}


@pytest.mark.parametrize("form", ["{email}", "{EMAIL}", "{local}", "{local}1", "{LOCAL}2026!", "mitamita", "Mita2026!", "mita-{local}", "{local}{local}"])
def test_P6_a_password_of_nothing_but_the_address_and_our_name_is_refused(stack, form):
    local = "canarybird" + "".join(secrets.choice("bcdfghjk") for _ in range(10))
    email = f"{local}@example.org"
    password = form.format(email=email, EMAIL=email.upper(), local=local, LOCAL=local.upper())
    assert set(expect(register(stack, email, password, valid=False), 422).findings()) == {"/password"}


def test_P6_a_phrase_that_names_the_service_or_the_person_among_other_words_is_fine(stack):
    for local, password in (("annsmith", "my mita money box"), ("canary", "seven canaries sing"), ("bob", "bobsleigh on ice")):
        expect(register(stack, f"{local}@{secrets.token_hex(8)}.example", password), 201)


# -- what else is sent along
@pytest.mark.parametrize("agent", [b"\xff\xfe", b"a" * 299 + "é".encode(), "é".encode() * 400, b"\xc3", "🦆".encode()], ids=["no UTF-8", "cut in a character", "long", "half a character", "a duck"])
def test_a_user_agent_of_any_bytes_signs_in_and_is_listed_as_text(stack, person, agent):
    text = agent.decode("latin-1")
    expect(person.client.post("/v1/auth/login", {"email": person.email, "password": person.password}, token=None, headers={"User-Agent": text}), 200)
    expect(stack.client().post("/v1/auth/register", {"email": address(), "password": GOOD}, headers={"User-Agent": text}), 201)
    newest = expect(person.get("/v1/auth/sessions"), 200).json["data"][0]
    assert newest["user_agent"] == agent.decode("utf-8", "replace")[:300]


def test_all_faults_of_a_registration_are_named_at_once(stack):
    body = {"email": "nobody", "password": "short", "display_name": 5, "role": "admin", "a/b~c": 1}
    answer = expect(stack.client().post("/v1/auth/register", body, valid=False), 422, "validation_failed")
    assert answer.findings() == {"/email": "invalid_email", "/password": "too_short", "/display_name": "wrong_type", "/role": "unknown_field", "/a~1b~0c": "unknown_field"}


@pytest.mark.parametrize("method,path", [("GET", "/v1/auth/me"), ("GET", "/v1/auth/sessions"), ("GET", "/.well-known/jwks.json"), ("GET", "/openapi.json"), ("POST", "/v1/auth/register"), ("POST", "/v1/auth/login"),
                                         ("POST", "/v1/auth/refresh"), ("POST", "/v1/auth/logout"), ("POST", "/v1/auth/logout_all"), ("DELETE", "/v1/auth/sessions/019d4a5c-7c00-7a01-8b02-0123456789ab")])
def test_an_unknown_query_parameter_is_400(person, method, path):
    body = {"email": person.email, "password": person.password, "refresh_token": "x"} if method == "POST" else None
    expect(person.client.request(method, path + "?colour=red", body, valid=False, check=False), 400, "unknown_parameter")
    expect(person.get("/v1/auth/me"), 200)


@pytest.mark.parametrize("media,status", [("application/json;", 401), ("APPLICATION/JSON ; charset=\"UTF-8\" ; v=1", 401), ("application/json; charset=latin1", 415), ("application/json, text/plain", 415), ("text/json", 415),
                                          ("application/x-www-form-urlencoded", 415), ("multipart/form-data; boundary=x", 415), ("", 415)])
def test_json_is_known_by_its_media_type(stack, media, status):
    expect(stack.client().post("/v1/auth/login", {"email": "nobody@example.org", "password": GOOD}, headers={"Content-Type": media}, valid=False), status)


# -- logging out
def end_all(stack, token):
    return stack.client(token=token).post("/v1/auth/logout_all")


def signed_in(stack, person):
    return expect(login(stack, person.email, person.password), 200).json["access_token"]


def test_S8_logout_all_twice_and_with_an_expired_token_is_204(stack, person, clock):
    expect(end_all(stack, person.access), 204)
    expect(end_all(stack, person.access), 204)
    token = signed_in(stack, person)
    clock.advance(hours=2)
    expect(end_all(stack, token), 204)
    for bad in (None, "nonsense", person.refresh_token):
        expect(end_all(stack, bad), 401)


def test_S8_the_token_of_an_ended_session_ends_nobody_elses(stack, person):
    person.logout()
    other = signed_in(stack, person)
    expect(end_all(stack, person.access), 204)
    expect(stack.client(token=other).get("/v1/auth/me"), 200)


def test_S9_the_oldest_sessions_give_way_at_the_cap(stack, person):
    auth = stack.also("auth", "auth-two-sessions", MITA_MAX_SESSIONS="2").start()
    try:
        client = stack.client(auth)
        tokens = [person.access] + [expect(client.post("/v1/auth/login", {"email": person.email, "password": person.password}), 200).json["access_token"] for _ in range(3)]
        alive = lambda: [stack.client(auth, t).get("/v1/auth/me").status == 200 for t in tokens]
        until(lambda: alive() == [False, False, True, True], 2 * auth.slow, "the two oldest dead, the others alive")
    finally:
        auth.stop()
