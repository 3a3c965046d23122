"""What deploy/prometheus and deploy/grafana watch exists: every metric and label that an alert or a panel names is in a live scrape of the three services."""
import json
import re
import socket

import pytest

from mita import watched
from mita.client import Client, expect
from mita.metrics import samples
from mita.waiting import until

GIVEN_BY_PROMETHEUS = {"job", "instance", "le"}
LABEL = re.compile(r'([a-zA-Z_]\w*)="')


def scrape(stack, service):
    return expect(Client(service, stack.contract).get("/metrics", internal=True), 200).text


@pytest.fixture
def scraped(stack, saver):
    """{metric: its labels} of all three after everything was used a little: a login, a refusal, a malformed head, a statement."""
    saver.get("/v1/me")
    expect(stack.client().post("/v1/auth/login", {"email": "nobody@example.org", "password": "not the password"}), 401)
    with socket.create_connection(("127.0.0.1", stack.gateway.port)) as raw:
        raw.sendall(b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n")
        assert raw.recv(100).startswith(b"HTTP/1.1 400")
    until(lambda: "mita_gateway_malformed_total{rule=" in scrape(stack, stack.gateway), 20 * stack.gateway.slow, "the malformed head counted: after its answer")
    found = {}
    for service in stack.services:
        for line in scrape(stack, service).splitlines():
            if not line.startswith("#"):
                name = re.match(r"[a-zA-Z_:][\w:]*", line).group()
                found.setdefault(name, set()).update(LABEL.findall(line))
    return found


def test_every_metric_that_is_watched_is_in_a_scrape(scraped):
    missing = {name: where for name, where in watched.watched_metrics().items() if name not in scraped}
    assert len(watched.watched_metrics()) > 30 and not missing, missing


def test_every_label_that_is_watched_is_one_of_its_metric(scraped):
    expressions = [r["expr"] for r in watched.rules()] + [e for path in watched.DASHBOARDS for e in watched.dashboard_expressions(json.loads(path.read_text()))]
    for expression in expressions:
        for name, matchers in re.findall(r"\b([a-zA-Z_:][\w:]*)\{([^}]*)\}", expression):
            if name in scraped:
                unknown = set(re.findall(r"(\w+)\s*(?:=~|!~|!=|=)", re.sub(r'"[^"]*"', '""', matchers))) - scraped[name] - GIVEN_BY_PROMETHEUS
                assert not unknown, f"{unknown} in {expression}"
        ours = [name for name in watched.metrics_of(expression) if name in scraped]
        for grouping in re.findall(r"\bby\s*\(([^)]*)\)", expression):
            wanted = {label.strip() for label in grouping.split(",")} - GIVEN_BY_PROMETHEUS
            assert not ours or any(wanted <= scraped[name] for name in ours), f"by ({grouping}) in {expression}"


@pytest.mark.parametrize("name", ["auth", "finance"])
def test_the_pool_tells_how_many_connections_it_may_have(stack, name):
    def seen():
        found = samples(scrape(stack, getattr(stack, name)))
        return found, found["mita_db_pool_connections{state=\"in_use\"}"] + found["mita_db_pool_connections{state=\"idle\"}"]

    found, up = until(lambda: (s := seen())[1] >= 1 and s, 10, "a connection")
    assert up <= found["mita_db_pool_max_connections"] == 2 * (2 + 4)  # workers x (pipelined + exclusive)
