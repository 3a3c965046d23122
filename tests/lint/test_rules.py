"""tests/RULES.md, the comments and the tests hold together: each code used is listed, each listed one has the tests it names, no comment points outside."""
import re

import pytest

from mita.service import ROOT

# Not of a rule: a control set of Unicode, the boxes of Blowfish.
OTHER = {"C0", "S0", "S1", "S2", "S3"}
CODE = re.compile(r"(?<![\w.+#&/-])([RTCSPLMWOABIX])(\d{1,2})(?![\w.:-]*[\w])")
ROW = re.compile(r"^\| ([A-Z]\d{1,2}) \| (.+?) \| (.*?) \|$", re.M)
OUTSIDE = re.compile(r"\b(?:PRODUCT|SECURITY|PERFORMANCE|OPERATIONS|ROADMAP|API)\.md|research/|shared/")
READ = ("libs", "services", "tests", "deploy", "proto-json")


def rules():
    return [(m[1], m[2], re.findall(r"`([^`]+)`", m[3])) for m in ROW.finditer((ROOT / "tests/RULES.md").read_text())]


def sources(*suffixes):
    for folder in READ:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix in suffixes and "__pycache__" not in path.parts and path.is_file():
                yield path


def comments(path):
    """What is said beside the code: comments and the names of tests."""
    text = path.read_text()
    if path.suffix in (".cpp", ".hpp"):
        found = re.findall(r"//(.*)$|TEST_CASE\(\"([^\"]*)", text, re.M)
        return "\n".join("".join(parts) for parts in found)
    if path.suffix == ".sql":
        return "\n".join(re.findall(r"--(.*)$", text, re.M))
    if path.suffix == ".py":
        found = re.findall(r'"""(.*?)"""|(?:^|\s)#\s(.*)$', text, re.M | re.S)
        return "\n".join("".join(parts) for parts in found)
    return text


def test_each_rule_that_is_mentioned_is_listed():
    listed = {code for code, _, _ in rules()}
    unknown = [f"{path.relative_to(ROOT)}: {''.join(code)}" for path in sources(".cpp", ".hpp", ".py", ".sql") if path.name != "test_rules.py"
               for code in CODE.findall(comments(path)) if "".join(code) not in listed | OTHER]
    assert not unknown, "\n".join(unknown)


@pytest.mark.parametrize("code, sentence, tests", rules(), ids=lambda value: value if isinstance(value, str) and len(value) < 4 else "")
def test_a_rule_has_the_tests_it_names(code, sentence, tests):
    for name in tests:
        path = ROOT / "tests" / name
        assert path.is_file(), f"{code}: tests/{name} is not there"
        assert re.search(rf"(?<![A-Za-z0-9]){code}(?!\d)", covered(path.read_text())), f"{code} is not named in tests/{name}"


def test_each_fault_names_tests_that_are_there():
    page = (ROOT / "tests/RULES.md").read_text().split("\n## Faults\n")[1].split("\n## ")[0]
    named = re.findall(r"`([a-z]+/[^` ]+)`", page)
    assert len(named) > 40
    assert not [name for name in named if not (ROOT / "tests" / name).is_file()]


def covered(text):
    """R1-R7 names each of them."""
    def spread(m):
        return " ".join(f"{m[1]}{n}" for n in range(int(m[2]), int(m[4]) + 1)) if m[1] == m[3] else m[0]

    return re.sub(r"\b([A-Z])(\d{1,2})(?:-|–| to )([A-Z])(\d{1,2})\b", spread, text)


def test_no_comment_points_outside_the_repository():
    found = [f"{path.relative_to(ROOT)}: {m[0]}" for path in sources(".cpp", ".hpp", ".py", ".sql", ".md", ".sh", ".yaml", ".json") if path.name != "test_rules.py"
             for m in OUTSIDE.finditer(path.read_text())]
    assert not found, "\n".join(found)
