"""R22: TLS at the gateway: modern alone, the same answers as ever, renewed without losing a connection."""
import asyncio
import contextlib
import gzip
import http.client
import json
import os
import random
import re
import signal
import socket
import ssl
import subprocess
import threading
import time

import pytest
from cryptography import x509

from mita.certificates import HOST, Authority, Files
from mita.client import SECURITY_HEADERS, Client
from mita.metrics import samples
from mita.echo import gateway_before
from mita.pipelining import crowd
from mita.waiting import until
from test_answers_belong import Asker, said

SECONDS = float(os.environ.get("MITA_BELONG_SECONDS", 1200 if os.environ.get("MITA_NIGHTLY") == "1" else 6))


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def files(authority, tmp_path_factory):
    return Files(authority, tmp_path_factory.mktemp("shown"))


@pytest.fixture(scope="module")
def secure(running, files):
    running.heal()
    service = running.also("gateway", "gateway-tls", **files.settings()).start()
    service.tls_port = service.wait_event("listening", 5)["tls_port"]
    yield service
    assert service.stop() == 0


@contextlib.contextmanager
def connected(service, context, host=HOST):
    with socket.create_connection(("127.0.0.1", service.tls_port), timeout=10) as plain:
        with context.wrap_socket(plain, server_hostname=host) as s:
            yield s


def ask(s, path="/livez", more="", method="GET"):
    """One exchange on a connection that stays; (status, headers, body)."""
    s.sendall(f"{method} {path} HTTP/1.1\r\nHost: {HOST}\r\n{more}\r\n".encode())
    answer = http.client.HTTPResponse(s, method=method)
    answer.begin()
    return answer.status, answer.headers, answer.read()


def shown(s):
    return x509.load_der_x509_certificate(s.getpeercert(binary_form=True)).serial_number


def handshakes(stack, service):
    found = samples(Client(service, stack.contract).get("/metrics", internal=True).text)
    return {result: value for name, value in found.items() if name.startswith("mita_http_tls_handshakes_total{")
            for result in ("good", "failed", "timed_out", "refused") if f'result="{result}"' in name}


def test_R22_the_same_answers_by_TLS_as_without(stack, secure, authority, person):
    with connected(secure, authority.context()) as s:
        for path in ("/v1/me", "/v1/currencies", "/v1/nowhere"):
            status, headers, body = ask(s, path, f"Authorization: Bearer {person.access}\r\n")
            plain = Client(secure, stack.contract, person.access).get(path, valid=False, check=False)
            assert status == plain.status
            if status == 200:
                assert body == plain.body and headers["ETag"] == plain.etag
            assert {name: headers[name] for name in SECURITY_HEADERS} == SECURITY_HEADERS
        status, headers, body = ask(s, "/v1/currencies", "Accept-Encoding: gzip\r\n")
        assert headers["Content-Encoding"] == "gzip" and json.loads(gzip.decompress(body))
        status, headers, _ = ask(s, "/v1/currencies", method="HEAD")
        assert status == 200 and int(headers["Content-Length"]) > 1000


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_R22_TLS_1_2_and_1_3_with_forward_secrecy_and_authenticated_encryption(secure, authority, version):
    context = authority.context()
    context.minimum_version = context.maximum_version = version
    with connected(secure, context) as s:
        assert s.version() == {ssl.TLSVersion.TLSv1_2: "TLSv1.2", ssl.TLSVersion.TLSv1_3: "TLSv1.3"}[version]
        assert "GCM" in s.cipher()[0] or "CHACHA20" in s.cipher()[0]
        assert s.selected_alpn_protocol() == "http/1.1" and ask(s)[0] == 200


def s_client(secure, *words):
    return subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{secure.tls_port}", "-servername", HOST, *words], input="", capture_output=True, text=True, timeout=30)


@pytest.mark.parametrize("words", [["-tls1_1", "-cipher", "DEFAULT@SECLEVEL=0"], ["-tls1", "-cipher", "DEFAULT@SECLEVEL=0"], ["-tls1_2", "-cipher", "AES128-SHA"],
                                   ["-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-SHA256"], ["-alpn", "h2"]], ids=" ".join)
def test_R22_what_is_weak_or_no_HTTP_1_1_gets_no_connection(secure, words):
    refused = s_client(secure, *words)
    assert "alert" in refused.stderr and "Cipher is (NONE)" in refused.stdout, refused.stdout + refused.stderr


def test_R22_openssl_finds_the_chain_good(secure, authority):
    found = s_client(secure, "-CAfile", str(authority.file), "-verify_return_error", "-verify_hostname", HOST, "-alpn", "http/1.1")
    assert "Verify return code: 0 (ok)" in found.stdout and "ALPN protocol: http/1.1" in found.stdout, found.stdout + found.stderr


def test_R22_a_connection_ends_with_a_farewell(secure, authority):
    """Without suppress_ragged_eofs a cut would raise."""
    with socket.create_connection(("127.0.0.1", secure.tls_port), timeout=10) as plain:
        with authority.context().wrap_socket(plain, server_hostname=HOST, suppress_ragged_eofs=False) as s:
            s.sendall(f"GET /livez HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n".encode())
            got = b""
            while piece := s.recv(65536):
                got += piece
            assert got.startswith(b"HTTP/1.1 200 OK\r\n")


def test_R22_large_bodies_pass_both_ways(secure, authority, person):
    body = b" " * 60_000 + json.dumps({"display_name": "By TLS"}).encode()
    with connected(secure, authority.context()) as s:
        more = f"Authorization: Bearer {person.access}\r\nIf-Match: *\r\nContent-Type: application/merge-patch+json\r\nContent-Length: {len(body)}\r\n"
        s.sendall(f"PATCH /v1/me HTTP/1.1\r\nHost: {HOST}\r\n{more}\r\n".encode() + body)
        answer = http.client.HTTPResponse(s)
        answer.begin()
        assert answer.status == 200, answer.read()
        answer.read()
        status, _, document = ask(s, "/openapi.json")
        assert status == 200 and len(document) > 90_000


def by_hand(s, context):
    """A handshake over a plain socket; what is written after it can be cut anywhere."""
    came, goes = ssl.MemoryBIO(), ssl.MemoryBIO()
    by = context.wrap_bio(came, goes, server_hostname=HOST)
    while True:
        try:
            by.do_handshake()
            break
        except ssl.SSLWantReadError:
            s.sendall(goes.read())
            came.write(s.recv(65536))
    return by, came, goes


def test_R22_records_cut_and_joined_anywhere_are_read_as_what_they_say(secure, authority, person):
    """Heads and bodies over many records, records over many segments, several records in one: of the last ones the end waits for more."""
    seed = random.randrange(1 << 32)
    print("seed", seed)
    some = random.Random(seed)
    more = f"Host: {HOST}\r\nAuthorization: Bearer {person.access}\r\n"
    for each in range(6):
        names = [f"Cut {each} {i}" for i in range(8)]
        bodies = [json.dumps({"display_name": name}).encode() + b" " * some.choice((0, 1, 300, 20_000, 50_000)) for name in names]
        asked = b"".join(f"PATCH /v1/me HTTP/1.1\r\n{more}If-Match: *\r\nContent-Type: application/merge-patch+json\r\nContent-Length: {len(b)}\r\n\r\n".encode() + b
                         for b in bodies)
        with socket.create_connection(("127.0.0.1", secure.tls_port), timeout=20 * secure.slow) as s:
            s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            by, came, goes = by_hand(s, authority.context())
            at = 0
            while at < len(asked):
                at += by.write(asked[at:at + some.choice((1, 7, 100, 4_000, 16_384))])
            sealed = goes.read()
            writer = threading.Thread(target=lambda: [s.sendall(piece) for piece in cut(sealed, some)])
            writer.start()
            got = b""
            while got.count(b"HTTP/1.1 200 OK\r\n") < len(names) or names[-1].encode() not in got:
                piece = s.recv(65536)
                assert piece, got[-500:]
                came.write(piece)
                with contextlib.suppress(ssl.SSLWantReadError):
                    while True:
                        got += by.read(65536)
            writer.join()
        assert re.findall(rb'"display_name":"(Cut \d+ \d+)"', got) == [name.encode() for name in names]


def cut(data, some):
    at = 0
    while at < len(data):
        size = some.choice((1, 2, 5, 40, 1_000, 5_000, 17_000, 40_000))
        yield data[at:at + size]
        at += size


def test_R22_a_client_may_change_its_keys(secure, authority):
    """RFC 8446 4.6.3: an update that asks for ours is answered with one; what follows is under the new keys."""
    asked = f"GET /livez HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n"
    with subprocess.Popen(["openssl", "s_client", "-connect", f"127.0.0.1:{secure.tls_port}", "-servername", HOST, "-CAfile", str(authority.file), "-tls1_3"],
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as client:
        client.stdin.write("K\n")
        client.stdin.flush()
        seen = ""
        while "KEYUPDATE" not in seen:
            line = client.stdout.readline()
            assert line, seen
            seen += line
        client.stdin.write(asked)
        client.stdin.flush()
        seen += client.stdout.read()
    assert "HTTP/1.1 200 OK" in seen, seen


def test_R22_who_is_silent_or_speaks_no_TLS_is_let_go_and_counted(stack, secure):
    before = handshakes(stack, secure)
    with socket.create_connection(("127.0.0.1", secure.tls_port), timeout=5) as s:
        s.sendall(b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n")
        with contextlib.suppress(ConnectionResetError):
            while s.recv(4096):
                pass
    until(lambda: handshakes(stack, secure)["failed"] == before["failed"] + 1, 5 * secure.slow, "the failed handshake")
    with socket.create_connection(("127.0.0.1", secure.tls_port), timeout=20 * secure.slow) as s:
        begin = time.monotonic()
        assert s.recv(1) == b""
        assert 4 < time.monotonic() - begin < 8 * secure.slow
    until(lambda: handshakes(stack, secure)["timed_out"] == before["timed_out"] + 1, 5 * secure.slow, "the handshake that took too long")


def test_R22_handshakes_in_progress_are_bounded(stack, secure, authority):
    """128 a worker; two workers. Those who are through are not disturbed, and there is room again once the silent ones are gone."""
    before = handshakes(stack, secure)["refused"]
    with connected(secure, authority.context()) as through, contextlib.ExitStack() as silent:
        for _ in range(300):
            silent.enter_context(socket.create_connection(("127.0.0.1", secure.tls_port), timeout=5))
        until(lambda: handshakes(stack, secure)["refused"] - before >= 300 - 2 * 128, 10 * secure.slow, "refused handshakes")
        assert ask(through)[0] == 200
    with connected_in_the_end(secure, authority) as s:
        assert ask(s)[0] == 200


@contextlib.contextmanager
def connected_in_the_end(secure, authority):
    def attempt():
        with contextlib.suppress(OSError), contextlib.ExitStack() as kept:
            s = kept.enter_context(connected(secure, authority.context()))
            return kept.pop_all(), s
    kept, s = until(attempt, 10 * secure.slow, "a place for a handshake")
    with kept:
        yield s


# -- reload
def reloads(service, event):
    return sum(1 for e in service.events() if e.get("event") == event)


def test_R22_a_renewed_certificate_is_shown_at_once_and_no_connection_is_lost(stack, secure, files, authority):
    for how in ("SIGHUP", "reload", "the files alone"):
        with connected(secure, authority.context()) as old:
            assert ask(old)[0] == 200
            was = files.serial
            assert shown(old) == was
            files.renew()
            if how == "SIGHUP":
                secure.process.send_signal(signal.SIGHUP)
            if how == "reload":
                stack.operate("gateway", "reload", MITA_GATEWAY_INTERNAL_PORT=str(secure.internal_port), **files.settings())

            def newest():
                with connected(secure, authority.context()) as s:
                    return shown(s) == files.serial and ask(s)[0] == 200
            if how == "reload":
                assert newest()
            else:
                until(newest, 10 * secure.slow, f"the new certificate after {how}")
            assert ask(old)[0] == 200 and shown(old) == was


def test_R22_a_wrong_certificate_leaves_the_old_one_in_force_and_is_said(stack, secure, files, authority):
    good, key, serial = files.certificate.read_bytes(), files.key.read_bytes(), files.serial
    other = authority.issue("other")
    where = {"MITA_GATEWAY_INTERNAL_PORT": str(secure.internal_port)}
    for certificate, wrong_key, why in ((b"no certificate\n", key, "holds no certificate in PEM"), (good, other[1], "is not the key of the certificate"),
                                        (good, b"nothing\n", "holds no private key in PEM")):
        before = reloads(secure, "reload_failed")
        files.write(certificate, wrong_key)
        secure.process.send_signal(signal.SIGHUP)
        until(lambda: reloads(secure, "reload_failed") > before, 5 * secure.slow, "a line that says so")
        assert any(e.get("event") == "reload_failed" and why in e["reason"] for e in secure.events()), why
        # The command: of a mended environment of its own, against the running gateway.
        mended = Files(authority, files.certificate.parent, "mended")
        assert why in stack.operate("gateway", "reload", status=1, **where, **mended.settings())
        with connected(secure, authority.context()) as s:
            assert shown(s) == serial and ask(s)[0] == 200
    files.write(good, key)
    stack.operate("gateway", "reload", **where, **files.settings())


def test_R22_reload_needs_the_internal_token(stack, secure):
    for token in (None, "x" * 64):
        assert Client(secure, stack.contract, token).request("POST", "/reload", internal=True).status == 401
    assert Client(secure, stack.contract, stack.secrets["MITA_INTERNAL_TOKEN"]).request("POST", "/reload", check=False).status == 404


@pytest.mark.parametrize("more, why", [({"MITA_TLS_KEY_FILE": ""}, "MITA_TLS_KEY_FILE: is missing"), ({"MITA_TLS_CERTIFICATE_FILE": ""}, "MITA_TLS_CERTIFICATE_FILE: is missing"),
                                       ({"MITA_TLS_CERTIFICATE_FILE": "/nowhere.crt"}, "MITA_TLS_CERTIFICATE_FILE: must name a file that can be read, is '/nowhere.crt': No such file"),
                                       ({"MITA_TLS_CERTIFICATE_FILE": "", "MITA_TLS_KEY_FILE": "", "MITA_TLS_REDIRECT": "on"}, "MITA_TLS_REDIRECT: is on without")])
def test_R22_wrong_settings_end_the_start_with_2_and_a_sentence(stack, files, more, why):
    assert why in stack.operate("gateway", "serve", status=2, **files.settings() | more)


def test_R22_R27_the_plain_port_sends_to_the_secure_one_when_it_is_told_to_and_only_TLS_promises_itself(stack, files, authority, person):
    service = stack.also("gateway", "gateway-redirect", MITA_TLS_REDIRECT="on", MITA_EDGE_TLS="off", MITA_HSTS_MAX_AGE_S="600", MITA_HSTS_SUBDOMAINS="off", **files.settings() | {"MITA_TLS_PORT": "8443"}).start()
    ask_it = Client(service, stack.contract, person.access)
    for method, path in (("GET", "/v1/me"), ("POST", "/v1/auth/login"), ("GET", "/v1/transactions?limit=5")):
        answer = ask_it.request(method, path, check=False, headers={"Host": "mita.example:8080"})
        assert answer.status == 308 and answer.header("Location") == f"https://mita.example:8443{path}" and answer.body == b""
        assert answer.header("Strict-Transport-Security") is None
    assert ask_it.get("/livez", check=False).status == 200 and ask_it.get("/readyz", check=False).status == 200
    service.tls_port = service.wait_event("listening", 5)["tls_port"]
    with connected(service, authority.context()) as s:
        for path, status in (("/v1/me", 200), ("/nowhere", 404), ("/%zz", 400)):
            answer = ask(s, path, f"Authorization: Bearer {person.access}\r\n")
            assert answer[0] == status and answer[1]["Strict-Transport-Security"] == "max-age=600"
    assert service.stop() == 0


def test_R22_R12_answers_belong_to_their_askers_by_TLS_too(running, people, echoes, files, authority):
    door = gateway_before(running, "gateway-echo-tls", *echoes, **files.settings()).start()
    talks, answers = asyncio.run(crowd(door.wait_event("listening", 5)["tls_port"], 8, said(4242), Asker(people, "tls", calm=True), SECONDS, secure=(authority.context(), HOST)))
    print(f"{talks} conversations, {answers} answers")
    assert talks >= 8 and answers >= 8 and door.alive()
    assert door.stop() == 0
