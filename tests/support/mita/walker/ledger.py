"""Transactions: created, changed, linked, deleted, restored; each effect as the books have it."""
import copy
from datetime import date, timedelta

from ..auditor import shifted
from ..client import expect
from ..people import key, money
from .choices import PAYEES, SPENDING


class Ledger:
    def some_day(self):
        today = self.today()
        day = self.rng.choice([today, today, today, today - timedelta(self.rng.randrange(1, 12)), today - timedelta(self.rng.randrange(1, 70)),
                               today + timedelta(self.rng.randrange(1, 20)), today + timedelta(self.rng.choice([3, 40, 75]))])
        return max(day, date(2025, 1, 1))

    def some_amount(self):
        u = self.unit
        return self.rng.choice([-self.rng.randrange(1, 4000) * u, -self.rng.randrange(1, 4000) * u - 1, -self.rng.randrange(4000, 90000) * u,
                                self.rng.randrange(1, 5000) * u])

    def places(self):
        return SPENDING + [c for c in self.own if c not in self.books.archived]

    def some_lines(self):
        if self.rng.random() < .2:
            return [(self.rng.choice(self.places() + ["salary"]), self.some_amount()) for _ in range(self.rng.randrange(2, 5))]
        if self.books.answers and self.books.answers["bills"] and self.rng.random() < .35:  # about a bill
            b = self.rng.choice(self.books.answers["bills"])
            return [(b["category"], -max(1, b["amount"] * self.rng.choice([100, 100, 99, 80, 120, 121]) // 100))]
        if self.books.answers and self.rng.random() < .12:  # about an income
            i = self.rng.choice(self.books.answers["incomes"])
            return [(i["category"], max(1, i["amount"] * self.rng.choice([100, 100, 99, 80, 50, 121, 133]) // 100))]
        if self.rng.random() < .05:
            return [("salary", self.rng.choice([-1, 1, 1]) * self.rng.randrange(1, 100000) * self.unit)]
        return [(self.rng.choice(self.places()), self.some_amount())]

    def members(self, lines, currency=None):
        m = lambda x: money(x, currency or self.currency)
        if len(lines) == 1:
            return {"category": lines[0][0], "money": m(lines[0][1])}
        return {"splits": [{"category": c, "money": m(x)} for c, x in lines], "money": m(sum(x for _, x in lines))}

    def some_entry(self):
        """A body to post, and what the books and the walker know of it."""
        lines, day = self.some_lines(), self.some_day()
        body = self.members(lines) | ({} if day == self.today() and self.rng.random() < .5 else {"booked_on": str(day)})
        payee = self.rng.choice(PAYEES)
        if payee:
            body["payee"] = payee
        account = self.rng.choice(self.accounts)
        if account != self.person.id or self.rng.random() < .2:
            body["account_id"] = account
        return body, lines, day, payee, account

    def posted(self, body, target="/v1/transactions", status=201):
        again = {"Idempotency-Key": key()}
        made = expect(self.person.post(target, body, headers=again), status)
        if self.rng.random() < .1:  # a retry changes nothing
            assert expect(self.person.post(target, body, headers=again), status).body == made.body
        return made

    def created(self, id, etag, lines, day, payee, account):
        if self.books.answers:
            self.books.open_until(max(self.books.of(day), self.books.of(self.today())))
        self.books.entries[id] = {"day": day, "lines": lines, "bill": None}
        self.home[id] = account
        self.tags[id], self.texts[id] = etag, {"payee": payee}

    def create(self):
        body, *of = self.some_entry()
        made = self.posted(body)
        self.note("create", made.json["id"], str(of[1]), of[0])
        self.created(made.json["id"], made.etag, *of)
        self.told_effect(made.json["effect"])

    def batch(self):
        entries = [self.some_entry() for _ in range(self.rng.choice([1, 2, 5, 12]))]
        mode = self.rng.choice(["atomic", "independent"])
        wrong = self.rng.randrange(len(entries)) if mode == "independent" and self.rng.random() < .3 else None
        items = [body | ({"id": "019d4a5c-7c01-4a01-9b02-0123456789ab"} if n == wrong else {}) for n, (body, *_) in enumerate(entries)]  # no version of ours
        made = self.posted({"mode": mode, "items": items}, "/v1/transactions:batch", 200 if mode == "atomic" else 207).json
        for n, (item, (_, *of)) in enumerate(zip(made["data"], entries)):
            if n == wrong:
                assert item["problem"]["errors"][0]["pointer"] == f"/items/{n}/id"
                continue
            self.note("batch", item["transaction"]["id"], str(of[1]), of[0])
            self.created(item["transaction"]["id"], '"t1"', *of)
        self.looked_at()
        self.told_effect(made["effect"])

    def bulk(self):
        """One change of some entries on budget, by their ids; half of them are undone at once."""
        free = [id for id in sorted(self.tags) if self.books.entries[id]["bill"] in (None, "none") and len(self.books.entries[id]["lines"]) == 1]
        if not free:
            return
        ids = self.rng.sample(free, self.rng.randrange(1, min(len(free), 12) + 1))
        change = {"category": self.rng.choice(self.places())} if self.rng.random() < .6 else {}
        if not change or self.rng.random() < .3:
            change["payee"] = self.rng.choice(PAYEES)
        if self.rng.random() < .3:
            change["account_id"] = self.rng.choice(self.accounts)
        before = {id: (copy.deepcopy(self.books.entries[id]), dict(self.texts[id]), self.home[id]) for id in ids}
        made = self.posted({"ids": ids, "change": change}, "/v1/transactions:bulk", 200).json
        assert made["matched"] == len(ids)
        for id in ids:
            entry = self.books.entries[id]
            if "category" in change:
                entry["lines"] = [(change["category"], entry["lines"][0][1])]
            if "payee" in change:
                self.texts[id]["payee"] = change["payee"]
            self.home[id] = change.get("account_id", self.home[id])
        self.note("bulk", ids, change)
        self.looked_at()
        self.told_effect(made["effect"])
        if made["change_id"] and self.rng.random() < .5:
            back = self.posted(None, f"/v1/changes/{made['change_id']}:undo", 200).json
            assert back["undone"] == made["changed"]
            self.note("undo of it")
            for id, (entry, texts, home) in before.items():
                self.books.entries[id], self.texts[id], self.home[id] = entry, texts, home
            self.told_effect(back["effect"])
        for id in ids:
            self.tags[id] = expect(self.person.get(f"/v1/transactions/{id}"), 200).etag

    def told_effect(self, effect):
        want = self.books.effect(self.today())
        if want is None:
            assert effect is None
            return
        amount = lambda x: x["amount"]
        assert tuple(amount(effect["today"][f"{k}_money"]) for k in ("budget", "spent", "left")) == want["today"]
        assert (effect["tomorrow"] and amount(effect["tomorrow"]["budget_money"])) == want["tomorrow"]
        assert [(m["from"], m["to"], amount(m["money"])) for m in effect["moves"]] == want["moves"]
        assert amount(effect["uncovered_money"]) == want["uncovered"]
        self.told_today(effect, effect["today"], want)

    def told_today(self, told, today, want):
        """What binds, and why the number is what it is."""
        amount = lambda x: x["amount"]
        assert sum(amount(t["money"]) for t in told["breakdown"]) == amount(today["budget_money"]) and all(amount(t["money"]) for t in told["breakdown"])
        bills, planned, buffer, until = self.books.takes(self.today())
        balance = sum(self.held(account, self.today()) for account in self.cash)
        free = balance - bills - planned - buffer
        cash = {k: v if k == "until" else amount(v) for k, v in told["cash"].items()}
        assert cash == {"balance_money": balance, "bills_money": bills, "planned_money": planned, "buffer_money": buffer, "free_money": free, "until": str(until)}, (cash, balance, bills, planned, until)
        assert amount(told["plan_free_money"]) == want["free"] and amount(told["safe_to_spend_money"]) == max(0, min(want["free"], free))
        assert told["binds"] == ("cash" if free < want["free"] else "plan")

    def change(self):
        if not self.tags:
            return
        id = self.rng.choice(sorted(self.tags))
        entry = self.books.entries[id]
        patch, new = {}, copy.deepcopy(entry)
        kind = self.rng.choice(["lines", "day", "both", "bill", "note", "back", "payee", "account"])
        if kind in ("lines", "both"):
            new["lines"] = self.some_lines()
            patch |= self.members(new["lines"])
        if kind in ("day", "both"):
            new["day"] = self.some_day()
            patch["booked_on"] = str(new["day"])
        if kind == "bill":
            new["bill"] = self.rng.choice([None, "none", *self.linkable()])
            patch["bill_id"] = new["bill"]
        if kind == "note":
            patch["note"] = self.rng.choice([None, "a note"])
        if kind == "payee":
            patch["payee"] = self.rng.choice(PAYEES)
        if kind == "back":  # as it was read, categories archived since among it
            patch = self.members(entry["lines"])
        account = self.rng.choice(self.accounts) if kind in ("account", "both") else self.home[id]
        if account != self.home[id] or kind == "account":
            patch["account_id"] = account
        answer = self.person.patch(f"/v1/transactions/{id}", patch, headers={"If-Match": self.tags[id]})
        self.note("change", id, patch, answer.status)
        moved = (new["bill"], new["day"], new["lines"]) != (entry["bill"], entry["day"], entry["lines"])
        if moved and new["bill"] not in (None, "none") and not self.may_link(new):
            assert expect(answer, 422).findings().keys() == {"/bill_id"}
            return
        expect(answer, 200)
        self.books.entries[id], self.tags[id], self.home[id] = new, answer.etag, account
        self.texts[id] |= {k: patch[k] for k in ("payee", "note") if k in patch}
        self.looked_at()
        self.told_effect(answer.json["effect"])

    def looked_at(self):
        """A write reads today's month."""
        if self.books.answers:
            self.books.visit(self.books.of(self.today()), self.today())

    def linkable(self):
        """Occurrences of this month and those around it that are open, sometimes of any."""
        near = set(self.books.months)
        if self.rng.random() < .7:
            near &= {shifted(self.books.of(self.today()), i) for i in (-1, 0, 1)}
        return sorted(x[0] for m in near for p in [self.books.months[m][-1]] for x in p.bills + p.incomes)

    def may_link(self, entry):
        """A line of the bill's category that spends; of an income's that comes in."""
        for revisions in self.books.months.values():
            for sign, list in ((-1, revisions[-1].bills), (1, revisions[-1].incomes)):
                for id, _, category, _, _ in list:
                    if id == entry["bill"]:
                        return any(c == category and x * sign > 0 for c, x in entry["lines"])
        raise AssertionError(f"{entry['bill']} points to nothing")

    def delete(self):
        if not self.tags:
            return
        id = self.rng.choice(sorted(self.tags))
        self.looked_at()
        answer = expect(self.person.delete(f"/v1/transactions/{id}", headers={"If-Match": self.tags.pop(id)}), 200)
        self.note("delete", id)
        self.deleted[id] = self.books.entries.pop(id)
        self.told_effect(answer.json["effect"])

    def restore(self):
        if not self.deleted:
            return
        id = self.rng.choice(sorted(self.deleted))
        answer = expect(self.person.post(f"/v1/transactions/{id}:restore", headers={"Idempotency-Key": key()}), 200)
        self.note("restore", id)
        self.books.entries[id], self.tags[id] = self.deleted.pop(id), answer.etag
        self.looked_at()
        self.told_effect(answer.json["effect"])
