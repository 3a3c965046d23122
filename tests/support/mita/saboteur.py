"""A fault proxy that speaks HTTP, before one service: it passes requests on and spoils the answers as it is told."""
import socket
import struct
import threading
import time

SMUGGLED = b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 17\r\n\r\n{"id":"smuggled"}'


def _until(s, held, mark):
    while mark not in held:
        more = s.recv(65536)
        if not more:
            raise ConnectionError("ended")
        held += more
    return held


class Saboteur:
    """127.0.0.1:port answers as 127.0.0.1:target does, but for `fault`: None, late, cut, reset, half-close, garbage, slow, smuggled. Checks (/readyz) pass."""

    def __init__(self, target):
        self.target, self.fault, self.spoiled, self.passed = target, None, 0, 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self):
        self._listener.close()

    def _accept(self):
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client):
        try:
            with client, socket.create_connection(("127.0.0.1", self.target)) as server:
                held, back = b"", b""
                while True:
                    held = _until(client, held, b"\r\n\r\n")
                    head, _, held = held.partition(b"\r\n\r\n")
                    server.sendall(head + b"\r\n\r\n")
                    back = _until(server, back, b"\r\n\r\n")
                    answer, _, back = back.partition(b"\r\n\r\n")
                    length = next(int(line.split(b":")[1]) for line in answer.split(b"\r\n") if line.lower().startswith(b"content-length:"))
                    while len(back) < length:
                        back += server.recv(65536)
                    body, back = back[:length], back[length:]
                    if not self._tell(client, answer + b"\r\n\r\n" + body, b"/readyz" in head):
                        return
        except OSError:
            pass

    def _tell(self, client, answer, check):
        """False: the connection ends."""
        fault = None if check else self.fault
        if not check:
            self.spoiled, self.passed = self.spoiled + bool(fault), self.passed + (not fault)
        if fault == "late":
            time.sleep(0.3)
        if fault == "cut":
            client.sendall(answer[:len(answer) // 2])
            return False
        if fault == "reset":
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            return False
        if fault == "half-close":
            client.shutdown(socket.SHUT_WR)
            time.sleep(0.2)
            return False
        if fault == "garbage":
            client.sendall(b"\x00\xffnot HTTP\r\n\r\n")
            return False
        if fault == "slow":
            for at in range(0, len(answer), 50):
                client.sendall(answer[at:at + 50])
                time.sleep(0.002)
            return True
        client.sendall(answer + (SMUGGLED if fault == "smuggled" else b""))
        return True
