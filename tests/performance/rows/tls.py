"""B19: the gateway by TLS 1.3 on kept connections beside the same gateway without: CPU a request from the kernel, the same clients to both ports."""
import json
import pathlib
import statistics
import subprocess
import sys

from mita.certificates import HOST, Authority, Files

from harness import cpus
from harness.figures import Figure, WrongAnswer
from harness.people import Person

CONNECTIONS, TARGET, LIMIT = 16, "/v1/me", 5_000_000
KEPT = pathlib.Path(__file__).resolve().parents[1] / "harness" / "kept.py"


def asked(port, token, seconds, text, authority):
    """How many requests `CONNECTIONS` kept connections got answered; by TLS when there is an authority."""
    asking = {"port": port, "target": TARGET, "token": token, "seconds": seconds, "connections": CONNECTIONS, "text": text, "authority": authority, "host": HOST}
    with cpus.on(cpus.BESIDE):
        done = subprocess.run([sys.executable, str(KEPT)], input=json.dumps(asking), capture_output=True, text=True, timeout=seconds + 60)
    if done.returncode:
        raise WrongAnswer(done.stderr[-500:])
    return int(done.stdout)


def measure(run):
    system = run.system().start(auth=cpus.BESIDE, finance=cpus.BESIDE)
    person = Person(system)
    authority = Authority(system.logs)
    files = Files(authority, system.logs)
    limits = {f"MITA_RATE_{name}": f"{LIMIT};60" for name in ("USER", "WRITE", "LOGIN", "REGISTER")}
    gateway = system.also("gateway", label="gateway-tls", **limits, **files.settings())
    secure = gateway.wait_event("listening", 5)["tls_port"]
    text = system.api(person.token, gateway.port).get(TARGET).expect(200).body.decode()
    sides = {"plain": (gateway.port, None), "tls": (secure, str(authority.file))}
    detail = {"rounds": []}
    for number in range(run.rounds):
        seen = {}
        for side in list(sides) if number % 2 == 0 else reversed(sides):
            port, by = sides[side]
            used = cpus.cpu_seconds(gateway.process.pid)
            seen[side] = asked(port, person.token, run.seconds, text, by)
            seen[side] = (cpus.cpu_seconds(gateway.process.pid) - used) / seen[side] * 1e6
            system.forget_logs()
        detail["rounds"].append(seen)
    counted = detail["rounds"][1:]
    told = lambda side: f"{statistics.median(x[side] for x in counted):.1f} µs"
    return [Figure("B19", f"gateway by TLS 1.3 on kept connections, CPU a request ({told('tls')})", "×", [x["tls"] / x["plain"] for x in counted], "≤ 1.25×", ("<=", 1.25),
                   f"without TLS {told('plain')}", detail=detail)]


ROWS = {"B19": measure}
