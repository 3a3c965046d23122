"""The deploy files are wired to what the binaries know: names, ports, users, secrets, health checks."""
import re

import pytest
import yaml
from settings_known import ROOT, SETTINGS

COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
OURS = ["migrate", "auth", "finance", "gateway"]


@pytest.mark.parametrize("name", OURS)
def test_every_service_of_ours_is_confined(name):
    service = COMPOSE["services"][name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]
    assert service["mem_limit"] and service["stop_grace_period"]


@pytest.mark.parametrize("name", OURS)
def test_environment_names_are_settings_the_services_read(name):
    unknown = [key for key in COMPOSE["services"][name].get("environment", {}) if key.removesuffix("_FILE") not in SETTINGS]
    assert not unknown, unknown


@pytest.mark.parametrize("name", OURS)
def test_no_secret_value_stands_in_the_compose_file(name):
    service = COMPOSE["services"][name]
    for key, value in service.get("environment", {}).items():
        if re.search("SECRET|TOKEN|PASSWORD|DATABASE_URL", key):
            assert key.endswith("_FILE") and str(value).startswith("/run/secrets/"), key
    for secret in service.get("secrets", []):
        assert secret in COMPOSE["secrets"], secret


def test_health_checks_and_order_of_start():
    services = COMPOSE["services"]
    for name in ("postgres", "auth", "finance", "gateway"):
        assert services[name]["healthcheck"]["test"]
    assert services["migrate"]["depends_on"]["postgres"]["condition"] == "service_healthy"
    for name in ("auth", "finance"):
        assert services[name]["depends_on"]["migrate"]["condition"] == "service_completed_successfully"
    for name in ("auth", "finance"):
        assert services["gateway"]["depends_on"][name]["condition"] == "service_healthy"


def test_the_database_publishes_no_port():
    assert "ports" not in COMPOSE["services"]["postgres"]


def test_auth_and_finance_can_be_scaled():
    """Two containers of one service may share neither a name nor a port of the host, and who calls them uses the service's name."""
    for name in ("auth", "finance"):
        service = COMPOSE["services"][name]
        assert not {"ports", "container_name", "hostname"} & set(service), name
        assert f"http://{name}:" in COMPOSE["services"]["gateway"]["environment"][f"MITA_{name.upper()}_URL"]


def test_the_profile_ops_adds_prometheus_and_is_not_there_otherwise():
    services = COMPOSE["services"]
    assert {name for name, s in services.items() if s.get("profiles") == ["ops"]} == {"prometheus", "node-exporter"}
    assert not [name for name, s in services.items() if {"prometheus", "node-exporter"} & set(s.get("depends_on", {}))]
    for mount in services["prometheus"]["volumes"]:
        source = mount.partition(":")[0]
        assert source in COMPOSE["volumes"] or (ROOT / source).is_dir(), mount
    assert services["gateway"]["environment"]["MITA_INTERNAL_LISTEN"] == "0.0.0.0", "else nobody can scrape it"


def test_the_image_is_multi_stage_unprivileged_and_checked_by_its_own_binary():
    text = (ROOT / "Dockerfile").read_text()
    assert text.count("\nFROM ") + text.startswith("FROM ") == 2
    assert "USER 10001:10001" in text
    assert re.search(r'HEALTHCHECK .*CMD \["', text)
    assert "latest" not in text


def test_the_image_copies_only_what_is_there():
    for line in (ROOT / "Dockerfile").read_text().splitlines():
        if line.startswith("COPY ") and "--from" not in line:
            for source in line.split()[1:-1]:
                assert (ROOT / source).exists(), source


def test_what_the_readme_of_deploy_names_is_there():
    text = (ROOT / "deploy/README.md").read_text()
    for name in re.findall(r"\bMITA_[A-Z_]+", text):
        assert name in SETTINGS | {"MITA_PLATFORM"}, name
    named = {path.rstrip("./") for path in re.findall(r"(?<![\w$])deploy/[\w./{},-]+", text)}
    assert len(named) > 8
    for path in named:
        before, brace, rest = path.partition("{")
        choices, _, after = rest.partition("}")
        for choice in choices.split(",") if brace else [""]:
            assert (ROOT / (before + choice + after)).exists(), before + choice + after
