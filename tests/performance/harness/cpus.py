"""Cores and the kernel's accounting: who runs where, what it cost, what it holds in memory."""
import os
import pathlib
from contextlib import contextmanager

_all = sorted(os.sched_getaffinity(0))
ALL = set(_all)
UNDER_TEST = {_all[-1]}  # the system under test
BESIDE = {_all[0]}       # generator and database


@contextmanager
def on(cpus):
    """Processes started inside run on these cores."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cpus)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def tasks(pid):
    try:
        return [int(t.name) for t in pathlib.Path(f"/proc/{pid}/task").iterdir()]
    except FileNotFoundError:
        return []


def pin(pid, cpus):
    """Every thread of a running process."""
    for task in tasks(pid):
        try:
            os.sched_setaffinity(task, cpus)
        except ProcessLookupError:
            continue


def cpu_seconds(*pids):
    """CPU time used so far, from the scheduler's own account (ns)."""
    total = 0
    for pid in pids:
        for task in tasks(pid):
            try:
                total += int(pathlib.Path(f"/proc/{pid}/task/{task}/schedstat").read_text().split()[0])
            except (FileNotFoundError, ProcessLookupError):
                continue
    return total / 1e9


def memory_bytes(pid, part="VmRSS"):
    """Resident memory; part="RssAnon": what is this process's alone, the rest being pages of its binary and libraries, shared with whoever maps them too."""
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(f"{part}:"):
            return int(line.split()[1]) * 1024
    return 0


def machine():
    """What a reader needs to judge the figures."""
    info = pathlib.Path("/proc/cpuinfo").read_text()
    model = next((x.split(":", 1)[1].strip() for x in info.splitlines() if x.startswith("model name")), "unknown")
    memory = int(next(x for x in pathlib.Path("/proc/meminfo").read_text().splitlines() if x.startswith("MemTotal")).split()[1])
    return {"cpu": model, "cores": len(ALL), "memory_mb": memory // 1024, "kernel": os.uname().release, "load_at_start": os.getloadavg()}
