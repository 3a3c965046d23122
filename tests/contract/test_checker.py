"""The checker of the integration suite itself: it agrees with the examples and refuses what the contract does not say."""
import json
import pathlib

import pytest

from mita.client import Answer
from mita.contract import Contract, ContractViolation

EXAMPLES = pathlib.Path(__file__).resolve().parents[2] / "proto-json/examples"
CONTRACT = Contract()
ID = ("X-Request-Id", "r1")
TRACE = ("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
JSON, PROBLEM = ("Content-Type", "application/json"), ("Content-Type", "application/problem+json")


def example(name):
    return json.loads((EXAMPLES / "ok" / f"{name}.json").read_text())


def answer(status, body=None, *headers):
    return Answer(status, [ID, TRACE, *headers], b"" if body is None else json.dumps(body).encode())


def test_the_compiled_schemas_agree_with_every_example():
    for file in sorted(EXAMPLES.glob("*/*.json")):
        name, value = file.stem.split(".")[0], json.loads(file.read_text())
        if file.parent.name == "ok":
            CONTRACT.message(name, value, closed=False)
        else:
            with pytest.raises(ContractViolation):
                CONTRACT.message(name, value, closed=False)


def test_a_documented_answer_passes():
    CONTRACT.response("GET", "/v1/me", answer(200, example("me.onboarded"), JSON, ("ETag", '"1"')))
    CONTRACT.response("GET", "/v1/me", answer(304, None, ("ETag", '"1"')))


UNDOCUMENTED = {
    "a status": ("GET", "/v1/me", answer(299, example("me.onboarded"), JSON, ("ETag", '"1"'))),
    "a member": ("GET", "/v1/me", answer(200, example("me.onboarded") | {"password_hash": "x"}, JSON, ("ETag", '"1"'))),
    "no ETag": ("GET", "/v1/me", answer(200, example("me.onboarded"), JSON)),
    "a weak ETag": ("GET", "/v1/me", answer(200, example("me.onboarded"), JSON, ("ETag", 'W/"1"'))),
    "another media type": ("GET", "/v1/me", answer(200, example("me.onboarded"), ("Content-Type", "text/html"), ("ETag", '"1"'))),
    "a body of 204": ("POST", "/v1/auth/logout", answer(204, {})),
    "no request id": ("POST", "/v1/auth/logout", Answer(204, [], b"")),
    "503 without Retry-After": ("GET", "/v1/me", answer(503, example("problem.plain") | {"status": 503, "request_id": "r1"}, PROBLEM)),
    "a code that is not listed": ("GET", "/v1/me", answer(404, example("problem.plain") | {"code": "no_such_code", "request_id": "r1"}, PROBLEM)),
    "another status inside": ("GET", "/v1/transactions/019d4a5c-7c00-7a01-8b02-0123456789ab", answer(404, example("problem.plain") | {"status": 400, "request_id": "r1"}, PROBLEM)),
    "success of an unknown path": ("GET", "/v1/secret", answer(200, {}, JSON)),
    "an error that is no problem": ("GET", "/v1/secret", answer(404, {"error": "x"}, JSON)),
}


@pytest.mark.parametrize("case", UNDOCUMENTED)
def test_what_the_contract_does_not_say_is_a_violation(case):
    with pytest.raises(ContractViolation):
        CONTRACT.response(*UNDOCUMENTED[case])


REQUESTS = {
    "an unknown path": ("GET", "/v1/secret", {}, None), "an unknown parameter": ("GET", "/v1/transactions?x=1", {}, None), "limit 0": ("GET", "/v1/transactions?limit=0", {}, None),
    "no key": ("POST", "/v1/transactions", {"Content-Type": "application/json"}, b'{"money":{"amount":-1,"currency":"EUR"},"category":"food"}'),
    "no If-Match": ("DELETE", "/v1/categories/pets", {}, None), "an unknown member": ("POST", "/v1/auth/login", {"Content-Type": "application/json"}, b'{"email":"a@b","password":"x","otp":1}'),
    "no content type": ("POST", "/v1/auth/login", {}, b'{"email":"a@b","password":"x"}'), "an id that is none": ("GET", "/v1/transactions/1", {}, None),
}


@pytest.mark.parametrize("case", REQUESTS)
def test_a_request_that_does_not_fit_is_a_violation(case):
    with pytest.raises(ContractViolation):
        CONTRACT.request(*REQUESTS[case])


def test_a_colon_action_is_told_from_the_resource():
    base = "/v1/transactions/019d4a5c-7c00-7a01-8b02-0123456789ab"
    assert CONTRACT.find("POST", base + ":restore")[1]["operationId"] == "restoreTransaction"
    assert CONTRACT.find("GET", base)[1]["operationId"] == "transaction" and CONTRACT.find("POST", base) is None
