"""People of the measurements: made through the API, given thousands of transactions through SQL that keeps the schema's invariants."""
import http.client
import itertools
import json
import secrets
import time
from datetime import date, datetime, timedelta, timezone

from .figures import WrongAnswer

_count = itertools.count(1)
RUN = secrets.token_hex(3)
PASSWORD = "correct horse battery " + RUN


class Answer:
    def __init__(self, got):
        self.status, self.headers, self.body = got.status, got.headers, got.read()

    @property
    def json(self):
        return json.loads(self.body)

    def expect(self, *statuses):
        if self.status not in statuses:
            raise WrongAnswer(f"status {self.status}, expected {statuses}: {self.body[:500]!r}")
        return self


class Api:
    """A kept connection to one port."""

    def __init__(self, port, token=None):
        self.port, self.token, self.connection = port, token, None

    def request(self, method, target, body=None, **headers):
        head = {k.replace("_", "-"): v for k, v in headers.items()}
        if self.token:
            head.setdefault("Authorization", f"Bearer {self.token}")
        if body is not None:
            head.setdefault("Content-Type", "application/json")
            body = json.dumps(body).encode()
        for attempt in (0, 1):
            kept = self.connection is not None
            self.connection = self.connection or http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
            try:
                self.connection.request(method, target, body=body, headers=head)
                return Answer(self.connection.getresponse())
            except (OSError, http.client.HTTPException):
                self.connection = None
                if attempt or not kept:
                    raise

    def get(self, target, **headers):
        return self.request("GET", target, **headers)

    def post(self, target, body, **headers):
        return self.request("POST", target, body, **headers)

    def put(self, target, body, **headers):
        return self.request("PUT", target, body, **headers)


def money(amount):
    return {"amount": amount, "currency": "EUR"}


ANSWERS = {"timezone": "Europe/Sofia", "currency": "EUR",
           "incomes": [{"name": "Salary", "money": money(300000), "day": 1}],
           "bills": [{"name": "Rent", "category": "housing", "money": money(120000), "day": 1}, {"name": "Utilities", "category": "utilities", "money": money(15000), "day": 5},
                     {"name": "Phone", "category": "communication", "money": money(3001), "day": 10}],
           "goals": [{"name": "Emergency fund", "target_money": money(240000), "by": f"{date.today().year + 1}-12-31"}], "buffer_money": money(5000)}


def patiently(ask):
    """A service just started refuses writes until it has read the revocations; a password costs more beside other work than was foreseen."""
    end = time.monotonic() + 30
    while (answer := ask()).status == 503 and time.monotonic() < end:
        time.sleep(0.1)
    return answer


class Person:
    """Registered through `port`, signed in, onboarded when asked."""

    def __init__(self, system, onboarded=True, port=None):
        self.system, self.email = system, f"perf.{RUN}.{next(_count)}@example.org"
        self.api = system.api(port=port)
        first = patiently(lambda: self.api.post("/v1/auth/register", {"email": self.email, "password": PASSWORD, "display_name": "Perf Person"})).expect(201).json
        self.id = first["user"]["id"]
        self._take(first)
        if onboarded:
            patiently(lambda: self.api.put("/v1/onboarding", ANSWERS)).expect(200)

    def _take(self, tokens):
        self.token, self.refresh_token = tokens["access_token"], tokens["refresh_token"]
        self.api.token = self.token

    def credentials(self):
        return {"email": self.email, "password": PASSWORD}

    def login(self):
        self._take(self.system.api().post("/v1/auth/login", self.credentials()).expect(200).json)
        return self

    def refresh(self):
        self._take(self.system.api().post("/v1/auth/refresh", {"refresh_token": self.refresh_token}).expect(200).json)
        return self

    def spend(self, amount=100, category="groceries"):
        return self.api.post("/v1/transactions", {"money": money(-amount), "category": category}, Idempotency_Key=secrets.token_hex(12)).expect(201)


# n rows ending yesterday. The newest `recent` fill the last 60 days, the rest the years before: who has more has a longer history,
# not a fuller month. All but the newest 200 are cleared. Ids are version 7 of the booking day and ascend within it.
BULK = """
with rows as (
    select i, case when i < least(%(recent)s, %(n)s) then %(last)s::date - (i * 60 / least(%(recent)s, %(n)s))::int
                   else %(last)s::date - 61 - ((i - %(recent)s) * 3590 / greatest(%(n)s - %(recent)s, 1))::int end as day, md5(%(user)s || i::text) as h
    from generate_series(0, %(n)s::bigint - 1) i)
insert into finance.transactions (user_id, id, booked_on, amount, currency, payee, search_key, tags, created_at, updated_at, payee_id, cleared)
select %(user)s::uuid, (lpad(to_hex((extract(epoch from day) * 1000)::bigint + 86399999 - i %% 86000000), 12, '0') || '7' || substr(h, 1, 3) || '8' || substr(h, 4, 15))::uuid,
       day, -(100 + (i * 7919) %% 9000), 'EUR', 'Market ' || i %% 50, 'market ' || i %% 50 || e'\n', array['week'], day + interval '9 hours', day + interval '9 hours',
       ('019d4a5c-7c08-7a01-8b02-' || lpad((i %% 50)::text, 12, '0'))::uuid, i >= 200 from rows;
insert into finance.payees (user_id, id, name, word, created_at, updated_at)
select %(user)s, ('019d4a5c-7c08-7a01-8b02-' || lpad(n::text, 12, '0'))::uuid, 'Market ' || n, 'market' || n, now(), now() from generate_series(0, 49) as n;
insert into finance.payee_words (user_id, word, payee_id, home_id) select user_id, word, id, id from finance.payees where user_id = %(user)s;
insert into finance.transaction_lines (user_id, transaction_id, n, category, amount, booked_on)
select user_id, id, 1, (array['groceries', 'transport', 'dining_out', 'entertainment', 'coffee'])[1 + ((-amount) %% 5)::int], amount, booked_on
from finance.transactions where user_id = %(user)s;
insert into finance.day_actual (user_id, day, category, spent)
select user_id, booked_on, category, -sum(amount) from finance.transaction_lines where user_id = %(user)s group by 1, 2, 3;
insert into finance.account_sums (user_id, account_id, span, begins, amount)
select user_id, user_id, span, case span when 'day' then booked_on else date_trunc('month', booked_on)::date end, sum(amount)
from finance.transactions cross join (values ('day'), ('month')) as s (span) where user_id = %(user)s group by 1, 2, 3, 4;
insert into finance.transaction_tags select user_id, 'week', booked_on, id from finance.transactions where user_id = %(user)s;
insert into finance.tag_counts select user_id, tag, count(*) from finance.transaction_tags where user_id = %(user)s group by 1, 2;
update finance.users set ledger_version = ledger_version + %(n)s where user_id = %(user)s;
"""
TABLES = ("transactions", "transaction_lines", "day_actual", "account_sums", "transaction_tags", "tag_counts", "users")


def bulk(cluster, person, n, recent=1000):
    """n transactions at once, for a person who has none. The triggers that keep L2 and L3 are off meanwhile; L3 and L4 are checked by SQL at the end. No service may have
    this person's ledger in a cache: restart finance afterwards."""
    last = (datetime.now(timezone.utc) - timedelta(days=1)).date().isoformat()
    with cluster.connect() as c:
        c.autocommit = False
        cursor = c.cursor()
        cursor.execute("set local session_replication_role = replica")
        cursor.execute(BULK, {"user": person.id, "n": n, "recent": recent, "last": last})
        cursor.execute("select (select count(*) from finance.transactions where user_id = %(u)s), (select sum(amount) from finance.transactions where user_id = %(u)s),"
                       "(select sum(amount) from finance.transaction_lines where user_id = %(u)s), (select -sum(spent) from finance.day_actual where user_id = %(u)s)",
                       {"u": person.id})
        count, total, lines, days = cursor.fetchone()
        if count != n or total != lines or total != days:
            raise RuntimeError(f"bulk load broke the ledger: {count} rows, sums {total} {lines} {days}")
        c.commit()
    for table in TABLES:
        cluster.sql(f"vacuum analyze finance.{table}")
