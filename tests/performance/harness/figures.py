"""A figure: rounds of one measured number, its median, what it is held against, and whether the goal is met. The table and the file."""
import dataclasses
import json
import statistics
import subprocess
import time

from mita.service import ROOT

from . import cpus


class WrongAnswer(Exception):
    """An answer's status or body was not what it must be: the run fails, whatever the times."""


@dataclasses.dataclass
class Figure:
    row: str
    what: str
    unit: str
    rounds: list
    goal: str = ""
    limit: tuple | None = None  # ("<=", 2.0)
    peer: str = ""
    digits: int = 2
    over: str = "median"  # what stands for the rounds: median, max
    detail: dict = dataclasses.field(default_factory=dict)

    @property
    def value(self):
        return {"median": statistics.median, "max": max, "min": min}[self.over](self.rounds)

    @property
    def met(self):
        if self.limit is None:
            return None
        sign, bound = self.limit
        return {"<=": self.value <= bound, ">=": self.value >= bound, "<": self.value < bound, "==": self.value == bound}[sign]

    def text(self, x):
        return f"{x:,.{self.digits}f}"

    def result(self):
        spread = f" ({self.text(min(self.rounds))}–{self.text(max(self.rounds))})" if len(self.rounds) > 1 else ""
        return f"{self.text(self.value)}{self.unit}{spread}"

    def to_json(self):
        return {"id": self.row, "what": self.what, "unit": self.unit, "value": self.value, "min": min(self.rounds), "max": max(self.rounds),
                "rounds": self.rounds, "goal": self.goal, "met": self.met, "peer": self.peer, "detail": self.detail}


def print_table(figures, failures):
    head = ("id", "what", "result", "peer", "goal", "met")
    lines = [(f.row, f.what, f.result(), f.peer, f.goal, {True: "yes", False: "NO", None: "–"}[f.met]) for f in figures]
    lines += [(row, "NOT MEASURED: " + why.splitlines()[0][:100], "", "", "", "NO") for row, why in failures.items()]
    lines.sort(key=lambda line: int(line[0][1:]) if line[0][1:].isdigit() else 99)
    widths = [max(len(x[i]) for x in [head, *lines]) for i in range(len(head))]
    for at, line in enumerate([head, *lines]):
        print("  ".join(x.ljust(w) for x, w in zip(line, widths)).rstrip())
        if at == 0:
            print("  ".join("-" * w for w in widths))
    missed = [f for f in figures if f.met is False]
    measured = [f for f in figures if f.met is not None]
    print(f"\n{len(measured) - len(missed)} of {len(measured)} goals met, {len(failures)} rows not measured")
    for f in missed:
        print(f"missed: {f.row} {f.what}: {f.result()}, goal {f.goal}")


def write(path, figures, failures, arguments):
    commit = subprocess.run(["git", "-C", str(ROOT), "rev-parse", "HEAD"], capture_output=True, text=True).stdout.strip() or "unknown"
    changed = bool(subprocess.run(["git", "-C", str(ROOT), "status", "--porcelain", "--untracked-files=no"], capture_output=True, text=True).stdout.strip())
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"commit": commit, "changed_files": changed, "date": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
                                "machine": cpus.machine(), "arguments": arguments, "figures": [f.to_json() for f in figures], "not_measured": failures},
                               indent=1) + "\n")
