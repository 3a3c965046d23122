"""docker-compose.yml on a real engine: up, the journey, limits, restarts under load, an instance that dies, down."""
import http.client
import json
import threading
import time

import pytest

from mita.outside import call, journey
from mita.people import worked_example
from mita.waiting import until

MITA = ("auth", "finance", "gateway")
AWAY = (502, 503, 504)


@pytest.fixture(scope="module")
def ready(deployed):
    until(lambda: call(deployed.port, "GET", "/readyz")[0] == 200, 60, "a ready gateway", pause=0.3)
    return deployed


@pytest.fixture(scope="module")
def people(ready):
    """The tokens of four with a plan."""
    tokens = []
    for number in range(4):
        status, made = call(ready.port, "POST", "/v1/auth/register", {"email": f"compose.{number}@example.org", "password": "canary-correct horse battery"})
        assert status == 201, made
        assert call(ready.port, "PUT", "/v1/onboarding", worked_example(), made["access_token"])[0] == 200
        tokens.append(made["access_token"])
    return tokens


class Load:
    """Each asks for the list again and again, within the limit of requests; what they were told, and when."""

    def __init__(self, port, tokens):
        self.port, self.stop, self.seen = port, threading.Event(), []
        self.threads = [threading.Thread(target=self.ask, args=(t,), daemon=True) for t in tokens]

    def ask(self, token):
        while not self.stop.wait(0.15):
            try:
                answer = call(self.port, "GET", "/v1/transactions?limit=5", token=token)[0]
            except (OSError, http.client.HTTPException) as error:
                answer = type(error).__name__
            self.seen.append((time.monotonic(), answer))

    def __enter__(self):
        for t in self.threads:
            t.start()
        until(lambda: len(self.seen) > 20, 20, "load")
        return self

    def __exit__(self, *_):
        self.stop.set()
        for t in self.threads:
            t.join(30)

    def since(self, when):
        return [answer for at, answer in self.seen if at >= when]


def test_up_is_ready_and_the_journey_works(ready):
    journey(ready.port)


def test_every_container_is_healthy_confined_and_within_its_limits(ready):
    for name in MITA:
        for id in ready.containers(name):
            until(lambda i=id: json.loads(ready.docker("inspect", i))[0]["State"]["Health"]["Status"] == "healthy", 30, f"a healthy {name}", pause=0.5)
            told = json.loads(ready.docker("inspect", id))[0]
            assert told["Config"]["User"] == "10001:10001" and told["HostConfig"]["ReadonlyRootfs"] and told["HostConfig"]["CapDrop"] == ["ALL"]
            assert told["HostConfig"]["Memory"] == 256 << 20 and told["HostConfig"]["SecurityOpt"] == ["no-new-privileges:true"]
            used, limit = ready.docker("stats", "--no-stream", "--format", "{{.MemUsage}}", id).split(" / ")
            assert limit.strip() == "256MiB" and used.endswith("MiB") and float(used[:-3]) < 64, (name, used)
    settings = ready.docker("exec", ready.containers("gateway")[0], "mita-gateway", "config")
    assert "cgroup" in settings  # the memory limit is seen, and what is derived of it says so


def test_two_instances_of_finance_answer_and_are_known_to_the_gateway(ready, people):
    assert len(ready.containers("finance")) == 2
    for id in ready.containers("finance"):
        assert ready.docker("exec", id, "mita-finance", "healthcheck") == ""


@pytest.mark.parametrize("name,most", [("finance", 15), ("auth", 15)])
def test_a_restart_under_load_is_seen_as_503_at_most_and_is_over_soon(ready, people, name, most):
    with Load(ready.port, people) as load:
        began = time.monotonic()
        ready.compose("restart", "-t", "10", name)
        until(lambda: load.since(began)[-50:].count(200) == 50, most, f"{name} is back: {load.since(began)[-5:]}")
    assert set(load.since(began)) <= {200, *AWAY}


def test_a_restart_of_the_gateway_refuses_connections_for_a_moment_and_answers_again(ready, people):
    with Load(ready.port, people) as load:
        began = time.monotonic()
        ready.compose("restart", "-t", "10", "gateway")
        until(lambda: load.since(began)[-50:].count(200) == 50, 20, "the gateway is back")
    assert {x for x in load.since(began) if isinstance(x, int)} <= {200, *AWAY}


def test_one_of_two_instances_of_finance_is_killed_and_the_other_goes_on(ready, people):
    with Load(ready.port, people) as load:
        began = time.monotonic()
        ready.docker("kill", ready.containers("finance")[0])
        until(lambda: load.since(began)[-50:].count(200) == 50, 15, "the other answers")
    assert set(load.since(began)) <= {200, *AWAY}
    ready.compose("up", "-d", "--no-build", "--no-recreate", "--scale", "finance=2")


def test_down_leaves_nothing(ready):
    ready.compose("down", "-v", "--timeout", "30")
    mine = f"label=com.docker.compose.project={ready.project}"
    for what in (("ps", "-aq"), ("volume", "ls", "-q"), ("network", "ls", "-q")):
        assert ready.docker(*what, "--filter", mine) == "", what
