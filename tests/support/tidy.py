"""clang-tidy-19 with the repository's .clang-tidy over libs/ and services/, as build/debug/compile_commands.json compiles them.

One JUnit case a source; a finding in a header fails every source that sees it. Usage: tidy.py RESULT.xml [PART OF A PATH...]"""
import concurrent.futures
import json
import os
import pathlib
import re
import subprocess
import sys
import xml.etree.ElementTree as tree

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = ROOT / "build" / "debug"
COMMANDS = ROOT / "build" / "tidy"
ENOUGH_SECONDS = 900  # for one source, on a busy machine
# The analyzer takes Asio's frames for uninitialized where a coroutine waits, and tells it in Asio's headers, where nothing can be marked.
WRONG_AT_CO_AWAIT = "--checks=-clang-analyzer-core.CallAndMessage,-clang-analyzer-core.NullDereference"
ASSERTED = "--extra-arg=-UNDEBUG"  # what is asserted, the analyzer may rely on


def sources(parts):
    """Also writes the commands they are looked at with: without the precompiled header, which was made with NDEBUG."""
    commands = json.loads((BUILD / "compile_commands.json").read_text())
    for c in commands:
        c["command"] = re.sub(r" -include-pch \S+", "", c["command"])
    COMMANDS.mkdir(parents=True, exist_ok=True)
    (COMMANDS / "compile_commands.json").write_text(json.dumps(commands))
    files = {str(pathlib.Path(c["file"]).relative_to(ROOT)) for c in commands}
    ours = sorted(f for f in files if f.startswith(("libs/", "services/")))
    return [f for f in ours if not parts or any(p in f for p in parts)]


def findings(source):
    """What clang-tidy says of it; empty when there is nothing to say."""
    waits = "co_await" in (ROOT / source).read_text()
    try:
        done = subprocess.run(["clang-tidy-19", "-p", str(COMMANDS), "--quiet", ASSERTED, *([WRONG_AT_CO_AWAIT] if waits else []), source], cwd=ROOT, capture_output=True, text=True, timeout=ENOUGH_SECONDS)
    except subprocess.TimeoutExpired:
        return f"not done in {ENOUGH_SECONDS} s"
    return (done.stdout.strip() or done.stderr.strip() or f"exit status {done.returncode}") if done.returncode or done.stdout.strip() else ""


def main():
    out, parts = sys.argv[1], sys.argv[2:]
    files = sources(parts)
    suite = tree.Element("testsuite", name="tidy", tests=str(len(files)))
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        for n, (file, said) in enumerate(zip(files, pool.map(findings, files)), 1):
            case = tree.SubElement(suite, "testcase", classname="tidy", name=file)
            if said:
                failed += 1
                tree.SubElement(case, "failure", message="clang-tidy finds").text = said
                print(said, file=sys.stderr, flush=True)
            if sys.stderr.isatty():
                print(f"\r[{n}/{len(files)}] {file}\033[K", end="", file=sys.stderr)
    tree.ElementTree(suite).write(out)
    print(f"{len(files)} sources, {failed} with findings", file=sys.stderr)
    return 1 if failed or not files else 0


if __name__ == "__main__":
    sys.exit(main())
