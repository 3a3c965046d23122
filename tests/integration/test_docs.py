"""/docs: the contract as a page that needs nothing but itself, small, kept by browsers as far as it may be, and every command on it runs."""
import gzip
import html
import json
import re
import subprocess

import pytest

from mita import pages
from mita.client import PAGE_POLICY, Client, expect
from mita.passkey import Key
from mita.people import key
from mita.totp import Authenticator
from mita.waiting import until

AT_MOST = 150 * 1024
# Commands that need what others made come after them; those that end sessions come last.
FACTORS = ["addTotp", "confirmTotp", "verifySecondFactor", "renewRecoveryCodes", "removeTotp", "beginPasskey", "addPasskey", "beginPasskeyLogin", "passkeyLogin", "removePasskey",
           "reauthenticate"]
FIRST = ["register", *FACTORS, "login", "login", "putOnboarding", "createGoal", "createContribution", "contribution", "deleteContribution",
         "listContributions", "createTransaction", "createCategory", "createAccount", "createTransfer",
         "createCheckpoint", "reconcileCheckpoint", "unreconcileCheckpoint", "listSessions"]
LAST = ["pairTransfer", "unpairTransfer", "deletePayee", "deleteAccount", "clientToken", "introspect", "changeEmail", "endSession", "logout", "login", "logoutAll", "login",
        "deleteMe", "register", "changePassword", "forgotPassword", "resetPassword", "revoke"]
MAILED = {"verifyEmail": "/verify-email", "resetPassword": "/reset-password"}  # whose token a mail brings
READER = "reader-of-docs@example.org"


def page(stack, **more):
    return expect(stack.client().get("/docs", headers={"Accept-Encoding": "gzip"}, **more), 200)


def text_of(answer):
    return gzip.decompress(answer.body).decode() if answer.header("Content-Encoding") == "gzip" else answer.text


@pytest.fixture(scope="module")
def docs(running):
    running.heal()
    return text_of(page(running))


def test_the_whole_reference_is_at_most_150_kb_compressed_with_all_it_needs(stack, docs):
    size = len(page(stack).body)
    for asset in re.findall(r'(?:href|src)="(/assets/[^"]+)"', docs):
        size += len(expect(stack.client().get(asset, headers={"Accept-Encoding": "gzip"}), 200).body)
    assert size <= AT_MOST


def test_the_compressed_copy_is_the_plain_one_and_each_has_its_own_tag(stack):
    plain, packed = expect(stack.client().get("/docs"), 200), page(stack)
    assert plain.header("Content-Encoding") is None and packed.header("Content-Encoding") == "gzip"
    assert gzip.decompress(packed.body) == plain.body and plain.etag != packed.etag
    for answer in (plain, packed):
        assert answer.header("Vary") == "Accept-Encoding" and answer.header("Content-Type") == "text/html; charset=utf-8"
        assert answer.header("Cache-Control") == "public, no-cache" and answer.header("Content-Security-Policy") == PAGE_POLICY


@pytest.mark.parametrize("accept, packed", [("gzip", True), ("br;q=1.0, gzip;q=0.2", True), ("GZIP", True), ("*", True), ("gzip;q=0", False), ("gzip; q=0.000", False),
                                            ("br", False), ("identity", False), ("", False), ("notgzip", False), (",,gzip", True), ("gzip;q=0.001", True)])
def test_who_does_not_take_gzip_gets_it_plain(stack, accept, packed):
    answer = expect(stack.client().get("/docs", headers={"Accept-Encoding": accept}), 200)
    assert (answer.header("Content-Encoding") == "gzip") == packed


def test_a_browser_that_has_the_page_gets_304(stack):
    for coding in ("gzip", "identity"):
        head = {"Accept-Encoding": coding}
        tag = expect(stack.client().get("/docs", headers=head), 200).etag
        same = expect(stack.client().get("/docs", headers=head | {"If-None-Match": tag}), 304)
        assert same.etag == tag and same.header("Vary") == "Accept-Encoding"
        assert same.header("Content-Security-Policy") == PAGE_POLICY  # a browser takes it for the page it has kept
        expect(stack.client().get("/docs", headers=head | {"If-None-Match": '"another"'}), 200)


def test_assets_are_named_by_what_they_hold_and_kept_for_ever(stack, docs):
    named = re.findall(r'(?:href|src)="/assets/([^"]+)"', docs)
    assert {name.rsplit(".", 1)[1] for name in named} == {"css", "js", "svg"}
    for name in named:
        answer = expect(stack.client().get(f"/assets/{name}"), 200)
        assert answer.header("Cache-Control") == "public, max-age=31536000, immutable"
        assert name.split(".")[1] == pages.module("assemble").digest(answer.body)
        expect(stack.client().get(f"/assets/{name}", headers={"If-None-Match": answer.etag}), 304)


@pytest.mark.parametrize("path", ["/assets/docs", "/assets/ops", "/assets/base.css", "/assets/docs.0000000000000000.css", "/assets/x.js"])
def test_what_no_page_names_is_not_there(stack, path):
    expect(stack.client().get(path), 404, "not_found")


def test_nothing_comes_from_outside_and_nothing_stands_in_the_page_that_its_policy_forbids(docs):
    assert not re.findall(r'(?:href|src|action)="(?:https?:)?//', docs)
    assert not re.findall(r"<style|\sstyle=|\son\w+=|javascript:", docs)
    assert re.findall(r"<script[^>]*>", docs) == re.findall(r'<script type="module" src="/assets/[^"]+">', docs)


def test_every_operation_is_there_with_its_messages_examples_and_codes(stack, docs):
    made = pages.reference()
    assert len(made.operations) > 30
    for method, path, operation, parameters in made.operations:
        article = re.search(rf'<article id="{operation["operationId"]}".*?</article>', docs, re.S)
        assert article, operation["operationId"]
        said = html.unescape(re.sub(r"<[^>]+>", "", article.group()))
        assert path in said and operation["summary"].replace("`", "") in said
        for parameter in parameters:
            assert parameter["name"] in said
        for status, named in made.codes_of(operation, parameters).items():
            assert status in said and all(code in said for code in named)
        assert set(operation["responses"]) <= set(re.findall(r"<td>(\d{3})</td>", article.group()))
        if "requestBody" in operation and made.resolved(operation["requestBody"]).get("required"):
            assert "<summary>Request" in article.group() and 'class="json"' in article.group()
    assert not set(re.findall(r'href="#([^"]+)"', docs)) - set(re.findall(r'id="([^"]+)"', docs))


def commands(docs):
    """{operationId: command} as the page shows them."""
    return {m[1]: html.unescape(m[2]) for m in re.finditer(r'<pre class="curl"[^>]*data-operation="(\w+)"><code>(.*?)</code></pre>', docs, re.S)}


class Shell:
    """A reader's terminal: `date` tells the services' time, and curl says the status besides."""

    def __init__(self, stack):
        seconds = int(stack.clock.now().timestamp())
        self.stack = stack
        self.before = f'date() {{ command date -u -d @{seconds} "$@"; }}\ncurl() {{ command curl -w "\\n%{{http_code}}" "$@"; }}\n'
        self.variables = {"MITA": f"http://127.0.0.1:{stack.gateway.port}", "OPS_TOKEN": stack.secrets["MITA_OPS_TOKEN"]}

    def run(self, command):
        """(status, body)"""
        for name in re.findall(r"\$\{?([A-Z_]+)", command):
            assert name in self.variables, f"nobody sets ${name} before: {command}"
        streams = '"$MITA/v1/events"' in command  # without an end: 28 is curl's for the time that is up
        patience = "curl() { command curl -m 3 -w '\n%{http_code}' \"$@\"; }\n" if streams else ""
        done = subprocess.run(["sh", "-euc", self.before + patience + command], env={"PATH": "/usr/bin:/bin", **self.variables}, capture_output=True, text=True, timeout=30)
        assert done.returncode == (28 if streams else 0), done.stderr
        body, _, status = done.stdout.rpartition("\n")
        return status, body

    def asked(self):
        """The answer to a login whose second factor is missing."""
        return expect(Client(self.stack.gateway, self.stack.contract).post("/v1/auth/login", {"email": READER, "password": "correct horse battery"}), 401, "mfa_required").json

    def booked(self, amount, category, **members):
        """One of a pair."""
        reader = Client(self.stack.gateway, self.stack.contract, self.variables["TOKEN"])
        entry = {"money": {"amount": amount, "currency": "EUR"}, "category": category} | members
        return expect(reader.post("/v1/transactions", entry, headers={"Idempotency-Key": f"docs{amount}"}), 201).json["id"]

    def payee(self, name):
        reader = Client(self.stack.gateway, self.stack.contract, self.variables["TOKEN"])
        return expect(reader.post("/v1/payees", {"name": name}, headers={"Idempotency-Key": key()}), 201).json["id"]

    def agree(self, checkpoint):
        """The bank says what is booked until then, so that it can be reconciled."""
        reader = Client(self.stack.gateway, self.stack.contract, self.variables["TOKEN"])
        where = f"/v1/accounts/{checkpoint['account_id']}/checkpoints"
        booked = next(c["booked_money"] for c in expect(reader.get(where), 200).json["data"] if c["id"] == checkpoint["id"])
        expect(reader.patch(f"{where}/{checkpoint['id']}", {"balance_money": booked}, headers={"If-Match": "*"}), 200)

    def remember(self, name, body):
        """What later commands name."""
        if name in ("register", "login", "verifySecondFactor", "passkeyLogin", "reauthenticate"):
            got = json.loads(body)
            self.variables |= {"TOKEN": got["access_token"], "REFRESH_TOKEN": got["refresh_token"]}
        if name == "addTotp":
            self.phone = Authenticator(json.loads(body)["uri"], self.stack.clock)
            self.variables["CODE"] = self.phone.code()
        if name == "confirmTotp":
            self.variables |= {"CODE": self.phone.code(1), "MFA_TOKEN": self.asked()["mfa_token"]}
        if name == "beginPasskey":
            self.key = Key()
            self.variables["CREDENTIAL"] = json.dumps(self.key.make(json.loads(body)["public_key"]))
        if name == "addPasskey":
            self.variables["PASSKEY"] = json.loads(body)["passkey"]["id"]
        if name == "beginPasskeyLogin":
            self.variables["CREDENTIAL"] = json.dumps(self.key.show(json.loads(body)["public_key"]))
        if name == "createTransaction":
            self.variables["TRANSACTION"] = json.loads(body)["id"]
        if name == "adminInvite":
            self.variables["INVITATION"] = json.loads(body)["id"]
        if name == "createCategory":
            self.variables["CATEGORY"] = json.loads(body)["id"]
        if name == "createAccount":
            self.variables["ACCOUNT"] = json.loads(body)["id"]
        if name in ("createTransfer", "pairTransfer"):
            self.variables["TRANSFER"] = json.loads(body)["id"]
        if name == "createTransfer":
            self.variables |= {"LEFT": self.booked(-500, "other"), "ARRIVED": self.booked(500, "other_income", account_id=self.variables["ACCOUNT"])}
        if name == "createPayee":
            self.variables["PAYEE"] = json.loads(body)["id"]
            self.variables["MERGED"] = self.payee("Fish shop")
        if name == "patchPayee":  # what comes is of the one that was merged into it
            self.variables["PAYEE"] = self.variables["MERGED"]
        if name == "createRecurring":
            self.variables["RECURRING"] = json.loads(body)["id"]
        if name == "batchTransactions":
            self.variables["CHANGE"] = json.loads(body)["change_id"]
        if name == "createGoal":
            self.variables["GOAL"] = json.loads(body)["id"]
        if name == "createContribution":
            self.variables["CONTRIBUTION"] = json.loads(body)["id"]
        if name == "createBudgetTransfer":
            self.variables["MOVE"] = json.loads(body)["id"]
        if name == "createInstallment":
            self.variables["INSTALLMENT"] = json.loads(body)["id"]
        if name == "createCheckpoint":
            self.variables["CHECKPOINT"] = json.loads(body)["id"]
            self.agree(json.loads(body))
        if name == "listSessions":
            self.variables["SESSION"] = next(s["id"] for s in json.loads(body)["data"] if not s["current"])


def test_every_command_on_the_page_runs_as_it_stands(stack, docs):
    """Only the address is another, so that nobody else of this run has it."""
    shell, shown = Shell(stack), commands(docs)
    client = json.loads(stack.operate("auth", "clients", "add", "reader of the docs", "--scope", "introspect,revoke"))
    shell.variables |= {"CLIENT_ID": client["client_id"], "CLIENT_SECRET": client["client_secret"]}
    shell.variables["FILE"] = re.search(r"/assets/(base[^\"]+)", docs)[1]
    success = {o["operationId"]: {s for s in o["responses"] if s < "300"} for _, _, o, _ in pages.reference().operations}
    assert set(shown) == set(success)
    shell.variables["USER"] = stack.person().id
    for name in [*FIRST, *(n for n in shown if n not in FIRST + LAST), *LAST]:
        if name == "login":
            stack.operate("auth", "users", "role", READER, "admin")
            until(lambda: shell.run('curl -sS "$MITA/v1/auth/me" -H "Authorization: Bearer $TOKEN"')[0] == "401" or shell.variables.get("ADMIN"), 3, "the role to be known")
            shell.variables["ADMIN"] = "yes"
        letter = MAILED.get(name)
        if letter:
            shell.variables["MAILED_TOKEN"] = stack.mailbox.next(READER, where=lambda mail, part=letter: part in mail.text).token
        status, body = shell.run(shown[name].replace("ana@example.org", READER).replace("ana.new@example.org", "new-" + READER))
        assert status in success[name], f"{shown[name]}\n{status} {body[:600]}"
        shell.remember(name, body)


def test_the_first_steps_run_as_one_script_and_end_with_the_start_page(stack, docs):
    script = html.unescape(re.search(r'id="first-steps"><code>(.*?)</code>', docs, re.S)[1])
    script = script.replace("http://127.0.0.1:8080", f"http://127.0.0.1:{stack.gateway.port}").replace("ana@example.org", "first-steps@example.org")
    done = subprocess.run(["sh", "-euc", script], env={"PATH": "/usr/bin:/bin"}, capture_output=True, text=True, timeout=30)
    assert done.returncode == 0, done.stderr
    registered, plan, today = map(json.loads, done.stdout.splitlines())
    assert registered["access_token"] and plan["days"]
    stack.contract.message("today", today)
