"""Months and days, and how an occurrence is known whatever its day."""
import calendar as _calendar
from datetime import date


def month_of(day):
    return day.year, day.month


def shifted(month, by):
    at = month[0] * 12 + month[1] - 1 + by
    return at // 12, at % 12 + 1


def length(month):
    return _calendar.monthrange(*month)[1]


def first(month):
    return date(*month, 1)


def clamped(month, day):
    return date(*month, min(day, length(month)))


def label(month):
    return "%04d-%02d" % month


def key(id):
    """An occurrence, wherever in its month it was moved since: its id without the day."""
    return id[:-3]
