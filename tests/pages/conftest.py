"""One browser for all tests of the pages; each gets it as a desktop by day."""
import pytest

from mita.browser import Browser


@pytest.fixture(scope="session")
def chromium():
    browser = Browser()
    yield browser
    browser.close()


@pytest.fixture
def browser(chromium):
    chromium.look()
    return chromium


@pytest.fixture
def address(stack):
    return f"http://127.0.0.1:{stack.gateway.port}"
