"""/ops/data and /health of the gateway: every instance behind a name by itself, gathered for the bearer of the ops token alone, cheaply."""
import glob
import re
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from mita.client import Client, expect
from mita.cluster import free_port
from mita.metrics import samples
from mita.waiting import until


def ops(stack, gateway=None):
    return stack.client(gateway, token=stack.secrets["MITA_OPS_TOKEN"])


@pytest.mark.parametrize("token", [None, "wrong", ""])
def test_nobody_sees_it_without_the_ops_token(stack, person, token):
    expect(stack.client(token=token).get("/ops/data"), 401, "unauthorized")
    expect(person.get("/ops/data"), 401, "unauthorized")


def test_it_holds_health_and_metrics_of_every_instance(stack, saver):
    saver.get("/v1/me")
    told = expect(ops(stack).get("/ops/data"), 200).json
    assert [i["service"] for i in told["instances"]] == ["gateway", "auth", "finance"]
    for one, service in zip(told["instances"], (stack.gateway, stack.auth, stack.finance)):
        assert one["health"]["service"] == one["service"] and one["health"]["platform"]["settings"]
        if one["service"] != "gateway":
            assert one["address"] == f"127.0.0.1:{service.internal_port}"
        assert f'mita_http_requests_total{{method="GET",route="/v1/me",service="{one["service"]}",status="200"}}' in one["metrics"] or one["service"] == "auth"
        assert "# HELP" not in one["metrics"] and "mita_build_info" not in one["metrics"]


def test_it_is_gathered_at_most_once_a_second_however_many_look(stack):
    def asked(service):
        found = samples(Client(service, stack.contract).get("/metrics", internal=True).text)
        return sum(n for name, n in found.items() if name.startswith("mita_http_requests_total") and 'route="/metrics"' in name)

    before, begun = asked(stack.finance), time.monotonic()
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: ops(stack).get("/ops/data").status, range(200)))
    most = 1 + (time.monotonic() - begun) / 0.9
    assert set(answers) == {200} and asked(stack.finance) - before - 1 <= most  # one is our own scrape


def test_its_size_stays_small(stack, saver):
    for path in ("/v1/me", "/v1/today", "/v1/calendar?month=2026-04", "/v1/transactions"):
        saver.get(path)
    whole = sum(len(Client(s, stack.contract).get("/metrics", internal=True).body) for s in stack.services)
    answer = ops(stack).get("/ops/data")
    # After a whole suite each service has answered on each route with each status: the most that a deployment's page is ever sent.
    assert len(answer.body) < whole * 2 / 3 and len(answer.body) < 250_000


def test_an_instance_that_is_away_is_told_with_health_null_within_a_second(stack):
    auth = stack.also("auth", "auth-silent").start()
    gateway = stack.also("gateway", "gateway-ops", auth=auth).start()
    auth.kill()
    begun = time.monotonic()
    told = expect(ops(stack, gateway).get("/ops/data"), 200).json
    assert time.monotonic() - begun < 1.5 * gateway.slow
    assert {i["service"]: i["health"] is None for i in told["instances"]} == {"gateway": False, "auth": True, "finance": False}
    gateway.stop()
    auth.start().stop()


@pytest.fixture
def named(tmp_path):
    """name(addresses): what finance.test resolves to from now on, for a process with `environment`."""
    wrapper = next(iter(glob.glob("/usr/lib/*/libnss_wrapper.so")), None)
    assert wrapper, "libnss-wrapper is not installed (deploy/local/packages.txt)"
    hosts = tmp_path / "hosts"

    class Named:
        environment = {"LD_PRELOAD": wrapper, "NSS_WRAPPER_HOSTS": str(hosts)}

        @staticmethod
        def be(*addresses):
            hosts.write_text("".join(f"{a} finance.test\n" for a in addresses))
    return Named


def test_each_instance_behind_one_name_is_told_by_itself_and_the_service_is_degraded_while_they_differ(stack, named):
    port, internal = free_port(), free_port()
    twins = []
    for last in (1, 2):
        twin = stack.also("finance", f"finance-{last}", MITA_LISTEN=f"127.0.0.{last}", MITA_INTERNAL_LISTEN=f"127.0.0.{last}", MITA_WORKERS="1")
        twin.port, twin.internal_port = port, internal
        twins.append(twin.start())
    named.be("127.0.0.1", "127.0.0.2")
    gateway = stack.also("gateway", "gateway-twins", MITA_FINANCE_URL=f"http://finance.test:{port}", MITA_FINANCE_INTERNAL_URL=f"http://finance.test:{internal}",
                         **named.environment).start()

    def told():
        return Client(gateway, stack.contract).get("/health", internal=True).json

    def becomes(*up):
        """Those of the two that the name has, by whether they answer. One may be degraded where the machine is busy."""
        wanted = {f"127.0.0.{last}:{internal}": answers for last, answers in enumerate(up, 1)}

        def seen():
            health = told()
            each = health["instances"]["finance"]
            assert health["services"]["finance"] == (next(iter(each.values())) if len(set(each.values())) == 1 else "degraded")
            return {address: status != "unreachable" for address, status in each.items()} == wanted and health
        return until(seen, 20 * gateway.slow, f"{wanted}")

    becomes(True, True)
    twins[1].kill()
    seen = becomes(True, False)
    assert seen["services"]["finance"] == "degraded" and [d["reason"] for d in seen["degradation"] if d["reason"].startswith("finance")] == ["finance_not_healthy"]
    at = expect(ops(stack, gateway).get("/ops/data"), 200).json["instances"]
    assert {i["address"]: i["health"] is None for i in at if i["service"] == "finance"} == {f"127.0.0.1:{internal}": False, f"127.0.0.2:{internal}": True}
    named.be("127.0.0.1")  # the name gives it up: it is forgotten within seconds
    becomes(True)
    named.be("127.0.0.1", "127.0.0.2")
    twins[1].start()
    becomes(True, True)
    for service in (gateway, *twins):
        service.stop()


def test_the_page_and_what_it_needs_are_given_to_anybody_and_say_nothing(stack):
    page = expect(stack.client().get("/ops"), 200).text
    for asset in set(re.findall(r'(?:href|src)="(/assets/[^"]+)"', page)):
        text = expect(stack.client().get(asset), 200).text
        assert stack.secrets["MITA_OPS_TOKEN"] not in text
        for inner in re.findall(r'from "(/assets/[^"]+)"', text):
            expect(stack.client().get(inner), 200)
