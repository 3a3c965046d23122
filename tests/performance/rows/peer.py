"""B6 and B7: the same reads from gateway + finance and from the FastAPI peer, each on the core under test; generator and database on the other."""
import json
import statistics
import time

from harness import cpus, load
from harness.figures import Figure, WrongAnswer
from harness.people import PASSWORD, Person, bulk
from harness.system import Peer

CONNECTIONS = 32


def prepare(run):
    """The person, its 10,000 transactions and the peer with the same rows; once for both rows."""
    if "peer" in run.shared:
        return run.shared["peer"]
    import bcrypt
    system = run.system().start(auth=cpus.BESIDE)
    person = Person(system)
    bulk(system.cluster, person, 1000 if run.quick else 10_000)
    system.restart("finance", "gateway", auth=cpus.BESIDE)
    peers = {style: Peer(system, style) for style in ("replaced", "lean")}
    me = Person.login(person).system.api(person.token).get("/v1/me").expect(200).json
    system.cluster.sql("insert into peer.users values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)", me["id"], me["email"], me["display_name"],
                       bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(10)).decode(), me["timezone"], me["currency"], me["locale"], me["region"], me["onboarded"],
                       json.dumps(me["settings"], separators=(",", ":")))
    system.cluster.sql("insert into peer.transactions select t.user_id, t.id, coalesce(account_id, t.user_id), t.booked_on, occurred_at, t.amount, currency, category, payee, t.note, tags, bill_id, "
                       "created_at, updated_at from finance.transactions t join finance.transaction_lines l on (l.user_id, l.transaction_id) = (t.user_id, t.id)")
    system.cluster.sql("vacuum analyze peer.transactions")
    run.shared["peer"] = person, peers
    return person, peers


def same(ours, theirs):
    """The bodies must say the same; their cursors may differ."""
    a, b = ours.json, theirs.json
    for x in (a, b):
        if x.get("next_cursor"):
            x["next_cursor"] = "…"
    if a != b:
        raise WrongAnswer(f"the peer answers something else: {ours.body[:300]!r} / {theirs.body[:300]!r}")
    return {"ours_bytes": len(ours.body), "peer_bytes": len(theirs.body)}


def compare(run, row, target, goal):
    person, peers = prepare(run)
    system = run.system().start(auth=cpus.BESIDE)
    person.login()
    system.restart("gateway", auth=cpus.BESIDE)
    for service in ("finance", "gateway"):  # every side logs each request
        system.end(system.services.pop(service))
    for service in ("finance", "gateway"):
        system.services[service] = system.also(service, MITA_LOG_REQUESTS="true")
    sides = {"ours": (system.port, person.token, system.pids("gateway", "finance"))}
    for style, peer in peers.items():
        token = peer.api().post("/v1/auth/login", person.credentials()).expect(200).json["access_token"]
        sides[style] = (peer.port, token, [peer.process.pid])

    answers, lines = {}, {}
    for side, (port, token, _) in sides.items():
        api = system.api(token, port)
        answers[side] = api.get(target).expect(200)
        again = api.get(target).expect(200)
        fixed = again.body == answers[side].body
        text = answers[side].body.decode()
        rule = {"equals": text} if fixed else {"contains": text[:text.index('"next_cursor"')]}
        lines[side] = [load.request("GET", target, {"200": rule}, token)]
        bad = token[:-8] + ("AAAAAAAA" if token[-8:] != "AAAAAAAA" else "BBBBBBBB")
        system.api(bad, port).get(target).expect(401)
        system.api(None, port).get(target).expect(401)
    detail = {"body": same(answers["ours"], answers["replaced"]), "bad_token": "401 from each", "rounds": []}

    for side, (port, _, _) in sides.items():  # pools filled, statements prepared, caches warm
        load.run(port, lines[side], closed=True, connections=CONNECTIONS, seconds=1 if run.quick else 4, timeout=30)
    order = list(sides)
    for number in range(run.rounds):
        seen = {}
        for side in order if number % 2 == 0 else reversed(order):
            port, _, pids = sides[side]
            each = [cpus.cpu_seconds(pid) for pid in pids]
            sql, used, began = system.statements(), cpus.cpu_seconds(*pids), time.monotonic()
            report = load.run(port, lines[side], closed=True, connections=CONNECTIONS, seconds=run.seconds, warmup=0.3)
            used, took = cpus.cpu_seconds(*pids) - used, time.monotonic() - began
            total = report["per_second"] * (run.seconds + 0.3)
            seen[side] = {"per_second": report["per_second"], "cpu_us": used / total * 1e6, "cpu_us_by_process": [(cpus.cpu_seconds(p) - e) / total * 1e6 for p, e in zip(pids, each)], "busy": used / took, "p99_us": report["latency_us"]["200"]["p99"],
                          "statements_per_request": (system.statements() - sql) / total if side == "ours" else None}
            system.forget_logs()
        detail["rounds"].append(seen)
    counted = detail["rounds"][1:]
    median = lambda side, name: statistics.median(x[side][name] for x in counted)
    told = lambda side: f"{median(side, 'per_second'):,.0f}/s, {median(side, 'cpu_us'):,.0f} µs CPU"
    shares = " + ".join(f"{statistics.median(x['ours']['cpu_us_by_process'][i] for x in counted):,.0f}" for i in (0, 1))
    by_rate = lambda style: [x["ours"]["per_second"] / x[style]["per_second"] for x in counted]
    by_cpu = lambda style: [x[style]["cpu_us"] / x["ours"]["cpu_us"] for x in counted]
    figures = [Figure(row, f"GET {target}, requests/s ({told('ours')})", "×", by_rate("replaced"), f"≥ {goal:g}×", (">=", goal), f"FastAPI {told('replaced')}", 1, detail=detail),
               Figure(row, f"the same, CPU per request (gateway + finance: {shares} µs)", "×", by_cpu("replaced"), "", None, "FastAPI", 1),
               Figure(row, "requests/s against the lean peer", "×", by_rate("lean"), "", None, f"lean FastAPI {told('lean')}", 1),
               Figure(row, "the same, CPU per request", "×", by_cpu("lean"), "", None, "lean FastAPI", 1)]
    if row == "B6":
        # The revocation feed's own polls are allowed for: far under one statement in a thousand requests.
        figures.append(Figure(row, "SQL statements per request", "", [x["ours"]["statements_per_request"] for x in counted], "0 when cached", ("<=", 0.001), digits=4))
    return figures


ROWS = {"B6": lambda run: compare(run, "B6", "/v1/me", 12), "B7": lambda run: compare(run, "B7", "/v1/transactions?limit=50", 20)}
