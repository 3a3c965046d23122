"""A second implementation of the plan, beside the service: people's answers and ledgers in, every number of every answer out.

Built on the reference model (tests/vectors/daily_budget.py) and the rules alone. It knows when months open, which revision of a plan was in
force on which day, what goals have put aside, which payment pays which bill of which month, what incomes bring, what a month carries on."""
from .books import Books
from .calendar import contains, first, key, label, month_of, shifted
from .periods import Rules
from .installments import due_of, paid_off, schedule
from .planning import identify, said, settled
from .recurring import keep_terms, paused

__all__ = ["Books", "Rules", "contains", "due_of", "first", "identify", "keep_terms", "key", "label", "month_of", "paid_off", "paused", "said", "schedule", "settled", "shifted"]
