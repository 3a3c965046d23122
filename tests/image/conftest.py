"""The suite `image`: run by tests/run image, as root, in a network namespace of its own, after dockerfile.py."""
import fcntl
import pathlib
import shutil
import socket
import struct
import subprocess
import sys

import pytest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE)]

from mita.service import ROOT  # noqa: E402


def loopback_up():
    """ip link set lo up (netdevice(7)); a new network namespace has it down."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        name = struct.pack("16sh14x", b"lo", 0)
        flags = struct.unpack("16sh14x", fcntl.ioctl(s, 0x8913, name))[1]  # SIOCGIFFLAGS
        fcntl.ioctl(s, 0x8914, struct.pack("16sh14x", b"lo", flags | 1))  # SIOCSIFFLAGS, IFF_UP


@pytest.fixture(scope="session")
def place(tmp_path_factory):
    """A checkout's deploy/ with secrets of its own, and PostgreSQL on 5432 as compose's `postgres`."""
    loopback_up()
    home = pathlib.Path(subprocess.run(["mktemp", "-d", "/tmp/mita-image-XXXXXX"], capture_output=True, text=True, check=True).stdout.strip())
    home.chmod(0o755)
    shutil.copytree(ROOT / "deploy", home / "deploy")
    subprocess.run([home / "deploy/local/secrets"], check=True, capture_output=True)
    (home / "hosts").write_text("127.0.0.1 localhost postgres auth finance gateway\n")

    def shell(words):
        return subprocess.run(["bash", "-c", f'. "{home}/deploy/local/common.sh"; {words}'], capture_output=True, text=True)

    started = shell("MITA_PG_PORT=5432 pg_start; echo $pg_port")
    assert started.returncode == 0 and started.stdout.strip() == "5432", started
    yield home
    shell('pg_stop; rm -rf "$(pg_home)"')
    shutil.rmtree(home, ignore_errors=True)
