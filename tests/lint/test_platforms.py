"""deploy/platforms: each file has its platform's keys and nothing else, names settings that exist, keeps no secret, and asks for paths that are served."""
import json
import pathlib
import re
import tomllib

import jsonschema
import pytest
import yaml
from settings_known import SETTINGS

ROOT = pathlib.Path(__file__).resolve().parents[2]
PLACE = ROOT / "deploy/platforms"
SCHEMAS = yaml.safe_load((ROOT / "tests/lint/schemas/platforms.yaml").read_text())
READ = {".yaml": yaml.safe_load, ".yml": yaml.safe_load, ".json": json.loads, ".toml": tomllib.loads}
FILES = {p.name: READ[p.suffix](p.read_text()) for p in sorted(PLACE.iterdir())} | {"docker-compose.yml": yaml.safe_load((ROOT / "docker-compose.yml").read_text())}
SECRETS = ("MITA_AUTH_SECRET", "MITA_FINANCE_SECRET", "MITA_OPS_TOKEN")


def environment(name):
    """{name: value, or None when the platform makes it}"""
    whole = FILES[name]
    if name == "render.yaml":
        return {v["key"]: v.get("value") for s in whole["services"] for v in s["envVars"]}
    if name == "fly.toml":
        return whole["env"]
    if name == "app.json":
        return {key: value.get("value") for key, value in whole["env"].items()}
    return {}


@pytest.mark.parametrize("name", FILES)
def test_the_file_has_its_platforms_keys_and_nothing_else(name):
    validator = jsonschema.Draft202012Validator(SCHEMAS[name])
    faults = [f"{'/'.join(map(str, e.absolute_path))}: {e.message}" for e in validator.iter_errors(FILES[name])]
    assert not faults, faults
    assert list(validator.iter_errors(FILES[name] | {"healthchek": {}})), "the schema lets anything pass"


@pytest.mark.parametrize("name", FILES)
def test_environment_names_are_settings_and_no_secret_has_a_value(name):
    for key, value in environment(name).items():
        assert key in SETTINGS, key
        assert value is None or key not in (*SECRETS, "MITA_INTERNAL_TOKEN", "DATABASE_URL"), key


@pytest.mark.parametrize("name", sorted(p.name for p in PLACE.iterdir()))
def test_paths_and_commands_are_there(name):
    text = (PLACE / name).read_text()
    assert "mita-start" not in text or "COPY deploy/start /usr/local/bin/mita-start" in (ROOT / "Dockerfile").read_text()
    served = {"/readyz", "/livez", "/health"}
    assert set(re.findall(r"\b(?:path|healthCheckPath|healthcheckPath)\"?\s*[:=]\s*\"?(/\w+)", text)) <= served
    for dockerfile in re.findall(r"dockerfilePath\"?: \"?([./\w]+)", text):
        assert (ROOT / dockerfile).is_file()


@pytest.mark.parametrize("name", ["render.yaml", "app.json"])
def test_the_platform_makes_every_secret_that_one_container_needs(name):
    made = {key for key, value in environment(name).items() if value is None}
    assert made >= set(SECRETS)


def test_there_is_time_to_drain_before_the_kill():
    """The gateway drains and takes up to 5 s to close; then auth and finance, which have nothing left to drain, up to 5 s (deploy/start)."""
    def needed(drain_ms):
        return int(drain_ms) / 1000 + 5 + 5

    assert FILES["fly.toml"]["kill_timeout"] >= needed(FILES["fly.toml"]["env"]["MITA_DRAIN_MS"])
    assert 30 >= needed(FILES["app.json"]["env"]["MITA_DRAIN_MS"]["value"])  # the router's and the dyno manager's limit
    assert FILES["render.yaml"]["services"][0]["maxShutdownDelaySeconds"] >= needed(30_000)
    assert FILES["railway.json"]["deploy"]["drainingSeconds"] >= needed(3_000)


def test_the_port_is_the_same_inside_and_outside():
    fly = FILES["fly.toml"]
    assert int(fly["env"]["PORT"]) == fly["http_service"]["internal_port"]
