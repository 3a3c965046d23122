"""Services ask auth by themselves: a token for a secret, what a token is, the end of one; to no one else. C3, L3, O1, O2, T10.

RFC 6749 4.4, 7009, 7662, 8414."""
import base64
import json
import secrets
import urllib.parse

import pytest

from mita.client import Client, canaries, expect
from mita.cluster import free_port
from mita.waiting import until
from test_auth import alive, claims, decode, refresh

FORM = "application/x-www-form-urlencoded"


class Known:
    def __init__(self, stack, *scopes):
        self.stack, self.name = stack, f"service {secrets.token_hex(4)}"
        self._made(stack.operate("auth", "clients", "add", self.name, *(["--scope", ",".join(scopes)] if scopes else [])))

    def _made(self, line):
        made = json.loads(line)
        self.id, self.secret = made["client_id"], made["client_secret"]
        canaries.add(self.secret)

    def rotate(self, *words):
        former = self.secret
        self._made(self.stack.operate("auth", "clients", "rotate", self.name, *words))
        return former

    def basic(self, secret=None, id=None):
        return {"Authorization": "Basic " + base64.b64encode(f"{id or self.id}:{secret or self.secret}".encode()).decode()}

    def call(self, path, form, headers=None, service=None, valid=True):
        body = form if isinstance(form, str) else urllib.parse.urlencode(form)
        return self.stack.client(service).post(path, body=body, headers={"Content-Type": FORM, **(self.basic() if headers is None else headers)}, valid=valid)

    def token(self, secret=None, service=None, **form):
        answer = self.call("/v1/auth/token", {"grant_type": "client_credentials"} | form, self.basic(secret), service)
        if answer.status == 200:
            canaries.add(answer.json["access_token"])
        return answer

    def state(self, token, headers=None, service=None):
        return expect(self.call("/v1/auth/introspect", {"token": token}, headers, service), 200).json

    def end(self, token, headers=None, service=None):
        return self.call("/v1/auth/revoke", {"token": token}, headers, service)


@pytest.fixture
def known(stack):
    return Known(stack, "introspect", "revoke")


@pytest.fixture
def plain(stack):
    return Known(stack)


@pytest.fixture(scope="module")
def twin(running):
    """Another instance of auth."""
    service = running.also("auth", "auth-services-twin").start()
    yield service
    service.stop()


# -- a token for a secret
def test_O2_a_secret_gets_a_token_of_a_type_and_an_audience_of_its_own(stack, known, twin):
    for service in (None, twin):
        answer = expect(known.token(service=service), 200)
        assert answer.json["token_type"] == "Bearer" and answer.json["scope"] == "service introspect revoke" and "refresh_token" not in answer.json
        assert answer.header("Cache-Control") == "no-store"
        said, head = claims(answer.json["access_token"]), json.loads(decode(answer.json["access_token"].split(".")[0]))
        assert head["typ"] == "service+jwt" and said["aud"] == "mita-services" and said["sub"] == said["client_id"] == known.id
        assert said["exp"] - said["iat"] == answer.json["expires_in"]


def test_O2_T10_no_call_of_people_takes_a_services_token_and_no_call_of_services_a_persons(stack, known, person):
    token = expect(known.token(), 200).json["access_token"]
    for service, path in ((stack.gateway, "/v1/me"), (stack.gateway, "/v1/auth/me"), (stack.finance, "/v1/me"), (stack.auth, "/v1/auth/me"), (stack.auth, "/v1/auth/sessions")):
        expect(Client(service, stack.contract, token).get(path), 401, "unauthorized")
    assert stack.cluster.sql("select count(*) from finance.users where user_id = %s", known.id) == [(0,)]
    for path in ("/v1/auth/introspect", "/v1/auth/revoke"):
        for service in (stack.gateway, stack.auth):
            expect(known.call(path, {"token": token}, {"Authorization": f"Bearer {person.access}"}, service), 401, "unauthorized")


def test_O2_the_database_holds_no_secret(stack, known):
    text = "\n".join(row for (row,) in stack.cluster.sql("select row_to_json(c)::text from auth.clients c"))
    raw = base64.urlsafe_b64decode(known.secret.removeprefix("mcs_") + "=")
    assert known.secret not in text and raw.hex() not in text
    expect(known.token(secret="mcs_" + "A" * 43), 401, "invalid_client")


def test_a_secret_may_stand_in_the_body_and_not_in_both_places(known):
    form = {"grant_type": "client_credentials", "client_id": known.id, "client_secret": known.secret}
    canaries.add(expect(known.call("/v1/auth/token", form, {}), 200).json["access_token"])
    expect(known.call("/v1/auth/token", form), 400, "invalid_request")


def test_what_is_form_encoded_within_basic_is_read_so(known):
    answer = expect(known.call("/v1/auth/token", {"grant_type": "client_credentials"}, known.basic(secret=known.secret.replace("_", "%5F"), id=known.id.replace("-", "%2d"))), 200)
    canaries.add(answer.json["access_token"])


@pytest.mark.parametrize("form, code", [("", "invalid_request"), ("scope=service", "invalid_request"), ("grant_type=password&username=x&password=y", "unsupported_grant_type"),
                                        ("grant_type=client_credentials&grant_type=client_credentials", "invalid_request"), ("grant_type=%zz", "invalid_request"),
                                        ("grant_type=client_credentials&scope=admin", "invalid_scope"), ("grant_type=client_credentials&scope=service+user", "invalid_scope")])
def test_what_is_not_granted_is_said_as_oauth_says_it(known, form, code):
    answer = expect(known.call("/v1/auth/token", form, valid=False), 400, code)
    assert answer.json["error"] == code and answer.json["error_description"] == answer.json["detail"]


def test_a_scope_narrows_and_unknown_members_are_ignored(plain, known):
    assert expect(known.token(scope="introspect", audience="elsewhere", resource=""), 200).json["scope"] == "service introspect"
    assert expect(plain.token(), 200).json["scope"] == "service"
    expect(plain.token(scope="introspect"), 400, "invalid_scope")


def test_a_json_body_is_415(known):
    for path in ("/v1/auth/token", "/v1/auth/introspect", "/v1/auth/revoke"):
        expect(known.stack.client().post(path, {"token": "x"}, headers=known.basic(), valid=False), 415, "unsupported_media_type")


BAD = {"none": {}, "an empty Basic": {"Authorization": "Basic "}, "no base64": {"Authorization": "Basic !!!!"}, "no colon": {"Authorization": "Basic " + base64.b64encode(b"nothing").decode()},
       "padding within": {"Authorization": "Basic YT==Yjpj"}, "another scheme": {"Authorization": "Digest x"}}


@pytest.mark.parametrize("case", BAD)
def test_O1_nobody_asks_or_ends_or_gets_a_token_without_showing_who_it_is(known, person, case):
    expect(known.call("/v1/auth/token", {"grant_type": "client_credentials"}, BAD[case]), 401, "invalid_client")
    for path in ("/v1/auth/introspect", "/v1/auth/revoke"):
        answer = expect(known.call(path, {"token": person.access}, BAD[case]), 401)
        shown = BAD[case].get("Authorization", "")
        assert answer.code == ("invalid_client" if shown.startswith("Basic ") else "unauthorized") and answer.header("WWW-Authenticate")
        assert (answer.json["error"], answer.json["error_description"]) == ("invalid_client", answer.json["detail"])
    assert alive(known.stack, person.access)


def test_a_refusal_before_the_form_is_read_is_said_as_oauth_says_it_too(stack, known, person):
    """RFC 6749 5.2 and 6750 3.1: `error` stands in every refusal of the three calls."""
    for path in ("/v1/auth/introspect", "/v1/auth/revoke"):
        for service in (stack.gateway, stack.auth):
            answer = expect(known.call(path, {"token": "x"}, {"Authorization": "Bearer nonsense"}, service), 401, "unauthorized")
            assert answer.json["error"] == "invalid_token" and 'error="invalid_token"' in answer.header("WWW-Authenticate")
            answer = expect(known.call(path, {"token": "x"}, {}, service), 401, "unauthorized")
            assert answer.json["error"] == "invalid_client"
            answer = expect(known.call(path + "?token=x", {"token": "x"}, None, service, valid=False), 400)
            assert answer.json["error"] == "invalid_request"
    answer = expect(known.call("/v1/auth/token", {}, {"Content-Type": "text/plain"}, valid=False), 415, "unsupported_media_type")
    assert answer.json["error"] == "invalid_request"
    assert "error" not in expect(stack.client(token="nonsense").get("/v1/auth/me"), 401).json  # OAuth's clients alone look for it


def test_O1_unknown_wrong_and_removed_are_one_answer(stack, known, plain):
    stack.operate("auth", "clients", "remove", plain.name)
    answers = [known.token(secret="wrong"), known.token(secret="mcs_" + "A" * 43), plain.token(),
               known.call("/v1/auth/token", {"grant_type": "client_credentials"}, known.basic(id="019d4a5c-7c00-7a01-8b02-0123456789ab")),
               known.call("/v1/auth/token", {"grant_type": "client_credentials"}, known.basic(id="nobody"))]
    for answer in answers:
        expect(answer, 401, "invalid_client")
        assert answer.header("WWW-Authenticate").startswith("Basic ")
    assert len({(a.json["detail"], a.json["error"]) for a in answers}) == 1


def test_L3_wrong_secrets_are_slowed_by_network_and_a_right_one_never(stack, known):
    at = {"X-Forwarded-For": "203.0.113.77"}
    call = lambda secret: known.call("/v1/auth/token", {"grant_type": "client_credentials"}, known.basic(secret) | at, stack.auth)
    statuses = [call("wrong").status for _ in range(12)]
    assert statuses == [401] * 10 + [429] * 2
    canaries.add(expect(call(known.secret), 200).json["access_token"])
    assert int(expect(call("wrong"), 429, "rate_limited").header("Retry-After")) > 0


# -- what a token is
def test_a_service_learns_of_a_good_token_and_of_a_dead_one_nothing(stack, known, person, twin):
    own = {"Authorization": f"Bearer {expect(known.token(), 200).json['access_token']}"}
    for headers, service in ((None, None), (own, None), (None, twin), (own, twin)):
        state = known.state(person.access, headers, service)
        said = claims(person.access)
        assert state == {"active": True, "token_type": "Bearer"} | {k: said[k] for k in ("iss", "aud", "sub", "sid", "jti", "scope", "client_id", "exp", "iat", "auth_time")}
    person.logout()
    for token in (person.access, person.refresh_token, "nonsense", person.access + "x", "x" * 8192):
        assert known.state(token) == {"active": False}
    expect(known.call("/v1/auth/introspect", {"token_type_hint": "access_token"}, valid=False), 400, "invalid_request")


def test_O1_a_service_without_the_scope_learns_of_its_own_tokens_alone(known, plain, person):
    own, others = expect(plain.token(), 200).json["access_token"], expect(known.token(), 200).json["access_token"]
    assert plain.state(own)["client_id"] == plain.id
    assert plain.state(others) == plain.state(person.access) == {"active": False}
    assert known.state(own)["aud"] == "mita-services"


def test_an_expired_token_is_not_active(known, person, clock):
    own = expect(known.token(), 200).json["access_token"]
    clock.advance(seconds=700)
    assert known.state(person.access) == known.state(own) == {"active": False}


# -- the end of a token
def test_C3_a_revoked_token_of_a_service_is_dead_at_once_and_the_others_live(stack, known, twin):
    token, other = (expect(known.token(), 200).json["access_token"] for _ in range(2))
    answer = expect(known.end(token), 200)
    assert answer.body == b"" and known.state(token) == {"active": False}
    until(lambda: known.state(token, service=twin) == {"active": False}, 2, "the other instance to know")
    assert known.state(other)["active"] is True
    expect(known.call("/v1/auth/introspect", {"token": other}, {"Authorization": f"Bearer {token}"}), 401, "unauthorized")
    expect(known.end(token), 200)


@pytest.mark.parametrize("which", ["access", "refresh_token"])
def test_C3_a_service_with_the_scope_ends_a_persons_session_by_either_token(stack, known, person, which):
    expect(known.end(getattr(person, which)), 200)
    assert not alive(stack, person.access)
    until(lambda: Client(stack.finance, stack.contract, person.access).get("/v1/me").status == 401, 2, "finance to know")
    expect(refresh(person), 401)
    expect(known.end(getattr(person, which)), 200)


def test_O1_a_service_without_the_scope_ends_its_own_tokens_alone(stack, plain, known, person):
    others = expect(known.token(), 200).json["access_token"]
    for token in (person.access, person.refresh_token, others):
        answer = expect(plain.end(token), 400, "unauthorized_client")
        assert answer.json["error"] == "unauthorized_client"
    assert alive(stack, person.access) and refresh(person).status == 200 and known.state(others)["active"] is True
    own = expect(plain.token(), 200).json["access_token"]
    expect(plain.end(own), 200)
    assert known.state(own) == {"active": False}
    for nothing in ("nonsense", "mrt_" + "A" * 55):
        expect(plain.end(nothing), 200)


# -- an operator's hand
def test_a_new_secret_ends_the_former_and_its_tokens_at_once_or_after_a_while(stack, known, clock):
    first = expect(known.token(), 200).json["access_token"]
    former = known.rotate()
    expect(known.token(secret=former), 401, "invalid_client")
    until(lambda: known.state(first) == {"active": False}, 3, "its tokens to end")
    second = expect(known.token(), 200).json["access_token"]
    former = known.rotate("--overlap-s", "300")
    for secret in (former, known.secret):
        canaries.add(expect(known.token(secret=secret), 200).json["access_token"])
    assert known.state(second)["active"] is True
    clock.advance(seconds=301)
    until(lambda: known.token(secret=former).status == 401, 3, "the former to be over")
    expect(known.token(), 200)


def test_a_removed_client_and_its_tokens_are_dead(stack, known, plain):
    token = expect(plain.token(), 200).json["access_token"]
    assert plain.name in stack.operate("auth", "clients", "list")
    assert stack.operate("auth", "clients", "remove", plain.id).strip() == "removed"
    until(lambda: known.state(token) == {"active": False}, 3, "its tokens to end")
    assert plain.name not in stack.operate("auth", "clients", "list")


def test_commands_refuse_what_is_not_there_twice_or_unknown(stack, known):
    assert "already" in stack.operate("auth", "clients", "add", known.name, status=1)
    stack.operate("auth", "clients", "add", "x" * 65, status=1)
    stack.operate("auth", "clients", "add", "other " + known.name, "--scope", "admin", status=2)
    for word in ("rotate", "remove"):
        assert "no such client" in stack.operate("auth", "clients", word, "nobody", status=1)
    listed = [json.loads(line) for line in stack.operate("auth", "clients", "list").splitlines()]
    assert known.id in [c["client_id"] for c in listed] and all("secret" not in str(v) for c in listed for v in c.values())


# -- the document
def test_the_document_says_what_is_true(stack, known):
    both = [expect(stack.client().get(f"/.well-known/{name}"), 200) for name in ("openid-configuration", "oauth-authorization-server")]
    assert both[0].text == both[1].text
    said = both[0].json
    assert said["issuer"] == claims(expect(known.token(), 200).json["access_token"])["iss"]
    for endpoint in ("jwks_uri", "token_endpoint", "introspection_endpoint", "revocation_endpoint"):
        path = said[endpoint].removeprefix(said["issuer"])
        assert path.startswith("/") and stack.contract.find("GET" if endpoint == "jwks_uri" else "POST", path)
    assert said["grant_types_supported"] == ["client_credentials"] and said["response_types_supported"] == [] == said["id_token_signing_alg_values_supported"]
    assert "authorization_endpoint" not in said and "userinfo_endpoint" not in said
    assert set(said["scopes_supported"]) == set(expect(known.token(), 200).json["scope"].split())
    expect(stack.client().get("/.well-known/openid-configuration", headers={"If-None-Match": both[0].etag}), 304)


@pytest.mark.parametrize("path", ["/v1/auth/token", "/v1/auth/introspect", "/v1/auth/revoke"])
def test_what_the_gateway_refuses_by_itself_is_said_as_oauth_says_it(stack, path):
    """RFC 6749 5.2: too many, too large, and nobody there to be asked."""
    form = {"body": "token=x&grant_type=client_credentials", "headers": {"Content-Type": "application/x-www-form-urlencoded"}, "valid": False}
    gateway = stack.also("gateway", "gateway-oauth", MITA_RATE_USER="2;60", MITA_AUTH_URL=f"http://127.0.0.1:{free_port()}").start(wait_ready=False)
    try:
        client = stack.client(gateway)
        away = expect(client.post(path, **form), 503)
        large = expect(client.post(path, **form | {"body": "token=" + "x" * 70_000}), 413)
        many = expect(client.post(path, **form), 429)
        for answer, error in ((away, "unavailable"), (large, "invalid_request"), (many, "rate_limited")):
            assert answer.json["error"] == error and answer.json["error_description"] == answer.json["detail"], answer
        assert away.header("Retry-After") and many.header("Retry-After")
        assert "error" not in expect(client.post("/v1/auth/login", {}, valid=False), 503).json
    finally:
        gateway.stop()
