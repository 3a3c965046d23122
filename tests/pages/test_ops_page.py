"""/ops in a browser: the person on call gives the token once and sees what is wrong, what it costs and where; one call a second, none while nobody looks."""
import re
import time

import pytest
from selenium.webdriver.common.keys import Keys

from mita.browser import DESKTOP, PHONE
from mita.client import expect
from mita.waiting import until

SHOWN = [(size, scheme) for size in (DESKTOP, PHONE) for scheme in ("light", "dark")]
PARTS = ["trouble", "now", "routes", "instances", "upstreams", "hashing", "database", "caches", "slow", "settings"]


@pytest.fixture
def ops(browser, address):
    browser.open(f"{address}/ops")
    yield browser
    # A refused token is a line of the browser's console, not a fault of the page.
    assert [c for c in browser.complaints() if "401" not in c] == []


def show(browser, stack):
    browser.until("document.activeElement.id === 'token'")
    browser.type(stack.secrets["MITA_OPS_TOKEN"], Keys.ENTER)
    browser.until("!document.getElementById('board').hidden")


def text(browser, part):
    return browser.run("return document.querySelector(`[data-part=\"${arguments[0]}\"]`).innerText", part)


def calls(browser):
    return browser.run("return performance.getEntriesByType('resource').filter((e) => e.name.endsWith('/ops/data')).length")


@pytest.fixture
def used(saver, stack):
    """Something has happened: reads, a login, a refusal, a path that is not there."""
    for _ in range(30):
        expect(saver.get("/v1/me"), 200)
        saver.get("/v1/calendar?month=2026-04")
    expect(stack.client().post("/v1/auth/login", {"email": "nobody@example.org", "password": "not the password"}), 401)
    expect(stack.client().get("/nowhere", valid=False), 404)


def test_it_shows_nothing_before_the_token_and_says_when_it_is_refused(ops, stack):
    ops.until("document.activeElement.id === 'token'")
    assert ops.run("return document.getElementById('board').hidden") and calls(ops) == 0
    assert ops.faults() == []
    ops.screenshot("ops-form")
    ops.type("not the token of this gateway", Keys.ENTER)
    ops.until("document.getElementById('refused').textContent.startsWith('Refused')")
    assert ops.run("return document.getElementById('board').hidden && document.getElementById('token').value === ''")
    show(ops, stack)
    stored = ops.run("return [document.cookie, localStorage.length, sessionStorage.length, location.search]")
    assert stored == ["", 0, 0, ""]
    assert stack.secrets["MITA_OPS_TOKEN"] not in ops.driver.page_source


@pytest.mark.parametrize("size, scheme", SHOWN, ids=lambda x: x if isinstance(x, str) else f"{x[0]}px")
def test_everybody_can_read_it(browser, address, stack, used, size, scheme):
    browser.look(size, scheme)
    browser.open(f"{address}/ops")
    show(browser, stack)
    until(lambda: calls(browser) >= 3, 15, "three looks")
    assert browser.faults() == []
    assert not browser.wide()
    assert browser.complaints() == []
    browser.screenshot(f"ops-{scheme}-{size[0]}")
    browser.run("document.getElementById('t-upstreams').scrollIntoView()")
    browser.screenshot(f"ops-more-{scheme}-{size[0]}")


def test_every_part_tells_what_happened(ops, stack, used):
    show(ops, stack)
    until(lambda: calls(ops) >= 2, 15, "two looks")
    assert all(text(ops, part).strip() for part in PARTS)
    routes = text(ops, "routes")
    assert "GET /v1/me" in routes and "GET /v1/calendar" in routes and "/ops/data" not in routes and "NaN" not in ops.driver.page_source
    for service in ("gateway", f"auth 127.0.0.1:{stack.auth.internal_port}", f"finance 127.0.0.1:{stack.finance.internal_port}"):
        assert service in text(ops, "instances")
    assert re.findall(r"^(auth|finance)\s.*\bclosed\b", text(ops, "upstreams"), re.M) == ["auth", "finance"] and "sent again" in text(ops, "upstreams")
    assert "no route" in text(ops, "upstreams") and "answered" in text(ops, "upstreams")
    assert "audit trail" in text(ops, "hashing") and "lost" in text(ops, "hashing")
    assert "lanes" in text(ops, "hashing") and "127.0.0.1" in text(ops, "hashing")
    assert "of" in text(ops, "database") and "finance user" in text(ops, "caches")
    ops.run("for (const d of document.querySelectorAll('#board details')) d.open = true")
    assert "MITA_WORKERS" in text(ops, "settings") and "env" in text(ops, "settings") and stack.secrets["MITA_AUTH_SECRET"] not in ops.driver.page_source


def test_it_asks_once_a_second_and_not_while_nobody_looks_or_it_is_paused(ops, stack):
    show(ops, stack)
    begun, before = time.monotonic(), calls(ops)
    until(lambda: calls(ops) >= before + 4, 20, "four looks")
    assert calls(ops) - before <= (time.monotonic() - begun) / 0.95 + 1
    ops.run("document.getElementById('pause').click()")
    assert ops.run("return document.getElementById('pause').getAttribute('aria-pressed')") == "true"
    still(ops)
    ops.run("document.getElementById('pause').click()")
    resumed = calls(ops)
    until(lambda: calls(ops) > resumed, 10, "a look after the pause")
    hide(ops, True)
    still(ops)
    hidden = calls(ops)
    hide(ops, False)
    until(lambda: calls(ops) > hidden, 10, "a look when somebody looks again")


def hide(browser, hidden):
    browser.run("Object.defineProperty(document, 'hidden', {configurable: true, get: () => arguments_hidden}); document.dispatchEvent(new Event('visibilitychange'))"
                .replace("arguments_hidden", str(hidden).lower()))


def still(browser):
    """No call in 2.5 s, after the one that may be under way."""
    time.sleep(0.5)
    before = calls(browser)
    time.sleep(2.5)  # two looks and more would have come
    assert calls(browser) == before


def test_a_service_that_is_away_is_the_first_thing_one_sees_until_it_is_back(ops, stack):
    show(ops, stack)
    stack.finance.kill()
    try:
        until(lambda: "does not answer" in text(ops, "trouble"), 20, "finance away")
        assert "unreachable" in text(ops, "instances") and "unreachable" in ops.run("return document.getElementById('status').textContent")
        # The gateway's own probe may find it out after the look did.
        until(lambda: "finance not healthy, for" in text(ops, "trouble"), 20, "the gateway knows")
        assert " d" not in text(ops, "trouble").split("for ")[1].splitlines()[0]
        ops.screenshot("ops-finance-away")
        assert ops.faults() == []
    finally:
        stack.heal()
    until(lambda: "does not answer" not in text(ops, "trouble"), 20, "finance back")


def test_the_settings_of_an_instance_that_comes_later_are_shown_too(ops, stack):
    stack.finance.kill()
    try:
        until(lambda: stack.client().get("/readyz").status == 503, 20, "the gateway knows")
        show(ops, stack)
        # What was gathered within a second before is shown to whoever looks first.
        until(lambda: "auth" in text(ops, "settings") and "finance" not in text(ops, "settings"), 20, "settings without finance's")
    finally:
        stack.heal()
    until(lambda: "finance" in text(ops, "settings"), 20, "finance's settings")


def test_a_scrape_that_has_no_room_left_is_shown_too(ops, stack, used):
    """What was counted together as overflow has no label but that."""
    overflow = ('mita_gateway_rejected_total{overflow="true"} 7\nmita_gateway_malformed_total{overflow="true"} 7\nmita_http_requests_total{overflow="true"} 9\n'
                'mita_http_request_duration_seconds_bucket{overflow="true",le="+Inf"} 3 # {trace_id="0af7651916cd43dd8448eb211c80319c"} 2.5 1775808000.125\n')
    ops.run("""
        const ask = window.fetch, more = arguments[0];
        window.fetch = async (...what) => {
          const answer = await ask(...what), told = await answer.json();
          for (const one of told.instances) one.metrics += more;
          return new Response(JSON.stringify(told), { status: answer.status });
        };""", overflow)
    show(ops, stack)
    until(lambda: re.search(r"^others\s+7", text(ops, "upstreams"), re.M), 20, "what overflowed")
    assert "GET /v1/me" in text(ops, "routes") and "undefined" not in text(ops, "slow") + text(ops, "routes")
    assert "no answer" not in ops.run("return document.getElementById('fresh').textContent")


def test_the_token_is_forgotten_on_demand(ops, stack):
    show(ops, stack)
    ops.run("document.getElementById('leave').click()")
    assert ops.run("return document.getElementById('board').hidden && document.activeElement.id === 'token'")
    still(ops)


def test_the_keyboard_gets_everywhere_and_keeps_its_place_while_figures_change(ops, stack, used):
    show(ops, stack)
    until(lambda: calls(ops) >= 2, 15, "two looks")
    reached = []
    for _ in range(14):
        ops.tab()
        reached.append(ops.run("return document.activeElement.getAttribute('aria-label') || document.activeElement.textContent"))
    assert {"Routes", "Upstreams", "Database"} <= set(reached)
    ops.run("document.querySelector('[aria-label=\"Database\"]').focus()")
    seen = calls(ops)
    until(lambda: calls(ops) >= seen + 2, 15, "two more looks")
    assert ops.run("return document.activeElement.getAttribute('aria-label')") == "Database"
