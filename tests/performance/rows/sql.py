"""B12: statements and round trips per call, counted on the wire between service and database."""
import secrets
import statistics
import time

from harness import cpus
from harness.figures import Figure
from harness.people import Person
from harness.tap import Tap


def measure(run):
    system = run.system().start(auth=cpus.BESIDE)
    tap = Tap(system.cluster.port)
    try:
        for name in ("gateway", "finance", "auth"):
            system.end(system.services.pop(name))
        through = lambda who: system.cluster.url(who).replace(f":{system.cluster.port}/", f":{tap.port}/") + "?sslmode=disable"
        system.services["auth"] = system.also("auth", cpus.BESIDE, MITA_AUTH_DATABASE_URL=through("auth"))
        system.services["finance"] = system.also("finance", MITA_FINANCE_DATABASE_URL=through("finance"))
        system.services["gateway"] = system.also("gateway")
        person = Person(system)
        month = person.api.get("/v1/today").expect(200).json["date"][:7]
        card = person.api.post("/v1/accounts", {"name": "Card", "kind": "card"}, Idempotency_Key="card").expect(201).json["id"]
        moved = {"to_account_id": card, "money": {"amount": 700, "currency": "EUR"}}
        calls = {"GET today": lambda: person.api.get("/v1/today").expect(200), "GET calendar": lambda: person.api.get(f"/v1/calendar?month={month}").expect(200),
                 "POST transaction": lambda: person.spend(), "POST transfer": lambda: person.api.post("/v1/transfers", moved, Idempotency_Key=secrets.token_hex(12)).expect(201),
                 "login": person.login, "refresh": person.refresh}
        counted = {name: [] for name in calls}
        for name, call in calls.items():
            call()  # statements are prepared once per connection, not per call
        background = set(tap.count(lambda: time.sleep(3 if run.quick else 10))["texts"])  # the revocation feed, health, the trail of what was just asked
        for _ in range(5 if run.quick else 15):
            for name in ("POST transaction", "GET today", "POST transaction", "GET calendar", "POST transfer", "login", "refresh"):
                counted[name].append(tap.count(calls[name], background))
    finally:
        for name in ("gateway", "finance", "auth"):
            if name in system.services:
                system.end(system.services.pop(name))
        tap.close()
    system.start(auth=cpus.BESIDE)
    goals = {"GET today": 2, "GET calendar": 2, "login": 2, "refresh": 1}
    figures = []
    for name, seen in counted.items():
        texts = min(seen, key=lambda x: abs(x["statement"] - statistics.median(y["statement"] for y in seen)))["texts"]
        detail = {"calls": [{k: v for k, v in x.items() if k != "texts"} for x in seen], "statements": texts, "background": sorted(background)}
        goal = goals.get(name)
        figures.append(Figure("B12", f"{name}: SQL statements", "", [x["statement"] for x in seen], f"≤ {goal}" if goal else "", ("<=", goal) if goal else None, digits=0, detail=detail))
    for name in ("POST transaction", "POST transfer"):
        figures.append(Figure("B12", f"{name}: round trips to the database", "", [x["round trip"] for x in counted[name]], "1 pipelined transaction", ("<=", 1), digits=0))
    return figures


ROWS = {"B12": measure}
