"""The system under test: a private cluster, migrated, and the three services as in production (release preset, real clock), limits off."""
import atexit
import os
import pathlib
import secrets
import shutil
import subprocess
import tempfile
import time

from mita import cluster as clusters
from mita.service import ROOT, Service

from . import cpus
from .people import Api

PRESET = "release"
LIMITS_OFF = {name: "0" for name in ("MITA_RATE_USER", "MITA_RATE_WRITE", "MITA_RATE_LOGIN", "MITA_RATE_REGISTER")}
ORDER = ("auth", "finance", "gateway")
clusters.SETTINGS |= {"shared_preload_libraries": "pg_stat_statements", "shared_buffers": "256MB", "max_wal_size": "4GB", "autovacuum": "off"}


def scratch(name):
    """A directory in memory, so that logs cost the same for everybody."""
    home = pathlib.Path(tempfile.mkdtemp(prefix=name, dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None))
    atexit.register(shutil.rmtree, home, True)
    return home


class System:
    """One for a run of rows. Everything it starts ends with close()."""

    def __init__(self):
        self.logs = scratch("mita-perf-")
        self.closing = []
        with cpus.on(cpus.BESIDE):
            self.cluster = clusters.Cluster()
        self.closing.append(self.cluster.close)
        atexit.register(self.close)  # also when the rest of this constructor fails
        self.cluster.sql("create extension pg_stat_statements")
        self.secrets = {f"MITA_{n}": secrets.token_hex(32) for n in ("AUTH_SECRET", "FINANCE_SECRET", "INTERNAL_TOKEN", "OPS_TOKEN")}
        self.services = {}
        self.ports = {name: (clusters.free_port(), clusters.free_port()) for name in ORDER}  # the same after a restart
        for name in ("auth", "finance"):
            self.migrate(name)

    def migrate(self, name):
        environment = {**os.environ, **self.secrets, "DATABASE_URL": self.cluster.url(), f"MITA_{name.upper()}_DATABASE_URL": self.cluster.url(name)}
        done = subprocess.run([str(ROOT / "build" / PRESET / "bin" / f"mita-{name}"), "migrate"], env=environment, capture_output=True, text=True, timeout=60)
        if done.returncode:
            raise RuntimeError(f"mita-{name} migrate: {done.stdout}{done.stderr}")

    def environment(self, name):
        out = {"MITA_WORKERS": "1", "MITA_INTERNAL_TOKEN": self.secrets["MITA_INTERNAL_TOKEN"], "MITA_PLATFORM": "local"}
        if name == "auth":
            out |= {"MITA_AUTH_SECRET": self.secrets["MITA_AUTH_SECRET"], "MITA_AUTH_DATABASE_URL": self.cluster.url("auth")}
        if name == "finance":
            out |= {"MITA_FINANCE_SECRET": self.secrets["MITA_FINANCE_SECRET"], "MITA_FINANCE_DATABASE_URL": self.cluster.url("finance")}
        if name == "gateway":
            out |= {"MITA_GATEWAY_LISTEN": "127.0.0.1", "MITA_OPS_TOKEN": self.secrets["MITA_OPS_TOKEN"], "MITA_TRUSTED_PROXIES": "127.0.0.1/32", **LIMITS_OFF}
            if "finance" in self.services:
                finance = self.services["finance"]
                out |= {"MITA_FINANCE_URL": f"http://127.0.0.1:{finance.port}", "MITA_FINANCE_INTERNAL_URL": f"http://127.0.0.1:{finance.internal_port}"}
        if name != "auth" and "auth" in self.services:
            auth = self.services["auth"]
            out |= {"MITA_AUTH_URL": f"http://127.0.0.1:{auth.port}", "MITA_AUTH_INTERNAL_URL": f"http://127.0.0.1:{auth.internal_port}"}
        return out

    def start(self, *names, **where):
        """Starts what does not run (of these names) and puts it on its cores: start(auth=cpus.BESIDE). By default all on the core under test."""
        for name in names or ORDER:
            place = where.get(name, cpus.UNDER_TEST)
            if name not in self.services or not self.services[name].alive():
                self.services[name] = self.also(name, place)
            cpus.pin(self.services[name].process.pid, place)
        return self

    def also(self, name, place=None, label=None, **environment):
        """One instance of a service, beside others when it has a label."""
        service = Service(name, PRESET, self.environment(name) | environment, self.logs, label)
        if label is None:
            service.port, service.internal_port = self.ports[name]
        self.closing.append(lambda: self.end(service))
        with cpus.on(place or cpus.UNDER_TEST):
            service.start()
        return service

    def restart(self, *names, **where):
        """Stops these (all without names) and starts them again with the settings of a plain system."""
        for name in reversed(ORDER):
            if name in self.services and (not names or name in names):
                self.end(self.services.pop(name))
        return self.start(**where)

    @staticmethod
    def end(service):
        try:
            service.stop(20)
        except AssertionError as stuck:
            print(f"  {stuck}", flush=True)

    def pids(self, *names):
        return [self.services[n].process.pid for n in names or ORDER]

    @property
    def port(self):
        return self.services["gateway"].port

    def api(self, token=None, port=None):
        return Api(port or self.port, token)

    def forget_logs(self):
        """Per-request logs of a load row are long: their blocks are given back, the services write on."""
        for log in self.logs.glob("*.log"):
            os.truncate(log, 0)

    def statements(self):
        """SQL statements of the services so far."""
        return self.cluster.sql("select coalesce(sum(calls), 0)::bigint from pg_stat_statements s join pg_roles r on r.oid = s.userid "
                                "where r.rolname in ('mita_auth', 'mita_finance')")[0][0]

    def close(self):
        for end in reversed(self.closing):
            try:
                end()
            except Exception as error:  # the rest must end too
                print(f"  while stopping: {error}", flush=True)
        self.closing.clear()
        shutil.rmtree(self.logs, ignore_errors=True)


class Peer:
    """The FastAPI peer on the same cluster: one uvicorn worker on the core under test."""

    def __init__(self, system, style="replaced"):
        self.system, self.secret, self.port = system, secrets.token_hex(32), clusters.free_port()
        here = ROOT / "tests/performance/peer"
        if not system.cluster.sql("select 1 from pg_namespace where nspname = 'peer'"):
            system.cluster.sql((here / "schema.sql").read_text())
        environment = {"PEER_STYLE": style, "PATH": "/usr/bin:/bin", "PEER_DATABASE_URL": system.cluster.url(), "PEER_SECRET": self.secret, "PYTHONDONTWRITEBYTECODE": "1"}
        self.log = system.logs / f"peer-{style}.log"
        with cpus.on(cpus.UNDER_TEST), open(self.log, "wb") as out:
            self.process = subprocess.Popen(["/usr/bin/python3", "-m", "uvicorn", "app:app", "--host", "127.0.0.1", "--port", str(self.port), "--loop", "uvloop", "--http",
                                             "httptools", "--no-access-log", "--log-level", "warning", "--timeout-keep-alive", "75"],
                                            cwd=here, env=environment, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT, start_new_session=True)
        system.closing.append(self.close)
        end = time.monotonic() + 20
        while True:
            try:
                if self.api().get("/readyz").status == 200:
                    return
            except OSError:
                pass
            if self.process.poll() is not None or time.monotonic() > end:
                raise RuntimeError(f"the peer did not start: {self.log.read_text()[-2000:]}")
            time.sleep(0.05)

    def api(self, token=None):
        return Api(self.port, token)

    def close(self):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
