"""Prometheus' own checker. Debian's package brings a server that would start, too: only the tool is taken out of it, once, into build/tools."""
import fcntl
import pathlib
import shutil
import subprocess
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[3]
KEPT = ROOT / "build/tools/promtool"


def promtool():
    """Its path. Raises when it is neither installed nor to be had from the package mirror."""
    installed = shutil.which("promtool")
    if installed:
        return installed
    KEPT.parent.mkdir(parents=True, exist_ok=True)
    with open(KEPT.parent / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not KEPT.exists():
            _take_out_of_the_package()
    return str(KEPT)


def _take_out_of_the_package():
    with tempfile.TemporaryDirectory(dir=KEPT.parent) as place:
        def run(*command):
            return subprocess.run(command, cwd=place, capture_output=True, text=True)

        got = run("apt-get", "download", "prometheus")
        if got.returncode:  # no lists yet
            run("apt-get", "update")
            got = run("apt-get", "download", "prometheus")
        assert got.returncode == 0, f"promtool is not installed and its package is not to be had: {got.stderr}"
        package, = pathlib.Path(place).glob("prometheus_*.deb")
        done = run("dpkg-deb", "-x", str(package), "out")
        assert done.returncode == 0, done.stderr
        shutil.move(pathlib.Path(place) / "out/usr/bin/promtool", KEPT)


def check(*arguments, text=None):
    """(status, what it said)"""
    done = subprocess.run([promtool(), *arguments], input=text, capture_output=True, text=True, timeout=300)
    return done.returncode, done.stdout + done.stderr


def expressions_check(expressions):
    """What is wrong with these PromQL expressions, '' when nothing is: each parsed as a recording rule's."""
    import yaml

    rules = [{"record": f"parsed:{i}", "expr": expression} for i, expression in enumerate(expressions)]
    with tempfile.NamedTemporaryFile("w", suffix=".yml") as file:
        yaml.safe_dump({"groups": [{"name": "parsed", "rules": rules}]}, file)
        file.flush()
        status, said = check("check", "rules", file.name)
    return "" if status == 0 else said
