"""GET /v1/onboarding shows what PUT takes: the answers go round unchanged whatever happened to categories and time zone since."""
import pytest

from mita.client import expect
from mita.people import money, of, worked_example


def again(person):
    """GET, then PUT of exactly that body."""
    read = expect(person.get("/v1/onboarding"), 200)
    put = expect(person.put("/v1/onboarding", read.json, headers={"If-Match": read.etag}), 200)
    after = expect(person.get("/v1/onboarding"), 200)
    assert put.etag == after.etag != read.etag
    assert {**after.json, "version": 0} == {**read.json, "version": 0} and after.json["version"] == read.json["version"] + 1
    return put.json


ANSWERS = {
    "with weights": worked_example(),
    "with the default weights": {k: v for k, v in worked_example().items() if k != "categories"},
    "without any category": worked_example() | {"categories": []},
    "with everything a category can say": worked_example() | {"categories": [
        {"category": "food", "budget_money": money(9000), "policy": "window:7", "rollover": "both", "rollover_cap_money": money(100),
         "day_weights": {"kind": "custom", "weights": [1, 2, 3], "pinned": [{"day": 2, "money": money(50)}]}},
        {"category": "home", "weight": 3, "policy": "save", "rollover": "surplus", "day_weights": {"kind": "weekday", "weights": [1, 1, 1, 1, 2, 3, 3]}},
        {"category": "pets", "rollover_cap_money": money(0), "day_weights": {"kind": "uniform"}}, {"category": "coffee"},
        {"category": "transport", "weight": 1, "day_weights": {"kind": "history"}}]},
}


@pytest.mark.parametrize("case", ANSWERS)
def test_the_answers_go_round_and_the_plan_stays(stack, clock, case):
    clock.local("Europe/Sofia", "2026-04-01")
    person = stack.person()
    first = person.onboard(ANSWERS[case]).json
    assert again(person) == first


def archive(person, category):
    tag = expect(person.get(f"/v1/categories/{category}"), 200).etag
    expect(person.patch(f"/v1/categories/{category}", {"archived": True}, headers={"If-Match": tag}), 200)


def test_an_archived_category_stays_in_the_answers_that_name_it(saver):
    for category in ("groceries", "housing"):
        archive(saver, category)
    plan = again(saver)
    assert of(plan, "groceries")["budget"] == 54149 and "Rent" in {o["name"] for o in plan["obligations"]}


def test_an_archived_category_does_not_come_into_the_answers_anew(saver):
    archive(saver, "hobbies")
    body = worked_example()
    body["categories"].append({"category": "hobbies", "weight": 1})
    answer = expect(saver.put("/v1/onboarding", body, headers={"If-Match": "*"}), 422, "unknown_category")
    assert answer.findings() == {"/categories/4/category": "unknown_category"}


def test_an_archived_category_that_leaves_the_answers_is_gone(saver):
    archive(saver, "entertainment")
    body = worked_example()
    last = body["categories"].pop()
    assert last["category"] == "entertainment"
    expect(saver.put("/v1/onboarding", body, headers={"If-Match": "*"}), 200)
    body["categories"].append(last)
    expect(saver.put("/v1/onboarding", body, headers={"If-Match": "*"}), 422, "unknown_category")


def test_the_version_may_be_left_out_and_decides_nothing(saver):
    for version in (None, 1, 77):
        expect(saver.put("/v1/onboarding", worked_example() | {"version": version}, headers={"If-Match": "*"}), 200)
    assert expect(saver.get("/v1/onboarding"), 200).json["version"] == 4
    answer = expect(saver.put("/v1/onboarding", worked_example() | {"version": "4"}, headers={"If-Match": "*"}, valid=False), 422)
    assert answer.findings() == {"/version": "wrong_type"}


def move(person, zone):
    tag = expect(person.get("/v1/me"), 200).etag
    expect(person.patch("/v1/me", {"timezone": zone}, headers={"If-Match": tag}), 200)


def test_there_is_one_time_zone_and_the_answers_show_it(saver):
    before = expect(saver.get("/v1/onboarding"), 200)
    move(saver, "Asia/Tokyo")
    now = expect(saver.get("/v1/onboarding"), 200)
    assert (before.json["timezone"], now.json["timezone"]) == ("Europe/Sofia", "Asia/Tokyo") and now.etag != before.etag
    assert again(saver)["timezone"] == "Asia/Tokyo"
    assert expect(saver.get("/v1/me"), 200).json["timezone"] == "Asia/Tokyo"


def test_C2_answers_read_before_a_move_do_not_put_the_old_zone_back(saver):
    before = expect(saver.get("/v1/onboarding"), 200)
    move(saver, "Asia/Tokyo")
    stale = expect(saver.put("/v1/onboarding", before.json, headers={"If-Match": before.etag}), 412, "precondition_failed")
    assert stale.etag == expect(saver.get("/v1/onboarding"), 200).etag
    assert expect(saver.get("/v1/me"), 200).json["timezone"] == "Asia/Tokyo"


@pytest.mark.parametrize("patch", [{"locale": "bg"}, {"display_name": "Other"}, {"settings": {"cover": False}}])
def test_what_the_answers_do_not_say_leaves_their_tag(saver, patch):
    before = expect(saver.get("/v1/onboarding"), 200).etag
    expect(saver.patch("/v1/me", patch, headers={"If-Match": "*"}), 200)
    assert expect(saver.get("/v1/onboarding"), 200).etag == before


def test_a_zone_in_the_answers_moves_the_person(saver):
    expect(saver.put("/v1/onboarding", worked_example("Asia/Tokyo"), headers={"If-Match": "*"}), 200)
    assert expect(saver.get("/v1/me"), 200).json["timezone"] == expect(saver.get("/v1/onboarding"), 200).json["timezone"] == "Asia/Tokyo"
