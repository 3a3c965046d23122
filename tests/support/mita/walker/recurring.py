"""Incomes, bills and planned transfers one at a time: added, changed, paused, taken away, on schedules of every kind."""
import copy
from datetime import date, timedelta

from ..auditor import month_of, paused, shifted
from ..client import expect
from ..people import key, money
from .choices import SPENDING


class Recurring:
    def schedule(self):
        rng = self.rng
        month = shifted(month_of(self.today()), rng.randrange(-3, 3))
        last = date(*shifted(month, 1), 1) - timedelta(days=1)
        unit = rng.choice(["day", "week", "week", "month", "month", "year"])
        place = rng.choice(["day", "day", "last_day", "nth_weekday", "last_weekday"]) if unit in ("month", "year") else "day"
        anchor = {"day": date(*month, 1) + timedelta(days=rng.randrange(last.day)), "last_day": last, "nth_weekday": date(*month, rng.randrange(1, 29)),
                  "last_weekday": last - timedelta(days=rng.randrange(7))}[place]
        out = {"unit": unit, "interval": rng.choice([4, 9, 40] if unit == "day" else [1, 1, 2, 3]), "anchor": str(anchor), "place": place,
               "weekend": rng.choice(["as_is", "before", "after"]), "until": None, "count": None}
        end = rng.choice(["", "", "until", "count"])
        return out | ({"until": str(anchor + timedelta(days=rng.randrange(200)))} if end == "until" else {"count": rng.randrange(1, 9)} if end else {})

    def some_way(self):
        """The accounts of a planned transfer, and what says them."""
        one = self.rng.choice(self.accounts)
        way = one, self.rng.choice([a for a in [*self.accounts, *self.off_accounts] if a != one])
        return way, dict(zip(("from_account_id", "to_account_id"), way))

    def recur(self):
        if not self.books.answers:
            return
        rng, today, m = self.rng, self.today(), lambda x: money(x, self.currency)
        a = copy.deepcopy(self.books.answers)
        kind = rng.choice(["bills", "bills", "incomes", "transfers"])
        a.setdefault("transfers", [])
        what = rng.choice(["add", "amount", "schedule", "pause", "remove", *(["way"] if kind == "transfers" else [])]) if a[kind] else "add"
        amount = rng.choice([2900, 7000, 15000, 15001]) * self.unit
        if what == "add":
            category = "salary" if kind == "incomes" else rng.choice([*SPENDING, "housing", "debt"])
            x = {"name": "Some income" if kind == "incomes" else "Some bill", "category": category, "amount": amount,
                 "rule": self.schedule(), "id": "unknown"}
            x["day"] = int(x["rule"]["anchor"][8:])
            a[kind].append(x)
            body = {"kind": kind[:-1], "name": x["name"], "category": x["category"], "money": m(amount), "schedule": x["rule"]}
            if kind == "transfers":
                x["way"], more = self.some_way()
                body |= more
                if x["way"][1] in self.accounts:
                    x["category"] = body["category"] = ""
                    del body["category"]
            send = lambda: self.person.post("/v1/recurring", body, headers={"Idempotency-Key": key()})
        else:
            x = rng.choice(a[kind])
            path = f"/v1/recurring/{x['id']}"
            tag = {"If-Match": expect(self.person.get(path), 200).etag}
            body = {}
            if what == "amount":
                x["amount"], body = amount, {"money": m(amount)}
            elif what == "way":
                x["way"], body = self.some_way()
                if x["way"][1] in self.accounts:
                    x["category"] = ""
                elif not x["category"]:
                    x["category"] = body["category"] = "debt"
            elif what == "schedule":
                x["rule"] = self.schedule()
                x["day"], body = int(x["rule"]["anchor"][8:]), {"schedule": x["rule"]}
            elif what == "pause":
                on = not ("pause" in x and x["pause"][1] is None)
                paused(x, on, today)
                body = {"paused": on}
            else:
                a[kind].remove(x)
            send = lambda: self.person.patch(path, body, headers=tag) if body else self.person.delete(path, headers=tag)
        problem = self.books.lacks_more(a, today)
        answer = send()
        self.note("recur", what, x, answer.status)
        if problem:
            expect(answer, 422, "infeasible_budget")
            return
        expect(answer, {"add": 201, "remove": 204}.get(what, 200))
        if what == "add":
            x["id"] = answer.json["id"]
        if what != "remove":
            shown = expect(self.person.get(f"/v1/recurring/{x['id']}"), 200)
            assert shown.json == answer.json and shown.etag == answer.etag
        self.planned_anew(a, today)
        self.look()
