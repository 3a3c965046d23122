"""`mita-auth doctor` says of each thing the service needs whether it is there, and changes nothing."""
import os
import secrets
import subprocess

import pytest

from mita.client import canaries
from mita.mailbox import Server
from mita.service import ROOT

HEALTHY = {"MITA_ENV": "production", "MITA_CLOCK_FILE": "", "MITA_BCRYPT_COST": "10"}  # the machine's own clock, which is the database's


@pytest.fixture
def doctor(stack):
    def run(status, **environment):
        clean = {k: v for k, v in os.environ.items() if not k.startswith("MITA_")}
        done = subprocess.run([str(ROOT / "build" / stack.preset / "bin/mita-auth"), "doctor"], env=clean | stack.environment("auth") | HEALTHY | environment,
                              capture_output=True, text=True, timeout=60)
        assert done.returncode == status, done.stdout + done.stderr
        return {line[6:].split(":")[0]: line for line in done.stdout.splitlines()}, done.stdout + done.stderr
    return run


def test_a_healthy_service_is_ok_in_every_line(doctor):
    lines, _ = doctor(0)
    assert list(lines) == ["settings", "database", "clock", "keys", "code generators", "mail"] and all(line.startswith("ok ") for line in lines.values()), lines


def test_what_fails_is_named_and_the_rest_is_still_looked_at(stack, doctor, tmp_path):
    other = secrets.token_hex(32)
    canaries.add(other)
    lines, text = doctor(1, MITA_AUTH_SECRET=other)
    assert lines["keys"].startswith("FAIL") and lines["mail"].startswith("ok") and other not in text
    lines, text = doctor(1, MITA_AUTH_DATABASE_URL="postgresql://canary:canary-pw@127.0.0.1:9/none")
    assert lines["database"].startswith("FAIL") and lines["mail"].startswith("ok") and "canary-pw" not in text
    lines, _ = doctor(1, MITA_MAIL_URL=f"file://{stack.mailbox.folder}/../clock/x")  # below a file
    assert lines["mail"].startswith("FAIL") and lines["keys"].startswith("ok")
    lines, _ = doctor(1, MITA_ENV="test", MITA_CLOCK_FILE=str(stack.clock.path), MITA_BCRYPT_COST="4")  # a clock of another year
    assert lines["clock"].startswith("FAIL")
    _, text = doctor(2, MITA_MAX_SESSIONS="0")
    assert "MITA_MAX_SESSIONS: must" in text


def test_a_mail_server_is_greeted_with_its_login_and_gets_nothing(doctor, tmp_path):
    server = Server(tmp_path)
    try:
        lines, _ = doctor(0, **server.environment)
        assert lines["mail"].startswith("ok") and server.tries == 0
        lines, text = doctor(1, **server.environment | {"MITA_MAIL_PASSWORD": "canary not the password"})
        assert lines["mail"].startswith("FAIL") and "canary" not in text
    finally:
        server.close()
    lines, _ = doctor(1, **server.environment)
    assert lines["mail"].startswith("FAIL")
