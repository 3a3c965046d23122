"""Which problem codes an operation may answer, by status: what its form implies (a body, a key, a version) and what the contract's x-codes add."""
import re

# code -> when an operation with these traits may answer it; every operation: True.
IMPLIED = {
    "malformed_request": True, "unknown_parameter": True, "malformed_query": True, "request_timeout": True, "uri_too_long": True,
    "headers_too_large": True, "payload_too_large": True, "expectation_failed": True, "internal": True,
    "incomplete_body": "body", "malformed_json": "body", "duplicate_member": "body", "empty_body": "body", "unsupported_media_type": "body",
    "validation_failed": "body", "invalid_cursor": "cursor", "invalid_parameter": "parameters",
    "idempotency_key_required": "key required", "idempotency_key_invalid": "key", "idempotency_mismatch": "key", "idempotency_in_flight": "key",
    "unauthorized": "token", "forbidden": "token", "precondition_required": "version", "precondition_failed": "version", "not_found": "path",
    "rate_limited": "limited", "bad_gateway": "behind", "unavailable": "behind", "overloaded": "behind", "deadline_exceeded": "behind",
}


def listed(readme):
    """({code: (statuses, when)}, {finding: when}) of proto-json/README.md."""
    problems = {m[1]: (m[2].split(", "), m[3]) for m in re.finditer(r"^\| `(\w+)` \| ([\d, ]+) \| (.*) \|$", readme, re.M)}
    findings = {m[1]: m[2] for m in re.finditer(r"^\| `(\w+)` \| (\D.*) \|$", readme, re.M)}
    return problems, findings


def traits(operation, parameters, secured):
    names = {p["name"]: p for p in parameters}
    out = {"body"} if "requestBody" in operation else set()
    if "cursor" in names:
        out.add("cursor")
    if any(p["in"] in ("query", "path") for p in parameters):
        out.add("parameters")
    if any(p["in"] == "path" for p in parameters):
        out.add("path")
    if "Idempotency-Key" in names:
        out |= {"key", "key required"} if names["Idempotency-Key"].get("required") else {"key"}
    if "If-Match" in names:
        out.add("version")
    if secured:
        out.add("token")
    if operation["tags"] != ["operations"]:
        out |= {"behind", "limited"}
    return out


def of(operation, parameters, secured, problems):
    """{status: [code]} of the statuses the operation lists; in the order of the README."""
    has = traits(operation, parameters, secured)
    more = operation.get("x-codes", [])
    out = {}
    for code, (statuses, _) in problems.items():
        need = IMPLIED.get(code)
        if need is True or need in has or code in more:
            for status in statuses:
                if status in operation["responses"]:
                    out.setdefault(status, []).append(code)
    return out
