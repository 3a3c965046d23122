"""What is paid back in parts, said anew: every level is tried until one fits, every part is counted from the first."""
from fractions import Fraction

from .calendar import clamped, month_of, shifted


def half_even(x):
    return round(Fraction(x))  # of a fraction exactly, halves to even


def rest_of(principal, count, bp, level):
    left = principal
    for _ in range(count):
        left += half_even(Fraction(left * bp, 120000)) - level
    return left


def level_of(principal, count, bp):
    """The greatest with which nothing is paid too much, or the next one when that is nearer."""
    low, high = 0, 2 * principal + 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if rest_of(principal, count, bp, middle) >= 0 else (low, middle)
    lacking, beyond = rest_of(principal, count, bp, low), -rest_of(principal, count, bp, low + 1)
    return low + 1 if beyond < lacking and beyond <= low else low


def schedule(principal, count, bp, first):
    """[(day, principal, interest)]."""
    level, left, out = level_of(principal, count, bp) if bp else None, principal, []
    for k in range(count):
        day = clamped(shifted(month_of(first), k), first.day)
        interest = half_even(Fraction(left * bp, 120000))
        part = principal // count + (k < principal % count) if not bp else left if k + 1 == count else level - interest
        out.append((day, part, interest))
        left -= part
    return out


def paid_off(parts, first, on, standing):
    """The schedule when all that is left after `standing` parts is paid on a day."""
    day, _, interest = parts[standing]
    since = parts[standing - 1][0] if standing else clamped(shifted(month_of(first), -1), first.day)
    gone = min(max((on - since).days, 0), (day - since).days)
    return [*parts[:standing], (on, sum(p[1] for p in parts[standing:]), half_even(Fraction(interest * gone, (day - since).days)))]


def due_of(item):
    """(id, day, amount) of each part the plan knows of. item: id, since, parts and whether the last is a payoff."""
    out = []
    for n, (day, part, interest) in enumerate(item["parts"], 1):
        of_month = ".2" if item["payoff"] and n == len(item["parts"]) else ""
        if day >= item["since"]:
            out.append((f"{item['id']}{of_month}:{day}", day, part + interest))
    return out
