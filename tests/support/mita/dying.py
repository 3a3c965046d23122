"""How soon a revocation is everywhere: from its commit, as PostgreSQL tells of it, until each instance says no for the first time."""
import select
import threading
import time


def lags(connection, revoke, alive, seconds=10.0):
    """{name: s}. connection: psycopg2's own transactions off, to the services' database; alive: {name: a call that says whether the instance takes the token still}, each in a thread of
    its own. AssertionError when one takes it after `seconds`."""
    connection.cursor().execute("listen auth_revocations")
    ended, over = {}, threading.Event()

    def watch(name, ask):
        while not over.is_set():
            if not ask():
                ended[name] = time.monotonic()
                return

    watchers = [threading.Thread(target=watch, args=item, daemon=True) for item in alive.items()]
    command = threading.Thread(target=revoke, daemon=True)
    for thread in (*watchers, command):
        thread.start()
    told = bool(select.select([connection], [], [], seconds)[0])
    committed = time.monotonic()
    for thread in watchers:
        thread.join(max(0.0, committed + seconds - time.monotonic()))
    over.set()
    for thread in (*watchers, command):
        thread.join()
    assert told, "no revocation was committed"
    late = sorted(alive.keys() - ended.keys())
    assert not late, f"after {seconds} s the token lives on at {', '.join(late)}"
    return {name: max(0.0, at - committed) for name, at in ended.items()}
