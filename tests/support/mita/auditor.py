"""A second implementation of the plan, beside the service: people's answers and ledgers in, every number of every answer out.

Built on the reference model (tests/vectors/daily_budget.py) and PRODUCT.md alone. It knows when months open, which revision of a plan was in
force on which day, what goals have put aside, which payment pays which bill, what a month carries into the next."""
import calendar as _calendar
from datetime import date, timedelta

import daily_budget as model

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


class Revision:
    """The budget of a month from one day on."""

    def __init__(self, month, from_day):
        self.month, self.from_day, self.joined = month, from_day, 0
        self.bills = []  # (id, name, category, day, amount), from 14 days before to 14 after
        self.goals = {}  # name -> (target, by, saved, reserved)
        self.categories = {}  # id -> dict(class, part, policy, rollover, cap, day_weights)
        self.pool = self.unallocated = 0
        self.problem = False

    def rolls(self):
        return any(c["rollover"] != "none" for c in self.categories.values())


def plan_month(answers, classes, joined_on, month, saved, chain_from):
    """classes: spend category -> class, in display order. saved: goal name -> put aside so far."""
    n, start = length(month), first(month)
    p = Revision(month, joined_on if month_of(joined_on) == month else start)
    p.joined = joined_on.day - 1 if month_of(joined_on) == month else 0
    p.chain_from = chain_from
    for shift in (-1, 0, 1):
        for b in answers["bills"]:
            day = clamped(shifted(month, shift), b["day"])
            if start - timedelta(14) <= day < start + timedelta(n + 14) and day >= first(month_of(joined_on)):
                p.bills.append((f"{b['id']}:{day}", b["name"], b["category"], day, b["amount"]))
    p.bills.sort(key=lambda b: (b[3], b[1], b[0]))
    p.pool = sum(answers["incomes"]) - sum(b[4] for b in p.bills if month_of(b[3]) == month) - answers["buffer"]
    for name, (target, by) in answers["goals"].items():
        left = max(1, (by.year - month[0]) * 12 + by.month - month[1] + 1)
        have = saved.get(name, 0)
        reserved = model.allocate(target - have, [1] * left)[0] if target > have else 0
        p.goals[name] = (target, by, have, reserved)
        p.pool -= reserved
    chosen = answers["categories"]
    wanted = [c for c in classes if c in chosen or any(b["category"] == c for b in answers["bills"])]
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


def swept_before(c, whole, t):
    """Policy save: what each day's own share was not spent on, moved away at its close. c: the model's category."""
    n = len(c["weights"])
    baseline = model.baseline(c["budget"], c["weights"], c.get("joined", 0))
    if not sum(baseline):
        return 0
    unpaid = lambda last: sum(b["amount"] for b in c["bills"] if b["paid_on"] is None or b["paid_on"] > last)
    left, total = whole - sum(c["actual"][:c.get("joined", 0)]), 0
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


def month_with_save(categories, t, unallocated, covering):
    """model.month, with `save` as `even` of what was not swept."""
    swept, plain = {}, []
    for c in categories:
        if c["policy"] == "save":
            whole = sum(model.baseline(c["budget"], c["weights"], c.get("joined", 0))) + sum(b["amount"] for b in c["bills"]) + c.get("carry_in", 0)
            swept[c["id"]] = swept_before(c, whole, t)
            c = c | {"policy": "even", "carry_in": c.get("carry_in", 0) - swept[c["id"]]}
        plain.append(c)
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
        self.answers = self.joined_on = None
        self.months = {}  # month -> [Revision]
        self.entries = {}  # id -> {"day", "lines": [(category, amount)], "bill": None | "none" | id}; amounts as sent

    # Opening and replanning.
    def _after(self, p):
        saved = {name: have + reserved for name, (_, _, have, reserved) in p.goals.items()}
        month = shifted(p.month, 1)
        return month, saved, p.chain_from if p.rolls() else month

    def _planned(self, month, saved, chain_from, count):
        out = []
        for _ in range(count):
            out.append(plan_month(self.answers, self.classes, self.joined_on, month, saved, chain_from))
            month, saved, chain_from = self._after(out[-1])
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
            for p in self._planned(*self._after(self.months[last][-1]), count):
                self.months[p.month] = [p]

    def would_replan(self, answers, today):
        """The revisions PUT /v1/onboarding would write, newest answers in place of the old."""
        self.open_until(month_of(today))
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
            planned = self._planned(*start, max(1, (last[0] - month[0]) * 12 + last[1] - month[1] + 1))
        finally:
            self.answers, self.joined_on = before, joined
        for p in planned:
            known = self.months.get(p.month)
            if known:
                from_day = max(today, first(p.month))
                p.from_day = known[-1].from_day if known[-1].from_day >= from_day else from_day
        return planned

    def replan(self, answers, planned, today):
        self.answers, self.joined_on = answers, self.joined_on or today
        for p in planned:
            known = self.months.setdefault(p.month, [])
            if known and known[-1].from_day >= p.from_day:
                known.pop()
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

    def paid(self, p):
        """bill id -> day of its payment: linked ones first, then the nearest in amount, then in date."""
        lines = [(e["day"], f"{id}:{k}", category, -amount, e["bill"]) for id, e in self.entries.items() for k, (category, amount) in enumerate(e["lines"], 1)]
        by_hand, pairs = {}, []
        for id, _, category, day, amount in p.bills:
            for on, name, of, value, bill in lines:
                if bill == id:
                    by_hand.setdefault(id, []).append((on, name))
                elif bill is None and value > 0 and of == category and abs((on - day).days) <= 7 and abs(value - amount) * 5 <= amount:
                    pairs.append((abs(value - amount), abs((on - day).days), day, id, on, name))
        out = {id: min(found)[0] for id, found in by_hand.items()}
        used = set()
        for _, _, _, id, on, name in sorted(pairs):
            if id not in out and name not in used:
                out[id] = on
                used.add(name)
        return out

    # A month as it must be shown.
    def _columns(self, month, revisions, carried):
        found = {c: self.classes[c] for c in [*self.spent(month), *carried]}
        for p in revisions:
            for c, x in p.categories.items():
                found[c] = x["class"]
        place = {c: i for i, c in enumerate(self.classes)}
        return dict(sorted(found.items(), key=lambda x: place[x[0]]))

    def _input(self, month, columns, p, carried):
        spent, n, start = self.spent(month), length(month), first(month)
        paid = self.paid(p) if p else {}
        out = []
        for c, cls in columns.items():
            x = p.categories.get(c) if p else None
            bills = []
            for id, _, category, day, amount in p.bills if p else []:
                if category != c or month_of(day) != month or (day.day - 1 < p.joined and id not in paid):
                    continue
                on = (paid[id] - start).days if id in paid else None
                # A payment after the month's end is not yet there: the bill stands until then.
                bills.append({"day": day.day - 1, "amount": amount, "paid_on": on if on is None or on < n else n - 1})
            out.append({"id": c, "class": cls, "budget": x["part"] if x else 0, "weights": weights_of(x and x["day_weights"], month, self._by_day(c), self.joined_on, {e["day"] for e in self.entries.values()}),
                        "actual": spent.get(c, [0] * n), "policy": x["policy"] if x else "even", "carry_in": carried.get(c, 0), "bills": bills,
                        "joined": p.joined if p and x else 0})
        return out

    def carried_into(self, p, today):
        into, month = {}, p.chain_from
        while month < p.month:
            revisions = self.months.get(month)
            if not revisions or first(shifted(month, 1)) > today:
                return {}
            last = revisions[-1]
            n = length(month)
            closed, _ = month_with_save(self._input(month, self._columns(month, [last], into), last, into), n, last.unallocated, self.cover)
            into = {}
            for c, x in last.categories.items():
                left = closed[c]["remaining"] - closed[c]["swept"]
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
            revisions = self._planned(*self._after(self.months[last][-1]), (month[0] - last[0]) * 12 + month[1] - last[1])[-1:]
        p = revisions[-1] if revisions else None
        t = min(n, max(0, (today - start).days))
        carried = self.carried_into(p, today) if p else {}
        columns = self._columns(month, revisions, carried)
        inputs = [self._input(month, columns, r, carried) for r in revisions] or [self._input(month, columns, None, {})]
        covering = self.cover and p is not None
        now, moves = month_with_save(inputs[-1], t, p.unallocated if p else 0, covering)
        days = {c: {"baseline": [0] * n, "budget": [0] * n, "spent": list(x["actual"])} for c, x in zip(columns, inputs[-1])}
        begin = 0
        for i, categories in enumerate(inputs):
            end = n if i + 1 == len(inputs) else min(n, max(begin, (revisions[i + 1].from_day - start).days))
            unallocated = revisions[i].unallocated if revisions else 0
            for d in range(begin, end):
                for c in categories:
                    days[c["id"]]["baseline"][d] = model.baseline(c["budget"], c["weights"], c["joined"])[d]
                if d < t:
                    morning, _ = month_with_save(categories, d, unallocated, covering)
                    for c in categories:
                        if d >= c["joined"]:
                            days[c["id"]]["budget"][d] = morning[c["id"]]["plan"][0] + morning[c["id"]]["due"].get(d, 0)
            begin = end
        for c in columns:
            for i, x in enumerate(now[c]["plan"]):
                days[c]["budget"][t + i] = x + now[c]["due"].get(t + i, 0)
        return {"month": month, "today": today, "t": t, "n": n, "revision": p, "columns": columns, "input": inputs[-1], "now": now, "moves": moves, "days": days,
                "covering": covering, "paid": self.paid(p) if p else {}}

    def compare(self, calendar, today):
        """Every number of a calendar."""
        v = self.view(tuple(map(int, calendar["month"].split("-"))), today)
        p, now = v["revision"], v["now"]
        amount = lambda x: x["amount"]
        assert calendar["today"] == str(today) and calendar["currency"] == self.currency
        assert calendar["status"] == ("no_plan" if p is None else "infeasible" if p.problem else "ok")
        assert amount(calendar["pool_money"]) == (p.pool if p else 0)
        assert amount(calendar["unallocated_money"]) == (p.unallocated if p else 0)
        assert [(m["from"], m["to"], amount(m["money"])) for m in calendar["moves"]] == v["moves"]
        assert [(c["category"], c["class"]) for c in calendar["categories"]] == list(v["columns"].items())
        for c, x in zip(calendar["categories"], v["input"]):
            o, name = now[x["id"]], x["id"]
            part = sum(model.baseline(x["budget"], x["weights"], x["joined"]))
            bills, spent = sum(b["amount"] for b in x["bills"]), sum(x["actual"])
            policy = p.categories[name]["policy"] if p and name in p.categories else "even"
            want = {"policy": policy, "budget": part + bills, "carry_in": x["carry_in"], "spent": spent, "remaining": o["budget"] - spent, "uncovered": o["uncovered"],
                    "covered": o["covered"], "given": o["given"]}
            got = {k: c[k] if k == "policy" else amount(c[f"{k}_money"]) for k in want}
            assert got == want, f"{name} of {calendar['month']}"
        bills = [b for b in (p.bills if p else []) if month_of(b[3]) == v["month"]]
        got = [(o["id"], o["name"], o["category"], o["date"], amount(o["money"]), o["status"], o.get("paid_on")) for o in calendar["obligations"]]
        want = []
        for id, name, category, day, money in bills:
            on = v["paid"].get(id)
            outside = day.day - 1 < p.joined
            status = "paid" if on or outside else "upcoming" if day > today else "due" if day == today else "overdue"
            want.append((id, name, category, str(day), money, status, str(on) if on else None))
        assert got == want
        for i, d in enumerate(calendar["days"]):
            assert d["date"] == str(first(v["month"]) + timedelta(i))
            lines = {c["category"]: tuple(amount(c[f"{k}_money"]) for k in ("baseline", "budget", "spent")) for c in d["categories"]}
            for c in v["columns"]:
                want = tuple(v["days"][c][k][i] for k in ("baseline", "budget", "spent"))
                assert lines.pop(c, (0, 0, 0)) == want, f"{c} on {d['date']}, seen on {today}"
            assert not lines
            budget, spent = (sum(v["days"][c][k][i] for c in v["columns"]) for k in ("budget", "spent"))
            assert (amount(d["budget_money"]), amount(d["spent_money"])) == (budget, spent)
            assert d["verdict"] == verdict(budget, spent)
        assert len(calendar["days"]) == v["n"]
        check = {"budget": sum(sum(model.baseline(x["budget"], x["weights"], x["joined"])) + sum(b["amount"] for b in x["bills"]) for x in v["input"]),
                 "carry_in": sum(x["carry_in"] for x in v["input"]), "from_unallocated": sum(m[2] for m in v["moves"] if m[0] == "unallocated"),
                 "uncovered": sum(o["uncovered"] for o in now.values()), "spent": sum(sum(x["actual"][:v["t"]]) for x in v["input"]),
                 "planned": sum(sum(o["plan"]) + sum(o["due"].values()) for o in now.values()), "held": sum(o["held"] for o in now.values())}
        assert calendar["check"] == check
        return v

    def effect(self, today):
        """What the answer to a POST says, the entry already in the books."""
        v = self.view(month_of(today), today)
        if v["revision"] is None:
            return None
        total = lambda what, d: sum(v["days"][c][what][d] for c in v["columns"])
        after, moves = month_with_save(v["input"], v["t"] + 1, v["revision"].unallocated, v["covering"])
        if v["t"] + 1 < v["n"]:
            tomorrow = sum(o["plan"][0] + o["due"].get(v["t"] + 1, 0) for o in after.values())
        else:
            next_one = self.view(shifted(v["month"], 1), today + timedelta(1))
            tomorrow = sum(x["budget"][0] for x in next_one["days"].values())
        budget, spent = total("budget", v["t"]), total("spent", v["t"])
        return {"today": (budget, spent, budget - spent), "tomorrow": tomorrow, "moves": moves, "uncovered": sum(o["uncovered"] for o in after.values())}


def verdict(budget, spent):
    """PRODUCT.md: one rule everywhere. Money that came back is no reason to warn."""
    if budget == 0 and spent == 0:
        return "none"
    if spent * 100 <= budget * 80 or spent < 0:
        return "ok"
    return "watch" if spent <= budget else "over"
