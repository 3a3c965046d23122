"""deploy/prometheus and deploy/grafana by the tool they are for: promtool. That each metric exists is asked of running services (test_watched.py)."""
import json
import sys

import jsonschema
import pytest
import yaml
from settings_known import ROOT

sys.path[:0] = [str(ROOT / "tests/support")]

from mita import promtool, watched  # noqa: E402

PLACE = ROOT / "deploy/prometheus"
DASHBOARD = yaml.safe_load((ROOT / "tests/lint/schemas/grafana.yaml").read_text())
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())


def test_prometheus_takes_the_configuration_and_the_rules():
    status, said = promtool.check("check", "config", str(PLACE / "prometheus.yml"))
    assert status == 0, said


def test_each_alert_rings_where_it_must_and_nowhere_else():
    status, said = promtool.check("test", "rules", str(PLACE / "rules.test.yml"))
    assert status == 0, said


def test_no_alert_is_without_a_test_of_its_ringing_and_its_silence():
    tests = yaml.safe_load((PLACE / "rules.test.yml").read_text())["tests"]
    cases = [case for test in tests for case in test["alert_rule_test"]]
    rings = {case["alertname"] for case in cases if case.get("exp_alerts")}
    alerts = {rule["alert"] for rule in watched.rules() if "alert" in rule}
    assert alerts == rings
    assert all(rule["labels"]["severity"] in ("page", "ticket") and rule["annotations"]["summary"] for rule in watched.rules() if "alert" in rule)


def test_what_is_scraped_are_services_of_compose_at_their_internal_ports():
    scraped = yaml.safe_load((PLACE / "prometheus.yml").read_text())["scrape_configs"]
    found = {job["job_name"]: (job["dns_sd_configs"][0]["names"], job["dns_sd_configs"][0]["port"]) for job in scraped if "dns_sd_configs" in job}
    assert found == {"auth": (["auth"], 8091), "finance": (["finance"], 8092), "gateway": (["gateway"], 8090), "node": (["node-exporter"], 9100)}
    assert {name for names, _ in found.values() for name in names} <= set(COMPOSE["services"])


@pytest.mark.parametrize("path", watched.DASHBOARDS, ids=lambda p: p.name)
def test_a_dashboard_is_of_grafanas_shape_and_each_expression_parses(path):
    dashboard = json.loads(path.read_text())
    faults = [f"{'/'.join(map(str, e.absolute_path))}: {e.message}" for e in jsonschema.Draft202012Validator(DASHBOARD).iter_errors(dashboard)]
    assert not faults, faults
    expressions = watched.dashboard_expressions(dashboard)
    assert len(expressions) > 10
    assert promtool.expressions_check(expressions) == ""
    ids = [panel["id"] for panel in watched.panels(dashboard)]
    assert len(ids) == len(set(ids))


def test_panels_lie_beside_each_other_and_not_over_each_other():
    for path in watched.DASHBOARDS:
        taken = {}
        for panel in watched.panels(json.loads(path.read_text())):
            at = panel["gridPos"]
            assert at["x"] + at["w"] <= 24, panel["title"]
            for cell in ((x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])):
                assert taken.setdefault(cell, panel["title"]) == panel["title"], f"{panel['title']} over {taken[cell]}"


def test_a_wrong_expression_is_seen():
    assert "parse error" in promtool.expressions_check(["sum(rate(x[5m])", "up"])
    assert watched.metrics_of('sum by (le) (rate(a_bucket{b="c"}[5m])) / on(x) group_left(y) d{__name__=~"e_(f|g)_h"} or time() > 2') >= {"a_bucket", "d", "e_f_h", "e_g_h"}
