"""What people call things: one form to compare names by, nothing hidden in them, and what stands may stay."""
import copy

import pytest

from mita.client import expect
from mita.people import key, money, worked_example

SAME = {"case": ("Кафе", "КАФЕ"), "composition": ("Café", "Cafe\u0301"), "no-break space": ("Dog food", "Dog\u00a0food"), "width": ("Cafe", "Ｃａｆｅ"),
        "separators": ("Dog food", "dog_FOOD"), "a dash": ("Dog-food", "dog\u2010food"), "sharp s": ("Straße", "STRASSE"), "ligature": ("Office", "Oﬃce"),
        "final sigma": ("ΤΟΠΟΣ", "τόπος".replace("ό", "ο"))}
HIDDEN = {"U+202E": "\u202e", "U+200B": "\u200b", "U+2028": "\u2028", "U+FE0F": "\ufe0f", "U+3164": "\u3164", "a line": "\n", "a tab": "\t", "U+2066": "\u2066"}
BLANK = {"no-break space": "\u00a0", "underscore": "_", "separators": " - _ / & ", "ideographic space": "\u3000", "spaces": "   "}


def add(person, name, **members):
    return person.post("/v1/categories", {"name": name, "class": "flexible", **members}, headers={"Idempotency-Key": key()})


@pytest.mark.parametrize("kind", SAME)
def test_a_name_spelled_another_way_is_the_same_name(saver, kind):
    one, two = SAME[kind]
    made = expect(add(saver, one), 201).json["id"]
    expect(add(saver, two), 409, "already_exists")
    expect(add(saver, "Something else", aliases=[two]), 409, "already_exists")
    other = expect(add(saver, "Something else"), 201)
    expect(saver.patch(other.header("Location"), {"name": two}, headers={"If-Match": "*"}), 409, "already_exists")
    assert saver.spend(100, two)["category"] == made
    assert expect(saver.get("/v1/transactions", ), 200).json["data"][0]["category"] == made


@pytest.mark.parametrize("kind", SAME)
def test_an_alias_is_found_however_it_is_spelled_in_every_place_a_category_is_named(saver, kind):
    one, two = SAME[kind]
    made = expect(add(saver, "Own", aliases=[one]), 201).json["id"]
    answers = worked_example()
    answers["bills"].append({"name": "Club", "category": two, "money": money(100), "day": 3})
    answers["categories"].append({"category": two, "weight": 5})
    expect(saver.put("/v1/onboarding", answers, headers={"If-Match": "*"}), 200)
    shown = expect(saver.get("/v1/onboarding"), 200).json
    assert shown["bills"][-1]["category"] == made == shown["categories"][-1]["category"]
    lines = [{"category": two, "money": money(-1)}, {"category": "groceries", "money": money(-2)}]
    assert expect(saver.create(-3, splits=lines), 201).json["splits"][0]["category"] == made
    advice = saver.post("/v1/affordability", {"category": two, "money": money(1)})
    assert expect(advice, 200).json["category"] == made


def test_a_built_in_word_is_found_in_full_width(saver):
    assert saver.spend(100, "ＦＯＯＤ")["category"] == "groceries"


@pytest.mark.parametrize("kind", BLANK)
def test_a_name_that_names_nothing_is_refused(person, kind):
    answer = expect(add(person, BLANK[kind]), 422, "validation_failed")
    assert answer.findings() == {"/name": "too_short"}
    answer = expect(add(person, "Fine", aliases=[BLANK[kind]]), 422, "validation_failed")
    assert answer.findings() == {"/aliases/0": "too_short"}


@pytest.mark.parametrize("kind", HIDDEN)
def test_what_shows_nothing_or_turns_the_direction_is_refused_in_every_name(saver, kind):
    name = f"a{HIDDEN[kind]}b"
    before = saver.everything()
    refused = lambda answer, *pointers: answer.findings() == {p: "invalid_characters" for p in pointers}
    assert refused(expect(add(saver, name, aliases=[name]), 422), "/name", "/aliases/0")
    assert refused(expect(saver.patch("/v1/categories/pets", {"name": name, "aliases": [name]}, headers={"If-Match": "*"}), 422), "/name", "/aliases/0")
    assert refused(expect(saver.create(-100, payee=name, tags=[name]), 422), "/payee", "/tags/0")
    answers = worked_example()
    for kind_of in ("incomes", "bills", "goals"):
        answers[kind_of][0]["name"] = name
    assert refused(expect(saver.put("/v1/onboarding", answers, headers={"If-Match": "*"}), 422), "/incomes/0/name", "/bills/0/name", "/goals/0/name")
    assert saver.everything() == before


def test_a_note_may_have_lines_and_hides_nothing(saver):
    entry = saver.spend(100, note="one\n\ttwo")
    assert entry["note"] == "one\n\ttwo"
    for hidden in ("a\u202eb", "a\u200bb", "a\u2028b"):
        assert expect(saver.create(-100, note=hidden), 422).findings() == {"/note": "invalid_characters"}
        lines = [{"category": "groceries", "money": money(-1), "note": hidden}, {"category": "pets", "money": money(-2)}]
        assert expect(saver.create(-3, splits=lines), 422).findings() == {"/splits/0/note": "invalid_characters"}
        expect(saver.patch(f"/v1/transactions/{entry['id']}", {"note": hidden}, headers={"If-Match": "*"}), 422)


def test_emoji_and_words_that_need_joiners_are_names(saver):
    for name in ("👩‍🍳 Kitchen", "❤️", "می‌خواهم", "क्‍ष", "日本語"):
        assert expect(add(saver, name), 201).json["name"] == name


def test_names_of_before_stay_and_everything_else_of_the_thing_can_be_changed(stack, saver):
    entry = saver.spend(100, note="note", payee="payee", tags=["tag"])
    made = expect(add(saver, "Old", aliases=["alias"]), 201)
    bad = "a\u202eb"
    stack.cluster.sql("update finance.categories set name = %s, aliases = array[%s] where user_id = %s and id = 'old'", bad, bad + "c", saver.id)
    stack.cluster.sql("update finance.transactions set payee = %s, note = %s, tags = array[%s] where user_id = %s", bad, bad, bad, saver.id)
    stack.cluster.sql("update finance.onboarding_answers set answers = jsonb_set(answers, '{bills,0,name}', to_jsonb(%s::text)) where user_id = %s", bad, saver.id)
    stack.cluster.sql("update finance.users set budget_version = budget_version + 1, ledger_version = ledger_version + 1 where user_id = %s", saver.id)
    shown = expect(saver.get("/v1/onboarding"), 200)
    assert shown.json["bills"][0]["name"] == bad
    expect(saver.put("/v1/onboarding", shown.json, headers={"If-Match": shown.etag}), 200)
    now = expect(saver.get(made.header("Location")), 200)
    again = {m: now.json[m] for m in ("name", "class", "aliases", "archived")} | {"class": "essential"}
    assert expect(saver.patch(made.header("Location"), again, headers={"If-Match": now.etag}), 200).json["name"] == bad
    now = expect(saver.get(f"/v1/transactions/{entry['id']}"), 200).json
    patch = {m: now[m] for m in ("payee", "note", "tags")} | {"money": money(-200)}
    assert expect(saver.patch(f"/v1/transactions/{entry['id']}", patch, headers={"If-Match": "*"}), 200).json["payee"] == bad


def test_a_bill_spelled_another_way_is_the_same_bill(saver):
    first = expect(saver.get("/v1/onboarding"), 200).json["bills"]
    answers = copy.deepcopy(worked_example())
    for bill in answers["bills"]:
        bill["name"] = bill["name"].upper()
        bill["category"] = "other"
    expect(saver.put("/v1/onboarding", answers, headers={"If-Match": "*"}), 200)
    assert [b["id"] for b in expect(saver.get("/v1/onboarding"), 200).json["bills"]] == [b["id"] for b in first]


# What a transaction already has.
@pytest.fixture
def archived(saver):
    """A split and a plain transaction of a category that was archived afterwards."""
    lines = [{"category": "hobbies", "money": money(-100), "note": "glue"}, {"category": "groceries", "money": money(-200)}]
    split, plain = expect(saver.create(-300, splits=lines), 201).json, saver.spend(50, "hobbies")
    expect(saver.patch("/v1/categories/hobbies", {"archived": True}, headers={"If-Match": "*"}), 200)
    return split, plain


def test_splits_sent_back_as_read_are_accepted_with_an_archived_category_among_them(saver, archived):
    split, _ = archived
    read = expect(saver.get(f"/v1/transactions/{split['id']}"), 200)
    answer = saver.patch(f"/v1/transactions/{split['id']}", {"splits": read.json["splits"], "note": "again"}, headers={"If-Match": read.etag})
    assert expect(answer, 200).json["splits"] == read.json["splits"]
    lines = copy.deepcopy(read.json["splits"])
    lines[0]["money"], lines[1]["money"] = money(-150), money(-150)
    assert expect(saver.patch(f"/v1/transactions/{split['id']}", {"splits": lines}, headers={"If-Match": "*"}), 200).json["splits"] == lines
    assert expect(saver.patch(f"/v1/transactions/{split['id']}", {"category": "hobbies"}, headers={"If-Match": "*"}), 200).json["category"] == "hobbies"


def test_a_plain_transaction_keeps_its_archived_category_when_it_is_sent_back(saver, archived):
    _, plain = archived
    patch = {"category": "hobbies", "money": money(-75)}
    assert expect(saver.patch(f"/v1/transactions/{plain['id']}", patch, headers={"If-Match": "*"}), 200).json["category"] == "hobbies"


def test_what_a_transaction_has_not_stays_refused(saver, archived):
    _, plain = archived
    other = saver.spend(10, "groceries")
    expect(saver.patch(f"/v1/transactions/{other['id']}", {"category": "hobbies"}, headers={"If-Match": "*"}), 422, "unknown_category")
    expect(saver.create(-100, "hobbies"), 422, "unknown_category")
    expect(saver.patch(f"/v1/transactions/{plain['id']}", {"category": "groceries"}, headers={"If-Match": "*"}), 200)
    expect(saver.patch(f"/v1/transactions/{plain['id']}", {"category": "hobbies"}, headers={"If-Match": "*"}), 422, "unknown_category")


def test_answers_sent_back_as_read_are_accepted_when_their_categories_are_archived(saver):
    income = expect(add(saver, "Side job", **{"class": "income"}), 201).json["id"]
    answers = worked_example()
    answers["incomes"].append({"name": "Side job", "category": income, "money": money(1000), "day": 3})
    expect(saver.put("/v1/onboarding", answers, headers={"If-Match": "*"}), 200)
    for id in ("housing", "groceries", income):
        expect(saver.patch(f"/v1/categories/{id}", {"archived": True}, headers={"If-Match": "*"}), 200)
    read = expect(saver.get("/v1/onboarding"), 200)
    expect(saver.put("/v1/onboarding", read.json, headers={"If-Match": read.etag}), 200)
    again = expect(saver.get("/v1/onboarding"), 200).json
    assert {k: v for k, v in again.items() if k != "version"} == {k: v for k, v in read.json.items() if k != "version"}


def test_lines_that_sum_to_nothing_do_not_become_one_transaction_of_nothing(saver):
    lines = [{"category": "groceries", "money": money(-100)}, {"category": "pets", "money": money(100)}]
    entry = expect(saver.create(0, splits=lines), 201)
    target, before = f"/v1/transactions/{entry.json['id']}", saver.everything()
    for patch in ({"category": "groceries"}, {"category": "groceries", "splits": None}, {"category": "groceries", "money": money(0)},
                  {"category": "groceries", "money": {"currency": "EUR"}}):
        assert expect(saver.patch(target, patch, headers={"If-Match": entry.etag}), 422, "validation_failed").findings() == {"/money": "out_of_range"}
    assert saver.everything() == before
    assert expect(saver.create(0), 422, "validation_failed").findings() == {"/money": "out_of_range"}  # as POST says
    assert expect(saver.patch(target, {"category": "groceries", "money": money(-5)}, headers={"If-Match": entry.etag}), 200).json["money"] == money(-5)
