"""What operators see: /health tells what was measured and nothing else, /metrics has every name that is promised for what exists."""
import re
import secrets
import socket

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from mita import promtool
from mita.client import Client, expect
from mita.waiting import until

SERVICES = ["auth", "finance", "gateway"]
CACHE = ["mita_cache_hits_total", "mita_cache_misses_total", "mita_cache_evictions_total", "mita_cache_expired_total", "mita_cache_bytes", "mita_cache_entries"]
DB = ["mita_db_query_duration_seconds", "mita_db_pool_connections", "mita_db_pool_calls", "mita_db_pool_wait_seconds", "mita_db_errors_total"]
SHARED = ["mita_build_info", "mita_http_requests_total", "mita_http_request_duration_seconds", "mita_http_requests_in_flight", "process_cpu_seconds_total",
          "process_resident_memory_bytes", "process_open_fds", "process_max_fds", "process_start_time_seconds", *CACHE]
NAMES = {
    "auth": [*SHARED, *DB, "mita_auth_logins_total", "mita_auth_tokens_issued_total", "mita_auth_hash_queue_depth", "mita_auth_hash_lanes",
             "mita_auth_hash_shed_total", "mita_auth_password_hash_duration_seconds", "mita_auth_revocation_lag_seconds", "mita_auth_refresh_total", "mita_auth_audit_events_total", "mita_auth_event_loop_lag_seconds",
             "mita_auth_log_dropped_total"],
    "finance": [*SHARED, *DB, "mita_finance_revocation_lag_seconds", "mita_finance_event_loop_lag_seconds", "mita_finance_log_dropped_total"],
    "gateway": [*SHARED, "mita_gateway_upstream_requests_total", "mita_gateway_upstream_duration_seconds", "mita_gateway_upstream_connections",
                "mita_gateway_circuit_state", "mita_gateway_retries_total", "mita_gateway_ejections_total",
                "mita_gateway_rejected_total", "mita_gateway_malformed_total", "mita_gateway_ratelimit_decisions_total", "mita_gateway_log_dropped_total",
                "mita_gateway_client_connections", "mita_gateway_audit_events_total", "mita_gateway_event_loop_lag_seconds", "mita_gateway_revocation_lag_seconds"],
}
SAMPLE = re.compile(r'([a-zA-Z_:][a-zA-Z0-9_:]*)(\{(?:[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\["\\n])*",?)+\})? (\S+)')


def health(stack, service):
    answer = Client(service, stack.contract).get("/health", internal=True)
    stack.contract.message("health", answer.json)
    return answer.json


def scrape(stack, service):
    return expect(Client(service, stack.contract).get("/metrics", internal=True), 200).text


def samples(text):
    """{name: [(labels, value)]}; every line has the form of the text format, every family its HELP and TYPE before it, no sample twice."""
    found, types, seen = {}, {}, set()
    for line in text.splitlines():
        if line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ")
            assert name not in types and kind in ("counter", "gauge", "histogram"), line
            types[name] = kind
        elif not line.startswith("# HELP "):
            match = SAMPLE.fullmatch(line)
            assert match, line
            name, labels, value = match.groups()
            base = re.sub("_(bucket|sum|count)$", "", name)
            family = base if types.get(base) == "histogram" else name
            assert family in types, f"{line}: no TYPE before it"
            assert (name, labels) not in seen, f"{line}: twice"
            seen.add((name, labels))
            float(value)
            found.setdefault(family, []).append((labels, value))
    return found


# -- health
@pytest.mark.parametrize("name", SERVICES)
def test_before_anything_was_served_health_has_no_percentiles_instead_of_zeros(stack, name):
    service = stack.also(name, f"{name}-unused").start()
    for _ in range(3):  # neither probes nor the internal listener count
        Client(service, stack.contract).get("/readyz")
        Client(service, stack.contract).get("/livez", internal=True)
        scrape(stack, service)
    performance = health(stack, service)["performance"]
    assert performance == {"window_s": 60, "requests": 0, "p50_ms": None, "p95_ms": None, "p99_ms": None, "error_share": None, "slow_requests": 0}
    service.stop()


@pytest.mark.parametrize("name", SERVICES)
def test_health_tells_how_the_requests_of_the_last_minute_went(stack, person, name):
    service = stack.also(name, f"{name}-used").start()
    path = "/v1/auth/me" if name == "auth" else "/v1/me"
    for _ in range(20):
        expect(Client(service, stack.contract, person.access).get(path), 200)
    performance = health(stack, service)["performance"]
    assert performance["requests"] == 20 and performance["error_share"] == 0
    assert 0 < performance["p50_ms"] <= performance["p95_ms"] <= performance["p99_ms"] < 15_000
    service.stop()


@pytest.mark.parametrize("name", ["finance", "gateway"])
def test_the_revocation_feed_is_no_request_of_people(stack, name):
    """The long polls of the others reach auth's internal listener, and take seconds: they are in no percentile of auth."""
    auth = stack.also("auth", f"auth-polled-by-{name}").start()
    follower = stack.also(name, f"{name}-follower", auth=auth).start()
    polls = 'route="/internal/v1/revocations"'
    until(lambda: any(polls in (labels or "") for labels, _ in samples(scrape(stack, auth)).get("mita_http_requests_total", [])), 30 * auth.slow, "an answered poll")
    performance = health(stack, auth)["performance"]
    assert performance["requests"] == 0 and performance["slow_requests"] == 0
    follower.stop()
    auth.stop()


def test_health_of_the_gateway_names_the_services_and_the_anonymous_caller_sees_three_things(stack):
    whole = until(lambda: (h := health(stack, stack.gateway))["services"] == {"auth": "healthy", "finance": "healthy"} and h, 60, "both healthy")
    assert whole["caches"]["token"]["max_bytes"] > 0
    assert set(stack.client().get("/health").json) == {"status", "service", "version"}
    assert set(stack.client(token="wrong").get("/health").json) == {"status", "service", "version"}


# -- metrics
@pytest.mark.parametrize("name", SERVICES)
def test_a_scrape_has_every_metric_of_the_list_in_good_form_and_few_series(stack, saver, name):
    service = getattr(stack, name)
    saver.get("/v1/me")
    with socket.create_connection(("127.0.0.1", service.port)) as raw:
        raw.sendall(b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n")
        assert raw.recv(100).startswith(b"HTTP/1.1 400")
    text = scrape(stack, service)
    found = samples(text)
    assert not [wanted for wanted in NAMES[name] if wanted not in found]
    assert sum(map(len, found.values())) <= 2000
    assert len(re.findall("^# HELP ", text, re.M)) == len(re.findall("^# TYPE ", text, re.M))
    status, said = promtool.check("check", "metrics", text=text)
    assert status == 0 and not said, said


def test_the_gateway_counts_its_connections_on_both_sides(stack, person):
    expect(person.get("/v1/me"), 200)
    found = samples(scrape(stack, stack.gateway))
    assert float(found["mita_gateway_client_connections"][0][1]) >= 1
    upstream = {labels: float(value) for labels, value in found["mita_gateway_upstream_connections"]}
    assert set(re.findall(r'upstream="(\w+)"', "".join(upstream))) == {"auth", "finance"} and sum(upstream.values()) >= 1


@pytest.mark.parametrize("name", SERVICES)
def test_revocations_are_known_to_be_complete_a_moment_ago(stack, name):
    found = samples(scrape(stack, getattr(stack, name)))
    (_, lag), = found[f"mita_{name}_revocation_lag_seconds"]
    assert 0 <= float(lag) < 10 * stack.auth.slow


def open_metrics(stack, service):
    answer = expect(Client(service, stack.contract).get("/metrics", internal=True, headers={"Accept": "application/openmetrics-text"}), 200)
    assert answer.header("Content-Type").startswith("application/openmetrics-text") and answer.text.endswith("# EOF\n")
    return list(text_string_to_metric_families(answer.text))  # strict: names, types, units, order, exemplars


@pytest.mark.parametrize("name", SERVICES)
def test_openmetrics_is_given_to_who_asks_for_it_and_has_the_same_families(stack, saver, name):
    saver.get("/v1/me")
    service = getattr(stack, name)
    families = {f.name + {"counter": "_total", "info": "_info"}.get(f.type, "") for f in open_metrics(stack, service)}
    assert families == set(samples(scrape(stack, service)))


@pytest.mark.parametrize("name, path", [("auth", "/v1/auth/me"), ("finance", "/v1/me"), ("gateway", "/v1/me")])
def test_the_trace_of_a_request_is_the_exemplar_of_its_bucket(stack, person, name, path):
    trace = secrets.token_hex(16)
    service = getattr(stack, name)
    expect(Client(service, stack.contract, person.access).get(path, headers={"traceparent": f"00-{trace}-{secrets.token_hex(8)}-01"}), 200)

    def kept():
        durations = next(f for f in open_metrics(stack, service) if f.name == "mita_http_request_duration_seconds")
        return [s for s in durations.samples if s.exemplar and s.exemplar.labels == {"trace_id": trace}]
    sample, = until(kept, 5, "the exemplar")
    assert sample.labels["route"] == path and 0 < sample.exemplar.value <= float(sample.labels["le"])
