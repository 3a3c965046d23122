"""What answers make of a month: its budget, its bills and incomes, which of them are those of before."""
from datetime import date, timedelta

import daily_budget as model

from .calendar import contains, first, key, month_of, steps, until
from .installments import due_of
from .recurring import due_within


class Due(tuple):
    """(id, name, category, day, amount) of what is due; way: of a planned transfer the accounts it is between."""
    way = None


def as_due(item, *what):
    out = Due(what)
    out.way = item.get("way")
    return out


class Revision:
    """The budget of a month from one day on."""

    def __init__(self, month, from_day):
        self.month, self.from_day, self.joined = month, from_day, 0
        self.bills = []  # (id, name, category, day, amount) of the month
        self.ahead = []  # the same of the months after: facts already
        self.incomes = []  # (id, name, category, day, amount)
        self.goals = {}  # name -> (target, by, saved, reserved)
        self.sweeps, self.swept = None, {}  # the goal that has what policy save leaves; name -> what months before left, as counted when planned
        self.categories = {}  # id -> dict(class, part, policy, rollover, cap, day_weights)
        self.pool = self.unallocated = 0
        self.problem = False
        self.cover = True

    def lacks(self):
        return -self.unallocated if self.problem else 0

    def rolls(self):
        return any(c["rollover"] != "none" for c in self.categories.values())

    def in_parts(self, category):
        return self.categories.get(category, {}).get("part", 0) == 0


def occurrences(answers, month, kept, known, planned, since):
    """kept: facts; known: id of what was planned before, by key; of bills with a rule that were planned before nothing new comes before `since`."""
    out = [x for x in kept if contains(month, x[3])]
    there = {key(x[0]) for x in kept}
    for b in [*answers["bills"], *answers.get("transfers", [])]:
        for id, day in due_within(b, month):
            if key(id) not in there and not (b.get("rule") and key(id) not in known and day < since and b["id"] in planned):
                out.append(as_due(b, known.get(key(id), id), b["name"], b["category"], day, b["amount"]))
    for i in answers.get("installments", []):
        out += [Due((id, i["name"], i["category"], day, amount)) for id, day, amount in due_of(i) if contains(month, day) and key(id) not in there]
    return sorted(out, key=lambda x: (x[3], x[1], x[0]))


def held(answers, month):
    """The categories asked for in a month. answers["budgets"]: (month, onwards, categories), said beside the plan's."""
    out = answers["categories"]
    for of, onwards, chosen in sorted(answers.get("budgets", ()), key=lambda b: (b[0], not b[1])):
        if first(of) < until(month) and (onwards or contains(month, first(of))):
            out = chosen
    return out


def said(answers, month, onwards, chosen):
    """The answers with a month's categories said anew."""
    others = [b for b in answers.get("budgets", ()) if not contains(month, first(b[0])) or b[1] and not onwards]
    return answers | {"budgets": [*others, (month, onwards, chosen)]}


def settled(answers, now):
    """What holds by now is the plan's."""
    base = [b for b in answers.get("budgets", ()) if b[1] and first(b[0]) < until(now)]
    return answers | {"categories": max(base, key=lambda b: b[0])[2] if base else answers["categories"],
                      "budgets": [b for b in answers.get("budgets", ()) if first(b[0]) >= until(now) or contains(now, first(b[0])) and not b[1]]}


def plan_month(answers, classes, joined_on, month, saved, chain_from, kept=(), known=None, cover=True, planned=(), since=date.min, contributed=None,
               moves=(), swept=None):
    """classes: spend category -> class, in display order. saved: goal name -> put aside by months so far; contributed: beside them; moves: (month, from, to, amount)."""
    start = first(month)
    joining = contains(month, joined_on)
    p = Revision(month, joined_on if joining else start)
    p.joined = (joined_on - start).days if joining else 0
    p.chain_from, p.cover = chain_from, cover
    p.bills = occurrences(answers, month, kept, known or {}, planned, since)
    p.ahead = [x for x in kept if until(month) <= x[3] < until(month) + timedelta(14)]
    p.incomes = sorted(((id, i["name"], i["category"], day, i["amount"]) for i in answers["incomes"] for id, day in due_within(i, month)),
                       key=lambda x: (x[3], x[1], x[0]))
    p.pool = sum(i[4] for i in p.incomes) - sum(b[4] for b in p.bills if b[2]) - answers["buffer"]  # without a category it moves no budget
    wanting = []
    for name, (target, by) in answers["goals"].items():
        left = max(1, steps(month, month.rules.of(by) if isinstance(month, date) else month_of(by)) + 1)
        have = saved.get(name, 0)
        if name in (swept or {}):
            p.swept[name] = swept[name]
        open_ = target - have - (contributed or {}).get(name, 0) - p.swept.get(name, 0)
        wanting.append((name, open_ > 0))
        reserved = model.allocate(open_, [1] * left)[0] if open_ > 0 else 0
        p.goals[name] = (target, by, have, reserved)
        p.pool -= reserved
    chosen = held(answers, month)
    wanted = [c for c in classes if c in chosen or any(b["category"] == c for b in [*answers["bills"], *answers.get("transfers", [])]) or any(b[2] == c for b in p.bills)
              or any(m[0] == month and m[2] == c for m in moves)]
    rest = p.pool - sum(c.get("budget", 0) for c in chosen.values())
    weights = [0 if "budget" in chosen.get(c, {}) else chosen.get(c, {}).get("weight", 0) for c in wanted]
    shared = rest > 0 and sum(weights) > 0
    parts = model.allocate(rest, weights) if shared else [0] * len(wanted)
    p.unallocated = 0 if shared else rest
    p.problem = rest < 0
    for c, part in zip(wanted, parts):
        given = chosen.get(c, {})
        p.categories[c] = {"class": classes[c], "part": given.get("budget", part), "policy": given.get("policy", "even"),
                           "rollover": given.get("rollover", "none"), "cap": given.get("cap"), "day_weights": given.get("day_weights"),
                           "protected": given.get("protected", False)}
    if any(c["policy"] == "save" for c in p.categories.values()):
        p.sweeps = next((name for name, wants in wanting if wants), None)
    for of, source, to, amount in moves:
        if of == month and source in p.categories and to in p.categories:
            amount = min(amount, p.categories[source]["part"])
            p.categories[source]["part"] -= amount
            p.categories[to]["part"] += amount
    return p


def identify(now, before):
    """What was answered before keeps its id: sent back, or the nearest of the same name and category, name, category."""
    by = lambda *members: lambda a, b: a.get("id") is None and all(a[m] == b[m] for m in members)
    alike = [lambda a, b: a.get("id") is not None and a["id"] == b["id"], by("name", "category"), by("name"), by("category")]
    found, taken = {}, set()
    for same in alike:
        pairs = [(i, a, j, b) for i, a in enumerate(now) for j, b in enumerate(before) if same(a, b)]
        for _, _, i, j in sorted((abs(a["amount"] - b["amount"]), abs(a["day"] - b["day"]), i, j) for i, a, j, b in pairs):
            if i not in found and j not in taken:
                found[i] = before[j]["id"]
                taken.add(j)
    return [found.get(i) for i in range(len(now))]
