"""deploy/local's own functions, each in a shell with a state folder of its own: what runs, and where the services are told to find each other."""
import os
import subprocess

from mita.service import ROOT


def shell(state, script, **environment):
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("MITA_") and k != "DATABASE_URL"}
    done = subprocess.run(["bash", "-c", f'. "{ROOT}/deploy/local/common.sh"; state="{state}"; mkdir -p "$state/run"; {script}'], env=inherited | environment,
                          capture_output=True, text=True, timeout=30)
    assert done.stderr == "", done.stderr
    return done.stdout


ALIVE = "if alive auth; then echo alive; else echo dead; fi"


def begun(tmp_path, pid):
    (tmp_path / "run").mkdir(exist_ok=True)
    (tmp_path / "run/auth.pid").write_text(f"{pid}\n")
    shell(tmp_path, f'begun_at {pid} >"$state/run/auth.begun"')


def test_a_service_that_was_killed_and_that_nobody_reaped_is_not_alive(tmp_path):
    child = subprocess.Popen(["sleep", "1000"])
    try:
        begun(tmp_path, child.pid)
        assert shell(tmp_path, ALIVE) == "alive\n"
        child.kill()
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)  # dead, and a zombie still
        assert shell(tmp_path, f"kill -0 {child.pid} && {ALIVE}") == "dead\n"
    finally:
        child.kill()
        child.wait()
    assert shell(tmp_path, ALIVE) == "dead\n"


def test_a_stranger_who_got_a_services_number_is_not_that_service(tmp_path):
    child = subprocess.Popen(["sleep", "1000"])
    try:
        begun(tmp_path, child.pid)
        (tmp_path / "run/auth.begun").write_text("1\n")
        assert shell(tmp_path, ALIVE) == "dead\n"
        (tmp_path / "run/auth.begun").unlink()  # of an `up` that did not write it yet
        assert shell(tmp_path, ALIVE) == "alive\n"
    finally:
        child.kill()
        child.wait()


def test_without_a_number_nothing_is_alive(tmp_path):
    assert shell(tmp_path, ALIVE) == "dead\n"
    (tmp_path / "run/auth.pid").write_text("")
    assert shell(tmp_path, ALIVE) == "dead\n"


def test_another_port_is_told_to_everybody_who_asks_there(tmp_path):
    ports = {f"MITA_{name}_PORT": str(9100 + i) for i, name in enumerate(("AUTH", "FINANCE", "AUTH_INTERNAL", "FINANCE_INTERNAL"))}
    told = shell(tmp_path, "services_env; env", DATABASE_URL="postgresql://o:p@127.0.0.1:1/mita", **ports)
    seen = dict(line.split("=", 1) for line in told.splitlines() if line.startswith("MITA_"))
    for name, port in ports.items():
        assert seen[name.replace("_PORT", "_URL")] == f"http://127.0.0.1:{port}"
    told = shell(tmp_path, "services_env; env", DATABASE_URL="postgresql://o:p@127.0.0.1:1/mita", MITA_FINANCE_INTERNAL_URL="http://10.0.0.9:1")
    assert "MITA_FINANCE_INTERNAL_URL=http://10.0.0.9:1\n" in told
