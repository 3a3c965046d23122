"""B2, B3 and B15: logins. Alone against crypt_r beside them; as a storm beside people who are signed in; goodput under overload."""
import crypt
import time

from harness import cpus, load
from harness.figures import Figure
from harness.people import PASSWORD, Person

ME_RATE = 400  # GET /v1/me a second beside the storm
BUDGET_S = 2.5  # a login's own deadline (MITA_LOGIN_BUDGET_MS)


def percentile(values, q):
    values = sorted(values)
    return values[min(len(values) - 1, int(q * len(values)))]


def alone(run):
    """Pairs of one crypt_r and one login, nothing else running; the difference is what the service adds."""
    system = run.system().start("auth")
    extra, extra_cpu, hashes = [], [], []
    person = Person(system, onboarded=False, port=system.services["auth"].port)
    api = system.api(port=system.services["auth"].port)
    setting = "$2b$12$" + "abcdefghijklmnopqrstuu"
    pid = system.pids("auth")[0]
    with cpus.on(cpus.UNDER_TEST):  # the hash beside, on the same core: it waits while the service works
        for number in range(6 if run.quick else 21):
            t0, c0 = time.perf_counter(), time.thread_time()
            crypt.crypt(PASSWORD, setting)
            t1, c1, used = time.perf_counter(), time.thread_time(), cpus.cpu_seconds(pid)
            api.post("/v1/auth/login", person.credentials()).expect(200)
            t2 = time.perf_counter()
            if number == 0:
                continue
            hashes.append((t1 - t0) * 1000)
            extra.append((t2 - t1 - (t1 - t0)) * 1000)
            extra_cpu.append((cpus.cpu_seconds(pid) - used - (c1 - c0)) * 1000)
    api.post("/v1/auth/login", {"email": person.email, "password": "not " + PASSWORD}).expect(401)

    ten = system.also("auth", cpus.UNDER_TEST, "auth-cost-10", MITA_BCRYPT_COST="10")
    try:
        fast = Person(system, onboarded=False, port=ten.port)
        api, times = system.api(port=ten.port), []
        for _ in range(20 if run.quick else 60):
            t0 = time.perf_counter()
            api.post("/v1/auth/login", fast.credentials()).expect(200)
            times.append((time.perf_counter() - t0) * 1000)
    finally:
        system.end(ten)
    crypt_ms = percentile(hashes, 0.5)
    return [Figure("B2", "one login at cost 12 minus crypt_r beside it", " ms", extra, "≤ 5 ms", ("<=", 5), f"crypt_r {crypt_ms:.0f} ms", detail={"crypt_ms": hashes}),
            Figure("B2", "the same in CPU time of auth", " ms", extra_cpu, "", None, "crypt_r"),
            Figure("B2", f"login at cost 10, p95 of {len(times)}", " ms", [percentile(times, 0.95)], "< 100 ms", ("<", 100), detail={"ms": times})]


def login_lines(people):
    """Logins from many addresses. Refused ones must say when to come back."""
    return [load.request("POST", "/v1/auth/login", {"200": {"contains": '"access_token"'}, **load.OVERLOADED}, body=p.credentials(),
                         headers={"X-Forwarded-For": f"198.18.{i // 250}.{i % 250 + 1}"}) for i, p in enumerate(people)]


def people_of_the_storm(run):
    if "storm" not in run.shared:
        system = run.system().start()
        run.shared["storm"] = [Person(system, onboarded=False) for _ in range(4 if run.quick else 24)]
    return run.shared["storm"]


def capacity(run, lines, system):
    """Logins a second with enough waiting to fill every lane, and few enough that none is refused: closed loop."""
    seconds = 4 if run.quick else 10
    able = load.run(system.port, lines, closed=True, connections=8, seconds=seconds, warmup=2)["statuses"].get("200", 0) / seconds
    if able == 0:
        raise RuntimeError("no login was answered with 200 in a closed loop of 8")
    return able


def refused_ms(report, quantile="p99"):
    return max((report["latency_us"][s][quantile] / 1000 for s in ("503", "429") if s in report["latency_us"]), default=0.0)


def storm(run):
    system = run.system().start()
    lines = login_lines(people_of_the_storm(run))
    person = Person(system, onboarded=False)
    seconds = 4 if run.quick else 10
    ratios, refused, quick, slowest, back, shed, late, rounds = [], [], [], [], [], [], [], []
    for number in range(2 if run.quick else 4):
        person.login()
        body = person.api.get("/v1/me").expect(200).body.decode()
        me = [load.request("GET", "/v1/me", {"200": {"equals": body}}, person.token)]
        able = capacity(run, lines, system)
        time.sleep(1)
        watch = dict(rate=ME_RATE, connections=64, window=0.5, punctual=True)
        idle = load.run(system.port, me, seconds=seconds, warmup=0.5, **watch)
        logins = load.Load(system.port, lines, rate=8 * able, connections=600, seconds=seconds + 2, timeout=BUDGET_S + 5)
        began = time.monotonic()
        time.sleep(1.5)
        beside = load.run(system.port, me, seconds=seconds, warmup=0, **watch)
        time.sleep(max(0.0, began + seconds + 2.1 - time.monotonic()))
        after = load.run(system.port, me, seconds=4, warmup=0, **watch)
        answered = logins.finish()
        p99 = lambda r: r["latency_us"]["200"]["p99"]
        rounds.append({"capacity": able, "idle": idle, "beside": beside, "after": after, "logins": answered})
        if number == 0 and not run.quick:
            continue
        ratios.append(p99(beside) / p99(idle))
        refused.append(refused_ms(answered))
        quick.append(refused_ms(answered, "p90"))
        late.append(max(r["generator_late_us"]["p99"] for r in (idle, beside)) / 1000)
        slowest.append(answered["latency_us"].get("200", {"max": 0})["max"] / 1e6)
        back.append(p99(after) / p99(idle))
        total = sum(answered["statuses"].values())
        shed.append(100 * (total - answered["statuses"].get("200", 0)) / total)
    able = rounds[-1]["capacity"]
    return [Figure("B3", f"p99 of GET /v1/me while logins arrive at 8 × capacity ({able:.1f}/s)", "×", ratios, "≤ 2×", ("<=", 2), f"idle p99 {rounds[-1]['idle']['latency_us']['200']['p99'] / 1000:.1f} ms", detail={"rounds": rounds}),
            Figure("B3", "refused logins (503 or 429 with Retry-After), p99", " ms", refused, "< 20 ms", ("<", 20)),
            Figure("B3", "refused logins, p90 (the rest: let in, then out of time)", " ms", quick, "", None),
            Figure("B3", "the generator itself was late by (p99): over a few ms the round is noise", " ms", late, "", None, digits=1),
            Figure("B3", "refused logins of all", "%", shed, "", None, digits=0),
            Figure("B3", "slowest answered login", " s", slowest, f"≤ {BUDGET_S} s, its budget", ("<=", BUDGET_S + 0.1), over="max"),
            Figure("B3", "p99 of GET /v1/me in the 4 s after the storm (normal again < 2 s)", "×", back, "≤ 2×", ("<=", 2), "idle p99")]


def goodput(run, row, factors, goal):
    system = run.system().start()
    lines = login_lines(people_of_the_storm(run))
    seconds = 5 if run.quick else 12
    for factor in factors:
        shares, rounds = [], []
        for number in range(2 if run.quick else 4):
            able = capacity(run, lines, system)
            report = load.run(system.port, lines, rate=factor * able, connections=600, seconds=seconds, warmup=3, timeout=BUDGET_S + 5)
            rounds.append({"capacity": able, "report": report})
            time.sleep(1)
            if number or run.quick:
                shares.append(report["statuses"].get("200", 0) / seconds / able)
        yield Figure(row, f"goodput of logins at {factor} × capacity ({able:.1f}/s)", "×", shares, "≥ 0.9× of its peak", (">=", goal), "its own peak", detail={"rounds": rounds})


def storm_and_goodput(run):
    yield from storm(run)
    yield from goodput(run, "B3", (2, 5), 0.9)


ROWS = {"B2": alone, "B3": storm_and_goodput, "B15": lambda run: goodput(run, "B15", (10,), 0.9)}
