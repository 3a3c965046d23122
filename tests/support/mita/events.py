"""A client of GET /v1/events: the stream as a program reads it, event by event, and whether it ended whole."""
import http.client
import socket
import time

from .client import Answer


class Cut(Exception):
    """The connection ended before the stream did."""


class Events:
    """One stream. status and headers are there at once; iterate over what comes: {"event", "id", "data", ...}, comments as {"comment": text}."""

    def __init__(self, stack, service, token, last=None, target="/v1/events", method="GET", seconds=30, receive=None, **headers):
        self.seconds = seconds * service.slow
        self.socket = socket.create_connection(("127.0.0.1", service.port), timeout=self.seconds)
        if receive:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive)
        head = {"Host": "x", "Accept": "text/event-stream", **({"Authorization": f"Bearer {token}"} if token else {}), **({"Last-Event-ID": last} if last else {}), **headers}
        if target == "/v1/events" or "cursor=" in target:
            stack.contract.request(method, target, head, b"")
        self.socket.sendall((f"{method} {target} HTTP/1.1\r\n" + "".join(f"{k}: {v}\r\n" for k, v in head.items()) + "\r\n").encode())
        self.answer = http.client.HTTPResponse(self.socket, method=method)
        self.answer.begin()
        self.status, self.headers, self.last = self.answer.status, self.answer.headers, last
        self.problem = Answer(self.status, self.answer.getheaders(), b"" if self.status == 200 else self.answer.read())
        stack.contract.response(method, target, self.problem)

    def __iter__(self):
        return self

    def __next__(self):
        event = {}
        while True:
            try:
                line = self.answer.readline()
            except (http.client.IncompleteRead, ConnectionError):
                raise Cut from None
            if not line:
                if event or (self.answer.chunked and self.answer.chunk_left is not None):  # readline() says nothing of a missing last chunk
                    raise Cut
                raise StopIteration
            line = line.decode().rstrip("\n")
            if line == "":
                if not event:
                    continue
                self.last = event.get("id", self.last)
                return event
            name, _, value = line.partition(":")
            event[name or "comment"] = value.removeprefix(" ")

    def next(self, kind):
        """The next event called so; what comes before may be comments and words about coming back alone."""
        end = time.monotonic() + self.seconds
        for event in self:
            if event.get("event") == kind:
                return event
            assert "event" not in event and time.monotonic() < end, event
        raise AssertionError(f"the stream ended before {kind}")

    def rest(self):
        """All up to its end, comments left out."""
        return [event for event in self if "event" in event]

    def close(self):
        self.answer.close()
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
