"""The gateway: where requests go, what every answer carries, probes, metrics, limits."""
import json

import pytest

from mita.client import SECURITY_HEADERS, expect, raw
from mita.waiting import until


def head_of(data):
    """(status, {name: value}, body) of one raw answer."""
    head, _, body = data.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    return int(first.split()[1]), {k.lower(): v.strip() for k, v in (line.split(":", 1) for line in lines)}, body


# -- routing
@pytest.mark.parametrize("path", ["/v1/auth/me", "/v1/auth/sessions", "/v1/me", "/v1/today", "/v1/transactions", "/v1/categories", "/v1/currencies", "/.well-known/jwks.json"])
def test_a_path_reaches_its_service(person, path):
    expect(person.get(path), 200)


@pytest.mark.parametrize("path", ["/", "/nowhere", "/v1/nowhere", "/v1/auth/nowhere", "/v2/me", "/v1/transactions/x/y"])
def test_an_unknown_path_is_404(person, path):
    expect(person.get(path, valid=False), 404, "not_found")


@pytest.mark.parametrize("path", ["/nowhere", "/v1/nowhere", "/v1/auth/nowhere", "/v1/transactions/x/y", "/v1/me/x"])
def test_an_unknown_path_is_404_for_anybody_at_every_service(stack, path):
    for service in (stack.gateway, stack.auth, stack.finance):
        expect(stack.client(service).get(path, valid=False), 404, "not_found")


def test_R13_a_wrong_method_is_405_with_allow_for_anybody(stack):
    for client in (stack.client(), stack.client(stack.finance)):
        answer = client.request("DELETE", "/v1/today", valid=False, check=False)
        assert expect(answer, 405, "method_not_allowed").header("Allow") == "GET, HEAD, OPTIONS"


def test_R13_options_lists_what_a_path_allows(stack):
    for client in (stack.client(), stack.client(stack.finance)):
        answer = client.request("OPTIONS", "/v1/transactions/x", valid=False, check=False)
        assert expect(answer, 204).header("Allow") == "GET, HEAD, PATCH, DELETE, OPTIONS" and answer.body == b""


@pytest.mark.parametrize("method,path,allowed", [("DELETE", "/v1/today", "GET"), ("PUT", "/v1/auth/login", "POST"), ("POST", "/livez", "GET"), ("GET", "/v1/auth/logout", "POST"),
                                                 ("PATCH", "/v1/calendar", "GET")])
def test_a_known_path_under_another_method_is_405_with_allow(person, method, path, allowed):
    answer = person.client.request(method, path, valid=False, check=False)
    expect(answer, 405, "method_not_allowed")
    assert allowed in [m.strip() for m in answer.header("Allow").split(",")]


def test_an_unknown_method_is_501(stack):
    status, headers, body = head_of(raw(stack.gateway.port, b"BREW /v1/today HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"))
    assert status == 501 and json.loads(body)["code"] == "not_implemented"


@pytest.mark.parametrize("path", ["/v1/today", "/v1/me", "/v1/transactions"])
def test_without_a_token_the_gateway_refuses_before_any_service(stack, path):
    answer = expect(stack.client().get(path), 401, "unauthorized")
    assert answer.header("WWW-Authenticate").startswith("Bearer")


def test_head_is_get_without_a_body(person):
    get, head = expect(person.get("/v1/me"), 200), person.client.request("HEAD", "/v1/me")
    assert head.status == 200 and head.body == b"" and head.etag == get.etag
    assert head.header("Content-Length") == str(len(get.body))


# -- what every answer carries
def test_a_request_id_is_made_and_reaches_problem_and_header(stack):
    answer = expect(stack.client().get("/v1/me"), 401)
    assert answer.json["request_id"] == answer.header("X-Request-Id")
    assert stack.client().get("/livez").header("X-Request-Id") != answer.header("X-Request-Id")


def test_a_request_id_from_outside_never_reaches_the_log_unchecked(stack):
    evil = 'x"} {"event":"forged"'
    answer = stack.client().get("/livez", headers={"X-Request-Id": evil})
    assert answer.header("X-Request-Id") != evil


@pytest.mark.parametrize("data,status", [
    (b"GET /livez HTTP/1.1\r\n\r\n", 400), (b"GET /livez HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400), (b"GET /livez HTTP/2.0\r\nHost: x\r\n\r\n", 505),
    (b"GET /v1/../livez HTTP/1.1\r\nHost: x\r\n\r\n", 400), (b"GET /v1%2fme HTTP/1.1\r\nHost: x\r\n\r\n", 400), (b"GET /" + b"a" * 8100 + b" HTTP/1.1\r\nHost: x\r\n\r\n", 414),
    (b"GET /livez HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 17000 + b"\r\n\r\n", 431), (b"POST /v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}", 400),
    (b"GET /livez HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer a\r\nAuthorization: Bearer b\r\n\r\n", 400), (b"GET /livez HTTP/1.1\r\nHost : x\r\n\r\n", 400),
], ids=["no host", "two hosts", "version", "dot segments", "escaped slash", "long target", "long header", "two framings", "two authorizations", "space before colon"])
def test_a_malformed_head_gets_a_problem_with_every_security_header(stack, data, status):
    got, headers, body = head_of(raw(stack.gateway.port, data))
    assert got == status
    assert headers["content-type"] == "application/problem+json" and json.loads(body)["status"] == status
    for name, value in SECURITY_HEADERS.items():
        assert headers[name.lower()] == value
    assert headers["x-request-id"]


@pytest.mark.parametrize("target,status", [("/v1/me", 200), ("/v1/auth/me", 200), ("/v1/currencies", 200), ("/v1/transactions/0", 422), ("/v1/calendar?month=x", 422)])
def test_R19_what_a_service_leaves_out_towards_the_gateway_the_gateway_says_once(stack, person, target, status):
    """R19: each line is there, and once."""
    data = f"GET {target} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {person.access}\r\nConnection: close\r\n\r\n".encode()
    answer = raw(stack.gateway.port, data)
    got, headers, _ = head_of(answer)
    assert got == status, headers
    names = [line.partition(b":")[0].lower().decode() for line in answer.partition(b"\r\n\r\n")[0].split(b"\r\n")[1:]]
    assert len(names) == len(set(names)), names
    assert {"date", "x-request-id", "traceparent", "cache-control", "content-type", "content-length"} <= set(names)
    for name, value in SECURITY_HEADERS.items():
        assert headers[name.lower()] == value


@pytest.mark.parametrize("name", ["X-User-Id", "X-Forwarded-User", "X-Auth-User", "X-Request-Deadline-Ms"])
def test_identity_and_deadline_headers_from_outside_count_for_nothing(stack, person, name):
    expect(stack.client().get("/v1/me", headers={name: person.id}), 401)
    expect(person.get("/v1/me", headers={name: "1"}), 200)


def test_an_answer_is_json_in_utf8_without_trailing_spaces(person):
    for path in ("/v1/me", "/v1/categories", "/v1/auth/me", "/livez"):
        text = expect(person.get(path), 200).text
        assert text == text.strip()


# -- probes
def test_livez_readyz_and_health_have_their_forms(stack):
    client = stack.client()
    assert expect(client.get("/livez"), 200).json == {"status": "ok"}
    assert expect(client.get("/readyz"), 200).json["status"] == "ready"
    health = expect(client.get("/health"), 200).json
    assert health["status"] in ("healthy", "degraded") and "platform" not in health and "caches" not in health


def test_health_is_whole_with_the_ops_token(stack):
    whole = expect(stack.client(token=stack.secrets["MITA_OPS_TOKEN"]).get("/health"), 200).json
    assert {"status", "service", "version", "uptime_s", "caches", "platform", "services", "degradation"} <= set(whole)
    assert whole["platform"]["name"] == "local" and set(whole["services"]) == {"auth", "finance"}


@pytest.mark.parametrize("name", ["auth", "finance", "gateway"])
def test_the_internal_listener_shows_the_whole_health(stack, name):
    service = getattr(stack, name)
    health = expect(stack.client(service).get("/health", internal=True), 200).json
    stack.contract.message("health", health)
    assert health["service"] == name and health["platform"]["settings"]
    if name != "gateway":
        assert health["database"]["status"] == "connected" and health["database"]["pool"]["size"] >= 1
    assert not set(stack.secrets.values()) & set(json.dumps(health).replace('"', " ").split())


@pytest.mark.parametrize("name", ["auth", "finance", "gateway"])
def test_metrics_count_requests_and_name_nobody(stack, person, name):
    service = getattr(stack, name)
    path = {"auth": "/v1/auth/me", "finance": "/v1/me", "gateway": "/v1/me"}[name]
    stack.client(service, person.access).get(path)
    text = expect(stack.client(service).get("/metrics", internal=True), 200).text
    wanted = [line for line in text.splitlines() if line.startswith("mita_http_requests_total{") and f'route="{path}"' in line and 'status="200"' in line]
    assert wanted, text[:2000]
    assert person.id not in text and person.email not in text


def test_metrics_on_the_gateway_need_the_ops_token(stack):
    expect(stack.client().get("/metrics", valid=False), 401)
    expect(stack.client(token=stack.secrets["MITA_OPS_TOKEN"]).get("/metrics"), 200)


def test_metrics_speak_openmetrics_when_asked(stack):
    answer = stack.client(stack.gateway, stack.secrets["MITA_OPS_TOKEN"]).get("/metrics", headers={"Accept": "application/openmetrics-text"})
    assert expect(answer, 200).text.endswith("# EOF\n") and answer.header("Content-Type").startswith("application/openmetrics-text")


def test_openapi_json_is_the_contract(stack):
    document = expect(stack.client().get("/openapi.json"), 200)
    served = document.json
    served["components"].pop("schemas"), (ours := json.loads(json.dumps(stack.contract.document)))["components"].pop("schemas")
    assert served == ours
    expect(stack.client().get("/openapi.json", headers={"If-None-Match": document.etag}), 304)


# -- limits
@pytest.fixture(scope="module")
def limited(running):
    """A second gateway with tight limits."""
    service = running.also("gateway", "gateway-limited", MITA_RATE_USER="8;60", MITA_RATE_WRITE="3;60", MITA_RATE_LOGIN="4;60", MITA_RATE_REGISTER="0",
                           MITA_CORS_ORIGINS="https://app.example.org").start()
    yield service
    service.stop()


def test_the_user_limit_is_told_counted_and_enforced(stack, limited, person):
    client = stack.client(limited, person.access)
    left = []
    for _ in range(8):
        answer = expect(client.get("/v1/me"), 200)
        assert answer.header("RateLimit-Policy") == '"user";q=8;w=60'
        left.append(int(answer.header("RateLimit").split("r=")[1].split(";")[0]))
    assert left == sorted(left, reverse=True) and left[-1] == 0
    refused = expect(client.get("/v1/me"), 429, "rate_limited")
    assert 1 <= int(refused.header("Retry-After")) <= 60 and refused.header("RateLimit-Policy")


def test_the_limit_is_per_person(stack, limited, person):
    client = stack.client(limited, person.access)
    until(lambda: client.get("/v1/me").status == 429, 5, "the limit", pause=0)
    expect(stack.client(limited, stack.person().access).get("/v1/me"), 200)


def test_the_write_limit_is_its_own(stack, limited, saver):
    client = stack.client(limited, saver.access)
    body = {"money": {"amount": -1, "currency": "EUR"}, "category": "groceries"}
    statuses = [client.post("/v1/transactions", body, headers={"Idempotency-Key": f"k{i}"}).status for i in range(4)]
    assert statuses == [201, 201, 201, 429]
    expect(client.get("/v1/me"), 200)


def test_the_login_limit_counts_wrong_attempts(stack, limited, person):
    client = stack.client(limited)
    statuses = [client.post("/v1/auth/login", {"email": person.email, "password": "canary wrong"}).status for _ in range(5)]
    assert statuses == [401] * 4 + [429]


def test_probes_are_never_limited(stack, limited):
    for _ in range(20):
        expect(stack.client(limited).get("/livez"), 200)


def test_R18_a_preflight_of_an_allowed_origin_is_answered_before_authentication(stack, limited):
    ask = {"Origin": "https://app.example.org", "Access-Control-Request-Method": "POST"}
    answer = stack.client(limited).request("OPTIONS", "/v1/transactions", headers=ask, valid=False, check=False)
    assert answer.status == 204 and answer.header("Access-Control-Allow-Origin") == "https://app.example.org" and "Origin" in answer.header("Vary")


def test_R18_another_origin_gets_no_cors_headers(stack, limited):
    answer = stack.client(limited).get("/livez", headers={"Origin": "https://app.example.org.evil.example"})
    assert answer.header("Access-Control-Allow-Origin") is None and "Origin" in answer.header("Vary")


@pytest.mark.parametrize("method,path,status", [("GET", "/livez", 200), ("GET", "/v1/me", 401), ("GET", "/metrics", 401), ("GET", "/openapi.json?x=1", 400), ("GET", "/nowhere", 404), ("DELETE", "/v1/today", 405), ("OPTIONS", "/v1/today", 204)])
def test_R18_the_gateways_own_answers_can_be_read_by_an_allowed_origin(stack, limited, method, path, status):
    answer = stack.client(limited).request(method, path, headers={"Origin": "https://app.example.org"}, valid=False, check=False)
    assert answer.status == status and answer.header("Access-Control-Allow-Origin") == "https://app.example.org" and "Origin" in answer.header("Vary")
