"""How many series a service has when every route was called and answered in every way: each route keeps its own, and what is counted rarely its room."""
import collections
import pathlib
import re
import socket

import pytest

from mita.client import Client, expect
from mita.echo import Echo, gateway_before
from mita.metrics import samples
from mita.waiting import until

ROOT = pathlib.Path(__file__).resolve().parents[2]
MOST = 2000  # lines of a scrape, by libs/core/metrics.hpp
# Of them, while every route answers with each class of status and every statement was sent. At 1,800 routes stop (what is counted rarely has the rest);
# who comes near has to give routes or statements fewer lines each, before nouns are added that have no room.
PLANNED = 1700
LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')


def scrape(stack, service):
    return samples(expect(Client(service, stack.contract).get("/metrics", internal=True), 200).text)


def labelled(found, name):
    """[(labels, number)] of a metric's samples."""
    return [(dict(LABEL.findall(sample)), value) for sample, value in found.items() if sample.split("{")[0] == name]


def by_metric(found):
    """How many lines each metric has, the most first: what a failure shows."""
    return collections.Counter(re.sub("_(bucket|sum|count)$", "", sample.split("{")[0]) for sample in found).most_common(12)


def outside(contract):
    """(method, template, target) of everything the gateway sends on; the rest it answers itself."""
    for method, path, _, operation in contract.routes:
        if operation["tags"][0] in ("auth", "finance"):
            yield method.upper(), path, re.sub(r"{\w+}", "01890a5d-ac96-774b-bcce-b302099a8057", path)


@pytest.fixture
def door(stack, tmp_path):
    """A gateway that nobody asked yet, before upstreams that answer as they are told."""
    echoes = Echo(tmp_path, "as-auth"), Echo(tmp_path, "as-finance")
    service = gateway_before(stack, "gateway-series", *echoes).start()
    yield service
    service.stop()
    for echo in echoes:
        echo.close()


def ask(stack, door, person, statuses):
    """Every route of the contract with each of these statuses; those of the gateway's own as they are; every method where nothing is."""
    client = Client(door, stack.contract, person.access)
    for method, path, target in outside(stack.contract):
        for status in statuses:
            body = None if method in ("GET", "DELETE") else "{}"
            answer = client.request(method, target, body=body, headers={"X-Behave": f"status={status}"}, check=False)
            assert answer.status == status, (method, path, status, answer)
        if method == "GET":
            client.request("HEAD", target, headers={"X-Behave": "status=200"}, check=False)
    for method, path, _, operation in stack.contract.routes:
        if operation["tags"][0] == "operations":
            client.request(method.upper(), path.replace("{file}", "none.js"), token=stack.secrets["MITA_OPS_TOKEN"], check=False)
    for method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"):
        client.request(method, "/nothing", check=False)


def spoil(service):
    """A head that is refused, by a rule that nothing was refused for yet."""
    with socket.create_connection(("127.0.0.1", service.port)) as raw:
        raw.sendall(b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n")
        assert raw.recv(100).startswith(b"HTTP/1.1 400")


def settled(stack, service):
    """The scrape once the spoilt head is counted under its own name, as all else is: exchanges are counted after their answers."""
    spoil(service)
    found = until(lambda: (f := scrape(stack, service)) and any("malformed_total{rule=" in sample for sample in f) and f, 10 * service.slow, "the malformed head counted")
    assert not [sample for sample in found if 'overflow="true"' in sample]
    return found


def counted(found):
    """{(method, route): {status: requests}}"""
    out = collections.defaultdict(dict)
    for labels, number in labelled(found, "mita_http_requests_total"):
        out[labels["method"], labels["route"]][labels["status"]] = number
    return out


def timed(found):
    """{route: requests of all methods}"""
    return {labels["route"]: number for labels, number in labelled(found, "mita_http_request_duration_seconds_count")}


def times_asked(contract, statuses):
    """{route: requests} of `ask`: every method with each status, and a HEAD of what has a GET."""
    out = collections.Counter()
    for method, path, _ in outside(contract):
        out[path] += statuses + (method == "GET")
    return out


def test_every_route_with_each_class_of_status_has_its_own_series_and_there_is_room(stack, door, person):
    ask(stack, door, person, (200, 404, 500))
    found = settled(stack, door)
    assert timed(found).items() >= times_asked(stack.contract, 3).items()
    for method, path, _ in outside(stack.contract):
        gets = 1 if method == "GET" else 0  # a HEAD is counted as one
        classes = collections.Counter()
        for status, number in counted(found)[method, path].items():
            classes[status[0]] += number
        assert classes == {"2": 1 + gets, "4": 1, "5": 1}, (method, path)
    assert sum(n for status, n in counted(found)["GET", "unmatched"].items() if status in ("404", "4xx")) >= 2
    assert len(found) <= PLANNED, by_metric(found)


def test_every_route_with_every_status_is_still_counted_by_class_and_nothing_is_lost(stack, door, person):
    statuses = (200, 201, 304, 400, 401, 403, 404, 409, 412, 413, 415, 422, 428, 429, 500, 502, 503, 504)
    ask(stack, door, person, statuses)
    found = settled(stack, door)
    assert len(found) <= MOST
    assert timed(found).items() >= times_asked(stack.contract, len(statuses)).items()
    exact = 0
    for method, path, _ in outside(stack.contract):
        have = counted(found)[method, path]
        assert sum(n for status, n in have.items() if status[0] == "4") == 11 and sum(n for status, n in have.items() if status[0] == "5") == 4, (method, path, have)
        assert have["201"] == 1
        assert set(have) <= {*map(str, statuses), "4xx", "5xx"}
        exact += len(have) > 5
    assert exact >= 5  # the first ones are told apart


def statements(service):
    """The names of the statements that a service may send."""
    names = set()
    for source in [*(ROOT / "services" / service).rglob("*.cpp"), *(ROOT / "libs/db").rglob("*.cpp")]:
        names |= set(re.findall(r'db::statement\s+\w+\{\s*"(\w+)"', source.read_text()))
    return names


@pytest.mark.parametrize("name", ["auth", "finance"])
def test_every_route_and_statement_of_a_service_fits(stack, name):
    service = stack.also(name, f"{name}-series").start()
    client = Client(service, stack.contract)
    for method, path, target in outside(stack.contract):
        client.request(method, target, body=None if method in ("GET", "DELETE") else "{}", check=False)
    found = settled(stack, service)
    service.stop()
    ways = timed(found)
    assert ways.keys() >= {path for _, path, _, o in stack.contract.routes if o["tags"][0] == name}
    asked = [sample for sample in found if sample.startswith("mita_db_query_duration_seconds")]
    each = len(asked) / len(labelled(found, "mita_db_query_duration_seconds_count"))
    most = len(found) - len(asked) + each * len(statements(name)) + 2 * len(counted(found))
    assert len(statements(name)) > 30 and most <= PLANNED, (most, by_metric(found))
