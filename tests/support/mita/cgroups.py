"""A real control group with limits, for one process of a test: version 1 or 2, as this kernel has it."""
import contextlib
import os
import pathlib


class NotHere(Exception):
    """No such group can be made on this machine, and why."""


def _mounts():
    """[(place, type, controllers)] of what is mounted whole; a container that sees a part of the tree only is none of ours to divide."""
    for line in open("/proc/self/mountinfo"):
        before, _, after = line.partition(" - ")
        kind, _, options = after.split()
        if kind in ("cgroup", "cgroup2") and before.split()[3] == "/":
            yield pathlib.Path(before.split()[4]), kind, options.split(",")


def _folders():
    """{controller: where groups are made}"""
    found = {}
    for place, kind, options in _mounts():
        if kind == "cgroup":
            found |= {c: place for c in ("memory", "cpu") if c in options}
        elif {"memory", "cpu"} <= set((place / "cgroup.subtree_control").read_text().split()):
            found |= {"memory": place, "cpu": place}
    if set(found) != {"memory", "cpu"}:
        raise NotHere(f"no controllers for memory and cpu: {found}")
    return found


@contextlib.contextmanager
def limited(memory_bytes, cpus):
    """Gives a function for preexec_fn that puts the process into the group. Raises NotHere. The group is removed at the end: its processes must be gone by then."""
    made = {}
    period = 100_000
    try:
        for controller, place in _folders().items():
            folder = made.setdefault(controller, place / f"mita-test-{os.getpid()}")
            folder.mkdir(exist_ok=True)
            if (folder / "cgroup.controllers").exists():
                (folder / ("memory.max" if controller == "memory" else "cpu.max")).write_text(str(memory_bytes) if controller == "memory" else f"{int(cpus * period)} {period}")
            elif controller == "memory":
                (folder / "memory.limit_in_bytes").write_text(str(memory_bytes))
            else:
                (folder / "cpu.cfs_period_us").write_text(str(period))
                (folder / "cpu.cfs_quota_us").write_text(str(int(cpus * period)))
    except OSError as error:
        _remove(made)
        raise NotHere(str(error)) from error

    def enter():
        for folder in set(made.values()):
            (folder / "cgroup.procs").write_text(str(os.getpid()))

    try:
        yield enter
    finally:
        _remove(made)


def _remove(made):
    for folder in set(made.values()):
        with contextlib.suppress(FileNotFoundError):
            folder.rmdir()
