"""The coroutine rule (ARCHITECTURE, House style): one co_await per statement, named first. Spellings some compilers miscompile."""
import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parents[2]
GOOD = re.compile(r"^\s*(?:(?:const\s+)?[\w:<>,\s*&\[\]]*?[\w\]>]\s*=\s*|co_return\s+|\(void\)\s*)?co_await\s")
BAD = [
    (re.compile(r"\?[^;]*co_await|co_await[^;]*\?[^;]*:"), "co_await beside ?:"),
    (re.compile(r"throw[^;]*co_await"), "co_await in a throw"),
    (re.compile(r"(?:&&|\|\|)\s*co_await"), "co_await beside && or ||"),
    (re.compile(r"\{[^;{}]*co_await[^;{}]*[,}]"), "co_await in braces"),
    (re.compile(r"co_await[^;]*\[[^\]]*\w[^\]]*\]\s*(?:\(|\{|mutable)"), "co_await beside a capturing lambda"),
    (re.compile(r"(?<!\(void)\)\s*co_await|\b(?:else|do)\s+co_await"), "co_await as the body of if, for, while without braces"),
    (re.compile(r"\bdetached\b"), "detached"),
    (re.compile(r"awaitable_operators"), "awaitable operators"),
    (re.compile(r"asio::post\([^;]*use_awaitable"), "post(pool, use_awaitable) resumes on the I/O thread"),
]


def statements(text):
    text = re.sub(r"//[^\n]*", "", text)
    text = re.sub(r'"(?:\\.|[^"\\\n])*"', '""', text)
    for found in re.finditer(r"[^;{}]*co_(?:await|spawn)[^;]*;|[^;{}]*\bdetached\b[^;]*;", text):
        yield text.count("\n", 0, found.start()) + 1, found.group(0)


def conditions(statement):
    """What stands in the parentheses of if, while, switch, for."""
    for found in re.finditer(r"\b(?:if|while|switch|for)\s*(?:constexpr\s*)?\(", statement):
        depth, at = 1, found.end()
        while at < len(statement) and depth:
            depth += {"(": 1, ")": -1}.get(statement[at], 0)
            at += 1
        yield statement[found.end():at]


def test_one_co_await_per_statement_named_first():
    wrong = []
    for top in ("libs", "services", "tests"):
        for path in sorted((ROOT / top).rglob("*.?pp")):
            for line, statement in statements(path.read_text()):
                where = f"{path.relative_to(ROOT)}:{line}: {' '.join(statement.split())[:120]}"
                if statement.count("co_await") > 1:
                    wrong.append(f"{where}: more than one co_await")
                if any("co_await" in condition for condition in conditions(statement)):
                    wrong.append(f"{where}: co_await in a condition")
                wrong += [f"{where}: {why}" for pattern, why in BAD if pattern.search(statement)]
    assert not wrong, "\n".join(wrong)
