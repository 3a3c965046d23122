"""B20, B21, B23: what a signed-in crowd asks of auth, keys that change under it, second factors."""
import base64
import json
import os
import subprocess
import threading
import time
import types
from datetime import datetime, timezone

from mita import passkey
from mita.dying import lags
from mita.service import ROOT
from mita.totp import Authenticator

from harness import cpus, load
from harness.figures import Figure, WrongAnswer
from harness.people import Person
from harness.system import PRESET


def operate(system, *words, **more):
    """What a command of mita-auth printed."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith("MITA_")}
    done = subprocess.run([str(ROOT / "build" / PRESET / "bin/mita-auth"), *words], env=clean | system.environment("auth") | more, capture_output=True, text=True, timeout=60)
    if done.returncode:
        raise RuntimeError(f"mita-auth {' '.join(words)}: {done.stdout}{done.stderr}")
    return done.stdout


def crowd(run):
    if "crowd" not in run.shared:
        system = run.system().start()
        run.shared["crowd"] = [Person(system, onboarded=False, port=system.services["auth"].port) for _ in range(3 if run.quick else 8)]
    return run.shared["crowd"]


def refreshes(people, ports, seconds, also=lambda person: None):
    """Each person in a thread, one refresh after the other, at these ports in turn; how many. What goes wrong is thrown at the end."""
    done, wrong, counts = threading.Event(), [], []

    def live(person, first):
        apis, count = [person.system.api(port=port) for port in ports], 0
        try:
            while not done.is_set():
                person._take(apis[(first + count) % len(apis)].post("/v1/auth/refresh", {"refresh_token": person.refresh_token}).expect(200).json)
                also(person)
                count += 1
        except Exception as error:
            wrong.append(error)
        counts.append(count)

    threads = [threading.Thread(target=live, args=(person, n)) for n, person in enumerate(people)]
    for thread in threads:
        thread.start()
    if callable(seconds):
        seconds()
    else:
        time.sleep(seconds)
    done.set()
    for thread in threads:
        thread.join()
    if wrong:
        raise wrong[0]
    return sum(counts)


def tokens(run):
    system = run.system().start()
    auth, people = system.services["auth"], crowd(run)
    for person in people:
        person.login()
    made = operate(system, "clients", "add", f"perf {time.time_ns()}", "--scope", "introspect")
    fields = json.loads(made)
    basic = base64.b64encode(f"{fields['client_id']}:{fields['client_secret']}".encode()).decode()
    ask = [load.request("POST", "/v1/auth/introspect", {"200": {"contains": '"active":true'}}, body=f"token={p.token}",
                        headers={"Content-Type": "application/x-www-form-urlencoded", "Authorization": f"Basic {basic}"}) for p in people]
    rates, refresh_us, ask_rates, ask_us, statements = [], [], [], [], []
    pid = system.pids("auth")[0]
    for number in range(run.rounds):
        for person, line in zip(people, ask):
            line["body"] = f"token={person.token}"
        c0, s0 = cpus.cpu_seconds(pid), system.statements()
        n = sum(load.run(auth.port, ask, closed=True, connections=8, seconds=run.seconds)["statuses"].values())
        asked = ((cpus.cpu_seconds(pid) - c0) * 1e6 / n, (system.statements() - s0) / n, n / run.seconds)
        c0 = cpus.cpu_seconds(pid)
        n = refreshes(people, [auth.port], run.seconds)
        spent = (cpus.cpu_seconds(pid) - c0) * 1e6 / n
        if number == 0:
            continue
        ask_us.append(asked[0])
        statements.append(asked[1])
        ask_rates.append(asked[2])
        refresh_us.append(spent)
        rates.append(n / run.seconds)
    return [Figure("B20", "refresh, each from the one before: CPU of auth", " µs", refresh_us, "", None),
            Figure("B20", "refreshes by threads of Python, which are what bounds it", "/s", rates, "", None, digits=0),
            Figure("B20", "introspection: CPU of auth", " µs", ask_us, "", None),
            Figure("B20", "introspections, closed loop of 8", "/s", ask_rates, "", None, digits=0),
            Figure("B20", "SQL statements of an introspection", "", statements, "", None)]


def keys(run):
    system = run.system().start()
    url = lambda service: {"MITA_AUTH_URL": f"http://127.0.0.1:{service.port}", "MITA_AUTH_INTERNAL_URL": f"http://127.0.0.1:{service.internal_port}"}
    auth = system.also("auth", label="auth-twin")
    finance = system.also("finance", label="finance-twin", **url(auth))
    gateway = system.also("gateway", label="gateway-twin", **url(auth) | {"MITA_FINANCE_URL": f"http://127.0.0.1:{finance.port}"})
    try:
        places = [(s.label or s.name, s.port, "/v1/auth/me" if s.name == "auth" else "/v1/me") for s in (*system.services.values(), auth, finance, gateway)]
        people = crowd(run)
        for person in people:
            person.login()
        refused, asked, kids = [], [], set()

        def everywhere(person):
            kids.add(person.token.split(".")[0])
            for label, port, path in places:
                answer = system.api(person.token, port).get(path)
                asked.append(answer.status)
                if answer.status == 401:
                    refused.append(label)
                elif answer.status != 200:
                    raise WrongAnswer(f"{label}: {answer.status}")

        def rotate():
            time.sleep(1 if run.quick else 3)
            operate(system, "keys", "next")
            time.sleep(2.5)
            operate(system, "keys", "rotate", MITA_KEY_PUBLISHED_S="1")
            time.sleep(3 if run.quick else 10)

        changed = refreshes(people, [system.services["auth"].port, auth.port], rotate, everywhere)
        if len(kids) != 2:
            raise WrongAnswer(f"tokens of {len(kids)} keys were seen")
        worst = []
        for _ in range(3 if run.quick else 10):
            end = time.monotonic() + 20
            token = people[0].login().token
            while [system.api(token, port).get(path).status for _, port, path in places] != [200] * len(places):
                if time.monotonic() > end:
                    raise WrongAnswer("a fresh token is not good everywhere within 20 s")
                time.sleep(0.1)
            kid = next(line.split()[0] for line in operate(system, "keys", "list").splitlines() if line.split()[2] == "active")
            alive = {label: lambda a=system.api(token, port), p=path: a.get(p).status == 200 for label, port, path in places}
            with system.cluster.connect() as connection:
                found = lags(connection, lambda: operate(system, "keys", "revoke", kid), alive)
            worst.append(1000 * max(found.values()))
    finally:
        for service in (gateway, finance, auth):
            system.end(service)
    return [Figure("B21", f"false 401 while a key is rotated, of {len(asked):,} calls and {changed:,} refreshes", "", [len(refused)], "0", ("==", 0), digits=0),
            Figure("B21", "a revoked key's token dead at all of two gateways, finances and auths after", " ms", worst, "≤ 100 ms", ("<=", 100), digits=1)]


def factors(run):
    system = run.system().start("auth")
    auth = system.also("auth", label="auth-factors", MITA_BCRYPT_COST="10", MITA_PASSKEY_ORIGINS=passkey.ORIGIN, MITA_PASSKEY_DOMAIN=passkey.DOMAIN)
    clock = types.SimpleNamespace(now=lambda: datetime.now(timezone.utc))
    code_ms, key_ms, key_cpu = [], [], []
    pid = auth.process.pid
    try:
        for _ in range(3 if run.quick else 20):
            person = Person(system, onboarded=False, port=auth.port)
            phone = Authenticator(person.api.post("/v1/auth/mfa/totp", {}).expect(200).json["uri"], clock)
            person.api.post("/v1/auth/mfa/totp/confirm", {"code": phone.code(-1)}).expect(200)
            for step in (0, 1):
                token = person.api.post("/v1/auth/login", person.credentials()).expect(401).json["mfa_token"]
                t0 = time.perf_counter()
                person.api.post("/v1/auth/mfa/verify", {"mfa_token": token, "code": phone.code(step)}).expect(200)
                code_ms.append((time.perf_counter() - t0) * 1000)
        person = Person(system, onboarded=False, port=auth.port)
        key = passkey.Key()
        options = person.api.post("/v1/auth/passkeys:begin", {}).expect(200).json["public_key"]
        person.api.post("/v1/auth/passkeys", {"credential": key.make(options), "name": "perf"}).expect(201)
        api = system.api(port=auth.port)
        for number in range(11 if run.quick else 101):
            t0, c0 = time.perf_counter(), cpus.cpu_seconds(pid)
            question = api.post("/v1/auth/passkey_login:begin", {}).expect(200).json["public_key"]
            t1 = time.perf_counter()
            shown = key.show(question)
            t2 = time.perf_counter()
            api.post("/v1/auth/passkey_login", {"credential": shown}).expect(200)
            if number:
                key_ms.append((time.perf_counter() - t2 + t1 - t0) * 1000)
                key_cpu.append((cpus.cpu_seconds(pid) - c0) * 1000)
    finally:
        system.end(auth)
    return [Figure("B23", "second step of a login by a code", " ms", code_ms, "< 100 ms", ("<", 100)),
            Figure("B23", "login by a passkey, both calls", " ms", key_ms, "< 100 ms", ("<", 100)),
            Figure("B23", "login by a passkey, both calls: CPU of auth", " ms", key_cpu, "", None)]


ROWS = {"B20": tokens, "B21": keys, "B23": factors}
