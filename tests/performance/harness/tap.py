"""A tap on the wire between a service and PostgreSQL: forwards bytes, counts statements, transactions and round trips per call (B12)."""
import re
import selectors
import socket
import struct
import threading
import time

CONTROL = re.compile(r"\s*(begin|commit|rollback|start transaction|savepoint|release)\b", re.I)


class Wire:
    """One connection: the client's messages parsed, the direction watched."""

    def __init__(self, client, server):
        self.client, self.server = client, server
        self.buffer, self.started, self.texts, self.bound = b"", False, {}, ""
        self.heard = True  # the server has spoken since the client last did

    def feed(self, data, log):
        self.buffer += data
        while True:
            head = 0 if not self.started else 1
            if len(self.buffer) < head + 4:
                return
            size = struct.unpack("!I", self.buffer[head:head + 4])[0] + head
            if len(self.buffer) < size:
                return
            message, self.buffer = self.buffer[:size], self.buffer[size:]
            if not self.started:
                self.started = struct.unpack("!I", message[4:8])[0] == 196608
                continue
            kind, body = message[:1], message[5:]
            if kind not in b"PBEQ":
                continue
            if kind == b"P":
                name, text = body.split(b"\0", 2)[:2]
                self.texts[name] = text.decode(errors="replace")
            elif kind == b"B":
                self.bound = self.texts.get(body.split(b"\0", 2)[1], "?")
            else:
                text = self.bound if kind == b"E" else body.rstrip(b"\0").decode(errors="replace")
                log.append((time.monotonic(), "control" if CONTROL.match(text) else "statement", text))


class Tap:
    def __init__(self, port):
        self.upstream, self.log, self.wires = port, [], {}
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.selector = selectors.DefaultSelector()
        self.selector.register(self.listener, selectors.EVENT_READ)
        self.over = False
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self):
        while not self.over:
            for key, _ in self.selector.select(0.1):
                if key.fileobj is self.listener:
                    self._open()
                else:
                    self._pass(key.fileobj)

    def _open(self):
        client, _ = self.listener.accept()
        server = socket.create_connection(("127.0.0.1", self.upstream))
        wire = Wire(client, server)
        for s in (client, server):
            s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.wires[s] = wire
            self.selector.register(s, selectors.EVENT_READ)

    def _pass(self, s):
        wire = self.wires.get(s)
        if wire is None:
            return
        try:
            data = s.recv(1 << 18)
        except OSError:
            data = b""
        if not data:
            for x in (wire.client, wire.server):
                self.selector.unregister(x)
                del self.wires[x]
                x.close()
            return
        if s is wire.client:
            begins, wire.heard = wire.heard, False
            mark = len(self.log)
            wire.feed(data, self.log)
            if begins:  # named by its first statement: what a service does on its own is told apart by that
                self.log.append((time.monotonic(), "round trip", self.log[mark][2] if len(self.log) > mark else ""))
            wire.server.sendall(data)
        else:
            wire.heard = True
            wire.client.sendall(data)

    def count(self, call, background=()):
        """What one call sent: {"statement": n, "control": n, "round trip": n, "texts": […]}, without statements a service makes on its own."""
        mark = len(self.log)
        call()
        time.sleep(0.03)  # what the service sends after its answer belongs to the call
        seen = [x for x in self.log[mark:] if x[2] not in background]
        return {kind: sum(1 for x in seen if x[1] == kind) for kind in ("statement", "control", "round trip")} | {"texts": [x[2] for x in seen if x[1] != "round trip" and x[2]]}

    def close(self):
        self.over = True
        self.thread.join()
        for s in [self.listener, *self.wires]:
            s.close()
