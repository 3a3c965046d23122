"""A pgbouncer in transaction mode before the cluster, for runs with MITA_POOLER=pgbouncer: the services speak to it, migrations to the server itself."""
import os
import pathlib
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile

from .cluster import free_port
from .service import _die_with_the_tests
from .waiting import until

# Few server connections for many clients, so that a session's next transaction really comes on another one.
SETTINGS = {"listen_addr": "127.0.0.1", "auth_type": "scram-sha-256", "pool_mode": "transaction", "default_pool_size": 8, "max_client_conn": 500,
            "unix_socket_dir": "", "ignore_startup_parameters": "options,extra_float_digits",
            "idle_transaction_timeout": 5, "query_timeout": 2, "log_connections": 0, "log_disconnections": 0}


class Pooler:
    def __init__(self, cluster):
        self.cluster, self.port = cluster, free_port()
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="mita-pgbouncer-"))
        users = "".join(f'"mita_{who}" "{password}"\n' for who, password in cluster.passwords.items())
        (self.home / "users").write_text(users)
        lines = [f"{k} = {v}" for k, v in {**SETTINGS, "listen_port": self.port, "auth_file": self.home / "users", "logfile": self.home / "log"}.items()]
        (self.home / "ini").write_text(f"[databases]\nmita = host=127.0.0.1 port={cluster.port}\n[pgbouncer]\n" + "\n".join(lines) + "\n")
        if os.geteuid() == 0:  # it refuses to run as root
            who = pwd.getpwnam("postgres")
            for path in (self.home, *self.home.iterdir()):
                os.chown(path, who.pw_uid, who.pw_gid)
        self.process = subprocess.Popen(cluster._as_owner("/usr/sbin/pgbouncer", "-q", str(self.home / "ini")), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL, cwd="/", preexec_fn=_die_with_the_tests)
        until(self._listens, 10, "pgbouncer")

    def _listens(self):
        assert self.process.poll() is None, (self.home / "log").read_text()
        with socket.socket() as s:
            return s.connect_ex(("127.0.0.1", self.port)) == 0

    def url(self, who):
        return self.cluster.url(who).replace(f":{self.cluster.port}/", f":{self.port}/")

    def close(self):
        self.process.send_signal(signal.SIGINT)
        self.process.wait(10)
        shutil.rmtree(self.home, ignore_errors=True)
