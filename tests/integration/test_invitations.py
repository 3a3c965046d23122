"""Registration by invitation: with a token, once, for whom it was given; and who makes the tokens. A1, L3, P0."""
import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from mita.client import Client, canaries, expect
from mita.people import uuid7
from mita.waiting import until
from test_recovery import NEW, new_address


@pytest.fixture(scope="module")
def door(running):
    """An instance where people are invited, and a twin."""
    both = [running.also("auth", f"auth-invited-{n}", MITA_REGISTRATION="invited").start() for n in (1, 2)]
    yield both
    for service in both:
        service.stop()


def invite(stack, *words):
    made = json.loads(stack.operate("auth", "invitations", "add", *words))
    canaries.add(made["token"])
    return made


def enter(stack, service, address=None, token=..., headers=None, valid=True):
    address = address or new_address()
    canaries.update({address, NEW})
    body = {"email": address, "password": NEW} | ({} if token is ... else {"invitation": token})
    answer = stack.client(service).post("/v1/auth/register", body, headers=headers, valid=valid)
    if answer.status == 201:
        canaries.update({answer.json["access_token"], answer.json["refresh_token"]})
    return answer


def test_A1_nobody_registers_without_an_invitation(stack, door):
    expect(enter(stack, door[0]), 403, "invitation_required")
    expect(enter(stack, door[0], token=None), 403, "invitation_required")
    for token in ("x", "min_" + "A" * 43, "mot_" + "A" * 43, "min_" + "A" * 150):
        expect(enter(stack, door[0], token=token), 422, "invalid_token")
    expect(enter(stack, door[0], token="x" * 201, valid=False), 422, "validation_failed")


def test_A1_an_invitation_is_good_once_also_in_parallel_on_two_instances(stack, door):
    token = invite(stack)["token"]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda n: enter(stack, door[n % 2], token=token), range(8)))
    assert [a.status for a in answers].count(201) == 1 and {a.status for a in answers} == {201, 422}
    expect(enter(stack, door[1], token=token), 422, "invalid_token")
    made = next(a for a in answers if a.status == 201)
    assert made.json["user"]["email_verified"] is False
    expect(Client(stack.gateway, stack.contract, made.json["access_token"]).get("/v1/me"), 200)


def test_P0_one_for_an_address_is_for_that_mailbox_however_it_is_written(stack, door):
    address = new_address()
    token = invite(stack, "--email", address)["token"]
    expect(enter(stack, door[0], token=token), 422, "invalid_token")
    expect(enter(stack, door[0], address.upper(), token), 201)
    assert stack.cluster.sql("select address_key from auth.invitations where used_by is not null and address_key is not null") == []


def test_A1_a_taken_address_uses_no_invitation_up(stack, door, person):
    token = invite(stack)["token"]
    expect(enter(stack, door[0], person.email, token), 409, "email_taken")
    expect(enter(stack, door[0], token=token), 201)


def test_A1_an_invitation_is_over_after_its_days_or_when_it_is_ended(stack, door, clock):
    short, ended = invite(stack, "--days", "2"), invite(stack)
    assert stack.operate("auth", "invitations", "revoke", ended["id"]).strip() == "revoked"
    expect(enter(stack, door[0], token=ended["token"]), 422, "invalid_token")
    clock.advance(days=2, seconds=1)
    until(lambda: short["id"] not in stack.operate("auth", "invitations", "list"), 3, "it to be over")
    expect(enter(stack, door[0], token=short["token"]), 422, "invalid_token")
    assert "no such" in stack.operate("auth", "invitations", "revoke", short["id"], status=1)
    assert "no such" in stack.operate("auth", "invitations", "revoke", "nothing", status=1)
    assert "not an e-mail" in stack.operate("auth", "invitations", "add", "--email", "nobody", status=1)


def test_L3_guesses_at_invitations_are_slowed_by_network(stack, door):
    at = {"X-Forwarded-For": "203.0.113.99"}
    statuses = [enter(stack, door[0], token="min_" + "A" * 43, headers=at).status for _ in range(12)]
    assert statuses == [422] * 10 + [429] * 2


def test_where_nobody_is_invited_the_member_means_nothing(stack):
    expect(enter(stack, stack.auth, token="min_" + "A" * 43), 201)


def test_the_database_holds_no_token(stack):
    token = invite(stack)["token"]
    text = "\n".join(row for (row,) in stack.cluster.sql("select row_to_json(i)::text from auth.invitations i"))
    assert token not in text and token.removeprefix("min_") not in text


# -- by administrators
@pytest.fixture
def admin(stack):
    someone = stack.person()
    stack.operate("auth", "users", "role", someone.id, "admin")
    until(lambda: stack.client(stack.auth, someone.access).get("/v1/auth/me").status == 401, 3, "auth to hear of the role")
    someone.login()
    return someone


def test_A1_administrators_invite_and_take_back(stack, door, admin, person):
    made = expect(admin.post("/v1/admin/invitations", {"expires_in_days": 30}), 201).json
    canaries.add(made["token"])
    assert made["invited_by"] == admin.id and made["link"].endswith(f"/register#token={made['token']}")
    address = new_address()
    bound = expect(admin.post("/v1/admin/invitations", {"email": address.upper()}), 201).json
    canaries.add(bound["token"])
    listed = expect(admin.get("/v1/admin/invitations"), 200).json["data"]
    assert {k: v for k, v in made.items() if k not in ("token", "link")} in listed and address in [i.get("email") for i in listed]
    first = expect(admin.get("/v1/admin/invitations?limit=1"), 200).json
    assert first["data"] == listed[:1] and expect(admin.get(f"/v1/admin/invitations?cursor={first['next_cursor']}"), 200).json["data"] == listed[1:]
    expect(enter(stack, door[0], token=made["token"]), 201)
    expect(admin.delete(f"/v1/admin/invitations/{bound['id']}"), 204)
    expect(enter(stack, door[1], address, bound["token"]), 422, "invalid_token")
    for gone in (made["id"], bound["id"], uuid7(stack.clock)):
        expect(admin.delete(f"/v1/admin/invitations/{gone}"), 404, "not_found")
    for method, path, body in (("GET", "/v1/admin/invitations", None), ("POST", "/v1/admin/invitations", {}), ("DELETE", f"/v1/admin/invitations/{made['id']}", None)):
        expect(person.client.request(method, path, body), 403, "forbidden")


@pytest.mark.parametrize("body", [{"email": "nobody"}, {"email": 1}, {"expires_in_days": 0}, {"expires_in_days": 366}, {"role": "admin"}])
def test_an_invitation_that_is_none_is_422(admin, body):
    expect(admin.post("/v1/admin/invitations", body, valid=False), 422, "validation_failed")


def test_an_invitation_of_long_ago_is_forgotten(stack, clock):
    made = invite(stack, "--days", "1")
    clock.advance(days=32)
    sweeper = stack.also("auth", "auth-invitations-sweep", MITA_HOUSEKEEPING_MS="100").start()
    until(lambda: stack.cluster.sql("select count(*) from auth.invitations where id = %s", made["id"]) == [(0,)], 10, "it to be forgotten")
    sweeper.stop()
