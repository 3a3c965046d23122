"""One person's books: categories, answers, months as they open and are planned anew, entries; every number of a month from them."""
import copy
from datetime import date, timedelta

import daily_budget as model

from .calendar import contains, first, key, length, month_of, shifted, steps, until
from .comparing import Comparing
from .matching import settle
from .planning import plan_month, settled
from .saving import month_with_save, weights_of

ORDER = ("protected", "essential", "flexible", "discretionary")


class Books(Comparing):
    """One person. `today` is told with each question; `classes`: spend category -> class, in display order."""

    def __init__(self, classes, currency, rules=None):
        self.rules = rules  # of periods; None: calendar months
        self.classes, self.currency, self.cover = classes, currency, True
        self.archived = set()
        self._builtin, self._own = list(classes), []  # in display order; own ones by age
        self.answers = self.joined_on = None
        self.income_categories = {"salary", "other_income"}
        self.months = {}  # month -> [Revision]
        self.contributed = {}  # goal's name -> what was put in beside its months
        self.moves = []  # (month, from, to, amount) between budgets
        self.silent = {}  # likewise, of what counts nowhere: legs of transfers between accounts on budget
        self.cash = set()  # accounts
        self.entries = {}  # id -> {"day", "lines": [(category, amount)], "bill": None | "none" | id, "way": of a transfer's leg (from, to)}; amounts as sent

    def of(self, day):
        """The month the day is of."""
        return self.rules.of(day) if self.rules and self.answers else month_of(day)  # who has no plan yet has calendar months

    def named(self, label):
        return self.of(date.fromisoformat(label + "-01" * (len(label) == 7)))

    def change_periods(self, rule):
        self.rules.change(rule, until(max(self.months)))

    # Categories.
    def categorize(self, id, cls):
        """A new category of the person's own, or another class of any."""
        if id not in self.classes:
            self._own.append(id)
        known = self.classes | {id: cls}
        self.classes = {c: known[c] for of in ORDER for c in self._builtin + self._own if c in known and known[c] == of}

    def uses(self, id, gone):
        """Is it in an entry (gone: deleted ones), in the answers or in an opened month?"""
        entries = any(c == id for e in [*self.entries.values(), *gone] for c, _ in e["lines"])
        answers = self.answers and (id in self.answers["categories"] or any(id in b[2] for b in self.answers.get("budgets", ())) or any(x["category"] == id for x in self.answers["bills"] + self.answers["incomes"] + self.answers.get("installments", []) + self.answers.get("transfers", [])))
        months = any(id in p.categories or any(x[2] == id for x in p.bills + p.ahead + p.incomes) for known in self.months.values() for p in known)
        return bool(entries or answers or months or any(id in m for m in self.moves))

    def remove_category(self, id):
        self._own.remove(id)
        self.classes = {c: x for c, x in self.classes.items() if c != id}
        self.archived.discard(id)

    # Opening and replanning.
    def _after(self, p):
        saved = {name: have + reserved for name, (_, _, have, reserved) in p.goals.items()}
        month = shifted(p.month, 1)
        return month, saved, p.chain_from if p.rolls() else month, {name: p.swept.get(name, 0) for name in p.goals if name in p.swept or name == p.sweeps}

    def _planned(self, month, saved, chain_from, swept, count, kept=(), known=None, planned=(), since=date.min):
        out = []
        for _ in range(count):
            out.append(plan_month(self.answers, self.classes, self.joined_on, month, saved, chain_from, kept, known, self.cover, planned, since, self.contributed,
                                  self.moves, swept))
            month, saved, chain_from, swept = self._after(out[-1])
        return out

    def expects(self):
        """month -> (bills, incomes, in_parts): of the opened months, and of three to come."""
        out = {m: (rs[-1].bills, rs[-1].incomes, rs[-1].in_parts) for m, rs in self.months.items()}
        if self.months:
            last = self.months[max(self.months)][-1]
            month = last.month
            furthest = shifted(month_of(until(month) - timedelta(1)), 3)
            count = steps(month, self.of(until(furthest) - timedelta(1)))
            for p in self._planned(*self._after(last), count, self._facts(last)):
                out[p.month] = (p.bills, p.incomes, p.in_parts)
        return out

    def _facts(self, last):
        """What months to come must know of those that are open: what is due in the same calendar month is no more theirs."""
        there = [x for rs in self.months.values() for x in rs[-1].bills if month_of(x[3]) == month_of(until(last.month)) and x[3] < until(last.month)]
        return [*last.ahead, *(x for x in there if x not in last.ahead)]

    def visit(self, month, today):
        """A month opens when somebody looks and it has come, or something is booked in it."""
        sums = {}
        for e in self.entries.values():
            if contains(month, e["day"]):
                for category, amount in e["lines"]:
                    sums[e["day"], category] = sums.get((e["day"], category), 0) + amount
        self.open_until(month if any(sums.values()) else min(month, self.of(today)))

    def open_until(self, month):
        """Months open lazily and in order, under the answers in force when they do."""
        if not self.months:
            return
        last = max(self.months)
        count = steps(last, month)
        if count > 0:
            for p in self._planned(*self._after(self.months[last][-1]), count, self._facts(self.months[last][-1])):
                self.months[p.month] = [p]

    def would_replan(self, answers, today):
        """The revisions PUT /v1/onboarding would write, newest answers in place of the old."""
        self.open_until(self.of(today))
        paid = self.paid()
        so_far = [x for bills, _, _ in self.expects().values() for x in bills]
        kept = [x for x in so_far if x[3] < today or paid["payments"].get(key(x[0]))]
        known = {key(x[0]): x[0] for x in so_far}
        planned = {b["id"] for b in [*self.answers["bills"], *self.answers.get("transfers", [])]} if self.answers else set()
        swept = {name: sum(x.values()) for name, x in self.swept_before(self.of(today), today).items()}
        before, self.answers = self.answers, answers
        contributed, self.contributed = self.contributed, {name: x for name, x in self.contributed.items() if name in answers["goals"]}
        joined, self.joined_on = self.joined_on, self.joined_on or today
        try:
            month = self.of(today)
            if month in self.months:
                p = self.months[month][-1]
                start = (month, {name: g[2] for name, g in p.goals.items()}, p.chain_from, {name: swept.get(name, 0) for name in p.swept})
            else:
                start = (month, {}, month, {})
            last = max(self.months, default=month)
            revisions = self._planned(*start, max(1, steps(month, last) + 1), kept, known, planned, today)
        finally:
            self.answers, self.joined_on, self.contributed = before, joined, contributed
        for p in revisions:
            known = self.months.get(p.month)
            if known:
                from_day = max(today, first(p.month))
                p.from_day = known[-1].from_day if known[-1].from_day >= from_day else from_day
        return revisions

    def lacks_more(self, answers, today):
        """One thing of a plan may change as long as the month lacks no more by it."""
        return self.would_replan(answers, today)[0].lacks() > self.months[self.of(today)][-1].lacks()

    def would_plan(self, answers, month, today):
        """The month under these answers, opened or not."""
        planned = self.would_replan(answers, today)
        last = planned[-1]
        count = steps(last.month, month)
        if count <= 0:
            return next(p for p in planned if p.month == month)
        before, self.answers = self.answers, answers
        try:
            return self._planned(*self._after(last), count, self._facts(last))[-1]
        finally:
            self.answers = before

    def kept_budgets(self, answers, today):
        """What stays said of months when PUT /v1/onboarding says nothing of them."""
        known = self.answers.get("budgets", ()) if self.answers else ()
        return [b for b in known if answers["categories"] == self.answers["categories"] or first(b[0]) >= until(self.of(today))]

    def replan(self, answers, planned, today, gone=()):
        """gone: deleted entries, whose links are looked at, too. Returns the entries that are linked to nothing any more."""
        self.answers, self.joined_on = settled(answers, self.of(today)), self.joined_on or today
        self.contributed = {name: x for name, x in self.contributed.items() if name in answers["goals"]}
        self._revise(planned)
        now = first(self.of(today))
        there = {key(x[0]) for p in planned for x in p.bills + p.incomes + p.ahead}
        there |= {key(x[0]) for rs in self.months.values() for x in rs[-1].bills if month_of(x[3]) == month_of(now) and x[3] < now}
        linked = [e for e in [*self.entries.values(), *gone] if e["bill"] not in (None, "none")]
        lost = [e for e in linked if e["bill"][-10:] >= str(now) and key(e["bill"]) not in there]
        for e in lost:
            e["bill"] = None
        return lost

    def _revise(self, planned):
        for p in planned:
            known = self.months.setdefault(p.month, [])
            if known and known[-1].from_day >= p.from_day:
                known.pop()
            known.append(p)

    def contribute(self, name, amount, today):
        """What months put aside for it follows from today on; where it stays as it was nothing is planned anew."""
        self.open_until(self.of(today))
        self.contributed[name] = self.contributed.get(name, 0) + amount
        planned = self.would_replan(self.answers, today)
        reserved = lambda p: [g[3] for g in p.goals.values()]
        if any(reserved(p) != reserved(self.months[p.month][-1]) for p in planned):
            self._revise(planned)

    def to_give(self, category, today):
        """What of a budget can be moved from today on."""
        v = self.view(self.of(today), today)
        if category not in v["now"]:
            return 0
        x, o = next(x for x in v["input"] if x["id"] == category), v["now"][category]
        left = o["remaining"] - o["swept"] - sum(o["due"].values()) - max(0, v["days"][category]["spent"][v["t"]])
        return max(0, min(sum(model.baseline(x["budget"], x["weights"], x["joined"])), left))

    def move_budget(self, source, to, amount, today):
        self.open_until(self.of(today))
        self.moves.append((self.of(today), source, to, amount))
        self._revise(self.would_replan(self.answers, today))

    def switch_cover(self, today):
        """Kept with the plan's revision: from today on."""
        self.open_until(self.of(today))
        self.cover = not self.cover
        for month, known in self.months.items():
            from_day = max(today, first(month))
            if month < self.of(today):
                continue
            p = copy.copy(known[-1])
            p.cover = self.cover
            if known[-1].from_day >= from_day:
                known.pop()
            else:
                p.from_day = from_day
            known.append(p)

    # The ledger.
    def spent(self, month):
        """category -> per day; spending positive."""
        n, out = length(month), {}
        for e in self.entries.values():
            if not contains(month, e["day"]):
                continue
            for category, amount in e["lines"]:
                if category in self.classes:
                    out.setdefault(category, [0] * n)[(e["day"] - first(month)).days] -= amount
        return {c: days for c, days in out.items() if any(days)}

    def _by_day(self, category):
        out = {}
        for e in self.entries.values():
            for c, amount in e["lines"]:
                if c == category:
                    out[e["day"]] = out.get(e["day"], 0) - amount
        return out

    def paid(self):
        """What is known of each occurrence, by key: payments [(day, value, name)], since when it is settled; and the bill month and income of each line."""
        lines = [(f"{id}:{k}", category, e["day"], -amount, e["bill"]) for id, e in self.entries.items() for k, (category, amount) in enumerate(e["lines"], 1)]
        out = {"payments": {}, "since": {}, "month": {}, "expected": set()}
        joined = self.joined_on
        closed = lambda day: (first(self.of(joined)), joined) if joined and day >= joined else (date.max, date.max)
        bills, incomes = [], []
        ways = {l[0]: self.entries[l[0].split(":")[0]].get("way") for l in lines}
        for id, e in self.silent.items():
            total = sum(amount for _, amount in e["lines"])
            if e.get("way") and total < 0:
                lines.append((f"{id}:1", "", e["day"], -total, e["bill"]))
                ways[f"{id}:1"] = e["way"]
        for due, income, parts in self.expects().values():
            ways |= {x[0]: x.way for x in due if x.way}
            parts = lambda c, parts=parts: bool(c) and parts(c)
            bills += [(id, c, day, amount, parts(c), closed(day)) for id, _, c, day, amount in due]
            incomes += [(id, c, day, amount, True, closed(day)) for id, _, c, day, amount in income]
        for expected, mine, ceiling in ((bills, [l for l in lines if l[1] not in self.income_categories], True),
                                        (incomes, [l[:3] + (-l[3], l[4]) for l in lines if l[1] in self.income_categories], False)):
            meets, when = settle(expected, mine, ceiling, ways)
            days = {x[0]: x[2] for x in expected}
            for l in sorted(mine, key=lambda l: (l[2], l[3], l[0])):
                if l[0] in meets:
                    out["payments"].setdefault(key(meets[l[0]]), []).append((l[2], l[3], l[0]))
                    if ceiling:
                        out["month"][l[0]] = self.of(days[meets[l[0]]])
                    else:
                        out["expected"].add(l[0])
            out["since"] |= {key(id): day for id, day in when.items()}
        return out | {"lines": {l[0]: l for l in lines}}

    # A month as it must be shown.
    def _columns(self, month, revisions, carried):
        found = {c: self.classes[c] for c in [*self.spent(month), *carried]}
        for p in revisions:
            for c, x in p.categories.items():
                found[c] = x["class"]
        place = {c: i for i, c in enumerate(self.classes)}
        return dict(sorted(found.items(), key=lambda x: place[x[0]]))

    def _bill(self, x, month, paid):
        """The model's bill, or None: no money of this plan."""
        id, _, _, day, amount = x
        start, joined = first(month), self.joined_on
        all_of_it = paid["payments"].get(key(id), [])
        due_before = day < joined
        payments = [{"on": -1 if on < joined else (on - start).days, "amount": value} for on, value, _ in all_of_it if not (due_before and on < joined)]
        if due_before and not payments:
            return None
        if due_before and any(on < joined for on, _, _ in all_of_it):
            amount = sum(p["amount"] for p in payments)
        settled = paid["since"].get(key(id))
        if settled is not None:
            settled = (settled - start).days
            settled = min([settled] + ([max(p["on"] for p in payments)] if payments else []))
        return {"day": (day - start).days, "amount": amount, "payments": payments, "settled_on": settled}

    def _input(self, month, columns, p, carried, paid):
        n = length(month)
        spent = {c: list(days) for c, days in self.spent(month).items()}
        if p:
            for name, of in paid["month"].items():
                _, category, day, value, _ = paid["lines"][name]
                if category and of != month and contains(month, day):
                    spent.setdefault(category, [0] * n)[(day - first(month)).days] -= value
            for days in spent.values():
                days[:p.joined] = [0] * p.joined
        out = []
        for c, cls in columns.items():
            x = p.categories.get(c) if p else None
            bills = [self._bill(b, month, paid) for b in (p.bills if p else []) if b[2] == c]
            weights = weights_of(x and x["day_weights"], month, self._by_day(c), self.joined_on, {e["day"] for e in self.entries.values()})
            out.append({"id": c, "class": "protected" if x and x["protected"] else x["class"] if x else cls, "budget": x["part"] if x else 0, "weights": weights, "actual": spent.get(c, [0] * n),
                        "policy": x["policy"] if x else "even", "carry_in": carried.get(c, 0), "bills": [b for b in bills if b],
                        "joined": p.joined if p and x else 0})
        return out

    def _income(self, p, now, paid):
        """unallocated on the day `now`: rule 1."""
        if p is None:
            return 0
        total = p.unallocated
        for id, _, _, day, amount in p.incomes:
            all_of_it = paid["payments"].get(key(id), [])
            if any(first(self.of(self.joined_on)) <= on < self.joined_on or (on < self.joined_on and day < self.joined_on) for on, _, _ in all_of_it):
                continue
            got = sum(value for on, value, _ in all_of_it if on <= now)
            if got > amount or self._final(id, day, got, now, paid):
                total += got - amount
        for name, (_, category, day, value, _) in paid["lines"].items():
            if category in self.income_categories and contains(p.month, day) and self.joined_on <= day <= now and name not in paid["expected"]:
                total -= value
        return total

    @staticmethod
    def _final(id, day, got, now, paid):
        since = paid["since"].get(key(id))
        return since is not None and since <= now or got > 0 and now > day + timedelta(7)

    def carried_into(self, p, today, paid):
        into, month = {}, p.chain_from
        while month < p.month:
            revisions = self.months.get(month)
            if not revisions or first(shifted(month, 1)) > today:
                return {}
            last = revisions[-1]
            n = length(month)
            inputs = self._input(month, self._columns(month, [last], into), last, into, paid)
            closed, _ = month_with_save(inputs, n, self._income(last, today, paid), last.cover)
            into = {}
            for c, x in last.categories.items():
                left = closed[c]["remaining"] - closed[c]["swept"] - sum(closed[c]["due"].values())
                if x["rollover"] == "both" or (x["rollover"] == "surplus" and left > 0) or (x["rollover"] == "deficit" and left < 0):
                    into[c] = left if x["cap"] is None else max(-x["cap"], min(x["cap"], left))
            into = {c: x for c, x in into.items() if x}
            month = shifted(month, 1)
        return into

    def swept_before(self, month, today):
        """goal's name -> month -> what its days left under policy save, of months that are over."""
        out, paid = {}, self.paid()
        known = lambda p: {name: x for name, x in out.items() if name in p.swept}
        for m in sorted(m for m in self.months if m < month and first(shifted(m, 1)) <= today):
            p = self.months[m][-1]
            out = known(p)
            if p.sweeps:
                into = self.carried_into(p, today, paid)
                inputs = self._input(m, self._columns(m, [p], into), p, into, paid)
                closed, _ = month_with_save(inputs, length(m), self._income(p, today, paid), p.cover)
                out.setdefault(p.sweeps, {})[m] = sum(o["swept"] for o in closed.values())
        return known(self.months[month][-1]) if month in self.months else {}

    def view(self, month, today):
        """Everything of GET /v1/calendar as integers."""
        n, start = length(month), first(month)
        revisions = list(self.months.get(month, []))
        if not revisions and self.months and month > max(self.months):
            last = max(self.months)
            revisions = self._planned(*self._after(self.months[last][-1]), steps(last, month), self._facts(self.months[last][-1]))[-1:]
        p = revisions[-1] if revisions else None
        t = min(n, max(0, (today - start).days))
        paid = self.paid()
        carried = self.carried_into(p, today, paid) if p else {}
        columns = self._columns(month, revisions, carried)
        inputs = [self._input(month, columns, r, carried, paid) for r in revisions] or [self._input(month, columns, None, {}, paid)]
        covering = p is not None and p.cover
        unallocated = self._income(p, today, paid)
        now, moves = month_with_save(inputs[-1], t, unallocated, covering)
        days = {c: {"baseline": [0] * n, "budget": [0] * n, "spent": list(x["actual"])} for c, x in zip(columns, inputs[-1])}
        begin = 0
        for i, categories in enumerate(inputs):
            end = n if i + 1 == len(inputs) else min(n, max(begin, (revisions[i + 1].from_day - start).days))
            r = revisions[i] if revisions else None
            for d in range(begin, end):
                for c in categories:
                    days[c["id"]]["baseline"][d] = model.baseline(c["budget"], c["weights"], c["joined"])[d]
                if d < t:
                    morning, _ = month_with_save(categories, d, self._income(r, start + timedelta(d), paid), r is not None and r.cover, d)
                    for c in categories:
                        if d >= c["joined"]:
                            days[c["id"]]["budget"][d] = morning[c["id"]]["plan"][0] + morning[c["id"]]["due"].get(d, 0)
            begin = end
        for c in columns:
            for i, x in enumerate(now[c]["plan"]):
                days[c]["budget"][t + i] = x + now[c]["due"].get(t + i, 0)
        if p and p.joined:  # what was spent before joining shows on its days
            for c, spent in self.spent(month).items():
                if c in days:
                    days[c]["spent"][:p.joined] = spent[:p.joined]
        return {"month": month, "today": today, "t": t, "n": n, "revision": p, "columns": columns, "input": inputs[-1], "now": now, "moves": moves,
                "days": days,
                "covering": covering, "paid": paid, "unallocated": unallocated}
