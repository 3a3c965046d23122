"""A Docker engine for the suite `compose`, and its images without any registry.

The engine: the one DOCKER_HOST names or that answers already; else Debian's dockerd, started for the suite and ended with it. Bases: debian:12 and
debian:12-slim by debootstrap and `docker import`; postgres:15-bookworm made of Debian's package with the official image's variables; mita:local by
`docker build` of the Dockerfile. What exists already is taken as it is. MITA_COMPOSE_QUICK=1: the image is made of build/release's binaries (for work
on this suite: minutes less; the Dockerfile's first stage is not proven then).
"""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(ROOT / "tests/image"))

import dockerfile  # noqa: E402


def say(text):
    print(f"==> {text}", file=sys.stderr, flush=True)


class Engine:
    def __init__(self):
        self.process, self.home = None, pathlib.Path(tempfile.mkdtemp(prefix="mita-engine-"))
        if not self.answers():
            self.begin()

    def answers(self):
        return subprocess.run(["docker", "info"], capture_output=True).returncode == 0

    def begin(self):
        """Without iptables: containers reach each other, a published port goes through docker's own proxy, builds use the host's network."""
        os.environ["DOCKER_HOST"] = f"unix://{self.home}/docker.sock"
        keep = ROOT / "build/compose/engine"  # images stay between runs
        keep.mkdir(parents=True, exist_ok=True)
        with open(self.home / "log", "wb") as log:
            self.process = subprocess.Popen(["dockerd", "--iptables=false", "--ip6tables=false", "-H", os.environ["DOCKER_HOST"], "--data-root", str(keep), "--exec-root", str(self.home / "exec"),
                                             "--pidfile", str(self.home / "pid")], stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, start_new_session=True)
        end = time.monotonic() + 60
        while not self.answers():
            if self.process.poll() is not None or time.monotonic() > end:
                raise RuntimeError("dockerd did not start:\n" + (self.home / "log").read_text(errors="replace")[-3000:])
            time.sleep(0.2)

    def end(self):
        if self.process:
            self.process.terminate()
            self.process.wait(60)
        shutil.rmtree(self.home, ignore_errors=True)

    def has(self, image):
        return subprocess.run(["docker", "image", "inspect", image], capture_output=True).returncode == 0

    def build(self, tag, *words):
        done = subprocess.run(["docker", "build", "--network=host", "-t", tag, *map(str, words)], env={**os.environ, "DOCKER_BUILDKIT": "0"}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if done.returncode:
            raise RuntimeError(f"docker build of {tag}:\n{done.stdout[-4000:]}")

    def bases(self):
        for tag in ("debian:12", "debian:12-slim"):
            if not self.has(tag):
                say(f"{tag} by debootstrap")
                dockerfile.PLACE.mkdir(parents=True, exist_ok=True)
                packed = subprocess.Popen(["tar", "-C", str(dockerfile.base()), "-c", "."], stdout=subprocess.PIPE)
                subprocess.run(["docker", "import", "-", tag], stdin=packed.stdout, check=True, capture_output=True)
                if packed.wait():
                    raise RuntimeError("tar of the base failed")
        if not self.has("postgres:15-bookworm"):
            say("postgres:15-bookworm of Debian's package")
            self.build("postgres:15-bookworm", HERE / "postgres")

    def mita(self):
        """mita:local of this checkout."""
        if not os.environ.get("MITA_COMPOSE_QUICK"):
            say("docker build of the Dockerfile: compiles everything")
            self.build("mita:local", ROOT)
            return
        context = self.home / "quick"
        context.mkdir()
        last = (ROOT / "Dockerfile").read_text().split("\nFROM ")[-1]
        last = re.sub(r"^COPY --from=build /usr/share.*\n", "", re.sub(r"^COPY --from=build /src/\S+ .*$", "COPY bin/ /usr/local/bin/", last, flags=re.M), flags=re.M)
        (context / "Dockerfile").write_text("FROM " + last)
        for name in ("mita-auth", "mita-finance", "mita-gateway"):
            (context / "bin").mkdir(exist_ok=True)
            shutil.copy2(ROOT / "build/release/bin" / name, context / "bin" / name)
        (context / "deploy").mkdir()
        shutil.copy2(ROOT / "deploy/start", context / "deploy/start")
        self.build("mita:local", context)
