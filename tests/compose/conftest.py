"""The suite `compose`: run by tests/run compose as root; docker-compose.yml on a real engine."""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

import pytest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE)]

from engine import Engine  # noqa: E402

from mita.cluster import free_port  # noqa: E402
from mita.service import ROOT  # noqa: E402


@pytest.fixture(scope="session")
def engine():
    it = Engine()
    try:
        it.bases()
        it.mita()
        yield it
    finally:
        it.end()


class Deployment:
    """A checkout's compose file and deploy/ in a folder of its own, with secrets of its own, as a project of its own."""

    def __init__(self):
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="mita-compose-"))
        self.port, self.project = free_port(), self.home.name
        shutil.copy(ROOT / "docker-compose.yml", self.home)
        shutil.copytree(ROOT / "deploy", self.home / "deploy")
        subprocess.run([self.home / "deploy/local/secrets"], check=True, capture_output=True)

    def compose(self, *words, check=True):
        done = subprocess.run(["docker-compose", "-p", self.project, *words], cwd=self.home, env={**os.environ, "MITA_PORT": str(self.port)}, capture_output=True, text=True)
        assert done.returncode == 0 or not check, done.stdout + done.stderr
        return done

    def docker(self, *words):
        return subprocess.run(["docker", *words], capture_output=True, text=True, check=True).stdout

    def containers(self, service):
        return self.compose("ps", "-q", service).stdout.split()

    def close(self):
        self.compose("down", "-v", "--timeout", "10", check=False)
        shutil.rmtree(self.home, ignore_errors=True)


@pytest.fixture(scope="module")
def deployed(engine):
    """Up, with two instances of finance."""
    it = Deployment()
    try:
        it.compose("up", "-d", "--no-build", "--scale", "finance=2")
        yield it
    finally:
        it.close()
