"""A browser and its authenticator in software: makes passkeys and shows them, as WebAuthn says or with one thing wrong. python3-fido2 reads what it
writes, and judges it as our oracle."""
import base64
import hashlib
import json
import secrets
import struct

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from fido2 import cbor

from .client import canaries, expect
from .mailbox import PUBLIC_URL

ORIGIN = "/".join(PUBLIC_URL.split("/")[:3])
DOMAIN = ORIGIN.split("://")[1]
UP, UV, BE, BS, AT, ED = 1, 4, 8, 16, 64, 128


def b64(raw):
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def unb64(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def number(n, size):
    return n.to_bytes(size, "big")


class ES256:
    def __init__(self):
        self.private = ec.generate_private_key(ec.SECP256R1())
        point = self.private.public_key().public_numbers()
        self.cose = {1: 2, 3: -7, -1: 1, -2: number(point.x, 32), -3: number(point.y, 32)}

    def sign(self, data):
        return self.private.sign(data, ec.ECDSA(hashes.SHA256()))


class EdDSA:
    def __init__(self):
        from cryptography.hazmat.primitives import serialization as s

        self.private = ed25519.Ed25519PrivateKey.generate()
        self.cose = {1: 1, 3: -8, -1: 6, -2: self.private.public_key().public_bytes(s.Encoding.Raw, s.PublicFormat.Raw)}

    def sign(self, data):
        return self.private.sign(data)


class RS256:
    def __init__(self, bits=2048):
        self.private = rsa.generate_private_key(65537, bits)
        public = self.private.public_key().public_numbers()
        self.cose = {1: 3, 3: -257, -1: number(public.n, bits // 8), -2: number(public.e, 3)}

    def sign(self, data):
        return self.private.sign(data, padding.PKCS1v15(), hashes.SHA256())


class Key:
    """One passkey on its device. Every part of what it brings may be told otherwise, to be wrong in that."""

    def __init__(self, algorithm=ES256, counted=True):
        self.key, self.id, self.counter, self.counted = algorithm(), secrets.token_bytes(32), 0, counted
        self.user_handle = None

    def authenticator_data(self, rp_id=DOMAIN, flags=UP | UV, counter=None, attested=b"", more=b""):
        if counter is None:
            self.counter += self.counted
            counter = self.counter
        return hashlib.sha256(rp_id.encode()).digest() + bytes([flags]) + struct.pack(">I", counter) + attested + more

    @staticmethod
    def client_data(kind, challenge, origin=ORIGIN, **more):
        return json.dumps({"type": kind, "challenge": challenge, "origin": origin, "crossOrigin": False, **more}).encode()

    def attested(self, cose=None, credential_id=None):
        name = self.id if credential_id is None else credential_id
        return b"\0" * 16 + struct.pack(">H", len(name)) + name + (cbor.encode(self.key.cose) if cose is None else cose)

    def make(self, options, kind="webauthn.create", flags=UP | UV | AT, fmt="none", statement=None, cose=None, credential_id=None, origin=ORIGIN, rp_id=None, counter=None, more=b"",
             client=None, attestation=None, challenge=None):
        """RegistrationResponseJSON."""
        self.user_handle = unb64(options["user"]["id"])
        data = self.authenticator_data(rp_id or options["rp"]["id"], flags, counter, self.attested(cose, credential_id), more)
        told = self.client_data(kind, challenge or options["challenge"], origin, **(client or {}))
        object_ = cbor.encode({"fmt": fmt, "attStmt": statement or {}, "authData": data}) if attestation is None else attestation
        return {"id": b64(self.id), "rawId": b64(self.id), "type": "public-key", "authenticatorAttachment": "platform", "clientExtensionResults": {"credProps": {"rk": True}},
                "response": {"clientDataJSON": b64(told), "attestationObject": b64(object_), "transports": ["internal", "hybrid"], "publicKeyAlgorithm": self.key.cose[3]}}

    def show(self, options, kind="webauthn.get", flags=UP | UV, origin=ORIGIN, rp_id=None, counter=None, more=b"", client=None, challenge=None, sign=None, handle=...):
        """AuthenticationResponseJSON."""
        data = self.authenticator_data(rp_id or options["rpId"], flags, counter, more=more)
        told = self.client_data(kind, challenge or options["challenge"], origin, **(client or {}))
        signature = (sign or self.key.sign)(data + hashlib.sha256(told).digest())
        handle = self.user_handle if handle is ... else handle
        return {"id": b64(self.id), "rawId": b64(self.id), "type": "public-key", "authenticatorAttachment": "platform", "clientExtensionResults": {},
                "response": {"clientDataJSON": b64(told), "authenticatorData": b64(data), "signature": b64(signature), **({"userHandle": b64(handle)} if handle else {})}}


def begin(person):
    return expect(person.post("/v1/auth/passkeys:begin"), 200).json["public_key"]


def add(person, credential, valid=True, **members):
    return person.post("/v1/auth/passkeys", {"credential": credential, **members}, valid=valid)


def own(person, algorithm=ES256, **more):
    """A person's new passkey; .codes are the recovery codes that came with it."""
    key = Key(algorithm, **more)
    answer = expect(add(person, key.make(begin(person)), name="phone"), 201)
    key.codes, key.row = answer.json["recovery_codes"], answer.json["passkey"]
    canaries.update(key.codes)
    return key


def question(stack, service=None):
    return expect(stack.client(service).post("/v1/auth/passkey_login:begin"), 200).json["public_key"]


def login(stack, credential, service=None, valid=True, **more):
    answer = stack.client(service).post("/v1/auth/passkey_login", {"credential": credential}, valid=valid, **more)
    if answer.status == 200:
        canaries.update({answer.json["access_token"], answer.json["refresh_token"]})
    return answer
