"""The whole system for a run: cluster, migrations, auth, finance, gateway, clock, secrets. Tests add services of their own beside it."""
import os
import pathlib
import secrets
import subprocess
import tempfile

from .client import Client
from .clock import Clock
from .cluster import Cluster, free_port
from .contract import Contract
from .mailbox import FROM, PUBLIC_URL, Mailbox
from .metrics import samples
from .people import Person
from .pooler import Pooler
from .service import ROOT, Service
from .waiting import until

LIMITS_OFF = {name: "0" for name in ("MITA_RATE_USER", "MITA_RATE_WRITE", "MITA_RATE_LOGIN", "MITA_RATE_REGISTER")}


class Stack:
    def __init__(self, preset):
        self.preset = preset
        self.presets = {"gateway": os.environ.get("MITA_GATEWAY_PRESET", preset)}  # others are of `preset`
        self.logs = pathlib.Path(tempfile.mkdtemp(prefix="mita-logs-"))
        self.cluster = Cluster()
        self.pooler = Pooler(self.cluster) if os.environ.get("MITA_POOLER") == "pgbouncer" else None
        self.contract = Contract()
        self.clock = Clock(self.logs / "clock")
        self.mailbox = Mailbox(self.logs / "mail")
        self.secrets = {name: secrets.token_hex(32) for name in ("MITA_AUTH_SECRET", "MITA_FINANCE_SECRET", "MITA_INTERNAL_TOKEN", "MITA_OPS_TOKEN")}
        self.others = []
        self.finance_inside = free_port()  # auth is told before finance is there
        for name in ("auth", "finance"):
            self.migrate(name)
        self.auth = self.service("auth").start()
        self.finance = self.service("finance")
        self.finance.internal_port = self.finance_inside
        self.finance.start()
        self.gateway = self.service("gateway").start()
        self.services = (self.auth, self.finance, self.gateway)

    def environment(self, name, auth=None, finance=None):
        """Only what this service may know. `auth`, `finance`: other instances than the stack's own."""
        out = {"MITA_ENV": "test", "MITA_CLOCK_FILE": str(self.clock.path), "MITA_WORKERS": "2", "MITA_INTERNAL_TOKEN": self.secrets["MITA_INTERNAL_TOKEN"],
               "MITA_DRAIN_MS": "10000", "MITA_PLATFORM": "local"}
        if self.presets.get(name, self.preset) == "asan":
            out["ASAN_OPTIONS"] = "detect_leaks=1:abort_on_error=0"
        if self.presets.get(name, self.preset) == "tsan":
            out["TSAN_OPTIONS"] = "exitcode=66"  # a report ends the service, when it is stopped, with this
        if name == "auth":
            out |= {"MITA_FINANCE_INTERNAL_URL": f"http://127.0.0.1:{finance.internal_port if finance else self.finance_inside}", "MITA_ERASURE_POLL_MS": "50",
                    "MITA_AUTH_SECRET": self.secrets["MITA_AUTH_SECRET"], "MITA_AUTH_DATABASE_URL": self.database("auth"), "MITA_BCRYPT_COST": "4",
                    "MITA_MAIL_URL": f"file://{self.mailbox.folder}", "MITA_MAIL_FROM": f"MITA <{FROM}>", "MITA_PUBLIC_URL": PUBLIC_URL, "MITA_MAIL_POLL_MS": "50"}
        else:
            auth = auth or self.auth
            out |= {"MITA_AUTH_URL": f"http://127.0.0.1:{auth.port}", "MITA_AUTH_INTERNAL_URL": f"http://127.0.0.1:{auth.internal_port}"}
        if name == "finance":
            out |= {"MITA_FINANCE_SECRET": self.secrets["MITA_FINANCE_SECRET"], "MITA_FINANCE_DATABASE_URL": self.database("finance")}
        if self.pooler and name != "gateway":
            out["MITA_DB_PREPARED"] = "off"
        if name == "gateway":
            finance = finance or self.finance
            out |= {"MITA_FINANCE_URL": f"http://127.0.0.1:{finance.port}", "MITA_GATEWAY_LISTEN": "127.0.0.1", "MITA_OPS_TOKEN": self.secrets["MITA_OPS_TOKEN"],
                    # Not among the agreed names, harmless when unread: where the gateway may ask finance's readiness.
                    "MITA_FINANCE_INTERNAL_URL": f"http://127.0.0.1:{finance.internal_port}", **LIMITS_OFF}
        return out

    def database(self, name):
        """Where a service finds it: at the pooler when there is one."""
        return self.pooler.url(name) if self.pooler else self.cluster.url(name)

    def binary(self, name):
        return ROOT / "build" / self.presets.get(name, self.preset) / "bin" / f"mita-{name}"

    def service(self, name, label=None, auth=None, finance=None, **more):
        service = Service(name, self.presets.get(name, self.preset), self.environment(name, auth, finance) | more, self.logs, label)
        service.binary = self.binary(name)
        return service

    def migrate(self, name, database="mita"):
        """Runs `mita-<name> migrate` as the owner of the database."""
        binary = self.binary(name)
        if not binary.exists():
            raise RuntimeError(f"{binary} is not built")
        environment = {**os.environ, **self.secrets, "DATABASE_URL": self.cluster.url(database=database),
                       f"MITA_{name.upper()}_DATABASE_URL": self.cluster.url(name, database), "MITA_ENV": "test"}
        done = subprocess.run([str(binary), "migrate"], env=environment, capture_output=True, text=True, timeout=60)
        if done.returncode:
            raise RuntimeError(f"mita-{name} migrate: {done.stdout}{done.stderr}")
        return done

    def operate(self, name, *words, status=0, stdin=None, **environment):
        """A command of an operator, with the settings of the service; what it printed."""
        settings = {k: v for k, v in os.environ.items() if not k.startswith("MITA_")} | self.environment(name) | environment
        done = subprocess.run([str(self.binary(name)), *words], env=settings, capture_output=True, text=True, timeout=60, input=stdin)
        assert done.returncode == status, done.stdout + done.stderr
        return done.stdout + done.stderr

    def also(self, name, label, auth=None, finance=None, **environment):
        """One more instance beside the stack's own, stopped at the end of the run (or by the test)."""
        service = self.service(name, label, auth, finance, **environment)
        self.others.append(service)
        return service

    def client(self, service=None, token=None):
        return Client(service or self.gateway, self.contract, token)

    def person(self, **more):
        """A new person, registered through the gateway, signed in."""
        return Person(self, **more)

    def heal(self):
        """Brings back what a test left dead and waits until all is ready."""
        dead = [service for service in self.services if not service.alive()]
        for service in dead:
            service.start(wait_ready=False)
        self.wait_ready()
        if self.auth in dead:
            self.wait_followed()

    def wait_followed(self, seconds=15):
        """Until finance and gateway hear of revocations again: each was silent for up to its limit (C7), after which it refuses writes."""
        def lag(service):
            return samples(Client(service, self.contract).get("/metrics", internal=True).text)[f"mita_{service.name}_revocation_lag_seconds"]

        for service in (self.finance, self.gateway):
            until(lambda s=service: lag(s) < 3, seconds * service.slow, f"{service.label} following auth")

    def wait_ready(self, seconds=15):
        for service in self.services:
            until(lambda s=service: Client(s, self.contract).get("/readyz", check=False).status == 200, seconds * service.slow, f"{service.label} ready")

    def close(self):
        statuses = {}
        for service in (*reversed(self.services), *self.others):
            try:
                statuses[service.label] = service.stop()
            except AssertionError as error:
                statuses[service.label] = str(error)
        if self.pooler:
            self.pooler.close()
        self.cluster.close()
        return statuses
