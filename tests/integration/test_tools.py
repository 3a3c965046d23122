"""mita-auth's own commands: password hash | verify and jwt verify, with the published vectors, by status: 0 yes, 1 no, 2 cannot be judged."""
import base64
import json
import uuid

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from mita.command import SECRET, command

# Openwall's crypt_blowfish test set, and an empty password from the same.
VECTORS = [
    (b"U*U", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"), (b"U*U*", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.VGOzA784oUp/Z0DY336zx7pLYAy0lwK"),
    (b"U*U*U", "$2a$05$XXXXXXXXXXXXXXXXXXXXXOAcXxm9kjPGEMsLznoKqmqw7tc8WCx4a"), (b"", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.7uG0VCzI2bS7j6ymqJi9CdcdxiRTWNy"),
    (b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789chars after 72 are ignored", "$2a$05$abcdefghijklmnopqrstuu5s2v8.iXieOjg/.AySBTTZIIVFJeBui"),
    (b"\xa3", "$2a$05$/OK.fbVrR/bpIqNJ5ianF.Sa7shbm4.OzKpvFnX1pQLmQW96oUlCq"), (b"\xa3", "$2y$05$/OK.fbVrR/bpIqNJ5ianF.Sa7shbm4.OzKpvFnX1pQLmQW96oUlCq"),
    (b"\xff\xff\xa3", "$2y$05$/OK.fbVrR/bpIqNJ5ianF.CE5elHaaO4EbggVDjb8P19RukzXSM3e"), (b"Kk4DQuMMfZL9o", "$2b$04$cVWp4XaNU8a4v1uMRum2SO026BWLIoQMD/TXg5uZV.0P.uO8m3YEm"),
]


def verify(preset, password, stored, end=b"\n", **environment):
    return command(preset, "auth", "password", "verify", stored, stdin=password + end, **environment)


@pytest.mark.parametrize("password,stored", VECTORS, ids=[str(n) for n in range(len(VECTORS))])
def test_P5_published_bcrypt_vectors_are_judged_without_any_environment(preset, password, stored):
    for end in (b"\n", b"") if password else (b"\n",):
        done = verify(preset, password, stored, end)
        assert (done.returncode, done.stdout, done.stderr) == (0, b"match\n", b"")
    done = verify(preset, b"x" + password, stored)
    assert (done.returncode, done.stdout, done.stderr) == (1, b"mismatch\n", b"")


@pytest.mark.parametrize("password,stored", [(b"password", "pbkdf2_sha256$1000$seasalt$YIWkt6M1JFXrHg5s0jZjBSc7C2Cz6QvchSJ0h8Y+i7c="),
                                             (b"password", "$pbkdf2$4096$c2FsdA$SwB5AbdlSJq.rUnZJvch0GWkKcE"),
                                             (b"canary argon2 password", "$argon2id$v=19$m=1024,t=1,p=4$c2l4dGVlbiBieXRlcyBvaw$HwbmNcHVmFcvOamsX7PzWWBQ5AVBW0eafs8KhfC3rew")],
                         ids=["Django", "RFC 6070", "argon2id"])
def test_P5_what_import_takes_is_judged_without_any_environment(preset, password, stored):
    assert (verify(preset, password, stored).returncode, verify(preset, password + b"x", stored).returncode) == (0, 1)


def test_bcrypt_takes_72_bytes_of_an_imported_password_and_no_more(preset):
    password, stored = VECTORS[4]
    assert verify(preset, password[:72], stored).returncode == 0
    assert verify(preset, password[:71], stored).returncode == 1


@pytest.mark.parametrize("stored,why", [
    ("$2x$05$/OK.fbVrR/bpIqNJ5ianF.CE5elHaaO4EbggVDjb8P19RukzXSM3e", "$2x$ hashes are refused"), ("", "malformed"), ("plain", "malformed"), ("$1$abc$def", "malformed"), ("*0", "malformed"),
    ("$2b$15$cVWp4XaNU8a4v1uMRum2SO026BWLIoQMD/TXg5uZV.0P.uO8m3YEm", "malformed"), ("$2b$04$cVWp4XaNU8a4v1uMRum2SO026BWLIoQMD/TXg5uZV.0P.uO8m3YE", "malformed"),
    ("$mita$v=2$alg=bcrypt$pepper=1$2b$04$cVWp4XaNU8a4v1uMRum2SO026BWLIoQMD/TXg5uZV.0P.uO8m3YEm", "malformed"),
    ("$mita$v=1$alg=bcrypt$pepper=old$2b$04$cVWp4XaNU8a4v1uMRum2SO026BWLIoQMD/TXg5uZV.0P.uO8m3YEm", "names pepper 'old'"),
    ("$mita$v=1$alg=bcrypt$pepper=1$2b$04$cVWp4XaNU8a4v1uMRum2SO026BWLIoQMD/TXg5uZV.0P.uO8m3YEm", "MITA_AUTH_SECRET: is required and not set"),
], ids=["2x", "empty", "plain", "md5", "star", "cost 15", "short", "version", "other pepper", "no secret"])
def test_P5_what_cannot_be_judged_is_status_2_with_its_reason(preset, stored, why):
    done = verify(preset, b"\xff\xff\xa3", stored)
    assert done.returncode == 2 and done.stdout == b"" and why in done.stderr.decode(), done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_no_line_on_stdin_is_no_password(preset):
    for done in (verify(preset, b"", VECTORS[3][1], end=b""), command(preset, "auth", "password", "hash", MITA_AUTH_SECRET=SECRET)):
        assert done.returncode == 2 and done.stderr == b"mita-auth: no password on stdin\n"


@pytest.mark.parametrize("password", [b"correct horse", b"", b"\xff\x80\x00\x01", b"k" * 72 + b"-one", b"k" * 512, "Zürich".encode()], ids=["plain", "empty", "bytes", "over 72 bytes", "512 bytes", "umlaut"])
@pytest.mark.parametrize("algorithm", ["bcrypt", "argon2id"])
def test_P2_a_hash_is_made_and_judged_with_the_secret_alone(preset, password, algorithm):
    settings = {"MITA_AUTH_SECRET": SECRET, "MITA_ENV": "test", "MITA_BCRYPT_COST": "4", "MITA_PASSWORD_ALGORITHM": algorithm}
    made = command(preset, "auth", "password", "hash", stdin=password + b"\n", **settings)
    assert made.returncode == 0 and made.stderr == b"" and made.stdout.startswith(f"$mita$v=1$alg={algorithm}$pepper=1$".encode())
    stored = made.stdout.decode().strip()
    assert verify(preset, password, stored, MITA_AUTH_SECRET=SECRET).returncode == 0
    assert verify(preset, password[:-1] if password else b"x", stored, MITA_AUTH_SECRET=SECRET).returncode == 1
    assert verify(preset, password, stored, MITA_AUTH_SECRET=SECRET[::-1]).returncode == 1
    if len(password) > 72:
        assert verify(preset, password[:72], stored, MITA_AUTH_SECRET=SECRET).returncode == 1


def test_P6_a_password_is_hashed_composed_as_the_service_does(preset):
    made = command(preset, "auth", "password", "hash", stdin="cafe\u0301 olé\n".encode(), MITA_AUTH_SECRET=SECRET)
    assert verify(preset, "caf\u00e9 ole\u0301".encode(), made.stdout.decode().strip(), MITA_AUTH_SECRET=SECRET).returncode == 0


def test_hash_names_every_wrong_setting_it_uses_and_no_other(preset):
    done = command(preset, "auth", "password", "hash", stdin=b"x\n", MITA_BCRYPT_COST="99", MITA_PASSWORD_ALGORITHM="md5", MITA_AUTH_SECRET="canary", MITA_AUTH_PORT="wrong")
    assert done.returncode == 2 and sorted(line.split(":")[0] for line in done.stderr.decode().splitlines()) == ["MITA_AUTH_SECRET", "MITA_BCRYPT_COST", "MITA_PASSWORD_ALGORITHM"]
    assert b"canary" not in done.stderr
    done = command(preset, "auth", "password", "hash", stdin=b"k" * 513 + b"\n", MITA_AUTH_SECRET=SECRET)
    assert done.returncode == 2 and b"at most 512 bytes" in done.stderr


# -- jwt verify
@pytest.mark.parametrize("content,why", [(None, "cannot read"), ("", "holds no usable keys"), ("{", "holds no usable keys"), ('{"keys":[]}', "a set has 1 to 64 keys"), ('{"keys":[{"kty":"EC"}]}', "is missing"),
                                         ('{"keys":[{"kty":"EC","crv":"P-256","x":"AA","y":"AA"}]}', "holds no usable keys")], ids=["absent", "empty", "half", "no keys", "half a key", "no point"])
def test_T12_a_JWKS_that_cannot_be_used_is_named_with_its_reason_and_status_2(preset, tmp_path, content, why):
    path = tmp_path / "jwks.json"
    if content is not None:
        path.write_text(content)
    done = command(preset, "auth", "jwt", "verify", "--jwks", str(path), stdin=b"x.y.z\n")
    assert done.returncode == 2 and done.stdout == b"" and why in done.stderr.decode() and str(path) in done.stderr.decode(), done.stderr


def test_a_folder_is_no_JWKS(preset, tmp_path):
    done = command(preset, "auth", "jwt", "verify", "--jwks", str(tmp_path))
    assert done.returncode == 2 and b"cannot read" in done.stderr


def test_tokens_are_judged_by_a_JWKS_file_and_the_given_time(stack, person, tmp_path):
    path = tmp_path / "jwks.json"
    path.write_text(json.dumps(stack.client(stack.auth).get("/.well-known/jwks.json").json))
    judge = lambda *more: command(stack.preset, "auth", "jwt", "verify", "--jwks", str(path), *more, stdin=person.access.encode() + b"\nnot.a.token\n")
    done = judge("--now", str(int(stack.clock.now().timestamp())))
    first, second = done.stdout.decode().splitlines()
    assert done.returncode == 0 and first == "valid" and second.startswith("invalid ")
    assert judge("--now", "1").stdout.decode().splitlines()[0].startswith("invalid ")


def b64(data):
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def vectors():
    """A key set and tokens of others, by their typ: signed well, with the claims of an access token."""
    key, some = ec.generate_private_key(ec.SECP256R1()), lambda: str(uuid.uuid4())
    n = key.public_key().public_numbers()
    jwks = {"keys": [{"kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": "theirs", "x": b64(n.x.to_bytes(32, "big")), "y": b64(n.y.to_bytes(32, "big"))}]}
    body = {"iss": "joe", "aud": "all", "sub": some(), "sid": some(), "jti": some(), "client_id": "c", "scope": "user", "iat": 1000, "exp": 1600}

    def token(typ):
        head = {"alg": "ES256", "kid": "theirs"} | ({} if typ is None else {"typ": typ})
        text = b64(json.dumps(head).encode()) + "." + b64(json.dumps(body).encode())
        r, s = decode_dss_signature(key.sign(text.encode(), ec.ECDSA(hashes.SHA256())))
        return text + "." + b64(r.to_bytes(32, "big") + s.to_bytes(32, "big"))
    return jwks, [token(typ) for typ in ("at+jwt", "JWT", None)]


@pytest.mark.parametrize("typ,expected", [((), ["valid", "invalid unsupported", "invalid malformed"]), (("--typ", "JWT"), ["invalid unsupported", "valid", "invalid malformed"]),
                                          (("--typ", "any"), ["valid", "valid", "valid"])], ids=["ours", "JWT", "any"])
def test_T10_a_vector_set_is_judged_with_the_typ_it_was_made_with(preset, tmp_path, typ, expected):
    jwks, tokens = vectors()
    path = tmp_path / "jwks.json"
    path.write_text(json.dumps(jwks))
    spoilt = tokens[1][:-4] + ("AAAA" if tokens[1][-4:] != "AAAA" else "BBBB")
    done = command(preset, "auth", "jwt", "verify", "--jwks", str(path), "--iss", "joe", "--aud", "all", "--now", "1200", *typ,
                   stdin="\n".join([*tokens, spoilt]).encode() + b"\n")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.decode().splitlines()
    assert lines[:3] == expected and lines[3].startswith("invalid "), lines


def test_an_empty_typ_is_wrong_usage(preset, tmp_path):
    assert command(preset, "auth", "jwt", "verify", "--jwks", str(tmp_path / "x"), "--typ", "").returncode == 2
