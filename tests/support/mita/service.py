"""One running service: started from the preset's binary, its log captured, stopped, drained, killed and restarted on the same ports."""
import ctypes
import json
import os
import pathlib
import signal
import subprocess
import time

from .waiting import until

_LIBC = ctypes.CDLL(None)
ROOT = pathlib.Path(__file__).resolve().parents[3]


def _die_with_the_tests():
    """In the child: SIGKILL when the thread that started it ends (prctl PR_SET_PDEATHSIG), so that no run leaves a service behind."""
    _LIBC.prctl(1, signal.SIGKILL)


class Service:
    def __init__(self, name, preset, environment, logs, label=None):
        self.name, self.label = name, label or name
        self.binary = ROOT / "build" / preset / "bin" / f"mita-{name}"
        self.slow = 6 if preset in ("asan", "tsan") else 1  # sanitizers start and answer later
        self.environment = dict(environment)
        self.logs = pathlib.Path(logs)
        self.process, self.port, self.internal_port, self.generation = None, None, None, 0

    def start(self, wait_ready=True, words=(), **more):
        """Starts it; returns when it listens (and is ready). The first start takes any free port, later ones the same."""
        assert self.process is None or self.process.poll() is not None, f"{self.label} runs already"
        if not self.binary.exists():
            raise RuntimeError(f"{self.binary} is not built: cmake --build --preset ... --target mita-{self.name}")
        self._run(words, more)
        event = self.wait_event("listening", 10)
        self.port, self.internal_port = event["port"], event["internal_port"]
        if wait_ready:
            self.wait_event("ready", 15)
        return self

    def replace(self, **more):
        """A new process takes our ports and ends the old one once it is ready; returns the old one's exit status."""
        old = self.process
        self._run(("--take-over",), more)
        self.wait_event("ready", 30)
        return old.wait(30 * self.slow)

    def _run(self, words, more):
        upper = self.name.upper()
        environment = {k: v for k, v in os.environ.items() if not k.startswith("MITA_") and k not in ("DATABASE_URL", "PORT", "WEB_CONCURRENCY")}
        environment |= self.environment | more
        environment[f"MITA_{upper}_PORT"] = str(self.port or 0)
        environment[f"MITA_{upper}_INTERNAL_PORT"] = str(self.internal_port or 0)
        self.generation += 1
        self.log_file = self.logs / f"{self.label}.{self.generation}.log"
        self.log_file.write_bytes(b"")
        with open(self.log_file, "ab") as out:  # nobody who writes to it still leaves a hole
            self.process = subprocess.Popen([str(self.binary), "serve", *words], env=environment, stdin=subprocess.DEVNULL, stdout=out,
                                            stderr=subprocess.STDOUT, cwd=self.logs, start_new_session=True,
                                            preexec_fn=_die_with_the_tests)

    def events(self):
        """The JSON lines logged since the last start."""
        for line in self.log_file.read_bytes().splitlines():
            try:
                yield json.loads(line)
            except ValueError:
                continue

    def wait_event(self, name, seconds):
        def found():
            if self.process.poll() is not None:
                raise RuntimeError(f"{self.label} ended with {self.process.returncode}:\n{self.log_file.read_text(errors='replace')[-3000:]}")
            return next((e for e in self.events() if e.get("event") == name), None)
        return until(found, seconds * self.slow, f"event {name} of {self.label}")

    def alive(self):
        return self.process is not None and self.process.poll() is None

    def kill(self):
        """kill -9."""
        if self.alive():
            self.process.kill()
        if self.process:
            self.process.wait()

    def terminate(self):
        """Sends SIGTERM and does not wait."""
        self.process.send_signal(signal.SIGTERM)

    def stop(self, seconds=20):
        """SIGTERM, then waits for a clean end; returns the exit status. A service that does not end is killed and is a failure."""
        if self.process is None:
            return None
        if self.alive():
            self.terminate()
        end = time.monotonic() + seconds * self.slow
        try:
            return self.process.wait(max(0.0, end - time.monotonic()))
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"{self.label} did not end within {seconds} s of SIGTERM")
