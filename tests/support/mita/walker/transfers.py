"""Transfers: made, changed, deleted, restored; two transactions paired and parted. What counts nowhere is in no number of the plan, and in every balance."""
from ..client import expect
from ..people import key, money

ANY = {"If-Match": "*"}


class Transfers:
    # A transfer here: `counted` and `silent`, id -> entry, of its legs; `pair`: id -> (entry, on budget?) as they were, of one that was paired.
    def transfer(self):
        what = self.rng.choice([self.move, self.move, self.move_otherwise, self.unmove, self.move_again, self.pair, self.pair, self.part])
        what()

    def currency_of(self, account):
        return self.off_accounts.get(account, self.currency)

    def some_move(self):
        """(body, category, [(account, day, amount)] of both legs, which of them counts or None)"""
        one, other = self.rng.sample([*self.accounts, *self.off_accounts], 2)
        category, amount = self.some_lines()[0]
        planned = [x for x in (self.books.answers or {}).get("transfers", []) if x["category"] not in self.books.archived]
        if planned and self.rng.random() < .4:
            x = self.rng.choice(planned)
            (one, other), category, amount = x["way"], x["category"], -x["amount"] - self.rng.choice([0, 0, 1])
        may = (one in self.off_accounts) != (other in self.off_accounts)
        if may and (amount < 0) == (one in self.off_accounts):
            one, other = other, one  # what is spent leaves the account on budget
        if not may or self.rng.random() < .3:
            category = None
        amount = max(1, abs(amount))
        same = self.currency_of(one) == self.currency_of(other)
        left, arrived = (amount, amount if same else self.rng.randrange(1, 9000))
        if not same and one in self.off_accounts:
            left, arrived = arrived, left
        day = self.some_day()
        on = self.rng.choice([day, day, self.some_day()])
        body = {"from_account_id": one, "to_account_id": other, "money": money(left, self.currency_of(one)), "to_money": money(arrived, self.currency_of(other)),
                "booked_on": str(day), "arrives_on": str(on), "category": category}
        return body, category, [(one, day, -left), (other, on, arrived)], None if category is None else int(one in self.off_accounts)

    def put(self, id, t):
        self.moved[id] = t
        self.books.entries |= t["counted"]
        self.legs |= t["silent"]

    def aside(self):
        """Entries that no list shows as they are kept: of deleted transfers, and what pairing took."""
        for t in [*self.moved.values(), *self.unmoved.values()]:
            yield from t["counted"].values()
            yield from (entry for entry, _ in (t["pair"] or {}).values())

    def take(self, id):
        t = self.moved.pop(id)
        for leg in t["counted"]:
            del self.books.entries[leg]
        for leg in t["silent"]:
            del self.legs[leg]
        return t

    def moved_as(self, answer, category, legs, counts):
        t = {"counted": {}, "silent": {}, "pair": None}
        for n, (account, day, amount) in enumerate(legs):
            id = answer.json["from_transaction_id" if n == 0 else "to_transaction_id"]
            t["counted" if n == counts else "silent"][id] = {"day": day, "lines": [(category if n == counts else "", amount)], "bill": None, "way": (legs[0][0], legs[1][0])}
            self.home[id] = account
            self.texts.setdefault(id, {})
        return t

    def move(self):
        body, *said = self.some_move()
        answer = expect(self.person.post("/v1/transfers", body, headers={"Idempotency-Key": key()}), 201)
        self.note("move", answer.json["id"], body)
        t = self.moved_as(answer, *said)
        if self.books.answers:
            self.books.open_until(max([self.books.of(self.today()), *(self.books.of(e["day"]) for e in t["counted"].values())]))
        self.put(answer.json["id"], t)
        self.told_effect(answer.json["effect"])

    def move_otherwise(self):
        known = sorted(id for id, t in self.moved.items() if t["pair"] is None)
        if not known:
            return
        id, (body, *said) = self.rng.choice(known), self.some_move()
        answer = expect(self.person.patch(f"/v1/transfers/{id}", body, headers=ANY), 200)
        self.note("move otherwise", id, body)
        self.take(id)
        self.put(id, self.moved_as(answer, *said))
        self.looked_at()
        self.told_effect(answer.json["effect"])

    def unmove(self):
        if not self.moved:
            return
        id = self.rng.choice(sorted(self.moved))
        self.looked_at()
        answer = expect(self.person.delete(f"/v1/transfers/{id}", headers=ANY), 200)
        self.note("unmove", id)
        self.unmoved[id] = self.take(id)
        self.told_effect(answer.json["effect"])

    def move_again(self):
        if not self.unmoved:
            return
        id = self.rng.choice(sorted(self.unmoved))
        answer = expect(self.person.post(f"/v1/transfers/{id}:restore", headers={"Idempotency-Key": key()}), 200)
        self.note("move again", id)
        self.put(id, self.unmoved.pop(id))
        self.looked_at()
        self.told_effect(answer.json["effect"])

    def pair(self):
        fits = sorted(id for id in self.tags if self.books.entries[id]["bill"] is None and sum(x for _, x in self.books.entries[id]["lines"]))
        if not fits:
            return
        mine = self.rng.choice(fits)
        entry = self.books.entries[mine]
        account = self.rng.choice([a for a in [*self.accounts, *self.off_accounts] if a != self.home[mine]])
        currency, day, total = self.currency_of(account), self.some_day(), -sum(x for _, x in entry["lines"])
        if currency != self.currency:
            total = (1 if total > 0 else -1) * self.rng.randrange(1, 9000)
        lines = [(self.rng.choice(["other_income", "transport"]), total)]
        body = self.members(lines, currency) | {"account_id": account, "booked_on": str(day)}
        other = expect(self.person.post("/v1/transactions", body, headers={"Idempotency-Key": key()}), 201).json["id"]
        self.home[other], self.texts[other] = account, {}
        counts = account in self.accounts
        if counts and self.books.answers:
            self.books.open_until(max(self.books.of(day), self.books.of(self.today())))
        answer = expect(self.person.post("/v1/transfers:pair", {"transaction_ids": [mine, other]}, headers={"Idempotency-Key": key()}), 201)
        self.note("pair", answer.json["id"], mine, other, account, lines)
        del self.tags[mine], self.books.entries[mine]
        was = {mine: (entry, True), other: ({"day": day, "lines": lines, "bill": None}, counts)}
        silent = {id: e for id, (e, _) in was.items() if counts or id == other}
        way = (self.home[mine], account) if total > 0 else (account, self.home[mine])
        silent = {id: e | {"way": way} for id, e in silent.items()}
        self.put(answer.json["id"], {"counted": {} if counts else {mine: entry | {"way": way}}, "silent": silent, "pair": was})
        self.looked_at()
        self.told_effect(answer.json["effect"])

    def part(self):
        known = sorted(id for id, t in self.moved.items() if t["pair"])
        if not known:
            return
        id = self.rng.choice(known)
        answer = expect(self.person.post(f"/v1/transfers/{id}:unpair", headers={"Idempotency-Key": key()}), 200)
        self.note("part", id)
        for one, (entry, counts) in self.take(id)["pair"].items():
            entries, tags = (self.books.entries, self.tags) if counts else (self.off, self.off_tags)
            entries[one], tags[one] = entry, expect(self.person.get(f"/v1/transactions/{one}"), 200).etag
        self.looked_at()
        self.told_effect(answer.json["effect"])

    def transfers(self):
        """L1, said anew: what is shown of each is what its legs are, and the sum of both is 0 in one currency."""
        got, everywhere = {t["id"]: t for t in expect(self.person.get("/v1/transfers?limit=500"), 200).json["data"]}, self.everywhere()
        if len(self.moved) <= 500:
            assert got.keys() == self.moved.keys()
        for t in got.values():
            for side, sign, day in (("from", -1, "booked_on"), ("to", 1, "arrives_on")):
                entry, amount = everywhere[t[f"{side}_transaction_id"]], t["money" if side == "from" else "to_money"]["amount"]
                assert (sum(x for _, x in entry["lines"]), str(entry["day"])) == (sign * amount, t[day])
                assert self.home[t[f"{side}_transaction_id"]] == t[f"{side}_account_id"]
            assert t["counts"] == bool(self.moved[t["id"]]["counted"])
            if t["money"]["currency"] == t["to_money"]["currency"]:
                assert t["money"] == t["to_money"]
