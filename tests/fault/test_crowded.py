"""R24: what a machine runs out of: descriptors, a log that is read, its disk; and clients that hold connections for nothing. Who asks is answered, and it passes."""
import http.client
import os
import resource
import selectors
import socket
import subprocess
import time
from contextlib import ExitStack, contextmanager

import pytest

from mita.client import Client
from mita.cluster import free_port
from mita.metrics import samples
from mita.service import _die_with_the_tests
from mita.waiting import until

HEAD = b"GET /livez HTTP/1.1\r\nHost: x\r\n"


def opened(kept, port, count):
    """So many connections that were answered once, and now say nothing."""
    made = []
    for _ in range(count):
        s = kept.enter_context(socket.create_connection(("127.0.0.1", port), timeout=30))
        s.sendall(HEAD + b"\r\n")
        made.append(s)
    for s in made:
        assert s.recv(4096).startswith(b"HTTP/1.1 200 OK\r\n")
    return made


def memory(service):
    """Bytes of it that are no pages of files."""
    text = open(f"/proc/{service.process.pid}/status").read()
    return next(int(line.split()[1]) * 1024 for line in text.splitlines() if line.startswith("RssAnon:"))


def cpu(service):
    fields = open(f"/proc/{service.process.pid}/stat").read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def quick(stack, service):
    begin = time.monotonic()
    assert Client(service, stack.contract).get("/livez").status == 200
    return time.monotonic() - begin


@pytest.fixture
def gateway(stack):
    service = stack.also("gateway", "gateway-crowded", MITA_MAX_CONNECTIONS="30000").start()
    yield service
    assert service.stop() == 0


def test_R24_ten_thousand_idle_clients_cost_little_and_hold_up_nobody(stack, gateway):
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    count = min(10_000, hard[1] - 1_000)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard[1], hard[1]))
    resource.prlimit(gateway.process.pid, resource.RLIMIT_NOFILE, (hard[1], hard[1]))
    try:
        with ExitStack() as kept:
            quick(stack, gateway)
            before = memory(gateway)
            made = opened(kept, gateway.port, count)
            each = (memory(gateway) - before) / count
            assert each < 16 * 1024 * gateway.slow, f"{each:.0f} bytes each"
            assert min(quick(stack, gateway) for _ in range(5)) < 0.5 * gateway.slow
            used = cpu(gateway)
            time.sleep(2)  # so long they are watched doing nothing
            assert cpu(gateway) - used < 1 * gateway.slow
            for s in (made[0], made[count // 2], made[-1]):
                s.sendall(HEAD + b"\r\n")
                assert s.recv(4096).startswith(b"HTTP/1.1 200 OK\r\n")
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, hard)


def test_R24_five_hundred_slow_clients_are_told_408_and_hold_up_nobody(stack, gateway):
    with ExitStack() as kept, selectors.DefaultSelector() as answers:
        slow = [kept.enter_context(socket.create_connection(("127.0.0.1", gateway.port), timeout=30)) for _ in range(500)]
        for s in slow:
            answers.register(s, selectors.EVENT_READ)
        got, waits, begin = {}, [], time.monotonic()
        at = 0
        while len(got) < len(slow):
            assert time.monotonic() - begin < 40 * gateway.slow, f"{len(slow) - len(got)} were not answered"
            for s in slow:
                if s not in got:
                    s.sendall(HEAD[at % len(HEAD):at % len(HEAD) + 1] if at < len(HEAD) else b"x")
            at += 1
            waits.append(quick(stack, gateway))
            for ready, _ in answers.select(0.5):
                got[ready.fileobj] = ready.fileobj.recv(4096)
                answers.unregister(ready.fileobj)
        assert all(told.startswith(b"HTTP/1.1 408 ") for told in got.values())
        assert sorted(waits)[len(waits) // 2] < 0.5 * gateway.slow
    quick(stack, gateway)


def test_R24_out_of_descriptors_those_inside_are_served_the_loop_rests_and_it_passes(stack):
    service = stack.also("gateway", "gateway-descriptors").start()
    with ExitStack() as kept:
        inside = opened(kept, service.port, 5)
        soft, hard = resource.prlimit(service.process.pid, resource.RLIMIT_NOFILE)
        many = len(os.listdir(f"/proc/{service.process.pid}/fd"))
        resource.prlimit(service.process.pid, resource.RLIMIT_NOFILE, (many, hard))
        waiting = kept.enter_context(socket.create_connection(("127.0.0.1", service.port), timeout=60))
        waiting.sendall(HEAD + b"\r\n")
        until(lambda: any(e.get("event") == "accept_failed" for e in service.events()), 10 * service.slow, "a line that says so")
        used = cpu(service)
        for _ in range(20):
            for s in inside:
                s.sendall(HEAD + b"\r\n")
                assert s.recv(4096).startswith(b"HTTP/1.1 200 OK\r\n")
            time.sleep(0.1)  # two seconds of it, to see what it costs
        assert cpu(service) - used < 1 * service.slow
        resource.prlimit(service.process.pid, resource.RLIMIT_NOFILE, (soft, hard))
        assert waiting.recv(4096).startswith(b"HTTP/1.1 200 OK\r\n")  # it waited in the socket's queue
    assert service.stop() == 0


@contextmanager
def logging_to(stack, out):
    """A gateway whose log goes there, which a test cannot read ports from."""
    service = stack.service("gateway", "gateway-log", MITA_LOG_REQUESTS="on")
    service.port, service.internal_port = free_port(), free_port()
    environment = {**os.environ, **service.environment, "MITA_GATEWAY_PORT": str(service.port), "MITA_GATEWAY_INTERNAL_PORT": str(service.internal_port)}
    service.process = subprocess.Popen([str(service.binary), "serve"], env=environment, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.DEVNULL,
                                       start_new_session=True, preexec_fn=_die_with_the_tests)
    try:
        until(lambda: alive(stack, service), 15 * service.slow, "life")
        yield service
        assert service.stop(30) == 0
    finally:
        service.kill()


def alive(stack, service):
    try:
        return Client(service, stack.contract).get("/livez").status == 200
    except (OSError, http.client.HTTPException):
        return False


def dropped(stack, service):
    return sum(value for name, value in samples(Client(service, stack.contract).get("/metrics", internal=True).text).items() if "log_dropped_total" in name)


def test_R24_a_log_that_nobody_reads_is_dropped_and_counted_and_holds_up_nobody(stack):
    reading, writing = os.pipe()
    try:
        with logging_to(stack, writing) as service:
            ask = Client(service, stack.contract)

            def lost():
                for _ in range(200):
                    assert ask.get("/v1/me", headers={"Authorization": "x" * 1500}, check=False).status == 401
                return dropped(stack, service) > 0
            until(lost, 60 * service.slow, "dropped lines")
            assert quick(stack, service) < 1 * service.slow
    finally:
        os.close(reading)
        os.close(writing)


def test_R24_a_full_disk_under_the_log_holds_up_nobody(stack):
    with open("/dev/full", "wb") as full, logging_to(stack, full) as service:
        used = cpu(service)
        for _ in range(50):
            assert quick(stack, service) < 1 * service.slow
        time.sleep(1)  # what it does about a log that takes nothing
        assert cpu(service) - used < 1 * service.slow
