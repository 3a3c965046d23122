"""One private PostgreSQL cluster for a run: made in a temporary directory, loopback only, a free port, gone at the end."""
import os
import pathlib
import pwd
import secrets
import select
import shutil
import socket
import subprocess
import tempfile
import threading
from contextlib import contextmanager

import psycopg2

BIN = pathlib.Path("/usr/lib/postgresql/15/bin")
# A process crash loses nothing without fsync (the kernel has the pages), and a machine crash is not what is tested.
SETTINGS = {"fsync": "off", "full_page_writes": "off", "max_connections": "100", "listen_addresses": "127.0.0.1", "shared_buffers": "64MB",
            "log_min_messages": "warning", "timezone": "UTC"}


def free_port():
    """A port nobody listens on, below the range the kernel gives to outgoing connections, so that a restart finds it free again."""
    while True:
        port = 15000 + secrets.randbelow(17000)
        with socket.socket() as s:
            try:
                s.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue


class Cluster:
    def __init__(self):
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="mita-pg-"))
        self.data = self.home / "data"
        self.port = free_port()
        self.passwords = {name: secrets.token_hex(24) for name in ("owner", "auth", "finance")}
        self.root = os.geteuid() == 0
        self._kept = threading.local()
        self._guard()
        if self.root:
            who = pwd.getpwnam("postgres")
            os.chown(self.home, who.pw_uid, who.pw_gid)
        self._run("initdb", "-D", self.data, "-U", "mita_owner", "--auth=trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")
        self.start()
        with self.connect("postgres") as c:
            c.cursor().execute(f"alter role mita_owner password '{self.passwords['owner']}'")
        with self.connect("postgres") as c:
            c.cursor().execute("create database mita")
        (self.data / "pg_hba.conf").write_text("host all all 127.0.0.1/32 scram-sha-256\n")
        self._run("pg_ctl", "-D", self.data, "reload")

    def _run(self, tool, *arguments):
        self.as_server(BIN / tool, *arguments)

    def as_server(self, *command):
        """Runs it as the user whom the server runs as; RuntimeError when it fails."""
        # Its output goes to a file: a server that it starts keeps a pipe open.
        with tempfile.TemporaryFile("w+") as said:
            done = subprocess.run(self._as_owner(*map(str, command)), cwd="/", stdin=subprocess.DEVNULL, stdout=said, stderr=subprocess.STDOUT)
            if done.returncode:
                said.seek(0)
                log = self.home / "log"
                raise RuntimeError(f"{command[0]}: {said.read()}\n{log.read_text()[-2000:] if log.exists() else ''}")

    def _as_owner(self, *command):
        return ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups", *command] if self.root else list(command)

    def _guard(self):
        """When this process ends without close(), however it ends, the cluster is stopped and deleted: its end of the pipe closes then."""
        stop = f'read _; "{BIN}/pg_ctl" -D "{self.data}" -m immediate stop; rm -rf "{self.home}"'
        self.guard = subprocess.Popen(self._as_owner("sh", "-c", stop), cwd="/", stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                      start_new_session=True)

    def start(self):
        options = " ".join(f"-c {k}={v}" for k, v in SETTINGS.items()) + f" -p {self.port} -c unix_socket_directories=''"
        self._run("pg_ctl", "-D", self.data, "-l", self.home / "log", "-w", "-t", 30, "-o", options, "start")

    def stop(self, mode="fast"):
        self._run("pg_ctl", "-D", self.data, "-m", mode, "-w", "-t", 30, "stop")

    def close(self):
        """Stops the cluster and deletes it."""
        self.guard.stdin.close()
        self.guard.wait()
        shutil.rmtree(self.home, ignore_errors=True)

    def url(self, who="owner", database="mita"):
        return f"postgresql://mita_{who}:{self.passwords[who]}@127.0.0.1:{self.port}/{database}"

    def _connected(self, database="mita"):
        c = psycopg2.connect(host="127.0.0.1", port=self.port, user="mita_owner", password=self.passwords["owner"], dbname=database)
        c.autocommit = True
        return c

    @contextmanager
    def connect(self, database="mita"):
        c = self._connected(database)
        try:
            yield c
        finally:
            c.close()

    def sql(self, query, *values):
        """All rows of one statement, as the owner. The thread keeps its connection, for making one costs more than most statements; what sets
        something for a session, or begins a transaction, has one of its own."""
        if query.startswith(("set ", "begin")):
            with self.connect() as own:
                return self._rows(own, query, values)
        kept = getattr(self._kept, "connection", None)
        # An idle connection with something to read has been told that the server ends it.
        if kept is None or kept.closed or select.select([kept], [], [], 0)[0]:
            kept = self._kept.connection = self._connected()
        return self._rows(kept, query, values)

    @staticmethod
    def _rows(connection, query, values):
        with connection.cursor() as cursor:
            cursor.execute(query, values)
            return cursor.fetchall() if cursor.description else []
