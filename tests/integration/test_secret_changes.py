"""What deploy/README.md says about new secrets ("Rotating keys and secrets"), done in its order on a system of its own: nobody is signed out, nothing old opens
anything. Signing keys and the secret they are sealed with are test_keys.py's."""
import secrets

import psycopg2
import pytest

from mita.client import expect
from mita.stack import Stack
from mita.waiting import until


@pytest.fixture(scope="module")
def own(preset):
    stack = Stack(preset)
    stack.clock.local("Europe/Sofia", "2026-04-01")
    yield stack
    assert not {label: status for label, status in stack.close().items() if status not in (0, None)}


@pytest.fixture
def signed_in(own):
    person = own.person()
    person.onboard()
    return person


def restart(stack, service, person):
    assert service.stop() == 0
    service.environment |= stack.environment(service.name)
    service.start()
    person.client.close()  # its connection went with the gateway
    stack.wait_ready()
    lives(person)


def lives(person):
    expect(person.create(-1), 201)
    for path in ("/v1/today", "/v1/transactions", "/v1/auth/me"):
        expect(person.get(path), 200)


def test_new_internal_and_ops_tokens_by_restarts_of_auth_finance_and_gateway(own, signed_in):
    former = {name: own.secrets[name] for name in ("MITA_INTERNAL_TOKEN", "MITA_OPS_TOKEN")}
    own.secrets |= {name: secrets.token_hex(32) for name in former}
    for service in (own.auth, own.finance, own.gateway):
        restart(own, service, signed_in)
    expect(signed_in.get("/v1/me"), 200)
    poll = "/internal/v1/revocations?after=0&wait_ms=0"
    expect(own.client(own.auth, former["MITA_INTERNAL_TOKEN"]).get(poll, internal=True), 401)
    expect(own.client(own.auth, own.secrets["MITA_INTERNAL_TOKEN"]).get(poll, internal=True), 200)
    expect(own.client(token=former["MITA_OPS_TOKEN"]).get("/ops/data"), 401)
    expect(own.client(token=own.secrets["MITA_OPS_TOKEN"]).get("/ops/data"), 200)
    signed_in.logout()
    for service in (own.gateway, own.finance):  # the feed is heard
        until(lambda s=service: own.client(s, signed_in.access).get("/v1/me").status == 401, 5 * service.slow, "a session that ended")


@pytest.mark.parametrize("name", ["auth", "finance"])
def test_a_new_password_of_a_database_role_by_migrate_and_a_restart(own, signed_in, name):
    former, own.cluster.passwords[name] = own.cluster.url(name), secrets.token_hex(24)
    own.migrate(name)
    lives(signed_in)  # those that run keep their connections
    with pytest.raises(psycopg2.OperationalError, match="password authentication failed"):
        psycopg2.connect(former)
    restart(own, getattr(own, name), signed_in)
    signed_in.login()
