"""Fixtures that several files here share: people, upstreams of the tests that echo who asked, a gateway before them."""
import copy

import pytest

from mita.client import Client
from mita.echo import Echo, gateway_before


@pytest.fixture(scope="module")
def people(running):
    """Some people, each with a token of their own. Not for the session: a file in between may revoke the key of all tokens."""
    running.heal()
    return [running.person() for _ in range(8)]


@pytest.fixture(scope="session")
def echoes(running, tmp_path_factory):
    """What stands in for auth and finance: two and three processes behind a port each."""
    home = tmp_path_factory.mktemp("echo")
    both = Echo(home, "as-auth", 2), Echo(home, "as-finance", 3)
    yield both
    for echo in both:
        echo.close()


@pytest.fixture(scope="session")
def door(running, echoes):
    service = gateway_before(running, "gateway-echo", *echoes).start()
    yield service
    assert service.alive(), f"the gateway died: {service.log_file.read_text(errors='replace')[-3000:]}"
    assert service.stop() == 0


@pytest.fixture(scope="module")
def second(running, request):
    """Another instance of finance beside the stack's own."""
    service = running.also("finance", f"finance-{request.module.__name__}").start()
    yield service
    service.stop()


@pytest.fixture
def beside(stack, second, saver):
    """The same person, asking the other instance."""
    other = copy.copy(saver)
    other.client = Client(second, stack.contract, saver.access)
    return other
