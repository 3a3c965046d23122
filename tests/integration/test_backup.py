"""What deploy/README.md says about backups, with its own commands: taken while people write, brought back into an empty database, everybody finds everything."""
import os
import re
import subprocess

from mita.client import expect
from mita.load import load
from mita.service import ROOT

PATHS = ["/v1/me", "/v1/onboarding", "/v1/calendar?month=2026-04", "/v1/transactions", "/v1/categories", "/v1/auth/me"]


def commands(title):
    """The shell block of deploy/README.md below this heading."""
    text = (ROOT / "deploy/README.md").read_text()
    return re.search(rf"^## {title}\n.*?```sh\n(.*?)```", text, re.M | re.S)[1]


def test_a_dump_taken_while_people_write_is_a_whole_system_again(stack, saver, tmp_path):
    for amount in (-100, -250, -375):
        expect(saver.create(amount), 201)
    before = {path: expect(saver.get(path), 200).json for path in PATHS}
    stack.cluster.sql("drop database if exists mita_again")
    environment = {**os.environ, **stack.secrets, "PATH": f"/usr/lib/postgresql/15/bin:{ROOT}/build/{stack.preset}/bin:/usr/bin:/bin", "MITA_ENV": "test",
                   "DATABASE_URL": stack.cluster.url(), "NEW_DATABASE_URL": stack.cluster.url(database="mita_again"), "MAINTENANCE_URL": stack.cluster.url(database="postgres"),
                   "MITA_AUTH_DATABASE_URL": stack.cluster.url("auth", "mita_again"), "MITA_FINANCE_DATABASE_URL": stack.cluster.url("finance", "mita_again")}
    writer = stack.person()
    writer.onboard()

    def write(_, stop):
        while not stop.is_set():
            expect(writer.create(-1), 201)

    with load(write, 1):
        done = subprocess.run(["bash", "-euo", "pipefail", "-c", commands("Backup and restore")], env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    auth = stack.also("auth", "auth-again", MITA_AUTH_DATABASE_URL=environment["MITA_AUTH_DATABASE_URL"]).start()
    finance = stack.also("finance", "finance-again", auth=auth, MITA_FINANCE_DATABASE_URL=environment["MITA_FINANCE_DATABASE_URL"]).start()
    gateway = stack.also("gateway", "gateway-again", auth=auth, finance=finance).start()
    again = stack.client(gateway)
    token = expect(again.post("/v1/auth/login", {"email": saver.email, "password": saver.password}), 200).json["access_token"]
    for path, seen in before.items():
        assert expect(again.get(path, token=token), 200).json == seen
    expect(again.get("/v1/me", token=saver.access), 200)  # who was signed in still is: the keys came along
    for service in (gateway, finance, auth):
        assert service.stop() == 0
    stack.cluster.sql("drop database mita_again")
