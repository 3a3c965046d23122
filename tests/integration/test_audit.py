"""A seeded workload of several people through the whole system, judged number by number by an independent second implementation
(tests/support/mita/auditor): P1-P6, L1, L2, L3, L4 and `check` in every calendar, whatever was spent, moved, deleted, restored or replanned."""
import collections
import copy
import os
import random
import time
from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from mita.audit import audit_ledger
from mita.walker import Walker

NIGHTLY = os.environ.get("MITA_NIGHTLY") == "1"
SEEDS = [int(x) for x in os.environ.get("MITA_AUDIT_SEEDS", "").split(",") if x] or \
    ([random.SystemRandom().randrange(10**9) for _ in range(12)] if NIGHTLY else [30112026, 28112026])  # new walks by night: what they find has a seed
STEPS = int(os.environ.get("MITA_AUDIT_STEPS", 400 if NIGHTLY else 90))
SECONDS = float(os.environ.get("MITA_AUDIT_SECONDS", 0))  # at least so long, however many steps that are
PLACES = [("Europe/Sofia", "EUR"), ("America/Los_Angeles", "JPY"), ("Pacific/Apia", "KWD"), ("Australia/Lord_Howe", "CLF")]
RULES = [{"every": "month", "start_day": 25}, {"every": "week", "payday": date(2026, 4, 3)}, {"every": "two_weeks", "payday": date(2025, 12, 26)}, {"every": "month"}]


@pytest.fixture(scope="module")
def second(running):
    """Another instance of finance beside the stack's own."""
    service = running.also("finance", "finance-audit").start()
    yield service
    service.stop()


@pytest.mark.parametrize("seed", SEEDS)
def test_P1_P2_P3_P4_P5_P6_every_number_of_a_random_workload_agrees_with_a_second_implementation(stack, clock, second, seed):
    print(f"seed {seed}; again: MITA_AUDIT_SEEDS={seed} MITA_AUDIT_STEPS={STEPS}")
    rng = random.Random(seed)
    clock.set(datetime(2026, rng.randrange(1, 13), rng.randrange(1, 29), rng.randrange(24), tzinfo=ZoneInfo("UTC")))
    walk([Walker(stack, clock, rng, *place, doors=[stack.finance, second]) for place in PLACES], stack, clock, rng)


@pytest.mark.parametrize("seed", SEEDS)
def test_T1_whatever_days_periods_begin_on_and_however_that_changes_every_number_agrees(stack, clock, second, seed):
    print(f"seed {seed}; again: MITA_AUDIT_SEEDS={seed} MITA_AUDIT_STEPS={STEPS}")
    rng = random.Random(seed)
    clock.set(datetime(2026, rng.randrange(1, 13), rng.randrange(1, 29), rng.randrange(24), tzinfo=ZoneInfo("UTC")))
    walk([Walker(stack, clock, rng, *place, rule=rule, doors=[stack.finance, second]) for place, rule in zip(PLACES, RULES)], stack, clock, rng)


def walk(walkers, stack, clock, rng):
    for w in walkers:
        if rng.random() < .2:
            w.create()  # before there is a plan
        w.onboard()
    began, steps = time.monotonic(), 0
    while steps < STEPS or time.monotonic() - began < SECONDS:
        steps += 1
        walker = rng.choice(walkers)
        if rng.random() < .25:
            clock.advance(hours=rng.choice([1, 5, 13, 26, 26, 60, 60, 240, 700]))
            for w in walkers:
                w.person.client = w.doors[0]
                w.person.client.close()
                w.person.login()
        with walker.telling():
            walker.step()
    for w in walkers:
        with w.telling():
            w.look()
            w.balances()
            w.checkpoints()
            w.transfers()
            w.goals()
            w.cleared_ones()
            audit_ledger(stack.cluster, w.person.id)
    print(f"{steps} steps:", dict(sum((w.counts for w in walkers), collections.Counter())))


def test_P6_what_a_saving_category_carries_knows_the_bills_paid_in_every_month_of_the_run(stack, clock):
    clock.local("Europe/Sofia", "2026-01-01")
    walker = Walker(stack, clock, random.Random(0), "Europe/Sofia", "EUR")
    walker.unit = 1
    plan = {"budget": 31000, "policy": "save", "rollover": "both"}
    answers = {"incomes": [{"name": "Wage", "category": "salary", "amount": 300000, "day": 1}],
               "bills": [{"name": "Meal plan", "category": "groceries", "amount": 7000, "day": 16}],
               "goals": {}, "buffer": 0, "categories": {"groceries": plan}}
    walker.answers = lambda: copy.deepcopy(answers)
    walker.onboard()
    walker.some_lines = lambda: [("groceries", -7000)]
    for month in (1, 2, 3, 4):
        clock.local("Europe/Sofia", f"2026-{month:02}-12")
        walker.person.login()
        walker.some_day = walker.today
        walker.create()
    clock.local("Europe/Sofia", "2026-05-02")
    walker.person.login()
    walker.look()
