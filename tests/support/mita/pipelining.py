"""A client that pipelines, cuts what it sends anywhere, reads slowly, half-closes and leaves at any byte, and judges each answer: the asker's own, in
order, whole, nothing after the last. Used by the suites of "answers belong"."""
import asyncio
import json
import socket
import struct


class Wrong(AssertionError):
    pass


class Call:
    """One request and the judge of its answer. judge(status, headers, body) raises Wrong or AssertionError."""

    def __init__(self, serial, method, target, judge, token=None, headers=None, body=None, ends=False):
        self.serial, self.method, self.target, self.judge, self.ends = serial, method, target, judge, ends
        head = {"Host": "x", "X-Request-Id": serial, "X-Serial": serial, **(headers or {})}
        if token:
            head["Authorization"] = f"Bearer {token}"
        if body is not None:
            head |= {"Content-Length": str(len(body))}
            head.setdefault("Content-Type", "application/merge-patch+json" if method == "PATCH" else "application/json")
        self.head, self.body = head, body or b""

    def bytes(self, last=False):
        lines = "".join(f"{k}: {v}\r\n" for k, v in {**self.head, **({"Connection": "close"} if last else {})}.items())
        return f"{self.method} {self.target} HTTP/1.1\r\n{lines}\r\n".encode() + self.body


class Manner:
    """How a client behaves on one connection, drawn from `rng`."""

    def __init__(self, rng):
        self.segments = rng.choice(["whole", "whole", "anywhere", "small"])
        self.slow = rng.random() < 0.15
        leaves = rng.random()
        self.leave_after_sent = rng.random() if leaves < 0.1 else None  # this part of what there is to send
        self.leave_after_read = rng.randrange(1, 20000) if 0.1 <= leaves < 0.2 else None  # bytes
        self.half_close = 0.2 <= leaves < 0.3
        self.reset = rng.random() < 0.5  # leaves by RST, else by FIN

    def leaves(self):
        return self.leave_after_sent is not None or self.leave_after_read is not None


class Left(Exception):
    """The client left as it meant to."""


async def _send(writer, data, manner, rng):
    end = len(data) if manner.leave_after_sent is None else int(len(data) * manner.leave_after_sent)
    at = 0
    while at < end:
        step = {"whole": end, "anywhere": rng.randrange(1, 70000), "small": rng.randrange(1, 1500)}[manner.segments]
        writer.write(data[at:min(end, at + step)])
        at += step
        await writer.drain()
        if manner.segments != "whole":
            await asyncio.sleep(0)
    if manner.half_close:
        writer.write_eof()


async def _one(reader, call):
    """(status, {name: value}, body) of one answer, framed strictly."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = head[:-4].split("\r\n")
    version, status, _ = first.split(" ", 2)
    headers = {}
    for line in lines:
        name, _, value = line.partition(": ")
        headers[name.lower()] = value
    if version != "HTTP/1.1" or "transfer-encoding" in headers:
        raise Wrong(f"{call.serial}: {head!r}")
    bodiless = call.method == "HEAD" or status in ("204", "304")
    body = b"" if bodiless else await reader.readexactly(int(headers["content-length"]))
    return int(status), headers, body


def judge(call, status, headers, body):
    """What holds for every answer of the gateway: it names the request it answers; then the call's own judge."""
    if headers.get("x-request-id") != call.serial:
        raise Wrong(f"{call.serial} was answered with the answer of {headers.get('x-request-id')}: {status} {body[:200]!r}")
    if headers.get("content-type") == "application/problem+json" and call.method != "HEAD":
        said = json.loads(body)
        if said["request_id"] != call.serial or said["status"] != status:
            raise Wrong(f"{call.serial}: {body!r}")
    call.judge(status, headers, body)


async def converse(port, calls, manner, rng, seconds=60, secure=None):
    """Sends all calls at once on one connection and judges the answers. Returns how many came; all of them unless the client left, or the gateway closed
    after a call that `ends` the connection. secure: (context, name) of a connection by TLS, which knows no half-close."""
    sock = socket.socket()
    if manner.slow:
        # Not less: with a window below a segment the kernel's persist timer sends 2 KB each 0.2 s, whatever the gateway does.
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 32 << 10)
    sock.setblocking(False)
    await asyncio.get_running_loop().sock_connect(sock, ("127.0.0.1", port))
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    by = {"ssl": secure[0], "server_hostname": secure[1]} if secure else {}
    reader, writer = await asyncio.open_connection(sock=sock, limit=4 << 20, **by)
    manner.half_close = manner.half_close and not secure
    data = b"".join(call.bytes(call is calls[-1]) for call in calls)
    sending = asyncio.create_task(_send(writer, data, manner, rng))
    answered, read = 0, 0
    try:
        async with asyncio.timeout(seconds):
            if manner.leave_after_sent is not None:
                try:
                    await sending
                except ConnectionError:
                    if not any(call.ends for call in calls):  # the gateway may have ended it, unread, and waits for two seconds only
                        raise
                raise Left
            for call in calls:
                if manner.slow:
                    await asyncio.sleep(rng.random() * 0.01)
                status, headers, body = await _one(reader, call)
                judge(call, status, headers, body)
                answered += 1
                read += len(body) + 200
                if manner.leave_after_read is not None and read > manner.leave_after_read:
                    raise Left
                if headers.get("connection") == "close":
                    break
            rest = await reader.read()
            if rest:
                raise Wrong(f"bytes after the last answer ({calls[answered - 1].serial}): {rest[:300]!r}")
            if answered < len(calls) and not calls[answered - 1].ends:
                raise Wrong(f"the gateway ended the connection after {calls[answered - 1].serial}, {len(calls) - answered} answers are missing")
    except Left:
        if manner.reset and sock.fileno() >= 0:  # by TLS a farewell of the gateway may have closed it
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    except (ConnectionError, asyncio.IncompleteReadError) as error:
        if not (answered and calls[answered - 1].ends):
            raise Wrong(f"the connection broke after {answered} of {len(calls)} answers: {error!r}") from error
    except TimeoutError as error:
        missing = calls[answered]
        raise Wrong(f"only {answered} of {len(calls)} answers came within {seconds} s; missing: {missing.serial} {missing.method} {missing.target}") from error
    finally:
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)
        writer.transport.abort()
    return answered


async def crowd(port, number, rng, make_calls, seconds, beside=None, secure=None):
    """`number` clients for `seconds`, each one conversation after the other; make_calls(client, rng) gives the next one's calls. The first that is wronged
    ends it all. Returns (conversations, answers)."""
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds
    talks = answers = 0
    lots = [rng.getrandbits(64) for _ in range(number)]

    async def client(index):
        nonlocal talks, answers
        mine = type(rng)(lots[index])
        while loop.time() < end:
            calls = make_calls(index, mine)
            got = await converse(port, calls, Manner(mine), mine, secure=secure)
            talks, answers = talks + 1, answers + got  # not before: others count while this one waits

    async with asyncio.TaskGroup() as group:
        for index in range(number):
            group.create_task(client(index))
        if beside:
            group.create_task(beside(end))
    return talks, answers
