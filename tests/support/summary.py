"""Adds up build/results/*.xml (JUnit form of Catch2, pytest and tidy.py), prints each failure and the closing line `N passed, N failed`.

Exit status 1 when anything failed or a suite left no result. Usage: summary.py RESULTS_DIR SUITE..."""
import pathlib
import sys
import xml.etree.ElementTree as tree

MARKS = {"lint": "lint*.xml", "unit": "release-unit_*.xml", "contract": "contract*.xml", "integration": "integration*.xml", "pages": "pages*.xml", "pooler": "pooler*.xml", "upgrade": "upgrade*.xml",
         "fault": "fault*.xml", "asan": "asan-unit_*.xml", "tsan": "tsan-unit_*.xml", "asan-services": "asan-services*.xml",
         "fuzz": "*_fuzz.xml", "tidy": "tidy*.xml", "image": "image*.xml"}


def main():
    folder = pathlib.Path(sys.argv[1])
    passed = failed = skipped = 0
    for suite in sys.argv[2:]:
        if not list(folder.glob(MARKS[suite])):
            print(f"FAILED {suite}: no result (did it build?)")
            failed += 1
    for file in sorted(folder.glob("*.xml")):
        try:
            root = tree.parse(file).getroot()
        except tree.ParseError as error:
            print(f"FAILED {file.name}: {error}")
            failed += 1
            continue
        for case in root.iter("testcase"):
            fault = case.find("failure")
            fault = case.find("error") if fault is None else fault
            if fault is not None:
                failed += 1
                text = " ".join(filter(None, [fault.get("message"), (fault.text or "").strip()]))
                print(f"FAILED {file.stem}: {case.get('classname')} {case.get('name')}\n       {text[:1500]}")
            elif case.find("skipped") is not None:
                skipped += 1
            else:
                passed += 1
    print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))
    return 1 if failed or passed == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
