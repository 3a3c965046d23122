"""A calendar and an effect against the books."""
from datetime import timedelta

import daily_budget as model

from ..people import payments_of
from .calendar import contains, first, key, month_of, shifted, until as end_of
from .saving import known_by, lacking, month_with_save


class Comparing:
    """What Books say, held against what the service answers."""

    def compare(self, calendar, today):
        """Every number of a calendar."""
        v = self.view(self.named(calendar["month"]), today)
        assert (calendar["from"], calendar["to"]) == (str(first(v["month"])), str(end_of(v["month"]) - timedelta(1)))
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
            want = {"policy": policy, "budget": part + bills, "carry_in": x["carry_in"], "spent": spent, "remaining": o["budget"] - spent,
                    "uncovered": o["uncovered"], "covered": o["covered"], "given": o["given"]}
            got = {k: c[k] if k == "policy" else amount(c[f"{k}_money"]) for k in want}
            assert got == want, f"{name} of {calendar['month']}"
        paid = v["paid"]
        self.compare_due(calendar["obligations"], [b for b in p.bills if b[2]] if p else [], paid, today)
        self.compare_due(calendar["transfers"], [b for b in p.bills if not b[2]] if p else [], paid, today)
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
                 "uncovered": sum(o["uncovered"] for o in now.values()),
                 "spent": sum(sum(x["actual"][:v["t"]]) for x in v["input"]) + sum(o["elsewhere"] for o in now.values()),
                 "planned": sum(sum(o["plan"]) for o in now.values()), "held": sum(o["held"] for o in now.values())}
        check["planned" if v["t"] < v["n"] else "held"] += sum(sum(o["due"].values()) for o in now.values())  # a closed month holds what it owes
        assert calendar["check"] == check
        return v

    def compare_due(self, shown, due, paid, today):
        """Each occurrence, in order: what it is, since when it is paid, and by what."""
        amount = lambda x: x["amount"]
        got = [(o["id"], o["name"], o.get("category", ""), (o.get("from_account_id"), o.get("to_account_id")), o["date"], amount(o["money"]), o["status"], o.get("paid_on"), amount(o["paid_money"]),
                sorted((e["booked_on"], amount(e["money"]), e["transaction_id"]) for e in payments_of(o))) for o in shown]
        want = []
        for x in due:
            id, name, category, day, money = x
            on = paid["since"].get(key(id))
            entries = paid["payments"].get(key(id), [])
            status = "paid" if on or day < self.joined_on else "upcoming" if day > today else "due" if day == today else "overdue"
            want.append((id, name, category, x.way or (None, None), str(day), money, status, str(on) if on else None, sum(x for _, x, _ in entries),
                         sorted((str(d), x, n.split(":")[0]) for d, x, n in entries)))
        assert got == want

    def effect(self, today):
        """What the answer to a POST says, the entry already in the books."""
        v = self.view(self.of(today), today)
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
        return {"today": (budget, spent, budget - spent), "free": budget - spent - lacking(known_by([b for x in v["input"] for b in x["bills"] if b["day"] <= v["t"]], None)),
                "tomorrow": tomorrow, "moves": moves, "uncovered": sum(o["uncovered"] for o in after.values())}

    def takes(self, today):
        """What the plan takes of the cash of today until the next expected income: (bills, planned, buffer, until)."""
        v = self.view(self.of(today), today)
        until, months = self._waited_for(v, today), [v]
        while not until and end_of(months[-1]["month"]) < end_of(v["month"]) + timedelta(28):
            months.append(self.view(shifted(months[-1]["month"], 1), today))
            until = self._waited_for(months[-1], today)
        if not until:
            until, months = end_of(v["month"]), [v]
        bills = sum(money - sum(x for _, x, _ in v["paid"]["payments"].get(key(id), []))
                    for month in self.months if month < v["month"] for id, _, category, day, money in self.months[month][-1].bills
                    if category and contains(month, day) and month_of(day) >= shifted(month_of(first(v["month"])), -3) and day >= self.joined_on and key(id) not in v["paid"]["since"])
        bills += self.leaving(today, until, months)
        planned = 0
        for m in months:
            now, end = ((day - first(m["month"])).days for day in (today, until))
            for x in m["input"]:
                paid = [p for b in x["bills"] for p in b["payments"]]
                bills += lacking(known_by([b for b in x["bills"] if b["day"] < end], None)) + sum(p["amount"] for p in paid if now < p["on"] < end)
                for d in range(max(0, now + 1), min(m["n"], end)):
                    booked = x["actual"][d] - sum(p["amount"] for p in paid if p["on"] == d)
                    planned += max(m["now"][x["id"]]["plan"][d - m["t"]], booked)
        return bills, planned, self.answers["buffer"], until

    def leaving(self, today, until, months):
        """Of planned transfers what leaves cash before `until`."""
        v, out = months[0], 0
        looked = [month for month in self.months if month < v["month"]]
        due = [x for month in looked for x in self.months[month][-1].bills
               if contains(month, x[3]) and month_of(x[3]) >= shifted(month_of(first(v["month"])), -3) and key(x[0]) not in v["paid"]["since"]]
        due += [x for m in months for x in m["revision"].bills]
        for x in due:
            if x[2] or x.way[0] not in self.cash or x.way[1] in self.cash:
                continue
            paid = v["paid"]["payments"].get(key(x[0]), [])
            if x[3] < until and x[3] >= self.joined_on and key(x[0]) not in v["paid"]["since"]:
                out += max(0, x[4] - sum(value for _, value, _ in paid))
            out += sum(value for on, value, _ in paid if today < on < until)
        return out

    def _waited_for(self, v, today):
        received = lambda id: sum(x for on, x, _ in v["paid"]["payments"].get(key(id), []) if on <= today)
        days = [day for id, _, _, day, _ in (v["revision"].incomes if v["revision"] else [])
                if day > today and contains(v["month"], day) and not self._final(id, day, received(id), today, v["paid"])]
        return min(days, default=None)


def verdict(budget, spent):
    """One rule everywhere. Money that came back is no reason to warn."""
    if budget == 0 and spent == 0:
        return "none"
    if spent * 100 <= budget * 80 or spent < 0:
        return "ok"
    return "watch" if spent <= budget else "over"
