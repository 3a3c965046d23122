"""A database of two servers, as deploy/README.md's "Scaling out" has it: whoever can write is found, and found again when a standby takes over."""
import pytest

from mita.client import expect
from mita.cluster import BIN, free_port
from mita.people import key, money
from mita.stack import Stack
from mita.waiting import until


@pytest.fixture
def mirrored(preset):
    """A system whose database has a standby at `stack.standby`."""
    stack = Stack(preset)
    cluster = stack.cluster
    with open(cluster.data / "pg_hba.conf", "a") as out:
        out.write("host replication all 127.0.0.1/32 scram-sha-256\n")
    cluster.sql("select pg_reload_conf()")
    data, stack.standby = cluster.home / "standby", free_port()
    cluster.as_server(BIN / "pg_basebackup", "-d", cluster.url(database="postgres"), "-D", data, "-R", "--checkpoint=fast", "--no-sync")
    cluster.as_server(BIN / "pg_ctl", "-D", data, "-o", f"-p {stack.standby} -c unix_socket_directories='' -c listen_addresses=127.0.0.1 -c fsync=off", "-l", cluster.home / "standby.log", "-w", "start")
    stack.promote = lambda: cluster.as_server(BIN / "pg_ctl", "-D", data, "-w", "promote")
    yield stack
    for service in stack.others:
        service.stop()
    cluster.as_server(BIN / "pg_ctl", "-D", data, "-m", "immediate", "-w", "stop")
    cluster.start()
    stack.heal()
    stack.close()


def test_the_server_that_can_write_is_found_and_again_when_the_standby_takes_over(mirrored):
    stack, cluster = mirrored, mirrored.cluster

    def both(name):  # the standby stands first: who takes the first that answers cannot write
        return cluster.url(name).replace(f"127.0.0.1:{cluster.port}/", f"127.0.0.1:{stack.standby},127.0.0.1:{cluster.port}/") + "?target_session_attrs=read-write"

    auth = stack.also("auth", "auth-mirrored", MITA_AUTH_DATABASE_URL=both("auth")).start()
    finance = stack.also("finance", "finance-mirrored", auth=auth, MITA_FINANCE_DATABASE_URL=both("finance")).start()
    gateway = stack.also("gateway", "gateway-mirrored", auth=auth, finance=finance).start()
    stack.clock.local("Europe/Sofia", "2026-04-01")
    person = stack.person()
    person.onboard()
    client = stack.client(gateway, person.access)

    def write(amount):
        return client.post("/v1/transactions", {"money": money(amount), "category": "groceries"}, headers={"Idempotency-Key": key()})

    kept = expect(write(-100), 201).json
    at = cluster.sql("select pg_current_wal_lsn()::text")[0][0]
    until(lambda: cluster.sql("select bool_and(replay_lsn >= %s::pg_lsn) from pg_stat_replication", at)[0][0], 20, "what was written at the standby")
    cluster.stop("immediate")
    stack.promote()
    until(lambda: write(-200).status == 201, 30 * finance.slow, "a write at the other server")
    assert kept["id"] in [t["id"] for t in expect(client.get("/v1/transactions"), 200).json["data"]]
    login = {"email": person.email, "password": person.password}
    until(lambda: client.post("/v1/auth/login", login).status == 200, 30 * auth.slow, "a login at the other server")
    until(lambda: client.get("/readyz").status == 200, 30 * gateway.slow, "ready")
