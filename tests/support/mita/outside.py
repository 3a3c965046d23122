"""A client of a system that is reached by its port alone: an image, a deployment by compose."""
import json
import secrets
import urllib.error
import urllib.request

from .people import worked_example


def call(port, method, path, body=None, token=None):
    """(status, JSON) over HTTP."""
    head = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
    ask = urllib.request.Request(f"http://127.0.0.1:{port}{path}", method=method, headers=head, data=json.dumps(body).encode() if body is not None else None)
    try:
        with urllib.request.urlopen(ask, timeout=20) as answer:
            text = answer.read()
            return answer.status, json.loads(text) if text else None
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read())


def journey(port):
    """Registers, onboards, sees the month, spends, logs out."""
    status, made = call(port, "POST", "/v1/auth/register", {"email": f"outside.{secrets.token_hex(4)}@example.org", "password": "canary-correct horse battery"})
    assert status == 201, made
    token = made["access_token"]
    status, plan = call(port, "PUT", "/v1/onboarding", worked_example(), token)
    assert status == 200, plan
    status, month = call(port, "GET", f"/v1/calendar?month={plan['month']}", token=token)
    assert status == 200 and month["check"]["budget"] > 0
    assert call(port, "POST", "/v1/auth/logout", token=token)[0] == 204
    assert call(port, "GET", "/v1/today", token=token)[0] == 401
