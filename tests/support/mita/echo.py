"""An upstream of the tests: it answers who asked (the token's subject), the serial number asked under and what came, in whatever way the request
orders by X-Behave: whole, in chunks, slowly, cut, with bytes after its end, not at all. Several processes may stand behind one port.

Run as a program by Echo; each line it appends to its journal is one request with a number that it began to answer: `<serial> <method> <path>`."""
import argparse
import asyncio
import base64
import hashlib
import json
import os
import pathlib
import random
import signal
import socket
import subprocess
import sys

LATE = b'HTTP/1.1 200 OK\r\nContent-Length: 22\r\nX-Serial: nobody\r\n\r\n{"who": "nobody, ever"}'


def filler(serial, size):
    """`size` bytes that no other serial gives."""
    seed = hashlib.sha256(serial.encode()).hexdigest().encode()
    return (seed * (size // len(seed) + 1))[:size]


def answer_body(who, serial, method, path, body, size):
    """What an asker must get, to the byte. `body` None: answered before it came."""
    said = {"who": who, "serial": serial, "method": method, "path": path, "got": body if body is None else hashlib.sha256(body).hexdigest()}
    return json.dumps(said).encode() + b"\n" + filler(serial, size)


def subject(authorization):
    """The subject that a bearer token names; nobody verifies it here."""
    if not authorization.startswith("Bearer "):
        return None
    part = authorization.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))["sub"]


class _Server:
    def __init__(self, journal):
        self.journal = os.open(journal, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        self.dropped = set()
        self.first = journal.endswith(".1.journal")

    async def serve(self, reader, writer):
        try:
            while await self.exchange(reader, writer):
                pass
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # the gateway let go of the connection
        finally:
            writer.close()

    async def exchange(self, reader, writer):
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        first, *lines = head.split("\r\n")
        method, target, _ = first.split(" ")
        headers = {k.lower(): v for k, _, v in (line.partition(": ") for line in lines if line)}
        length = int(headers.get("content-length", 0))
        if target == "/readyz":
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 18\r\n\r\n{\"status\":\"ready\"}")
            return True
        if target == "/health":
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n{\"status\":\"healthy\"}")
            return True
        how = dict(part.split("=") for part in headers.get("x-behave", "").split(";") if part)
        n = lambda name: int(how.get(name, 0))
        serial = headers.get("x-serial", "-")
        if serial != "-":
            os.write(self.journal, f"{serial} {method} {target}\n".encode())
        body = None
        if not n("early"):
            body = await reader.readexactly(length)
        if n("drop") and serial not in self.dropped:  # closes the first time, answers the second
            self.dropped.add(serial)
            return False
        if n("wait") and (self.first or not n("first")):
            await asyncio.sleep(n("wait") / 1000)
        told = answer_body(subject(headers.get("authorization", "")), serial, method, target, body, n("size"))
        if n("tell"):  # the head as it came
            told = json.dumps([line for line in head.split("\r\n") if line]).encode()
        more = "".join(f"{line}\r\n" for line in how.get("say", "").split("|") if line).replace("~", ": ")
        if "x-answer-name" in headers and not n("unnamed"):  # as finance and auth do (R16)
            more += f"X-Answer-Name: {headers['x-answer-name']}\r\n"
        data = self.framed(told, how, f"HTTP/1.1 {how.get('status', '200')} Told\r\nContent-Type: application/json\r\nX-Serial: {serial}\r\n{more}")
        if n("cut"):
            data = data[:min(n("cut"), len(data) - 1)]
        if n("late"):  # in one segment with the answer's end: what comes later nobody can tell from the next answer
            data += LATE
        pieces = max(1, n("pieces"))
        step = len(data) // pieces + 1
        for at in range(0, len(data), step):
            writer.write(data[at:at + step])
            await writer.drain()
            if pieces > 1:
                await asyncio.sleep(n("slow") / 1000)
        if n("early"):
            await reader.readexactly(length)
        await writer.drain()
        return not (n("cut") or n("close") or n("eof") or n("late"))

    @staticmethod
    def framed(told, how, head):
        if how.get("close"):
            head += "Connection: close\r\n"
        if how.get("eof"):
            return head.encode() + b"\r\n" + told
        if "chunked" not in how:
            return head.encode() + b"Content-Length: %d\r\n\r\n" % len(told) + told
        step = int(how["chunked"])
        chunks = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for at in range(0, len(told), step) for piece in [told[at:at + step]])
        return head.encode() + b"Transfer-Encoding: chunked\r\n\r\n" + chunks + b"0\r\n\r\n"


async def _main(port, journal):
    listening = socket.socket()
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    listening.bind(("127.0.0.1", port))
    # Its end of stdin ends with the tests: a signal at the parent's death would come when the thread that started us ends.
    asyncio.get_running_loop().add_reader(sys.stdin.fileno(), os._exit, 0)
    served = _Server(journal)
    server = await asyncio.start_server(served.serve, sock=listening, limit=1 << 20, backlog=1024)
    deaf = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, deaf.set)
    print(listening.getsockname()[1], flush=True)
    await deaf.wait()
    server.close()  # the listening socket; connections go on
    print("deaf", flush=True)
    await asyncio.Event().wait()


class Echo:
    """`instances` echo processes behind one port; looks like a Service to Stack.also."""

    def __init__(self, home, name, instances=1):
        self.home, self.name, self.port = pathlib.Path(home), name, 0
        self.processes, self.count = [], 0
        for _ in range(instances):
            self.add()
        self.internal_port = self.port

    def add(self):
        """One more instance."""
        self.count += 1
        journal = self.home / f"{self.name}.{self.count}.journal"
        command = [sys.executable, __file__, "--port", str(self.port), "--journal", str(journal)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.PIPE)
        self.processes.append(process)
        self.port = int(process.stdout.readline())

    def kill_oldest(self):
        """kill -9 of the first instance, which takes no new connections any more: while a process dies, its connections end before its socket does."""
        self.processes[0].send_signal(signal.SIGUSR1)
        assert self.processes[0].stdout.readline() == b"deaf\n"
        self.processes[0].kill()

    def kill_one(self, rng):
        """kill -9 of any instance."""
        process = self.processes.pop(rng.randrange(len(self.processes)))
        process.kill()
        process.wait()
        process.stdout.close()
        process.stdin.close()

    def close(self):
        while self.processes:
            self.kill_one(random)

    def begun(self):
        """How often each (serial, method, path) was begun, by all instances there ever were."""
        out = {}
        for journal in self.home.glob(f"{self.name}.*.journal"):
            for line in journal.read_text().splitlines():
                request = tuple(line.split(" ", 2))
                out[request] = out.get(request, 0) + 1
        return out


def gateway_before(stack, label, auth, finance, **environment):
    """A gateway in front of two echoes; keys and revocations are the real auth's."""
    upstreams = {"MITA_AUTH_URL": auth, "MITA_FINANCE_URL": finance, "MITA_FINANCE_INTERNAL_URL": finance}
    return stack.also("gateway", label, **{name: f"http://127.0.0.1:{echo.port}" for name, echo in upstreams.items()}, **environment)


if __name__ == "__main__":
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--port", type=int)
    arguments.add_argument("--journal")
    given = arguments.parse_args()
    asyncio.run(_main(given.port, given.journal))
