"""Adds up build/results/*.xml (JUnit form of Catch2, pytest and tidy.py), prints each failure and the closing line `N passed, N failed`.

What passed at a second look (NAME.again.xml) is told as UNSTABLE, with the failure of the first, and counts as passed.
Exit status 1 when anything failed or a suite left no result. Usage: summary.py RESULTS_DIR SUITE..."""
import pathlib
import sys
import xml.etree.ElementTree as tree

MARKS = {"lint": "lint*.xml", "unit": "release-unit_*.xml", "contract": "contract*.xml", "integration": "integration*.xml", "pages": "pages*.xml", "pooler": "pooler*.xml", "upgrade": "upgrade*.xml",
         "fault": "fault*.xml", "asan": "asan-unit_*.xml", "tsan": "tsan-unit_*.xml", "asan-services": "asan-services*.xml",
         "fuzz": "*_fuzz.xml", "tidy": "tidy*.xml", "image": "image*.xml", "compose": "compose*.xml"}


def fault_of(case):
    fault = case.find("failure")
    return case.find("error") if fault is None else fault


def passed_again(folder, name):
    """What passed when it was looked at once more, as (class, name)."""
    try:
        cases = list(tree.parse(folder / f"{name}.again.xml").getroot().iter("testcase"))
    except (OSError, tree.ParseError):
        return set()
    key = lambda case: (case.get("classname"), case.get("name"))
    faulty = {key(c) for c in cases if fault_of(c) is not None or c.find("skipped") is not None}
    return {key(c) for c in cases} - faulty


def main():
    folder = pathlib.Path(sys.argv[1])
    passed = failed = skipped = unstable = 0
    for suite in sys.argv[2:]:
        if not list(folder.glob(MARKS[suite])):
            print(f"FAILED {suite}: no result (did it build?)")
            failed += 1
    for file in sorted(folder.glob("*.xml")):
        if file.stem.endswith(".again"):
            continue
        again = passed_again(folder, file.stem)
        try:
            root = tree.parse(file).getroot()
        except tree.ParseError as error:
            print(f"FAILED {file.name}: {error}")
            failed += 1
            continue
        for case in root.iter("testcase"):
            fault = fault_of(case)
            if fault is not None:
                stands = (case.get("classname"), case.get("name")) not in again
                failed, passed, unstable = failed + stands, passed + (not stands), unstable + (not stands)
                text = " ".join(filter(None, [fault.get("message"), (fault.text or "").strip()]))
                # The last lines of a traceback say what was found; its first ones are the test's source.
                text = text if len(text) <= 1500 else text[:500] + "\n  [...]\n" + text[-1000:]
                print(f"{'FAILED' if stands else 'UNSTABLE'} {file.stem}: {case.get('classname')} {case.get('name')}\n       {text}")
            elif case.find("skipped") is not None:
                skipped += 1
            else:
                passed += 1
    print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else "") + (f", {unstable} of the passed at a second look only" if unstable else ""))
    return 1 if failed or passed == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
