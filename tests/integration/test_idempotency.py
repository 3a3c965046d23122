"""Retries are harmless: the key's answer comes again, a key never means two things, and its row commits with the effect."""
from concurrent.futures import ThreadPoolExecutor

import pytest

from mita.client import expect
from mita.people import key, money, uuid7

SPEND = {"money": money(-1250), "category": "groceries"}


def post(person, body, idempotency_key, **more):
    return person.post("/v1/transactions", body, headers={"Idempotency-Key": idempotency_key}, **more)


def count(person):
    return len(expect(person.get("/v1/transactions?limit=500"), 200).json["data"])


def test_the_same_key_and_body_gives_the_first_answer_again(saver):
    k = key()
    first, second = expect(post(saver, SPEND, k), 201), expect(post(saver, SPEND, k), 201)
    assert first.header("Idempotency-Replayed") is None and second.header("Idempotency-Replayed") == "true"
    assert second.body == first.body
    assert (second.etag, second.header("Location")) == (first.etag, first.header("Location"))
    assert count(saver) == 1


def test_the_first_answer_comes_again_even_after_the_transaction_has_changed(saver):
    k = key()
    first = expect(post(saver, SPEND, k), 201)
    expect(saver.patch(first.header("Location"), {"note": "later"}, headers={"If-Match": first.etag}), 200)
    assert expect(post(saver, SPEND, k), 201).body == first.body


def test_a_key_with_another_body_is_422_and_stores_nothing(saver):
    k = key()
    expect(post(saver, SPEND, k), 201)
    before = saver.everything()
    expect(post(saver, {**SPEND, "money": money(-1251)}, k), 422, "idempotency_mismatch")
    assert saver.everything() == before


def test_a_missing_key_is_400_and_stores_nothing(saver):
    expect(saver.post("/v1/transactions", SPEND, valid=False), 400, "idempotency_key_required")
    assert count(saver) == 0


@pytest.mark.parametrize("bad", ["k" * 256, "two words", "tab\there"], ids=["256 characters", "a space", "a tab"])
def test_a_key_that_is_not_visible_ascii_up_to_255_is_400(saver, bad):
    expect(post(saver, SPEND, bad, valid=False), 400, "idempotency_key_invalid")


@pytest.mark.parametrize("good", ["k" * 255, "!", '"8e03978e-40d5-43e8-bc93-6894a57f9324"'], ids=["255 characters", "one", "quoted"])
def test_any_visible_ascii_key_up_to_255_is_taken(saver, good):
    k = good if len(good) > 1 else good + ""
    expect(post(saver, SPEND, k), 201)


def test_a_refused_request_does_not_use_the_key_up(saver):
    k = key()
    expect(post(saver, {**SPEND, "category": "unobtainium"}, k), 422, "unknown_category")
    expect(post(saver, SPEND, k), 201)


def test_two_people_may_use_the_same_key(stack, saver):
    k, other = key(), stack.person()
    other.onboard()
    first, second = expect(post(saver, SPEND, k), 201), expect(post(other, SPEND, k), 201)
    assert first.json["id"] != second.json["id"] and second.header("Idempotency-Replayed") is None


def test_twenty_parallel_posts_with_one_key_are_one_transaction(saver):
    k = key()

    def attempt(_):
        while (answer := post(saver, SPEND, k)).status == 409:
            assert answer.code == "idempotency_in_flight" and answer.header("Retry-After")
        return expect(answer, 201).json["id"]

    with ThreadPoolExecutor(20) as pool:
        ids = set(pool.map(attempt, range(20)))
    assert len(ids) == 1 and count(saver) == 1


def test_the_key_is_kept_for_24_hours(saver, clock):
    k = key()
    first = expect(post(saver, SPEND, k), 201)
    clock.advance(hours=23, minutes=50)
    saver.login()
    assert expect(post(saver, SPEND, k), 201).json["id"] == first.json["id"]


def test_a_client_may_choose_the_id(saver, clock):
    chosen = uuid7(clock)
    answer = expect(post(saver, {**SPEND, "id": chosen}, key()), 201)
    assert answer.json["id"] == chosen and answer.header("Location") == f"/v1/transactions/{chosen}"


def test_the_same_id_with_another_key_stores_nothing_twice(saver, clock):
    body = {**SPEND, "id": uuid7(clock)}
    expect(post(saver, body, key()), 201)
    expect(post(saver, body, key()), 409, "already_exists")
    assert count(saver) == 1


def test_an_id_somebody_else_uses_tells_nothing_about_them(stack, saver, clock):
    chosen, other = uuid7(clock), stack.person()
    other.onboard()
    theirs = expect(post(other, {**SPEND, "id": chosen}, key()), 201)
    answer = expect(post(saver, {**SPEND, "id": chosen}, key()), 201)
    assert answer.json["id"] == chosen and other.id not in answer.text
    assert expect(other.get(theirs.header("Location")), 200).json == {k: v for k, v in theirs.json.items() if k != "effect"}

