"""Fixtures of the suites with real processes. Plain `pytest tests/integration` works; --preset (or MITA_PRESET) names the build."""
import os
import pathlib
import shutil
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests/support"), str(ROOT / "tests/vectors")]


def pytest_addoption(parser):
    parser.addoption("--preset", default=os.environ.get("MITA_PRESET", "release"), help="whose binaries: build/PRESET/bin (default release)")


def pytest_configure(config):
    config.addinivalue_line("markers", "last: runs after everything else of the session")


def pytest_runtest_logreport(report):
    """Whatever failed is listed by its id, for the second look of tests/run; after "!" what gets none: what did not end cleanly."""
    if report.failed and os.environ.get("MITA_FAILED_LIST"):
        with open(os.environ["MITA_FAILED_LIST"], "a") as out:
            print(report.nodeid if report.when != "teardown" else f"!{report.nodeid}", file=out)


def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: item.get_closest_marker("last") is not None)


@pytest.fixture(scope="session")
def preset(request):
    """Whose binaries."""
    return request.config.getoption("--preset")


@pytest.fixture(scope="session")
def running(request, preset):
    """The system, once per run. Tests use `stack`."""
    from mita.stack import Stack

    system = Stack(preset)
    yield system
    if os.environ.get("MITA_MET"):  # tests/integration/test_zz_met.py reads it
        with open(os.environ["MITA_MET"], "a") as out:
            out.writelines(f"{method} {path} {status}\n" for method, path, status in sorted(system.contract.seen))
    ends = system.close()
    failed = {label: status for label, status in ends.items() if status not in (0, None)}
    assert not failed, f"services that did not end cleanly (logs in {system.logs}): {failed}"
    if request.session.testsfailed:
        print(f"\nlogs of the services: {system.logs}")
    else:
        shutil.rmtree(system.logs, ignore_errors=True)


@pytest.fixture
def stack(running):
    """The system, whole and ready, at 2026-04-10 08:00 UTC."""
    from mita.clock import START

    running.clock.set(START)
    running.heal()
    return running


@pytest.fixture
def clock(stack):
    return stack.clock


@pytest.fixture
def person(stack):
    """A new person, signed in, not onboarded."""
    return stack.person()


@pytest.fixture
def saver(stack, clock):
    """A new person who joined on 1 April 2026 in Sofia with the answers of the worked example; it is that morning."""
    clock.local("Europe/Sofia", "2026-04-01")
    someone = stack.person()
    someone.onboard()
    return someone
