"""B19: the gateway by TLS 1.3 on kept connections beside the same gateway without, and HAProxy's two ports likewise: CPU a request from the kernel."""
import statistics

from mita.certificates import HOST, Authority, Files

from harness import cpus, load
from harness.figures import Figure
from harness.people import Person

from . import proxies

CONNECTIONS, TARGET = 32, "/v1/me"


def spent(port, line, pids, seconds, by):
    """CPU time of these processes for a load over new connections, and the answers it got."""
    before = cpus.cpu_seconds(*pids)
    report = load.run(port, line, closed=True, connections=CONNECTIONS, seconds=seconds, **by)
    return cpus.cpu_seconds(*pids) - before, report["done"]


def measure(run):
    system = run.system().start(auth=cpus.BESIDE, finance=cpus.BESIDE)
    person = Person(system)
    authority = Authority(system.logs)
    files = Files(authority, system.logs)
    gateway = system.also("gateway", label="gateway-tls", **proxies.ALL_ON, **files.settings())
    haproxy, sign = proxies.favoured(system, person, "haproxy-tls", files)
    trusted = {"authority": authority.file, "name": HOST}
    sides = {"plain": (gateway.port, [gateway.process.pid], {}), "tls": (gateway.wait_event("listening", 5)["tls_port"], [gateway.process.pid], trusted),
             "peer": (haproxy.port, haproxy.pids(), {}), "peer_tls": (haproxy.tls_port, haproxy.pids(), trusted)}
    text = system.api(person.token, gateway.port).get(TARGET).expect(200).body.decode()
    line = [load.request("GET", TARGET, {"200": {"equals": text}}, person.token, headers={"X-Light-Token": sign(person)})]
    detail, order = {"rounds": []}, list(sides)
    for number in range(run.rounds):
        seen = {}
        for side in order if number % 2 == 0 else reversed(order):
            port, pids, by = sides[side]
            used, done = zip(*(spent(port, line, pids, seconds, by) for seconds in (run.seconds / 5, run.seconds)))
            seen[side] = (used[1] - used[0]) / (done[1] - done[0]) * 1e6  # what connections and handshakes cost is in both
            system.forget_logs()
            haproxy.forget_logs()
        detail["rounds"].append(seen)
    counted = detail["rounds"][1:]
    told = lambda side: f"{statistics.median(x[side] for x in counted):.1f} µs"
    return [Figure("B19", f"gateway by TLS 1.3 on kept connections, CPU a request ({told('tls')})", "×", [x["tls"] / x["plain"] for x in counted], "≤ 1.25×", ("<=", 1.25),
                   f"without TLS {told('plain')}", detail=detail),
            Figure("B19", f"HAProxy the same way, HS256 ({told('peer_tls')})", "×", [x["peer_tls"] / x["peer"] for x in counted], "", None, f"without TLS {told('peer')}"),
            Figure("B19", "gateway by TLS against HAProxy by TLS", "×", [x["tls"] / x["peer_tls"] for x in counted], "", None)]


ROWS = {"B19": measure}
