"""deploy/k8s: what the overlays become is of the API's shape, confined, probed, and wired to what the binaries know. Rendered by kubectl, which needs no cluster for it."""
import pathlib
import shutil
import subprocess

import jsonschema
import pytest
import yaml
from settings_known import SETTINGS

ROOT = pathlib.Path(__file__).resolve().parents[2]
K8S = ROOT / "deploy/k8s"
SCHEMA = yaml.safe_load((ROOT / "tests/lint/schemas/k8s.yaml").read_text())
OVERLAYS = sorted(p.name for p in (K8S / "overlays").iterdir())
PORTS = {"auth": (8081, 8091), "finance": (8082, 8092), "gateway": (8080, 8090)}

pytestmark = pytest.mark.skipif(shutil.which("kubectl") is None, reason="kubectl is not on this machine; Debian 12 has none that knows today's kustomize")


@pytest.fixture(scope="module", params=OVERLAYS)
def objects(request):
    done = subprocess.run(["kubectl", "kustomize", str(K8S / "overlays" / request.param)], capture_output=True, text=True)
    assert done.returncode == 0 and not done.stderr, done.stderr
    return [o for o in yaml.safe_load_all(done.stdout) if o]


def of_kind(objects, *kinds):
    return {o["metadata"]["name"]: o for o in objects if o["kind"] in kinds}


def pods(objects):
    return {name: o["spec"]["template"]["spec"] for name, o in of_kind(objects, "Deployment", "Job").items()}


def containers(objects):
    return [(f"{pod}/{c['name']}", c) for pod, spec in pods(objects).items() for c in (*spec.get("initContainers", []), *spec["containers"])]


def test_every_object_has_the_shape_of_its_kind(objects):
    assert {o["kind"] for o in objects} >= {"Namespace", "ServiceAccount", "ConfigMap", "Deployment", "Job", "Service", "PodDisruptionBudget", "NetworkPolicy"}
    for thing in objects:
        faults = [f"{'/'.join(map(str, e.absolute_path))}: {e.message}" for e in jsonschema.Draft202012Validator(SCHEMA).iter_errors(thing)]
        assert not faults, f"{thing['kind']} {thing['metadata']['name']}: {faults}"


def test_a_slip_of_the_pen_is_seen(objects):
    """The schema is not one that lets anything pass."""
    text = yaml.safe_dump(of_kind(objects, "Deployment")["mita-gateway"])
    for right, wrong in (("readinessProbe", "readinesProbe"), ("containerPort: 8080", "containerPort: '8080'"), ("matchLabels", "matchLabel"), ("memory: 256Mi", "memory: 256M")):
        if right in text:
            assert list(jsonschema.Draft202012Validator(SCHEMA).iter_errors(yaml.safe_load(text.replace(right, wrong)))), wrong


def test_pods_keep_to_the_restricted_profile(objects):
    assert of_kind(objects, "Namespace")["mita"]["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
    for name, spec in pods(objects).items():
        assert spec["securityContext"] == {"runAsNonRoot": True, "runAsUser": 10001, "runAsGroup": 10001, "fsGroup": 10001, "seccompProfile": {"type": "RuntimeDefault"}}, name
        assert spec["automountServiceAccountToken"] is False, name
    for name, c in containers(objects):
        assert c["securityContext"] == {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}}, name
        assert c["resources"]["requests"]["memory"] == c["resources"]["limits"]["memory"], f"{name}: memory beyond what is asked for is taken back by a kill"
        assert "cpu" not in c["resources"]["limits"], f"{name}: a CPU limit throttles event loops"


def test_no_service_variable_of_kubernetes_is_taken_for_a_setting(objects):
    """The Service mita-auth would set MITA_AUTH_PORT=tcp://10.0.0.1:8081 in every pod."""
    for name, spec in pods(objects).items():
        assert spec["enableServiceLinks"] is False, name


def test_environment_names_are_settings_and_secrets_are_files(objects):
    wiring = next(data for name, data in ((n, o["data"]) for n, o in of_kind(objects, "ConfigMap").items()) if name.startswith("mita-wiring-"))
    assert not [key for key in wiring if key.removesuffix("_FILE") not in SETTINGS]
    for pod, spec in pods(objects).items():
        kept = {item["path"] for volume in spec["volumes"] for item in volume["secret"]["items"]}
        used = set()
        for c in (*spec.get("initContainers", []), *spec["containers"]):
            for variable in c.get("env", []):
                assert variable["name"].removesuffix("_FILE") in SETTINGS, (pod, variable)
                assert variable["name"].endswith("_FILE") and variable["value"].startswith(c["volumeMounts"][0]["mountPath"] + "/"), (pod, variable)
                used.add(variable["value"].rpartition("/")[2])
        assert used == kept, pod


def test_probes_ask_what_they_are_for(objects):
    for name, deployment in of_kind(objects, "Deployment").items():
        c = deployment["spec"]["template"]["spec"]["containers"][0]
        assert c["startupProbe"]["httpGet"] == c["livenessProbe"]["httpGet"] == {"path": "/livez", "port": "internal"}, name
        assert c["readinessProbe"]["httpGet"] == {"path": "/readyz", "port": "internal"}, name


def test_a_pod_has_time_to_leave(objects):
    """preStop, the default drain time of libs/core/platform, its hard grace of 5 s, and something to spare."""
    for name, spec in pods(objects).items():
        if name == "mita-migrate":
            continue
        sleep = int(spec["containers"][0]["lifecycle"]["preStop"]["exec"]["command"][1])
        assert spec["terminationGracePeriodSeconds"] >= sleep + 10 + 5 + 5, name


def test_names_and_ports_fit_together(objects):
    services, deployments = of_kind(objects, "Service"), of_kind(objects, "Deployment")
    budgets = {tuple(o["spec"]["selector"]["matchLabels"].values()) for o in of_kind(objects, "PodDisruptionBudget").values()}
    wiring = next(o["data"] for n, o in of_kind(objects, "ConfigMap").items() if n.startswith("mita-wiring-"))
    for short, (port, internal) in PORTS.items():
        name = f"mita-{short}"
        template = deployments[name]["spec"]["template"]
        assert template["metadata"]["labels"]["app.kubernetes.io/name"] == name
        assert deployments[name]["spec"]["selector"]["matchLabels"].items() <= template["metadata"]["labels"].items()
        assert services[name]["spec"]["selector"] == {"app.kubernetes.io/name": name}
        c = template["spec"]["containers"][0]
        assert c["command"] == [name, "serve"]
        assert {p["name"]: p["containerPort"] for p in c["ports"]} == {"http": port, "internal": internal}
        assert template["metadata"]["annotations"]["prometheus.io/port"] == str(internal)
        assert (name,) in budgets
    for short in ("auth", "finance"):
        port, internal = PORTS[short]
        assert wiring[f"MITA_{short.upper()}_URL"] == f"http://mita-{short}:{port}" and wiring[f"MITA_{short.upper()}_INTERNAL_URL"] == f"http://mita-{short}:{internal}"
        assert {p["port"] for p in services[f"mita-{short}"]["spec"]["ports"]} == {port, internal}


def allowed(policies, source, target, port):
    """Do the policies let pods labelled `source` open a connection to `target` at port?"""
    def chosen(selector, pod):
        return selector.get("matchLabels", {}).items() <= {"app.kubernetes.io/name": pod}.items()

    def rule_fits(rule, key, other):
        return (key not in rule or any("podSelector" in p and chosen(p["podSelector"], other) for p in rule[key])) and any(p["port"] == port for p in rule["ports"])

    out = any(rule_fits(r, "to", target) for p in policies if chosen(p["podSelector"], source) for r in p.get("egress", []))
    into = any(rule_fits(r, "from", source) for p in policies if chosen(p["podSelector"], target) for r in p.get("ingress", []))
    return out and into


def test_the_network_lets_each_reach_what_it_needs_and_nothing_else(objects):
    policies = [o["spec"] for o in of_kind(objects, "NetworkPolicy").values()]
    assert {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]} in policies
    needed = {("gateway", "auth", 8081), ("gateway", "auth", 8091), ("gateway", "finance", 8082), ("gateway", "finance", 8092), ("finance", "auth", 8091), ("auth", "finance", 8092)}
    every = [(a, b, port) for a in PORTS for b in PORTS for port in (8080, 8081, 8082, 8090, 8091, 8092) if a != b]
    assert {way for way in every if allowed(policies, f"mita-{way[0]}", f"mita-{way[1]}", way[2])} == needed
    databases = {name for name in ("auth", "finance", "gateway", "migrate")
                 if any(p["port"] == 5432 for policy in policies if policy["podSelector"].get("matchLabels", {}).get("app.kubernetes.io/name") == f"mita-{name}"
                        for r in policy.get("egress", []) for p in r["ports"])}
    assert databases == {"auth", "finance", "migrate"}


def test_autoscalers_name_deployments_that_keep_no_number_of_their_own(objects):
    deployments = of_kind(objects, "Deployment")
    scalers = of_kind(objects, "HorizontalPodAutoscaler")
    if scalers:
        assert {s["spec"]["scaleTargetRef"]["name"] for s in scalers.values()} == set(deployments)
    for name, deployment in deployments.items():
        assert ("replicas" in deployment["spec"]) == (name not in scalers), name
