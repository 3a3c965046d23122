"""Calendars, days, explanations, the start page, lists and searches, held against the books."""
import collections
import unicodedata
from datetime import timedelta
from urllib.parse import quote

from ..auditor import label, shifted
from ..client import expect
from ..people import money
from .choices import QUERIES

WHOLE = ("date", "verdict", "budget_money", "spent_money")


def plain(text):
    """What a search compares, said anew."""
    kept = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c)).casefold()
    return kept.replace("ø", "o")


class Looking:
    def search(self):
        q, got, whole = self.rng.choice(QUERIES), [], self.rng.random() < .4
        target = f"/v1/transactions?limit={self.rng.choice([2, 50])}&{'payee' if whole else 'q'}={quote(q)}"
        while target:
            answer = expect(self.person.get(target), 200)
            got += [t["id"] for t in answer.json["data"]]
            link = answer.header("Link")
            target = link[1:link.index(">")] if link else None
        everywhere = self.everywhere()
        found = [id for id in everywhere if (bool(self.texts[id].get("payee")) and self.meant(self.texts[id]["payee"]) == self.meant(q) if whole
                 else any(plain(q) in plain(text or "") for text in self.texts[id].values()))]
        assert got == sorted(found, key=lambda id: (everywhere[id]["day"], id), reverse=True), q

    def look(self, month=None):
        today = self.today()
        answer = expect(self.person.get("/v1/calendar" + (f"?month={label(month)}" if month else "")), 200)
        self.books.visit(month or self.books.of(today), today)
        return self.books.compare(answer.json, today), answer.json

    def look_elsewhere(self):
        self.look(shifted(self.books.of(self.today()), self.rng.choice([-2, -1, -1, 1, 2, 5])))

    def look_closely(self):
        """day, explain and today say what the calendar says."""
        v, calendar = self.look()
        amount = lambda x: x["amount"]
        for d in self.rng.sample(range(v["n"]), 2) + [v["t"]]:
            on = calendar["days"][d]
            day = expect(self.person.get(f"/v1/calendar/{on['date']}"), 200).json
            assert {k: day[k] for k in WHOLE} == {k: on[k] for k in WHOLE}
            assert [{k: c[k] for k in on["categories"][0]} for c in day["categories"]] == on["categories"] if on["categories"] else not day["categories"]
            assert amount(day["left_money"]) == amount(day["budget_money"]) - amount(day["spent_money"])
            ids = [t["id"] for t in day["transactions"]]
            assert ids == sorted((id for id, e in self.everywhere().items() if str(e["day"]) == on["date"]), reverse=True)[:200]
            for c in self.rng.sample(list(v["columns"]), min(3, len(v["columns"]))):
                why = expect(self.person.get(f"/v1/calendar/{on['date']}/explain?category={c}"), 200).json
                number = v["days"][c]["budget"][d]
                assert amount(why["budget_money"]) == number == sum(amount(t["money"]) for t in why["terms"]), why
                assert why["terms"][0] == {"kind": "baseline", "money": money(v["days"][c]["baseline"][d], self.currency)}
        page, on = expect(self.person.get("/v1/today"), 200).json, calendar["days"][v["t"]]
        assert {k: page[k] for k in WHOLE} == {k: on[k] for k in WHOLE}
        lines = lambda of: [(c["category"], c["budget_money"], c["spent_money"]) for c in of["categories"]]
        assert lines(page) == lines(on)
        everywhere = self.everywhere()
        newest = sorted(everywhere, key=lambda id: (everywhere[id]["day"], id), reverse=True)
        assert [t["id"] for t in page["last_transactions"]] == newest[:5]
        want, explained = self.books.effect(self.today()), collections.Counter()
        if want:
            assert (page["tomorrow"] and amount(page["tomorrow"]["budget_money"])) == want["tomorrow"]
            self.told_today(page, page, want)
            for c in v["columns"]:
                for t in expect(self.person.get(f"/v1/calendar/{page['date']}/explain?category={c}"), 200).json["terms"]:
                    explained[t["kind"]] += amount(t["money"])
            assert {t["kind"]: amount(t["money"]) for t in page["breakdown"]} == {kind: x for kind, x in explained.items() if x}
        else:
            assert (page["binds"], page["cash"], page["breakdown"]) == (None, None, [])
        monday = v["today"] - timedelta(v["today"].weekday())
        assert [d["date"] for d in page["week"]] == [str(monday + timedelta(i)) for i in range(7)]
        shown = {d["date"]: d for d in calendar["days"]}
        for d in page["week"]:
            assert d["date"] not in shown or d == {k: shown[d["date"]][k] for k in d}

    def page_through(self):
        got, target = [], f"/v1/transactions?limit={self.rng.choice([1, 3, 50, 500])}"
        while target:
            answer = expect(self.person.get(target), 200)
            got += [t["id"] for t in answer.json["data"]]
            link = answer.header("Link")
            target = link[1:link.index(">")] if link else None
        everywhere = self.everywhere()
        assert got == sorted(everywhere, key=lambda id: (everywhere[id]["day"], id), reverse=True)
