"""A second implementation of the plan, beside the service: people's answers and ledgers in, every number of every answer out.

Built on the reference model (tests/vectors/daily_budget.py) and the rules alone. It knows when months open, which revision of a plan was in
force on which day, what goals have put aside, which payment pays which bill of which month, what incomes bring, what a month carries on."""
import calendar as _calendar
import copy
from datetime import date, timedelta

import daily_budget as model

from .people import payments_of

ORDER = ("protected", "essential", "flexible", "discretionary")


def month_of(day):
    return day.year, day.month


def shifted(month, by):
    at = month[0] * 12 + month[1] - 1 + by
    return at // 12, at % 12 + 1


def length(month):
    return _calendar.monthrange(*month)[1]


def first(month):
    return date(*month, 1)


def clamped(month, day):
    return date(*month, min(day, length(month)))


def label(month):
    return "%04d-%02d" % month


def key(id):
    """An occurrence, wherever in its month it was moved since: its id without the day."""
    return id[:-3]


class Revision:
    """The budget of a month from one day on."""

    def __init__(self, month, from_day):
        self.month, self.from_day, self.joined = month, from_day, 0
        self.bills = []  # (id, name, category, day, amount) of the month
        self.ahead = []  # the same of the months after: facts already
        self.incomes = []  # (id, name, category, day, amount)
        self.goals = {}  # name -> (target, by, saved, reserved)
        self.categories = {}  # id -> dict(class, part, policy, rollover, cap, day_weights)
        self.pool = self.unallocated = 0
        self.problem = False
        self.cover = True

    def rolls(self):
        return any(c["rollover"] != "none" for c in self.categories.values())

    def in_parts(self, category):
        return self.categories.get(category, {}).get("part", 0) == 0


def occurrences(answers, month, kept, known):
    """kept: facts; known: id of what was planned before, by key."""
    out = [x for x in kept if month_of(x[3]) == month]
    there = {key(x[0]) for x in out}
    for b in answers["bills"]:
        day = clamped(month, b["day"])
        id = f"{b['id']}:{day}"
        if key(id) not in there:
            out.append((known.get(key(id), id), b["name"], b["category"], day, b["amount"]))
    return sorted(out, key=lambda x: (x[3], x[1], x[0]))


def plan_month(answers, classes, joined_on, month, saved, chain_from, kept=(), known=None, cover=True):
    """classes: spend category -> class, in display order. saved: goal name -> put aside so far."""
    start = first(month)
    p = Revision(month, joined_on if month_of(joined_on) == month else start)
    p.joined = joined_on.day - 1 if month_of(joined_on) == month else 0
    p.chain_from, p.cover = chain_from, cover
    p.bills = occurrences(answers, month, kept, known or {})
    p.ahead = [x for x in kept if month_of(x[3]) > month and x[3] < start + timedelta(length(month) + 14)]
    p.incomes = sorted(((f"{i['id']}:{clamped(month, i['day'])}", i["name"], i["category"], clamped(month, i["day"]), i["amount"]) for i in answers["incomes"]),
                       key=lambda x: (x[3], x[1], x[0]))
    p.pool = sum(i["amount"] for i in answers["incomes"]) - sum(b[4] for b in p.bills) - answers["buffer"]
    for name, (target, by) in answers["goals"].items():
        left = max(1, (by.year - month[0]) * 12 + by.month - month[1] + 1)
        have = saved.get(name, 0)
        reserved = model.allocate(target - have, [1] * left)[0] if target > have else 0
        p.goals[name] = (target, by, have, reserved)
        p.pool -= reserved
    chosen = answers["categories"]
    wanted = [c for c in classes if c in chosen or any(b["category"] == c for b in answers["bills"]) or any(b[2] == c for b in p.bills)]
    rest = p.pool - sum(c.get("budget", 0) for c in chosen.values())
    weights = [0 if "budget" in chosen.get(c, {}) else chosen.get(c, {}).get("weight", 0) for c in wanted]
    shared = rest > 0 and sum(weights) > 0
    parts = model.allocate(rest, weights) if shared else [0] * len(wanted)
    p.unallocated = 0 if shared else rest
    p.problem = rest < 0
    for c, part in zip(wanted, parts):
        given = chosen.get(c, {})
        p.categories[c] = {"class": classes[c], "part": given.get("budget", part), "policy": given.get("policy", "even"), "rollover": given.get("rollover", "none"),
                           "cap": given.get("cap"), "day_weights": given.get("day_weights")}
    return p


def identify(now, before):
    """What was answered before keeps its id: sent back, or the nearest of the same name and category, name, category."""
    alike = [lambda a, b: a.get("id") is not None and a["id"] == b["id"]]
    alike += [lambda a, b: a.get("id") is None and (a["name"], a["category"]) == (b["name"], b["category"]), lambda a, b: a.get("id") is None and a["name"] == b["name"],
              lambda a, b: a.get("id") is None and a["category"] == b["category"]]
    found, taken = {}, set()
    for same in alike:
        for _, _, i, j in sorted((abs(a["amount"] - b["amount"]), abs(a["day"] - b["day"]), i, j) for i, a in enumerate(now) for j, b in enumerate(before) if same(a, b)):
            if i not in found and j not in taken:
                found[i] = before[j]["id"]
                taken.add(j)
    return [found.get(i) for i in range(len(now))]


FIFTH = lambda value, amount: value > 0 and abs(value - amount) * 5 <= amount


def settle(expected, lines, ceiling):
    """expected: [(id, category, day, amount, parts, (from, to) of closed days)]; lines: [(name, category, day, value, link)], link None, "none" or an id.
    -> {line name: occurrence id}, {occurrence id: day}. Rule 4: links; then what fits, the best first, each entry in the month of the occurrence
    it fits best; then parts, in order of date, twice, each entry in the month of the first it could go to. ceiling: parts no larger than what fits."""
    meets, sums, done = {}, {x[0]: 0 for x in expected}, set()
    amounts = {x[0]: x[3] for x in expected}
    names, of = {key(x[0]): x[0] for x in expected}, {x[0]: x[1] for x in expected}

    def meet(line, id):
        meets[line[0]] = id
        sums[id] += line[3]
        if FIFTH(line[3], amounts[id]) or sums[id] >= amounts[id]:
            done.add(id)

    whole = {}  # of a split that is linked, the lines of the occurrence's category; all of them since it has another
    for line in lines:
        whole.setdefault(line[0].rsplit(":", 1)[0], set()).add(line[1])
    for line in lines:
        id = names.get(key(line[4])) if line[4] not in (None, "none") else None
        if id and line[3] > 0 and (line[1] == of[id] or of[id] not in whole[line[0].rsplit(":", 1)[0]]):
            meet(line, id)
    near = lambda x, l: l[4] is None and l[1] == x[1] and abs((l[2] - x[2]).days) <= 7 and not x[5][0] <= l[2] < x[5][1] and l[0] not in meets
    pairs = sorted(((abs(l[3] - x[3]), abs((l[2] - x[2]).days), x[2], x[0], l[2], l[3], l[0], l) for x in expected if x[0] not in done for l in lines
                    if near(x, l) and FIFTH(l[3], x[3])), key=lambda p: p[:7])
    home = {}
    for p in pairs:
        home.setdefault(p[6], month_of(p[2]))
    for p in pairs:
        if p[3] not in done and p[6] not in meets and home[p[6]] == month_of(p[2]):
            meet(p[7], p[3])
    ordered = sorted(lines, key=lambda l: (l[2], l[3], l[0]))
    could = {l[0]: [x for x in sorted(expected, key=lambda x: (x[2], x[0])) if x[4] and x[3] > 0 and l[3] > 0 and near(x, l) and x[0] not in done
                    and (not ceiling or (l[3] - x[3]) * 5 <= x[3])] for l in ordered}
    for _ in range(2):
        home = {name: next((month_of(x[2]) for x in xs if x[0] not in done), None) for name, xs in could.items()}
        for l in ordered:
            to = next((x for x in could[l[0]] if x[0] not in done and home[l[0]] == month_of(x[2])), None)
            if to and l[0] not in meets:
                meet(l, to[0])
    since, so_far = {}, {}
    for l in ordered:
        id = meets.get(l[0])
        if id:
            so_far[id] = so_far.get(id, 0) + l[3]
            if id not in since and (FIFTH(l[3], amounts[id]) or so_far[id] >= amounts[id]):
                since[id] = l[2]
    return meets, since


def weights_of(rule, month, spent, joined_on, booked):
    """spent: day -> spending of the category; booked: days with any entry."""
    n = length(month)
    if rule and rule["kind"] == "history":
        begin, end = first(shifted(month, -3)), first(month)
        since = min([joined_on, *(d for d in booked if begin <= d < end)])
        rule = by_history(spent, max(since, begin), end)
    if not rule or rule["kind"] == "uniform":
        return [1] * n
    if rule["kind"] == "weekday":
        return [rule["weights"][date(*month, d + 1).weekday()] for d in range(n)]
    return (rule["weights"] + [0] * n)[:n]


def by_history(spent, begin, end):
    """Each weekday's (lower) median, drawn to the mean by eight weeks of it, in thousandths."""
    days = [begin + timedelta(i) for i in range((end - begin).days)]
    sums = [sorted(max(0, spent.get(d, 0)) for d in days if d.weekday() == w) for w in range(7)]
    medians = [s[(len(s) - 1) // 2] if s else 0 for s in sums]
    if not sum(medians):
        return None
    weeks = len(days) // 7
    return {"kind": "weekday", "weights": [(weeks * (m * 7000 // sum(medians)) + 8000) // (weeks + 8) for m in medians]}


def known_by(bills, last):
    """Bills as they were known when all that is booked later was not. bills: the model's, with settled_on."""
    out = []
    for x in bills:
        payments = [p for p in x["payments"] if last is None or p["on"] <= last]
        settled = x["settled_on"] is not None and (last is None or x["settled_on"] <= last)
        out.append({"day": x["day"], "amount": x["amount"], "settled": settled, "payments": payments})
    return out


def lacking(bills):
    return sum(max(0, x["amount"] - sum(p["amount"] for p in x["payments"])) for x in bills if not x["settled"])


def swept_before(c, whole, t):
    """Policy save: what each day's own share was not spent on, moved away at its close. c: the model's category."""
    n = len(c["weights"])
    baseline = model.baseline(c["budget"], c["weights"], c.get("joined", 0))
    if not sum(baseline):
        return 0
    unpaid = lambda last: lacking(known_by(c["bills"], last))
    left, total = whole - sum(p["amount"] for b in c["bills"] for p in b["payments"] if p["on"] < 0), 0
    for d in range(c.get("joined", 0), t):
        morning = left - unpaid(d - 1)
        left -= c["actual"][d]
        if morning <= 0:
            continue
        share = model.spread(morning, model.usable(c["weights"][d:]))[0]
        swept = min(share, max(0, left - unpaid(d) - (morning - share)))
        left -= swept
        total += swept
    return total


def month_with_save(categories, t, unallocated, covering, known=None):
    """model.month, with `save` as `even` of what was not swept; known: the last day whose bookings were known."""
    swept, plain = {}, []
    for c in categories:
        if c["policy"] == "save":
            whole = sum(model.baseline(c["budget"], c["weights"], c.get("joined", 0))) + sum(b["amount"] for b in c["bills"]) + c.get("carry_in", 0)
            swept[c["id"]] = swept_before(c, whole, t)
            c = c | {"policy": "even", "carry_in": c.get("carry_in", 0) - swept[c["id"]]}
        plain.append(c | {"bills": known_by(c["bills"], known)})
    out, moves = model.month(plain, t, unallocated, covering)
    for name, x in swept.items():
        out[name]["budget"] += x
        out[name]["remaining"] += x
        out[name]["held"] += x
    for o in out.values():
        o["swept"] = swept.get(next(k for k, v in out.items() if v is o), 0)
    return out, moves


class Books:
    """One person. `today` is told with each question; `classes`: spend category -> class, in display order."""

    def __init__(self, classes, currency):
        self.classes, self.currency, self.cover = classes, currency, True
        self.archived = set()
        self._builtin, self._own = list(classes), []  # in display order; own ones by age
        self.answers = self.joined_on = None
        self.income_categories = {"salary", "other_income"}
        self.months = {}  # month -> [Revision]
        self.entries = {}  # id -> {"day", "lines": [(category, amount)], "bill": None | "none" | id}; amounts as sent

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
        answers = self.answers and (id in self.answers["categories"] or any(x["category"] == id for x in self.answers["bills"] + self.answers["incomes"]))
        months = any(id in p.categories or any(x[2] == id for x in p.bills + p.ahead + p.incomes) for known in self.months.values() for p in known)
        return bool(entries or answers or months)

    def remove_category(self, id):
        self._own.remove(id)
        self.classes = {c: x for c, x in self.classes.items() if c != id}
        self.archived.discard(id)

    # Opening and replanning.
    def _after(self, p):
        saved = {name: have + reserved for name, (_, _, have, reserved) in p.goals.items()}
        month = shifted(p.month, 1)
        return month, saved, p.chain_from if p.rolls() else month

    def _planned(self, month, saved, chain_from, count, kept=(), known=None):
        out = []
        for _ in range(count):
            out.append(plan_month(self.answers, self.classes, self.joined_on, month, saved, chain_from, kept, known, self.cover))
            month, saved, chain_from = self._after(out[-1])
        return out

    def expects(self):
        """month -> (bills, incomes, in_parts): of the opened months, and of three to come."""
        out = {m: (rs[-1].bills, rs[-1].incomes, rs[-1].in_parts) for m, rs in self.months.items()}
        if self.months:
            last = self.months[max(self.months)][-1]
            for i in (1, 2, 3):
                month = shifted(last.month, i)
                p = plan_month(self.answers, self.classes, self.joined_on, month, {}, month, last.ahead)
                out[month] = (p.bills, p.incomes, last.in_parts)
        return out

    def visit(self, month, today):
        """A month opens when somebody looks and it has come, or something is booked in it."""
        sums = {}
        for e in self.entries.values():
            if month_of(e["day"]) == month:
                for category, amount in e["lines"]:
                    sums[e["day"], category] = sums.get((e["day"], category), 0) + amount
        self.open_until(month if any(sums.values()) else min(month, month_of(today)))

    def open_until(self, month):
        """Months open lazily and in order, under the answers in force when they do."""
        if not self.months:
            return
        last = max(self.months)
        count = (month[0] - last[0]) * 12 + month[1] - last[1]
        if count > 0:
            for p in self._planned(*self._after(self.months[last][-1]), count, self.months[last][-1].ahead):
                self.months[p.month] = [p]

    def would_replan(self, answers, today):
        """The revisions PUT /v1/onboarding would write, newest answers in place of the old."""
        self.open_until(month_of(today))
        paid = self.paid()
        so_far = [x for bills, _, _ in self.expects().values() for x in bills]
        kept = [x for x in so_far if x[3] < today or paid["payments"].get(key(x[0]))]
        known = {key(x[0]): x[0] for x in so_far}
        before, self.answers = self.answers, answers
        joined, self.joined_on = self.joined_on, self.joined_on or today
        try:
            month = month_of(today)
            if month in self.months:
                p = self.months[month][-1]
                start = (month, {name: g[2] for name, g in p.goals.items()}, p.chain_from)
            else:
                start = (month, {}, month)
            last = max(self.months, default=month)
            planned = self._planned(*start, max(1, (last[0] - month[0]) * 12 + last[1] - month[1] + 1), kept, known)
        finally:
            self.answers, self.joined_on = before, joined
        for p in planned:
            known = self.months.get(p.month)
            if known:
                from_day = max(today, first(p.month))
                p.from_day = known[-1].from_day if known[-1].from_day >= from_day else from_day
        return planned

    def replan(self, answers, planned, today, gone=()):
        """gone: deleted entries, whose links are looked at, too. Returns the entries that are linked to nothing any more."""
        self.answers, self.joined_on = answers, self.joined_on or today
        for p in planned:
            known = self.months.setdefault(p.month, [])
            if known and known[-1].from_day >= p.from_day:
                known.pop()
            known.append(p)
        there = {key(x[0]) for p in planned for x in p.bills + p.incomes + p.ahead}
        lost = [e for e in [*self.entries.values(), *gone] if e["bill"] not in (None, "none") and e["bill"][-10:-3] >= label(month_of(today)) and key(e["bill"]) not in there]
        for e in lost:
            e["bill"] = None
        return lost

    def switch_cover(self, today):
        """Kept with the plan's revision: from today on."""
        self.open_until(month_of(today))
        self.cover = not self.cover
        for month, known in self.months.items():
            from_day = max(today, first(month))
            if month < month_of(today):
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
            if month_of(e["day"]) != month:
                continue
            for category, amount in e["lines"]:
                if category in self.classes:
                    out.setdefault(category, [0] * n)[e["day"].day - 1] -= amount
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
        out = {"payments": {}, "since": {}, "month": {}, "expected": set(), "lines": {l[0]: l for l in lines}}
        joined = self.joined_on
        closed = lambda day: (first(month_of(joined)), joined) if joined and day >= joined else (date.max, date.max)
        bills, incomes = [], []
        for due, income, parts in self.expects().values():
            bills += [(id, c, day, amount, parts(c), closed(day)) for id, _, c, day, amount in due]
            incomes += [(id, c, day, amount, True, closed(day)) for id, _, c, day, amount in income]
        for expected, mine, ceiling in ((bills, [l for l in lines if l[1] not in self.income_categories], True),
                                        (incomes, [l[:3] + (-l[3], l[4]) for l in lines if l[1] in self.income_categories], False)):
            meets, when = settle(expected, mine, ceiling)
            days = {x[0]: x[2] for x in expected}
            for l in sorted(mine, key=lambda l: (l[2], l[3], l[0])):
                if l[0] in meets:
                    out["payments"].setdefault(key(meets[l[0]]), []).append((l[2], l[3], l[0]))
                    if ceiling:
                        out["month"][l[0]] = month_of(days[meets[l[0]]])
                    else:
                        out["expected"].add(l[0])
            out["since"] |= {key(id): day for id, day in when.items()}
        return out

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
        return {"day": day.day - 1, "amount": amount, "payments": payments, "settled_on": settled}

    def _input(self, month, columns, p, carried, paid):
        n, start = length(month), first(month)
        spent = {c: list(days) for c, days in self.spent(month).items()}
        if p:
            for name, of in paid["month"].items():
                _, category, day, value, _ = paid["lines"][name]
                if of != month and month_of(day) == month:
                    spent.setdefault(category, [0] * n)[day.day - 1] -= value
            for days in spent.values():
                days[:p.joined] = [0] * p.joined
        out = []
        for c, cls in columns.items():
            x = p.categories.get(c) if p else None
            bills = [self._bill(b, month, paid) for b in (p.bills if p else []) if b[2] == c]
            out.append({"id": c, "class": x["class"] if x else cls, "budget": x["part"] if x else 0, "weights": weights_of(x and x["day_weights"], month, self._by_day(c), self.joined_on, {e["day"] for e in self.entries.values()}),
                        "actual": spent.get(c, [0] * n), "policy": x["policy"] if x else "even", "carry_in": carried.get(c, 0), "bills": [b for b in bills if b],
                        "joined": p.joined if p and x else 0})
        return out

    def _income(self, p, now, paid):
        """unallocated on the day `now`: rule 1."""
        if p is None:
            return 0
        total = p.unallocated
        for id, _, _, day, amount in p.incomes:
            all_of_it = paid["payments"].get(key(id), [])
            if any(first(month_of(self.joined_on)) <= on < self.joined_on or (on < self.joined_on and day < self.joined_on) for on, _, _ in all_of_it):
                continue
            got = sum(value for on, value, _ in all_of_it if on <= now)
            if got > amount or self._final(id, day, got, now, paid):
                total += got - amount
        for name, (_, category, day, value, _) in paid["lines"].items():
            if category in self.income_categories and month_of(day) == p.month and self.joined_on <= day <= now and name not in paid["expected"]:
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
            closed, _ = month_with_save(self._input(month, self._columns(month, [last], into), last, into, paid), n, self._income(last, today, paid), last.cover)
            into = {}
            for c, x in last.categories.items():
                left = closed[c]["remaining"] - closed[c]["swept"] - sum(closed[c]["due"].values())
                if x["rollover"] == "both" or (x["rollover"] == "surplus" and left > 0) or (x["rollover"] == "deficit" and left < 0):
                    into[c] = left if x["cap"] is None else max(-x["cap"], min(x["cap"], left))
            into = {c: x for c, x in into.items() if x}
            month = shifted(month, 1)
        return into

    def view(self, month, today):
        """Everything of GET /v1/calendar as integers."""
        n, start = length(month), first(month)
        revisions = list(self.months.get(month, []))
        if not revisions and self.months and month > max(self.months):
            last = max(self.months)
            revisions = self._planned(*self._after(self.months[last][-1]), (month[0] - last[0]) * 12 + month[1] - last[1], self.months[last][-1].ahead)[-1:]
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
        return {"month": month, "today": today, "t": t, "n": n, "revision": p, "columns": columns, "input": inputs[-1], "now": now, "moves": moves, "days": days,
                "covering": covering, "paid": paid, "unallocated": unallocated}

    def compare(self, calendar, today):
        """Every number of a calendar."""
        v = self.view(tuple(map(int, calendar["month"].split("-"))), today)
        p, now = v["revision"], v["now"]
        amount = lambda x: x["amount"]
        assert calendar["today"] == str(today) and calendar["currency"] == self.currency
        assert calendar["status"] == ("no_plan" if p is None else "infeasible" if p.problem else "ok")
        assert amount(calendar["pool_money"]) == (p.pool if p else 0)
        assert amount(calendar["unallocated_money"]) == v["unallocated"], (v["unallocated"], calendar["month"], calendar["incomes"])
        assert [(m["from"], m["to"], amount(m["money"])) for m in calendar["moves"]] == v["moves"]
        assert [(c["category"], c["class"]) for c in calendar["categories"]] == list(v["columns"].items())
        assert [c["category"] for c in calendar["categories"] if c["archived"]] == [c for c in v["columns"] if c in self.archived]
        for c, x in zip(calendar["categories"], v["input"]):
            o, name = now[x["id"]], x["id"]
            part = sum(model.baseline(x["budget"], x["weights"], x["joined"]))
            bills, spent = sum(b["amount"] for b in x["bills"]), sum(x["actual"]) + o["elsewhere"]
            policy = p.categories[name]["policy"] if p and name in p.categories else "even"
            want = {"policy": policy, "budget": part + bills, "carry_in": x["carry_in"], "spent": spent, "remaining": o["budget"] - spent, "uncovered": o["uncovered"],
                    "covered": o["covered"], "given": o["given"]}
            got = {k: c[k] if k == "policy" else amount(c[f"{k}_money"]) for k in want}
            assert got == want, f"{name} of {calendar['month']}"
        paid = v["paid"]
        got = [(o["id"], o["name"], o["category"], o["date"], amount(o["money"]), o["status"], o.get("paid_on"), amount(o["paid_money"]),
                sorted((e["booked_on"], amount(e["money"]), e["transaction_id"]) for e in payments_of(o))) for o in calendar["obligations"]]
        want = []
        for id, name, category, day, money in p.bills if p else []:
            on = paid["since"].get(key(id))
            entries = paid["payments"].get(key(id), [])
            status = "paid" if on or day < self.joined_on else "upcoming" if day > today else "due" if day == today else "overdue"
            want.append((id, name, category, str(day), money, status, str(on) if on else None, sum(x for _, x, _ in entries),
                         sorted((str(d), x, n.split(":")[0]) for d, x, n in entries)))
        assert got == want
        got = [(i["name"], i["category"], i["date"], amount(i["expected_money"]), amount(i["received_money"]), i["state"]) for i in calendar["incomes"]]
        want = []
        for id, name, category, day, money in p.incomes if p else []:
            received = sum(x for on, x, _ in paid["payments"].get(key(id), []) if on <= today)
            state = "received" if self._final(id, day, received, today, paid) else "partly_received" if received else "expected"
            want.append((name, category, str(day), money, received, state))
        assert got == want
        for i, d in enumerate(calendar["days"]):
            assert d["date"] == str(first(v["month"]) + timedelta(i))
            lines = {c["category"]: tuple(amount(c[f"{k}_money"]) for k in ("baseline", "budget", "spent")) for c in d["categories"]}
            for c in v["columns"]:
                want = tuple(v["days"][c][k][i] for k in ("baseline", "budget", "spent"))
                got = lines.pop(c, (0, 0, 0))
                assert got == want, f"{c} on {d['date']}, seen on {today}: {got}, expected {want}"
            assert not lines
            budget, spent = (sum(v["days"][c][k][i] for c in v["columns"]) for k in ("budget", "spent"))
            assert (amount(d["budget_money"]), amount(d["spent_money"])) == (budget, spent)
            assert d["verdict"] == verdict(budget, spent)
        assert len(calendar["days"]) == v["n"]
        check = {"budget": sum(sum(model.baseline(x["budget"], x["weights"], x["joined"])) + sum(b["amount"] for b in x["bills"]) for x in v["input"]),
                 "carry_in": sum(x["carry_in"] for x in v["input"]), "from_unallocated": sum(m[2] for m in v["moves"] if m[0] == "unallocated"),
                 "uncovered": sum(o["uncovered"] for o in now.values()), "spent": sum(sum(x["actual"][:v["t"]]) for x in v["input"]) + sum(o["elsewhere"] for o in now.values()),
                 "planned": sum(sum(o["plan"]) for o in now.values()), "held": sum(o["held"] for o in now.values())}
        check["planned" if v["t"] < v["n"] else "held"] += sum(sum(o["due"].values()) for o in now.values())  # a closed month holds what it owes
        assert calendar["check"] == check
        return v

    def effect(self, today):
        """What the answer to a POST says, the entry already in the books."""
        v = self.view(month_of(today), today)
        if v["revision"] is None:
            return None
        total = lambda what, d: sum(v["days"][c][what][d] for c in v["columns"])
        after, moves = month_with_save(v["input"], v["t"] + 1, self._income(v["revision"], today + timedelta(1), v["paid"]), v["covering"])
        if v["t"] + 1 < v["n"]:
            tomorrow = sum(o["plan"][0] + o["due"].get(v["t"] + 1, 0) for o in after.values())
        else:
            next_one = self.view(shifted(v["month"], 1), today + timedelta(1))
            tomorrow = sum(x["budget"][0] for x in next_one["days"].values())
        budget, spent = total("budget", v["t"]), total("spent", v["t"])
        return {"today": (budget, spent, budget - spent), "tomorrow": tomorrow, "moves": moves, "uncovered": sum(o["uncovered"] for o in after.values())}


def verdict(budget, spent):
    """One rule everywhere. Money that came back is no reason to warn."""
    if budget == 0 and spent == 0:
        return "none"
    if spent * 100 <= budget * 80 or spent < 0:
        return "ok"
    return "watch" if spent <= budget else "over"
