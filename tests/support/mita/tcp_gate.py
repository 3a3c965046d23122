"""A TCP fault proxy before one address of a service: what clients send through it passes, comes late, is held or cut."""
import socket
import threading
import time


class TcpGate:
    """Forwards 127.0.0.1:port to 127.0.0.1:target. Faults strike only requests that hold `only`; each lasts until the next call."""

    def __init__(self, target, only=b""):
        self.target, self.only = target, only
        self._late, self._cut, self._open = 0.0, False, threading.Event()
        self._open.set()
        self._links, self._lock, self._closed = set(), threading.Lock(), False
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.struck = 0  # how many requests met a fault
        threading.Thread(target=self._accept, daemon=True).start()

    def late(self, seconds):
        self._late, self._cut = seconds, False
        self._open.set()

    def hold(self):
        self._open.clear()

    def cut(self):
        self._late, self._cut = 0.0, True
        self._open.set()

    def clear(self):
        self.late(0.0)

    def close(self):
        self._closed = True
        self._listener.close()
        self._open.set()
        with self._lock:
            links, self._links = self._links, set()
        for link in links:
            link.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def _accept(self):
        while not self._closed:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            try:
                server = socket.create_connection(("127.0.0.1", self.target))
            except OSError:
                client.close()
                continue
            for s in (client, server):
                s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._lock:
                self._links |= {client, server}
            for source, sink, judged in ((client, server, True), (server, client, False)):
                threading.Thread(target=self._carry, args=(source, sink, judged), daemon=True).start()

    def _carry(self, source, sink, judged):
        try:
            while data := source.recv(65536):
                if judged and self.only in data and not self._strike():
                    break
                sink.sendall(data)
        except OSError:
            pass
        for s in (source, sink):
            try:
                s.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def _strike(self):
        """False: the connection is to be cut."""
        if self._late or self._cut or not self._open.is_set():
            self.struck += 1
        self._open.wait()
        if self._late:
            time.sleep(self._late)
        return not self._cut and not self._closed
