"""The short lists (categories, currencies, sessions): whole without limit, in pages with it; cursors are bound to list and person."""
from urllib.parse import quote

import pytest

from mita.client import Client, expect

CATEGORIES, CURRENCIES, SESSIONS, TRANSACTIONS = "/v1/categories", "/v1/currencies", "/v1/auth/sessions", "/v1/transactions"
SHORT = [CATEGORIES, CURRENCIES, SESSIONS]


def name_of(item):
    return item.get("id") or item["code"]


def pages(person, path, limit, between=None):
    """Every page's items, led by the Link header, which says what next_cursor says."""
    target, out = f"{path}?limit={limit}", []
    while target:
        answer = expect(person.get(target), 200)
        out.append(answer.json["data"])
        cursor, link = answer.json["next_cursor"], answer.header("Link")
        assert link == (cursor and f'<{path}?limit={limit}&cursor={cursor}>; rel="next"')
        target = link and link[1:].split(">")[0]
        if target and between:
            between(len(out), out[-1])
    return out


def joined(given):
    return [item for page in given for item in page]


def whole(person, path):
    answer = expect(person.get(path), 200)
    assert answer.json["next_cursor"] is None and answer.header("Link") is None
    return answer.json["data"]


def first_cursor(person, path, limit=1):
    return expect(person.get(f"{path}?limit={limit}"), 200).json["next_cursor"]


def add(person, id, cls="flexible"):
    return expect(person.post(CATEGORIES, {"id": id, "name": id.replace("_", " "), "class": cls}), 201)


def archive(person, id):
    expect(person.patch(f"{CATEGORIES}/{id}", {"archived": True}, headers={"If-Match": "*"}), 200)


def remove(person, id):
    expect(person.delete(f"{CATEGORIES}/{id}", headers={"If-Match": "*"}), 204)


@pytest.fixture
def settled(person):
    """Somebody with own and changed categories and six sessions."""
    for i, cls in enumerate(["flexible", "protected", "flexible", "income", "discretionary"]):
        add(person, f"own_{9 - i}", cls)
    expect(person.patch(f"{CATEGORIES}/hobbies", {"class": "essential", "name": "Trains"}, headers={"If-Match": "*"}), 200)
    archive(person, "pets")
    for i in range(5):
        person.login(f"device {i}")
    return person


@pytest.mark.parametrize("path", SHORT)
def test_pages_of_every_size_give_the_whole_in_its_order(settled, path):
    everything = whole(settled, path)
    n = len(everything)
    assert n > 5 and len({name_of(x) for x in everything}) == n
    for limit in (1, 2, n - 1, n, n + 1, 500):
        got = pages(settled, path, limit)
        assert joined(got) == everything
        assert [len(page) for page in got[:-1]] == [limit] * (len(got) - 1) and 1 <= len(got[-1]) <= limit


@pytest.mark.parametrize("path", SHORT)
def test_a_cursor_without_limit_gives_all_that_is_left(settled, path):
    everything = whole(settled, path)
    assert whole(settled, f"{path}?cursor={first_cursor(settled, path, 3)}") == everything[3:]


def test_KWD_is_in_the_list_of_who_does_not_page(stack):
    assert "KWD" in {c["code"] for c in whole(stack.client(), CURRENCIES)}


def test_a_cursor_of_currencies_is_anybodys(stack, person):
    cursor = first_cursor(person, CURRENCIES, 2)
    assert expect(stack.client().get(f"{CURRENCIES}?limit=2&cursor={cursor}"), 200).json["data"] == whole(person, CURRENCIES)[2:4]
    assert first_cursor(stack.client(), CURRENCIES, 2) == cursor


@pytest.mark.parametrize("path", SHORT)
def test_a_page_of_the_service_itself_is_that_of_the_gateway(stack, settled, path):
    service = stack.auth if path == SESSIONS else stack.finance
    direct = Client(service, stack.contract, settled.access)
    target = f"{path}?limit=2&cursor={first_cursor(settled, path)}"
    through, own = expect(settled.get(target), 200), expect(direct.get(target), 200)
    assert (through.json, through.header("Link")) == (own.json, own.header("Link"))


@pytest.mark.parametrize("path", SHORT + [TRANSACTIONS])
def test_a_cursor_of_one_list_is_400_at_every_other(saver, path):
    saver.login("phone")
    saver.spend(100)
    saver.spend(100)
    cursor = first_cursor(saver, path)
    for other in SHORT + [TRANSACTIONS]:
        expect(saver.get(f"{other}?limit=1&cursor={cursor}"), *((200,) if other == path else (400, "invalid_cursor")))


@pytest.mark.parametrize("path", [CATEGORIES, SESSIONS])
def test_a_cursor_of_one_person_is_400_at_another(stack, settled, path):
    cursor, other = first_cursor(settled, path), stack.person()
    expect(settled.get(f"{path}?limit=1&cursor={cursor}"), 200)
    expect(other.get(f"{path}?limit=1&cursor={cursor}"), 400, "invalid_cursor")


@pytest.mark.parametrize("path", SHORT)
def test_a_cursor_is_400_with_any_character_changed_cut_or_added(settled, path):
    cursor = first_cursor(settled, path)
    wrong = [cursor[:i] + ("B" if c == "A" else "A") + cursor[i + 1:] for i, c in enumerate(cursor)]
    for given in [*wrong, cursor[:-1], cursor[1:], cursor + "A", cursor + "AAAA", cursor + "=", ""]:
        expect(settled.get(f"{path}?limit=1&cursor={quote(given)}", valid=False), 400, "invalid_cursor")


@pytest.mark.parametrize("path", SHORT + [TRANSACTIONS])
@pytest.mark.parametrize("limit", ["0", "501", "ten", ""])
def test_a_wrong_limit_is_the_same_problem_at_every_list(saver, path, limit):
    wanted = expect(saver.get(f"{TRANSACTIONS}?limit={limit}", valid=False), 422, "invalid_parameter").json
    got = expect(saver.get(f"{path}?limit={limit}", valid=False), 422, "invalid_parameter").json
    differing = {"instance", "request_id"}
    assert {k: v for k, v in got.items() if k not in differing} == {k: v for k, v in wanted.items() if k not in differing}


@pytest.mark.parametrize("limit", [1, 2, 5])
def test_categories_that_come_go_or_are_archived_between_pages_move_no_others(settled, limit):
    before = [c["id"] for c in whole(settled, CATEGORIES)]
    gone, came, count = set(), [], iter(range(1000))

    def disturb(number, page):
        last = page[-1]["id"]
        if last.startswith("own_"):  # the very category the cursor is of
            remove(settled, last)
            gone.add(last)
        elif number % 4 == 0:
            archive(settled, last)
        if number % 3 == 0:
            for cls in ("protected", "income"):
                came.append(f"new_{next(count)}")
                add(settled, came[-1], cls)

    seen = [c["id"] for c in joined(pages(settled, CATEGORIES, limit, disturb))]
    assert gone or limit > 1
    assert [id for id in seen if id in before] == before
    assert len(seen) == len(set(seen))
    now = [c["id"] for c in whole(settled, CATEGORIES)]
    assert [id for id in seen if id not in gone] == [id for id in now if id in seen]
    assert set(now) - set(seen) <= set(came)  # those that came before where the reader was


def test_a_category_created_behind_the_cursor_comes_and_one_before_it_does_not(person):
    def disturb(number, page):
        if number == 1:
            add(person, "early", "protected")
            add(person, "late", "income")

    protected = sum(c["class"] == "protected" for c in whole(person, CATEGORIES))
    seen = [c["id"] for c in joined(pages(person, CATEGORIES, protected + 1, disturb))]
    assert "late" == seen[-1] and "early" not in seen


@pytest.mark.parametrize("limit", [1, 2, 3])
def test_sessions_that_end_or_begin_between_pages_move_no_others(settled, limit):
    before = [s["id"] for s in whole(settled, SESSIONS)]
    current = next(s["id"] for s in whole(settled, SESSIONS) if s["current"])
    ended, unseen = [], []

    def disturb(number, page):
        if page[-1]["id"] != current:  # the very session the cursor is of
            expect(settled.delete(f"{SESSIONS}/{page[-1]['id']}"), 204)
            ended.append(page[-1]["id"])
        seen_so_far = before[:number * limit]
        rest = [id for id in before[len(seen_so_far):] if id not in unseen]
        if number == 1 and len(rest) > 2:  # and one that is still to come
            expect(settled.delete(f"{SESSIONS}/{rest[1]}"), 204)
            unseen.append(rest[1])
        login = {"email": settled.email, "password": settled.password, "device_name": f"between {number}"}
        expect(settled.client.post("/v1/auth/login", login, token=None), 200)  # newer than all: before the cursor

    seen = [s["id"] for s in joined(pages(settled, SESSIONS, limit, disturb))]
    assert ended or unseen
    assert seen == [id for id in before if id not in unseen]
