"""The whole way of a passkey in a real browser: a virtual authenticator in headless Chromium makes one and shows it, alone and beside a password."""
import json

import pytest

from mita.client import canaries, expect

MAKE = """const [options, done] = arguments;
navigator.credentials.create({publicKey: PublicKeyCredential.parseCreationOptionsFromJSON ? PublicKeyCredential.parseCreationOptionsFromJSON(options) : read(options)})
  .then((made) => done(write(made)), (e) => done({error: String(e)}));"""
SHOW = """const [options, done] = arguments;
navigator.credentials.get({publicKey: PublicKeyCredential.parseRequestOptionsFromJSON ? PublicKeyCredential.parseRequestOptionsFromJSON(options) : read(options)})
  .then((shown) => done(write(shown)), (e) => done({error: String(e)}));"""
# Browsers of before 2025 have no JSON forms: these are they.
FORMS = """const bytes = (t) => Uint8Array.from(atob(t.replaceAll('-', '+').replaceAll('_', '/')), (c) => c.charCodeAt(0));
const text = (b) => btoa(String.fromCharCode(...new Uint8Array(b))).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
const read = (o) => ({...o, challenge: bytes(o.challenge), ...(o.user ? {user: {...o.user, id: bytes(o.user.id)}} : {}),
  ...Object.fromEntries(['excludeCredentials', 'allowCredentials'].filter((k) => o[k]).map((k) => [k, o[k].map((d) => ({...d, id: bytes(d.id)}))]))});
const write = (c) => c.toJSON ? c.toJSON() : ({id: c.id, rawId: text(c.rawId), type: c.type, clientExtensionResults: c.getClientExtensionResults(), response: Object.fromEntries(
  ['clientDataJSON', 'attestationObject', 'authenticatorData', 'signature', 'userHandle'].filter((k) => c.response[k]).map((k) => [k, text(c.response[k])]))});
"""


@pytest.fixture
def device(browser):
    """A phone's authenticator: resident keys, a finger that is always there."""
    browser.command("WebAuthn.enable")
    made = browser.command("WebAuthn.addVirtualAuthenticator", options={"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
                                                                        "isUserVerified": True, "automaticPresenceSimulation": True})["authenticatorId"]
    yield made
    browser.command("WebAuthn.removeVirtualAuthenticator", authenticatorId=made)
    browser.command("WebAuthn.disable")


@pytest.fixture
def pages(stack):
    """The service as it is for pages at localhost, which browsers trust without a certificate."""
    origin = f"http://localhost:{stack.gateway.port}"
    service = stack.also("auth", "auth-localhost", MITA_PASSKEY_ORIGINS=origin, MITA_PASSKEY_DOMAIN="localhost").start()
    yield origin, service
    service.stop()


def ask(browser, script, options):
    got = browser.driver.execute_async_script(FORMS + script, options)
    assert "error" not in got, got
    return json.loads(json.dumps(got))


def test_W1_a_browser_makes_a_passkey_and_logs_in_by_it_alone_and_beside_a_password(stack, browser, device, pages, person):
    origin, service = pages
    browser.open(origin + "/docs")
    mine = stack.client(service, person.access)
    options = expect(mine.post("/v1/auth/passkeys:begin"), 200).json["public_key"]
    made = expect(mine.post("/v1/auth/passkeys", {"credential": ask(browser, MAKE, options), "name": "phone"}), 201).json
    canaries.update(made["recovery_codes"])
    assert len(made["recovery_codes"]) == 10

    question = expect(stack.client(service).post("/v1/auth/passkey_login:begin"), 200).json["public_key"]
    shown = ask(browser, SHOW, question)
    answer = expect(stack.client(service).post("/v1/auth/passkey_login", {"credential": shown}), 200).json
    canaries.update({answer["access_token"], answer["refresh_token"]})
    assert answer["user"]["id"] == person.id
    expect(stack.client(service).post("/v1/auth/passkey_login", {"credential": shown}), 401, "invalid_passkey")

    asked = expect(stack.client(service).post("/v1/auth/login", {"email": person.email, "password": person.password}), 401, "mfa_required").json
    canaries.add(asked["mfa_token"])
    beside = ask(browser, SHOW, asked["public_key"])
    answer = expect(stack.client(service).post("/v1/auth/mfa/verify", {"mfa_token": asked["mfa_token"], "credential": beside}), 200).json
    canaries.update({answer["access_token"], answer["refresh_token"]})
    held = browser.command("WebAuthn.getCredentials", authenticatorId=device)["credentials"]
    assert len(held) == 1 and held[0]["rpId"] == "localhost" and held[0]["signCount"] >= 2
    # The browser itself refuses to make a second one on the same device.
    again = expect(stack.client(service, answer["access_token"]).post("/v1/auth/passkeys:begin"), 200).json["public_key"]
    assert "InvalidStateError" in browser.driver.execute_async_script(FORMS + MAKE, again)["error"]
