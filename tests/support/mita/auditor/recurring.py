"""When an income or a bill is due, said anew: every occurrence counted from the first, no guess where to begin."""
from datetime import date, timedelta

from .calendar import clamped, contains, first, length, month_of, months_in, shifted


def scheduled(rule, k):
    """Occurrence k, before the weekend rule."""
    anchor, steps = date.fromisoformat(rule["anchor"]), k * rule["interval"]
    if rule["unit"] in ("day", "week"):
        return anchor + timedelta(days=steps * (7 if rule["unit"] == "week" else 1))
    month = shifted(month_of(anchor), steps * (12 if rule["unit"] == "year" else 1))
    days = [date(*month, d) for d in range(1, length(month) + 1)]
    alike = [d for d in days if d.weekday() == anchor.weekday()]
    return {"day": clamped(month, anchor.day), "last_day": days[-1], "nth_weekday": alike[min((anchor.day - 1) // 7, len(alike) - 1)],
            "last_weekday": alike[-1]}[rule["place"]]


def moved(rule, day):
    while day.weekday() > 4 and rule["weekend"] != "as_is":
        day += timedelta(days=1 if rule["weekend"] == "after" else -1)
    return day


def days_of(rule, month):
    """The days in the month, in the order of the rule."""
    k, out, until = 0, [], rule["until"] and date.fromisoformat(rule["until"])
    while True:
        day = scheduled(rule, k)
        if day > first(shifted(month, 1)) + timedelta(days=7) or (until and day > until) or (rule["count"] and k >= rule["count"]):
            return out
        if month_of(moved(rule, day)) == month:
            out.append(moved(rule, day))
        k += 1


def due_in(item, month):
    """(id, day) of each occurrence of the month; a pause leaves some out and numbers none anew."""
    days = days_of(item["rule"], month) if item.get("rule") else [clamped(month, item["day"])]
    since, to = item.get("pause") or (date.max, None)
    return [(f"{item['id']}{f'.{n}' if n > 1 else ''}:{day}", day) for n, day in enumerate(days, 1) if not (day >= since and (to is None or day < to))]


def due_within(item, period):
    """Of the calendar months it has days of, what is due on its own."""
    return [(id, day) for month in months_in(period) for id, day in due_in(item, month) if contains(period, day)]


def keep_terms(now, before):
    """What a PUT does not speak of stays where the id and the day come back; a pause wherever the id does."""
    for x in now:
        for y in before:
            if x["id"] == y["id"]:
                x.update({k: y[k] for k in ("rule",) if k in y and x["day"] == y["day"]} | {k: y[k] for k in ("pause",) if k in y})


def paused(item, on, today):
    """An item paused on a day, or taken up again."""
    since, to = item.get("pause") or (None, None)
    if on:
        item["pause"] = (since, None) if since and month_of(since) == month_of(today) else (today, None)
    else:
        item["pause"] = (since, today)
