"""The image that the Dockerfile makes: whole, hardened, and living as docker-compose.yml and its own CMD start it."""
import pathlib
import subprocess

import pytest
from containers import COMPOSE, IMAGE, TOLD, Container

from mita.outside import journey
from mita.waiting import until

BINARIES = ("mita-auth", "mita-finance", "mita-gateway")


@pytest.fixture
def containers(place, tmp_path):
    """start(label, command, environment) with the files of the compose secrets; what still runs at the end is killed."""
    running = []
    secrets = tmp_path / "secrets"
    secrets.mkdir()
    for name, where in COMPOSE["secrets"].items():
        (secrets / name).write_bytes((place / where["file"]).read_bytes())
        (secrets / name).chmod(0o644)
    tmp_path.chmod(0o755)
    secrets.chmod(0o755)

    def start(label, command, environment):
        running.append(Container(label, command, {k: str(v) for k, v in environment.items()}, secrets, place / "hosts", tmp_path))
        return running[-1]
    yield start
    for container in running:
        container.kill()


@pytest.mark.parametrize("binary", BINARIES)
def test_every_library_of_a_binary_is_in_the_image(binary):
    seen = subprocess.run(["chroot", IMAGE, "ldd", f"/usr/local/bin/{binary}"], capture_output=True, text=True)
    assert seen.returncode == 0 and "not found" not in seen.stdout, seen


@pytest.mark.parametrize("binary", BINARIES)
def test_binaries_are_position_independent_with_relocations_read_only_and_bound_at_start(binary):
    seen = subprocess.run(["readelf", "-hldW", IMAGE / "usr/local/bin" / binary], capture_output=True, text=True, check=True).stdout
    assert "DYN (Position-Independent Executable file)" in seen and "GNU_RELRO" in seen and "BIND_NOW" in seen
    assert "GNU_STACK" in seen and "RWE" not in seen
    assert ".symtab" not in subprocess.run(["readelf", "-SW", IMAGE / "usr/local/bin" / binary], capture_output=True, text=True, check=True).stdout


def test_what_only_building_needs_is_not_in_the_image():
    assert not [name for name in ("clang-19", "ld.lld-19", "cmake", "ninja", "gcc") if (IMAGE / "usr/bin" / name).exists()]
    assert (IMAGE / "usr/share/doc/mita/python3-zxcvbn.copyright").stat().st_size > 0


def test_compose_starts_migrates_serves_and_stops_confined(containers):
    def compose(name):
        service = COMPOSE["services"][name]
        return containers(name, service["command"], service["environment"])

    assert compose("migrate").wait(60) == 0
    up = {}
    for name in ("auth", "finance", "gateway"):  # in the order of depends_on: each when those before are healthy
        up[name] = compose(name)
        check = COMPOSE["services"][name]["healthcheck"]["test"][1:]
        until(lambda c=up[name]: c.execute(*check)[0] == 0, 20, f"a healthy {name}", pause=0.3)
        seen = up[name].status()
        assert seen["Uid"].split() == ["10001"] * 4 and int(seen["CapBnd"], 16) == int(seen["CapEff"], 16) == 0 and seen["NoNewPrivs"] == "1"
        status, said = up[name].execute("sh", "-c", "touch /usr/local/bin/x /run/secrets/x")
        assert status != 0 and said.count("Read-only file system") == 2, said
    journey(8080)
    for name in ("gateway", "finance", "auth"):
        assert up[name].stop() == 0, up[name]


def test_one_container_serves_on_port_and_ends_cleanly(containers, place):
    secret = lambda name: (place / ".local/secrets" / name).read_text()
    one = containers("one", TOLD["CMD"], {"DATABASE_URL": secret("compose_database_url"), "MITA_AUTH_SECRET": secret("auth"), "MITA_FINANCE_SECRET": secret("finance"), "PORT": "9000"})
    assert TOLD["USER"] == "10001:10001"
    until(lambda: one.execute(*TOLD["HEALTHCHECK"])[0] == 0, 30, "a healthy container", pause=0.3)
    journey(9000)
    assert one.stop() == 0, one
    assert '"listening"' in pathlib.Path(one.log).read_text()
