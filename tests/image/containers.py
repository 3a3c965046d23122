"""Processes in the image as compose starts them, without an engine: read-only root, tmpfs on /tmp, uid of the image, no capability, no new privileges,
the environment of the compose file and nothing else. All share the network namespace that the suite runs in; /etc/hosts names each of them."""
import json
import os
import pathlib
import signal
import subprocess

import yaml

from mita.service import ROOT, _die_with_the_tests

IMAGE = ROOT / "build/image/last"
TOLD = json.loads((ROOT / "build/image/last.json").read_text())
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

# $1 the image, $2 /etc/hosts, $3 the folder of secrets; the rest is the command.
CONFINED = """set -e
image=$1 hosts=$2 secrets=$3; shift 3
mount --make-rprivate /
mount --bind "$image" "$image"
mount --bind "$hosts" "$image/etc/hosts"
mount -t tmpfs -o mode=755 none "$image/run"
mkdir "$image/run/secrets"
mount --bind "$secrets" "$image/run/secrets"
chmod 755 "$image/run/secrets"
mount -t tmpfs -o mode=1777 none "$image/tmp"
mount -t proc proc "$image/proc"
mount --rbind /dev "$image/dev"
mount -o remount,bind,ro "$image/run/secrets"
mount -o remount,bind,ro "$image"
exec chroot "$image" setpriv --reuid=10001 --regid=10001 --clear-groups --no-new-privs --bounding-set=-all --inh-caps=-all env -i "$@"
"""


def confined(command, environment, secrets, hosts):
    pairs = [f"{k}={v}" for k, v in {"PATH": PATH, **environment}.items()]
    return ["unshare", "--mount", "sh", "-c", CONFINED, "sh", str(IMAGE), str(hosts), str(secrets), *pairs, *command]


class Container:
    """One running command of the image."""

    def __init__(self, label, command, environment, secrets, hosts, logs):
        self.label, self.environment, self.secrets, self.hosts = label, environment, secrets, hosts
        self.log = pathlib.Path(logs) / f"{label}.log"
        with open(self.log, "wb") as out:
            self.process = subprocess.Popen(confined(command, environment, secrets, hosts), stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT,
                                            start_new_session=True, preexec_fn=_die_with_the_tests)

    def execute(self, *command):
        """(status, output) of another command with the same confinement and environment, as a health check runs."""
        done = subprocess.run(confined(command, self.environment, self.secrets, self.hosts), stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30)
        return done.returncode, done.stdout + done.stderr

    def status(self):
        """/proc/PID/status of the command itself: every wrapper exec's."""
        return dict(line.split(":\t", 1) for line in pathlib.Path(f"/proc/{self.process.pid}/status").read_text().splitlines() if ":\t" in line)

    def wait(self, seconds):
        return self.process.wait(seconds)

    def stop(self, seconds=30):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.wait(seconds)

    def kill(self):
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def __repr__(self):
        return f"{self.label}:\n{self.log.read_text(errors='replace')[-3000:]}"
