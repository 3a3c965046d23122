"""People of the tests: each has an address of its own, signs in, onboards, spends. Everything goes through the checked client."""
import itertools
import secrets
import uuid as uuidlib

from .client import Client, canaries, expect

_count = itertools.count(1)
RUN = secrets.token_hex(4)


def money(amount, currency="EUR"):
    return {"amount": amount, "currency": currency}


def uuid7(clock=None, ms=None):
    """A version 7 id for the services' present moment."""
    ms = int(clock.now().timestamp() * 1000) if ms is None else ms
    value = (ms & (2**48 - 1)) << 80 | 7 << 76 | secrets.randbits(12) << 64 | 2 << 62 | secrets.randbits(62)
    return str(uuidlib.UUID(int=value))


def key():
    return "test-" + secrets.token_hex(12)


def worked_example(timezone="Europe/Sofia", currency="EUR", unit=1):
    """The answers of the worked example; `unit` scales the minor units for currencies with another exponent."""
    m = lambda amount: money(amount * unit, currency)
    return {"timezone": timezone, "currency": currency,
            "incomes": [{"name": "Salary", "money": m(300000), "day": 1}],
            "bills": [{"name": "Rent", "category": "housing", "money": m(120000), "day": 1}, {"name": "Utilities", "category": "utilities", "money": m(15000), "day": 5},
                      {"name": "Phone", "category": "communication", "money": m(3001), "day": 10}, {"name": "Installment", "category": "debt", "money": m(10000), "day": 15}],
            "goals": [{"name": "Emergency fund", "target_money": m(240000), "by": "2026-12-31"}], "buffer_money": m(5000),
            "categories": [{"category": "groceries", "weight": 45}, {"category": "transport", "weight": 15}, {"category": "dining_out", "weight": 25},
                           {"category": "entertainment", "weight": 15}]}


class Person:
    def __init__(self, stack, service=None, display_name="Test Person"):
        self.stack = stack
        self.email = f"canary.{RUN}.{next(_count)}@example.org"
        self.password = f"canary-{secrets.token_hex(10)}"
        canaries.update({self.email, self.password})
        self.client = Client(service or stack.gateway, stack.contract)
        answer = expect(self.client.post("/v1/auth/register", {"email": self.email, "password": self.password, "display_name": display_name}), 201)
        self._signed_in(answer.json)
        self.user = answer.json["user"]
        self.id = self.user["id"]
        self.currency = "EUR"

    def _signed_in(self, tokens):
        self.access, self.refresh_token = tokens["access_token"], tokens["refresh_token"]
        canaries.update({self.access, self.refresh_token})
        self.client.token = self.access
        return tokens

    def login(self, device="laptop"):
        return self._signed_in(expect(self.client.post("/v1/auth/login", {"email": self.email, "password": self.password, "device_name": device}, token=None), 200).json)

    def refresh(self):
        return self._signed_in(expect(self.client.post("/v1/auth/refresh", {"refresh_token": self.refresh_token}, token=None), 200).json)

    def logout(self):
        expect(self.client.post("/v1/auth/logout"), 204)

    # The checked client, by verb.
    def get(self, target, **more):
        return self.client.get(target, **more)

    def post(self, target, json=None, **more):
        return self.client.post(target, json, **more)

    def put(self, target, json=None, **more):
        return self.client.put(target, json, **more)

    def patch(self, target, json=None, **more):
        return self.client.patch(target, json, **more)

    def delete(self, target, **more):
        return self.client.delete(target, **more)

    # Use cases.
    def onboard(self, answers=None, **headers):
        answers = answers or worked_example()
        self.currency = answers["currency"]
        return expect(self.put("/v1/onboarding", answers, headers=headers), 200)

    def create(self, amount, category="groceries", idempotency_key=..., valid=True, headers=None, **members):
        """POST /v1/transactions; a negative amount is spending."""
        body = {"money": money(amount, self.currency), **({} if "splits" in members else {"category": category}), **members}
        head = {} if idempotency_key is None else {"Idempotency-Key": key() if idempotency_key is ... else idempotency_key}
        return self.post("/v1/transactions", body, headers=head | (headers or {}), valid=valid)

    def spend(self, amount, category="groceries", **members):
        """Logs spending of `amount` (positive) and returns the transaction with its effect."""
        answer = expect(self.create(-amount, category, **members), 201)
        return {**answer.json, "etag": answer.etag}

    def remove(self, transaction):
        return expect(self.delete(f"/v1/transactions/{transaction['id']}", headers={"If-Match": transaction["etag"]}), 200).json

    def calendar(self, month=None):
        return checked(expect(self.get("/v1/calendar" + (f"?month={month}" if month else "")), 200).json)

    def everything(self):
        """What must stay as it is when a request is refused."""
        return {path: (a.status, a.json if a.status == 200 else a.code) for path in ("/v1/me", "/v1/onboarding", "/v1/calendar", "/v1/transactions?limit=500", "/v1/categories", "/v1/auth/me")
                for a in [self.get(path)]}


def payments_of(obligation):
    """What paid it, by day; the one that did it all is not listed."""
    if "payments" in obligation or "transaction_id" not in obligation:
        return obligation.get("payments", [])
    return [{"transaction_id": obligation["transaction_id"], "booked_on": obligation["paid_on"], "money": obligation["paid_money"]}]


def checked(calendar):
    """The calendar, when its check block holds and agrees with its lines."""
    c = calendar["check"]
    assert c["budget"] + c["carry_in"] + c["from_unallocated"] + c["uncovered"] == c["spent"] + c["planned"] + c["held"], c
    if calendar["status"] == "no_plan":
        return calendar
    days, today = calendar["days"], calendar["today"]
    # Paid for this month's bills outside of it: counts here. Spent before joining: shown on its days, counts nowhere.
    paid = [p for o in calendar["obligations"] for p in payments_of(o)]
    elsewhere = sum(p["money"]["amount"] for p in paid if not calendar["from"] <= p["booked_on"] <= calendar["to"])
    of_days = sum(d["spent_money"]["amount"] for d in days)
    before_plan = of_days + elsewhere - sum(x["spent_money"]["amount"] for x in calendar["categories"])
    assert before_plan == 0 or days[0]["budget_money"]["amount"] == 0
    assert c["spent"] == sum(d["spent_money"]["amount"] for d in days if d["date"] < today) + elsewhere - before_plan, "spent is not the sum of the days before today"
    assert c["planned"] == sum(d["budget_money"]["amount"] for d in days if d["date"] >= today), "planned is not the sum of the days from today on"
    assert c["uncovered"] == sum(x["uncovered_money"]["amount"] for x in calendar["categories"])
    assert c["carry_in"] == sum(x["carry_in_money"]["amount"] for x in calendar["categories"])
    for d in days:
        assert d["budget_money"]["amount"] == sum(x["budget_money"]["amount"] for x in d["categories"]), d["date"]
        assert d["spent_money"]["amount"] == sum(x["spent_money"]["amount"] for x in d["categories"]), d["date"]
    return calendar


def line(calendar, date, category):
    """One category's line of a day, as integers: {baseline, budget, spent}; zeros when the calendar has none."""
    day = next(d for d in calendar["days"] if d["date"] == date)
    found = next((x for x in day["categories"] if x["category"] == category), None)
    return {k: found[f"{k}_money"]["amount"] if found else 0 for k in ("baseline", "budget", "spent")}


def column(calendar, category, what="budget"):
    """A category's numbers over the month, day by day."""
    return [line(calendar, d["date"], category)[what] for d in calendar["days"]]


def of(calendar, category):
    """A category of the calendar, as integers."""
    found = next(x for x in calendar["categories"] if x["category"] == category)
    return {k.removesuffix("_money"): (v["amount"] if isinstance(v, dict) else v) for k, v in found.items()}
