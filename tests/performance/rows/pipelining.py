"""B17: a hundred requests in one write, until the last answer is here: through the gateway, and straight at finance."""
import re
import socket
import time

from harness import cpus
from harness.figures import Figure, WrongAnswer
from harness.people import Person

DEPTH = 100


def answered(port, data, wanted):
    """Seconds from the write to the last byte of the last answer."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as s:
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        begun, got = time.perf_counter(), bytearray()
        s.sendall(data)
        while piece := s.recv(1 << 20):
            got += piece
        took = time.perf_counter() - begun
    statuses = re.findall(rb"HTTP/1\.1 (\d{3}) ", got)
    if statuses != [b"200"] * DEPTH or got.count(wanted) != DEPTH:
        raise WrongAnswer(f"{len(statuses)} answers, {got.count(wanted)} of them right")
    return took


def measure(run):
    system = run.system().start(auth=cpus.BESIDE)
    person = Person(system)
    figures = []
    for target, wanted in (("/v1/me", person.api.get("/v1/me").expect(200).body), ("/v1/currencies", person.api.get("/v1/currencies").expect(200).body)):
        one = f"GET {target} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {person.token}\r\n"
        data = (one + "\r\n").encode() * (DEPTH - 1) + (one + "Connection: close\r\n\r\n").encode()
        sides = {"gateway": system.port, "finance": system.services["finance"].port}
        ratios, detail = [], []
        for number in range(10 if run.quick else 600):
            order = list(sides) if number % 2 else list(reversed(sides))
            took = {side: answered(sides[side], data, wanted) * 1000 for side in order}
            if number >= 3:
                ratios.append(took["gateway"] / took["finance"])
                detail.append(took)
        middle = sorted(x["gateway"] for x in detail)[len(detail) // 2]
        figures.append(Figure("B17", f"{DEPTH} pipelined GET {target} through the gateway ({middle:.1f} ms)", "×", ratios, "≤ 3×", ("<=",
            3),
                              "straight at finance", detail={"ms": detail}))
    return figures


ROWS = {"B17": measure}
