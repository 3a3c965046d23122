"""What arrived: the folder that auth writes mails to, and a real SMTP server (aiosmtpd) with STARTTLS. Letters are read as mail programs read them."""
import datetime
import email
import email.policy
import ipaddress
import pathlib
import re
import ssl
import threading

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from .client import canaries
from .cluster import free_port
from .waiting import until

PUBLIC_URL = "https://app.mita.example/start"
FROM = "no-reply@mita.example"


class Letter:
    def __init__(self, raw, recipient):
        self.raw = raw
        self.message = email.message_from_bytes(raw, policy=email.policy.default)
        self.recipient = recipient
        self.subject = self.message["Subject"]
        self.text = self.message.get_body(("plain",)).get_content()
        self.html = self.message.get_body(("html",)).get_content()
        link = re.search(r"https?://\S+", self.text)
        self.link = link and link[0]
        token = re.search(r"#token=(\S+)", self.text)
        self.token = token and token[1]
        if self.token:
            canaries.add(self.token)


class Mailbox:
    """A folder of mails."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self._seen, self._of, self._lock = set(), {}, threading.Lock()

    def letters(self, address):
        """All to this address, as they came."""
        with self._lock:
            new = [f for f in self.folder.glob("*.eml") if f.name not in self._seen]
            for file in sorted(new, key=lambda f: f.stat().st_mtime_ns):
                self._seen.add(file.name)
                raw = file.read_bytes()
                self._of.setdefault(raw.split(b"\r\n", 1)[0].removeprefix(b"X-Envelope-To: ").decode(), []).append(raw)
            return [Letter(raw, address) for raw in self._of.get(address, [])]

    def next(self, address, seen=0, seconds=10, where=lambda letter: True):
        """The first that fits beyond the `seen` ones that were there before."""
        return until(lambda: next((x for x in self.letters(address)[seen:] if where(x)), None), seconds, f"a mail to {len(address)} characters")


class Server:
    """An SMTP server of this process: STARTTLS required, one login, replies that a test may script."""

    def __init__(self, home, user="mita", password="canary-smtp-password"):
        canaries.add(password)
        self.taken, self.replies, self.tries, self._lock = [], [], 0, threading.Lock()
        self.ca_file = home / "smtp-ca.pem"
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
        now = datetime.datetime.utcnow()
        made = (x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(x509.random_serial_number())
                .not_valid_before(now - datetime.timedelta(days=1)).not_valid_after(now + datetime.timedelta(days=10))
                .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False)
                .add_extension(x509.BasicConstraints(True, None), True).sign(key, hashes.SHA256()))
        self.ca_file.write_bytes(made.public_bytes(serialization.Encoding.PEM))
        private = home / "smtp-key.pem"
        private.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.ca_file, private)

        def judge(server, session, envelope, mechanism, data):
            return AuthResult(success=(data.login, data.password) == (user.encode(), password.encode()))

        self.controller = Controller(self, hostname="127.0.0.1", port=free_port(), tls_context=context, require_starttls=True, authenticator=judge, auth_required=True,
                                     enable_SMTPUTF8=True)
        self.controller.start()
        self.environment = {"MITA_MAIL_URL": f"smtp://127.0.0.1:{self.controller.port}", "MITA_MAIL_FROM": f"MITA <{FROM}>", "MITA_PUBLIC_URL": PUBLIC_URL, "MITA_MAIL_USER": user,
                            "MITA_MAIL_PASSWORD": password, "MITA_MAIL_CA_FILE": str(self.ca_file), "MITA_MAIL_POLL_MS": "50", "MITA_MAIL_TIMEOUT_MS": "3000"}

    async def handle_DATA(self, server, session, envelope):  # noqa: N802: aiosmtpd's name
        with self._lock:
            self.tries += 1
            if self.replies:
                return self.replies.pop(0)
            assert session.ssl is not None and envelope.mail_from == FROM
            for recipient in envelope.rcpt_tos:
                self.taken.append(Letter(envelope.original_content, recipient))
        return "250 taken"

    def letters(self, address):
        with self._lock:
            return [x for x in self.taken if x.recipient == address]

    def close(self):
        if self.controller:
            self.controller.stop()
            self.controller = None
