"""Payees: merged and taken apart; each transaction is always of the one its text means by now."""
from ..client import expect
from ..people import key
from .looking import plain


def word(text):
    """What spellings of a payee have in common, said anew."""
    folded = " ".join(plain(text).split())
    return "".join(c for c in folded if c not in " -_/&\u2010\u2011\u2012\u2013\u2014\u2015\u2212") or folded


class Payees:
    def meant(self, text):
        """The word whose payee a text means by now."""
        at = word(text)
        while at in self.merged:
            at = self.merged[at]
        return at

    def booked_payees(self):
        got, target = {}, "/v1/transactions?limit=500"
        while target:
            answer = expect(self.person.get(target), 200)
            got |= {t["id"]: t for t in answer.json["data"]}
            link = answer.header("Link")
            target = link[1:link.index(">")] if link else None
        return got

    def payees(self):
        """Two become one, or one comes out again; whose text means none of them stays as it is."""
        for t in self.booked_payees().values():
            if t["payee"]:
                self.payee_ids.setdefault(word(t["payee"]), t["payee_id"])
        roots, what = sorted({self.meant(w) for w in self.payee_ids}), self.rng.choice(["merge", "take apart"])
        if what == "merge" and len(roots) > 1:
            into, *others = self.rng.sample(roots, self.rng.randrange(2, min(4, len(roots)) + 1))
            body = {"into": self.payee_ids[into], "from": [self.payee_ids[w] for w in others]}
            expect(self.person.post("/v1/payees:merge", body, headers={"Idempotency-Key": key()}), 200)
            self.merged |= {w: into for w in others}
        elif self.merged:
            others, into = [self.rng.choice(sorted(self.merged))], None
            expect(self.person.post(f"/v1/payees/{self.payee_ids[others[0]]}:unmerge", headers={"Idempotency-Key": key()}), 200)
            del self.merged[others[0]]
        else:
            return
        self.note("payees", what, into, others)
        for id, t in self.booked_payees().items():
            assert t["payee_id"] == (self.payee_ids[self.meant(t["payee"])] if t["payee"] else None), (id, t["payee"])
            if t["payee"] and (id in self.tags or id in self.off_tags):
                (self.tags if id in self.tags else self.off_tags)[id] = expect(self.person.get(f"/v1/transactions/{id}"), 200).etag
