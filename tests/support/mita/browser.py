"""A headless Chromium that a test looks at a page with: sizes, light and dark, keys, screenshots, what the page's policy forbade, what axe-core finds."""
import shutil
import subprocess
import time

from selenium import webdriver
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service as Driver
from selenium.webdriver.common.keys import Keys

from .service import ROOT
from .waiting import until

LOCKED, NPM = ROOT / "tests/pages", ROOT / "build/npm"
RESULTS = ROOT / "build/results"
DESKTOP, PHONE = (1280, 900), (390, 844)
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice"]
ARGUMENTS = ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars", "--disable-extensions", "--no-first-run")
# Before the page's own scripts: what its policy forbids is kept where a test can ask for it.
WATCH = "window.violations = []; addEventListener('securitypolicyviolation', (e) => violations.push(`${e.effectiveDirective} ${e.blockedURI} ${e.sourceFile}`));"


def packages():
    """node_modules as the lock file names them, fetched once, and anew when it says otherwise."""
    wanted, here = (LOCKED / "package-lock.json").read_bytes(), NPM / "package-lock.json"
    if not (NPM / "fetched").exists() or here.read_bytes() != wanted:
        NPM.mkdir(parents=True, exist_ok=True)
        (NPM / "fetched").unlink(missing_ok=True)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(LOCKED / name, NPM)
        subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=NPM, check=True, timeout=300, stdout=subprocess.DEVNULL)
        (NPM / "fetched").touch()
    return NPM / "node_modules"


def axe_source():
    return (packages() / "axe-core/axe.min.js").read_text()


class Browser:
    def __init__(self):
        options = Options()
        options.binary_location = "/usr/bin/chromium"
        for argument in ARGUMENTS:
            options.add_argument(argument)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        self.driver = webdriver.Chrome(service=Driver("/usr/bin/chromedriver"), options=options)
        self.driver.set_script_timeout(240)
        self.command("Page.addScriptToEvaluateOnNewDocument", source=WATCH)

    def command(self, name, **arguments):
        return self.driver.execute_cdp_cmd(name, arguments)

    def look(self, size=DESKTOP, scheme="light"):
        """From now on this is what the page is shown on."""
        self.command("Emulation.setDeviceMetricsOverride", width=size[0], height=size[1], deviceScaleFactor=1, mobile=size == PHONE)
        self.command("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}, {"name": "prefers-reduced-motion", "value": "reduce"}])

    def open(self, url):
        self.driver.get_log("browser")  # what was said before is another page's
        self.driver.get(url)

    def run(self, script, *arguments):
        return self.driver.execute_script(script, *arguments)

    def type(self, *keys):
        """Into whatever has the focus, as by a keyboard."""
        ActionChains(self.driver).send_keys(*keys).perform()

    def focused(self):
        return self.run("const e = document.activeElement; return e.id || e.getAttribute('href') || e.className || e.tagName.toLowerCase()")

    def tab(self):
        self.type(Keys.TAB)
        return self.focused()

    def until(self, script, seconds=10, what=None):
        return until(lambda: self.run(f"return {script}"), seconds, what or script)

    def screenshot(self, name):
        RESULTS.mkdir(parents=True, exist_ok=True)
        time.sleep(0.1)  # two frames, so that what was just changed is drawn
        self.driver.save_screenshot(str(RESULTS / f"{name}.png"))

    def complaints(self):
        """What the page's policy forbade and what went wrong in it, from the browser's own reports."""
        said = [e["message"] for e in self.driver.get_log("browser") if e["level"] in ("SEVERE", "WARNING") or "Content Security Policy" in e["message"]]
        return self.run("return window.violations") + said

    def faults(self):
        """What axe-core finds against WCAG 2.2 AA, a line each. It is brought in by the driver, which no policy binds."""
        self.command("Runtime.evaluate", expression=axe_source())
        found = self.driver.execute_async_script(
            "const [tags, done] = arguments; axe.run(document, {runOnly: tags, resultTypes: ['violations']}).then((r) => done(r.violations), (e) => done([{id: String(e), nodes: []}]));",
            WCAG)
        return [f"{v['id']}: {node['html'][:160]} {node.get('failureSummary', '')[:300]}" for v in found for node in v["nodes"] or [{"html": ""}]]

    def wide(self):
        """Does the page have to be scrolled sideways?"""
        return self.run("return document.documentElement.scrollWidth > document.documentElement.clientWidth + 1")

    def close(self):
        self.driver.quit()
