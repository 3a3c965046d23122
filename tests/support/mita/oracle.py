"""The reference model (tests/vectors/daily_budget.py) beside a real person: what their calendar must say, day by day, to the unit."""
import daily_budget as model

from .people import column, line


class Oracle:
    """Knows the answers of onboarding (weights only, joined on the 1st) and every transaction; `calendar` gives order and classes."""

    def __init__(self, answers, calendar, pool):
        self.n = len(calendar["days"])
        weights = {c["category"]: c["weight"] for c in answers["categories"]}
        parts = dict(zip(weights, model.allocate(pool, list(weights.values()))))
        self.bills = {}
        for b in answers["bills"]:
            self.bills.setdefault(b["category"], []).append({"day": b["day"] - 1, "amount": b["money"]["amount"], "settled": False, "payments": []})
        self.categories = [{"id": c["category"], "class": c["class"], "budget": parts.get(c["category"], 0), "weights": [1] * self.n,
                            "actual": [0] * self.n, "policy": c["policy"], "bills": self.bills.get(c["category"], [])}
                           for c in calendar["categories"]]
        assert set(parts) | set(self.bills) <= {c["id"] for c in self.categories}
        self.unallocated = pool - sum(parts.values())

    def spend(self, category, day, amount):
        """day: index in the month; amount positive for spending."""
        next(c for c in self.categories if c["id"] == category)["actual"][day] += amount

    def pay(self, category, day, amount):
        """A payment that pays this category's first unpaid bill."""
        self.spend(category, day, amount)
        bill = next(b for b in self.bills[category] if not b["settled"])
        bill["settled"] = True
        bill["payments"].append({"on": day, "amount": amount})

    def month(self, t, known=None):
        """The model's answer on the morning of day t. A past morning knows what was booked up to its day, today's knows everything."""
        def then(b):
            payments = [p for p in b["payments"] if known is None or p["on"] <= known]
            return b | {"payments": payments, "settled": b["settled"] and payments == b["payments"]}
        return model.month([c | {"bills": [then(b) for b in c["bills"]]} for c in self.categories], t, self.unallocated)

    def compare(self, calendar):
        """Every number of every day of every category, and the covers."""
        t = sum(d["date"] < calendar["today"] for d in calendar["days"])
        now, moves = self.month(t)
        mornings = [self.month(d, d)[0] for d in range(min(t, self.n))]
        for c in self.categories:
            name = c["id"]
            past = [(m[name]["plan"][0] if m[name]["plan"] else 0) + m[name]["due"].get(d, 0) for d, m in enumerate(mornings)]
            ahead = [p + now[name]["due"].get(t + i, 0) for i, p in enumerate(now[name]["plan"])]
            assert column(calendar, name) == past + ahead, f"{name} on {calendar['today']}"
            assert column(calendar, name, "baseline") == now[name]["baseline"], name
            assert column(calendar, name, "spent") == c["actual"], name
        got = {}
        for m in calendar["moves"]:
            got[m["from"], m["to"]] = got.get((m["from"], m["to"]), 0) + m["money"]["amount"]
        want = {}
        for giver, taker, amount in moves:
            want[giver, taker] = want.get((giver, taker), 0) + amount
        assert got == want

    def today(self, t, category):
        now = self.month(t)[0][category]
        return now["plan"][0] + now["due"].get(t, 0)


__all__ = ["Oracle", "line"]
