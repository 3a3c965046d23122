"""Categories and everything written into them, at once and on two instances: each write is judged by the book it is written against."""
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from mita.client import expect
from mita.people import key, money, worked_example

TURNS = 40


def add(person, name, **members):
    return expect(person.post("/v1/categories", {"name": name, "class": "flexible", **members}, headers={"Idempotency-Key": key()}), 201)


def both(one, two):
    """Both at once."""
    gate = threading.Barrier(2)

    def at_once(act):
        gate.wait()
        return act()

    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(at_once, (one, two)))


def listed(person):
    return {c["id"]: c for c in expect(person.get("/v1/categories"), 200).json["data"]}


def is_whole(person, id):
    """A category that something names is there, and what is made of its transactions can be shown."""
    expect(person.get(f"/v1/categories/{id}"), 200)
    expect(person.get(f"/v1/transactions?category={id}"), 200)
    expect(person.get(f"/v1/calendar/2026-04-01/explain?category={id}"), 200)


def test_C2_a_category_deleted_beside_a_change_into_it_never_leaves_a_transaction_without_its_category(saver, beside):
    entry = saver.spend(300, "groceries")
    for turn in range(TURNS):
        made = add(saver, f"Fleeting {turn}")
        id = made.json["id"]
        gone, moved = both(lambda: beside.delete(made.header("Location"), headers={"If-Match": "*"}),
                           lambda: saver.patch(f"/v1/transactions/{entry['id']}", {"category": id}, headers={"If-Match": "*"}))
        expect(gone, 204)
        if moved.status == 200:
            assert listed(saver)[id]["archived"]
            is_whole(saver, id)
        else:
            expect(moved, 422, "unknown_category")
            expect(saver.get(made.header("Location")), 404)
        expect(saver.patch(f"/v1/transactions/{entry['id']}", {"category": "groceries"}, headers={"If-Match": "*"}), 200)


def test_C2_a_category_deleted_beside_a_new_transaction_in_it(saver, beside):
    for turn in range(TURNS):
        made = add(saver, f"Fleeting {turn}")
        id = made.json["id"]
        gone, new = both(lambda: beside.delete(made.header("Location"), headers={"If-Match": "*"}), lambda: saver.create(-100, id))
        expect(gone, 204)
        if new.status == 201:
            assert listed(saver)[id]["archived"]
            is_whole(saver, id)
        else:
            expect(new, 422, "unknown_category")
            assert id not in listed(saver)


@pytest.mark.parametrize("where", ["bills", "incomes", "categories"])
def test_C2_a_category_deleted_beside_answers_that_name_it(saver, beside, where):
    for turn in range(TURNS // 2):
        made = add(saver, f"Fleeting {turn}", **({"class": "income"} if where == "incomes" else {}))
        id, answers = made.json["id"], worked_example()
        answers[where].append({"categories": {"category": id, "weight": 5}}.get(where, {"name": "Club", "category": id, "money": money(100), "day": 3}))
        gone, put = both(lambda: beside.delete(made.header("Location"), headers={"If-Match": "*"}),
                         lambda: saver.put("/v1/onboarding", answers, headers={"If-Match": "*"}))
        expect(gone, 204)
        if put.status == 200:
            assert listed(saver)[id]["archived"]
            is_whole(saver, id)
            saver.calendar("2026-05")
        else:
            expect(put, 422, "unknown_category")
            assert id not in listed(saver)


def test_C2_a_category_turned_into_income_beside_spending_in_it_keeps_its_side_or_has_none_of_it(saver, beside):
    for turn in range(TURNS):
        made = add(saver, f"Turning {turn}")
        id = made.json["id"]
        turned, new = both(lambda: beside.patch(made.header("Location"), {"class": "income"}, headers={"If-Match": "*"}), lambda: saver.create(-100, id))
        expect(new, 201)  # both sides take it: the class it is judged by is the one it is shown by
        spent = {c["category"]: c["spent_money"]["amount"] for c in saver.calendar()["categories"]}
        if turned.status == 200:
            assert id not in spent
        else:
            expect(turned, 409, "in_use")
            assert spent[id] == 100


def test_two_parallel_renames_to_one_name_are_one_rename(saver, beside):
    a, b = add(saver, "First"), add(saver, "Second")
    for turn in range(TURNS):
        name = f"Кафе {turn}"
        answers = both(lambda: saver.patch(a.header("Location"), {"name": name}, headers={"If-Match": "*"}),
                       lambda: beside.patch(b.header("Location"), {"name": name.upper()}, headers={"If-Match": "*"}))
        won, lost = sorted(answers, key=lambda x: x.status)
        expect(won, 200)
        expect(lost, 409, "already_exists")
        assert sorted(c["name"].lower() == name.lower() for c in listed(saver).values() if not c["default"]) == [False, True]


def test_an_alias_and_a_name_given_at_once_do_not_mean_two_categories(saver, beside):
    a, b = add(saver, "First"), add(saver, "Second")
    for turn in range(TURNS // 2):
        word = f"Word {turn}"
        answers = both(lambda: saver.patch(a.header("Location"), {"aliases": [word]}, headers={"If-Match": "*"}),
                       lambda: beside.patch(b.header("Location"), {"name": word}, headers={"If-Match": "*"}))
        won, lost = sorted(answers, key=lambda x: x.status)
        expect(won, 200)
        expect(lost, 409, "already_exists")


def test_parallel_new_categories_of_one_name_are_one(saver, beside):
    for turn in range(TURNS // 2):
        post = lambda who, name: who.post("/v1/categories", {"name": name, "class": "flexible"}, headers={"Idempotency-Key": key()})
        answers = both(lambda: post(saver, f"Café {turn}"), lambda: post(beside, f"CAFE\u0301 {turn}"))
        won, lost = sorted(answers, key=lambda x: x.status)
        expect(won, 201)
        expect(lost, 409, "already_exists")


def test_a_default_category_renamed_twice_at_once_has_one_of_the_names_and_the_other_is_told(saver, beside):
    tag = expect(saver.get("/v1/categories/pets"), 200).etag
    won, lost = sorted(both(lambda: saver.patch("/v1/categories/pets", {"name": "Rex"}, headers={"If-Match": tag}),
                            lambda: beside.patch("/v1/categories/pets", {"name": "Fido"}, headers={"If-Match": tag})), key=lambda x: x.status)
    expect(won, 200)
    expect(lost, 412, "precondition_failed")
    assert listed(saver)["pets"]["name"] == won.json["name"]


def test_the_database_itself_holds_that_a_name_is_one_category(stack, saver):
    add(saver, "Кафе")
    with pytest.raises(Exception, match="categories_word"):
        stack.cluster.sql("insert into finance.categories (user_id, id, name, class, created_at, updated_at) values (%s, 'other_one', 'КА-ФЕ', 'flexible', now(), now())",
                          saver.id)
