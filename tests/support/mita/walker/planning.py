"""Onboarding and planning anew, with ids sent back or not; the switch of cover."""
from datetime import date, timedelta

from ..auditor import contains, first, identify, keep_terms, label, month_of, said, settled, shifted
from ..client import expect
from ..people import key, money
from .choices import POLICIES, SPENDING


class Planning:
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
            if rng.random() < .2:
                x["protected"] = True
            kind = rng.choice(["", "", "uniform", "weekday", "custom", "history"])
            if kind:
                x["day_weights"] = {"kind": kind}
                if kind in ("weekday", "custom"):
                    x["day_weights"]["weights"] = [rng.randrange(0, 4) for _ in range(7 if kind == "weekday" else rng.choice([5, 28, 30, 31]))]
        kinds = [("Rent", "housing", 80000), ("Power", "utilities", 15000), ("Phone", "communication", 3001), ("Loan", "debt", 9999),
                 ("Meal plan", "groceries", 7000), ("Phone", "communication", 2900)]
        bills = [{"name": n, "category": c, "amount": rng.choice([a, a, a + 1]) * u, "day": rng.randrange(1, 32)} for n, c, a in kinds if rng.random() < .6]
        month = month_of(self.today())
        by = lambda: date(*shifted(month, rng.randrange(-1, 14)), rng.randrange(1, 28))
        goals = {f"Goal {i}": (rng.randrange(0, 400000) * u, by()) for i in range(rng.randrange(0, 3))}
        income = lambda i: {"name": f"Income {i}", "category": rng.choice(["salary", "salary", "other_income"]), "amount": rng.randrange(0, 400000) * u,
                            "day": rng.randrange(1, 32)}
        incomes = [income(i) for i in range(rng.randrange(0, 3))] + [{"name": "Wage", "category": "salary", "amount": 150000 * u, "day": rng.randrange(1, 32)}]
        before = self.books.answers or {"bills": [], "incomes": []}
        for now, then in ((bills, before["bills"]), (incomes, before["incomes"])):  # some clients send ids back
            for x in now:
                free = [y["id"] for y in then if y["id"] not in [z.get("id") for z in now]]
                if free and rng.random() < .4:
                    x["id"] = rng.choice(free)
        return {"incomes": incomes, "bills": bills, "goals": goals,
                "buffer": rng.choice([0, 5000]) * u, "categories": chosen, **{kept: (self.books.answers or {}).get(kept, []) for kept in ("installments", "transfers")}}

    def shares(self, chosen):
        m = lambda x: money(x, self.currency)
        def category(c, x):
            out = {"category": c, "policy": x["policy"], "rollover": x["rollover"]}
            if "budget" in x:
                out["budget_money"] = m(x["budget"])
            if "weight" in x:
                out["weight"] = x["weight"]
            if "cap" in x:
                out["rollover_cap_money"] = m(x["cap"])
            if "protected" in x:
                out["protected"] = True
            if "day_weights" in x:
                out["day_weights"] = x["day_weights"]
            return out
        return [category(c, x) for c, x in chosen.items()]

    def body(self, a):
        m = lambda x: money(x, self.currency)
        def thing(x):
            return {k: x[k] for k in ("id", "name", "category", "day") if x.get(k)} | {"money": m(x["amount"])}
        return {"timezone": self.zone, "currency": self.currency, "incomes": [thing(x) for x in a["incomes"]], "bills": [thing(x) for x in a["bills"]],
                "goals": [{"name": n, "target_money": m(t), "by": str(by)} for n, (t, by) in a["goals"].items()], "buffer_money": m(a["buffer"]),
                "categories": self.shares(a["categories"])}

    def onboard(self):
        tag = expect(self.person.get("/v1/onboarding"), 200).etag if self.books.answers else None
        for _ in range(20):
            a = self.answers()
            body, today = self.body(a), self.today()
            unchanged = self.other_periods(body, today)
            before = self.books.answers or {"bills": [], "incomes": []}
            for kind in ("bills", "incomes"):
                for i, (x, known) in enumerate(zip(a[kind], identify(a[kind], before[kind]))):
                    x["id"] = known or f"unknown {i}"
                keep_terms(a[kind], before[kind])
            a["budgets"] = self.books.kept_budgets(a, today)
            problem = self.books.would_replan(a, today)[0].problem
            answer = self.person.put("/v1/onboarding", body, headers={"If-Match": tag} if tag else None)
            self.note("onboard", a, answer.status)
            if problem:
                expect(answer, 422, "infeasible_budget")
                if self.books.rules:
                    self.books.rules.stretches = unchanged
                continue
            got, shown = expect(answer, 200).json, expect(self.person.get("/v1/onboarding"), 200).json
            for kind in ("bills", "incomes"):  # new ids are the service's own
                for x, y in zip(a[kind], shown[kind], strict=True):
                    assert x["id"] == y["id"] or x["id"].startswith("unknown"), (x, y)
                    assert y.get("schedule") == x.get("rule") and y.get("paused", False) == ("pause" in x and x["pause"][1] is None), (x, y)
                    x["id"] = y["id"]
            self.planned_anew(a, today)
            self.books.compare(got, today)
            return

    def other_periods(self, body, today):
        """T1: who has rules of periods says them at first, and another one now and then. Returns those of before."""
        rules, rng = self.books.rules, self.rng
        if not rules:
            return None
        before = list(rules.stretches)
        rule = before[-1][1]
        if self.books.answers and rng.random() < .3:
            every = rng.choice(["month", "week", "two_weeks"])
            rule = {"every": every} | ({"start_day": rng.randrange(1, 29)} if every == "month" else {"payday": today + timedelta(rng.randrange(-40, 40))})
            self.books.open_until(self.books.of(today))
            self.books.change_periods(rule)
        if not self.books.answers or rng.random() < .5 or rules.stretches != before:
            body["period"] = {k: x if isinstance(x, (int, str)) else str(x) for k, x in rule.items()}
        return before

    def planned_anew(self, a, today):
        """The books under new answers; links that name nothing any more are gone."""
        lost = self.books.replan(a, self.books.would_replan(a, today), today, self.deleted.values())
        for id in [id for id in self.tags if any(self.books.entries[id] is e for e in lost)]:
            now = expect(self.person.get(f"/v1/transactions/{id}"), 200)
            assert now.json["bill_id"] is None
            self.tags[id] = now.etag

    def move_budget(self):
        """P3: from one budget to another, as much as there is or one more."""
        if not self.books.answers:
            return
        today, rng = self.today(), self.rng
        self.books.visit(self.books.of(today), today)
        source, to = rng.sample(sorted({*SPENDING} - self.books.archived), 2)
        most = self.books.to_give(source, today)
        amount = rng.choice([max(1, most // 2), max(1, most), most + 1])
        body = {"from": source, "to": to, "money": money(amount, self.currency)}
        answer = self.person.post(f"/v1/budgets/{label(self.books.of(today))}/transfers", body, headers={"Idempotency-Key": key()})
        self.note("move", source, to, amount, answer.status)
        if amount > most:
            expect(answer, 422, "not_enough")
        else:
            expect(answer, 201)
            self.books.move_budget(source, to, amount, today)
        self.look()

    def plan_ahead(self):
        """The budgets of this month or one to come, with those after it or alone; or what was said taken back."""
        if not self.books.answers:
            return
        today, rng = self.today(), self.rng
        now = self.books.of(today)
        month = shifted(now, rng.choice([0, 1, 1, 2, 3]))
        self.books.visit(now, today)
        path = f"/v1/budgets/{label(month)}"
        known = settled(self.books.answers, now)
        of_month = [b for b in known["budgets"] if contains(month, first(b[0]))]
        tag, lacking = expect(self.person.get(path), 200).etag, lambda p: -p.unallocated if p.problem else 0
        if of_month and rng.random() < .4:
            gone = min(of_month, key=lambda b: b[1])
            a = known | {"budgets": [b for b in known["budgets"] if b is not gone]}
            refused = lacking(self.books.would_plan(a, now, today)) > lacking(self.books.months[now][-1])
            answer = self.person.delete(path, headers={"If-Match": tag})
            self.note("take back", month, answer.status)
            if refused:
                expect(answer, 422, "infeasible_budget")
                return
            expect(answer, 204)
        else:
            onwards = rng.random() < .5
            chosen = {c: x | ({"budget": x["budget"] // 100} if "budget" in x else {}) for c, x in self.answers()["categories"].items()}
            a = said(known, month, onwards, chosen)
            refused = lacking(self.books.would_plan(a, month, today)) > lacking(self.books.would_plan(known, month, today))
            answer = self.person.put(path, {"categories": self.shares(chosen), "scope": "onwards" if onwards else "month"}, headers={"If-Match": tag})
            self.note("plan ahead", month, onwards, chosen, answer.status)
            if refused:
                expect(answer, 422, "infeasible_budget")
                return
            assert expect(answer, 200).json == expect(self.person.get(path), 200).json
        self.planned_anew(a, today)
        for month in (now, month, shifted(month, 1)):
            p, shown = self.books.would_plan(self.books.answers, month, today), expect(self.person.get(f"/v1/budgets/{label(month)}"), 200).json
            assert {c["category"]: c["budget_money"]["amount"] for c in shown["categories"]} == {c: x["part"] for c, x in p.categories.items()}, (month, shown)
        self.look()

    def switch_cover(self):
        tag = expect(self.person.get("/v1/me"), 200).etag
        self.books.switch_cover(self.today())
        expect(self.person.patch("/v1/me", {"settings": {"cover": self.books.cover}}, headers={"If-Match": tag}), 200)
        self.note("cover", self.books.cover)
