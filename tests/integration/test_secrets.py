"""T13 and house rules: a password leaves no trace in the memory of the service that checked it; a wrong MITA_AUTH_SECRET is said and ends it."""
import re
import secrets

import pytest

from mita.client import canaries, expect
from mita.command import ENOUGH, command, table
from mita.people import RUN


def memory_of(pid):
    """All that the process can write, as it is now."""
    with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb", 0) as memory:
        for line in maps:
            begin, end, mode = re.match(r"([0-9a-f]+)-([0-9a-f]+) (\S+)", line).groups()
            if not mode.startswith("rw") or "[vvar" in line:
                continue
            memory.seek(int(begin, 16))
            try:
                yield memory.read(int(end, 16) - int(begin, 16))
            except OSError:
                continue


@pytest.mark.parametrize("length", [12, 24, 100])
def test_T13_no_password_is_left_in_memory_after_a_registration_and_logins(stack, length):
    """Alone and among others; the right one, a wrong one and one that was refused."""
    if stack.auth.slow > 1:
        pytest.skip("a sanitizer's shadow is terabytes, and its quarantine keeps what was freed")
    auth = stack.also("auth", f"auth-wiped-{length}").start()
    make = lambda: (secrets.token_hex(60) + "Kq")[-length:]
    right, wrong, refused = make(), make(), make()
    email = f"wiped{length}.{RUN}@example.org"
    canaries.update({email, right, wrong, refused})
    client = stack.client(auth)
    expect(client.post("/v1/auth/register", {"email": email, "password": right}), 201)
    expect(client.post("/v1/auth/login", {"email": email, "password": right}), 200)
    expect(client.post("/v1/auth/login", {"email": email, "password": wrong}), 401)
    expect(client.post("/v1/auth/register", {"email": "no address", "password": refused}, valid=False), 422)
    for what, password in (("right", right), ("wrong", wrong), ("refused", refused)):
        found = sum(block.count(password.encode()) for block in memory_of(auth.process.pid))
        assert found == 0, f"the {what} password stands {found} times in memory"
    auth.stop()


def test_a_wrong_MITA_AUTH_SECRET_is_said_at_once_and_ends_serve_with_2(stack):
    auth = stack.also("auth", "auth-wrong-secret", MITA_AUTH_SECRET="canary-" + secrets.token_hex(30))
    auth.start(wait_ready=False)
    assert auth.process.wait(10 * auth.slow) == 2
    text = auth.log_file.read_text()
    said = next(e for e in auth.events() if e["event"] == "auth_secret_wrong")
    assert said["level"] == "error" and "MITA_AUTH_SECRET" in said["reason"]
    assert "mita-auth: MITA_AUTH_SECRET is not the secret" in text
    assert not any(e["event"] == "ready" for e in auth.events())
    stack.others.remove(auth)  # its status is what was tested
    auth.log_file.unlink()  # what is said to a person on stderr is no JSON


def test_MITA_JWT_ALGORITHM_that_is_not_the_active_keys_is_said(stack):
    auth = stack.also("auth", "auth-other-algorithm", MITA_JWT_ALGORITHM="EdDSA").start()
    said = next(e for e in auth.events() if e["event"] == "jwt_algorithm_differs")
    assert said["MITA_JWT_ALGORITHM"] == "EdDSA" and said["active_key"] == "ES256"
    auth.stop()


def test_config_says_that_MITA_JWT_ALGORITHM_is_not_the_active_keys(stack, preset):
    def config(**more):
        done = command(preset, "auth", "config", **ENOUGH | {"MITA_AUTH_DATABASE_URL": stack.auth.environment["MITA_AUTH_DATABASE_URL"]} | more)
        assert done.returncode == 0 and table(done)["MITA_JWT_ALGORITHM"] == (more.get("MITA_JWT_ALGORITHM", "ES256"), "env" if more else "default")
        return done.stderr.decode()

    assert config() == config(MITA_JWT_ALGORITHM="ES256") == ""
    assert config(MITA_JWT_ALGORITHM="EdDSA") == ("MITA_JWT_ALGORITHM is EdDSA, the active key's algorithm ES256: "
                                                  "that key signs until keys are rotated, the setting is for new ones\n")


def test_config_says_that_the_active_key_cannot_be_asked_for_when_its_algorithm_is_given(preset):
    done = command(preset, "auth", "config", **ENOUGH | {"MITA_JWT_ALGORITHM": "EdDSA"})
    assert done.returncode == 0
    assert done.stderr.decode().startswith("MITA_JWT_ALGORITHM is for new keys; the active one cannot be asked for: ")
    assert len(done.stderr.splitlines()) == 1
