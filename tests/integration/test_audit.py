"""A seeded workload of several people through the whole system, judged number by number by an independent second implementation
(tests/support/mita/auditor.py): P1-P6, L2, L3, L4 and `check` in every calendar, whatever was spent, moved, deleted, restored or replanned."""
import collections
import contextlib
import copy
import os
import random
import time
import unicodedata
from datetime import date, datetime, timedelta
from urllib.parse import quote
from zoneinfo import ZoneInfo

import pytest

from mita.audit import audit_ledger
from mita.auditor import Books, identify, label, month_of, shifted
from mita.client import Client, expect
from mita.people import key, money

NIGHTLY = os.environ.get("MITA_NIGHTLY") == "1"
SEEDS = [int(x) for x in os.environ.get("MITA_AUDIT_SEEDS", "").split(",") if x] or \
    ([random.SystemRandom().randrange(10**9) for _ in range(12)] if NIGHTLY else [30112026, 28112026])  # new walks by night: what they find has a seed
STEPS = int(os.environ.get("MITA_AUDIT_STEPS", 400 if NIGHTLY else 90))
SECONDS = float(os.environ.get("MITA_AUDIT_SECONDS", 0))  # at least so long, however many steps that are
PLACES = [("Europe/Sofia", "EUR"), ("America/Los_Angeles", "JPY"), ("Pacific/Apia", "KWD"), ("Australia/Lord_Howe", "CLF")]
POLICIES = ["even", "even", "window:3", "window:7", "carry", "save", "static"]
SPENDING = ["groceries", "groceries", "transport", "health", "clothing", "dining_out", "entertainment", "coffee", "housing", "utilities", "debt", "communication"]
PAYEES = ["Αθήνα", "ΑΘΗΝΑ μου", "Café Roma", "Cafe\u0301 roma", "CAFE", "Кафе", "КАФЕ «Роза»", "Straße 5", "STRASSE", "Smørrebrød", "100 %", "a_b", "Market", None, None, None, None]
QUERIES = ["αθηνα", "Αθήνα", "café", "ROMA", "кафе", "strasse", "ß", "%", "_", "a_b", "market", "ma", "é", "роза"]


def plain(text):
    """What a search compares, said anew."""
    kept = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c)).casefold()
    return kept.replace("ø", "o")


@pytest.fixture(scope="module")
def second(running):
    """Another instance of finance beside the stack's own."""
    service = running.also("finance", "finance-audit").start()
    yield service
    service.stop()


class Walker:
    """One person and their books: each step does something through HTTP and to the books alike, then compares."""

    def __init__(self, stack, clock, rng, zone, currency, doors=()):
        self.stack, self.clock, self.rng, self.zone, self.currency = stack, clock, rng, zone, currency
        self.person = stack.person()
        self.person.currency = currency
        listed = expect(self.person.get("/v1/categories"), 200).json["data"]
        self.books = Books({c["id"]: c["class"] for c in listed if c["class"] != "income"}, currency)
        self.tags, self.deleted, self.told = {}, {}, []
        self.doors = [self.person.client, *(Client(service, stack.contract) for service in doors)]  # ways in: the gateway, instances of finance
        self.own, self.texts, self.counts, self.named = {}, {}, collections.Counter(), 0  # own: id -> name
        self.unit = {"JPY": 1, "CLF": 100, "KWD": 10}.get(currency, 1) * rng.choice([1, 1, 1000])
        tag = expect(self.person.get("/v1/me"), 200).etag
        expect(self.person.patch("/v1/me", {"timezone": zone, "currency": currency}, headers={"If-Match": tag}), 200)
        # Accounts: on budget, and off (its currency); where each entry is; those that are off, with their tags.
        self.accounts, self.off_accounts = [self.person.id, self.open("card"), self.open("cash")], {self.open("loan"): currency, self.open("investment", "CHF"): "CHF"}
        self.home, self.off, self.off_tags = {}, {}, {}

    def open(self, kind, currency=None):
        body = {"name": kind.title(), "kind": kind} | ({"currency": currency} if currency else {})
        return expect(self.person.post("/v1/accounts", body, headers={"Idempotency-Key": key()}), 201).json["id"]

    def everywhere(self):
        """All that is booked, on budget or off."""
        return self.books.entries | self.off

    def today(self):
        return self.clock.now().astimezone(ZoneInfo(self.zone)).date()

    @contextlib.contextmanager
    def telling(self):
        """What happened to this person, when it ends badly."""
        try:
            yield
        except BaseException:
            print(self.zone, self.currency, "today", self.today(), self.person.id)
            for line in self.told:
                print(*line)
            raise

    def note(self, *what):
        self.told.append((str(self.today()), *what))

    # Onboarding.
    def answers(self):
        rng, u = self.rng, self.unit
        chosen = {}
        planned = set(self.books.answers["categories"]) if self.books.answers else set()
        own = {c for c in self.own if c in self.books.classes and (c not in self.books.archived or c in planned)}
        for c in rng.sample(sorted({*SPENDING, *own}), rng.randrange(2, 8)):
            x = chosen[c] = {}
            if rng.random() < .3:
                x["budget"] = rng.randrange(0, 30000) * u
            elif rng.random() < .9:
                x["weight"] = rng.choice([0, 1, 7, 45, 1000])
            x["policy"] = rng.choice(POLICIES)
            x["rollover"] = rng.choice(["none", "none", "surplus", "deficit", "both"])
            if rng.random() < .4:
                x["cap"] = rng.randrange(0, 20000) * u
            kind = rng.choice(["", "", "uniform", "weekday", "custom", "history"])
            if kind:
                x["day_weights"] = {"kind": kind}
                if kind in ("weekday", "custom"):
                    x["day_weights"]["weights"] = [rng.randrange(0, 4) for _ in range(7 if kind == "weekday" else rng.choice([5, 28, 30, 31]))]
        kinds = [("Rent", "housing", 80000), ("Power", "utilities", 15000), ("Phone", "communication", 3001), ("Loan", "debt", 9999), ("Meal plan", "groceries", 7000),
                 ("Phone", "communication", 2900)]
        bills = [{"name": n, "category": c, "amount": rng.choice([a, a, a + 1]) * u, "day": rng.randrange(1, 32)} for n, c, a in kinds if rng.random() < .6]
        month = month_of(self.today())
        goals = {f"Goal {i}": (rng.randrange(0, 400000) * u, date(*shifted(month, rng.randrange(-1, 14)), rng.randrange(1, 28))) for i in range(rng.randrange(0, 3))}
        incomes = [{"name": f"Income {i}", "category": rng.choice(["salary", "salary", "other_income"]), "amount": rng.randrange(0, 400000) * u, "day": rng.randrange(1, 32)}
                   for i in range(rng.randrange(0, 3))] + [{"name": "Wage", "category": "salary", "amount": 150000 * u, "day": rng.randrange(1, 32)}]
        before = self.books.answers or {"bills": [], "incomes": []}
        for now, then in ((bills, before["bills"]), (incomes, before["incomes"])):  # some clients send ids back
            for x in now:
                free = [y["id"] for y in then if y["id"] not in [z.get("id") for z in now]]
                if free and rng.random() < .4:
                    x["id"] = rng.choice(free)
        return {"incomes": incomes, "bills": bills, "goals": goals,
                "buffer": rng.choice([0, 5000]) * u, "categories": chosen}

    def body(self, a):
        m = lambda x: money(x, self.currency)
        def category(c, x):
            out = {"category": c, "policy": x["policy"], "rollover": x["rollover"]}
            if "budget" in x:
                out["budget_money"] = m(x["budget"])
            if "weight" in x:
                out["weight"] = x["weight"]
            if "cap" in x:
                out["rollover_cap_money"] = m(x["cap"])
            if "day_weights" in x:
                out["day_weights"] = x["day_weights"]
            return out
        def thing(x):
            return {k: x[k] for k in ("id", "name", "category", "day") if x.get(k)} | {"money": m(x["amount"])}
        return {"timezone": self.zone, "currency": self.currency, "incomes": [thing(x) for x in a["incomes"]], "bills": [thing(x) for x in a["bills"]],
                "goals": [{"name": n, "target_money": m(t), "by": str(by)} for n, (t, by) in a["goals"].items()], "buffer_money": m(a["buffer"]),
                "categories": [category(c, x) for c, x in a["categories"].items()]}

    def onboard(self):
        tag = expect(self.person.get("/v1/onboarding"), 200).etag if self.books.answers else None
        for _ in range(20):
            a = self.answers()
            body, today = self.body(a), self.today()
            before = self.books.answers or {"bills": [], "incomes": []}
            for kind in ("bills", "incomes"):
                for i, (x, known) in enumerate(zip(a[kind], identify(a[kind], before[kind]))):
                    x["id"] = known or f"unknown {i}"
            problem = self.books.would_replan(a, today)[0].problem
            answer = self.person.put("/v1/onboarding", body, headers={"If-Match": tag} if tag else None)
            self.note("onboard", a, answer.status)
            if problem:
                expect(answer, 422, "infeasible_budget")
                continue
            got, shown = expect(answer, 200).json, expect(self.person.get("/v1/onboarding"), 200).json
            for kind in ("bills", "incomes"):  # new ids are the service's own
                for x, y in zip(a[kind], shown[kind], strict=True):
                    assert x["id"] == y["id"] or x["id"].startswith("unknown"), (x, y)
                    x["id"] = y["id"]
            lost = self.books.replan(a, self.books.would_replan(a, today), today, self.deleted.values())
            for id in [id for id in self.tags if any(self.books.entries[id] is e for e in lost)]:
                now = expect(self.person.get(f"/v1/transactions/{id}"), 200)
                assert now.json["bill_id"] is None
                self.tags[id] = now.etag
            self.books.compare(got, today)
            return

    # The ledger.
    def some_day(self):
        today = self.today()
        day = self.rng.choice([today, today, today, today - timedelta(self.rng.randrange(1, 12)), today - timedelta(self.rng.randrange(1, 70)),
                               today + timedelta(self.rng.randrange(1, 20)), today + timedelta(self.rng.choice([3, 40, 75]))])
        return max(day, date(2025, 1, 1))

    def some_amount(self):
        u = self.unit
        return self.rng.choice([-self.rng.randrange(1, 4000) * u, -self.rng.randrange(1, 4000) * u - 1, -self.rng.randrange(4000, 90000) * u, self.rng.randrange(1, 5000) * u])

    def places(self):
        return SPENDING + [c for c in self.own if c not in self.books.archived]

    def some_lines(self):
        if self.rng.random() < .2:
            return [(self.rng.choice(self.places() + ["salary"]), self.some_amount()) for _ in range(self.rng.randrange(2, 5))]
        if self.books.answers and self.books.answers["bills"] and self.rng.random() < .35:  # about a bill
            b = self.rng.choice(self.books.answers["bills"])
            return [(b["category"], -max(1, b["amount"] * self.rng.choice([100, 100, 99, 80, 120, 121]) // 100))]
        if self.books.answers and self.rng.random() < .12:  # about an income
            i = self.rng.choice(self.books.answers["incomes"])
            return [(i["category"], max(1, i["amount"] * self.rng.choice([100, 100, 99, 80, 50, 121, 133]) // 100))]
        if self.rng.random() < .05:
            return [("salary", self.rng.choice([-1, 1, 1]) * self.rng.randrange(1, 100000) * self.unit)]
        return [(self.rng.choice(self.places()), self.some_amount())]

    def members(self, lines, currency=None):
        m = lambda x: money(x, currency or self.currency)
        if len(lines) == 1:
            return {"category": lines[0][0], "money": m(lines[0][1])}
        return {"splits": [{"category": c, "money": m(x)} for c, x in lines], "money": m(sum(x for _, x in lines))}

    def create(self):
        lines, day = self.some_lines(), self.some_day()
        body = self.members(lines) | ({} if day == self.today() and self.rng.random() < .5 else {"booked_on": str(day)})
        payee = self.rng.choice(PAYEES)
        if payee:
            body["payee"] = payee
        account = self.rng.choice(self.accounts)
        if account != self.person.id or self.rng.random() < .2:
            body["account_id"] = account
        again = {"Idempotency-Key": key()}
        made = expect(self.person.post("/v1/transactions", body, headers=again), 201)
        self.note("create", made.json["id"], str(day), lines)
        if self.rng.random() < .1:  # a retry changes nothing
            assert expect(self.person.post("/v1/transactions", body, headers=again), 201).body == made.body
        if self.books.answers:
            self.books.open_until(max(month_of(day), month_of(self.today())))
        self.books.entries[made.json["id"]] = {"day": day, "lines": lines, "bill": None}
        self.home[made.json["id"]] = account
        self.tags[made.json["id"]], self.texts[made.json["id"]] = made.etag, {"payee": payee}
        self.told_effect(made.json["effect"])

    def told_effect(self, effect):
        want = self.books.effect(self.today())
        if want is None:
            assert effect is None
            return
        amount = lambda x: x["amount"]
        assert tuple(amount(effect["today"][f"{k}_money"]) for k in ("budget", "spent", "left")) == want["today"]
        assert (effect["tomorrow"] and amount(effect["tomorrow"]["budget_money"])) == want["tomorrow"]
        assert [(m["from"], m["to"], amount(m["money"])) for m in effect["moves"]] == want["moves"]
        assert amount(effect["uncovered_money"]) == want["uncovered"]

    def change(self):
        if not self.tags:
            return
        id = self.rng.choice(sorted(self.tags))
        entry = self.books.entries[id]
        patch, new = {}, copy.deepcopy(entry)
        kind = self.rng.choice(["lines", "day", "both", "bill", "note", "back", "payee", "account"])
        if kind in ("lines", "both"):
            new["lines"] = self.some_lines()
            patch |= self.members(new["lines"])
        if kind in ("day", "both"):
            new["day"] = self.some_day()
            patch["booked_on"] = str(new["day"])
        if kind == "bill":
            new["bill"] = self.rng.choice([None, "none", *self.linkable()])
            patch["bill_id"] = new["bill"]
        if kind == "note":
            patch["note"] = self.rng.choice([None, "a note"])
        if kind == "payee":
            patch["payee"] = self.rng.choice(PAYEES)
        if kind == "back":  # as it was read, categories archived since among it
            patch = self.members(entry["lines"])
        account = self.rng.choice(self.accounts) if kind in ("account", "both") else self.home[id]
        if account != self.home[id] or kind == "account":
            patch["account_id"] = account
        answer = self.person.patch(f"/v1/transactions/{id}", patch, headers={"If-Match": self.tags[id]})
        self.note("change", id, patch, answer.status)
        moved = (new["bill"], new["day"], new["lines"]) != (entry["bill"], entry["day"], entry["lines"])
        if moved and new["bill"] not in (None, "none") and not self.may_link(new):
            assert expect(answer, 422).findings().keys() == {"/bill_id"}
            return
        expect(answer, 200)
        self.books.entries[id], self.tags[id], self.home[id] = new, answer.etag, account
        self.texts[id] |= {k: patch[k] for k in ("payee", "note") if k in patch}
        self.looked_at()
        self.told_effect(answer.json["effect"])

    def looked_at(self):
        """A write reads today's month."""
        if self.books.answers:
            self.books.visit(month_of(self.today()), self.today())

    def linkable(self):
        """Occurrences of this month and those around it that are open, sometimes of any."""
        near = set(self.books.months)
        if self.rng.random() < .7:
            near &= {shifted(month_of(self.today()), i) for i in (-1, 0, 1)}
        return sorted(x[0] for m in near for p in [self.books.months[m][-1]] for x in p.bills + p.incomes)

    def may_link(self, entry):
        """A line of the bill's category that spends; of an income's that comes in."""
        for revisions in self.books.months.values():
            for sign, list in ((-1, revisions[-1].bills), (1, revisions[-1].incomes)):
                for id, _, category, _, _ in list:
                    if id == entry["bill"]:
                        return any(c == category and x * sign > 0 for c, x in entry["lines"])
        raise AssertionError(f"{entry['bill']} points to nothing")

    def delete(self):
        if not self.tags:
            return
        id = self.rng.choice(sorted(self.tags))
        self.looked_at()
        answer = expect(self.person.delete(f"/v1/transactions/{id}", headers={"If-Match": self.tags.pop(id)}), 200)
        self.note("delete", id)
        self.deleted[id] = self.books.entries.pop(id)
        self.told_effect(answer.json["effect"])

    def restore(self):
        if not self.deleted:
            return
        id = self.rng.choice(sorted(self.deleted))
        answer = expect(self.person.post(f"/v1/transactions/{id}:restore", headers={"Idempotency-Key": key()}), 200)
        self.note("restore", id)
        self.books.entries[id], self.tags[id] = self.deleted.pop(id), answer.etag
        self.looked_at()
        self.told_effect(answer.json["effect"])

    # Accounts off budget: what is booked there moves no number.
    def elsewhere(self):
        account, lines = self.rng.choice(list(self.off_accounts)), self.some_lines()
        currency = self.off_accounts[account]
        moving = [id for id in self.tags if self.books.entries[id]["bill"] in (None, "none")]
        what = self.rng.choice(["book", "out", "back", "drop"])
        if what == "out" and moving:
            id = self.rng.choice(sorted(moving))
            lines = self.books.entries[id]["lines"]
            answer = expect(self.person.patch(f"/v1/transactions/{id}", self.members(lines, currency) | {"account_id": account}, headers={"If-Match": self.tags.pop(id)}), 200)
            self.off[id], self.off_tags[id], self.home[id] = self.books.entries.pop(id), answer.etag, account
        elif what == "back" and self.off:
            id = self.rng.choice(sorted(self.off))
            lines = self.off[id]["lines"]
            answer = expect(self.person.patch(f"/v1/transactions/{id}", self.members(lines) | {"account_id": None}, headers={"If-Match": self.off_tags.pop(id)}), 200)
            self.books.entries[id], self.tags[id], self.home[id] = self.off.pop(id), answer.etag, self.person.id
        elif what == "drop" and self.off:
            id = self.rng.choice(sorted(self.off))
            answer = expect(self.person.delete(f"/v1/transactions/{id}", headers={"If-Match": self.off_tags.pop(id)}), 200)
            del self.off[id]
        else:
            day = self.some_day()
            body = self.members(lines, currency) | {"account_id": account, "booked_on": str(day)}
            answer = expect(self.person.post("/v1/transactions", body, headers={"Idempotency-Key": key()}), 201)
            id = answer.json["id"]
            self.off[id], self.off_tags[id], self.home[id], self.texts[id] = {"day": day, "lines": lines, "bill": None}, answer.etag, account, {}
        self.note("elsewhere", what, id, account, lines)
        self.looked_at()
        self.told_effect(answer.json["effect"])

    def balances(self):
        """L2, and none of two currencies in one sum."""
        on = self.rng.choice([self.today(), self.some_day(), self.some_day()])
        want = dict.fromkeys([*self.accounts, *self.off_accounts], 0)
        for id, e in self.everywhere().items():
            if e["day"] <= on:
                want[self.home[id]] += sum(x for _, x in e["lines"])
        got = expect(self.person.get(f"/v1/balances?on={on}"), 200).json
        assert {b["account_id"]: b["balance_money"]["amount"] for b in got["balances"]} == want, on
        of = lambda account: self.off_accounts.get(account, self.currency)
        for part in got["net_worth"]:
            assert part["net_money"] == money(sum(x for a, x in want.items() if of(a) == part["currency"]), part["currency"])
        account = self.rng.choice(list(want))
        listed = expect(self.person.get(f"/v1/transactions?limit=500&account_id={account}"), 200).json["data"]
        everywhere = self.everywhere()
        mine = sorted((id for id in everywhere if self.home[id] == account), key=lambda id: (everywhere[id]["day"], id), reverse=True)
        assert [t["id"] for t in listed] == mine[:500]

    # Categories.
    def category(self):
        self.rng.choice([self.new_category, self.new_category, self.rename, self.reclass, self.archive, self.remove_category])()

    def new_category(self):
        self.named += 1
        name = f"{self.rng.choice(['Кафе', 'Café', 'Own'])} {self.named}"
        cls = self.rng.choice(["essential", "flexible", "discretionary", "protected"])
        answer = expect(self.person.post("/v1/categories", {"name": name, "class": cls}, headers={"Idempotency-Key": key()}), 201)
        self.note("category", answer.json["id"], name, cls)
        self.own[answer.json["id"]] = name
        self.books.categorize(answer.json["id"], cls)

    def change_category(self, id, **members):
        self.note("category", id, members)
        return self.person.patch(f"/v1/categories/{id}", members, headers={"If-Match": "*"})

    def rename(self):
        if len(self.own) < 2:
            return
        id, other = self.rng.sample(sorted(self.own), 2)
        if self.rng.random() < .5:
            expect(self.change_category(id, name=unicodedata.normalize("NFD", self.own[other].swapcase())), 409, "already_exists")
            return
        self.named += 1
        self.own[id] = expect(self.change_category(id, name=f"Renamed {self.named}"), 200).json["name"]

    def reclass(self):
        id = self.rng.choice(sorted(self.own) + ["coffee", "clothing", "health"])
        cls = self.rng.choice(["essential", "flexible", "discretionary", "protected"])
        expect(self.change_category(id, **{"class": cls}), 200)
        self.books.categorize(id, cls)

    def archive(self):
        if self.own:
            id = self.rng.choice(sorted(self.own))
            archived = expect(self.change_category(id, archived=self.rng.random() < .6), 200).json["archived"]
            (self.books.archived.add if archived else self.books.archived.discard)(id)

    def remove_category(self):
        if not self.own:
            return
        id = self.rng.choice(sorted(self.own))
        used = self.books.uses(id, [*self.deleted.values(), *self.off.values()])
        self.note("remove category", id, used)
        expect(self.person.delete(f"/v1/categories/{id}", headers={"If-Match": "*"}), 204)
        if used:
            self.books.archived.add(id)
            assert expect(self.person.get(f"/v1/categories/{id}"), 200).json["archived"]
        else:
            expect(self.person.get(f"/v1/categories/{id}"), 404)
            self.books.remove_category(id)
            del self.own[id]

    def search(self):
        q, got, whole = self.rng.choice(QUERIES), [], self.rng.random() < .4
        target = f"/v1/transactions?limit={self.rng.choice([2, 50])}&{'payee' if whole else 'q'}={quote(q)}"
        while target:
            answer = expect(self.person.get(target), 200)
            got += [t["id"] for t in answer.json["data"]]
            link = answer.header("Link")
            target = link[1:link.index(">")] if link else None
        everywhere = self.everywhere()
        found = [id for id in everywhere if (plain(self.texts[id].get("payee") or "") == plain(q) if whole
                 else any(plain(q) in plain(text or "") for text in self.texts[id].values()))]
        assert got == sorted(found, key=lambda id: (everywhere[id]["day"], id), reverse=True), q

    def switch_cover(self):
        tag = expect(self.person.get("/v1/me"), 200).etag
        self.books.switch_cover(self.today())
        expect(self.person.patch("/v1/me", {"settings": {"cover": self.books.cover}}, headers={"If-Match": tag}), 200)
        self.note("cover", self.books.cover)

    # Looking.
    def look(self, month=None):
        today = self.today()
        answer = expect(self.person.get("/v1/calendar" + (f"?month={label(month)}" if month else "")), 200)
        self.books.visit(month or month_of(today), today)
        return self.books.compare(answer.json, today), answer.json

    def look_elsewhere(self):
        self.look(shifted(month_of(self.today()), self.rng.choice([-2, -1, -1, 1, 2, 5])))

    def look_closely(self):
        """day, explain and today say what the calendar says."""
        v, calendar = self.look()
        amount = lambda x: x["amount"]
        for d in self.rng.sample(range(v["n"]), 2) + [v["t"]]:
            on = calendar["days"][d]
            day = expect(self.person.get(f"/v1/calendar/{on['date']}"), 200).json
            assert {k: day[k] for k in ("date", "verdict", "budget_money", "spent_money")} == {k: on[k] for k in ("date", "verdict", "budget_money", "spent_money")}
            assert [{k: c[k] for k in on["categories"][0]} for c in day["categories"]] == on["categories"] if on["categories"] else not day["categories"]
            assert amount(day["left_money"]) == amount(day["budget_money"]) - amount(day["spent_money"])
            ids = [t["id"] for t in day["transactions"]]
            assert ids == sorted((id for id, e in self.everywhere().items() if str(e["day"]) == on["date"]), reverse=True)[:200]
            for c in self.rng.sample(list(v["columns"]), min(3, len(v["columns"]))):
                why = expect(self.person.get(f"/v1/calendar/{on['date']}/explain?category={c}"), 200).json
                number = v["days"][c]["budget"][d]
                assert amount(why["budget_money"]) == number == sum(amount(t["money"]) for t in why["terms"]), why
                assert why["terms"][0] == {"kind": "baseline", "money": money(v["days"][c]["baseline"][d], self.currency)}
        page, on = expect(self.person.get("/v1/today"), 200).json, calendar["days"][v["t"]]
        assert {k: page[k] for k in ("date", "verdict", "budget_money", "spent_money")} == {k: on[k] for k in ("date", "verdict", "budget_money", "spent_money")}
        assert [(c["category"], c["budget_money"], c["spent_money"]) for c in page["categories"]] == [(c["category"], c["budget_money"], c["spent_money"]) for c in on["categories"]]
        everywhere = self.everywhere()
        newest = sorted(everywhere, key=lambda id: (everywhere[id]["day"], id), reverse=True)
        assert [t["id"] for t in page["last_transactions"]] == newest[:5]
        monday = v["today"] - timedelta(v["today"].weekday())
        assert [d["date"] for d in page["week"]] == [str(monday + timedelta(i)) for i in range(7)]
        shown = {d["date"]: d for d in calendar["days"]}
        for d in page["week"]:
            assert d["date"] not in shown or d == {k: shown[d["date"]][k] for k in d}

    def page_through(self):
        got, target = [], f"/v1/transactions?limit={self.rng.choice([1, 3, 50, 500])}"
        while target:
            answer = expect(self.person.get(target), 200)
            got += [t["id"] for t in answer.json["data"]]
            link = answer.header("Link")
            target = link[1:link.index(">")] if link else None
        everywhere = self.everywhere()
        assert got == sorted(everywhere, key=lambda id: (everywhere[id]["day"], id), reverse=True)

    def step(self):
        self.person.client.close()  # what is not used for long is closed by the other side
        self.person.client = self.rng.choice(self.doors)
        self.person.client.token = self.person.access
        what = self.rng.choices([self.create, self.change, self.delete, self.restore, self.switch_cover, self.onboard, self.look, self.look_elsewhere, self.look_closely,
                          self.page_through, self.category, self.search, self.elsewhere, self.balances], [40, 14, 6, 5, 2, 4, 12, 8, 8, 3, 8, 4, 8, 8])[0]
        self.counts[what.__name__] += 1
        what()


@pytest.mark.parametrize("seed", SEEDS)
def test_P1_P2_P3_P4_P5_P6_every_number_of_a_random_workload_agrees_with_a_second_implementation(stack, clock, second, seed):
    print(f"seed {seed}; again: MITA_AUDIT_SEEDS={seed} MITA_AUDIT_STEPS={STEPS}")
    rng = random.Random(seed)
    clock.set(datetime(2026, rng.randrange(1, 13), rng.randrange(1, 29), rng.randrange(24), tzinfo=ZoneInfo("UTC")))
    walkers = [Walker(stack, clock, rng, *place, doors=[stack.finance, second]) for place in PLACES]
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
            audit_ledger(stack.cluster, w.person.id)
    print(f"{steps} steps:", dict(sum((w.counts for w in walkers), collections.Counter())))


def test_P6_what_a_saving_category_carries_knows_the_bills_paid_in_every_month_of_the_run(stack, clock):
    clock.local("Europe/Sofia", "2026-01-01")
    walker = Walker(stack, clock, random.Random(0), "Europe/Sofia", "EUR")
    walker.unit = 1
    plan = {"budget": 31000, "policy": "save", "rollover": "both"}
    answers = {"incomes": [{"name": "Wage", "category": "salary", "amount": 300000, "day": 1}], "bills": [{"name": "Meal plan", "category": "groceries", "amount": 7000, "day": 16}], "goals": {}, "buffer": 0,
               "categories": {"groceries": plan}}
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
