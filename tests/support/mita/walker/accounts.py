"""Accounts off budget, balances, checkpoints and what they clear."""
from ..client import expect
from ..people import key, money


class Accounts:
    # Accounts off budget: what is booked there moves no number.
    def elsewhere(self):
        account, lines = self.rng.choice(list(self.off_accounts)), self.some_lines()
        currency = self.off_accounts[account]
        moving = [id for id in self.tags if self.books.entries[id]["bill"] in (None, "none")]
        what = self.rng.choice(["book", "out", "back", "drop"])
        if what == "out" and moving:
            id = self.rng.choice(sorted(moving))
            lines = self.books.entries[id]["lines"]
            patch = self.members(lines, currency) | {"account_id": account}
            answer = expect(self.person.patch(f"/v1/transactions/{id}", patch, headers={"If-Match": self.tags.pop(id)}), 200)
            self.off[id], self.off_tags[id], self.home[id] = self.books.entries.pop(id), answer.etag, account
        elif what == "back" and self.off:
            id = self.rng.choice(sorted(self.off))
            lines = self.off[id]["lines"]
            patch = self.members(lines) | {"account_id": None}
            answer = expect(self.person.patch(f"/v1/transactions/{id}", patch, headers={"If-Match": self.off_tags.pop(id)}), 200)
            self.books.entries[id], self.tags[id], self.home[id] = self.off.pop(id), answer.etag, self.person.id
        elif what == "drop" and self.off:
            id = self.rng.choice(sorted(self.off))
            answer = expect(self.person.delete(f"/v1/transactions/{id}", headers={"If-Match": self.off_tags.pop(id)}), 200)
            del self.off[id]
        else:
            day = self.some_day()
            body = self.members(lines, currency) | {"account_id": account, "booked_on": str(day)}
            answer = expect(self.person.post("/v1/transactions", body, headers={"Idempotency-Key": key()}), 201)
            id = answer.json["id"]
            self.off[id], self.off_tags[id], self.home[id], self.texts[id] = {"day": day, "lines": lines, "bill": None}, answer.etag, account, {}
        self.note("elsewhere", what, id, account, lines)
        self.looked_at()
        self.told_effect(answer.json["effect"])

    def held(self, account, on):
        """L2, said anew."""
        return sum(x for id, e in self.everywhere().items() if self.home[id] == account and e["day"] <= on for _, x in e["lines"])

    def checkpoint(self):
        """The bank says it, the truth or not; every checkpoint says by how much it is off, in the same state as the books."""
        account = self.rng.choice([*self.accounts, *self.off_accounts])
        path, known = f"/v1/accounts/{account}/checkpoints", self.said.setdefault(account, {})
        currency, on = self.off_accounts.get(account, self.currency), self.some_day()
        balance = self.held(account, on) + self.rng.choice([0, 0, 0, 1, -700])
        body = {"on": str(on), "balance_money": money(balance, currency)}
        answer = self.person.post(path, body, headers={"Idempotency-Key": key()})
        self.note("checkpoint", account, str(on), balance, answer.status)
        if on in known:
            expect(answer, 409, "already_exists")
        else:
            expect(answer, 201)
            known[on] = balance
            self.banks[answer.header("Location")] = account, on
        self.checkpoints()

    def checkpoints(self):
        for account, known in self.said.items():
            got = expect(self.person.get(f"/v1/accounts/{account}/checkpoints"), 200).json["data"]
            shown = [(c["on"], c["balance_money"]["amount"], c["booked_money"]["amount"], c["state"], c["difference_money"]["amount"]) for c in got]
            off = {on: self.held(account, on) - balance for on, balance in known.items()}
            assert shown == [(str(on), known[on], known[on] + off[on], "drift" if off[on] else "ok", off[on]) for on in sorted(known, reverse=True)]
            assert all(c["drifts_from"] is None for c in got if c["state"] == "ok")

    def clear(self):
        """Somebody says it of one; a checkpoint that holds says it of all until its day, which can be taken back."""
        what, changed = self.rng.choice(["say", "say", "reconcile", "reconcile", "reconcile", "take back"]), []
        if what == "say":
            tags = self.rng.choice([self.tags, self.off_tags])
            if not tags:
                return
            place = self.rng.choice(sorted(tags))
            now = place not in self.cleared
            tags[place] = expect(self.person.patch(f"/v1/transactions/{place}", {"cleared": now}, headers={"If-Match": tags[place]}), 200).etag
            self.cleared |= {place: None} if now else {}
            if not now:
                del self.cleared[place]
            self.looked_at()
        elif self.banks:
            place = self.rng.choice(sorted(self.banks))
            account, on = self.banks[place]
            mine = {id for id, by in self.cleared.items() if by == place}
            answer = self.person.post(f"{place}:{'un' if what == 'take back' else ''}reconcile", headers={"Idempotency-Key": key()})
            if what == "take back":
                if place not in self.reconciled:
                    expect(answer, 409, "not_reconciled")
                    return
                self.reconciled.remove(place)
                changed, self.cleared = mine & self.everywhere().keys(), {id: by for id, by in self.cleared.items() if id not in mine}
            else:
                if self.held(account, on) != self.said[account][on]:
                    expect(answer, 409, "drift")
                    return
                self.reconciled.add(place)
                changed = {id for id, e in self.everywhere().items() if self.home[id] == account and e["day"] <= on and id not in self.cleared}
                self.cleared |= dict.fromkeys(changed, place)
            assert expect(answer, 200).json["transactions"] == len(changed)
        self.note("clear", what, len(changed))
        for id in changed:
            for tags in (self.tags, self.off_tags):
                if id in tags:
                    tags[id] = expect(self.person.get(f"/v1/transactions/{id}"), 200).etag
        self.cleared_ones()

    def cleared_ones(self):
        got, target = [], "/v1/transactions?limit=100&cleared=true"
        while target:
            answer = expect(self.person.get(target), 200)
            got += [t["id"] for t in answer.json["data"]]
            link = answer.header("Link")
            target = link[1:link.index(">")] if link else None
        assert sorted(got) == sorted(self.cleared.keys() & self.everywhere().keys())

    def moved_elsewhere(self):
        """What is in another account by now was not cleared by its checkpoint."""
        for id, by in self.cleared.items():
            if by and self.banks[by][0] != self.home[id]:
                self.cleared[id] = None

    def balances(self):
        """L2, and none of two currencies in one sum."""
        on = self.rng.choice([self.today(), self.some_day(), self.some_day()])
        want = {account: self.held(account, on) for account in [*self.accounts, *self.off_accounts]}
        got = expect(self.person.get(f"/v1/balances?on={on}"), 200).json
        assert {b["account_id"]: b["balance_money"]["amount"] for b in got["balances"]} == want, on
        of = lambda account: self.off_accounts.get(account, self.currency)
        for part in got["net_worth"]:
            assert part["net_money"] == money(sum(x for a, x in want.items() if of(a) == part["currency"]), part["currency"])
        account = self.rng.choice(list(want))
        listed = expect(self.person.get(f"/v1/transactions?limit=500&account_id={account}"), 200).json["data"]
        everywhere = self.everywhere()
        mine = sorted((id for id in everywhere if self.home[id] == account), key=lambda id: (everywhere[id]["day"], id), reverse=True)
        assert [t["id"] for t in listed] == mine[:500]
