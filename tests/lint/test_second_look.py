"""What tests/run looks at once more: one to three unit tests that failed, by the names that Catch2 reads; never a property."""
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]


def again(folder, names, log=""):
    cases = "".join(f'<testcase name="{name}"><failure message="x"/></testcase>' for name in names)
    (folder / "release-unit_x.xml").write_text(f'<testsuites><testsuite>{cases}<testcase name="good"/></testsuite></testsuites>')
    (folder / "release-unit_x.log").write_text(log)
    return subprocess.run([sys.executable, ROOT / "tests/support/failed_cases.py", folder / "release-unit_x.xml"], capture_output=True, text=True, check=True).stdout.splitlines()


def test_a_few_are_named_as_catch2_reads_them_each_once(tmp_path):
    assert again(tmp_path, ["a, b [c]/one section", "a, b [c]/another", "d"]) == [r"a\, b \[c\]", "d"]


def test_many_stand_as_they_are(tmp_path):
    assert again(tmp_path, ["a", "b", "c", "d"]) == []


def test_a_property_that_was_falsified_stands(tmp_path):
    assert again(tmp_path, ["a"], "Falsifiable after 3 tests") == []
