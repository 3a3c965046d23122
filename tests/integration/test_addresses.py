"""P0: one mailbox is one account, however its address is written; names show all they hold; accounts of before are settled."""
import pytest

from mita.client import canaries, expect
from mita.people import RUN, uuid7
from mita.waiting import until

PASSWORD = "canary keeps one mailbox"
canaries.add(PASSWORD)


def register(stack, email, service=None, valid=True, **more):
    canaries.add(email)
    return stack.client(service).post("/v1/auth/register", {"email": email, "password": PASSWORD} | more, valid=valid)


def log_in(stack, email, service=None):
    canaries.add(email)
    return stack.client(service).post("/v1/auth/login", {"email": email, "password": PASSWORD})


@pytest.mark.parametrize("first,others", [
    ("a.{}@münchen.de", ["a.{}@xn--mnchen-3ya.de", "A.{}@MÜNCHEN.DE", "a.{}@mu\u0308nchen.de", "a.{}@XN--MNCHEN-3YA.de"]),
    ("b.{}@xn--mnchen-3ya.de", ["b.{}@münchen.de"]),
    ("c.{}@ex.com", ["c.{}@ex。com", "C.{}@EX.COM", "c.{}@ｅｘ.com"]),
    ("é.{}@ex.com", ["e\u0301.{}@ex.com", "É.{}@ex.com"]),
    ("straße.{}@ex.com", ["STRASSE.{}@ex.com"])], ids=["umlaut", "punycode", "full stop", "accent", "sharp s"])
def test_P0_one_mailbox_registers_once_and_logs_in_by_each_spelling(stack, first, others):
    got = expect(register(stack, first.format(RUN)), 201).json
    assert got["user"]["email"] == first.format(RUN)
    for other in others:
        expect(register(stack, other.format(RUN)), 409, "email_taken")
        assert expect(log_in(stack, other.format(RUN)), 200).json["user"]["id"] == got["user"]["id"]


HIDDEN = ["\ufe0f", "\u034f", "\u3164", "\u2800", "\u200b", "\u200d", "\u202e", "\u2028", "\u00ad", "\u115f", "\U000e0041"]


@pytest.mark.parametrize("c", HIDDEN, ids=[f"U+{ord(c):04X}" for c in HIDDEN])
def test_P0_no_address_holds_what_nobody_sees(stack, c):
    for email in (f"an{c}n.{RUN}@example.org", f"ann.{RUN}@exam{c}ple.org"):
        answer = expect(register(stack, email, valid=False), 422)
        assert answer.findings() == {"/email": "invalid_email"}


@pytest.mark.parametrize("email", ["a@ex..com", "a@-ex.com", "a@ex-.com", "a@ex_.com", "a@" + "x" * 64 + ".de", "a＠ex.com", "a@xn--a.de",
                                   "a\u2025b@ex.com", "a@\u200eex.com"])
def test_P0_what_has_no_canonical_form_is_no_address(stack, email):
    assert expect(register(stack, email, valid=False), 422).findings() == {"/email": "invalid_email"}


@pytest.mark.parametrize("c", ["\u202e", "\u200b", "\u2028", "\ufe0f", "\u3164", "\n"], ids=lambda c: f"U+{ord(c):04X}")
def test_P0_names_show_all_they_hold(stack, person, c):
    name = f"Ann{c}Smith"
    assert expect(register(stack, f"n{ord(c)}.{RUN}@example.org", display_name=name, valid=False), 422).findings() == {"/display_name": "invalid_characters"}
    body = {"email": person.email, "password": person.password, "device_name": name}
    assert expect(person.client.post("/v1/auth/login", body, token=None, valid=False), 422).findings() == {"/device_name": "invalid_characters"}
    me = expect(person.get("/v1/me"), 200)
    answer = expect(person.patch("/v1/me", {"display_name": name}, headers={"If-Match": me.etag}, valid=False), 422)
    assert answer.findings() == {"/display_name": "invalid_characters"}


def test_P0_names_keep_what_scripts_and_emoji_need(stack):
    for n, name in enumerate(("می\u200cخواهم", "❤\ufe0f", "👩\u200d🚀", "Ann Smith")):
        assert expect(register(stack, f"emoji{n}.{RUN}@example.org", display_name=name), 201).json["user"]["display_name"] == name


def former(stack, email, norm, hash_of):
    """An account as the former version wrote it."""
    canaries.add(email)
    who = uuid7(stack.clock)
    stack.cluster.sql("insert into auth.users (id, email, email_norm, password_hash, created_at, updated_at)"
                      " select %s, %s, %s, password_hash, now(), now() from auth.users where id = %s", who, email, norm, hash_of)
    return who


def test_P0_accounts_of_before_are_settled_and_of_two_for_one_mailbox_both_stay_reachable(stack):
    owner = expect(register(stack, f"hash.{RUN}@example.org"), 201).json["user"]["id"]
    norm = lambda who: stack.cluster.sql("select email_norm from auth.users where id = %s", who)[0][0]
    alone = former(stack, f"alone.{RUN}@münchén.example", f"alone.{RUN}@münchén.example", owner)
    older = former(stack, f"two.{RUN}@MÜNCHÉN.example", f"two.{RUN}@münchén.example", owner)
    younger = former(stack, f"two.{RUN}@xn--mnchn-esa3k.example", f"two.{RUN}@xn--mnchn-esa3k.example", owner)
    strange = former(stack, f"strange\u3164.{RUN}@example.org", f"strange\u3164.{RUN}@example.org", owner)
    auth = stack.also("auth", "auth-settling", MITA_HOUSEKEEPING_MS="200").start()
    until(lambda: stack.cluster.sql("select count(*) from auth.users where address_form = 1")[0][0] == 0, 10, "all settled")
    assert norm(alone) == f"alone.{RUN}@xn--mnchn-esa3k.example"
    assert expect(log_in(stack, f"ALONE.{RUN}@münchén.example", auth), 200).json["user"]["id"] == alone
    expect(register(stack, f"alone.{RUN}@MÜNCHÉN.example", auth), 409, "email_taken")
    assert expect(log_in(stack, f"two.{RUN}@münchén.example", auth), 200).json["user"]["id"] == older
    assert expect(log_in(stack, f"two.{RUN}@xn--mnchn-esa3k.example", auth), 200).json["user"]["id"] == younger
    assert any(e["event"] == "address_collision" and e["user_id"] == older for e in auth.events())
    assert expect(log_in(stack, f"strange\u3164.{RUN}@example.org", auth), 200).json["user"]["id"] == strange
    assert any(e["event"] == "address_kept" and e["user_id"] == strange for e in auth.events())
    auth.stop()
