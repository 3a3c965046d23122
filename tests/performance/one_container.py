#!/usr/bin/python3
"""One small container: deploy/start in a real control group of 256 MB and half a processor, with PostgreSQL outside of it. Prints how long the start takes,
what the three services hold, at rest and after logins, and how many logins a second are answered (bcrypt's cost as by default).

    tests/performance/one_container.py [--seconds 15] [--preset release]        as root; needs a quiet machine"""
import argparse
import http.client
import json
import os
import pathlib
import secrets
import signal
import subprocess
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests/support")]
from mita import cgroups  # noqa: E402
from mita.cluster import Cluster, free_port  # noqa: E402

MIB = 1 << 20
PERSON = {"email": "one@example.org", "password": "a small container holds us"}


def ask(port, method, path, body=None):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request(method, path, json.dumps(body) if body else None, {"Content-Type": "application/json"} if body else {})
        answer = connection.getresponse()
        answer.read()
        return answer.status
    except OSError:
        return 0
    finally:
        connection.close()


def resident(group):
    """{service: (RSS, of it its own) in MB} of the processes below `group`."""
    out = {}
    for pid in group:
        name = pathlib.Path(f"/proc/{pid}/comm").read_text().strip()
        if name.startswith("mita-"):
            fields = {line.split(":")[0]: line.split()[1] for line in open(f"/proc/{pid}/status") if line.startswith("Rss") or line.startswith("VmRSS")}
            out[name] = (int(fields["VmRSS"]) / 1024, int(fields["RssAnon"]) / 1024)
    return out


def children(pid):
    for line in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        yield int(line)


def logins(port, seconds):
    """(answered a second, refused a second, p50 of the answered ones in seconds) of eight clients that ask again at once."""
    took, refused, end = [], [0], time.monotonic() + seconds

    def client():
        while time.monotonic() < end:
            begin = time.monotonic()
            status = ask(port, "POST", "/v1/auth/login", PERSON)
            if status == 200:
                took.append(time.monotonic() - begin)
            else:
                refused[0] += 1
                time.sleep(0.05)
    clients = [threading.Thread(target=client) for _ in range(8)]
    for c in clients:
        c.start()
    for c in clients:
        c.join()
    return len(took) / seconds, refused[0] / seconds, sorted(took)[len(took) // 2] if took else float("nan")


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--seconds", type=int, default=15)
    arguments.add_argument("--preset", default="release")
    given = arguments.parse_args()
    cluster, port = Cluster(), free_port()
    environment = {"PATH": "/usr/bin:/bin", "MITA_BIN": str(ROOT / "build" / given.preset / "bin"), "DATABASE_URL": cluster.url(), "PORT": str(port),
                   "MITA_AUTH_SECRET": secrets.token_hex(32), "MITA_FINANCE_SECRET": secrets.token_hex(32), "MITA_RATE_LOGIN": "0", "MITA_RATE_REGISTER": "0",
                   "MITA_LOGIN_THROTTLE": "0"}
    for name in ("AUTH", "FINANCE", "GATEWAY"):
        environment[f"MITA_{name}_INTERNAL_PORT"] = str(free_port())
    for name in ("AUTH", "FINANCE"):
        environment[f"MITA_{name}_PORT"] = str(free_port())
        environment[f"MITA_{name}_URL"] = f"http://127.0.0.1:{environment[f'MITA_{name}_PORT']}"
        environment[f"MITA_{name}_INTERNAL_URL"] = f"http://127.0.0.1:{environment[f'MITA_{name}_INTERNAL_PORT']}"
    log = tempfile.TemporaryFile()
    print(f"load of the machine before: {os.getloadavg()[0]:.1f}")
    try:
        with cgroups.limited(256 * MIB, 0.5) as enter:
            begin = time.monotonic()
            process = subprocess.Popen([str(ROOT / "deploy/start")], env=environment, preexec_fn=enter, stdout=log, stderr=log, start_new_session=True)
            try:
                while ask(port, "GET", "/readyz") != 200:
                    if process.poll() is not None or time.monotonic() - begin > 60:
                        log.seek(0)
                        sys.exit("it did not start:\n" + log.read().decode()[-2000:])
                    time.sleep(0.01)
                print(f"start, migrations of an empty database and all: {time.monotonic() - begin:.2f} s to ready")
                show("at rest", resident(children(process.pid)))
                assert ask(port, "POST", "/v1/auth/register", PERSON) == 201
                answered, refused, middle = logins(port, given.seconds)
                print(f"logins: {answered:.1f} a second answered (p50 {middle * 1000:.0f} ms), {refused:.1f} a second refused, at 8 clients")
                show("after logins", resident(children(process.pid)))
            finally:
                process.send_signal(signal.SIGTERM)
                process.wait(60)
    except cgroups.NotHere as why:
        sys.exit(f"no control group can be made here: {why}")
    finally:
        cluster.close()


def show(when, of):
    whole = sum(rss for rss, _ in of.values())
    print(f"memory {when}: {whole:.1f} MB of 256: " + ", ".join(f"{name} {rss:.1f} ({own:.1f} its own)" for name, (rss, own) in sorted(of.items())))


if __name__ == "__main__":
    main()
