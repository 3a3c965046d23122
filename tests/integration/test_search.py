"""GET /v1/transactions?q=: both sides in one form, every character for itself, whatever release wrote the entry."""
from urllib.parse import quote

import psycopg2.extras
import pytest

from mita.client import expect
from mita.people import money, uuid7

FOUND = {"accents left out": ("αθηνα", "Αθήνα"), "accents given": ("café", "CAFE"), "composed": ("Café", "Cafe\u0301"), "apart": ("cafe\u0301 bar", "Café Bar"),
         "case": ("КАФЕ", "кафе «Роза»"), "sharp s": ("strasse", "Hauptstraße 5"), "stroke": ("smorrebrod", "Smørrebrød"), "ligature": ("office", "Oﬃce depot"),
         "width": ("cafe", "Ｃａｆｅ"), "no-break space": ("dog food", "Dog\u00a0food"), "two spaces": ("dog  food", "dog food"), "Turkish": ("istanbul", "İstanbul"),
         "one letter": ("ž", "Žižkov"), "two letters": ("τη", "Ττή"), "Hebrew points": ("שלום", "שָׁלוֹם"), "an emoji": ("🍕", "🍕 night"), "Japanese": ("東京", "東京タワー")}
OTHERS = ["Lidl", "Шоколад", "rent for May"]


def search(person, q, **more):
    """Every page's ids, newest first."""
    target, out = "/v1/transactions?" + "&".join(f"{k}={quote(str(v))}" for k, v in {"q": q, **more}.items()), []
    while target:
        answer = expect(person.get(target), 200)
        out += [t["id"] for t in answer.json["data"]]
        link = answer.header("Link")
        target = link and link[1:].split(">")[0]
    return out


@pytest.fixture
def shopper(saver):
    for text in OTHERS:
        saver.spend(100, payee=text, note=text)
    return saver


@pytest.mark.parametrize("member", ["payee", "note"])
@pytest.mark.parametrize("kind", FOUND)
def test_what_reads_the_same_is_found(shopper, member, kind):
    q, text = FOUND[kind]
    wanted = shopper.spend(100, **{member: text})["id"]
    assert search(shopper, q) == [wanted]
    assert search(shopper, text) == [wanted]
    assert search(shopper, q, category="groceries", amount_min=-100) == [wanted]
    assert search(shopper, q, category="pets") == []


@pytest.mark.parametrize("letter", ["%", "_", "\\", "%_", "100%", "a_b", "\\%"])
def test_every_character_stands_for_itself(shopper, letter):
    shopper.spend(100, payee="100 a-b")
    wanted = shopper.spend(100, payee=f"x {letter} y")["id"]
    assert search(shopper, letter) == [wanted]


def test_letters_that_differ_by_more_than_an_accent_are_others(shopper):
    wanted = shopper.spend(100, payee="が")["id"]
    shopper.spend(100, payee="か")
    assert search(shopper, "が") == [wanted]


def test_nothing_is_found_over_the_edge_of_payee_and_note(shopper):
    shopper.spend(100, payee="red", note="wine")
    assert search(shopper, "red wine") == search(shopper, "redwine") == []


def test_what_folds_to_nothing_is_nothing_to_search_for(shopper):
    for q in (" ", "\u00a0", "\u0301", "\u200b"):
        answer = expect(shopper.get("/v1/transactions?q=" + quote(q)), 422, "invalid_parameter")
        assert answer.findings() == {"/q": "too_short"}


def test_a_changed_text_is_found_by_what_it_is_now(shopper):
    entry = shopper.spend(100, payee="Αθήνα")
    target = f"/v1/transactions/{entry['id']}"
    expect(shopper.patch(target, {"payee": "Αθηνά", "note": "été"}, headers={"If-Match": "*"}), 200)
    assert search(shopper, "αθηνα") == search(shopper, "ete") == [entry["id"]]
    expect(shopper.patch(target, {"payee": None}, headers={"If-Match": "*"}), 200)
    assert search(shopper, "αθηνα") == [] and search(shopper, "ETE") == [entry["id"]]
    shopper.remove({"id": entry["id"], "etag": "*"})
    assert search(shopper, "ete") == []


def test_what_a_release_without_search_keys_wrote_is_found_at_once(stack, shopper):
    entry = shopper.spend(100, payee="Αθήνα", note="ταξίδι")
    stack.cluster.sql("update finance.transactions set search_key = null where user_id = %s", shopper.id)  # before the migration
    cursor = expect(shopper.get("/v1/changes?limit=500"), 200).json["next_cursor"]
    assert search(shopper, "αθηνα") == [entry["id"]]
    assert expect(shopper.get("/v1/changes?cursor=" + quote(cursor)), 200).json["data"] == []  # a key is no change
    stack.cluster.sql("update finance.transactions set payee = 'Σπάρτη' where user_id = %s and id = %s", shopper.id, entry["id"])  # beside it
    stack.cluster.sql("update finance.users set ledger_version = ledger_version + 1 where user_id = %s", shopper.id)
    assert search(shopper, "αθηνα") == [] and search(shopper, "σπαρτη") == search(shopper, "ταξιδι") == [entry["id"]]
    assert stack.cluster.sql("select count(*) from finance.transactions where user_id = %s and search_key is null", shopper.id) == [(0,)]


@pytest.fixture(scope="module")
def rich(running):
    """Somebody with 6,000 entries, of which few have the word, and none of these a search key yet."""
    running.heal()
    someone = running.person()
    someone.spend(1)
    rows = [(someone.id, uuid7(ms=1775000000000 + i), i, "Αθήνα" if i % 600 == 7 else f"payee {i % 89}") for i in range(6000)]
    with running.cluster.connect() as c:
        c.autocommit = False
        cursor = c.cursor()
        cursor.execute("set search_path = finance; set session_replication_role = replica")
        psycopg2.extras.execute_values(cursor, """insert into finance.transactions (user_id, id, booked_on, amount, currency, payee, search_key, created_at, updated_at)
            select u::uuid, t::uuid, date '2020-01-01' + n / 4, -100, 'EUR', p, case when p like 'payee%%' then p || e'\\n' end, now(), now() from (values %s) as v(u, t, n, p)""", rows, page_size=5000)
        cursor.execute("""insert into finance.transaction_lines (user_id, transaction_id, n, category, amount, booked_on)
            select user_id, id, 1, 'groceries', amount, booked_on from finance.transactions t where user_id = %s and not exists (
                select 1 from finance.transaction_lines l where l.user_id = t.user_id and l.transaction_id = t.id)""", (someone.id,))
        c.commit()
    someone.words = sorted((r[2], r[1]) for r in rows if r[3] == "Αθήνα")
    return someone


def test_a_rare_word_is_found_in_one_page_however_old_the_entries(stack, rich):
    rich.login()
    answer = expect(rich.get("/v1/transactions?limit=500&q=" + quote("αθηνα")), 200)
    assert [t["id"] for t in answer.json["data"]] == [id for _, id in reversed(rich.words)] and answer.json["next_cursor"] is None
    answer = expect(rich.get("/v1/transactions?limit=3&q=" + quote("αθηνα")), 200)
    assert len(answer.json["data"]) == 3
    assert search(rich, "αθηνα", limit=3) == [id for _, id in reversed(rich.words)]
    assert search(rich, "αθηνα", limit=3, amount_max=-101) == []
    with_dates = search(rich, "αθηνα", booked_from="2021-01-01", booked_to="2022-01-01")
    assert with_dates == [id for n, id in reversed(rich.words) if 366 * 4 <= n < (366 + 366) * 4]


def test_often_used_words_come_in_pages_of_the_newest(stack, rich):
    rich.login()
    answer = expect(rich.get("/v1/transactions?limit=50&q=PAYEE"), 200)
    assert len(answer.json["data"]) == 50 and answer.json["next_cursor"]
    assert len(set(search(rich, "payee 1", limit=500))) == sum(str(i % 89).startswith("1") for i in range(6000) if i % 600 != 7)
