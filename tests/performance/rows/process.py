"""B10 and B11: from exec to ready, and memory."""
import http.client
import os
import resource
import socket
import statistics
import subprocess
import time

from mita.cluster import free_port
from mita.service import ROOT

from harness import cpus, load
from harness.figures import Figure
from harness.people import Person
from harness.system import ORDER, PRESET, Peer

IDLE = 5000


def answers_ready(port):
    try:
        c = http.client.HTTPConnection("127.0.0.1", port, timeout=1)
        c.request("GET", "/readyz")
        status = c.getresponse().status
        c.close()
        return status == 200
    except (OSError, http.client.HTTPException):
        return False


def start(run):
    """All three at once, the database up and migrated, on all cores; asked every millisecond."""
    system = run.system()
    for name in reversed(ORDER):
        if name in system.services:
            system.end(system.services.pop(name))
    times = {name: [] for name in (*ORDER, "all")}
    for number in range(4 if run.quick else 8):
        ports = {name: (free_port(), free_port()) for name in ORDER}
        shared = {f"MITA_{n.upper()}_PORT": str(p) for n, (p, _) in ports.items()} | {f"MITA_{n.upper()}_INTERNAL_PORT": str(p) for n, (_, p) in ports.items()}
        shared |= {"MITA_AUTH_URL": f"http://127.0.0.1:{ports['auth'][0]}", "MITA_FINANCE_URL": f"http://127.0.0.1:{ports['finance'][0]}",
                   "MITA_AUTH_INTERNAL_URL": f"http://127.0.0.1:{ports['auth'][1]}", "MITA_FINANCE_INTERNAL_URL": f"http://127.0.0.1:{ports['finance'][1]}"}
        running, waiting, log = {}, list(ORDER), open(system.logs / "start.log", "ab")
        began = time.perf_counter()
        try:
            for name in ORDER:
                running[name] = subprocess.Popen([str(ROOT / "build" / PRESET / "bin" / f"mita-{name}"), "serve"], env={"PATH": os.environ["PATH"], **system.environment(name), **shared},
                                                 stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, start_new_session=True)
            seen = {}
            while waiting:
                for name in list(waiting):
                    if answers_ready(ports[name][0]):
                        seen[name] = (time.perf_counter() - began) * 1000
                        waiting.remove(name)
                if any(p.poll() is not None for p in running.values()) or time.perf_counter() - began > 20:
                    raise RuntimeError(f"not ready: {waiting}\n" + (system.logs / "start.log").read_text(errors="replace")[-1500:])
                time.sleep(0.001)
        finally:
            for process in running.values():
                process.terminate()
            for process in running.values():
                try:
                    process.wait(15)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()
            log.close()
        if number:
            for name, ms in seen.items():
                times[name].append(ms)
            times["all"].append(max(seen.values()))
    each = ", ".join(f"{n} {statistics.median(times[n]):.0f}" for n in ORDER)
    return [Figure("B10", f"exec to /readyz 200 of all three ({each})", " ms", times["all"], "≤ 150 ms", ("<=", 150), "3–5 s before", 0, detail=times)]


def idle_memory(run, system):
    time.sleep(1 if run.quick else 5)
    figures = []
    peer = Peer(system)
    theirs = cpus.memory_bytes(peer.process.pid) / 2**20
    peer.close()
    for name in ORDER:
        pid = system.pids(name)[0]
        mb, own = cpus.memory_bytes(pid) / 2**20, cpus.memory_bytes(pid, "RssAnon") / 2**20
        figures.append(Figure("B11", f"RSS of {name}, idle", " MB", [mb], "≤ 12 MB", ("<=", 12), f"FastAPI {theirs:.0f} MB; {own:.1f} MB is not files", 1))
    return figures


def connections(run, system):
    """Idle client connections, each after one answered request."""
    wanted = 500 if run.quick else IDLE
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, wanted + 1000)), hard))
    gateway = system.pids("gateway")[0]
    ask = b"GET /livez HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
    held = []

    def open_one():
        s = socket.create_connection(("127.0.0.1", system.port), timeout=10)
        s.sendall(ask)
        if not s.recv(65536).startswith(b"HTTP/1.1 200"):
            raise RuntimeError("an idle connection was refused")
        held.append(s)
    try:
        for _ in range(50):
            open_one()
        time.sleep(0.3)
        before = cpus.memory_bytes(gateway)
        for _ in range(wanted):
            open_one()
        time.sleep(0.5)
        alive = sum(1 for s in held if not s.getblocking() or still_open(s))
        each = (cpus.memory_bytes(gateway) - before) / wanted
    finally:
        for s in held:
            s.close()
    return [Figure("B11", f"per idle client connection of the gateway, {alive - 50:,} held", " B", [each], "≤ 16,384 B", ("<=", 16384), digits=0)]


def still_open(s):
    s.setblocking(False)
    try:
        return s.recv(1) != b""
    except BlockingIOError:
        return True
    except OSError:
        return False


def soak(run, system):
    """The same mix again and again; memory of the second half against the first."""
    person = Person(system)
    month = person.api.get("/v1/today").expect(200).json["date"][:7]
    some = {"200": {"contains": "{"}}
    lines = [load.request("GET", "/v1/me", some, person.token), load.request("GET", "/v1/today", some, person.token), load.request("GET", f"/v1/calendar?month={month}", some, person.token),
             load.request("GET", "/v1/transactions?limit=50", some, person.token),
             load.request("POST", "/v1/transactions", {"201": {"contains": "effect"}}, person.token, {"money": {"amount": -100, "currency": "EUR"}, "category": "coffee"},
                          {"Idempotency-Key": f"soak-{time.time_ns()}-{{n}}"})]
    seconds = 12 if run.quick else 90
    load.run(system.port, lines, closed=True, connections=8, seconds=2 if run.quick else 10)
    going = load.Load(system.port, lines, closed=True, connections=8, seconds=seconds)
    samples = {name: [] for name in ORDER}
    began = time.monotonic()
    while time.monotonic() - began < seconds - 0.5:
        time.sleep(0.5)
        for name in ORDER:
            samples[name].append((time.monotonic() - began, cpus.memory_bytes(system.pids(name)[0])))
    report = going.finish()
    figures = []
    for name, seen in samples.items():
        late = seen[len(seen) // 2:]
        slope = statistics.linear_regression([t for t, _ in late], [b for _, b in late]).slope * 60
        percent = 100 * slope / late[-1][1]
        figures.append(Figure("B11", f"soak: growth of {name} a minute, last half of {seconds} s, {report['done']:,} requests", "%", [percent], "0 (under 1 %)", ("<=", 1.0),
                              detail={"bytes_per_minute": slope, "samples": seen}))
    return figures


def memory(run):
    system = run.system().restart()
    for part in (idle_memory, connections, soak):
        yield from part(run, system)


ROWS = {"B10": start, "B11": memory}
