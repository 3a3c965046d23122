"""What policy save sweeps into a goal: an entry for each month that is over (L5), whatever was booked late (P4)."""
from mita.client import expect
from mita.people import money, worked_example
from test_goals import ANY, FUND, GOALS, MONTH, entries, goal, goals, keyed, made, numbers, put_in, whole_sum


# -- what policy save sweeps into it
PART = 54149  # what the worked example's April and May give groceries


def saving(who, **more):
    """Groceries save what a day leaves."""
    body = worked_example() | more
    body["categories"][0]["policy"] = "save"
    expect(who.put("/v1/onboarding", body, headers=ANY), 200)


def swept(who, of=None):
    return {e["id"]: e["money"]["amount"] for e in entries(who, of) if e["kind"] == "sweep"}


def comes(clock, day, *people):
    clock.local("Europe/Sofia", day)
    token = people[0].login()["access_token"]
    for who in people[1:]:
        who.client.token = who.access = token


def test_L5_what_a_closed_month_left_under_save_is_an_entry_of_the_goal_from_the_next_morning_on(saver, clock):
    saving(saver)
    saver.spend(1000, booked_on="2026-04-01")
    comes(clock, "2026-04-30", saver)
    assert swept(saver) == {} and numbers(goal(saver)) == (0, MONTH, 0)
    comes(clock, "2026-05-01", saver)
    assert [(e["id"], e["kind"], e["on"], e["money"]["amount"]) for e in entries(saver)] == \
        [("2026-04", "month", "2026-04-30", MONTH), ("2026-04.sweep", "sweep", "2026-04-30", PART - 1000)]
    assert entries(saver, limit=1) == entries(saver)
    assert numbers(goal(saver)) == (MONTH + PART - 1000, MONTH, 0)
    assert expect(saver.get("/v1/today"), 200).json["goals"][0]["saved_money"] == goal(saver)["saved_money"]
    comes(clock, "2026-06-01", saver)
    assert swept(saver) == {"2026-04.sweep": PART - 1000, "2026-05.sweep": PART}


def test_P4_a_late_entry_changes_what_was_swept_and_no_month_and_without_it_all_is_as_it_was(saver, beside, clock):
    saving(saver)
    comes(clock, "2026-05-03", saver, beside)
    before, list_tag = goal(saver), expect(saver.get(f"{GOALS}/{goal(saver)['id']}/contributions"), 200).etag
    cursor = expect(saver.get("/v1/changes?limit=500"), 200).json["next_cursor"]
    entry = saver.spend(700, booked_on="2026-04-12")
    for who in (saver, beside):
        assert swept(who) == {"2026-04.sweep": PART - 700} and numbers(goal(who)) == (MONTH + PART - 700, MONTH, 0) and whole_sum(who) == MONTH + PART - 700
        assert expect(who.get("/v1/today"), 200).json["goals"][0]["saved_money"] == money(MONTH + PART - 700)
        told = expect(who.get(f"/v1/changes?cursor={cursor}"), 200).json["data"]
        assert [(c["kind"], c["id"]) for c in told] == [("transaction", entry["id"])]
        expect(who.get(f"{GOALS}/{before['id']}/contributions", headers={"If-None-Match": list_tag}), 200)
    saver.remove(entry)
    assert goal(saver) == before == goal(beside) and swept(beside) == {"2026-04.sweep": PART}


def test_P4_months_open_the_same_early_and_late_and_count_what_was_swept_once_the_person_plans_anew(stack, saver, clock):
    saving(saver)
    late = stack.person()
    expect(late.put("/v1/onboarding", worked_example()), 200)
    saving(late)
    for day in ("2026-05-01", "2026-06-01"):
        comes(clock, day, saver)
        assert numbers(goal(saver))[1] == MONTH
    late.login()
    early, same = goal(saver), goal(late)
    assert numbers(early) == numbers(same) == (2 * (MONTH + PART), MONTH, 0) and swept(saver) == swept(late)
    saving(saver)  # the same plan again: what is still open is less
    left = FUND - 2 * (MONTH + PART)
    assert numbers(goal(saver)) == (2 * (MONTH + PART), -(-left // 7), 0)
    saver.spend(500, booked_on="2026-05-20")
    assert numbers(goal(saver)) == (2 * (MONTH + PART) - 500, -(-left // 7), 0)
    comes(clock, "2026-07-02", saver)
    assert numbers(goal(saver))[1] == (left - -(-left // 7)) // 6 + ((left - -(-left // 7)) % 6 > 0)


def test_what_was_swept_can_be_taken_out_and_a_late_entry_is_shown_as_it_is(saver, clock):
    saving(saver)
    comes(clock, "2026-05-03", saver)
    gone = put_in(saver, -(MONTH + PART))
    assert numbers(goal(saver))[0] == 0 == whole_sum(saver)
    assert expect(keyed(saver, f"{GOALS}/{goal(saver)['id']}/contributions", {"money": money(-1)}), 422).findings() == {"/money": "below_zero"}
    saver.spend(300, booked_on="2026-04-12")
    assert numbers(goal(saver))[0] == -300 == whole_sum(saver)
    put_in(saver, 100)
    expect(saver.delete(gone.header("Location"), headers=ANY), 204)
    assert numbers(goal(saver))[0] == MONTH + PART - 200 == whole_sum(saver)


def test_it_goes_to_the_first_goal_that_wants_something_and_carries_nothing_twice(saver, clock):
    body = worked_example()
    body["categories"][0] |= {"rollover": "both"}
    first, second = [{"name": name, "target_money": money(FUND), "by": "2026-12-31"} for name in ("Boat", "House")]
    saving(saver, goals=[first | {"paused": True}, second], categories=body["categories"])
    part = next(c for c in saver.calendar()["categories"] if c["category"] == "groceries")["budget_money"]["amount"]
    comes(clock, "2026-05-02", saver)
    boat, house = goals(saver)
    assert swept(saver, boat["id"]) == {} and swept(saver, house["id"]) == {"2026-04.sweep": part}
    assert next(c for c in saver.calendar()["categories"] if c["category"] == "groceries")["carry_in_money"] == money(0)


def test_without_a_goal_what_is_left_is_nobodys_and_a_new_goal_has_nothing_of_it(saver, clock):
    saving(saver, goals=[])
    comes(clock, "2026-05-02", saver)
    new = made(saver)
    assert numbers(new)[0] == 0 and entries(saver, new["id"]) == []
    comes(clock, "2026-06-01", saver)
    assert list(swept(saver, new["id"])) == ["2026-05.sweep"]
