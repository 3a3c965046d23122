"""The tree of finance by noun and its inner arrows; no circles anywhere, of folders or of files: a newcomer reads downwards and never comes back."""
import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parents[2]
FINANCE = ROOT / "services/finance"
INCLUDE = re.compile(r'^\s*#include\s*"([^"]+)"', re.M)

# Which folders a folder of finance may see beside itself. A noun without a row here may see what a noun may.
NOUN = {"people", "accounts", "categories", "payees", "once", "changes", "wire", "domain"}
ARROWS = {
    "domain": set(), "wire": {"domain"}, "once": {"wire", "domain"}, "changes": {"wire", "domain"},
    "people": {"once", "changes", "wire", "domain"}, "categories": {"once", "changes", "wire", "domain"},
    "accounts": {"once", "changes", "wire", "domain"}, "payees": {"categories", "once", "changes", "wire", "domain"},
    "transfers": NOUN | {"ledger"},  # two transactions are one thing
    "goals": NOUN | {"plan"}, "budgets": NOUN | {"plan"}, "installments": NOUN | {"plan"},  # which stand in the plan inputs
}


def folders():
    return {p.name for p in FINANCE.iterdir() if p.is_dir() and any(p.glob("*.?pp"))}


def allowed(folder):
    if folder == "handlers":
        return folders()
    if folder == "month":
        return folders() - {"handlers", "feed"}
    if folder == "feed":  # shows every noun
        return folders() - {"handlers", "month"}
    return ARROWS.get(folder, NOUN)


def sources(top):
    return [p for p in sorted(top.rglob("*")) if p.suffix in (".hpp", ".cpp")]


def includes(path):
    """Our own files a source includes, as paths below the root."""
    for target in INCLUDE.findall(path.read_text()):
        for top in ("libs", "services"):
            if (ROOT / top / target).is_file():
                yield pathlib.Path(top) / target


def circle(graph):
    """The nodes of one circle of {node: {nodes}}, in order; empty when there is none."""
    done, way = set(), []

    def visit(node):
        if node in way:
            return way[way.index(node):] + [node]
        if node in done:
            return []
        way.append(node)
        for other in sorted(graph.get(node, ())):
            found = visit(other)
            if found:
                return found
        way.pop()
        done.add(node)
        return []

    for start in sorted(graph):
        found = visit(start)
        if found:
            return found
    return []


def graph_of(name):
    """The include graph of libs and services, its files grouped by name(path)."""
    graph = {}
    for top in ("libs", "services"):
        for path in sources(ROOT / top):
            here = name(path.relative_to(ROOT))
            seen = graph.setdefault(here, set())
            seen |= {name(target) for target in includes(path)} - {here}
    return graph


def folder(path):
    """The folder; a file of a service's root stands for itself (main, routes and app are floors of their own)."""
    return str(path.parent if len(path.parts) != 3 or path.parts[0] == "libs" else path.with_suffix(""))


def test_a_circle_is_found_and_its_absence_too():
    assert circle({"a": {"b"}, "b": {"c"}, "c": {"b"}}) == ["b", "c", "b"]
    assert circle({"a": {"b", "c"}, "b": {"c"}, "c": set()}) == []


def test_finance_follows_its_inner_arrows():
    wrong = []
    for path in sources(FINANCE):
        parts = path.relative_to(FINANCE).parts
        for target in includes(path):
            if target.parts[:2] != ("services", "finance") or len(parts) == 1:
                continue
            there = target.parts[2] if len(target.parts) > 3 else None
            if there is None and parts[0] != "handlers":
                wrong.append(f"{path.relative_to(ROOT)} includes {target.name} of the service's root")
            if there is not None and there != parts[0] and there not in allowed(parts[0]):
                wrong.append(f"{path.relative_to(ROOT)} includes {target}")
    assert not wrong, "\n".join(wrong)


def test_only_the_routes_know_the_handlers():
    wrong = [str(p.relative_to(ROOT)) for p in FINANCE.glob("*.?pp")
             if p.stem != "routes" and any("handlers" in t.parts for t in includes(p))]
    assert not wrong, wrong


def test_no_circle_of_folders():
    assert circle(graph_of(folder)) == []


def test_no_circle_of_files():
    """A template's body (_impl.hpp) belongs to its header."""
    assert circle(graph_of(lambda path: str(path).replace("_impl.hpp", ".hpp"))) == []
