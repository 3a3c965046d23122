"""A demo person who has lived with MITA for a year: registers, logs in, answers the onboarding questions, logs twelve months of
spending through the API, and prints this month's calendar. Needs a running system (deploy/local/up). Standard library only.

The months of history go to the finance service's own port: the gateway allows a person 120 writes a minute, and a year is more."""
import argparse
import datetime as dt
import http.client
import json
import os
import random
import sys
import urllib.parse
import uuid

GATEWAY = os.environ.get("MITA_DEMO_URL", f"http://127.0.0.1:{os.environ.get('MITA_GATEWAY_PORT', '8080')}")
FINANCE = os.environ.get("MITA_FINANCE_URL", f"http://127.0.0.1:{os.environ.get('MITA_FINANCE_PORT', '8082')}")

# category, payees, how many a month, typical amount and spread in cents
HABITS = [
    ("groceries", ["Corner Market", "Green Grocer", "Lidl", "Bakery"], 9, 3200, 1600),
    ("coffee", ["Third Wave", "Station Kiosk"], 8, 320, 90),
    ("dining_out", ["Noodle Bar", "Trattoria", "Lunch Place"], 5, 1850, 700),
    ("transport", ["City Transit", "Fuel Stop"], 4, 1500, 900),
    ("entertainment", ["Cinema", "Bookshop"], 2, 1600, 600),
    ("health", ["Pharmacy"], 1, 1400, 800),
    ("clothing", ["Outfitters"], 1, 4500, 2500),
    ("personal_care", ["Barber"], 1, 1800, 300),
]
BILLS = [("Rent", "housing", 95000, 1), ("Electricity and water", "utilities", 11000, 5), ("Phone", "communication", 1990, 10)]
SALARY = 265000


class Api:
    """One keep-alive connection; an answer outside 2xx ends the demo with the server's own words."""

    def __init__(self, base):
        self.base = urllib.parse.urlsplit(base)
        self.connection = http.client.HTTPConnection(self.base.hostname, self.base.port, timeout=30)
        self.token = None

    def call(self, method, path, body=None, headers=None):
        sent = {"Content-Type": "application/json", **(headers or {})}
        if self.token:
            sent["Authorization"] = f"Bearer {self.token}"
        try:
            self.connection.request(method, path, json.dumps(body) if body is not None else None, sent)
            answer = self.connection.getresponse()
            text = answer.read()
        except OSError as error:
            sys.exit(f"error: {self.base.netloc} does not answer ({error}). Is the system up? deploy/local/up")
        if not 200 <= answer.status < 300:
            sys.exit(f"error: {method} {path} -> {answer.status} {text.decode(errors='replace')}")
        return json.loads(text) if text else None


def months_back(day, n):
    index = day.year * 12 + day.month - 1 - n
    return dt.date(index // 12, index % 12 + 1, 1)


def history(today, rng):
    """The twelve whole months before this one, in order: (day, category, payee, amount). This month begins with the joining, today."""
    out = []
    for back in range(12, 0, -1):
        first, days = months_back(today, back), (months_back(today, back - 1) - months_back(today, back)).days
        out.append((first, "salary", "Employer", SALARY))
        out += [(first + dt.timedelta(days=day - 1), category, name, -amount) for name, category, amount, day in BILLS]
        for category, payees, often, typical, spread in HABITS:
            for _ in range(often):
                amount = max(100, round(rng.gauss(typical, spread / 2)))
                out.append((first + dt.timedelta(days=rng.randrange(days)), category, rng.choice(payees), -amount))
    return sorted(out, key=lambda row: row[0])


def progress(done, total):
    if sys.stderr.isatty():
        filled = 40 * done // total
        print(f"\r  [{'#' * filled}{'.' * (40 - filled)}] {done}/{total} transactions", end="" if done < total else "\n", file=sys.stderr, flush=True)
    elif done in (total, total // 2):
        print(f"  {done}/{total} transactions", file=sys.stderr)


def show(money, exponent=2):
    return f"{money['amount'] / 10 ** exponent:,.2f}"


def table(calendar, joined):
    """One month; its days before the person joined in one line: they have no plan."""
    print(f"\n{calendar['month']}  {calendar['currency']}  today {calendar['today']} ({calendar['timezone']})   status: {calendar['status']}")
    print(f"pool {show(calendar['pool_money'])}   unallocated {show(calendar['unallocated_money'])}\n")
    print(f"{'day':<14}{'budget':>12}{'spent':>12}{'left':>12}  verdict")
    for day in calendar["days"]:
        date = dt.date.fromisoformat(day["date"])
        if date < joined:
            if date + dt.timedelta(days=1) == joined:
                print(f"   ... {date:%d %b}    before the demo person joined: no plan, nothing logged")
            continue
        left = {"amount": day["budget_money"]["amount"] - day["spent_money"]["amount"]}
        mark = "  <- today" if day["date"] == calendar["today"] else ""
        print(f"{date:%a %d %b}    {show(day['budget_money']):>12}{show(day['spent_money']):>12}{show(left):>12}  {day['verdict']}{mark}")
    print(f"\n{'category':<18}{'class':<16}{'budget':>12}{'spent':>12}{'remaining':>12}")
    for row in calendar["categories"]:
        if row["budget_money"]["amount"] or row["spent_money"]["amount"]:
            print(f"{row['category']:<18}{row['class']:<16}{show(row['budget_money']):>12}{show(row['spent_money']):>12}{show(row['remaining_money']):>12}")
    for bill in calendar["obligations"]:
        print(f"bill  {bill['date']}  {bill['name']:<24}{show(bill['money']):>12}  {bill['status']}")
    for move in calendar["moves"]:
        print(f"cover {move['from']} -> {move['to']}: {show(move['money'])}")
    c = calendar["check"]
    left, right = c["budget"] + c["carry_in"] + c["from_unallocated"] + c["uncovered"], c["spent"] + c["planned"] + c["held"]
    print(f"\ncheck: budget {c['budget']} + carry_in {c['carry_in']} + from_unallocated {c['from_unallocated']} + uncovered {c['uncovered']}"
          f" = spent {c['spent']} + planned {c['planned']} + held {c['held']}   {'holds' if left == right else 'DOES NOT HOLD'}")
    return left == right


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=7, help="of the year that is made up (default 7)")
    parser.add_argument("--timezone", default="Europe/Sofia")
    arguments = parser.parse_args()
    rng = random.Random(arguments.seed)
    api, ledger = Api(GATEWAY), Api(FINANCE)

    email, password = f"demo-{uuid.uuid4().hex[:8]}@example.com", f"demo {uuid.uuid4().hex[:12]}"
    api.token = ledger.token = api.call("POST", "/v1/auth/register", {"email": email, "password": password, "display_name": "Demo"})["access_token"]
    print(f"registered {email} with password: {password}", file=sys.stderr)

    money = lambda amount: {"amount": amount, "currency": "EUR"}
    api.call("PUT", "/v1/onboarding", {
        "timezone": arguments.timezone, "currency": "EUR",
        "incomes": [{"name": "Salary", "money": money(SALARY), "day": 1}],
        "bills": [{"name": n, "category": c, "money": money(a), "day": d} for n, c, a, d in BILLS],
        "goals": [{"name": "Emergency fund", "target_money": money(240000), "by": str(dt.date.today().replace(month=12, day=31) + dt.timedelta(days=181))}],
        "buffer_money": money(5000)})
    today = dt.date.fromisoformat(api.call("GET", "/v1/today")["date"])

    rows = history(today, rng)
    for done, (day, category, payee, amount) in enumerate(rows, 1):
        ledger.call("POST", "/v1/transactions", {"booked_on": str(day), "money": money(amount), "category": category, "payee": payee},
                    {"Idempotency-Key": str(uuid.uuid4())})
        progress(done, len(rows))
    for category, payee, amount in (("coffee", "Third Wave", -340), ("groceries", "Corner Market", -2350)):
        effect = api.call("POST", "/v1/transactions", {"money": money(amount), "category": category, "payee": payee},
                          {"Idempotency-Key": str(uuid.uuid4())})["effect"]
        now, tomorrow = effect["today"], effect["tomorrow"]
        print(f"spent {-amount / 100:.2f} on {category}: {show(now['left_money'])} left today of {show(now['budget_money'])}; tomorrow {show(tomorrow['budget_money'])}", file=sys.stderr)
    following = (today.replace(day=1) + dt.timedelta(days=32)).replace(day=1)
    months = [api.call("GET", f"/v1/calendar?month={month:%Y-%m}") for month in (today, following)]  # the next as it is planned now
    return 0 if all([table(month, today) for month in months]) else 1


if __name__ == "__main__":
    sys.exit(main())
