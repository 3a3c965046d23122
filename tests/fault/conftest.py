"""What the suite needs from its first minute on."""
import threading
import time

import pytest

from mita.client import Client


class Asked:
    """An instance of finance that is asked three times a second from the start of the suite, so that what is usual of it is known at the end."""

    def __init__(self, stack):
        self.service = stack.also("finance", "finance-usual", MITA_WORKERS="1").start()
        self.since, self.stopped = time.monotonic(), threading.Event()
        self.thread = threading.Thread(target=self.ask, daemon=True)
        self.thread.start()

    def ask(self):
        client = Client(self.service, None)
        while not self.stopped.wait(0.3):
            client.get("/v1/currencies", check=False)

    def end(self):
        self.stopped.set()
        self.thread.join()


@pytest.fixture(scope="session", autouse=True)
def asked(running):
    it = Asked(running)
    yield it
    it.end()
