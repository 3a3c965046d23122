"""What took long is in the log with the time of each part, so that one line says where to look."""
import concurrent.futures
import http.client
import json
import socket
import time

import pytest

from mita.client import Client
from mita.echo import Echo, gateway_before
from mita.metrics import samples
from mita.waiting import until

PARTS = ("verify_ms", "handle_ms", "upstream_ms", "write_ms")


@pytest.fixture(scope="module")
def line(running, people, tmp_path_factory):
    """A gateway of one worker before echoes, to which 300 ms are long."""
    home = tmp_path_factory.mktemp("slow")
    both = Echo(home, "slow-auth"), Echo(home, "slow-finance")
    door = gateway_before(running, "gateway-slow", *both, MITA_SLOW_MS="300", MITA_WORKERS="1", MITA_REQUEST_TIMEOUT_MS="30000").start()
    yield door
    assert door.stop() == 0
    for echo in both:
        echo.close()


def ask(door, person, method="GET", path="/v1/me", body=None, status=200, **how):
    connection = http.client.HTTPConnection("127.0.0.1", door.port, timeout=60)
    head = {"Authorization": f"Bearer {person.access}", "X-Behave": ";".join(f"{k}={v}" for k, v in how.items())}
    connection.request(method, path, body=body, headers=head)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    assert answer.status == status
    return answer.headers["X-Request-Id"]


def taken(door):
    """Connections to finance that carry a request."""
    said = samples(Client(door, None).get("/metrics", internal=True).text)
    return sum(value for name, value in said.items() if name.startswith("mita_gateway_upstream_connections{") and 'upstream="finance"' in name and 'state="busy"' in name)


def logged(door, request_id):
    return until(lambda: next((e for e in door.events() if e.get("event") == "request" and e["request_id"] == request_id), None), 5 * door.slow, "its line")


def test_a_slow_upstream_is_the_upstreams_part(line, people):
    said = logged(line, ask(line, people[0], wait=500))
    assert said["level"] == "warn" and said["status"] == 200 and all(name in said for name in PARTS), said
    assert 490 < said["upstream_ms"] <= said["duration_ms"] and said["handle_ms"] > 450 and said["verify_ms"] < 400 and "read_ms" not in said
    assert abs(said["verify_ms"] + said["handle_ms"] + said["write_ms"] - said["duration_ms"]) < 30


def test_a_client_that_sends_its_body_slowly_is_the_readings_part(line, people):
    body = json.dumps({"display_name": "slow"}).encode()
    with socket.create_connection(("127.0.0.1", line.port), timeout=30) as s:
        s.sendall(f"PATCH /v1/me HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {people[0].access}\r\nContent-Type: application/merge-patch+json\r\nContent-Length: {len(body)}\r\n\r\n".encode())
        time.sleep(0.6)  # the slowness that is tested
        s.sendall(body)
        answer = http.client.HTTPResponse(s)
        answer.begin()
        answer.read()
    said = logged(line, answer.headers["X-Request-Id"])
    assert said["read_ms"] > 500 and said["upstream_ms"] < said["read_ms"], said


def test_what_is_quick_is_not_in_the_log(line, people):
    quick, slow = ask(line, people[0]), ask(line, people[0], wait=400)
    logged(line, slow)
    assert not any(e.get("request_id") == quick for e in line.events())


def test_the_wait_for_a_connection_is_a_part_of_its_own(line, people):
    """A worker has 64 connections to an instance of finance: who comes while all are busy waits for one."""
    with concurrent.futures.ThreadPoolExecutor(64) as crowd:
        busy = [crowd.submit(ask, line, people[n % len(people)], wait=5000) for n in range(64)]
        until(lambda: taken(line) == 64, 10 * line.slow, "all connections to be busy")
        said = logged(line, ask(line, people[0]))
        first = logged(line, busy[0].result())
    assert 300 < said["connection_ms"] <= said["upstream_ms"] <= said["duration_ms"], said
    assert said["upstream_ms"] - said["connection_ms"] < 1000 * line.slow and first["upstream_ms"] > 4900, (said, first)
