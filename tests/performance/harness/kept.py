"""Clients on kept connections, by TLS or without: one process, each connection has one request on its way. Reads what to do as JSON from stdin and prints
how many answers came; any other answer than the one expected ends it."""
import json
import socket
import ssl
import sys
import time


def answer(s):
    got = b""
    while b"\r\n\r\n" not in got:
        got += s.recv(65536)
    head, _, body = got.partition(b"\r\n\r\n")
    length = int(next(line.split(b":")[1] for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")))
    while len(body) < length:
        body += s.recv(65536)
    return head, body


def main():
    told = json.load(sys.stdin)
    context = None
    if told["authority"]:
        context = ssl.create_default_context(cafile=told["authority"])
        context.minimum_version = ssl.TLSVersion.TLSv1_3
    kept = []
    for _ in range(told["connections"]):
        s = socket.create_connection(("127.0.0.1", told["port"]), timeout=20)
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        kept.append(context.wrap_socket(s, server_hostname=told["host"]) if context else s)
    request = f"GET {told['target']} HTTP/1.1\r\nHost: {told['host']}\r\nAuthorization: Bearer {told['token']}\r\nAccept: application/json\r\n\r\n".encode()
    text, done, end = told["text"].encode(), 0, time.monotonic() + told["seconds"]
    while time.monotonic() < end:
        for s in kept:
            s.sendall(request)
        for s in kept:
            head, body = answer(s)
            if not head.startswith(b"HTTP/1.1 200 ") or body != text:
                sys.exit(f"{head[:100]!r} {body[:200]!r}")
            done += 1
    print(done)


main()
