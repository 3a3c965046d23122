"""Months and days, periods by a person's rules, and how an occurrence is known whatever its day.

A month is a pair (year, month); of who has rules of periods (periods.py) it is a Period. What is asked of a month here is asked of either."""
import calendar as _calendar
from datetime import date, timedelta


def month_of(day):
    return day.year, day.month


def shifted(month, by):
    if isinstance(month, date):
        return month.rules.shifted(month, by)
    at = month[0] * 12 + month[1] - 1 + by
    return at // 12, at % 12 + 1


def steps(month, to):
    """How many months later `to` is."""
    if isinstance(month, date):
        return month.rules.steps(month, to)
    return (to[0] - month[0]) * 12 + to[1] - month[1]


def length(month):
    return (month.until - month).days if isinstance(month, date) else _calendar.monthrange(*month)[1]


def first(month):
    return date(month.year, month.month, month.day) if isinstance(month, date) else date(*month, 1)


def until(month):
    """The day after its last."""
    return first(month) + timedelta(length(month))


def contains(month, day):
    return first(month) <= day < until(month)


def months_in(month):
    """The calendar months it has days of."""
    now, last = month_of(first(month)), month_of(until(month) - timedelta(1))
    while now <= last:
        yield now
        now = shifted(now, 1)


def clamped(month, day):
    return date(*month, min(day, length(month)))


def label(month):
    whole = month_of(first(month))
    return "%04d-%02d" % whole if (first(month), until(month)) == (first(whole), until(whole)) else str(first(month))


def key(id):
    """An occurrence, wherever in its month it was moved since: its id without the day."""
    return id[:-3]
