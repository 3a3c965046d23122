"""As systemd runs it (deploy/systemd): the port is the service manager's, READY and STOPPING are told, connections wait across a restart."""
import contextlib
import json
import os
import socket
import subprocess
import threading
import urllib.request

import pytest

from mita.service import ROOT, _die_with_the_tests
from mita.waiting import until


class Manager:
    """The service manager's side: the listening socket it owns and the datagrams it hears."""

    def __init__(self, stack, place):
        self.stack, self.place = stack, place
        self.door = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self.door.getsockname()[1]
        self.ears = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.ears.bind(str(place / "notify"))
        self.ears.settimeout(20 * stack.gateway.slow)
        self.started = 0

    def start(self, **environment):
        """mita-gateway with the socket as descriptor 3, as execve gets it from systemd."""
        self.started += 1
        log = open(self.place / f"gateway.{self.started}.log", "wb")
        told = {"PATH": os.environ["PATH"], **self.stack.environment("gateway"), "MITA_GATEWAY_PORT": "0", "MITA_GATEWAY_INTERNAL_PORT": "0",
                "NOTIFY_SOCKET": str(self.place / "notify"), "LISTEN_FDS": "1", "LISTEN_FDNAMES": "gateway", **environment}
        binary = ROOT / "build" / self.stack.preset / "bin/mita-gateway"
        with log:
            return subprocess.Popen(["bash", "-c", f'export LISTEN_PID=$$; exec "{binary}" serve 3<&{self.door.fileno()}'], env=told, pass_fds=[self.door.fileno()],
                                    stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, preexec_fn=_die_with_the_tests)

    def hear(self):
        return self.ears.recv(500).decode()

    def listening(self):
        """The port of the last gateway, told in its log; once it has ended."""
        events = map(json.loads, (self.place / f"gateway.{self.started}.log").read_text().splitlines())
        return next(e for e in events if e["event"] == "listening")["port"]

    def live(self):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/livez", timeout=20 * self.stack.gateway.slow) as answer:
            return answer.status


@pytest.fixture
def manager(stack, tmp_path):
    made = Manager(stack, tmp_path)
    yield made
    made.door.close()
    made.ears.close()


@contextlib.contextmanager
def ended(process):
    """Killed when the test did not end it."""
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


def test_the_gateway_serves_on_the_socket_it_was_given_and_tells_when_it_is_up_ready_and_stops(manager):
    with ended(manager.start(WATCHDOG_USEC="600000")) as gateway:
        assert manager.hear() == "READY=1\nSTATUS=listening, not ready yet"
        assert manager.live() == 200
        said = [manager.hear() for _ in range(4)]
        assert "STATUS=ready" in said and said.count("WATCHDOG=1") == 3
        gateway.terminate()
        until(lambda: manager.hear() == "STOPPING=1\nSTATUS=stopping", 20, "STOPPING")
        assert gateway.wait(20 * manager.stack.gateway.slow) == 0
    assert manager.listening() == manager.port


def test_whoever_connects_while_the_gateway_restarts_waits_and_is_served(manager):
    with ended(manager.start()) as gateway:
        assert manager.hear().startswith("READY=1")
        gateway.terminate()
        assert gateway.wait(20 * manager.stack.gateway.slow) == 0
    answers = []
    waiting = [threading.Thread(target=lambda: answers.append(manager.live())) for _ in range(8)]
    for thread in waiting:
        thread.start()
    until(lambda: queued(manager.port) == 8, 10, "eight in the queue")
    with ended(manager.start()) as gateway:
        for thread in waiting:
            thread.join()
        assert answers == [200] * 8
        gateway.terminate()
        assert gateway.wait(20 * manager.stack.gateway.slow) == 0


def queued(port):
    """Connections that the kernel has completed and nobody accepted: the receive queue of a listening socket in /proc/net/tcp."""
    for line in open("/proc/net/tcp"):
        fields = line.split()
        if fields[1].endswith(f":{port:04X}") and fields[3] == "0A":
            return int(fields[4].partition(":")[2], 16)
    return -1


def test_a_socket_of_another_name_is_left_alone(manager):
    with ended(manager.start(LISTEN_FDNAMES="finance")) as gateway:
        assert manager.hear().startswith("READY=1")
        gateway.terminate()
        assert gateway.wait(20 * manager.stack.gateway.slow) == 0
    assert manager.listening() not in (0, manager.port)
