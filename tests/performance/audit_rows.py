#!/usr/bin/python3
"""What `mita-finance audit` of a million transactions takes beside one of a thousand: tests/performance/audit_rows.py [ROWS]. Time and the greatest resident
memory, of the command and of PostgreSQL's process for it. Binaries of build/release."""
import os
import pathlib
import subprocess
import sys
import threading
import time

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parent), str(pathlib.Path(__file__).resolve().parents[1] / "support")]
from batch import somebody  # noqa: E402
from harness.people import bulk  # noqa: E402
from harness.system import System  # noqa: E402

AUDIT = pathlib.Path(__file__).resolve().parents[2] / "build" / "release" / "bin" / "mita-finance"


def memory_of(pid):
    """Private and shared apart, in KiB: what PostgreSQL's buffers hold is not the audit's."""
    found = dict(line.split(":") for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("Rss"))
    return int(found["RssAnon"].split()[0])


class Watch:
    """The greatest private memory of the database's process for the audit, seen fifty times a second."""

    def __init__(self, cluster):
        self.cluster, self.most, self.ended = cluster, 0, threading.Event()
        self.thread = threading.Thread(target=self.look)
        self.thread.start()

    def look(self):
        with self.cluster.connect() as db, db.cursor() as ask:
            while not self.ended.wait(.02):
                ask.execute("select pid from pg_stat_activity where application_name = 'mita-finance-audit'")
                for (pid,) in ask.fetchall():
                    try:
                        self.most = max(self.most, memory_of(pid))
                    except (OSError, KeyError):
                        pass  # it has ended
                db.commit()

    def end(self):
        self.ended.set()
        self.thread.join()
        return self.most / 1024


def audit(system):
    watch, begin = Watch(system.cluster), time.monotonic()
    running = subprocess.Popen([AUDIT, "audit"], env=os.environ | {"MITA_FINANCE_DATABASE_URL": system.cluster.url("finance")}, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    found, told = running.stdout.read(), running.stderr.read()
    _, status, used = os.wait4(running.pid, 0)
    took, database = time.monotonic() - begin, watch.end()
    assert status == 0 and not found, (status, found[:2000], told[-2000:])
    return took, used.ru_maxrss / 1024, database


def main():
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    system = System().start()
    try:
        for count in (1000, rows):
            bulk(system.cluster, somebody(system), count)
            took, command, database = audit(system)
            print(f"{count:,} transactions: {took:.2f} s, the command {command:.1f} MiB, its process of the database {database:.1f} MiB")
    finally:
        system.close()


if __name__ == "__main__":
    main()
