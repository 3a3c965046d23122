"""Goals: what is put into one and taken out, and what it has."""
from ..auditor import label
from ..client import expect
from ..people import key, money


class Goals:
    def goal(self):
        """Something is put in, taken out, or a former contribution is taken back."""
        listed = self.goals()
        if not listed:
            return
        rng, one, today = self.rng, self.rng.choice(listed), self.today()
        path, name = f"/v1/goals/{one['id']}/contributions", one["name"]
        made = [e for e in expect(self.person.get(path), 200).json["data"] if e["kind"] == "contribution"]
        if made and rng.random() < .3:
            gone = rng.choice(made)
            amount = -gone["money"]["amount"]
            answer = self.person.delete(f"{path}/{gone['id']}", headers={"If-Match": "*"})
        else:
            amount = rng.choice([1, 1, 1, -1]) * rng.randrange(1, 30000) * self.unit
            answer = self.person.post(path, {"money": money(amount, self.currency)}, headers={"Idempotency-Key": key()})
        self.note("goal", name, amount, answer.status)
        if amount < 0 and answer.status in (409, 422):
            assert answer.code == "below_zero", answer
        else:
            assert answer.status in (201, 204), answer
            self.books.contribute(name, amount, today)
        self.goals()

    def goals(self):
        """L5, said anew: each has the sum of its entries, which is what the books say."""
        listed, today = expect(self.person.get("/v1/goals"), 200).json["data"], self.today()
        self.books.visit(self.books.of(today), today)
        planned, swept = self.books.months[self.books.of(today)][-1].goals, self.books.swept_before(self.books.of(today), today)
        assert [g["name"] for g in listed] == list(planned)
        for g in listed:
            _, _, have, reserved = planned[g["name"]]
            swept_of = {f"{label(month)}.sweep": x for month, x in swept.get(g["name"], {}).items() if x}
            saved = have + self.books.contributed.get(g["name"], 0) + sum(swept_of.values())
            assert (g["saved_money"]["amount"], g["month_money"]["amount"]) == (saved, reserved), g
            entries = expect(self.person.get(f"/v1/goals/{g['id']}/contributions"), 200).json["data"]
            assert sum(e["money"]["amount"] for e in entries) == saved, (g, entries)
            assert {e["id"]: e["money"]["amount"] for e in entries if e["kind"] == "sweep"} == swept_of
        return listed
