"""Faults that other services of this kind had in 2025 and 2026, each as a test. What has one elsewhere by its rule is only named:

a reset or a recovery skips a factor                P8, M5: test_second_factor, test_recovery
a link built from Host or Origin                    P8: test_recovery, test_P8_links_come_from_the_settings_whatever_the_request_says
a one-time token used again, for another purpose    P8, T10: test_recovery; without an end: here
a change of address that is bound to nothing        test_recovery: an address changes when the new one is proven; P0, P7
the verified flag in the person's own hands         A1: test_recovery
guesses that race the counter of tries              M3: test_second_factor; two hundred: here
a code by time used again, enrolled without login   M1, S9: test_second_factor
refreshes that race; one that lives after a start   S2, S4: test_auth, test_sessions; fault/test_processes; here
a path beside that the throttle forgot              L3: test_throttles, test_second_factor, test_deletion, test_services, test_invitations
a token of one client at another                    O1: test_services; of people at services: here
a cursor that reaches SQL                           test_lists, test_bad_input, test_hostile; secrets without defaults: A4
a huge field that costs time                        here
a Bearer read in two ways                           here
a change that takes another with it                 C2: test_versions; A1: test_admin, two administrators at once
passkeys judged by halves                           W1, W2, W3: test_passkeys
"""
import secrets
import time
from concurrent.futures import ThreadPoolExecutor

import psycopg2
import pytest

from mita.client import Client, expect
from mita.metrics import samples
from mita.totp import enrol, first_step, second_step
from test_auth import alive, refresh
from test_services import Known

LONG = 60_000


@pytest.mark.parametrize("column", ["expires_at", "hash", "purpose", "bound"])
def test_a_one_time_token_without_an_end_or_a_binding_cannot_be_written(stack, person, column):
    values = {"hash": b"\0" * 32, "purpose": "reset_password", "user_id": person.id, "bound": "", "created_at": "2026-01-01", "expires_at": "2026-01-01"} | {column: None}
    with pytest.raises(psycopg2.errors.NotNullViolation, match=column):
        stack.cluster.sql(f"insert into auth.one_time_tokens ({', '.join(values)}) values (%s, %s, %s, %s, %s, %s)", *values.values())


def test_M3_of_two_hundred_guesses_at_once_five_are_looked_at(stack, clock):
    person = stack.person()
    phone, _ = enrol(person)
    token = first_step(person)
    with ThreadPoolExecutor(32) as pool:
        answers = list(pool.map(lambda _: second_step(stack, token, phone.wrong()), range(200)))
    codes = [a.code for a in answers]
    assert codes.count("invalid_code") == 5 and set(codes) <= {"invalid_code", "invalid_mfa_token", "rate_limited", "overloaded"}
    expect(second_step(stack, token, phone.fresh()), 401, "invalid_mfa_token")


def test_S6_what_ended_before_a_start_is_over_after_it(stack, person):
    """At an instance that was not there when it ended."""
    tokens = person.refresh_token, person.access
    person.logout()
    fresh = stack.also("auth", f"auth-later-{secrets.token_hex(3)}").start()
    expect(stack.client(fresh).post("/v1/auth/refresh", {"refresh_token": tokens[0]}), 401, "invalid_refresh_token")
    expect(Client(fresh, stack.contract, tokens[1]).get("/v1/auth/me"), 401, "unauthorized")
    fresh.stop()


@pytest.mark.parametrize("grant", ["refresh_token", "authorization_code", "urn:ietf:params:oauth:grant-type:token-exchange", "password"])
def test_O2_a_service_turns_no_persons_token_into_one_of_its_own(stack, person, grant):
    known = Known(stack, "introspect", "revoke")
    form = {"grant_type": grant, "refresh_token": person.refresh_token, "code": person.refresh_token, "subject_token": person.access}
    answer = expect(known.call("/v1/auth/token", form, valid=False), 400, "unsupported_grant_type")
    assert answer.json["error"] == "unsupported_grant_type"
    assert refresh(person).status == 200  # and it was not used up


def hashes(stack):
    return sum(n for name, n in samples(stack.client(stack.auth).get("/metrics", internal=True).text).items() if name.startswith("mita_auth_hashes_total"))


HUGE = {"login: email": ("/v1/auth/login", {"email": "x" * LONG, "password": "canary"}), "login: password": ("/v1/auth/login", {"email": "a@example.org", "password": "x" * LONG}),
        "login: device": ("/v1/auth/login", {"email": "a@example.org", "password": "canary", "device_name": "x" * LONG}),
        "register: email": ("/v1/auth/register", {"email": "x" * LONG + "@example.org", "password": "canary long enough"}),
        "register: password": ("/v1/auth/register", {"email": "a@example.org", "password": "x" * LONG}),
        "register: name": ("/v1/auth/register", {"email": "a@example.org", "password": "canary long enough", "display_name": "x" * LONG}),
        "refresh": ("/v1/auth/refresh", {"refresh_token": "x" * LONG}), "reset: token": ("/v1/auth/password/reset", {"token": "x" * LONG, "new_password": "canary long enough"}),
        "reset: password": ("/v1/auth/password/reset", {"token": "mot_" + "A" * 43, "new_password": "x" * LONG}), "forgot": ("/v1/auth/password/forgot", {"email": "x" * LONG}),
        "verify": ("/v1/auth/email/verify", {"token": "x" * LONG}), "code": ("/v1/auth/mfa/verify", {"mfa_token": "mot_" + "A" * 43, "code": "1" * LONG}),
        "mfa token": ("/v1/auth/mfa/verify", {"mfa_token": "x" * LONG, "code": "123456"})}


@pytest.mark.parametrize("case", HUGE)
def test_P3_a_huge_field_is_refused_by_its_length_and_nothing_is_hashed(stack, case):
    path, body = HUGE[case]
    before, began = hashes(stack), time.monotonic()
    answer = expect(stack.client(stack.auth).post(path, body, valid=False), 422, "validation_failed")
    assert time.monotonic() - began < 0.5 * stack.auth.slow and hashes(stack) == before
    assert [f["code"] for f in answer.json["errors"]] == ["too_long"]


BEARERS = {"two spaces": "Bearer  {}", "a tab": "Bearer\t{}", "a space and a tab": "Bearer \t{}", "two tokens": "Bearer {} {}", "a list": "Bearer {}, Bearer {}", "a comma": "Bearer {},", "quoted": 'Bearer "{}"',
           "no scheme": "{}", "another scheme": "Token {}", "a colon": "Bearer: {}", "a parameter": "Bearer token={}", "padding": "Bearer {}="}


@pytest.mark.parametrize("case", BEARERS)
def test_a_bearer_is_one_word_one_space_and_the_token_at_every_service(stack, person, case):
    for service, path in ((stack.gateway, "/v1/me"), (stack.finance, "/v1/me"), (stack.auth, "/v1/auth/me")):
        client = Client(service, stack.contract)
        expect(client.get(path, headers={"Authorization": BEARERS[case].format(person.access, person.access)}), 401, "unauthorized")
        for scheme in ("Bearer", "bearer", "BEARER"):
            expect(client.get(path, headers={"Authorization": f"{scheme} {person.access}"}), 200)
    assert alive(stack, person.access)
