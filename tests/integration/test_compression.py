"""R21: answers in JSON go as gzip to who takes it, and everything else about them stays: bytes, tags, conditions, lengths."""
import gzip

import pytest

from mita.client import Client, expect
from mita.people import money

GZIP = {"Accept-Encoding": "gzip"}


@pytest.fixture(scope="module")
def rich(running):
    """Somebody whose answers are long."""
    running.heal()
    person = running.person()
    person.onboard()
    for i in range(30):
        expect(person.create(-100 - i, note=f"spent for the {i}th time"), 201)
    return person


def test_R21_a_packed_answer_is_the_plain_one_for_any_call_of_finance(rich):
    for path in ("/v1/calendar", "/v1/transactions?limit=30", "/v1/categories", "/v1/currencies", "/v1/today"):
        plain, packed = expect(rich.get(path), 200), expect(rich.get(path, headers=GZIP), 200)
        assert packed.header("Vary") == plain.header("Vary") == "Accept-Encoding", path
        assert plain.header("Content-Encoding") is None and packed.header("Content-Encoding") == "gzip", path
        assert gzip.decompress(packed.body) == plain.body and len(packed.body) < len(plain.body) / 2, path
        assert int(packed.header("Content-Length")) == len(packed.body)
        assert packed.header("Content-Type") == plain.header("Content-Type") and packed.header("Cache-Control") == plain.header("Cache-Control")


def test_R21_each_copy_has_its_tag_and_each_tag_gives_304_to_who_would_get_that_copy(rich):
    path = "/v1/calendar"
    plain, packed = rich.get(path), rich.get(path, headers=GZIP)
    assert plain.etag and packed.etag == plain.etag[:-1] + '-gzip"'
    for tag in (packed.etag, f'"other", {packed.etag}', f"W/{packed.etag}"):
        same = expect(rich.get(path, headers=GZIP | {"If-None-Match": tag}), 304)
        assert same.etag == packed.etag and same.header("Vary") == "Accept-Encoding" and same.body == b""
    assert expect(rich.get(path, headers={"If-None-Match": plain.etag}), 304).etag == plain.etag
    assert expect(rich.get(path, headers=GZIP | {"If-None-Match": plain.etag}), 304).etag == plain.etag
    # The packed copy is of no use to who does not take gzip.
    assert expect(rich.get(path, headers={"If-None-Match": packed.etag}), 200).body == plain.body
    expect(rich.get(path, headers=GZIP | {"If-None-Match": '"other-gzip"'}), 200)


def test_R21_a_write_may_name_the_tag_of_the_packed_copy(rich):
    made = rich.spend(500, note="n" * 500, payee="p" * 100)
    path = f"/v1/transactions/{made['id']}"
    read = expect(rich.get(path, headers=GZIP), 200)
    named = read.etag if read.etag.endswith('-gzip"') else read.etag[:-1] + '-gzip"'
    changed = expect(rich.patch(path, {"money": money(-600)}, headers={"If-Match": named}), 200)
    assert changed.json["money"] == money(-600) and changed.etag != read.etag
    expect(rich.patch(path, {"money": money(-700)}, headers={"If-Match": named}), 412)


def test_R21_HEAD_says_what_GET_would(rich):
    for how in ({}, GZIP):
        whole, head = rich.get("/v1/currencies", headers=how), rich.client.request("HEAD", "/v1/currencies", headers=how, check=False)
        assert head.status == 200 and head.body == b""
        for name in ("Content-Length", "Content-Encoding", "ETag", "Vary"):
            assert head.header(name) == whole.header(name), name


@pytest.mark.parametrize("accept, packed", [("gzip;q=0", False), ("identity;q=0, gzip", True), ("identity;q=0", False), ("br", False), ("*", True), ("gzip;q=0.2, identity", False),
                                            ("x-gzip", True), ("gzip;q=0.1, *;q=0", True)])
def test_R21_weights_are_heard(stack, accept, packed):
    answer = expect(stack.client().get("/v1/currencies", headers={"Accept-Encoding": accept}), 200)
    assert (answer.header("Content-Encoding") == "gzip") == packed and answer.header("Vary") == "Accept-Encoding"


def test_R21_answers_of_auth_are_never_packed(stack, rich):
    for _ in range(8):
        rich.login("d" * 100)  # many sessions: a list over 1 KiB
    for path in ("/v1/auth/sessions", "/v1/auth/me", "/.well-known/jwks.json"):
        answer = expect(rich.get(path, headers=GZIP), 200)
        assert answer.header("Content-Encoding") is None and answer.json
    assert len(rich.get("/v1/auth/sessions", headers=GZIP).body) > 1024


def test_R21_short_answers_and_refusals_are_plain(rich):
    assert expect(rich.get("/v1/me", headers=GZIP), 200).header("Content-Encoding") is None
    assert expect(rich.get("/v1/transactions?limit=x", headers=GZIP, valid=False), 422).header("Content-Encoding") is None


def test_R21_the_contract_is_packed_already(stack):
    plain, packed = stack.client().get("/openapi.json"), stack.client().get("/openapi.json", headers=GZIP, check=False)
    assert gzip.decompress(packed.body) == plain.body and packed.etag != plain.etag
    expect(stack.client().get("/openapi.json", headers=GZIP | {"If-None-Match": packed.etag}), 304)


def test_R21_packing_can_be_switched_off_and_tags_that_were_given_still_count(stack, rich):
    packed = rich.get("/v1/calendar", headers=GZIP)
    off = stack.also("gateway", "gateway-unpacked", MITA_COMPRESS="off").start()
    ask = Client(off, stack.contract, rich.access)
    answer = expect(ask.get("/v1/calendar", headers=GZIP), 200)
    assert answer.header("Content-Encoding") is None and answer.body == gzip.decompress(packed.body)
    expect(ask.get("/v1/calendar", headers=GZIP | {"If-None-Match": packed.etag}), 304)
    off.stop()
