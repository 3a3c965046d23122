"""Calls of the load generator (loadgen.cpp), whose answers are checked there."""
import json
import os
import subprocess
import tempfile

from mita.service import ROOT

from . import cpus
from .figures import WrongAnswer

BINARY = ROOT / "build/release/tests/performance/loadgen"
OVERLOADED = {"503": {"header": "Retry-After"}, "429": {"header": "Retry-After"}}


def request(method, target, expect, token=None, body=None, headers=None):
    """One line of the generator's file. expect: {"200": {"equals"|"contains"|"header": …}}."""
    head = dict(headers or {})
    if token:
        head["Authorization"] = f"Bearer {token}"
    if body is not None:
        head.setdefault("Content-Type", "application/json")
        body = body if isinstance(body, str) else json.dumps(body)
    return {"method": method, "target": target, "headers": head, "body": body or "", "expect": expect}


_running = set()


def stop_all():
    """Generators that an interrupted row left behind."""
    for load in list(_running):
        load.stop()


class Load:
    """A running generator; punctual: before all else on its core. finish() gives its report and insists that every answer was right."""

    def __init__(self, port, requests, punctual=False, **options):
        self.file = tempfile.NamedTemporaryFile("w", prefix="mita-load-", suffix=".jsonl")
        self.file.writelines(json.dumps(r) + "\n" for r in requests)
        self.file.flush()
        words = [str(BINARY), "--port", str(port), "--requests", self.file.name]
        for name, value in options.items():
            words += [f"--{name}"] if value is True else [f"--{name}", str(value)]
        with cpus.on(cpus.BESIDE):
            self.process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, "LC_ALL": "C"})
        _running.add(self)
        if punctual:
            self._never_wait_for_a_processor()

    def _never_wait_for_a_processor(self):
        """Latency counts from the intended time: the core that the generator shares with the database and other load must not add to it."""
        try:
            os.sched_setscheduler(self.process.pid, os.SCHED_FIFO, os.sched_param(20))
        except PermissionError:  # not root: the report's generator_late_us says what it cost
            pass

    def finish(self, strict=True):
        out, err = self.process.communicate()
        _running.discard(self)
        self.file.close()
        if self.process.returncode:
            raise RuntimeError(f"load generator: {err.strip()}")
        report = json.loads(out)
        if strict and report["wrong"]:
            raise WrongAnswer(f"{report['wrong']} wrong answers, the first: {report['wrong_sample']}")
        if strict and report["errors"]:
            raise WrongAnswer(f"requests without an answer: {report['errors']}")
        return report

    def stop(self):
        _running.discard(self)
        self.process.kill()
        self.process.wait()
        self.file.close()


def run(port, requests, strict=True, **options):
    load = Load(port, requests, **options)
    try:
        return load.finish(strict)
    except BaseException:
        load.stop()
        raise
