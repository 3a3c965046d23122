"""proto-json/ itself: the OpenAPI document is well formed, every reference resolves, examples agree with their schemas, codes are listed."""
import importlib.util
import json
import pathlib
import re

import jsonschema
import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
CONTRACT = ROOT / "proto-json"
spec = importlib.util.spec_from_file_location("bundle", CONTRACT / "bundle.py")
bundle = importlib.util.module_from_spec(spec)
spec.loader.exec_module(bundle)

SCHEMAS = bundle.schemas()
DOCUMENT = bundle.load()
STORE = {schema["$id"]: schema for schema in SCHEMAS.values()}
METHODS = {"get", "put", "post", "delete", "options", "head", "patch", "trace"}


def validator(name):
    schema = SCHEMAS[name]
    return jsonschema.Draft202012Validator(schema, resolver=jsonschema.RefResolver(schema["$id"], schema, store=STORE))


def references(node, at=""):
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield at, node["$ref"]
        for key, x in node.items():
            yield from references(x, f"{at}/{key}")
    elif isinstance(node, list):
        for index, x in enumerate(node):
            yield from references(x, f"{at}/{index}")


def operations():
    for path, item in DOCUMENT["paths"].items():
        for method, operation in item.items():
            if method in METHODS:
                yield path, method, operation, item.get("parameters", [])


def resolve(node):
    while isinstance(node, dict) and str(node.get("$ref", "")).startswith("#/"):
        target = DOCUMENT
        for part in node["$ref"][2:].split("/"):
            target = target[part]
        node = target
    return node


# What OpenAPI 3.1 itself demands of the objects used here (spec.openapis.org/oas/v3.1.0, section 4.8).
RULES = {"type": "object", "required": ["openapi", "info", "paths", "components"], "properties": {
    "openapi": {"const": "3.1.0"},
    "info": {"type": "object", "required": ["title", "version"], "properties": {"title": {"type": "string"}, "version": {"type": "string"}}},
    "servers": {"type": "array", "items": {"type": "object", "required": ["url"]}},
    "paths": {"type": "object", "propertyNames": {"pattern": "^/"}, "additionalProperties": {"$ref": "#/$defs/item"}},
    "components": {"type": "object", "additionalProperties": False, "properties": {
        "schemas": {"type": "object"},
        "securitySchemes": {"type": "object", "additionalProperties": {"type": "object", "required": ["type"], "properties": {
            "type": {"enum": ["apiKey", "http", "mutualTLS", "oauth2", "openIdConnect"]}}}},
        "parameters": {"type": "object", "additionalProperties": {"$ref": "#/$defs/parameter"}},
        "requestBodies": {"type": "object", "additionalProperties": {"$ref": "#/$defs/body"}},
        "headers": {"type": "object", "additionalProperties": {"$ref": "#/$defs/header"}},
        "responses": {"type": "object", "additionalProperties": {"$ref": "#/$defs/response"}}}}},
    "propertyNames": {"anyOf": [{"enum": ["openapi", "info", "jsonSchemaDialect", "servers", "paths", "webhooks", "components", "security", "tags",
                                          "externalDocs"]}, {"pattern": "^x-"}]},
    "$defs": {
        "ref": {"type": "object", "required": ["$ref"], "additionalProperties": False, "properties": {"$ref": {"type": "string"}}},
        "item": {"type": "object", "additionalProperties": False, "properties": {"parameters": {"type": "array", "items": {"$ref": "#/$defs/parameter"}},
                 **{m: {"$ref": "#/$defs/operation"} for m in sorted(METHODS)}}},
        "operation": {"type": "object", "additionalProperties": False, "required": ["operationId", "responses", "summary", "tags"], "properties": {
            "operationId": {"type": "string"}, "tags": {"type": "array"}, "summary": {"type": "string"}, "description": {"type": "string"},
            "x-rate-limit": {"enum": ["login", "register"]}, "x-dead-token": {"const": True}, "x-reads": {"const": True}, "x-streamed": {"const": True}, "x-body-limit": {"type": "integer", "minimum": 0},
            "x-codes": {"type": "array", "items": {"type": "string"}, "minItems": 1},
            "security": {"type": "array", "items": {"type": "object", "additionalProperties": {"type": "array"}}},
            "parameters": {"type": "array", "items": {"$ref": "#/$defs/parameter"}}, "requestBody": {"$ref": "#/$defs/body"},
            "responses": {"type": "object", "minProperties": 1, "propertyNames": {"pattern": "^([1-5][0-9X][0-9X]|default)$"},
                          "additionalProperties": {"$ref": "#/$defs/response"}}}},
        "parameter": {"anyOf": [{"$ref": "#/$defs/ref"}, {"type": "object", "additionalProperties": False, "required": ["name", "in", "schema"], "properties": {
            "name": {"type": "string"}, "in": {"enum": ["query", "header", "path", "cookie"]}, "required": {"type": "boolean"},
            "description": {"type": "string"}, "schema": {"$ref": "#/$defs/schema"}},
            "if": {"properties": {"in": {"const": "path"}}}, "then": {"properties": {"required": {"const": True}}, "required": ["required"]}}]},
        "body": {"anyOf": [{"$ref": "#/$defs/ref"}, {"type": "object", "additionalProperties": False, "required": ["content"], "properties": {
            "required": {"type": "boolean"}, "description": {"type": "string"}, "content": {"$ref": "#/$defs/content"}}}]},
        "content": {"type": "object", "propertyNames": {"pattern": "^[a-z]+/[a-z0-9.+-]+$"}, "additionalProperties": {
            "type": "object", "additionalProperties": False, "required": ["schema"], "properties": {"schema": {"$ref": "#/$defs/schema"}}}},
        "header": {"anyOf": [{"$ref": "#/$defs/ref"}, {"type": "object", "additionalProperties": False, "required": ["schema"], "properties": {
            "required": {"type": "boolean"}, "description": {"type": "string"}, "schema": {"$ref": "#/$defs/schema"}}}]},
        "response": {"anyOf": [{"$ref": "#/$defs/ref"}, {"type": "object", "additionalProperties": False, "required": ["description"], "properties": {
            "description": {"type": "string"}, "headers": {"type": "object", "additionalProperties": {"$ref": "#/$defs/header"}},
            "content": {"$ref": "#/$defs/content"}}}]},
        "schema": {"type": ["object", "boolean"]}}}


def test_the_openapi_document_is_well_formed():
    found = [f"{'/'.join(map(str, e.absolute_path))}: {e.message}" for e in jsonschema.Draft202012Validator(RULES).iter_errors(DOCUMENT)]
    assert found == []


def test_no_member_of_the_openapi_document_is_null():
    """A comma in an unquoted YAML description makes a second member of null, and no tool reads the document any more."""
    def nulls(node, at=""):
        for key, value in node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ():
            if value is None:
                yield f"{at}/{key}"
            yield from nulls(value, f"{at}/{key}")
    assert list(nulls(DOCUMENT)) == []


def test_every_inline_schema_and_every_schema_file_is_valid_json_schema():
    for name, schema in SCHEMAS.items():
        jsonschema.Draft202012Validator.check_schema(schema)
        assert schema["$id"] == f"https://mita.local/schemas/{name}.json" and schema["title"]


def test_no_file_names_a_member_twice():
    def once(pairs):
        names = [name for name, _ in pairs]
        assert len(names) == len(set(names)), f"{file}: {names}"
        return dict(pairs)

    for file in sorted(CONTRACT.rglob("*.json")):
        json.loads(file.read_text(), object_pairs_hook=once)


def test_every_reference_resolves():
    missing = [f"schemas/{name}.json{at} -> {ref}" for name, schema in SCHEMAS.items() for at, ref in references(schema)
               if not (CONTRACT / "schemas" / ref).is_file()]
    for at, ref in references(DOCUMENT):
        if ref.startswith("#/"):
            try:
                assert resolve({"$ref": ref}) is not None
            except KeyError:
                missing.append(f"{at} -> {ref}")
        elif not (CONTRACT / ref).is_file():
            missing.append(f"{at} -> {ref}")
    assert missing == []


def test_path_parameters_are_declared_and_operation_ids_are_unique():
    names = []
    for path, method, operation, shared in operations():
        names.append(operation["operationId"])
        declared = {p["name"] for p in map(resolve, shared + operation.get("parameters", [])) if p["in"] == "path"}
        assert declared == set(re.findall(r"{(\w+)}", path)), path
    assert len(names) == len(set(names)) > 20


def test_every_error_answer_is_a_problem_and_every_answer_names_its_request_id():
    for path, method, operation, _ in operations():
        for status, response in operation["responses"].items():
            response = resolve(response)
            assert "X-Request-Id" in response["headers"], (path, method, status)
            if status >= "400":
                assert "application/problem+json" in response["content"], (path, method, status)


def test_every_operation_that_needs_a_person_documents_401():
    for path, method, operation, _ in operations():
        if operation.get("security", DOCUMENT["security"]) == [{"bearer": []}]:
            assert {"401", "403"} <= set(operation["responses"]), (path, method)


def test_the_served_document_stands_alone_and_holds_nothing_that_is_for_our_build():
    document = bundle.bundle()
    assert not [key for item in document["paths"].values() for operation in item.values() if isinstance(operation, dict) for key in operation if key.startswith("x-")]
    assert not [ref for _, ref in references(bundle.bundle()) if not ref.startswith("#/")]


def test_the_served_document_shows_each_message_by_the_examples_that_are_accepted():
    shown = {name: schema["examples"] for name, schema in bundle.bundle()["components"]["schemas"].items()}
    assert shown == {name: found for name, found in bundle.examples("ok").items() if name in shown}
    assert all(shown.values())


@pytest.mark.parametrize("file", sorted((CONTRACT / "examples/ok").glob("*.json")), ids=lambda f: f.stem)
def test_an_ok_example_is_accepted(file):
    name = file.stem.split(".")[0]
    validator(name).validate(json.loads(file.read_text()))


@pytest.mark.parametrize("file", sorted((CONTRACT / "examples/bad").glob("*.json")), ids=lambda f: f.stem)
def test_a_bad_example_is_refused(file):
    name = file.stem.split(".")[0]
    assert not validator(name).is_valid(json.loads(file.read_text()))


def test_every_schema_has_an_ok_and_a_bad_example():
    for kind in ("ok", "bad"):
        seen = {file.stem.split(".")[0] for file in (CONTRACT / "examples" / kind).glob("*.json")}
        assert seen == set(SCHEMAS), (kind, seen ^ set(SCHEMAS))


def listed_codes():
    return set(re.findall(r"^\| `([a-z0-9_]+)` \|", (CONTRACT / "README.md").read_text(), re.M))


def test_every_code_an_operation_adds_is_listed_with_a_status_it_has():
    problems = dict(re.findall(r"^\| `(\w+)` \| ([\d, ]+) \|", (CONTRACT / "README.md").read_text(), re.M))
    for path, method, operation, _ in operations():
        for code in operation.get("x-codes", []):
            assert set(problems[code].split(", ")) & set(operation["responses"]), (path, method, code)


# Where services and libraries name a code: the second argument of api_error / head_error / problem, and findings.
NAMED = re.compile(r'(?:api_error\(\s*\d{3}\s*,\s*|api_error\{\s*\d{3}\s*,\s*)"([a-z][a-z0-9_]*)"')


def test_every_code_named_in_the_sources_is_listed():
    named = {}
    for folder in ("libs", "services"):
        for file in sorted((ROOT / folder).rglob("*.[ch]pp")):
            for code in NAMED.findall(file.read_text()):
                named.setdefault(code, file.relative_to(ROOT).as_posix())
    unlisted = {code: file for code, file in named.items() if code not in listed_codes()}
    assert unlisted == {}
