"""The client that npm's openapi-typescript makes of the contract, as the gateway hands it out, compiles strictly and lives a whole account: register, verify, code generator,
passkey, reset, deletion."""
import pathlib
import secrets
import shutil
import subprocess

import pytest

from mita.browser import packages
from mita.client import canaries
from mita.passkey import ORIGIN

HERE = pathlib.Path(__file__).parent / "typescript"


@pytest.fixture(scope="module")
def journey(running, tmp_path_factory):
    """The compiled program."""
    home, modules = tmp_path_factory.mktemp("typescript"), packages()
    for file in HERE.iterdir():
        shutil.copy(file, home)
    (home / "node_modules").symlink_to(modules)
    (home / "package.json").write_text('{"type": "module"}')
    (home / "openapi.json").write_text(running.client().get("/openapi.json").text)
    for words in (("openapi-typescript", "openapi.json", "-o", "client.ts"), ("tsc", "-p", ".")):
        done = subprocess.run([str(modules / ".bin" / words[0]), *words[1:]], cwd=home, capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stdout + done.stderr
    return home / "out/journey.js"


def test_the_generated_client_lives_an_account_from_its_first_day_to_its_last(stack, clock, journey):
    email = f"canary.typed.{secrets.token_hex(6)}@example.org"
    canaries.add(email)
    address = f"http://127.0.0.1:{stack.gateway.port}"
    program = subprocess.Popen(["node", str(journey), address, email, ORIGIN], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        asked, said = [], ""
        for line in program.stdout:
            said = line.strip()
            if said == "done":
                break
            asked.append(said)
            if said == "time":
                clock.advance(seconds=30)  # each step's code is taken once
                answer = int(clock.now().timestamp())
            else:
                answer = stack.mailbox.next(email, where=lambda x: f"/{said.split()[1]}" in x.text).token
            program.stdin.write(f"{answer}\n")
            program.stdin.flush()
        program.stdin.close()
        assert (program.wait(30), said) == (0, "done"), program.stderr.read()
        assert asked == ["letter verify-email", "time", "time", "letter reset-password"]
    finally:
        program.kill()
        program.wait()
    assert stack.cluster.sql("select count(*) from auth.users where email_norm = %s", email) == [(0,)]
