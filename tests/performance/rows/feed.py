"""B18: what a phone that was away pays to hear what it missed: a page of the feed of 500 transactions against a page of the same 500 as a
list, both read from the database (a list that was shown before is shown again: each request asks for another first day)."""
import secrets
from datetime import date, timedelta

from harness import cpus, load
from harness.figures import Figure, WrongAnswer
from harness.people import Person, money

COUNT = 500


def measure(run):
    system = run.system().start(auth=cpus.BESIDE)
    person = Person(system)
    before = person.api.get("/v1/changes?limit=500").expect(200).json
    if before["has_more"]:
        raise WrongAnswer("a new person's feed is longer than a page")
    items = [{"money": money(-100 - n), "category": "groceries", "payee": f"Market {n % 50}", "tags": ["week"]} for n in range(COUNT)]
    for payee in range(50):  # made before, so that the page holds transactions alone
        person.api.post("/v1/payees", {"name": f"Market {payee}"}, Idempotency_Key=secrets.token_hex(12)).expect(201)
    while before["has_more"] or before["data"]:
        before = person.api.get(f"/v1/changes?limit=500&cursor={before['next_cursor']}").expect(200).json
    person.api.post("/v1/transactions:batch", {"mode": "atomic", "items": items}, Idempotency_Key=secrets.token_hex(12)).expect(200)
    for table in ("transactions", "transaction_lines", "payees"):
        system.cluster.sql(f"vacuum analyze finance.{table}")  # as it is minutes later by itself
    targets = {"feed": f"/v1/changes?limit={COUNT}&cursor={before['next_cursor']}", "list": f"/v1/transactions?limit={COUNT}"}
    seen = {name: len(person.api.get(target).expect(200).json["data"]) for name, target in targets.items()}
    if seen["list"] != COUNT or not COUNT <= seen["feed"] <= COUNT + 60:
        raise WrongAnswer(f"not pages of {COUNT}: {seen}")
    line = lambda target: load.request("GET", target, {"200": {"contains": '"data"'}}, person.token)
    days = [date(2000, 1, 1) + timedelta(days=n) for n in range(9000)]
    lines = {"feed": [line(targets["feed"])], "list": [line(f"{targets['list']}&booked_from={day}") for day in days]}
    ratios, rounds = [], []
    for number in range(run.rounds):
        p50 = {}
        for name in ("feed", "list") if number % 2 == 0 else ("list", "feed"):
            p50[name] = load.run(system.port, lines[name], closed=True, connections=1, seconds=run.seconds, warmup=0.2)["latency_us"]["200"]["p50"]
        rounds.append(p50)
        if number:
            ratios.append(p50["feed"] / p50["list"])
    ms = sorted(x["feed"] for x in rounds)[len(rounds) // 2] / 1000
    return [Figure("B18", f"GET /v1/changes: a page of {COUNT} transactions, p50 ({ms:.2f} ms)", "×", ratios, "≤ 1.2×", ("<=", 1.2), "the same as a list", detail={"rounds": rounds, "seen": seen})]


ROWS = {"B18": measure}
