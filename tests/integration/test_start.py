"""Settings, command line and start errors: every wrong setting at once, one rule for the exit status, no secret ever."""
import pathlib
import re
import socket
import subprocess

import pytest

from mita.command import ENOUGH, command, table

ALL = ("auth", "finance", "gateway")
COMMANDS = {"auth": {"serve", "config", "migrate", "healthcheck", "calibrate", "password", "jwt"}, "finance": {"serve", "config", "migrate", "healthcheck", "audit"},
            "gateway": {"serve", "config", "healthcheck"}}

# A wrong value of every setting: what all services have, then what each has besides. None: the line must not hold the value.
COMMON = {
    "MITA_ENV": "staging", "MITA_PLATFORM": "mainframe", "MITA_LOG_LEVEL": "loud", "MITA_LOG_REQUESTS": "perhaps", "WEB_CONCURRENCY": "0", "MITA_WORKERS": "65",
    "MITA_INTERNAL_LISTEN": "example.org", "MITA_DRAIN_MS": "10s", "MITA_REQUEST_TIMEOUT_MS": "99", "MITA_INTERNAL_TOKEN": "canary-short", "MITA_ACCESS_TTL_S": "901",
    "MITA_CLOCK": "2026-04-10", "MITA_CLOCK_FILE": "/nonexistent/clock",
    "MITA_MAX_CONNECTIONS": "0", "MITA_MALLOC_ARENAS": "two",
}
INNER = {"MITA_LISTEN": "127.0.0.1:8081", "MITA_TRUSTED_PEERS": "10.0.0.0/33", "MITA_DB_PREPARED": "2", "MITA_DB_PIPELINED": "9", "MITA_DB_EXCLUSIVE": "x",
         "MITA_DB_CONNECTIONS": "2"}
OWN = {
    "auth": INNER | {
        "MITA_AUTH_PORT": "65536", "MITA_AUTH_INTERNAL_PORT": "-1", "MITA_AUTH_DATABASE_URL": "canary-url", "MITA_AUTH_SECRET": "canary-short", "MITA_REFRESH_IDLE_S": "9",
        "MITA_REFRESH_ABSOLUTE_S": "1e9", "MITA_JWT_ALGORITHM": "none", "MITA_MAX_SESSIONS": "0", "MITA_PASSWORD_MIN": "7", "MITA_PASSWORD_ALGORITHM": "md5", "MITA_BCRYPT_COST": "15", "MITA_HASH_THREADS": "65",
        "MITA_HASH_QUEUE": "0", "MITA_HASH_NICE": "-1", "MITA_HASH_KERNEL": "gpu", "MITA_LOGIN_BUDGET_MS": "1", "MITA_CACHE_BYTES": "1e9",
        "MITA_HOUSEKEEPING_MS": "1", "MITA_MAIL_URL": "smtp://user:canary@mail.example", "MITA_MAIL_FROM": "MITA", "MITA_MAIL_PASSWORD": "canary-alone", "MITA_MAIL_TIMEOUT_MS": "60000",
        "MITA_MAIL_POLL_MS": "0", "MITA_PUBLIC_URL": "ftp://app.example", "MITA_REGISTRATION": "maybe", "MITA_AUDIT_DAYS": "30", "MITA_KEY_SECRET": "canary-short",
        "MITA_KEY_SECRET_OLD": "canary-short", "MITA_KEY_DAYS": "-1", "MITA_KEY_PUBLISHED_S": "0",
        "MITA_PASSKEY_ORIGINS": "*", "MITA_PASSKEY_DOMAIN": "App.example", "MITA_AUDIT_QUEUE": "0", "MITA_SERVICE_AUDIENCE": "mita-api", "MITA_FINANCE_INTERNAL_URL": "http://f:0", "MITA_ERASURE_POLL_MS": "1"},
    "finance": INNER | {"MITA_FINANCE_PORT": "http", "MITA_FINANCE_INTERNAL_PORT": "8092.0", "MITA_FINANCE_DATABASE_URL": "postgresql://u:canary@h:99999/d", "MITA_FINANCE_SECRET": "canary-short",
                        "MITA_AUTH_INTERNAL_URL": "http://user:canary-pw@auth:8091", "MITA_CACHE_BYTES": "10MB",
                        "MITA_EVENT_STREAMS": "0", "MITA_EVENT_STREAMS_OF_ONE": "none", "MITA_EVENT_HEARTBEAT_MS": "15s"},
    "gateway": {
        "MITA_GATEWAY_PORT": "0x50", "PORT": "many", "MITA_GATEWAY_INTERNAL_PORT": "70000", "MITA_GATEWAY_LISTEN": "localhost", "MITA_TRUSTED_PROXIES": "10.0.0.1,proxy.example",
        "MITA_CORS_ORIGINS": "*", "MITA_AUTH_URL": "https://auth:8081", "MITA_AUTH_INTERNAL_URL": "auth:8091", "MITA_FINANCE_URL": "http://finance", "MITA_FINANCE_INTERNAL_URL": "http://f:0",
        "MITA_OPS_TOKEN": "canary-short"[:12], "MITA_RATE_USER": "600/60", "MITA_RATE_WRITE": "x", "MITA_RATE_LOGIN": "10;0", "MITA_RATE_REGISTER": "-1;1", "MITA_RATE_TABLE_BYTES": "1",
        "MITA_CACHE_BYTES": "-1", "MITA_KEEP_ALIVE_MS": "75s", "MITA_AUDIT_QUEUE": "0", "MITA_COMPRESS": "gzip", "MITA_SLOW_MS": "0", "MITA_STREAMS": "-1", "MITA_STREAM_SILENCE_MS": "0",
        "MITA_TLS_CERTIFICATE_FILE": "/nonexistent/certificate", "MITA_TLS_KEY_FILE": "/nonexistent/key", "MITA_TLS_PORT": "443/tcp", "MITA_TLS_REDIRECT": "perhaps",
        "MITA_HSTS_MAX_AGE_S": "-2", "MITA_HSTS_SUBDOMAINS": "perhaps", "MITA_HSTS_PRELOAD": "perhaps", "MITA_EDGE_TLS": "perhaps"},
}


def lines_of(done):
    return done.stderr.decode().splitlines()


@pytest.mark.parametrize("name", ALL)
def test_every_setting_that_config_prints_is_known_to_these_tests(preset, name):
    known = set(COMMON) | set(OWN[name]) | {"DATABASE_URL"}
    free = {"MITA_ISSUER", "MITA_AUDIENCE", "MITA_SETTINGS_FILE"} | ({"MITA_MAIL_USER", "MITA_MAIL_CA_FILE"} if name == "auth" else set())  # any text will do
    assert set(table(command(preset, name, "config", **ENOUGH))) == known - ({"DATABASE_URL"} if name == "gateway" else set()) | free


@pytest.mark.parametrize("word", ["config", "serve"])
@pytest.mark.parametrize("name", ALL)
def test_every_wrong_setting_is_reported_at_once_in_a_line_of_its_own(preset, name, word):
    wrong = COMMON | OWN[name] | ({} if name == "gateway" else {"DATABASE_URL": "mysql://u:canary@h/d"})
    done = command(preset, name, word, **wrong)
    lines = lines_of(done)
    assert done.returncode == 2
    assert sorted(line.split(":")[0] for line in lines) == sorted(wrong)
    for line in lines:
        assert "must " in line or "is for MITA_ENV=test only" in line, line
    assert b"canary" not in done.stdout + done.stderr
    assert b"boost" not in done.stderr


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("environment,part", [
    ({"MITA_ENV": "test", "MITA_CLOCK": "yesterday"}, "MITA_CLOCK: must be an RFC 3339 instant (as 2026-04-10T08:00:00Z), is 'yesterday'"),
    ({"MITA_ENV": "test", "MITA_CLOCK_FILE": "/dev/null"}, "MITA_CLOCK_FILE: must name a file that holds an RFC 3339 instant, is '/dev/null'"),
    ({"MITA_ENV": "test", "MITA_CLOCK": "2026-04-10T08:00:00Z", "MITA_CLOCK_FILE": "/dev/null"}, "MITA_CLOCK: is set beside MITA_CLOCK_FILE"),
    ({"MITA_INTERNAL_TOKEN": "", "MITA_INTERNAL_TOKEN_FILE": "/nonexistent"}, "MITA_INTERNAL_TOKEN_FILE: cannot be read: '/nonexistent'"),
    ({"MITA_INTERNAL_TOKEN": ""}, "MITA_INTERNAL_TOKEN: is required and not set (or MITA_INTERNAL_TOKEN_FILE)"),
    ({"MITA_INTERNAL_TOKEN_FILE": "/dev/null"}, "MITA_INTERNAL_TOKEN: is set both directly and by MITA_INTERNAL_TOKEN_FILE"),
], ids=["clock", "clock file", "two clocks", "no such file", "missing", "given twice"])
def test_what_is_wrong_with_a_setting_is_said_in_one_line(preset, name, environment, part):
    done = command(preset, name, "config", **ENOUGH | environment)
    assert done.returncode == 2 and len(lines_of(done)) == 1 and lines_of(done)[0].startswith(part), done.stderr


@pytest.mark.parametrize("url", ["canary", "mysql://u:canary@h/d", "postgresql://u:canary@h:port/d", "postgresql://u:canary@h:0/d", "postgresql://u:canary%zz@h/d",
                                 "postgresql://u:canary@h/d?sslmode=perhaps", "postgresql://u:canary@h/d?canary=1", "postgresql://user:can/ary@h/d", "postgresql://[::1/d?canary"])
@pytest.mark.parametrize("name,setting", [("auth", "DATABASE_URL"), ("auth", "MITA_AUTH_DATABASE_URL"), ("finance", "MITA_FINANCE_DATABASE_URL")])
def test_a_malformed_database_URL_is_reported_without_being_shown(preset, name, setting, url):
    for words in (["config"], ["migrate", "--wait", "0"]):
        done = command(preset, name, *words, **ENOUGH | {setting: url})
        assert done.returncode == 2 and len(lines_of(done)) == 1 and lines_of(done)[0].startswith(f"{setting}: must be a PostgreSQL URL"), done.stderr
        assert b"can" not in done.stderr.replace(b"cannot", b"")


@pytest.mark.parametrize("name", ALL)
def test_right_settings_are_printed_without_secrets_and_end_with_0(preset, name):
    done = command(preset, name, "config", **ENOUGH)
    assert done.returncode == 0 and done.stderr == b"" and b"canary" not in done.stdout
    assert {source for _, source in table(done).values()} <= {"default", "platform", "cgroup", "env"}


def test_the_source_of_a_derived_setting_is_where_it_came_from(preset):
    def sources(name="gateway", **environment):
        return {k: v for k, v in table(command(preset, name, "config", **ENOUGH | environment)).items()}
    seen = sources(WEB_CONCURRENCY="3", PORT="9000")
    assert seen["MITA_WORKERS"] == seen["WEB_CONCURRENCY"] == ("3", "env")
    assert seen["MITA_GATEWAY_PORT"] == seen["PORT"] == ("9000", "env")
    seen = sources()
    assert seen["MITA_GATEWAY_PORT"] == seen["PORT"] == ("8080", "default")
    assert seen["MITA_DRAIN_MS"] == ("10000", "default") and seen["MITA_PLATFORM"] == ("local", "env")
    assert seen["MITA_WORKERS"][1] in ("default", "cgroup")
    seen = sources(MITA_PLATFORM="", RENDER="true", RENDER_CPU_COUNT="0.1")
    assert seen["MITA_PLATFORM"] == ("render", "platform") and seen["MITA_WORKERS"] == ("1", "platform") and seen["MITA_DRAIN_MS"] == ("30000", "platform")
    seen = sources("auth", MITA_PLATFORM="render", RENDER_CPU_COUNT="0.1")
    assert seen["MITA_HASH_THREADS"] == ("1", "platform") and seen["MITA_DB_EXCLUSIVE"] == ("2", "platform")


# -- misspelt settings. One environment serves all services and the scripts, so only what is all but a setting of this service is told.
def names_in_the_project():
    """Every MITA_ name that a service, a script, a build or a test knows; the unit tests' and this file's made-up ones are left out."""
    from mita.service import ROOT
    here = pathlib.Path(__file__).resolve()
    files = subprocess.run(["git", "ls-files", "-z", ":!tests/unit"], cwd=ROOT, capture_output=True, check=True).stdout.decode().split("\0")
    texts = [(ROOT / f).read_bytes() for f in files if f and (ROOT / f).is_file() and (ROOT / f).resolve() != here]
    found = {name.decode() for text in texts for name in re.findall(rb"\bMITA_[A-Z0-9_]*[A-Z0-9]", text)} | set(COMMON).union(*OWN.values())
    return {name for name in found if name.startswith("MITA_")}


@pytest.mark.parametrize("name", ALL)
def test_no_name_that_the_project_knows_is_taken_for_a_misspelt_setting(preset, name):
    names = names_in_the_project()
    assert {"MITA_PG_PORT", "MITA_BIN", "MITA_NIGHTLY", "MITA_RATE_USER", "MITA_HASH_KERNEL"} <= names
    done = command(preset, name, "config", **{f"{n}_FILE": "/dev/null" for n in names} | dict.fromkeys(names, "1"))
    assert [line for line in lines_of(done) if "did you mean" in line] == []
    others = names - set(table(done)) - {f"{setting}_FILE" for setting in table(done)}
    done = command(preset, name, "config", **ENOUGH | dict.fromkeys(others, "1"))
    assert done.returncode == 0 and done.stderr == b""


MISSPELT = {"MITA_INTERNL_TOKEN": ("MITA_INTERNAL_TOKEN", ALL), "MITA_LOG_LEVLE": ("MITA_LOG_LEVEL", ALL), "MITA_EVN": ("MITA_ENV", ALL), "MITA_DB_PREPARE": ("MITA_DB_PREPARED", ("auth", "finance")),
            "MITA_BCRYPT_COSTS": ("MITA_BCRYPT_COST", ("auth",)), "MITA_AUTH_SECERT_FILE": ("MITA_AUTH_SECRET_FILE", ("auth",)), "MITA_FINANCE_SECRETS": ("MITA_FINANCE_SECRET", ("finance",)),
            "MITA_RATE_USR": ("MITA_RATE_USER", ("gateway",)), "MITA_CORS_ORIGIN": ("MITA_CORS_ORIGINS", ("gateway",))}


@pytest.mark.parametrize("name", ALL)
def test_each_misspelt_setting_is_told_by_name_with_the_one_that_was_meant_and_is_no_error(preset, name):
    given = dict.fromkeys(MISSPELT, "canary")
    lines = sorted(f"{wrong}: is no setting and has no effect, did you mean {right}?" for wrong, (right, readers) in MISSPELT.items() if name in readers)
    done = command(preset, name, "config", **ENOUGH | given)
    assert done.returncode == 0 and sorted(lines_of(done)) == lines and b"canary" not in done.stdout + done.stderr
    assert command(preset, name, "config", **ENOUGH | dict.fromkeys(MISSPELT, "")).stderr == b""


def test_a_required_setting_that_is_missing_is_told_beside_its_misspelling(preset):
    given = {k: v for k, v in ENOUGH.items() if k != "MITA_INTERNAL_TOKEN"} | {"MITA_INTERNL_TOKEN": "canary" * 8}
    for word in ("config", "serve"):
        done = command(preset, "gateway", word, **given)
        assert done.returncode == 2 and b"canary" not in done.stdout + done.stderr
        assert lines_of(done) == ["MITA_INTERNAL_TOKEN: is required and not set (or MITA_INTERNAL_TOKEN_FILE)",
                                  "MITA_INTERNL_TOKEN: is no setting and has no effect, did you mean MITA_INTERNAL_TOKEN?"]


@pytest.mark.parametrize("name", ALL)
def test_a_service_starts_with_misspelt_settings_and_warns_of_each_in_its_log(stack, name):
    service = stack.also(name, f"{name}-misspelt", **dict.fromkeys(MISSPELT, "canary")).start(wait_ready=False)
    said = [e for e in service.events() if e["event"] == "setting_unknown"]
    service.stop()
    assert {e["name"]: e["did_you_mean"] for e in said} == {wrong: right for wrong, (right, readers) in MISSPELT.items() if name in readers}
    assert {e["level"] for e in said} == {"warn"} and b"canary" not in service.log_file.read_bytes()


# -- command line
@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("words,part", [([], "a command is missing"), (["begin"], "unknown command 'begin'"), (["--quick"], "unknown option '--quick'"), (["begin", "--quick"], "unknown command 'begin'"),
                                        (["serve", "--quick"], "unknown option '--quick'"), (["config", "all"], "unexpected argument 'all'"), (["serve", "config"], "unexpected argument 'config'")],
                         ids=lambda v: " ".join(v) if isinstance(v, list) else "")
def test_a_wrong_command_line_is_named_with_what_is_right_and_ends_with_2(preset, name, words, part):
    done = command(preset, name, *words)
    assert done.returncode == 2 and done.stdout == b""
    [line] = lines_of(done)
    assert part in line and line.startswith(f"mita-{name}") and "--help" in line
    if not words or words[0] not in COMMANDS[name]:
        for known in COMMANDS[name] if "option" not in part else ():
            assert known in line


@pytest.mark.parametrize("words,part", [(["password"], "a command is missing; commands: hash, verify"), (["password", "check"], "unknown command 'check'; commands: hash, verify"),
                                        (["password", "hash", "--cost", "4"], "unknown option '--cost'"), (["password", "verify"], "stored is required"), (["jwt", "verify"], "--jwks is required"),
                                        (["migrate", "--wait", "soon"], "--wait"), (["migrate", "--wait", "-1"], "--wait"), (["calibrate", "--cost", "99"], "--cost")], ids=lambda v: " ".join(v) if isinstance(v, list) else "")
def test_a_wrong_option_of_a_command_is_named_and_ends_with_2(preset, words, part):
    done = command(preset, "auth", *words)
    assert done.returncode == 2 and len(lines_of(done)) == 1 and part in lines_of(done)[0], done.stderr


@pytest.mark.parametrize("name", ALL)
def test_help_lists_the_commands_and_the_exit_status(preset, name):
    done = command(preset, name, "--help")
    assert done.returncode == 0 and done.stderr == b""
    for known in [*COMMANDS[name], "Exit status: 0 done, 1 failed, 2 wrong usage or settings", f"Usage: mita-{name}"]:
        assert known in done.stdout.decode()
    for known in COMMANDS[name]:
        more = command(preset, name, known, "--help")
        assert more.returncode == 0 and f"mita-{name} {known}" in more.stdout.decode()
    assert command(preset, name, "--version").stdout.decode().startswith(f"mita-{name} ")


def test_a_wrong_port_is_wrong_for_healthcheck_too_and_nobody_there_is_a_failure(preset):
    done = command(preset, "auth", "healthcheck", MITA_AUTH_PORT="http")
    assert done.returncode == 2 and lines_of(done)[0].startswith("MITA_AUTH_PORT: must be")
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        assert command(preset, "auth", "healthcheck", MITA_AUTH_PORT=str(unused.getsockname()[1])).returncode == 1


# -- ports
DOOR = {"auth": "MITA_LISTEN", "finance": "MITA_LISTEN", "gateway": "MITA_GATEWAY_LISTEN"}


def refused(preset, name, **environment):
    door = {DOOR[name]: "127.0.0.1", f"MITA_{name.upper()}_PORT": "0", f"MITA_{name.upper()}_INTERNAL_PORT": "0"}
    done = command(preset, name, "serve", **ENOUGH | door | {"MITA_LOG_LEVEL": "off"} | environment)
    assert done.returncode == 1 and b"boost" not in done.stderr and b"canary" not in done.stdout + done.stderr
    return [line.removeprefix(f"mita-{name}: ") for line in lines_of(done)]


@pytest.mark.parametrize("name", ALL)
def test_taken_ports_are_both_named_with_setting_and_address(preset, name):
    with socket.socket() as public, socket.socket() as internal:
        ports = []
        for s in (public, internal):
            s.bind(("127.0.0.1", 0))
            s.listen()
            ports.append(s.getsockname()[1])
        settings = [f"MITA_{name.upper()}_PORT", f"MITA_{name.upper()}_INTERNAL_PORT"]
        lines = refused(preset, name, **{setting: str(port) for setting, port in zip(settings, ports)})
        assert lines == [f"{setting}: 127.0.0.1:{port} is already in use" for setting, port in zip(settings, ports)]


@pytest.mark.parametrize("name", ALL)
def test_an_address_of_another_machine_is_named_with_its_setting(preset, name):
    lines = refused(preset, name, **{DOOR[name]: "192.0.2.1", "MITA_INTERNAL_LISTEN": "2001:db8::1"})
    assert lines == [f"{DOOR[name]}: 192.0.2.1 is no address of this machine", "MITA_INTERNAL_LISTEN: 2001:db8::1 is no address of this machine"]


def test_a_privileged_port_without_the_privilege_is_named(preset, tmp_path):
    """As nobody, where the kernel keeps ports under 1024 for the privileged (not everywhere does it)."""
    import os
    import shutil
    import subprocess

    from mita.service import ROOT
    if os.geteuid() != 0 or int(open("/proc/sys/net/ipv4/ip_unprivileged_port_start").read()) < 81:
        pytest.skip("root is needed to become nobody, and ports that are kept")
    binary = shutil.copy(ROOT / "build" / preset / "bin" / "mita-gateway", "/tmp/mita-gateway-as-nobody")
    try:
        done = subprocess.run(["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--bounding-set=-all", binary, "serve"], capture_output=True, timeout=30, cwd="/",
                              env=ENOUGH | {"MITA_GATEWAY_PORT": "80", "MITA_GATEWAY_INTERNAL_PORT": "0", "MITA_LOG_LEVEL": "off", "MITA_GATEWAY_LISTEN": "127.0.0.1"})
    finally:
        os.unlink(binary)
    assert done.returncode == 1
    assert lines_of(done) == ["mita-gateway: MITA_GATEWAY_PORT: 127.0.0.1:80 needs a privilege this process has not (ports under 1024 do)"]


def test_more_cache_than_by_default_is_what_the_caches_get(stack):
    service = stack.also("finance", "finance-cache", MITA_CACHE_BYTES=str(1 << 31)).start()
    caches = stack.client(service).get("/health", internal=True).json["caches"]
    service.stop()
    assert {name: c["max_bytes"] for name, c in caches.items()} == dict.fromkeys(("user", "ledger", "page", "token"), 1 << 29)


# -- migrate
def test_migrate_waits_for_a_database_that_is_not_there_says_so_and_ends(preset):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        done = command(preset, "finance", "migrate", "--wait", "1", DATABASE_URL=f"postgresql://someone:canary-pw@127.0.0.1:{port}/mita")
    first, *_, last = lines_of(done)
    assert done.returncode == 1 and done.stdout == b"" and b"canary" not in done.stderr
    assert first.startswith(f'waiting for the database, 1 s at most: connection to server at "127.0.0.1", port {port} failed')
    assert last.startswith(f'mita-finance: cannot connect to the database: connection to server at "127.0.0.1", port {port} failed')


@pytest.mark.parametrize("change", ["password", "database"])
def test_migrate_does_not_wait_long_for_a_database_that_refuses_it(stack, change):
    url = stack.cluster.url()
    wrong = url.replace(stack.cluster.passwords["owner"], "canary-pw") if change == "password" else url.rsplit("/", 1)[0] + "/nothing"
    done = command(stack.preset, "auth", "migrate", DATABASE_URL=wrong, timeout=15)
    assert done.returncode == 1 and "cannot connect to the database" in lines_of(done)[-1] and b"canary" not in done.stderr
    assert stack.cluster.passwords["owner"].encode() not in done.stderr


def test_migrate_of_a_migrated_database_says_its_version_once(stack):
    done = command(stack.preset, "auth", "migrate", DATABASE_URL=stack.cluster.url())
    assert done.returncode == 0 and done.stderr == b"" and done.stdout.decode().splitlines()[-1].startswith("schema auth is at version ")
    assert len(done.stdout.splitlines()) == 1
