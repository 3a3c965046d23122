"""What Prometheus and Grafana are told to watch: the expressions of deploy/prometheus and deploy/grafana, and the metrics they name."""
import json
import pathlib
import re

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[3]
RULES = ROOT / "deploy/prometheus/rules.yml"
DASHBOARDS = sorted((ROOT / "deploy/grafana").glob("*.json"))
NOT_OURS = re.compile("^(node_|probe_|up$|ALERTS$)")  # the host's, the blackbox exporter's, Prometheus' own


def rules():
    return [rule for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"]]


def panels(dashboard):
    for panel in dashboard["panels"]:
        yield panel
        yield from panel.get("panels", [])


def dashboard_expressions(dashboard):
    """Grafana's variables replaced as it replaces them."""
    def replaced(expression):
        return expression.replace("$__rate_interval", "5m").replace("$__range", "1h").replace("$instance", ".*")
    return [replaced(target["expr"]) for panel in panels(dashboard) for target in panel.get("targets", [])]


def metrics_of(expression):
    """The names of the metrics in an expression: what is left when strings, label lists, groupings and functions are gone."""
    named = re.findall(r'__name__=~"([^"]+)"', expression)
    bare = re.sub(r'"[^"]*"', '""', expression)
    bare = re.sub(r"\{[^}]*\}|\[[^\]]*\]", " ", bare)
    bare = re.sub(r"\b(by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)", " ", bare)
    words = set(re.findall(r"\b[a-zA-Z_:][a-zA-Z0-9_:]*\b(?!\s*\()", bare)) - {"and", "or", "unless", "bool", "offset"}
    for pattern in named:
        prefix, _, rest = pattern.partition("(")
        words |= {prefix + choice + rest.partition(")")[2] for choice in rest.partition(")")[0].split("|")} if rest else {pattern}
    return words


def watched_metrics():
    """{metric of ours: where it is watched}; recorded ones are followed by their own rule."""
    recorded = {rule["record"] for rule in rules() if "record" in rule}
    out = {}
    expressions = [(f"rule {r.get('alert') or r.get('record')}", r["expr"]) for r in rules()]
    expressions += [(path.name, e) for path in DASHBOARDS for e in dashboard_expressions(json.loads(path.read_text()))]
    for where, expression in expressions:
        for name in metrics_of(expression):
            if name not in recorded and not NOT_OURS.match(name):
                out.setdefault(name, where)
    return out
