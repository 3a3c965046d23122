#!/usr/bin/python3
"""Two builds beside each other: tests/performance/beside.py BEFORE AFTER [ROUNDS], each a directory with mita-finance and mita-gateway.

What a change of the HTTP library costs: CPU of gateway and finance a request, from the kernel's account, in rounds ABAB…, one after the
other on the same core, and what 2,000 idle connections cost each gateway. Both use the same auth service and database. The built preset
(release) brings the load generator and auth. Prints a line a side; nothing is judged here.
"""
import pathlib
import signal
import socket
import statistics
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "support")]
sys.dont_write_bytecode = True

from harness import cpus, load  # noqa: E402
from harness.people import Person  # noqa: E402
from harness.system import PRESET, System  # noqa: E402
from mita.service import Service  # noqa: E402

IDLE = 2000
ROUND = 1  # second: short, so that a pair sees the same neighbours


def instance(system, side, name, binaries, **environment):
    service = Service(name, PRESET, system.environment(name) | environment, system.logs, f"{name}-{side}")
    service.binary = pathlib.Path(binaries).resolve() / f"mita-{name}"
    system.closing.append(lambda: system.end(service))
    with cpus.on(cpus.UNDER_TEST):
        return service.start()


def rss(pid):
    pages = int(pathlib.Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * 4096


def idle_cost(gateway):
    before, held = rss(gateway.process.pid), []
    for _ in range(IDLE):
        s = socket.create_connection(("127.0.0.1", gateway.port))
        s.sendall(b"GET /livez HTTP/1.1\r\nHost: h\r\n\r\n")
        assert b" 200 " in s.recv(4096)
        held.append(s)
    grown = rss(gateway.process.pid) - before
    for s in held:
        s.close()
    return grown / IDLE


def main(before, after, rounds=24):
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    system = System()
    try:
        system.services["auth"] = system.also("auth", cpus.BESIDE, MITA_BCRYPT_COST="10")
        for name in ("finance", "gateway"):  # in this order: each is told where the former ones listen
            system.start(name, **{name: cpus.BESIDE})
        measure(system, Person(system), {"before": before, "after": after}, rounds)
    finally:
        load.stop_all()
        system.close()


def measure(system, person, binaries, rounds):
    sides = {}
    for side, where in binaries.items():
        finance = instance(system, side, "finance", where)
        gateway = instance(system, side, "gateway", where, MITA_FINANCE_URL=f"http://127.0.0.1:{finance.port}",
                           MITA_FINANCE_INTERNAL_URL=f"http://127.0.0.1:{finance.internal_port}")
        sides[side] = {"gateway": gateway, "finance": finance}
    body = system.api(person.token).get("/v1/me").expect(200).body.decode()
    lines = [load.request("GET", "/v1/me", {"200": {"equals": body}}, person.token)]
    for s in sides.values():
        load.run(s["gateway"].port, lines, closed=True, connections=16, seconds=2, timeout=30)
    used = {side: {"gateway": [], "finance": []} for side in sides}
    for number in range(rounds):
        for side in sides if number % 2 == 0 else reversed(list(sides)):
            pids = {name: service.process.pid for name, service in sides[side].items()}
            began = {name: cpus.cpu_seconds(pid) for name, pid in pids.items()}
            report = load.run(sides[side]["gateway"].port, lines, closed=True, connections=16, seconds=ROUND, warmup=0)
            total = report["per_second"] * ROUND
            for name, pid in pids.items():
                used[side][name].append((cpus.cpu_seconds(pid) - began[name]) / total * 1e6)
            system.forget_logs()
    for name in ("gateway", "finance"):
        b, a = (used[side][name] for side in ("before", "after"))
        ratio = statistics.median(y / x for x, y in zip(b, a))
        print(f"{name}: before {statistics.median(b):.2f} us a request (least {min(b):.2f}), after {statistics.median(a):.2f} (least {min(a):.2f}), "
              f"{(ratio - 1) * 100:+.1f} % by rounds, {(min(a) / min(b) - 1) * 100:+.1f} % of the least", flush=True)
    for side, s in sides.items():
        print(f"{side}: {idle_cost(s['gateway']):.0f} B an idle connection", flush=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], *(int(n) for n in sys.argv[3:4]))
