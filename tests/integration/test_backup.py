"""What deploy/README.md says about backups, with its own commands: taken while people write, brought back into an empty database, everybody finds everything;
or as it was at a moment before something was lost."""
import os
import re
import subprocess

import pytest

from mita.client import expect
from mita.cluster import free_port
from mita.load import load
from mita.service import ROOT
from mita.stack import Stack
from mita.waiting import until

PATHS = ["/v1/me", "/v1/onboarding", "/v1/calendar?month=2026-04", "/v1/transactions", "/v1/categories", "/v1/auth/me"]


TOOLS = "/usr/lib/postgresql/15/bin"


def commands(title):
    """The shell blocks of deploy/README.md below this heading."""
    text = (ROOT / "deploy/README.md").read_text()
    return re.findall(r"```sh\n(.*?)```", re.search(rf"^(##+) {title}\n(.*?)(?=^##)", text, re.M | re.S)[2], re.S)


def test_a_dump_taken_while_people_write_is_a_whole_system_again(stack, saver, tmp_path):
    for amount in (-100, -250, -375):
        expect(saver.create(amount), 201)
    before = {path: expect(saver.get(path), 200).json for path in PATHS}
    stack.cluster.sql("drop database if exists mita_again")
    environment = {**os.environ, **stack.secrets, "PATH": f"{TOOLS}:{ROOT}/build/{stack.preset}/bin:/usr/bin:/bin", "MITA_ENV": "test",
                   "DATABASE_URL": stack.cluster.url(), "NEW_DATABASE_URL": stack.cluster.url(database="mita_again"), "MAINTENANCE_URL": stack.cluster.url(database="postgres"),
                   "MITA_AUTH_DATABASE_URL": stack.cluster.url("auth", "mita_again"), "MITA_FINANCE_DATABASE_URL": stack.cluster.url("finance", "mita_again")}
    writer = stack.person()
    writer.onboard()

    def write(_, stop):
        while not stop.is_set():
            expect(writer.create(-1), 201)

    with load(write, 1):
        done = subprocess.run(["bash", "-euo", "pipefail", "-c", *commands("Backup and restore")], env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=120)
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


@pytest.fixture
def archived(preset):
    """A system of its own whose database keeps its log."""
    stack = Stack(preset)
    home = stack.cluster.home / "backups"
    stack.cluster.as_server("mkdir", home, home / "wal")
    for name, value in {"wal_level": "replica", "archive_mode": "on", "archive_command": f"test ! -f {home}/wal/%%f && cp %%p {home}/wal/%%f", "unix_socket_directories": home}.items():
        stack.cluster.sql(f"alter system set {name} = '{value}'")
    with open(stack.cluster.data / "pg_hba.conf", "a") as out:
        out.write("host replication all 127.0.0.1/32 scram-sha-256\n")
    stack.cluster.stop()
    stack.cluster.start()
    stack.heal()
    yield stack
    stack.close()


def test_what_was_lost_is_there_again_as_it_was_at_a_moment(archived):
    stack, cluster = archived, archived.cluster
    home, again, port = cluster.home / "backups", cluster.home / "again", free_port()
    told = {"BACKUPS": home, "NEW_DATA": again, "NEW_PORT": port, "MAINTENANCE_URL": cluster.url(database="postgres")}
    backup, restore = commands("Back to a point in time")

    def run(block, **more):
        cluster.as_server("env", f"PATH={TOOLS}:/usr/bin:/bin", *(f"{k}={v}" for k, v in (told | more).items()), "bash", "-euc", block)

    stack.clock.local("Europe/Sofia", "2026-04-01")
    person = stack.person()
    person.onboard()
    expect(person.create(-100), 201)
    run(backup)
    kept = person.spend(2500)
    before = {path: expect(person.get(path), 200).json for path in PATHS}
    then = cluster.sql("select now()::text")[0][0]
    person.remove(kept)
    cluster.sql("truncate finance.transactions, auth.users cascade")
    last = cluster.sql("select pg_walfile_name(pg_switch_wal())")[0][0]
    until(lambda: (home / "wal" / last).exists(), 20, "the last piece of the log")

    run(restore, THEN=then)
    try:
        def here(name):
            return cluster.url(name).replace(f":{cluster.port}/", f":{port}/")
        auth = stack.also("auth", "auth-then", MITA_AUTH_DATABASE_URL=here("auth")).start()
        finance = stack.also("finance", "finance-then", auth=auth, MITA_FINANCE_DATABASE_URL=here("finance")).start()
        client = stack.client(stack.also("gateway", "gateway-then", auth=auth, finance=finance).start())
        token = expect(client.post("/v1/auth/login", {"email": person.email, "password": person.password}), 200).json["access_token"]
        for path, seen in before.items():
            assert expect(client.get(path, token=token), 200).json == seen, path
        expect(client.post("/v1/transactions", {"money": kept["money"], "category": "groceries"}, token=token, headers={"Idempotency-Key": person.id}), 201)
    finally:
        for service in stack.others:
            service.stop()
        cluster.as_server(f"{TOOLS}/pg_ctl", "-D", again, "-m", "fast", "-w", "stop")
