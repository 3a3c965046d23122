"""Checks each request and answer against proto-json/openapi.yaml. A violation raises ContractViolation, which fails the test.

Schemas are compiled once. Requests are checked as they are written; in answers every object is closed, so that nothing undocumented is sent."""
import importlib.util
import json
import pathlib
import re
from urllib.parse import parse_qsl, unquote

import fastjsonschema

from . import pages

FORM = "application/x-www-form-urlencoded"
ROOT = pathlib.Path(__file__).resolve().parents[3]


class ContractViolation(AssertionError):
    pass


def _bundle():
    spec = importlib.util.spec_from_file_location("bundle", ROOT / "proto-json/bundle.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _inline(node, document, closed):
    """The schema with every reference replaced by what it names; objects closed when `closed`."""
    if isinstance(node, list):
        return [_inline(x, document, closed) for x in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        return _inline(_resolve(node, document), document, closed)
    out = {key: _inline(x, document, closed) for key, x in node.items() if key not in ("$schema", "$id", "title", "description")
           or not isinstance(x, str)}
    if closed and isinstance(node.get("properties"), dict) and "additionalProperties" not in node:
        out["additionalProperties"] = False
    return out


def _resolve(node, document):
    while isinstance(node, dict) and "$ref" in node:
        target = document
        for part in node["$ref"][2:].split("/"):
            target = target[part]
        node = target
    return node


def meant(schema, text):
    """A parameter's text as what its schema says it is, where it is that."""
    if schema.get("type") == "integer" and re.fullmatch(r"-?\d+", text):
        return int(text)
    return {"true": True, "false": False}.get(text, text) if schema.get("type") == "boolean" else text


class Contract:
    def __init__(self):
        bundle = _bundle()
        self.document = bundle.bundle()
        everything = {name: bundle.inner({k: v for k, v in s.items() if k not in ("$schema", "$id")}) for name, s in bundle.schemas().items()}
        self.document["components"]["schemas"] = everything
        self._compiled, self._by_identity = {}, {}
        self.routes = []
        for path, item in self.document["paths"].items():
            pattern = re.compile("".join(re.escape(p) if i % 2 == 0 else f"(?P<{p}>[^/:]+)" for i, p in enumerate(re.split(r"{(\w+)}", path))))
            for method in ("get", "put", "post", "patch", "delete"):
                if method in item:
                    operation = dict(item[method])
                    operation["parameters"] = [_resolve(p, self.document) for p in item.get("parameters", []) + operation.get("parameters", [])]
                    self.routes.append((method, path, pattern, operation))
        self._alike = {}  # by method and number of segments: the routes that may be meant
        for route in self.routes:
            self._alike.setdefault((route[0], route[1].count("/")), []).append(route)
        self.seen = set()  # (method, path, status): what the suite has met
        made = pages.reference()
        self.codes = {operation["operationId"]: made.codes_of(operation, parameters) for _, _, operation, parameters in made.operations}

    def compiled(self, schema, closed):
        known = self._by_identity.get((id(schema), closed))  # parts of the document stay where they are
        if known and known[0] is schema:
            return known[1]
        key = (json.dumps(schema, sort_keys=True), closed)
        if key not in self._compiled:
            self._compiled[key] = fastjsonschema.compile({**_inline(schema, self.document, closed), "$schema": "http://json-schema.org/draft-07/schema#"})
        self._by_identity[id(schema), closed] = schema, self._compiled[key]
        return self._compiled[key]

    def message(self, name, value, closed=True):
        """Checks an internal message by its schema's name."""
        self._check({"$ref": f"#/components/schemas/{name}"}, value, name, closed)

    def _check(self, schema, value, where, closed):
        try:
            self.compiled(schema, closed)(value)
        except fastjsonschema.JsonSchemaException as error:
            raise ContractViolation(f"{where}: {error.message} (value {json.dumps(error.value, ensure_ascii=False)[:300]})") from None

    def find(self, method, path):
        """(template, operation, path values), or None. HEAD is GET without a body."""
        method = "get" if method == "HEAD" else method.lower()
        best = None
        for _, template, pattern, operation in self._alike.get((method, path.count("/")), ()):
            hit = pattern.fullmatch(path)
            if hit and (best is None or template.count("{") < best[0].count("{")):
                best = (template, operation, {k: unquote(v) for k, v in hit.groupdict().items()})
        return best

    def request(self, method, target, headers, body):
        """A request the suite calls valid must be one."""
        path, _, query = target.partition("?")
        found = self.find(method, path)
        if not found:
            raise ContractViolation(f"{method} {path} is not in openapi.yaml")
        template, operation, values = found
        where = f"request {method} {template}"
        given = dict(parse_qsl(query, keep_blank_values=True))
        known = {p["name"] for p in operation["parameters"] if p["in"] == "query"}
        if set(given) - known:
            raise ContractViolation(f"{where}: undocumented parameter {set(given) - known}")
        lower = {k.lower(): v for k, v in headers.items()}
        for p in operation["parameters"]:
            value = {"path": values, "query": given, "header": lower}[p["in"]].get(p["name"].lower() if p["in"] == "header" else p["name"])
            if value is None:
                if p.get("required"):
                    raise ContractViolation(f"{where}: {p['in']} parameter {p['name']} is missing")
                continue
            schema = _inline(p["schema"], self.document, False)
            self._check(p["schema"], meant(schema, value), f"{where} {p['name']}", False)
        self._body(operation, lower, body, where)

    def _body(self, operation, headers, body, where):
        wanted = _resolve(operation.get("requestBody"), self.document)
        if wanted is None:
            if body:
                raise ContractViolation(f"{where}: has no request body in openapi.yaml")
            return
        if not body and not wanted.get("required"):
            return
        media = headers.get("content-type", "").split(";")[0]
        if media not in wanted["content"]:
            raise ContractViolation(f"{where}: content type {media!r} is not documented")
        given = dict(parse_qsl(body.decode(), keep_blank_values=True)) if media == FORM else json.loads(body)
        self._check(wanted["content"][media]["schema"], given, where, False)

    def response(self, method, target, answer):
        """Every answer: its status is listed, its headers and body are as documented."""
        path = target.partition("?")[0]
        where = f"answer {method} {path} {answer.status}"
        found = self.find(method, path)
        if not found:
            if answer.status < 400:
                if method == "OPTIONS":
                    return
                raise ContractViolation(f"{where}: success of an operation that is not in openapi.yaml")
            self._problem(answer, where, method)
            return
        template, operation, _ = found
        self.seen.add((method, template, answer.status))
        listed = operation["responses"].get(str(answer.status))
        if listed is None:
            raise ContractViolation(f"{where}: status not listed in openapi.yaml: {answer.text[:500]}")
        listed = _resolve(listed, self.document)
        for name, header in listed.get("headers", {}).items():
            header, value = _resolve(header, self.document), answer.header(name)
            if value is None:
                if header.get("required"):
                    raise ContractViolation(f"{where}: header {name} is missing")
                continue
            self._check(header["schema"], value, f"{where} header {name}", False)
        if method == "HEAD" or answer.status in (204, 304):
            if answer.body:
                raise ContractViolation(f"{where}: has a body")
            return
        media = (answer.header("Content-Type") or "").split(";")[0].strip()
        if not answer.body and "content" not in listed:
            return
        if media not in listed.get("content", {}):
            raise ContractViolation(f"{where}: content type {media!r} is not documented")
        if "json" in media:
            self._check(listed["content"][media]["schema"], answer.json, where, True)
        if answer.status >= 400 and media == "application/problem+json":
            self._problem(answer, where, method)
            self._code(answer, operation["operationId"], where)

    def _code(self, answer, operation, where):
        """The code is one that /docs lists for this operation and status, or that of its findings."""
        findings = {finding["code"] for finding in answer.json.get("errors", [])}
        if answer.code not in {*self.codes[operation].get(str(answer.status), []), *findings}:
            raise ContractViolation(f"{where}: {answer.code} is not among the codes of {operation}: x-codes in openapi.yaml")

    def _problem(self, answer, where, method):
        if answer.header("X-Request-Id") is None:
            raise ContractViolation(f"{where}: no X-Request-Id")
        if method == "HEAD":
            return
        if (answer.header("Content-Type") or "").split(";")[0] != "application/problem+json":
            raise ContractViolation(f"{where}: an error that is no problem+json: {answer.text[:300]}")
        self.message("problem", answer.json)
        if answer.json["status"] != answer.status or answer.json["request_id"] != answer.header("X-Request-Id"):
            raise ContractViolation(f"{where}: status or request_id of the problem differ from the answer's: {answer.text[:300]}")
        if answer.json["code"] not in listed_codes():
            raise ContractViolation(f"{where}: code {answer.json['code']} is not in proto-json/README.md")
        for finding in answer.json.get("errors", []):
            if finding["code"] not in listed_codes():
                raise ContractViolation(f"{where}: finding {finding} has a code that is not in proto-json/README.md")


def listed_codes(_cache=[]):  # noqa: B006: the list is read once
    if not _cache:
        _cache.append(set(re.findall(r"^\| `([a-z0-9_]+)` \|", (ROOT / "proto-json/README.md").read_text(), re.M)))
    return _cache[0]
