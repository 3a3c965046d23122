"""Categories: the taxonomy, one's own, aliases; and the profile and currencies."""
import pytest

from mita.client import expect
from mita.people import line

CLASSES = {"housing": "protected", "debt": "protected", "groceries": "essential", "health": "essential", "clothing": "flexible", "communication": "flexible",
           "dining_out": "discretionary", "other": "discretionary", "salary": "income", "other_income": "income"}


def add(person, **members):
    return person.post("/v1/categories", {"name": "Dog food", "class": "flexible", **members}, headers={"Idempotency-Key": "k-" + members.get("name", "dog")[:20].replace(" ", "_")})


def test_the_default_categories_are_there_with_their_classes(person):
    data = expect(person.get("/v1/categories"), 200).json["data"]
    assert {c["id"]: c["class"] for c in data}.items() >= CLASSES.items() and len(data) == 26


def test_an_own_category_is_added_used_and_resolved_by_its_alias(saver):
    made = expect(add(saver, aliases=["kibble"]), 201)
    assert made.json["class"] == "flexible" and made.json["aliases"] == ["kibble"]
    entry = saver.spend(300, "KIBBLE")
    assert entry["category"] == made.json["id"] == saver.spend(300, "dog food")["category"]
    assert line(saver.calendar(), "2026-04-01", made.json["id"])["spent"] == 600


def test_the_location_of_a_new_category_leads_to_it(person):
    made = expect(add(person), 201)
    assert expect(person.get(made.header("Location")), 200).json == made.json


def test_a_renamed_category_keeps_its_id_and_is_found_by_the_new_name(saver):
    tag = expect(saver.get("/v1/categories/hobbies"), 200).etag
    changed = expect(saver.patch("/v1/categories/hobbies", {"name": "Model trains"}, headers={"If-Match": tag}), 200)
    assert (changed.json["id"], changed.json["name"]) == ("hobbies", "Model trains") and changed.etag != tag
    assert saver.spend(100, "model trains")["category"] == "hobbies"


def test_aliases_can_be_replaced(saver):
    tag = expect(saver.get("/v1/categories/pets"), 200).etag
    expect(saver.patch("/v1/categories/pets", {"aliases": ["rex"]}, headers={"If-Match": tag}), 200)
    assert saver.spend(100, "Rex")["category"] == "pets"


def test_a_category_changes_its_class_and_gives_accordingly(saver):
    tag = expect(saver.get("/v1/categories/entertainment"), 200).etag
    assert expect(saver.patch("/v1/categories/entertainment", {"class": "protected"}, headers={"If-Match": tag}), 200).json["class"] == "protected"
    listed = {c["id"]: c for c in expect(saver.get("/v1/categories"), 200).json["data"]}
    assert listed["entertainment"]["class"] == "protected"


def test_an_archived_category_takes_no_new_entries_and_keeps_the_old(saver):
    entry = saver.spend(100, "hobbies")
    tag = expect(saver.get("/v1/categories/hobbies"), 200).etag
    assert expect(saver.patch("/v1/categories/hobbies", {"archived": True}, headers={"If-Match": tag}), 200).json["archived"] is True
    expect(saver.create(-100, "hobbies"), 422)
    assert expect(saver.get(f"/v1/transactions/{entry['id']}"), 200).json["category"] == "hobbies"


def test_a_planned_category_is_explained_and_listed_after_it_was_archived(saver):
    saver.spend(100, "transport")
    expect(saver.patch("/v1/categories/transport", {"archived": True}, headers={"If-Match": "*"}), 200)
    assert expect(saver.get("/v1/calendar/2026-04-02/explain?category=transport"), 200).json["budget_money"]["amount"] > 0
    assert len(expect(saver.get("/v1/transactions?category=transport"), 200).json["data"]) == 1


def test_a_deleted_category_in_use_keeps_its_history(saver):
    made = expect(add(saver), 201)
    entry = saver.spend(300, made.json["id"])
    expect(saver.delete(made.header("Location"), headers={"If-Match": made.etag}), 204)  # archived
    assert expect(saver.get(made.header("Location")), 200).json["archived"]
    assert expect(saver.get(f"/v1/transactions/{entry['id']}"), 200).json["category"] == made.json["id"]
    assert line(saver.calendar(), "2026-04-01", made.json["id"])["spent"] == 300


def test_an_unused_own_category_can_be_deleted(person):
    made = expect(add(person), 201)
    expect(person.delete(made.header("Location"), headers={"If-Match": made.etag}), 204)
    assert made.json["id"] not in {c["id"] for c in expect(person.get("/v1/categories"), 200).json["data"] if not c["archived"]}


def test_a_second_category_of_one_id_is_409(person):
    expect(person.post("/v1/categories", {"id": "dog_food", "name": "Dog food", "class": "flexible"}, headers={"Idempotency-Key": "a"}), 201)
    expect(person.post("/v1/categories", {"id": "dog_food", "name": "Dog food two", "class": "flexible"}, headers={"Idempotency-Key": "b"}), 409, "already_exists")


def test_somebody_elses_category_is_404(stack, person):
    made = expect(add(person), 201)
    expect(stack.person().get(made.header("Location")), 404, "not_found")


def test_the_profile_starts_with_what_auth_knows(person):
    me = expect(person.get("/v1/me"), 200).json
    assert (me["id"], me["email"], me["display_name"], me["onboarded"]) == (person.id, person.email, "Test Person", False)


def test_the_profile_changes_what_a_patch_names(person):
    me = expect(person.get("/v1/me"), 200)
    changed = expect(person.patch("/v1/me", {"display_name": "Ana", "locale": "bg-BG"}, headers={"If-Match": me.etag}), 200)
    assert (changed.json["display_name"], changed.json["locale"], changed.json["email"]) == ("Ana", "bg-BG", person.email)
    assert expect(person.get("/v1/me"), 200).json == changed.json
    assert expect(person.get("/v1/auth/me"), 200).json["display_name"] == "Ana"


@pytest.mark.parametrize("member", ["id", "email", "onboarded", "role", "email_verified"])
def test_the_profile_refuses_what_is_not_the_persons_to_change(person, member):
    answer = expect(person.patch("/v1/me", {member: "x"}, headers={"If-Match": "*"}, valid=False), 422, "validation_failed")
    assert answer.findings()[f"/{member}"] == "unknown_field"


@pytest.mark.parametrize("patch,pointer", [({"timezone": None}, "/timezone"), ({"currency": None}, "/currency"), ({"locale": None}, "/locale"),
                                           ({"display_name": None}, "/display_name"), ({"settings": None}, "/settings"), ({"settings": {"cover": None}}, "/settings/cover")])
def test_what_a_profile_cannot_be_without_is_not_removed_by_null(saver, patch, pointer):
    before = saver.everything()
    answer = expect(saver.patch("/v1/me", patch, headers={"If-Match": "*"}, valid=False), 422, "validation_failed")
    assert answer.findings() == {pointer: "wrong_type"}
    assert saver.everything() == before


def test_onboarding_marks_the_profile(saver):
    me = expect(saver.get("/v1/me"), 200).json
    assert (me["onboarded"], me["currency"], me["timezone"]) == (True, "EUR", "Europe/Sofia")


EXPONENTS = {"EUR": 2, "USD": 2, "JPY": 0, "KRW": 0, "VND": 0, "KWD": 3, "BHD": 3, "TND": 3, "CLF": 4, "UYW": 4, "CHF": 2}


def test_currencies_have_their_exponents_and_codes_without_one_are_refused(person):
    data = expect(person.get("/v1/currencies"), 200).json["data"]
    table = {c["code"]: c["exponent"] for c in data}
    assert table.items() >= EXPONENTS.items() and not {"XAU", "XXX", "XTS"} & set(table)
    assert len(table) == len(data)
