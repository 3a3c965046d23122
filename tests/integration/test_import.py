"""`mita-auth users import`: accounts of other systems log in with the passwords they had; hashes are bounded and renewed. P1, P5, P7, A1."""
import base64
import crypt  # libxcrypt
import hashlib
import json
import secrets

import pytest

from mita.client import canaries, expect
from test_events import events
from mita.metrics import samples
from mita.waiting import until

# Made by libxcrypt (crypt_blowfish's own vectors), passlib's and Django's forms by hashlib here.
X, Y = "$2x$05$/OK.fbVrR/bpIqNJ5ianF.CE5elHaaO4EbggVDjb8P19RukzXSM3e", "$2y$05$/OK.fbVrR/bpIqNJ5ianF.Sa7shbm4.OzKpvFnX1pQLmQW96oUlCq"
SALT, ARGON2_PASSWORD = b"sixteen bytes ok", "canary argon2 password"


def ab64(raw):
    return base64.b64encode(raw).decode().rstrip("=").replace("+", ".")


def b64(raw):
    return base64.b64encode(raw).decode().rstrip("=")


def pbkdf2(password, digest, rounds):
    return hashlib.pbkdf2_hmac(digest, password.encode(), SALT, rounds)


def scrypt(password, ln=10, r=8, p=1):
    return f"$scrypt$ln={ln},r={r},p={p}${b64(SALT)}${b64(hashlib.scrypt(password.encode(), salt=SALT, n=1 << ln, r=r, p=p, maxmem=256 << 20, dklen=32))}"


def bcrypt(password, variant="2b", cost=4):
    return crypt.crypt(password, f"${variant}${cost:02}${'CCCCCCCCCCCCCCCCCCCCC.'}")


FORMS = {
    "bcrypt 2a": lambda p: bcrypt(p, "2a"), "bcrypt 2b": bcrypt, "bcrypt 2y": lambda p: bcrypt(p, "2y"),
    # Made by libargon2.
    "argon2id of four lanes": "$argon2id$v=19$m=1024,t=1,p=4$c2l4dGVlbiBieXRlcyBvaw$HwbmNcHVmFcvOamsX7PzWWBQ5AVBW0eafs8KhfC3rew",
    "argon2id of two lanes": "$argon2id$v=19$m=256,t=3,p=2$c2l4dGVlbiBieXRlcyBvaw$zxKBlqIhSXSQkeE9qdxrsB8wq3aSnsuzW9wzZobpoc4",
    "passlib pbkdf2-sha256": lambda p: f"$pbkdf2-sha256$1000${ab64(SALT)}${ab64(pbkdf2(p, 'sha256', 1000))}",
    "passlib pbkdf2-sha512": lambda p: f"$pbkdf2-sha512$1000${ab64(SALT)}${ab64(pbkdf2(p, 'sha512', 1000))}",
    "passlib pbkdf2-sha1": lambda p: f"$pbkdf2$1000${ab64(SALT)}${ab64(pbkdf2(p, 'sha1', 1000))}",
    "Django pbkdf2_sha256": lambda p: f"pbkdf2_sha256$1000${SALT.decode()}${base64.b64encode(pbkdf2(p, 'sha256', 1000)).decode()}",
    "scrypt": scrypt,
}


class Import:
    def __init__(self, stack):
        self.stack = stack

    def __call__(self, *lines, status=0, words=("-",)):
        text = "\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines) + "\n"
        return self.stack.operate("auth", "users", "import", *words, status=status, stdin=text)


@pytest.fixture
def take(stack):
    return Import(stack)


def account(hash_, **more):
    email = f"canary.import.{secrets.token_hex(6)}@example.org"
    canaries.add(email)
    return {"email": email, "password_hash": hash_} | more


def login(stack, email, password, service=None):
    answer = stack.client(service).post("/v1/auth/login", {"email": email, "password": password})
    if answer.status == 200:
        canaries.update({answer.json["access_token"], answer.json["refresh_token"]})
    return answer


def stored(stack, email):
    return stack.cluster.sql("select password_hash from auth.users where email_norm = %s", email)[0][0]


@pytest.mark.parametrize("form", FORMS)
def test_P5_an_imported_password_logs_in_and_is_hashed_anew(stack, take, form):
    password = ARGON2_PASSWORD if "argon2id" in form else "canary " + secrets.token_hex(8)
    canaries.add(password)
    one = account(FORMS[form] if "argon2id" in form else FORMS[form](password), display_name="Imported", email_verified=True, created_at="2019-05-01T10:00:00Z")
    assert "imported 1, there already 0, refused 0" in take(one)
    assert stored(stack, one["email"]) == one["password_hash"]
    expect(login(stack, one["email"], password + "x"), 401, "invalid_credentials")
    assert stored(stack, one["email"]) == one["password_hash"]
    user = expect(login(stack, one["email"], password), 200).json["user"]
    assert user["display_name"] == "Imported" and user["email_verified"] is True and user["created_at"] == "2019-05-01T10:00:00.000000Z"
    assert stored(stack, one["email"]).startswith("$mita$v=1$alg=bcrypt$pepper=1$2b$")
    expect(login(stack, one["email"], password + "x"), 401, "invalid_credentials")
    expect(login(stack, one["email"], password), 200)


def test_P5_what_faulty_code_made_is_taken_when_it_is_said_to_be_so(stack, take):
    one = account(X)
    assert "bcrypt_x" in take(one, status=1)
    assert stack.cluster.sql("select count(*) from auth.users where email_norm = %s", one["email"]) == [(0,)]
    assert "imported 1" in take(one | {"bcrypt_x": True})
    assert stored(stack, one["email"]) == X


TOO_DEAR = ["$2b$15$" + "C" * 21 + "." + "E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", "$2b$31$" + "C" * 21 + "." + "E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
            f"$argon2id$v=19$m=1048576,t=2,p=1${b64(SALT)}${b64(SALT * 2)}", f"$argon2id$v=19$m=65536,t=11,p=1${b64(SALT)}${b64(SALT * 2)}",
            f"$pbkdf2-sha256$2000001${ab64(SALT)}${ab64(SALT * 2)}", f"$scrypt$ln=17,r=8,p=1${b64(SALT)}${b64(SALT * 2)}", f"$scrypt$ln=16,r=8,p=9${b64(SALT)}${b64(SALT * 2)}"]
NONE = ["", "!", "*0", "secret", "plaintext password", "$1$abc$def", "$2b$12$short", "$argon2i$v=19$m=64,t=1,p=1$YWFhYWFhYWE$YWFhYWFhYWFhYWFhYWFhYQ", "$mita$v=1$alg=bcrypt$pepper=1" + Y,
        f"$pbkdf2-sha256$0${ab64(SALT)}${ab64(SALT * 2)}", f"$pbkdf2-sha256$1000$$${ab64(SALT * 2)}", f"$pbkdf2-sha256$1000${ab64(SALT)}$", f"$scrypt$ln=10,r=8${b64(SALT)}${b64(SALT * 2)}",
        f"$scrypt$ln=10,r=8,p=1,x=1${b64(SALT)}${b64(SALT * 2)}", f"pbkdf2_md5$1000$salt${b64(SALT * 2)}"]


@pytest.mark.parametrize("hash_", TOO_DEAR + NONE)
def test_P5_a_hash_too_dear_or_none_is_refused_with_its_line(stack, take, hash_):
    good, bad = account(Y), account(hash_)
    told = take(good, bad, status=1)
    assert "line 2: /password_hash" in told and "imported 1, there already 0, refused 1" in told
    assert stack.cluster.sql("select count(*) from auth.users where email_norm = %s", bad["email"]) == [(0,)]


@pytest.mark.parametrize("line, where", [("nonsense", "line 1: "), ({"email": "nobody", "password_hash": Y}, "/email"), ({"email": "a@example.org"}, "/password_hash"),
                                         ({"email": "a@example.org", "password_hash": Y, "role": "admin"}, "/role"), ({"email": "a@example.org", "password_hash": Y, "email_verified": "false"}, "/email_verified"),
                                         ({"email": "a@example.org", "password_hash": Y, "created_at": "yesterday, at about noon"}, "/created_at"),
                                         ({"email": "a@example.org", "password_hash": Y, "display_name": "a\u202eb"}, "/display_name"), ('{"email": "' + "x" * 9000 + '"}', "8192")])
def test_A1_a_line_that_is_wrong_is_named_and_none_gives_a_role(stack, take, line, where):
    assert where in take(line, status=1)


def test_who_is_there_stays_as_it_is_and_the_import_may_be_run_again(stack, take, person):
    before = stored(stack, person.email)
    one = account(Y)
    for made, there in ((1, 1), (0, 2)):
        assert f"imported {made}, there already {there}, refused 0" in take(one, "", {"email": person.email.upper(), "password_hash": Y})
    assert stored(stack, person.email) == before
    other = account(Y)
    assert "would import 1" in take(other, words=("-", "--dry-run"))
    assert stack.cluster.sql("select count(*) from auth.users where email_norm = %s", other["email"]) == [(0,)]


def test_an_imported_person_has_the_trail_and_the_data_of_anybody(stack, take):
    password = "canary " + secrets.token_hex(8)
    canaries.add(password)
    one = account(bcrypt(password))
    take(one)
    token = expect(login(stack, one["email"], password), 200).json["access_token"]
    client = stack.client(token=token)
    assert expect(client.get("/v1/me"), 200).json["email"] == one["email"]
    until(lambda: [e for e in events(client) if (e["action"], e["result"]) == ("login", "ok")], 10, "the login in the trail")


def refusal(stack, service, email):
    """Password hashes that a wrong password takes there: (bcrypt's, others)."""
    def done():
        said = samples(stack.client(service).get("/metrics", internal=True).text)
        bcrypt_done = sum(n for name, n in said.items() if name.startswith("mita_auth_hashes_total") and "bcrypt" in name)
        return bcrypt_done, sum(n for name, n in said.items() if name.startswith("mita_auth_hashes_total")) - bcrypt_done
    before = done()
    expect(login(stack, email, "canary not the one", service), 401, "invalid_credentials")
    after = done()
    return after[0] - before[0], after[1] - before[1]


def test_P7_a_refusal_is_one_hash_of_each_kind_there_is_from_the_first_one_after_a_start_on(stack, take, person):
    """Whoever guesses after a restart learns of no account how it was hashed; when its people have logged in, a kind costs nothing any more."""
    password = "canary " + secrets.token_hex(8)
    canaries.add(password)
    salt = secrets.token_bytes(12).hex()
    rounds = {form: 3000 + secrets.randbelow(5000) for form in ("pbkdf2", "again")}
    django = lambda n: f"pbkdf2_sha256${n}${salt}${base64.b64encode(hashlib.pbkdf2_hmac('sha256', password.encode(), salt.encode(), n)).decode()}"
    of = {"pbkdf2": account(django(rounds["pbkdf2"])), "dearer pbkdf2": account(django(20_000 + rounds["again"])), "scrypt": account(scrypt(password, ln=9)), "bcrypt": account(bcrypt(password))}
    take(*of.values())
    stack.cluster.sql("update auth.users set password_hash = '!' where password_hash !~ '^[$]mita' and password_hash <> all (%s)", [one["password_hash"] for one in of.values()])
    fresh = stack.also("auth", f"auth-kinds-{secrets.token_hex(3)}", MITA_HOUSEKEEPING_MS="200").start()
    until(lambda: refusal(stack, fresh, f"{secrets.token_hex(6)}@example.org") == (1, 3), 20 * fresh.slow, "the kinds")
    for email in (person.email, *(one["email"] for one in of.values())):
        assert refusal(stack, fresh, email) == (1, 3), email
    for one in of.values():
        expect(login(stack, one["email"], password, fresh), 200)
    until(lambda: refusal(stack, fresh, f"{secrets.token_hex(6)}@example.org") == (1, 0), 20 * fresh.slow, "the kinds to be forgotten")
    fresh.stop()
