#!/usr/bin/python3
"""Makes the gateway's part of the contract, run by CMake: `generate.py DIRECTORY` writes gateway_routes.cpp (services/gateway/routes.hpp) and
openapi_json.cpp (services/gateway/own/openapi_json.hpp) there. What is wrong with an operation ends the build with its name."""
import gzip
import hashlib
import pathlib
import sys

import bundle

VERBS = {"get": "get", "put": "put", "post": "post", "patch": "patch", "delete": "del"}
TARGETS = {"auth": "auth", "finance": "finance", "operations": "own"}
LIMITS = {"user": "user", "login": "login", "register": "registration"}
MEMBERS = {"x-reads", "x-rate-limit", "x-dead-token", "x-body-limit", "x-codes", "x-streamed"}
BODY_LIMIT = 64 << 10
HEADER = "// Made by proto-json/generate.py from the contract at build.\n"


def fail(operation, why):
    sys.exit(f"openapi.yaml: {operation['operationId']}: {why}")


def operations(document):
    """(method, path, operation, its parameters with the path's) of each call, in the contract's order."""
    for path, item in document["paths"].items():
        for method in VERBS:
            if method in item:
                yield method, path, item[method], item.get("parameters", []) + item[method].get("parameters", [])


def is_keyed(parameters, document):
    """Does it take an Idempotency-Key?"""
    named = [document["components"]["parameters"][p["$ref"].rsplit("/", 1)[1]] if "$ref" in p else p for p in parameters]
    return any(p["in"] == "header" and p["name"] == "Idempotency-Key" for p in named)


def snake(name):
    return "".join("_" + c.lower() if c.isupper() else c for c in name)


def row(method, path, operation, parameters, document):
    """One row of the gateway's map; only what is not the default is said."""
    unknown = {key for key in operation if key.startswith("x-")} - MEMBERS
    if unknown:
        fail(operation, f"unknown {', '.join(sorted(unknown))}")
    if len(operation["tags"]) != 1 or operation["tags"][0] not in TARGETS:
        fail(operation, f"needs one tag of {', '.join(TARGETS)}")
    to = TARGETS[operation["tags"][0]]
    if operation.get("x-rate-limit", "user") not in LIMITS:
        fail(operation, f"x-rate-limit is one of {', '.join(LIMITS)}")
    limit = operation.get("x-body-limit", BODY_LIMIT)
    if not isinstance(limit, int) or limit < 0:
        fail(operation, "x-body-limit is a number of bytes")
    open_ = not any("bearer" in one for one in operation.get("security", document["security"]))  # of a person: what others show, the service judges
    said = [f".method = http::verb::{VERBS[method]}", f'.path = "{path}"', f".to = target::{to}", f'.name = "{snake(operation["operationId"])}"']
    if to != "own" and (method != "get" or path.startswith("/v1/admin/")):
        said.append(".audited = true")
        if operation.get("x-reads"):
            said.append(".only_refusals = true")
    if to == "own" or open_ or operation.get("x-dead-token"):
        said.append(".token = false")
    if operation.get("x-rate-limit"):
        said.append(f".by = limit::{LIMITS[operation['x-rate-limit']]}")
    if any("client" in one for one in operation.get("security", [])):
        said.append(".oauth = true")
    if is_keyed(parameters, document):
        if method != "post":
            fail(operation, "an Idempotency-Key is for POST")
        said.append(".keyed = true")
    if limit != BODY_LIMIT:
        said.append(f".body_limit = {limit}")
    if operation.get("x-streamed"):
        if method != "get" or to == "own":
            fail(operation, "what is streamed is an answer to GET, of a service")
        said.append(".streamed = true")
    if to == "own":
        said += [".body_limit = 0", f".own = own::{snake(operation['operationId'])}"]
    return "    {" + ", ".join(said) + "},\n"


def routes(document):
    rows = "".join(row(*call, document) for call in operations(document))
    return (HEADER + '#include "gateway/own/own.hpp"\n#include "gateway/routes.hpp"\n\nnamespace mita::gateway {\n\nnamespace {\n'
            f"constexpr gateway_route table[] = {{\n{rows}}};\n}}  // namespace\n\n"
            "std::span<const gateway_route> routes() { return table; }\n\n}  // namespace mita::gateway\n")


def array(name, data):
    lines = [",".join(map(str, data[at:at + 64])) for at in range(0, len(data), 64)]
    return f"constexpr unsigned char {name}[] = {{\n" + ",\n".join(lines) + "};\n"


def embedded(text):
    data = text.encode()
    tag = hashlib.sha256(data).hexdigest()[:16]
    return (HEADER + '#include "gateway/own/openapi_json.hpp"\n\nnamespace mita::gateway::own {\n\nnamespace {\n'
            + array("plain", data) + array("packed", gzip.compress(data, mtime=0)) + "}  // namespace\n\n"
            "std::string_view openapi_json() { return {reinterpret_cast<const char*>(plain), sizeof plain}; }\n"
            "std::string_view openapi_gzip() { return {reinterpret_cast<const char*>(packed), sizeof packed}; }\n"
            f'std::string_view openapi_tag() {{ return "{tag}"; }}\n\n}}  // namespace mita::gateway::own\n')


if __name__ == "__main__":
    place = pathlib.Path(sys.argv[1])
    (place / "gateway_routes.cpp").write_text(routes(bundle.load()))
    (place / "openapi_json.cpp").write_text(embedded(bundle.text()))
