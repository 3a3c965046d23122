"""Day weights, and a month whose categories may save: over the reference model."""
from datetime import date, timedelta

import daily_budget as model

from .calendar import clamped, first, length, month_of, shifted


def weights_of(rule, month, spent, joined_on, booked):
    """spent: day -> spending of the category; booked: days with any entry."""
    n = length(month)
    if rule and rule["kind"] == "history":
        end = first(month)
        begin = clamped(shifted(month_of(end), -3), end.day)
        since = min([joined_on, *(d for d in booked if begin <= d < end)])
        rule = by_history(spent, max(since, begin), end)
    if not rule or rule["kind"] == "uniform":
        return [1] * n
    if rule["kind"] == "weekday":
        return [rule["weights"][(first(month) + timedelta(d)).weekday()] for d in range(n)]
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
