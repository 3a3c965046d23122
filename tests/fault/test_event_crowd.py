"""R25: thousands of streams of events that say nothing cost little, hold up nobody, and each hears of a write."""
import http.client
import json
import resource
import time
from contextlib import ExitStack

import pytest

from mita.client import expect
from mita.events import Events
from mita.waiting import until
from test_crowded import cpu, memory

COUNT = 2_000


@pytest.fixture
def line(stack):
    finance = stack.also("finance", "finance-streams", MITA_EVENT_STREAMS_OF_ONE="1000").start()
    gateway = stack.also("gateway", "gateway-streams", finance=finance, MITA_RATE_USER="1000000;60").start()
    yield finance, gateway
    assert gateway.stop() == 0
    assert finance.stop() == 0


def test_R25_two_thousand_idle_streams_take_at_most_16_KB_each_in_either_service(stack, saver, line):
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard[1], hard[1]))
    for service in line:
        resource.prlimit(service.process.pid, resource.RLIMIT_NOFILE, (hard[1], hard[1]))
    finance, gateway = line
    people = [saver, stack.person(), stack.person()]
    cursors = {p.id: expect(p.get("/v1/changes?limit=500"), 200).json["next_cursor"] for p in people}
    try:
        with ExitStack() as kept:
            def opened(count):
                for n in range(count):
                    person = people[n % 3]
                    events = kept.enter_context(Events(stack, gateway, person.access, cursors[person.id], seconds=60))
                    assert events.status == 200, events.problem
                    yield person, events
            warm = list(opened(100))
            before = [memory(service) for service in line]
            all_of = warm + list(opened(COUNT))
            each = [(memory(service) - was) / COUNT for service, was in zip(line, before)]
            print(f"bytes each: finance {each[0]:.0f}, gateway {each[1]:.0f}")
            used = [cpu(service) for service in line]
            time.sleep(2)  # so long they are watched doing nothing
            assert sum(cpu(service) for service in line) - sum(used) < 1 * gateway.slow
            # One write of each; then they rest again, with no more memory than a page of buffers.
            for person in people:
                person.client.service = gateway
                person.said = expect(person.post("/v1/categories", {"name": f"Told {person.id}", "class": "flexible"}, headers={"Idempotency-Key": person.id}), 201).json["id"]
            for person, events in all_of:
                assert json.loads(events.next("change")["data"])["id"] == person.said
            after = [(memory(service) - was) / COUNT for service, was in zip(line, before)]
            print(f"bytes each, after an event: finance {after[0]:.0f}, gateway {after[1]:.0f}")
            for bytes_of in (*each, *after):
                assert bytes_of <= 16 * 1024 * gateway.slow, (each, after)
            connection = http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=30)
            began = time.monotonic()
            connection.request("GET", "/livez")
            assert connection.getresponse().status == 200 and time.monotonic() - began < 0.5 * gateway.slow
        until(lambda: stack.client(gateway).get("/livez").status == 200, 10 * gateway.slow, "rest")
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, hard)
