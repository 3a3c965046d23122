"""Mails that leave: over SMTP with STARTTLS to a real server, again after failures, once from two instances, never on a request's way."""
import secrets
import subprocess
import time

import pytest

from mita.client import Client, canaries, expect
from mita.mailbox import FROM, PUBLIC_URL, Server
from mita.metrics import samples
from mita.service import ROOT
from mita.waiting import until
from test_recovery import fresh_password


@pytest.fixture
def server(tmp_path):
    made = Server(tmp_path)
    yield made
    made.close()


@pytest.fixture
def second_server(tmp_path):
    home = tmp_path / "second"
    home.mkdir()
    made = Server(home)
    yield made
    made.close()


@pytest.fixture
def quiet(stack):
    """The stack's own auth is not there to take mails from the queue; others are made ready when this test ends."""
    assert stack.auth.stop() == 0
    stack.cluster.sql("delete from auth.mails")
    yield stack
    stack.cluster.sql("delete from auth.mails")
    stack.heal()


@pytest.fixture
def post(quiet, server):
    """An auth that sends by SMTP."""
    service = quiet.also("auth", f"auth-smtp-{secrets.token_hex(3)}", **server.environment).start()
    yield service
    if service.alive():
        assert service.stop() == 0


def newcomer(stack, service):
    address = f"canary.post.{secrets.token_hex(6)}@example.org"
    password = fresh_password()
    canaries.add(address)
    answer = expect(stack.client(service).post("/v1/auth/register", {"email": address, "password": password}), 201)
    canaries.update({answer.json["access_token"], answer.json["refresh_token"]})
    return address


def queue(stack):
    return stack.cluster.sql("select kind, tries from auth.mails order by created_at")


def events(service, name):
    return [e for e in service.events() if e.get("event") == name]


def counted(stack, service, result):
    return samples(Client(service, stack.contract).get("/metrics", internal=True).text)[f'mita_auth_mails_total{{result="{result}"}}']


def test_a_mail_goes_to_a_real_server_over_tls_with_a_login(stack, server, post):
    address = newcomer(stack, post)
    letter = until(lambda: next(iter(server.letters(address)), None), 10, "the mail at the server")
    message = letter.message
    assert message["From"] == f"MITA <{FROM}>" and message["To"].addresses[0].addr_spec == address and message["Auto-Submitted"] == "auto-generated" and message["Message-ID"] and message["Date"]
    assert message.get_content_type() == "multipart/alternative" and letter.link == f"{PUBLIC_URL}/verify-email#token={letter.token}"
    assert max(len(line) for line in letter.raw.split(b"\r\n")) <= 200 and letter.raw.isascii()
    expect(stack.client(post).post("/v1/auth/email/verify", {"token": letter.token}), 204)
    until(lambda: queue(stack) == [], 5, "the queue to be empty")


def test_what_the_server_postpones_is_sent_later_and_its_link_is_the_good_one(stack, clock, server, post):
    server.replies += ["451 later", "421 later"]
    address = newcomer(stack, post)
    until(lambda: server.tries >= 1, 10, "a first try")
    for tries in (1, 2):
        until(lambda n=tries: server.tries >= n, 10, f"try {tries}")
        until(lambda: queue(stack), 5, "the mail to wait")
        clock.advance(minutes=10)
    letter = until(lambda: next(iter(server.letters(address)), None), 10, "the mail at the server")
    expect(stack.client(post).post("/v1/auth/email/verify", {"token": letter.token}), 204)
    assert counted(stack, post, "postponed") >= 2 and len(events(post, "mail_not_sent")) >= 2


def test_while_the_server_is_away_people_register_as_fast_and_nothing_is_lost(stack, clock, server, second_server, post):
    server.close()
    begin = time.monotonic()
    addresses = [newcomer(stack, post) for _ in range(5)]
    assert time.monotonic() - begin < 2.0 * post.slow
    until(lambda: any(tries for _, tries in queue(stack)), 10, "a try in vain")
    assert post.stop() == 0
    again = stack.also("auth", f"auth-smtp-back-{secrets.token_hex(3)}", **second_server.environment).start()
    clock.advance(hours=2)
    for address in addresses:
        until(lambda a=address: second_server.letters(a), 15, "a mail at the server")
    assert [len(second_server.letters(a)) for a in addresses] == [1] * 5
    assert again.stop() == 0


def test_a_server_without_a_certificate_that_is_trusted_gets_nothing(stack, server, second_server, quiet):
    mixed = server.environment | {"MITA_MAIL_URL": second_server.environment["MITA_MAIL_URL"]}
    service = stack.also("auth", f"auth-smtp-untrusted-{secrets.token_hex(3)}", **mixed).start()
    newcomer(stack, service)
    until(lambda: events(service, "mail_not_sent"), 10, "a try in vain")
    assert second_server.tries == 0 and service.stop() == 0


def test_what_is_refused_for_good_is_given_up_and_holds_up_nobody(stack, clock, server, post):
    server.replies += ["550 no such mailbox"] * 5
    newcomer(stack, post)
    for tries in range(1, 6):
        until(lambda n=tries: server.tries >= n, 10, f"try {tries}")
        clock.advance(minutes=20)
    until(lambda: queue(stack) == [], 10, "the mail to be given up")
    assert len(until(lambda: events(post, "mail_given_up"), 5, "its line in the log")) == 1
    second = newcomer(stack, post)
    until(lambda: server.letters(second), 10, "another person's mail")


def test_a_mail_that_nobody_waits_for_any_more_is_given_up(stack, clock, server, quiet):
    server.close()
    service = stack.also("auth", f"auth-smtp-stale-{secrets.token_hex(3)}", **server.environment).start()
    newcomer(stack, service)
    until(lambda: any(tries for _, tries in queue(stack)), 10, "a try in vain")
    clock.advance(hours=25)
    until(lambda: queue(stack) == [], 10, "the mail to be given up")
    until(lambda: events(service, "mail_given_up"), 5, "its line in the log")
    assert service.stop() == 0


def test_two_instances_send_each_mail_once(stack, server, quiet):
    both = [stack.also("auth", f"auth-smtp-{n}-{secrets.token_hex(3)}", **server.environment | {"MITA_MAIL_POLL_MS": "10"}).start() for n in range(2)]
    addresses = [newcomer(stack, both[n % 2]) for n in range(30)]
    for address in addresses:
        until(lambda a=address: server.letters(a), 15, "a mail at the server")
    until(lambda: queue(stack) == [], 5, "the queue to be empty")
    assert [len(server.letters(a)) for a in addresses] == [1] * 30
    assert [service.stop() for service in both] == [0, 0]


def test_a_mail_that_was_being_sent_when_its_instance_died_is_sent_by_another(stack, clock, server, second_server, quiet):
    server.close()
    first = stack.also("auth", f"auth-smtp-killed-{secrets.token_hex(3)}", **server.environment).start()
    address = newcomer(stack, first)
    until(lambda: any(tries for _, tries in queue(stack)), 10, "a claim")
    first.kill()
    first.process = None  # its end is no fault
    second = stack.also("auth", f"auth-smtp-heir-{secrets.token_hex(3)}", **second_server.environment).start()
    clock.advance(minutes=5)
    until(lambda: second_server.letters(address), 10, "the mail at the server")
    assert second.stop() == 0


def test_without_a_sender_nothing_piles_up_and_it_is_said(stack, quiet):
    service = stack.also("auth", f"auth-no-mail-{secrets.token_hex(3)}", MITA_MAIL_URL="", MITA_MAIL_FROM="", MITA_PUBLIC_URL="").start()
    newcomer(stack, service)
    until(lambda: queue(stack) == [], 10, "the queue to be worked off")
    assert events(service, "mail_off") and service.stop() == 0


WRONG = {"no scheme": {"MITA_MAIL_URL": "mail.example.org"}, "http": {"MITA_MAIL_URL": "http://mail.example.org"}, "login in the URL": {"MITA_MAIL_URL": "smtp://canary:canary@mail.example.org"},
         "no author": {"MITA_MAIL_FROM": ""}, "author with a line end": {"MITA_MAIL_FROM": "MITA <a@example.org>\nBcc: b@example.org"}, "author without an address": {"MITA_MAIL_FROM": "MITA"},
         "no public URL": {"MITA_PUBLIC_URL": ""}, "public URL with a query": {"MITA_PUBLIC_URL": "https://app.example.org/?x=1"}, "script": {"MITA_PUBLIC_URL": "javascript:alert(1)"},
         "half a login": {"MITA_MAIL_USER": "mita"}, "no mail, but proven addresses": {"MITA_MAIL_URL": "", "MITA_REGISTRATION": "verified"}, "another mode": {"MITA_REGISTRATION": "yes"}}


SAID = {"half a login": "MITA_MAIL_PASSWORD", "no mail, but proven addresses": "MITA_REGISTRATION"}


@pytest.mark.parametrize("case", WRONG)
def test_wrong_settings_of_mail_are_named_before_anything_starts(stack, case):
    environment = stack.environment("auth") | {"PATH": "/usr/bin:/bin"} | WRONG[case]
    done = subprocess.run([str(ROOT / "build" / stack.preset / "bin/mita-auth"), "config"], env=environment, capture_output=True, text=True, timeout=20)
    assert done.returncode == 2 and SAID.get(case, next(iter(WRONG[case]))) + ": must" in done.stderr, done.stderr
    assert "canary" not in done.stdout + done.stderr
