"""B1, B4, B8, B14, B16, B22: measured programs of their own (bench_*.cpp). Each prints JSON lines {"goal": id, "what", "value", "unit", "target": "<= 2", …} or
a line of its own shape, read below. A program that exits with another status than 0 gave wrong results."""
import json
import os
import re
import subprocess

from mita.service import ROOT

from harness import cpus
from harness.figures import Figure, WrongAnswer

PROGRAMS = {"B1": "bench_hashing", "B4": "bench_token", "B8": "bench_db", "B14": "bench_cache", "B16": "bench_engine", "B22": "bench_token_flood"}
TARGET = re.compile(r"\s*(<=|>=|<|==|≤|≥)\s*([0-9.]+)")


def measure(run, row):
    binary = ROOT / "build/release/tests/performance" / PROGRAMS[row]
    if not binary.exists():
        raise RuntimeError(f"{PROGRAMS[row]} is not built (there is no such target yet)")
    environment = dict(os.environ) | ({"MITA_BENCH_QUICK": "1"} if run.quick else {})
    figures = {}
    for _ in range(1 if run.quick or row == "B22" else 3):  # two minutes of signatures
        with cpus.on(cpus.ALL if row in ("B8", "B14") else cpus.UNDER_TEST):
            done = subprocess.run([str(binary)], capture_output=True, text=True, env=environment, timeout=1200)
        if done.returncode:
            raise WrongAnswer(f"{PROGRAMS[row]} ended with {done.returncode}: {(done.stderr or done.stdout).strip()[-500:]}")
        for line in done.stdout.splitlines():
            if not line.startswith("{"):
                continue
            seen = json.loads(line)
            if seen.get("goal") != row:
                continue
            what = seen.get("what", row)
            if what not in figures:
                sign, bound = None, None
                if found := TARGET.match(seen.get("target", "")):
                    sign, bound = {"≤": "<=", "≥": ">="}.get(found[1], found[1]), float(found[2])
                unit = {"ratio": "×"}.get(seen.get("unit", ""), seen.get("unit", ""))
                figures[what] = Figure(row, what, unit if unit in ("×", "%") else f" {unit}".rstrip(), [], seen.get("target", ""), (sign, bound) if sign else None,
                                       seen.get("peer", ""), digits=seen.get("digits", 2), detail={"runs": []})
            figures[what].rounds.append(float(seen["value"]))
            figures[what].detail["runs"].append(seen)
    if not figures:
        raise RuntimeError(f"{PROGRAMS[row]} printed no figure of {row}")
    return list(figures.values())


ROWS = {row: (lambda run, row=row: measure(run, row)) for row in PROGRAMS}
