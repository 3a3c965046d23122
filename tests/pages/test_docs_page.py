"""/docs in a browser: readable by day and night, on a desk and a phone, by keyboard alone; nothing its policy forbids."""
import os

import pytest
from selenium.webdriver.common.keys import Keys

from mita import pages
from mita.browser import DESKTOP, PHONE

SHOWN = [(size, scheme) for size in (DESKTOP, PHONE) for scheme in ("light", "dark")]
SOME = ("const kept = ['first', 'rules', 'createTransaction', 'calendar', 'message-money', 'findings'];"
        "for (const a of document.querySelectorAll('main article')) a.hidden = !kept.includes(a.id);")


@pytest.fixture
def docs(browser, address):
    browser.open(f"{address}/docs")
    yield browser
    assert browser.complaints() == []


@pytest.mark.parametrize("size, scheme", SHOWN, ids=lambda x: x if isinstance(x, str) else f"{x[0]}px")
def test_everybody_can_read_it(browser, address, size, scheme):
    browser.look(size, scheme)
    browser.open(f"{address}/docs#createTransaction")
    assert not browser.wide()
    browser.screenshot(f"docs-{scheme}-{size[0]}")
    browser.run("for (const d of document.querySelectorAll('#createTransaction details, #calendar details')) d.open = true")
    if size == PHONE:
        browser.run("document.getElementById('menu').click()")
    if not os.environ.get("MITA_NIGHTLY"):  # all are made alike, and axe-core takes a minute for the whole page: a night has it
        browser.run(SOME)
    assert browser.faults() == []
    assert not browser.wide()
    browser.screenshot(f"docs-open-{scheme}-{size[0]}")
    assert browser.complaints() == []


def test_what_it_loads_comes_from_the_gateway_alone(docs, address):
    loaded = docs.run("return performance.getEntriesByType('resource').map((e) => e.name)")
    assert len(loaded) >= 3 and all(name.startswith(f"{address}/assets/") for name in loaded)


def shown(browser):
    return browser.run("return [...document.querySelectorAll('main article')].filter((a) => a.checkVisibility()).map((a) => a.id)")


def test_search_finds_operations_messages_and_codes_by_any_word_of_theirs(docs):
    everything = shown(docs)
    docs.type("/")
    assert docs.focused() == "search"
    docs.type("restore")
    assert "restoreTransaction" in shown(docs) and "login" not in shown(docs)
    assert docs.run("return document.querySelectorAll('nav li:not([hidden])').length") < 10
    docs.type(Keys.ESCAPE, "idempotency_in_flight CREATE")
    assert {"createTransaction", "createCategory"} <= set(shown(docs)) < set(everything)
    docs.type(Keys.ESCAPE, "nothing has zzyzx")
    assert shown(docs) == [] and docs.run("return document.getElementById('nothing').checkVisibility()")
    docs.type(Keys.ESCAPE)
    assert shown(docs) == everything
    docs.type("affordability verdict", Keys.ENTER)
    docs.until("location.hash.length > 1")
    assert docs.run("return location.hash.slice(1)") == shown(docs)[0]


def test_a_link_leads_to_what_a_search_had_hidden(docs):
    docs.type("/")
    docs.type("jwks")
    docs.run("location.hash = 'message-money'")
    docs.until("document.getElementById('message-money').checkVisibility()")


def test_the_keyboard_reaches_the_content_the_search_and_every_command(docs):
    assert docs.tab() == "#content"  # the link that skips the contents
    docs.type(Keys.ENTER)
    docs.until("location.hash === '#content'")
    reached = [docs.tab() for _ in range(6)]
    assert {"first-steps", "button"} <= set(reached)  # a command can be scrolled and copied
    assert "Copy" in docs.run("return document.querySelector('.command button').textContent")
    outline = docs.run("return getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"


def test_without_scripts_everything_is_there(browser, address):
    browser.command("Emulation.setScriptExecutionDisabled", value=True)
    try:
        browser.open(f"{address}/docs")
        assert len(browser.driver.find_elements("css selector", "main article")) > len(pages.reference().operations)
    finally:
        browser.command("Emulation.setScriptExecutionDisabled", value=False)


def test_copying_gives_the_command_or_marks_it(docs):
    docs.run("document.querySelector('#me .command button').click()")
    said = docs.until("['Copied', 'Marked'].find((x) => x === document.querySelector('#me .command button').textContent)")
    if said == "Marked":
        assert docs.run("return getSelection().toString()").startswith("curl -sS")
    assert said


def test_the_first_steps_name_this_gateway(docs, address):
    assert docs.run("return document.querySelector('#first-steps code').textContent").startswith(f"MITA={address}\n")
