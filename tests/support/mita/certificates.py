"""Certificates of the tests: an authority of one run, and what it signs, as files a gateway is given."""
import datetime
import os
import ssl

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

HOST = "gateway.test"


def _named(name):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


class Authority:
    def __init__(self, home):
        self.home, self.key = home, ec.generate_private_key(ec.SECP256R1())
        self.certificate = self._signed(self.key.public_key(), "authority", True)
        self.file = home / "authority.pem"
        self.file.write_bytes(self.certificate.public_bytes(serialization.Encoding.PEM))

    def _signed(self, key, name, authority=False):
        now = datetime.datetime.now(datetime.timezone.utc)
        made = x509.CertificateBuilder().subject_name(_named(name)).issuer_name(_named("authority")).public_key(key).serial_number(x509.random_serial_number())
        made = made.not_valid_before(now - datetime.timedelta(days=1)).not_valid_after(now + datetime.timedelta(days=30))
        made = made.add_extension(x509.BasicConstraints(ca=authority, path_length=None), True)
        return made.add_extension(x509.SubjectAlternativeName([x509.DNSName(HOST)]), False).sign(self.key, hashes.SHA256())

    def issue(self, name):
        """A new certificate and key, as PEM; and its serial number."""
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = self._signed(key.public_key(), name)
        pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        return certificate.public_bytes(serialization.Encoding.PEM), pem, certificate.serial_number

    def context(self, **minimum):
        """What a client that trusts this authority alone connects with."""
        out = ssl.create_default_context(cafile=self.file)
        out.set_alpn_protocols(["http/1.1"])
        return out


class Files:
    """A certificate and its key where a service reads them."""

    def __init__(self, authority, home, name="gateway"):
        self.authority, self.certificate, self.key = authority, home / f"{name}.crt", home / f"{name}.key"
        self.renew()

    def renew(self):
        certificate, key, self.serial = self.authority.issue("gateway")
        self.write(certificate, key)

    def write(self, certificate, key):
        for path, text in ((self.certificate, certificate), (self.key, key)):
            beside = path.with_suffix(".new")
            beside.write_bytes(text)
            os.replace(beside, path)

    def settings(self):
        return {"MITA_TLS_CERTIFICATE_FILE": str(self.certificate), "MITA_TLS_KEY_FILE": str(self.key), "MITA_TLS_PORT": "0"}
