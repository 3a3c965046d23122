"""The arrows of the architecture, checked on #include lines: a newcomer can trust that data flows one way."""
import pathlib
import re

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
ALLOWED = {
    "core": set(), "http": {"core"}, "db": {"core"}, "cache": {"core"}, "jwt": {"core", "http", "cache"},
    "auth": {"core", "http", "db", "cache", "jwt"}, "finance": {"core", "http", "db", "cache", "jwt"},
    "gateway": {"core", "http", "cache", "jwt"},
}
# Headers that stay in .cpp files: what they cost in compile time, and whose types must not leak.
CPP_ONLY = re.compile(r"#include\s*<(boost/beast|libpq-fe|openssl/|postgresql/)")
INCLUDE = re.compile(r'^\s*#include\s*[<"]([^>"]+)[>"]', re.M)


def sources():
    for top in ("libs", "services"):
        for path in sorted((ROOT / top).rglob("*")):
            if path.suffix in (".hpp", ".cpp"):
                yield path


def owner(path):
    return path.relative_to(ROOT).parts[1]


@pytest.mark.parametrize("unit", sorted(ALLOWED))
def test_includes_follow_the_arrows(unit):
    wrong = []
    for path in sources():
        if owner(path) != unit:
            continue
        for target in INCLUDE.findall(path.read_text()):
            first = target.split("/")[0]
            if first in ALLOWED and first != unit and first not in ALLOWED[unit]:
                wrong.append(f"{path.relative_to(ROOT)} includes {target}")
    assert not wrong, "\n".join(wrong)


# Inside the gateway: what a folder may include of its own service. The rest (pass, serve, the map) stands above and may include all.
ROOMS = {"gateway": {"upstream": {"upstream"}, "limits": {"limits"}, "compress": {"compress"}, "ops": {"ops", "upstream"}, "own": {"own", "ops", "app.hpp", "certificate.hpp"}}}


@pytest.mark.parametrize("service,room", [(s, r) for s in ROOMS for r in ROOMS[s]])
def test_a_room_of_a_service_knows_only_what_it_stands_on(service, room):
    wrong = []
    for path in sorted((ROOT / "services" / service / room).rglob("*.?pp")):
        for target in INCLUDE.findall(path.read_text()):
            first, _, rest = target.partition("/")
            if first == service and rest.split("/")[0] not in ROOMS[service][room]:
                wrong.append(f"{path.relative_to(ROOT)} includes {target}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("service", sorted(ROOMS))
def test_no_file_of_a_service_leads_back_to_itself(service):
    """hpp and cpp of one name are one file here."""
    graph = {}
    for path in sources():
        if owner(path) == service:
            unit = path.relative_to(ROOT / "services").with_suffix("").as_posix()
            graph.setdefault(unit, set()).update(t.rsplit(".", 1)[0] for t in INCLUDE.findall(path.read_text()) if t.startswith(service + "/"))
    seen, path = set(), []

    def walk(unit):
        assert unit not in path, " → ".join([*path[path.index(unit):], unit])
        if unit in seen:
            return
        path.append(unit)
        for other in sorted(graph.get(unit, set()) - {unit}):
            walk(other)
        path.pop()
        seen.add(unit)

    for unit in sorted(graph):
        walk(unit)


def test_the_domain_includes_only_std_fmt_and_date():
    wrong = []
    for path in sorted((ROOT / "services/finance/domain").glob("*.?pp")):
        for target in INCLUDE.findall(path.read_text()):
            if "/" not in target or target.startswith(("fmt/", "date/", "finance/domain/")):
                continue
            wrong.append(f"{path.relative_to(ROOT)} includes {target}")
    assert not wrong, "\n".join(wrong)


def test_beast_libpq_and_openssl_headers_stay_in_cpp_files():
    wrong = [str(p.relative_to(ROOT)) for p in sources() if p.suffix == ".hpp" and CPP_ONLY.search(p.read_text())]
    assert not wrong, wrong


def test_sql_stands_only_in_stores():
    sql = re.compile(r"db::statement\s+\w+\s*[{(]")
    wrong = [str(p.relative_to(ROOT)) for p in sources()
             if p.parts[-1] and "services" in p.parts and sql.search(p.read_text()) and not p.name.endswith("_store.cpp")]
    assert not wrong, wrong


def test_what_every_write_of_finance_has_in_common_stands_in_its_schema_alone():
    """Kept answers, what other nodes forget, the versions: functions of 005_once.sql. A row that changes for more reasons moves budget_version itself."""
    common = re.compile(r"insert into (idempotency|invalidations)|finance_invalidations'|ledger_version = [\w.]*ledger_version \+ 1")
    wrong = [str(p.relative_to(ROOT)) for p in sources() if "finance" in p.parts and common.search(p.read_text())]
    assert not wrong, wrong


def test_each_main_is_at_most_60_lines():
    long = [f"{p.relative_to(ROOT)}: {n}" for p in sorted((ROOT / "services").glob("*/main.cpp"))
            if (n := len(p.read_text().splitlines())) > 60]
    assert not long, long


# The rooms of auth: who may include whom. What stands at the top (main, serve, routes, app, cli, ...) sees all; handlers see app.
AUTH_ROOMS = {
    "revocation": {"keys"}, "sessions": {"people", "mail", "keys", "revocation"}, "people": {"mail", "revocation"}, "keys": set(), "hashing": set(),
    "mail": {"revocation"}, "one_time": set(), "clients": {"one_time", "revocation", "throttle"},
    "deletion": {"people", "mail", "revocation"}, "invitations": {"people", "sessions", "mail", "one_time", "revocation"}, "audit": set(), "throttle": {"people", "revocation"},
    "factors": {"sessions", "people", "mail", "one_time", "revocation", "keys"},
    "webauthn": set(), "passkeys": {"webauthn", "factors", "sessions", "people", "mail", "revocation"},
}
AUTH_ROOMS["handlers"] = {"top", *AUTH_ROOMS}
AUTH_ROOMS["top"] = {"handlers", *AUTH_ROOMS}


def auth_room(parts):
    return parts[0] if len(parts) > 1 else "top"


def test_the_rooms_of_auth_follow_their_arrows():
    base, wrong = ROOT / "services/auth", []
    for path in sorted(base.rglob("*.?pp")):
        room = auth_room(path.relative_to(base).parts)
        for target in INCLUDE.findall(path.read_text()):
            if not target.startswith("auth/"):
                continue
            other = auth_room(target.split("/")[1:])
            if other != room and other not in AUTH_ROOMS[room]:
                wrong.append(f"{path.relative_to(ROOT)} includes {target}")
    assert not wrong, "\n".join(wrong)
