"""clang-format-19 with the repository's file leaves every C++ source as it is."""
import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]


def test_sources_are_formatted():
    files = subprocess.run(["git", "ls-files", "*.hpp", "*.cpp"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    assert files
    done = subprocess.run(["clang-format-19", "--dry-run", "-Werror", *files], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, "clang-format-19 -i would change:\n" + "\n".join(
        sorted({line.split(":")[0] for line in done.stderr.splitlines() if "error:" in line}))
