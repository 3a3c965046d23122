"""One person and their books: each step does something through HTTP and to the books alike, then compares."""
import collections
import contextlib
from zoneinfo import ZoneInfo

from ..auditor import Books, Rules
from ..client import Client, expect
from ..people import key
from .accounts import Accounts
from .categories import Categories
from .goals import Goals
from .installments import Installments
from .ledger import Ledger
from .looking import Looking
from .payees import Payees
from .planning import Planning
from .recurring import Recurring
from .transfers import Transfers


class Walker(Planning, Recurring, Installments, Ledger, Accounts, Transfers, Categories, Goals, Payees, Looking):
    def __init__(self, stack, clock, rng, zone, currency, rule=None, doors=()):
        self.stack, self.clock, self.rng, self.zone, self.currency = stack, clock, rng, zone, currency
        self.person = stack.person()
        self.person.currency = currency
        listed = expect(self.person.get("/v1/categories"), 200).json["data"]
        self.books = Books({c["id"]: c["class"] for c in listed if c["class"] != "income"}, currency, rule and Rules(rule))
        self.tags, self.deleted, self.told = {}, {}, []
        self.doors = [self.person.client, *(Client(service, stack.contract) for service in doors)]  # ways in: the gateway, instances of finance
        self.own, self.texts, self.counts, self.named = {}, {}, collections.Counter(), 0  # own: id -> name
        self.unit = {"JPY": 1, "CLF": 100, "KWD": 10}.get(currency, 1) * rng.choice([1, 1, 1000])
        tag = expect(self.person.get("/v1/me"), 200).etag
        expect(self.person.patch("/v1/me", {"timezone": zone, "currency": currency}, headers={"If-Match": tag}), 200)
        # Accounts: on budget, and off (its currency); where each entry is; those that are off, with their tags.
        self.accounts = [self.person.id, self.open("card"), self.open("cash")]
        self.cash = [self.accounts[0], self.accounts[2]]
        self.off_accounts = {self.open("loan"): currency, self.open("investment", "CHF"): "CHF"}
        self.said, self.banks = {}, {}  # account -> day -> what its bank said; where that checkpoint is -> account, day
        self.cleared, self.reconciled = {}, set()  # id -> the checkpoint that cleared it, or nobody but a person; checkpoints
        self.home, self.off, self.off_tags = {}, {}, {}
        self.moved, self.unmoved, self.legs = {}, {}, {}  # transfers, deleted ones; legs that count nowhere
        self.books.silent, self.books.cash = self.legs, set(self.cash)
        self.merged, self.payee_ids = {}, {}  # a payee's word -> the one it is merged into; -> its id

    def open(self, kind, currency=None):
        body = {"name": kind.title(), "kind": kind} | ({"currency": currency} if currency else {})
        return expect(self.person.post("/v1/accounts", body, headers={"Idempotency-Key": key()}), 201).json["id"]

    def everywhere(self):
        """All that is booked, on budget or off."""
        return self.books.entries | self.off | self.legs

    def today(self):
        return self.clock.now().astimezone(ZoneInfo(self.zone)).date()

    @contextlib.contextmanager
    def telling(self):
        """What happened to this person, when it ends badly."""
        try:
            yield
        except BaseException:
            print(self.zone, self.currency, "today", self.today(), self.person.id)
            for line in self.told:
                print(*line)
            raise

    def note(self, *what):
        self.told.append((str(self.today()), *what))

    def step(self):
        self.person.client.close()  # what is not used for long is closed by the other side
        self.person.client = self.rng.choice(self.doors)
        self.person.client.token = self.person.access
        shares = {self.create: 34, self.batch: 6, self.bulk: 6, self.change: 14, self.delete: 6, self.restore: 5, self.switch_cover: 2, self.onboard: 4,
                  self.recur: 9, self.repay: 6, self.look: 12,
                  self.look_elsewhere: 8, self.look_closely: 8, self.page_through: 3, self.category: 8, self.search: 4,
                  self.elsewhere: 8, self.balances: 8, self.checkpoint: 5, self.transfer: 14, self.payees: 5, self.goal: 8,
                  self.move_budget: 6, self.clear: 10, self.plan_ahead: 6}
        what = self.rng.choices(list(shares), list(shares.values()))[0]
        self.counts[what.__name__] += 1
        what()
        self.moved_elsewhere()
