#!/usr/bin/python3
"""How long POST /v1/transactions:batch of a thousand takes beside single posts: tests/performance/batch.py [ROUNDS]. Binaries of build/release."""
import pathlib
import statistics
import sys
import time

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parent), str(pathlib.Path(__file__).resolve().parents[1] / "support")]
from harness.figures import WrongAnswer  # noqa: E402
from harness.people import Person  # noqa: E402
from harness.system import System  # noqa: E402

CATEGORIES = ["groceries", "transport", "coffee", "dining_out"]


def timed(act):
    begin = time.monotonic()
    act()
    return (time.monotonic() - begin) * 1000


def somebody(system):
    """On a busy machine a login is refused for what it would wait."""
    for _ in range(30):
        try:
            return Person(system)
        except WrongAnswer:
            time.sleep(.5)
    return Person(system)


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 7
    system = System().start()
    try:
        person = somebody(system)
        item = lambda n: {"money": {"amount": -n - 1, "currency": "EUR"}, "category": CATEGORIES[n % 4], "payee": "Somewhere", "tags": ["a"]}
        count = iter(range(10**9))
        post = lambda target, body: person.api.post(target, body, Idempotency_Key=f"k{next(count)}").expect(200, 201)
        thousand, ones = [], []
        for _ in range(rounds + 1):
            thousand.append(timed(lambda: post("/v1/transactions:batch", {"mode": "atomic", "items": [item(n) for n in range(1000)]})))
            ones += [timed(lambda: post("/v1/transactions", item(n))) for n in range(100)]
        thousand, ones = thousand[1:], ones[100:]
        say = lambda what, times: print(f"{what}: {statistics.median(times):.2f} ms (least {min(times):.2f}, greatest {max(times):.2f})")
        say("a batch of a thousand", thousand)
        say("one post", ones)
        print(f"an item of the batch: {statistics.median(thousand) / 1000 / statistics.median(ones):.3f} of a post")
    finally:
        system.close()


if __name__ == "__main__":
    main()
