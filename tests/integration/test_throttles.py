"""L1 to L4, L6, L7: wrong credentials are slowed, exactly, on every path and on two instances; the owner is never locked out, and nothing tells who exists."""
import itertools
import secrets
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from mita.client import canaries, expect
from mita.waiting import until
from test_auth import alive
from test_recovery import forgot_letter, fresh_password, reset

_networks = itertools.count(1)
WRONG = "canary wrong one"


def network(v6=False):
    """A /24 or /64 that nobody came from before."""
    n = next(_networks)
    return f"2001:db8:{n:x}:1::" if v6 else f"100.{64 + n // 256}.{n % 256}."


def at(address):
    return {"X-Forwarded-For": address}


def attempt(stack, email, password, address, service=None):
    return stack.client(service or stack.auth).post("/v1/auth/login", {"email": email, "password": password}, headers=at(address))


def signed_in(answer):
    canaries.update({answer.json["access_token"], answer.json["refresh_token"]})
    return answer


def unknown():
    email = f"canary.nobody.{secrets.token_hex(6)}@example.org"
    canaries.add(email)
    return email


def fail(stack, email, times, address):
    """Statuses of so many wrong logins, one after the other; `address` by number."""
    return [attempt(stack, email, WRONG, address(n)).status for n in range(times)]


@pytest.mark.parametrize("v6", [False, True], ids=["/24", "/64"])
@pytest.mark.parametrize("known", [True, False], ids=["known", "unknown"])
def test_L1_five_failures_from_one_network_are_free_then_each_takes_twice_as_long(stack, clock, person, known, v6):
    email, net = person.email if known else unknown(), network(v6)
    assert fail(stack, email, 14, lambda n: f"{net}{n + 1}") == [401] * 5 + [429] * 9
    waits = []
    for _ in range(4):
        answer = expect(attempt(stack, email, WRONG, net + "1"), 429, "rate_limited")
        waits.append(int(answer.header("Retry-After")))
        clock.advance(seconds=waits[-1] + 1)
        expect(attempt(stack, email, WRONG, net + "1"), 401, "invalid_credentials")
    assert waits == [1, 2, 4, 8]


@pytest.mark.parametrize("known", [True, False], ids=["known", "unknown"])
def test_L1_thirty_failures_from_thirty_networks_are_slowed(stack, person, known):
    email = person.email if known else unknown()
    nets = [network() for _ in range(30)]
    assert fail(stack, email, 30, lambda n: nets[n] + "7") == [401] * 10 + [429] * 20


def test_L1_the_owner_logs_in_from_a_network_of_theirs_whatever_strangers_do(stack, clock, person):
    home, away = network(), network()
    signed_in(expect(attempt(stack, person.email, person.password, home + "9"), 200))
    nets = [network() for _ in range(30)]
    assert 429 in fail(stack, person.email, 30, lambda n: nets[n] + "7")
    signed_in(expect(attempt(stack, person.email, person.password, home + "200"), 200))
    person.login()  # where they registered


def test_L1_a_right_password_from_a_new_network_waits_like_any_other_and_then_passes(stack, clock, person):
    nets = [network() for _ in range(12)]
    fail(stack, person.email, 12, lambda n: nets[n] + "7")
    away = network()
    answer = expect(attempt(stack, person.email, person.password, away + "1"), 429)
    clock.advance(seconds=int(answer.header("Retry-After")) + 1)
    signed_in(expect(attempt(stack, person.email, person.password, away + "1"), 200))
    assert fail(stack, person.email, 3, lambda n: nets[n] + "7") == [401] * 3  # the count began anew


def test_L1_strangers_get_fifty_in_a_row_whatever_their_patience_and_a_mail_opens_the_way_again(stack, clock, person):
    asked = 0
    for _ in range(60):
        answer = attempt(stack, person.email, WRONG, network() + "1")
        asked += answer.status == 401
        clock.advance(seconds=901)
    assert asked == 50
    expect(attempt(stack, person.email, person.password, network() + "1"), 429)
    password = fresh_password()
    expect(reset(stack, forgot_letter(stack, person).token, password), 204)
    signed_in(expect(attempt(stack, person.email, password, network() + "1"), 200))


@pytest.mark.parametrize("v6", [False, True], ids=["/24", "/64"])
def test_L4_spraying_many_accounts_from_one_network_is_slowed_and_who_is_at_home_there_is_not(stack, clock, person, v6):
    net = network(v6)
    signed_in(expect(attempt(stack, person.email, person.password, net + "1"), 200))
    assert [attempt(stack, unknown(), WRONG, f"{net}{n + 1}").status for n in range(14)] == [401] * 10 + [429] * 4
    signed_in(expect(attempt(stack, person.email, person.password, net + "2"), 200))
    expect(attempt(stack, unknown(), WRONG, network(v6) + "1"), 401)  # another network
    clock.advance(seconds=11)
    expect(attempt(stack, unknown(), WRONG, net + "1"), 401)
    expect(attempt(stack, unknown(), WRONG, net + "1"), 429)


@pytest.mark.parametrize("known", [True, False], ids=["known", "unknown"])
def test_L2_two_hundred_parallel_guesses_on_two_instances_are_at_most_five_hashes(stack, person, known):
    email, net = person.email if known else unknown(), network()
    twin = stack.also("auth", f"auth-guesses-{secrets.token_hex(3)}").start()
    with ThreadPoolExecutor(32) as pool:
        answers = list(pool.map(lambda n: attempt(stack, email, WRONG, f"{net}{n % 250 + 1}", (stack.auth, twin)[n % 2]), range(200)))
    statuses = [a.status for a in answers]
    begin = statuses.count(401)
    assert 5 <= begin <= 7 and set(statuses) <= {401, 429, 503}, {s: statuses.count(s) for s in set(statuses)}  # a second or two passes meanwhile
    assert all(int(a.header("Retry-After")) >= 1 for a in answers if a.status != 401)
    twin.stop()


def test_L2_many_right_logins_at_once_are_all_let_in(stack, person):
    net = network()
    with ThreadPoolExecutor(24) as pool:
        answers = list(pool.map(lambda n: attempt(stack, person.email, person.password, f"{net}{n + 1}"), range(48)))
    assert {a.status for a in answers} == {200}
    for answer in answers:
        signed_in(answer)
    assert stack.cluster.sql("select count(*) from auth.throttles where open > 0") == [(0,)]


PATHS = {"change": ("/v1/auth/password/change", lambda: {"current_password": WRONG, "new_password": "another canary password"}),
         "address": ("/v1/auth/email/change", lambda: {"password": WRONG, "new_email": unknown()})}


@pytest.mark.parametrize("path", PATHS)
def test_L3_every_path_that_takes_a_password_shares_the_count(stack, person, path):
    target, body = PATHS[path]
    net, client = network(), stack.client(stack.auth, person.access)
    ask = lambda: client.post(target, body(), headers=at(net + "5")).status
    assert [ask() for _ in range(3)] == [401] * 3
    assert fail(stack, person.email, 3, lambda n: net + "5") == [401, 401, 429]
    assert ask() == 429 and alive(stack, person.access)


@pytest.mark.parametrize("path,body", [("/v1/auth/password/reset", {"new_password": "another canary password"}), ("/v1/auth/email/verify", {})], ids=["reset", "verify"])
def test_L3_guessing_tokens_of_mails_is_slowed_by_network(stack, path, body):
    net = network()
    guess = lambda n: stack.client(stack.auth).post(path, body | {"token": "mot_" + secrets.token_urlsafe(32)}, headers=at(f"{net}{n + 1}")).status
    statuses = [guess(n) for n in range(14)]
    assert statuses[:10] == [422] * 10 and statuses[10:] == [429] * 4


def test_L3_mails_are_asked_for_five_times_an_hour_with_one_answer_and_a_network_is_slowed(stack, person):
    net, stranger = network(), unknown()
    ask = lambda email, n: stack.client(stack.auth).post("/v1/auth/password/forgot", {"email": email}, headers=at(f"{net}{n + 1}"))
    bodies = set()
    for n in range(8):
        before = len(stack.mailbox.letters(person.email))
        bodies |= {expect(ask(person.email, n), 202).text, expect(ask(stranger, n), 202).text}
        if n < 5:
            stack.mailbox.next(person.email, before, where=lambda x: "/reset-password" in x.text)
    assert len(bodies) == 1
    assert len([x for x in stack.mailbox.letters(person.email) if "/reset-password" in x.text]) == 5
    statuses = [ask(unknown(), n).status for n in range(10)]
    assert statuses == [202] * 4 + [429] * 6


def test_L6_a_slowed_attempt_costs_no_hash_and_tells_not_who_exists(stack, clock, person):
    """Known and unknown: the same bodies, headers and times, slowed or not."""
    slow = stack.also("auth", f"auth-slowed-{secrets.token_hex(3)}", MITA_BCRYPT_COST="10").start()
    answers, times = {}, {}
    for email in (person.email, unknown()):
        net = network()
        for n in range(9):
            begin = time.monotonic()
            answer = attempt(stack, email, WRONG, net + "1", slow)
            times.setdefault((email == person.email, answer.status), []).append(time.monotonic() - begin)
            same = {k: v for k, v in answer.json.items() if k != "request_id"}
            answers.setdefault(answer.status, set()).add((str(same), tuple(sorted(k.lower() for k, _ in answer.headers))))
    assert set(answers) == {401, 429} and all(len(bodies) == 1 for bodies in answers.values())
    middle = {key: sorted(t)[len(t) // 2] for key, t in times.items()}
    assert max(middle[True, 429], middle[False, 429]) < min(middle[True, 401], middle[False, 401]), middle
    slow.stop()


def test_L7_an_attempt_whose_client_left_counts_for_nothing(stack, person):
    """What was begun and never judged is given back."""
    import socket
    slow = stack.also("auth", f"auth-left-{secrets.token_hex(3)}", MITA_BCRYPT_COST="12", MITA_HASH_THREADS="1").start()
    net = network()
    body = f'{{"email": "{person.email}", "password": "{WRONG}"}}'
    head = f"POST /v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nX-Forwarded-For: {net}1\r\nContent-Length: {len(body)}\r\n\r\n"
    sockets = []
    for _ in range(20):
        s = socket.create_connection(("127.0.0.1", slow.port))
        s.sendall((head + body).encode())
        sockets.append(s)
    for s in sockets:
        s.close()
    until(lambda: stack.cluster.sql("select coalesce(sum(open), 0) from auth.throttles") == [(0,)], 10 * slow.slow, "every attempt to be judged or given back")
    slow.stop()


def test_the_counts_that_matter_no_more_are_forgotten(stack, clock):
    fail(stack, unknown(), 2, lambda n: network() + "1")
    assert stack.cluster.sql("select count(*) from auth.throttles")[0][0] > 0
    clock.advance(days=32)
    sweeper = stack.also("auth", f"auth-sweeps-{secrets.token_hex(3)}", MITA_HOUSEKEEPING_MS="100").start()
    from mita.waiting import until
    until(lambda: stack.cluster.sql("select count(*) from auth.throttles") == [(0,)], 10, "the counts to be forgotten")
    sweeper.stop()


def test_L1_known_networks_are_forgotten_after_half_a_year_and_the_oldest_beyond_fifty(stack, person):
    networks = lambda: {n for n, in stack.cluster.sql("select network from auth.known_networks where user_id = %s", person.id)}
    stack.cluster.sql("insert into auth.known_networks (user_id, network, seen_at) select %s, '10.0.' || n || '.0/24', auth.judged_at((select coalesce(max(moved), 0) from auth.test_clocks))"
                      " - n * interval '1 day' from generate_series(150, 200) n", person.id)
    sweeper = stack.also("auth", f"auth-networks-{secrets.token_hex(3)}", MITA_HOUSEKEEPING_MS="100").start()
    until(lambda: not {f"10.0.{n}.0/24" for n in range(181, 201)} & networks(), 20 * sweeper.slow, "old ones to go")
    sweeper.stop()
    assert {f"10.0.{n}.0/24" for n in range(150, 180)} <= networks()
    for _ in range(30):
        expect(signed_in(attempt(stack, person.email, person.password, network() + "7")), 200)
    assert len(networks()) == 50 and "10.0.150.0/24" in networks() and "10.0.179.0/24" not in networks()
