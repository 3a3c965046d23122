#!/usr/bin/python3
"""How often what a phone asks for is in a cache, over a week of its days, before one instance of finance and before two: tests/performance/phone_week.py [PHONES].

A phone is opened eight times a day: it takes a new token, shows today, the day's calendar, its list, accounts, goals and what has changed, is pulled down
to refresh twice, and three times a day something is bought (which shows today and the list anew). Hits of all that was looked up, of each cache and instance.
Binaries of build/release; every message checked against the contract."""
import collections
import pathlib
import random
import re
import sys

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parents[1] / "support"), str(pathlib.Path(__file__).resolve().parents[1] / "vectors")]
from mita.client import Client, expect  # noqa: E402
from mita.metrics import samples  # noqa: E402
from mita.people import Person, key, money  # noqa: E402
from mita.stack import Stack  # noqa: E402
from mita.waiting import until  # noqa: E402

VISITS = (7, 8, 10, 12, 13, 17, 19, 22)  # hours of a day
BOUGHT = {10: "coffee", 13: "dining_out", 17: "groceries"}
SEED = 20261129


class Phone:
    def __init__(self, stack, door):
        self.person = Person(stack, door)
        self.person.onboard()
        self.cursor = None

    def show(self, day, *places):
        for place in places:
            expect(self.person.get(place.format(day=day)), 200)

    def visit(self, day, bought, rng):
        self.person.refresh()
        self.show(day, "/v1/today", "/v1/calendar/{day}", "/v1/transactions?limit=50", "/v1/accounts", "/v1/goals")
        changes = expect(self.person.get("/v1/changes" + (f"?cursor={self.cursor}" if self.cursor else "")), 200).json
        self.cursor = changes["next_cursor"]
        if bought:
            expect(self.person.post("/v1/transactions", {"money": money(-rng.randrange(100, 3000)), "category": bought}, headers={"Idempotency-Key": key()}), 201)
            self.show(day, "/v1/today", "/v1/transactions?limit=50")
        for _ in range(2):
            self.show(day, "/v1/today", "/v1/transactions?limit=50")


def looked_up(stack, services):
    """{(cache, service): [hits, misses]}"""
    out = collections.defaultdict(lambda: [0, 0])
    for service in services:
        for sample, value in samples(expect(Client(service, stack.contract).get("/metrics", internal=True), 200).text).items():
            found = re.fullmatch(r'mita_cache_(hits|misses)_total\{cache="(\w+)"\}', sample)
            if found:
                out[found[2], service.label][found[1] == "misses"] += value
    return out


def week(stack, door, services, phones):
    rng = random.Random(SEED)
    stack.clock.local("Europe/Sofia", "2026-05-04", 6)
    people = [Phone(stack, door) for _ in range(phones)]
    before = looked_up(stack, services)
    for day in range(4, 11):
        for hour in VISITS:
            stack.clock.local("Europe/Sofia", f"2026-05-{day:02}", hour)
            stack.wait_followed()
            for phone in people:
                phone.visit(f"2026-05-{day:02}", BOUGHT.get(hour), rng)
    for (cache, label), (hits, misses) in sorted(looked_up(stack, services).items()):
        hits, misses = hits - before[cache, label][0], misses - before[cache, label][1]
        if hits + misses:
            print(f"  {cache} of {label}: {100 * hits / (hits + misses):.1f} % of {hits + misses:,.0f}")


def main():
    phones = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    stack = Stack("release")
    try:
        print(f"{phones} phones, one instance of finance")
        week(stack, stack.gateway, stack.services, phones)
        second = stack.also("finance", "finance-2").start()
        both = lambda port: ",".join(f"http://127.0.0.1:{getattr(service, port)}" for service in (stack.finance, second))
        door = stack.also("gateway", "gateway-2", MITA_FINANCE_URL=both("port"), MITA_FINANCE_INTERNAL_URL=both("internal_port")).start()
        until(lambda: stack.client(door).get("/health").status == 200, 20, "the gateway before two instances")
        print(f"{phones} phones, two instances of finance")
        week(stack, door, (stack.auth, stack.finance, second, door), phones)
    finally:
        stack.close()


if __name__ == "__main__":
    main()
