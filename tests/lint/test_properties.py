"""A property that does not hold must fail its test: rc::check only returns false."""
import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parents[2]


def test_what_rc_check_found_is_asserted():
    wrong = [f"{path.relative_to(ROOT)}:{text.count(chr(10), 0, found.start()) + 1}"
             for path in sorted((ROOT / "tests").rglob("*.?pp")) for text in [path.read_text()]
             for found in re.finditer(r"(?:^|[;{}])\s*rc::check\(", text, re.M)]
    assert not wrong, "\n".join(wrong)
