"""tests/performance/run --self-test: the generator against servers with known faults. What it cannot see, no figure would show."""
import http.server
import threading
import time

from harness import load

STALL_S = 1.0


class Server(http.server.ThreadingHTTPServer):
    """Answers "ok"; between stall_at and stall_at + 1 s it answers nobody. Every tenth answer of /lies is wrong; /late sheds without Retry-After."""
    daemon_threads = True
    request_queue_size = 128
    stall_at = float("inf")
    served = 0

    def handle_error(self, *_):
        pass  # the generator hangs up on purpose


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self):
        s = self.server
        s.served += 1
        now = time.monotonic()
        if s.stall_at <= now < s.stall_at + STALL_S:
            time.sleep(s.stall_at + STALL_S - now)
        if self.path == "/dies" and s.served % 7 == 0:
            self.close_connection = True
            self.connection.close()
            return
        body = b"no" if self.path == "/lies" and s.served % 10 == 0 else b"ok"
        self.send_response(503 if self.path == "/sheds" else 200)
        if self.path == "/closes":
            self.send_header("Connection", "close")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def main():
    server = Server(("127.0.0.1", 0), Handler)
    port = server.server_address[1]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    results = []

    def check(what, held, seen):
        results.append(held)
        print(f"{'ok  ' if held else 'FAIL'}  {what}: {seen}", flush=True)

    ok = lambda path: [load.request("GET", path, {"200": {"equals": "ok"}})]
    plain = load.run(port, ok("/"), rate=200, connections=32, seconds=3, warmup=0.3)
    quiet = plain["latency_us"]["200"]
    check("arrivals come at the asked rate (200/s)", 160 <= plain["per_second"] <= 240, f"{plain['per_second']:.0f}/s")
    check("a server without a fault looks like one", quiet["p50"] < 50_000 and not plain["wrong"], f"p50 {quiet['p50'] / 1000:.1f} ms, p99 {quiet['p99'] / 1000:.1f} ms")

    server.stall_at = time.monotonic() + 2
    open_loop = load.run(port, ok("/"), rate=200, connections=4, seconds=5, warmup=0.3)["latency_us"]["200"]
    check("open loop: a stall of 1 s shows in p99", 0.85e6 <= open_loop["p99"] <= 1.4e6, f"{open_loop['p99'] / 1000:.0f} ms")
    check("open loop: and in the tenth of all requests that came during its first half", open_loop["p90"] >= 0.3e6, f"p90 {open_loop['p90'] / 1000:.0f} ms")
    check("open loop: but not in the median", open_loop["p50"] < 0.1e6, f"{open_loop['p50'] / 1000:.1f} ms")
    server.stall_at = time.monotonic() + 2
    closed = load.run(port, ok("/"), closed=True, connections=4, seconds=5, warmup=0.3)["latency_us"]["200"]
    check("closed loop hides the same stall (why latency is never taken from it)", closed["p99"] < 0.5e6, f"p99 {closed['p99'] / 1000:.1f} ms")
    server.stall_at = float("inf")

    lies = load.run(port, ok("/lies"), strict=False, closed=True, connections=2, seconds=1)
    share = lies["wrong"] / max(1, sum(lies["statuses"].values()))
    check("a wrong body in every tenth answer is counted", 0.08 <= share <= 0.12 and "no" in lies["wrong_sample"], f"{share:.3f}")
    sheds = load.run(port, [load.request("GET", "/sheds", {"200": {}, **load.OVERLOADED})], strict=False, closed=True, connections=2, seconds=0.5)
    check("a 503 without Retry-After is wrong", sheds["wrong"] > 0, sheds["wrong"])
    unnamed = load.run(port, [load.request("GET", "/", {"201": {}})], strict=False, closed=True, connections=2, seconds=0.5)
    check("a status nobody named is wrong", unnamed["wrong"] > 0, unnamed["wrong"])
    closes = load.run(port, ok("/closes"), strict=False, closed=True, connections=2, seconds=0.5)
    check("a server that closes after each answer is no error", closes["wrong"] == 0 and not closes["errors"] and closes["done"] > 10, closes["errors"])
    dies = load.run(port, ok("/dies"), strict=False, closed=True, connections=2, seconds=1)
    check("a kept connection that is cut before an answer is opened anew", dies["reopened"] > 0, {"reopened": dies["reopened"], **dies["errors"]})
    server.stall_at = time.monotonic() + 0.2
    late = load.run(port, ok("/"), strict=False, rate=50, connections=2, seconds=1, timeout=0.3)
    check("what takes longer than the timeout is an error", late["errors"].get("timeout", 0) > 0, late["errors"])
    server.shutdown()
    print(f"\n{sum(results)} passed, {len(results) - sum(results)} failed")
    return 0 if all(results) else 1
