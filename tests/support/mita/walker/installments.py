"""Installment plans: begun, paid off early, taken back, taken away; every part is what the books say."""
import copy
from datetime import date, timedelta

from ..auditor import due_of, key as occurrence, month_of, paid_off, schedule, shifted
from ..client import expect
from ..people import key, money
from .choices import SPENDING


class Installments:
    def repay(self):
        if not self.books.answers:
            return
        rng, today = self.rng, self.today()
        a = copy.deepcopy(self.books.answers)
        mine = a["installments"] = a.get("installments", [])
        what = rng.choice(["begin", "payoff", "payoff", "rename", "end"]) if mine else "begin"
        if what == "begin":
            x, send = self.begun(today)
            mine.append(x)
        else:
            x = rng.choice(mine)
            path = f"/v1/installments/{x['id']}"
            body = {}
            if what == "rename":
                x["name"] = rng.choice(["Sofa", "Bed"])
                body = {"name": x["name"]}
            elif what == "payoff":
                body = self.payoff(x, today)
                if body is None:
                    return
            else:
                mine.remove(x)
            tag = {"If-Match": expect(self.person.get(path), 200).etag}
            send = lambda: self.person.patch(path, body, headers=tag) if body else self.person.delete(path, headers=tag)
        refused = self.books.lacks_more(a, today)
        answer = send()
        self.note("repay", what, x, answer.status)
        if refused:
            expect(answer, 422, "infeasible_budget")
            return
        expect(answer, {"begin": 201, "end": 204}.get(what, 200))
        if what == "begin":
            x["id"] = answer.json["id"]
        if what != "end":
            shown = expect(self.person.get(f"/v1/installments/{x['id']}"), 200).json
            assert shown == answer.json
            assert [(p["date"], p["principal_money"]["amount"], p["interest_money"]["amount"]) for p in shown["parts"]] == [(str(d), *v) for d, *v in x["parts"]], (shown, x)
            assert [p["bill_id"] for p in shown["parts"] if p["bill_id"]] == [id for id, _, _ in due_of(x)], (shown, x)
        self.planned_anew(a, today)
        self.look()

    def begun(self, today):
        rng = self.rng
        month = shifted(month_of(today), rng.randrange(-3, 3))
        count, bp = rng.choice([2, 3, 6, 24, 120]), rng.choice([0, 0, 1, 590, 1200, 9000])
        principal = rng.choice([200, 30000, 100000]) * self.unit + rng.randrange(7)
        first = date(*month, 1) + timedelta(days=rng.randrange(28))
        parts = schedule(principal, count, bp, first)
        if min(p[1] for p in parts) < 1 or parts[-1][0] < today:  # refused; said by test_installments
            count, bp = 2, 0
            principal, first = 30000 * self.unit + 1, max(first, today)
            parts = schedule(principal, count, bp, first)
        x = {"id": "unknown", "name": rng.choice(["Laptop", "Car"]), "category": rng.choice([*SPENDING, "debt"]), "first": first, "since": today, "payoff": False,
             "parts": parts, "whole": parts}
        body = {"name": x["name"], "category": x["category"], "principal_money": money(principal, self.currency), "count": count, "interest_bp": bp, "first_on": str(first)}
        return x, lambda: self.person.post("/v1/installments", body, headers={"Idempotency-Key": key()})

    def payoff(self, x, today):
        """The body of a patch that pays it off or takes that back; None: nothing of the kind may be done."""
        paid = self.books.paid()["payments"]
        due = {day: id for id, day, _ in due_of(x)}
        booked = lambda day: day in due and paid.get(occurrence(due[day]))
        if x["payoff"]:
            last = x["parts"][-1][0]
            if last < today or any(id.startswith(x["id"] + ".2:") and paid.get(occurrence(id)) for id, _, _ in due_of(x)):
                return None
            x["parts"], x["payoff"] = x["whole"], False
            return {"payoff_on": None}
        on = today + timedelta(days=self.rng.randrange(0, 40))
        standing = max([n for n, p in enumerate(x["parts"], 1) if p[0] < on or booked(p[0])], default=0)
        if standing >= len(x["parts"]):
            return None
        x["parts"], x["payoff"] = paid_off(x["whole"], x["first"], on, standing), True
        return {"payoff_on": str(on)}
