"""R26: settings are read again while a service runs: what can be is in force at once, what needs a restart is named, and anything wrong leaves all as it was."""
import contextlib
import http.client
import os
import signal
import time

import pytest

from mita.client import Client, expect
from mita.metrics import samples
from mita.waiting import until

PORTS = {name: f"MITA_{name.upper()}_INTERNAL_PORT" for name in ("auth", "finance", "gateway")}
YEAR = 31_536_000


class Told:
    """A service whose settings stand in a file."""

    def __init__(self, stack, name, home, **settings):
        self.stack, self.name, self.file = stack, name, home / f"{name}.settings"
        self.write()
        self.service = stack.also(name, f"{name}-reload", MITA_SETTINGS_FILE=str(self.file), **settings).start()
        self.client = Client(self.service, stack.contract)

    def write(self, text="", **settings):
        half = self.file.with_suffix(".half")
        half.write_text(text + "".join(f"{name}={value}\n" for name, value in settings.items()))
        os.replace(half, self.file)

    def reload(self, status=0, **environment):
        where = {PORTS[self.name]: str(self.service.internal_port)}
        return self.stack.operate(self.name, "reload", status=status, **where, **environment)

    def now(self, text="", **settings):
        self.write(text, **settings)
        return self.reload()

    def shown(self):
        return self.client.get("/health", internal=True).json["platform"]["settings"]

    def count(self, event):
        return sum(e.get("event") == event for e in self.service.events())

    def reloads(self, result):
        return samples(self.client.get("/metrics", internal=True).text)[f'mita_settings_reloads_total{{result="{result}",service="{self.name}"}}']


@pytest.fixture(scope="module")
def told(running, tmp_path_factory):
    running.heal()
    with contextlib.ExitStack() as ends:
        made = {}

        def of(name):
            if name not in made:
                made[name] = Told(running, name, tmp_path_factory.mktemp("told"))
                ends.callback(lambda: made[name].service.stop())
            made[name].now()
            return made[name]
        yield of


@pytest.mark.parametrize("name", PORTS)
def test_R26_a_reload_puts_in_force_what_it_can_and_names_what_needs_a_restart(told, name):
    it = told(name)
    assert "needs a restart" not in it.reload() and "in force now" not in it.reload()
    before = it.count("request")
    said = it.now(MITA_LOG_REQUESTS="on", MITA_WORKERS="3", MITA_REQUEST_TIMEOUT_MS="4000")
    assert said == "reloaded; in force now: MITA_LOG_REQUESTS, MITA_REQUEST_TIMEOUT_MS; needs a restart: MITA_WORKERS\n"
    until(lambda: it.client.get("/livez", check=False).status == 200 and it.count("request") > before, 10 * it.service.slow, "a request in the log")
    shown = it.shown()
    assert shown["MITA_LOG_REQUESTS"] == {"value": "on", "source": "env"} and shown["MITA_REQUEST_TIMEOUT_MS"]["value"] == "4000"
    assert shown["MITA_WORKERS"] == {"value": "2", "source": "env"}
    assert it.reload() == "reloaded; needs a restart: MITA_WORKERS\n"
    assert it.now() == "reloaded; in force now: MITA_LOG_REQUESTS, MITA_REQUEST_TIMEOUT_MS\n"


@pytest.mark.parametrize("name", PORTS)
def test_R26_a_hangup_reads_them_too_and_the_log_says_which(told, name):
    it = told(name)
    before = it.count("reloaded")
    it.write(MITA_LOG_LEVEL="debug")
    it.service.process.send_signal(signal.SIGHUP)
    until(lambda: it.count("reloaded") > before, 10 * it.service.slow, "a line that says so")
    said = [e for e in it.service.events() if e.get("event") == "reloaded"][-1]
    assert said["why"] == "SIGHUP" and said["applied"] == "MITA_LOG_LEVEL" and "after_restart" not in said


@pytest.mark.parametrize("name", PORTS)
@pytest.mark.parametrize("text, why", [("MITA_LOG_LEVEL=loud\nMITA_LOG_REQUESTS=on\n", "MITA_LOG_LEVEL: must be one of"),
                                       ("MITA_LOG_REQUESTS=on\nMITA_DRAIN_MS=-1\n", "MITA_DRAIN_MS: must be an integer"),
                                       ("MITA_LOG_REQUESTS=on\nhello\n", "line 2 of "), ("MITA_LOG_REQUESTS=on\nMITA_LOG_REQUESTS=off\n", "stands here a second time"),
                                       ("MITA_SETTINGS_FILE=/other\n", "is for the environment alone"), (None, "cannot be read")])
def test_R26_anything_wrong_leaves_all_as_it_was(told, name, text, why):
    it = told(name)
    failed = it.reloads("failed")
    it.write(text or "")
    if text is None:
        it.file.unlink()
    before = it.count("reload_failed")
    if text is None:
        it.service.process.send_signal(signal.SIGHUP)
        until(lambda: it.count("reload_failed") > before, 10 * it.service.slow, "a line that says so")
    else:
        refused = it.reload(status=1)
        assert refused.startswith("not reloaded: ") and why in refused
    assert why in [e for e in it.service.events() if e.get("event") == "reload_failed"][-1]["reason"]
    assert it.reloads("failed") == failed + 1
    assert it.now() == "reloaded\n"  # of what the wrong file said nothing is in force


def test_R26_the_file_stands_over_the_environment_and_empty_means_default(told, stack, tmp_path):
    file = tmp_path / "settings"
    file.write_text("# ours\n\nMITA_SLOW_MS = '250'\nMITA_KEEP_ALIVE_MS=\n")
    shown = stack.operate("gateway", "config", MITA_SETTINGS_FILE=str(file), MITA_SLOW_MS="900", MITA_KEEP_ALIVE_MS="5000")
    lines = {words[0]: words[1:] for words in map(str.split, shown.splitlines()) if words}
    assert lines["MITA_SLOW_MS"] == ["250", "env"] and lines["MITA_KEEP_ALIVE_MS"] == ["75000", "default"]


def test_R26_reload_says_when_there_is_nobody_or_another_token(told, stack):
    it = told("finance")
    assert "MITA_INTERNAL_TOKEN is not the one" in it.reload(status=1, MITA_INTERNAL_TOKEN="x" * 64)
    assert "not reloaded: " in stack.operate("finance", "reload", status=1, MITA_FINANCE_INTERNAL_PORT="1")
    assert Client(it.service, stack.contract, "x" * 64).request("POST", "/reload", internal=True).status == 401
    assert Client(it.service, stack.contract, stack.secrets["MITA_INTERNAL_TOKEN"]).request("POST", "/reload", check=False).status == 404


def test_R26_auth_takes_registration_and_the_least_password(told, stack):
    it = told("auth")
    someone = {"password": "a long enough password"}
    it.now(MITA_REGISTRATION="closed")
    expect(it.client.post("/v1/auth/register", someone | {"email": "closed@reload.example"}, valid=False), 403, "registration_closed")
    it.now(MITA_PASSWORD_MIN="40")
    expect(it.client.post("/v1/auth/register", someone | {"email": "short@reload.example"}, valid=False), 422)
    it.now()
    expect(it.client.post("/v1/auth/register", someone | {"email": "open@reload.example"}), 201)


def test_R26_what_hangs_on_a_setting_that_needs_a_restart_is_refused(running, stack, tmp_path):
    """Addresses cannot be proven by a process that was started without mail."""
    it = Told(stack, "auth", tmp_path, MITA_MAIL_URL="", MITA_MAIL_FROM="")
    try:
        it.write(MITA_REGISTRATION="verified", MITA_MAIL_URL=f"file://{tmp_path}", MITA_MAIL_FROM="MITA <mita@example.org>")
        assert "MITA_REGISTRATION: must not be verified before a restart" in it.reload(status=1)
        expect(it.client.post("/v1/auth/register", {"email": "nomail@reload.example", "password": "a long enough password"}), 201)
    finally:
        assert it.service.stop() == 0


def test_R26_the_gateway_takes_limits_origins_and_the_ops_token_without_losing_a_connection(told, stack, person):
    it = told("gateway")
    kept = http.client.HTTPConnection("127.0.0.1", it.service.port, timeout=10)

    def ask(**headers):
        kept.request("GET", "/v1/me", headers={"Authorization": f"Bearer {person.access}"} | headers)
        answer = kept.getresponse()
        answer.read()
        return answer
    assert ask(Origin="https://new.example").headers["Access-Control-Allow-Origin"] is None
    mine = kept.sock
    it.now(MITA_CORS_ORIGINS="https://new.example", MITA_RATE_USER="1;60", MITA_OPS_TOKEN="another-token-for-ops")
    until(lambda: ask(Origin="https://new.example").headers["Access-Control-Allow-Origin"] == "https://new.example", 10 * it.service.slow, "the new origin")
    assert ask().status == 429 and kept.sock is mine
    expect(it.client.get("/metrics", token=stack.secrets["MITA_OPS_TOKEN"]), 401)
    expect(it.client.get("/metrics", token="another-token-for-ops"), 200)
    it.now()
    until(lambda: ask().status == 200, 10 * it.service.slow, "no limit again")
    assert kept.sock is mine


def test_R26_a_request_timeout_holds_from_the_next_request_on(told, person):
    it = told("gateway")
    it.now(MITA_REQUEST_TIMEOUT_MS="100")
    began = time.monotonic()
    expect(it.client.get("/v1/me", token=person.access), 200)
    assert time.monotonic() - began < 5 * it.service.slow


def test_R27_every_answer_says_HSTS_as_the_settings_have_it(told, person):
    it = told("gateway")
    ways = (("GET", "/v1/me"), ("GET", "/livez"), ("GET", "/nowhere"), ("POST", "/v1/auth/login"))

    def said():
        refused = http.client.HTTPConnection("127.0.0.1", it.service.port, timeout=10)
        refused.request("GET", "/%zz")
        answer = refused.getresponse()
        assert answer.status == 400
        return {answer.headers["Strict-Transport-Security"]} | {
            it.client.request(method, path, token=person.access, valid=False, check=False).header("Strict-Transport-Security") for method, path in ways}
    assert said() == {f"max-age={2 * YEAR}; includeSubDomains"}
    for settings, value in (({"MITA_HSTS_MAX_AGE_S": 600, "MITA_HSTS_SUBDOMAINS": "off"}, "max-age=600"), ({"MITA_HSTS_MAX_AGE_S": 0}, "max-age=0; includeSubDomains"),
                            ({"MITA_HSTS_PRELOAD": "on"}, f"max-age={2 * YEAR}; includeSubDomains; preload"), ({"MITA_HSTS_MAX_AGE_S": -1}, None), ({"MITA_EDGE_TLS": "off"}, None)):
        it.now(**settings)
        until(lambda value=value: said() == {value}, 10 * it.service.slow, value)


@pytest.mark.parametrize("settings", [{"MITA_HSTS_PRELOAD": "on", "MITA_HSTS_SUBDOMAINS": "off"}, {"MITA_HSTS_PRELOAD": "on", "MITA_HSTS_MAX_AGE_S": str(YEAR - 1)}])
def test_R27_a_promise_that_could_not_be_kept_is_a_wrong_setting(stack, settings):
    assert "MITA_HSTS_PRELOAD: needs" in stack.operate("gateway", "serve", status=2, **settings)
