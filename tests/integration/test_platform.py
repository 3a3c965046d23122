"""S7: where a service runs and what it may use is found, and every setting that follows from it is told with its source, by `config` and by /health."""
import os
import re
import socket
import subprocess
import time

import pytest

from mita import cgroups
from mita.client import Client, expect
from mita.command import ENOUGH, command, table
from mita.service import ROOT, _die_with_the_tests

# A variable that shows the platform; what it gives a stop; how long its edge may keep a connection idle.
PLATFORMS = {
    "render": ("RENDER", 30_000, 75_000), "heroku": ("DYNO", 30_000, 95_000), "railway": ("RAILWAY_ENVIRONMENT", 3_000, 75_000), "fly": ("FLY_APP_NAME", 5_000, 75_000),
    "vercel": ("VERCEL", 10_000, 75_000), "lambda": ("AWS_LAMBDA_FUNCTION_NAME", 10_000, 75_000), "cloud_run": ("K_SERVICE", 10_000, 75_000),
    "azure": ("WEBSITE_SITE_NAME", 10_000, 75_000), "ecs": ("ECS_CONTAINER_METADATA_URI_V4", 10_000, 75_000), "kubernetes": ("KUBERNETES_SERVICE_HOST", 10_000, 75_000),
    "docker": ("DOCKER_CONTAINER", 10_000, 75_000),
}
NOWHERE = {variable: "" for variable, _, _ in PLATFORMS.values()} | {"RAILWAY_ENVIRONMENT_NAME": "", "INVOCATION_ID": "", "MITA_PLATFORM": ""}
MIB = 1 << 20


@pytest.mark.parametrize("platform", PLATFORMS)
def test_the_platform_is_found_by_its_variable_and_its_times_are_kept(preset, platform):
    variable, drain, keep_alive = PLATFORMS[platform]
    seen = table(command(preset, "gateway", "config", **ENOUGH | NOWHERE | {variable: "x"}))
    assert seen["MITA_PLATFORM"] == (platform, "platform")
    assert seen["MITA_DRAIN_MS"][0] == str(drain) and seen["MITA_KEEP_ALIVE_MS"][0] == str(keep_alive)
    assert seen["MITA_KEEP_ALIVE_MS"][1] == ("platform" if keep_alive != 75_000 else "default")


def test_every_derived_setting_can_be_told_otherwise(preset):
    told = {"MITA_WORKERS": "3", "MITA_MAX_CONNECTIONS": "100", "MITA_MALLOC_ARENAS": "7", "MITA_DRAIN_MS": "1", "MITA_CACHE_BYTES": "1",
            "MITA_HASH_THREADS": "5", "MITA_HASH_QUEUE": "9", "MITA_DB_CONNECTIONS": "50", "MITA_DB_PIPELINED": "3", "MITA_DB_EXCLUSIVE": "5"}
    seen = table(command(preset, "auth", "config", **ENOUGH | told))
    assert {name: seen[name] for name in told} == {name: (value, "env") for name, value in told.items()}


@pytest.mark.parametrize("workers, share, pipelined, exclusive", [
    ("1", None, 2, 4), ("4", None, 2, 4), ("8", None, 2, 1), ("16", None, 1, 1), ("1", "6", 2, 3), ("1", "3", 1, 1), ("2", "9", 2, 2), ("4", "100", 2, 4)])
def test_a_pool_keeps_within_this_instances_share_of_the_servers_connections(preset, workers, share, pipelined, exclusive):
    seen = table(command(preset, "finance", "config", **ENOUGH | {"MITA_WORKERS": workers} | ({"MITA_DB_CONNECTIONS": share} if share else {})))
    if seen["MITA_MALLOC_ARENAS"][0] == "2":
        exclusive = min(exclusive, 2)  # this machine is a small one
    assert (int(seen["MITA_DB_PIPELINED"][0]), int(seen["MITA_DB_EXCLUSIVE"][0])) == (pipelined, exclusive)
    if share:
        assert int(workers) * (pipelined + exclusive) + 1 <= int(share)


@pytest.mark.parametrize("told, needed", [({"MITA_WORKERS": "8", "MITA_DB_CONNECTIONS": "16"}, 17), ({"MITA_WORKERS": "1", "MITA_DB_CONNECTIONS": "5", "MITA_DB_EXCLUSIVE": "4"}, 7)])
def test_a_share_that_cannot_be_kept_is_refused_with_what_would_do(preset, told, needed):
    done = command(preset, "finance", "config", **ENOUGH | told)
    assert done.returncode == 2
    assert done.stderr.decode().startswith(f"MITA_DB_CONNECTIONS: must be at least {needed}, ")


@pytest.fixture
def half_a_processor():
    """A real control group of 256 MiB and half a processor."""
    try:
        with cgroups.limited(256 * MIB, 0.5) as enter:
            yield enter
    except cgroups.NotHere as why:
        pytest.skip(f"no control group can be made here: {why}")


def test_the_limits_of_a_real_control_group_are_found_and_settings_follow(preset, half_a_processor):
    environment = {k: v for k, v in os.environ.items() if not re.match("MITA_|PORT$|WEB_CONC|DATABASE_URL", k)} | ENOUGH
    done = subprocess.run([str(ROOT / "build" / preset / "bin/mita-auth"), "config"], env=environment, capture_output=True, timeout=60, preexec_fn=half_a_processor)
    seen = table(done)
    assert done.returncode == 0, done.stderr
    assert seen["MITA_WORKERS"] == ("1", "cgroup") and seen["MITA_HASH_THREADS"] == ("1", "cgroup") and seen["MITA_HASH_QUEUE"] == ("128", "cgroup")
    assert seen["MITA_CACHE_BYTES"] == (str(256 * MIB // 10 // 4), "cgroup") and seen["MITA_DB_EXCLUSIVE"] == ("2", "cgroup") and seen["MITA_MALLOC_ARENAS"] == ("2", "cgroup")
    connections, source = seen["MITA_MAX_CONNECTIONS"]
    assert (int(connections), source) == (256 * MIB // (64 << 10), "cgroup") or source == "default" and int(connections) < 4096  # few descriptors


def test_health_tells_the_limits_of_its_control_group_and_where_each_comes_from(stack, half_a_processor, monkeypatch):
    service = stack.also("gateway", "gateway-in-a-small-group", MITA_WORKERS="")

    def entering():
        _die_with_the_tests()
        half_a_processor()
    monkeypatch.setattr("mita.service._die_with_the_tests", entering)
    service.start()
    try:
        platform = expect(Client(service, stack.contract).get("/health", internal=True), 200).json["platform"]
    finally:
        assert service.stop() == 0
    assert platform["cpu"] == 0.5 and platform["cpu_source"] == "cgroup"
    assert platform["memory_limit_bytes"] == 256 * MIB and platform["memory_source"] == "cgroup"
    settings = platform["settings"]
    assert settings["MITA_WORKERS"] == {"value": "1", "source": "cgroup"} and settings["MITA_RATE_TABLE_BYTES"] == {"value": str(256 * MIB // 50), "source": "cgroup"}
    assert {"MITA_MAX_CONNECTIONS", "MITA_MALLOC_ARENAS", "MITA_KEEP_ALIVE_MS", "MITA_DRAIN_MS", "MITA_CACHE_BYTES"} <= set(settings)


def test_an_idle_connection_is_kept_for_the_time_that_was_told(stack):
    """The edge in front must be the one that closes: a request it sends at that moment would be lost."""
    service = stack.also("gateway", "gateway-brief", MITA_KEEP_ALIVE_MS="1500").start()
    with socket.create_connection(("127.0.0.1", service.port)) as raw:
        raw.settimeout(20 * service.slow)
        raw.sendall(b"GET /livez HTTP/1.1\r\nHost: a\r\n\r\n")
        assert raw.recv(4096).startswith(b"HTTP/1.1 200")
        began = time.monotonic()
        assert raw.recv(1) == b""
        assert 1.0 <= time.monotonic() - began < 1.5 + 3 * service.slow
    assert service.stop() == 0
