"""B5: the gateway with everything on beside HAProxy and nginx, each alone on the core under test in turn, the same finance behind all: CPU a request from the kernel."""
import base64
import json
import pwd
import secrets
import statistics
import subprocess
import time

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from mita.cluster import free_port
from mita.metrics import samples

from harness import cpus, load
from harness.figures import Figure, WrongAnswer
from harness.people import Person

CONNECTIONS, TARGET = 32, "/v1/me"
LIMIT = 5_000_000  # requests a minute: counted, never reached
ALL_ON = {f"MITA_RATE_{name}": f"{LIMIT};60" for name in ("USER", "WRITE", "LOGIN", "REGISTER")} | {"MITA_LOG_REQUESTS": "true", "MITA_AUDIT_QUEUE": "1000000"}

# What the gateway does, as far as HAProxy can; it keeps no verified tokens, so it is favoured: the goal is held against an HS256 token, which costs a
# fiftieth of ES256 to verify (beside the real one, that finance asks for). The token's signature, algorithm, issuer, audience and time; a limit counted for each person;
# request id, forwarding and security headers; CORS; a JSON line a request.
HAPROXY = """
global
    nbthread 1
    log stdout format raw local0
    maxconn 4096
defaults
    mode http
    option http-keep-alive
    timeout connect 5s
    timeout client 75s
    timeout server 75s
    http-reuse always
frontend public
    bind 127.0.0.1:{port}
    {secure}
    log global
    log-format '{{"time":"%tr","client":"%ci:%cp","request_id":"%ID","method":"%HM","path":"%HP","status":%ST,"bytes":%B,"ms":%Ta,"upstream_ms":%Tr,"user":"%[var(txn.sub)]"}}'
    unique-id-format %[uuid()]
    unique-id-header X-Request-Id
    stick-table type string len 64 size 100k expire 60s store http_req_rate(60s)
    http-request set-var(txn.token) {token}
    http-request set-var(txn.alg) var(txn.token),jwt_header_query('$.alg')
    http-request deny deny_status 401 unless {{ var(txn.alg) -m str {alg} }}
    http-request deny deny_status 401 unless {{ var(txn.token),jwt_verify(txn.alg,"{key}") -m int 1 }}
    http-request deny deny_status 401 unless {{ var(txn.token),jwt_payload_query('$.iss') -m str {iss} }}
    http-request deny deny_status 401 unless {{ var(txn.token),jwt_payload_query('$.aud') -m str {aud} }}
    http-request set-var(txn.exp) var(txn.token),jwt_payload_query('$.exp','int')
    http-request set-var(txn.now) date()
    http-request deny deny_status 401 if {{ var(txn.exp),sub(txn.now) -m int lt 0 }}
    http-request set-var(txn.sub) var(txn.token),jwt_payload_query('$.sub')
    http-request track-sc0 var(txn.sub)
    http-request deny deny_status 429 if {{ sc0_http_req_rate gt {limit} }}
    option forwardfor
    http-request set-header X-Forwarded-Proto http
    http-response set-header X-Request-Id %[unique-id]
    http-response set-header X-Content-Type-Options nosniff
    http-response set-header Content-Security-Policy "default-src 'none'"
    http-response set-header Referrer-Policy no-referrer
    http-response set-header Vary Origin
    http-response del-header Server
    default_backend finance
backend finance
    server one 127.0.0.1:{upstream}
"""

# Nothing of tokens: log, limit, headers.
NGINX = """
daemon off;
worker_processes 1;
pid {home}/nginx.pid;
error_log {home}/error.log;
user {user};
events {{ worker_connections 4096; }}
http {{
    log_format lines escape=json '{{"time":"$time_iso8601","client":"$remote_addr","request_id":"$request_id","method":"$request_method","path":"$uri","status":$status,"bytes":$bytes_sent,"ms":$request_time,"upstream_ms":"$upstream_response_time"}}';
    access_log {home}/access.log lines buffer=64k flush=1s;
    limit_req_zone $http_authorization zone=people:10m rate={limit}r/m;
    client_body_temp_path {home}; proxy_temp_path {home}; fastcgi_temp_path {home}; uwsgi_temp_path {home}; scgi_temp_path {home};
    keepalive_requests 1000000000;
    server_tokens off;
    upstream finance {{ server 127.0.0.1:{upstream}; keepalive 64; keepalive_requests 1000000000; }}
    server {{
        listen 127.0.0.1:{port};
        limit_req zone=people burst=100000 nodelay;
        add_header X-Request-Id $request_id always;
        add_header X-Content-Type-Options nosniff always;
        add_header Content-Security-Policy "default-src 'none'" always;
        add_header Referrer-Policy no-referrer always;
        add_header Vary Origin always;
        location / {{
            proxy_pass http://finance;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_set_header Host $host;
            proxy_set_header X-Request-Id $request_id;
            proxy_set_header X-Forwarded-For $remote_addr;
            proxy_set_header X-Forwarded-Proto http;
        }}
    }}
}}
"""


def public_key(api):
    """The active key of auth's JWKS as PEM, for HAProxy."""
    jwk = api.get("/.well-known/jwks.json").expect(200).json["keys"][0]
    x, y = (int.from_bytes(base64.urlsafe_b64decode(jwk[n] + "=" * (-len(jwk[n]) % 4)), "big") for n in ("x", "y"))
    return ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


class Proxy:
    """One process group on the core under test; ends with the system."""

    def __init__(self, system, name, words, config, tls_port=None, **values):
        self.tls_port = tls_port
        self.port, self.home = free_port(), system.logs / name
        self.home.mkdir(exist_ok=True)
        file = self.home / "config"
        file.write_text(config.format(port=self.port, home=self.home, limit=LIMIT, upstream=system.services["finance"].port, user=pwd.getpwuid(self.home.stat().st_uid).pw_name, **values))
        with cpus.on(cpus.UNDER_TEST), open(self.home / "stdout.log", "ab") as out:
            self.process = subprocess.Popen([*words, str(file)], stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT, start_new_session=True)
        system.closing.append(self.close)
        end = time.monotonic() + 10
        while True:
            try:
                if system.api(port=self.port).get("/livez").status:
                    return
            except OSError:
                if self.process.poll() is not None or time.monotonic() > end:
                    raise RuntimeError(f"{name} did not start: {(self.home / 'stdout.log').read_text()[-1500:]}")
                time.sleep(0.05)

    def pids(self):
        children = subprocess.run(["pgrep", "-P", str(self.process.pid)], capture_output=True, text=True).stdout.split()
        return [self.process.pid, *map(int, children)]

    def forget_logs(self):
        for log in self.home.glob("*.log"):
            with open(log, "r+b") as file:
                file.truncate()

    def close(self):
        self.process.terminate()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def claims(token):
    part = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


def haproxy(system, name, said, token="http_auth_bearer", alg="ES256", key=None, secure="", **values):
    audience = said["aud"] if isinstance(said["aud"], str) else said["aud"][0]
    return Proxy(system, name, ["/usr/sbin/haproxy", "-db", "-f"], HAPROXY, token=token, alg=alg, key=key, iss=said["iss"], aud=audience, secure=secure, **values)


def favoured(system, person, name, files=None):
    """HAProxy with tokens that cost little to verify, and what makes one of a person's; `files`: by TLS, too."""
    secret, more = secrets.token_hex(32), {}
    if files:
        pem = system.logs / f"{name}.pem"
        pem.write_bytes(files.certificate.read_bytes() + files.key.read_bytes())
        more["tls_port"] = free_port()
        more["secure"] = f"bind 127.0.0.1:{more['tls_port']} ssl crt {pem} ssl-min-ver TLSv1.2 alpn http/1.1"
    made = haproxy(system, name, claims(person.token), "req.hdr(X-Light-Token)", "HS256", secret, **more)
    return made, lambda whose: jwt.encode(claims(whose.token), secret, "HS256")


def trail(system, gateway):
    return samples(system.api(port=gateway.internal_port).get("/metrics").expect(200).body.decode())


def told_all(system, gateway):
    """Until auth has every event of the trail: sending them is part of what a write costs."""
    end = time.monotonic() + 60
    while trail(system, gateway)["mita_gateway_audit_waiting"]:
        if time.monotonic() > end:
            raise RuntimeError("the trail does not get through")
        time.sleep(0.01)


def measure(run):
    system = run.system().start(auth=cpus.BESIDE, finance=cpus.BESIDE)
    person = Person(system)
    gateway = system.also("gateway", label="gateway-all-on", **ALL_ON)
    uncached = system.also("gateway", label="gateway-uncached", MITA_CACHE_BYTES="0", **ALL_ON)
    key = system.logs / "key.pem"
    key.write_bytes(public_key(system.api()))
    strict = haproxy(system, "haproxy", claims(person.token), key=key)
    light_haproxy, sign = favoured(system, person, "haproxy-hs256")
    light = sign(person)
    nginx = Proxy(system, "nginx", ["/usr/sbin/nginx", "-c"], NGINX)
    sides = {"gateway": (gateway.port, [gateway.process.pid]), "uncached": (uncached.port, [uncached.process.pid]),
             "haproxy": (strict.port, strict.pids()), "favoured": (light_haproxy.port, light_haproxy.pids()), "nginx": (nginx.port, nginx.pids())}

    sides |= {f"{side}_write": sides[side] for side in ("gateway", "favoured")}  # one that finance refuses, so that it keeps up: with an event like any other

    text = system.api(person.token, gateway.port).get(TARGET).expect(200).body.decode()
    bad = person.token[:-8] + ("AAAAAAAA" if person.token[-8:] != "AAAAAAAA" else "BBBBBBBB")
    for name, (port, _) in sides.items():
        answer = system.api(person.token, port).get(TARGET, **{"X-Light-Token": light}).expect(200)
        if answer.body.decode() != text:
            raise WrongAnswer(f"{name} gives another body")
        system.api(bad, port).get(TARGET).expect(401)  # of nginx, which does not look: finance's
    write = {"Content-Type": "text/plain", "X-Light-Token": light}
    line = {side: [load.request("POST", "/v1/transactions", {"415": {"contains": "unsupported_media_type"}}, person.token, body="none", headers=write)] if side.endswith("_write") else
            [load.request("GET", TARGET, {"200": {"equals": text}}, person.token, headers={"X-Light-Token": light} if side == "favoured" else None)] for side in sides}

    detail, order = {"rounds": []}, list(sides)
    for number in range(run.rounds):
        seen = {}
        for side in order if number % 2 == 0 else reversed(order):
            port, pids = sides[side]
            ask = lambda seconds: load.run(port, line[side], closed=True, connections=CONNECTIONS, seconds=seconds)
            ask(0.3)
            told_all(system, gateway)
            used = cpus.cpu_seconds(*pids)
            report = ask(run.seconds)
            told_all(system, gateway)
            seen[side] = (cpus.cpu_seconds(*pids) - used) / report["done"] * 1e6
            system.forget_logs()
            for proxy in (strict, light_haproxy, nginx):
                proxy.forget_logs()
        detail["rounds"].append(seen)
    events = trail(system, gateway)
    if events['mita_gateway_audit_events_total{result="dropped"}'] or not events['mita_gateway_audit_events_total{result="sent"}']:
        raise WrongAnswer("the trail of the writes is not whole")
    counted = detail["rounds"][1:]
    told = lambda side: f"{statistics.median(x[side] for x in counted):.1f} µs"
    against = lambda a, b: [x[a] / x[b] for x in counted]
    return [Figure("B5", f"gateway with everything on, CPU a request ({told('gateway')})", "×", against("gateway", "favoured"), "≤ 0.65× HAProxy", ("<=", 0.65), f"HAProxy, HS256, {told('favoured')}", detail=detail),
            Figure("B5", "the same against HAProxy that verifies ES256 each time", "×", against("gateway", "haproxy"), "", None, f"HAProxy {told('haproxy')}"),
            Figure("B5", "the same against nginx without tokens", "×", against("gateway", "nginx"), "≤ 0.85× nginx", ("<=", 0.85), f"nginx {told('nginx')}"),
            Figure("B5", f"token cache off ({told('uncached')})", "×", against("uncached", "haproxy"), "", None, f"HAProxy, ES256, {told('haproxy')}"),
            Figure("B5", f"a write (refused) with its event of the audit trail ({told('gateway_write')})", "×", against("gateway_write", "favoured_write"), "", None,
                   f"HAProxy, HS256, no trail, {told('favoured_write')}")]


ROWS = {"B5": measure}
