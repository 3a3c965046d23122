"""What a request through the gateway asks of the kernel: system calls by name, a request, how many of them find nothing, and the CPU time of both halves.
`/usr/bin/python3 tests/performance/syscalls.py [--seconds N] [--connections N] [--top]` on the release build; counts by strace, --top by perf, both as installed."""
import argparse
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "support")]
sys.dont_write_bytecode = True

from mita.certificates import HOST, Authority, Files  # noqa: E402

from harness import cpus, load  # noqa: E402
from harness.people import Person  # noqa: E402
from harness.system import System  # noqa: E402
from rows.proxies import ALL_ON  # noqa: E402

TICK = os.sysconf("SC_CLK_TCK")


def halves(pid):
    """Seconds in user and in kernel mode, so far."""
    words = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return int(words[11]) / TICK, int(words[12]) / TICK


def counted(pid, asked):
    """What `asked()` did, and the system calls of the process meanwhile: {name: (calls, errors)}."""
    with tempfile.NamedTemporaryFile("r", prefix="mita-strace-") as table:
        by = subprocess.Popen(["strace", "-c", "-f", "-q", "-o", table.name, "-p", str(pid)], stderr=subprocess.DEVNULL)
        try:
            report = asked()
        finally:
            by.send_signal(signal.SIGINT)
            by.wait(20)
        rows = [line.split() for line in table.read().splitlines()]
    return report, {r[-1]: (int(r[3]), int(r[4]) if len(r) == 6 else 0) for r in rows if len(r) >= 5 and r[3].isdigit() and r[-1] != "total"}


def top(pid, asked, most=40):
    """The functions that take the time, by perf's clock."""
    with tempfile.NamedTemporaryFile(prefix="mita-perf-") as file:
        by = subprocess.Popen(["perf", "record", "-q", "-e", "cpu-clock", "-F", "2000", "-o", file.name, "-p", str(pid)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            asked()
        finally:
            by.send_signal(signal.SIGINT)
            by.wait(20)
        said = subprocess.run(["perf", "report", "-i", file.name, "--stdio", "--no-children", "-s", "dso,symbol"], capture_output=True, text=True).stdout
    return [" ".join(line.split())[:150] for line in said.splitlines() if re.match(r"\s+\d", line)][:most]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=2)
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--top", action="store_true")
    told = parser.parse_args()
    for tool in ["strace"] + ["perf"] * told.top:
        if not shutil.which(tool):
            sys.exit(f"{tool} is not installed (Debian: {'linux-perf' if tool == 'perf' else tool})")
    system = System().start(auth=cpus.BESIDE, finance=cpus.BESIDE)
    try:
        person = Person(system)
        authority = Authority(system.logs)
        gateway = system.also("gateway", label="gateway-counted", **ALL_ON, **Files(authority, system.logs).settings())
        secure = gateway.wait_event("listening", 5)["tls_port"]
        text = system.api(person.token, gateway.port).get("/v1/me").expect(200).body.decode()
        lines = [load.request("GET", "/v1/me", {"200": {"equals": text}}, person.token)]
        for side, port, by in (("plain", gateway.port, {}), ("tls", secure, {"authority": authority.file, "name": HOST})):
            asked = lambda seconds=told.seconds: load.run(port, lines, closed=True, connections=told.connections, seconds=seconds, **by)
            asked(0.3)
            before, used = halves(gateway.process.pid), cpus.cpu_seconds(gateway.process.pid)
            done = asked()["done"]
            after = halves(gateway.process.pid)
            total, user, kernel = (x / done * 1e6 for x in (cpus.cpu_seconds(gateway.process.pid) - used, after[0] - before[0], after[1] - before[1]))
            print(f"{side}: {done} requests, {total:.1f} µs CPU each: user {user:.1f}, kernel {kernel:.1f}")
            report, calls = counted(gateway.process.pid, asked)
            for name, (n, errors) in sorted(calls.items(), key=lambda x: -x[1][0]):
                if n / report["done"] >= 0.005:
                    print(f"  {name:14} {n / report['done']:.2f}" + (f", of them without result {errors / report['done']:.2f}" if errors else ""))
            if told.top:
                print("\n".join(top(gateway.process.pid, asked)))
            system.forget_logs()
    finally:
        system.close()


main()
