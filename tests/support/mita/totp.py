"""An authenticator, as a phone has one: RFC 6238 by the standard library, its clock the services'."""
import base64
import hashlib
import hmac
import struct
from urllib.parse import parse_qs, unquote, urlsplit

from .client import canaries, expect

PERIOD = 30


def code_of(secret, step):
    mac = hmac.new(base64.b32decode(secret), struct.pack(">Q", step), hashlib.sha1).digest()
    at = mac[-1] & 15
    return f"{(struct.unpack('>I', mac[at:at + 4])[0] & 0x7FFFFFFF) % 10**6:06d}"


class Authenticator:
    """What a person scanned. `uri` as the service gave it."""

    def __init__(self, uri, clock):
        parts = urlsplit(uri)
        self.query = {k: v[0] for k, v in parse_qs(parts.query, strict_parsing=True).items()}
        self.kind, self.label, self.clock = parts.netloc, unquote(parts.path.lstrip("/")), clock
        canaries.add(self.query["secret"])

    def step(self):
        return int(self.clock.now().timestamp()) // PERIOD

    def code(self, ahead=0):
        """Of the present step, or of one so many steps ahead."""
        return code_of(self.query["secret"], self.step() + ahead)

    def wrong(self):
        """Six digits that are no code of these minutes."""
        taken = {self.code(n) for n in range(-3, 4)}
        return next(c for c in (f"{n:06d}" for n in range(10)) if c not in taken)

    def fresh(self):
        """The code of a step that no code was taken of: the clock moves on to it."""
        self.clock.advance(seconds=PERIOD)
        return self.code()


def begin(person):
    """Scans the secret of a new code generator, not confirmed yet."""
    return Authenticator(expect(person.post("/v1/auth/mfa/totp"), 200).json["uri"], person.stack.clock)


def confirm(person, code, **more):
    return person.post("/v1/auth/mfa/totp/confirm", {"code": code}, **more)


def enrol(person):
    """(authenticator, recovery codes) of a person who has a second factor now."""
    phone = begin(person)
    codes = expect(confirm(person, phone.code()), 200).json["recovery_codes"]
    canaries.update(codes)
    return phone, codes


def first_step(person, service=None, password=None, headers=None):
    """The mfa_token of a login whose password is right."""
    client = person.stack.client(service) if service else person.client
    answer = client.post("/v1/auth/login", {"email": person.email, "password": password or person.password}, token=None, headers=headers)
    token = expect(answer, 401, "mfa_required").json["mfa_token"]
    canaries.add(token)
    return token


def second_step(stack, token, code, service=None, **more):
    answer = stack.client(service).post("/v1/auth/mfa/verify", {"mfa_token": token, "code": code}, **more)
    if answer.status == 200:
        canaries.update({answer.json["access_token"], answer.json["refresh_token"]})
    return answer
