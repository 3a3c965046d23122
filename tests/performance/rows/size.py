"""B9: what a long history costs. Two people whose last 60 days are alike; one has a thousand times the history."""
from harness import cpus, load
from harness.figures import Figure
from harness.people import Person, bulk


def measure(run):
    system = run.system().start(auth=cpus.BESIDE)
    many = 50_000 if run.quick else 1_000_000
    small, big = Person(system), Person(system)
    bulk(system.cluster, small, 1000)
    bulk(system.cluster, big, many)
    system.restart("finance", "gateway", auth=cpus.BESIDE)
    figures = []
    for person in (small, big):
        person.login()
        month = person.api.get("/v1/today").expect(200).json["date"][:7]
    for what, target in (("page of 50", "/v1/transactions?limit=50"), ("calendar", f"/v1/calendar?month={month}"), ("today", "/v1/today"),
                         ("a rare word", "/v1/transactions?limit=50&q=market%2049x"), ("balances", "/v1/balances"), ("balances long ago", "/v1/balances?on=2019-06-15"),
                         ("page of an account", "/v1/transactions?limit=50&account_id={id}"), ("page of a payee", "/v1/transactions?limit=50&payee=market%2049"),
                         ("page of a tag", "/v1/transactions?limit=50&tag=week"), ("page of few amounts", "/v1/transactions?limit=50&amount_min=-700&amount_max=-100"),
                         ("page of many amounts", "/v1/transactions?limit=50&amount_max=-4000"), ("page of what is cleared", "/v1/transactions?limit=50&cleared=true"),
                         ("page of what is not", "/v1/transactions?limit=50&cleared=false&account_id={id}")):
        lines = {name: [load.request("GET", target.format(id=p.id), {"200": {"contains": "{"}}, p.token)] for name, p in (("small", small), ("big", big))}
        ratios, p99, rounds = [], [], []
        for number in range(run.rounds):
            seen = {}
            for name in ("small", "big") if number % 2 == 0 else ("big", "small"):
                report = load.run(system.port, lines[name], closed=True, connections=1, seconds=run.seconds / 2, warmup=0.2)
                seen[name] = report["latency_us"]["200"]
            rounds.append(seen)
            if number:
                ratios.append(seen["big"]["p50"] / seen["small"]["p50"])
                open_loop = load.run(system.port, lines["big"], rate=100, connections=16, seconds=run.seconds, warmup=0.2, punctual=True)
                p99.append(open_loop["latency_us"]["200"]["p99"] / 1000)
        p50 = sorted(x["big"]["p50"] for x in rounds)[len(rounds) // 2]
        figures.append(Figure("B9", f"{what}: {many:,} against 1,000 transactions, p50 ({p50 / 1000:.2f} ms)", "×", ratios, "≤ 1.2×", ("<=", 1.2), "same, 1,000", detail={"rounds": rounds}))
        figures.append(Figure("B9", f"{what}: {many:,} transactions, p99 at 100/s, through the gateway", " ms", p99, "< 5 ms", ("<", 5)))
    return figures


ROWS = {"B9": measure}
