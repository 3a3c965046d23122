"""Which days a person's budget periods begin on, and what a change of that makes of the days between."""
from datetime import date, timedelta

from .calendar import first, month_of, shifted


class Period(date):
    """Its first day; `until` is the day after its last, `rules` are whose it is."""


def own(rule, day):
    """(first day, the day after) of the period by the rule alone."""
    if rule["every"] == "month":
        month = month_of(day) if day.day >= rule.get("start_day", 1) else shifted(month_of(day), -1)
        return tuple(date(*shifted(month, i), rule.get("start_day", 1)) for i in (0, 1))
    length = 7 if rule["every"] == "week" else 14
    payday = rule["payday"]
    start = day - timedelta((day - payday).days % length)
    return start, start + timedelta(length)


class Rules:
    def __init__(self, rule):
        self.stretches = [(date.min, rule)]

    def of(self, day):
        since, rule = [s for s in self.stretches if s[0] <= day][-1]
        start, end = own(rule, day)
        if since != date.min:
            cut = own(rule, since)
            by_itself = since == cut[0] or 2 * (cut[1] - since) >= cut[1] - cut[0]
            ends = cut[1] if by_itself else own(rule, cut[1])[1]
            if day < ends:
                start, end = since, ends
        p = Period(start.year, start.month, start.day)
        p.until, p.rules = end, self
        return p

    def shifted(self, period, by):
        for _ in range(abs(by)):
            period = self.of(period.until if by > 0 else first(period) - timedelta(1))
        return period

    def steps(self, period, to):
        if to < period:
            return -self.steps(to, period)
        count = 0
        while period < to:
            period, count = self.of(period.until), count + 1
        return count

    def change(self, rule, day):
        """From `day` on, where a period ends; what was to hold from then on and has not begun is forgotten."""
        last = self.stretches[-1][1]
        same = lambda a, b: a["every"] == b["every"] and own(a, date(2026, 1, 1)) == own(b, date(2026, 1, 1))
        if same(last, rule):
            return
        self.stretches = [s for s in self.stretches if s[0] == date.min or s[0] < day]
        if not same(self.stretches[-1][1], rule):
            self.stretches.append((day, rule))
