"""One operation, three maps: the contract, the row that the gateway's map is made of, the service's hand-written row. None without the others."""
import copy
import importlib.util
import pathlib
import re
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "proto-json"))
spec = importlib.util.spec_from_file_location("generate", ROOT / "proto-json/generate.py")
generate = importlib.util.module_from_spec(spec)
spec.loader.exec_module(generate)

DOCUMENT = generate.bundle.load()
ROW = re.compile(r'\{(?:http::)?verb::(\w+),\s*"([^"]+)",\s*([\w:<>]+)(?:,\s*(?:http::)?access::(\w+))?')
NOT_OF_PEOPLE = re.compile(r"/(livez|readyz|health|metrics)$|/internal/.*")  # the listeners' own


def rows_of(service, text=None):
    """{(verb, path): access} of a service's routes.cpp, for what people ask."""
    text = (ROOT / f"services/{service}/routes.cpp").read_text() if text is None else text
    return {(verb, path): access or "user" for verb, path, _, access in ROW.findall(text) if not NOT_OF_PEOPLE.fullmatch(path)}


def operations_of(service, document=DOCUMENT):
    return {(generate.VERBS[method], path): operation for method, path, operation, _ in generate.operations(document) if operation["tags"] == [service]}


def differences(service, rows, operations):
    return [f"{service}: {verb} {path} has no operation in openapi.yaml" for verb, path in sorted(rows.keys() - operations.keys())] + \
        [f"openapi.yaml: {verb} {path} has no row in services/{service}/routes.cpp" for verb, path in sorted(operations.keys() - rows.keys())]


@pytest.mark.parametrize("service", ["auth", "finance"])
def test_every_route_of_a_service_is_an_operation_and_every_operation_has_its_route(service):
    assert len(rows_of(service)) > 8
    assert differences(service, rows_of(service), operations_of(service)) == []


@pytest.mark.parametrize("service", ["auth", "finance"])
def test_a_route_without_an_operation_or_an_operation_without_a_route_would_be_found(service):
    text = (ROOT / f"services/{service}/routes.cpp").read_text()
    extra = text.replace("constexpr http::route<app> ", 'constexpr http::route<app> more[] = {{verb::get, "/v1/more", more}};\nconstexpr http::route<app> ', 1)
    assert differences(service, rows_of(service, extra), operations_of(service)) == [f"{service}: get /v1/more has no operation in openapi.yaml"]
    more = copy.deepcopy(DOCUMENT)
    more["paths"]["/v1/more"] = {"get": {"operationId": "more", "tags": [service], "responses": {}}}
    assert differences(service, rows_of(service), operations_of(service, more)) == [f"openapi.yaml: get /v1/more has no row in services/{service}/routes.cpp"]


@pytest.mark.parametrize("service", ["auth", "finance"])
def test_a_service_asks_for_a_token_where_the_contract_does(service):
    operations = operations_of(service)
    for key, access in rows_of(service).items():
        schemes = {name for one in operations[key].get("security", DOCUMENT["security"]) for name in one}
        # A client's secret may stand in the body: its handler looks.
        assert (access == "open") == (schemes <= {"client"} or operations[key].get("x-dead-token", False)), key
        assert (access == "service") == ("service" in schemes), key
        assert (access == "recent") <= ("recent_login_required" in operations[key].get("x-codes", [])), key


def row(**members):
    operation = {"operationId": "some", "tags": ["finance"], **members}
    return generate.row("post", "/v1/some", operation, operation.get("parameters", []), DOCUMENT)


def test_the_map_says_only_what_is_not_the_default():
    assert row() == '    {.method = http::verb::post, .path = "/v1/some", .to = target::finance, .name = "some", .audited = true},\n'
    assert ".token = false" in row(security=[]) and ".token = false" in row(**{"x-dead-token": True})
    assert ".by = limit::login" in row(**{"x-rate-limit": "login"}) and ".body_limit = 1048576" in row(**{"x-body-limit": 1 << 20})
    for parameter in ("IdempotencyKey", "IdempotencyKeyOptional"):
        assert ".keyed = true" in row(parameters=[{"$ref": f"#/components/parameters/{parameter}"}])
    assert ".keyed" not in row(parameters=[{"$ref": "#/components/parameters/IfMatch"}])
    streamed = generate.row("get", "/v1/some", {"operationId": "some", "tags": ["finance"], "x-streamed": True}, [], DOCUMENT)
    assert streamed == '    {.method = http::verb::get, .path = "/v1/some", .to = target::finance, .name = "some", .streamed = true},\n'
    own = row(operationId="someThing", tags=["operations"])
    assert ".own = own::some_thing" in own and '.name = "some_thing"' in own and ".audited" not in own


@pytest.mark.parametrize("members,why", [({"x-rate-limits": "login"}, "unknown x-rate-limits"), ({"x-rate-limit": "user/login"}, "x-rate-limit is one of"),
    ({"tags": ["mail"]}, "needs one tag"),
                                         ({"tags": []}, "needs one tag"), ({"x-streamed": True}, "an answer to GET"), ({"x-body-limit": "1 MB"}, "number of bytes")])
def test_an_operation_that_cannot_be_mapped_ends_the_build_with_its_name(members, why):
    with pytest.raises(SystemExit, match=f"openapi.yaml: some: .*{why}"):
        row(**members)


def test_only_what_is_posted_is_keyed():
    with pytest.raises(SystemExit, match="an Idempotency-Key is for POST"):
        generate.row("patch", "/v1/some", {"operationId": "some", "tags": ["finance"]}, [{"$ref": "#/components/parameters/IdempotencyKey"}], DOCUMENT)
