"""deploy/systemd: each unit is understood by systemd, exposed no further than 2.0, and wired to what the binaries know."""
import re
import shutil
import subprocess

import pytest
from settings_known import ROOT, SETTINGS

PLACE = ROOT / "deploy/systemd"
SERVICES = ["mita-auth", "mita-finance", "mita-gateway", "mita-migrate"]
UNITS = sorted(p.name for p in PLACE.iterdir() if p.is_file())
needs_systemd = pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not on this machine")


class Unit(dict):
    """{(section, key): [values]} of a unit and its drop-ins; a key may come many times, an empty value forgets what came before."""

    def __init__(self, *paths):
        super().__init__()
        for path in paths:
            section = None
            for line in path.read_text().splitlines():
                if line.startswith("["):
                    section = line.strip("[]")
                elif line and not line.startswith("#"):
                    key, _, value = line.partition("=")
                    self.setdefault((section, key), []).append(value)


def unit(name):
    return Unit(PLACE / f"{name}.service", *sorted((PLACE / "mita-.service.d").iterdir()))


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """A root with the units where deploy/README.md puts them, Debian's own beside them, and something to execute."""
    root = tmp_path_factory.mktemp("root")
    shutil.copytree("/usr/lib/systemd/system", root / "usr/lib/systemd/system", symlinks=True)
    shutil.copytree(PLACE, root / "etc/systemd/system")
    (root / "usr/local/bin").mkdir(parents=True)
    for name in ("mita-auth", "mita-finance", "mita-gateway"):
        shutil.copy("/bin/true", root / "usr/local/bin" / name)
    return root


@needs_systemd
@pytest.mark.parametrize("name", UNITS)
def test_systemd_understands_the_unit(installed, name):
    done = subprocess.run(["systemd-analyze", f"--root={installed}", "--man=no", "verify", f"{installed}/etc/systemd/system/{name}"], capture_output=True, text=True)
    assert done.returncode == 0 and not done.stderr, done.stderr


@needs_systemd
@pytest.mark.parametrize("name", SERVICES)
def test_the_service_is_exposed_no_further_than_two(installed, name):
    done = subprocess.run(["systemd-analyze", "security", f"--root={installed}", "--offline=true", "--threshold=20", "--no-pager", f"{name}.service"], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr
    assert float(re.search(r"exposure level for \S+: ([0-9.]+)", done.stdout).group(1)) <= 2.0


@pytest.mark.parametrize("name", SERVICES)
def test_environment_names_are_settings_and_every_secret_is_a_credential(name):
    found = unit(name)
    credentials = dict(value.split(":", 1) for value in found["Service", "LoadCredential"])
    used = set()
    for assignment in found["Service", "Environment"]:
        key, _, value = assignment.partition("=")
        assert key.removesuffix("_FILE") in SETTINGS and key.endswith("_FILE") and value.startswith("%d/"), assignment
        used.add(value.removeprefix("%d/"))
    assert used == set(credentials)
    assert all(path == f"/etc/mita/credentials/{key}" for key, path in credentials.items())


@pytest.mark.parametrize("name", ["mita-auth", "mita-finance", "mita-gateway"])
def test_the_service_tells_that_it_is_up_is_watched_and_does_not_loop_over_wrong_settings(name):
    found = unit(name)
    assert found["Service", "Type"] == ["notify"] and int(found["Service", "WatchdogSec"][0]) >= 10
    assert found["Service", "ExecStart"] == [f"/usr/local/bin/{name} serve"]
    assert found["Service", "Restart"] == ["on-failure"] and found["Service", "RestartPreventExitStatus"] == ["2"]
    assert int(found["Service", "TimeoutStopSec"][0]) >= 10 + 5 + 5  # drain, closing, something to spare


def test_the_socket_has_the_name_that_the_gateway_looks_for():
    socket = Unit(PLACE / "mita-gateway.socket")
    assert socket["Socket", "FileDescriptorName"] == ["gateway"]
    assert 'http::doors doors(rt, all.set, "gateway"' in (ROOT / "services/gateway/serve.cpp").read_text()
    assert unit("mita-gateway")["Unit", "Requires"] == ["mita-gateway.socket"]


def test_the_target_wants_every_unit():
    wanted = Unit(PLACE / "mita.target")["Unit", "Wants"][0].split()
    assert sorted(wanted) == sorted(set(UNITS) - {"mita.target"})
