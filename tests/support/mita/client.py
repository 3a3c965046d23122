"""An HTTP/1.1 client with one kept-alive connection per thread and address. Every exchange is checked against the contract."""
import gzip
import http.client
import json as jsonlib
import socket
import threading
from functools import cached_property

# On every answer of every service (R19).
SECURITY_HEADERS = {"X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Referrer-Policy": "no-referrer",
                    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'", "Strict-Transport-Security": "max-age=63072000; includeSubDomains"}
# The pages have scripts and styles of their own.
PAGES = ("/docs", "/ops")
PAGE_POLICY = ("default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; "
               "frame-ancestors 'none'; require-trusted-types-for 'script'")
# What no log may hold: every password, token and address that was ever sent or received.
canaries = set()


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    def header(self, name):
        return next((v for k, v in self.headers if k.lower() == name.lower()), None)

    @cached_property
    def text(self):
        packed = self.header("Content-Encoding") == "gzip"
        return (gzip.decompress(self.body) if packed else self.body).decode("utf-8")

    @cached_property
    def json(self):
        return jsonlib.loads(self.text)

    @property
    def etag(self):
        return self.header("ETag")

    @property
    def code(self):
        return self.json["code"]

    def findings(self):
        """{pointer: code} of a problem."""
        return {e["pointer"]: e["code"] for e in self.json.get("errors", [])}

    def __repr__(self):
        return f"<{self.status} {self.body[:600]!r}>"


class _Connection(http.client.HTTPConnection):
    def connect(self):
        super().connect()
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


class Client:
    """One service's public address. `token` is sent as Bearer unless a request says otherwise."""

    def __init__(self, service, contract, token=None, timeout=15):
        self.service, self.contract, self.token, self.timeout = service, contract, token, timeout
        self._local = threading.local()

    def with_token(self, token):
        return Client(self.service, self.contract, token, self.timeout)

    def _connection(self, port):
        if getattr(self._local, "port", None) != port:
            self.close()
            self._local.connection, self._local.port = _Connection("127.0.0.1", port, timeout=self.timeout), port
        return self._local.connection

    def close(self):
        if getattr(self._local, "connection", None):
            self._local.connection.close()
        self._local.connection = self._local.port = None

    def request(self, method, target, json=None, body=None, headers=None, valid=True, token=..., internal=False, check=True):
        """`valid`: the request must fit the contract (say False for bad input). A broken connection raises OSError or HTTPException."""
        head = {}
        if json is not None:
            body = jsonlib.dumps(json, ensure_ascii=False)
        if isinstance(body, str):
            body = body.encode()
        if body is not None:
            head["Content-Type"] = "application/merge-patch+json" if method == "PATCH" else "application/json"
        token = self.token if token is ... else token
        if token:
            head["Authorization"] = f"Bearer {token}"
        head |= headers or {}
        head = {k: v for k, v in head.items() if v is not None}
        if check and valid and not internal:
            self.contract.request(method, target, head, body)
        connection = self._connection(self.service.internal_port if internal else self.service.port)
        try:
            connection.request(method, target, body=body, headers=head)
            got = connection.getresponse()
            answer = Answer(got.status, got.getheaders(), got.read())
        except BaseException:
            self.close()
            raise
        if got.will_close:
            self.close()
        if check and not internal:
            self.contract.response(method, target, answer)
            page = target in PAGES and answer.status < 400
            for name, value in (SECURITY_HEADERS | ({"Content-Security-Policy": PAGE_POLICY} if page else {})).items():
                assert answer.header(name) == value, f"{method} {target} {answer.status}: {name}: {answer.header(name)}"
            if answer.status < 300 and not valid:
                self.contract.request(method, target, head, body)  # what is taken must be valid
        return answer

    def get(self, target, **more):
        return self.request("GET", target, **more)

    def post(self, target, json=None, **more):
        return self.request("POST", target, json, **more)

    def put(self, target, json=None, **more):
        return self.request("PUT", target, json, **more)

    def patch(self, target, json=None, **more):
        return self.request("PATCH", target, json, **more)

    def delete(self, target, **more):
        return self.request("DELETE", target, **more)


def expect(answer, status, code=None):
    """The answer, when it has this status (and problem code)."""
    assert answer.status == status, answer
    if code is not None:
        assert answer.code == code, answer
    return answer


def raw(port, data, seconds=5, half_close=False):
    """Sends bytes as they are; returns everything received until the peer closes or `seconds` pass in silence."""
    with socket.create_connection(("127.0.0.1", port), timeout=seconds) as s:
        s.sendall(data)
        if half_close:
            s.shutdown(socket.SHUT_WR)
        out = b""
        try:
            while chunk := s.recv(65536):
                out += chunk
        except TimeoutError:
            pass
        except ConnectionResetError:
            pass
        return out
