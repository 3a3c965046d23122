"""Prints the names of the test cases that failed in a Catch2 JUnit file, a line each: one to three of them are looked at once more by tests/run.
Nothing when more failed, or a property did (its log stands beside): its next cases would be others, and what was found stands. Usage: failed_cases.py FILE.xml"""
import pathlib
import re
import sys
import xml.etree.ElementTree as tree

file = pathlib.Path(sys.argv[1])
cases = [case for case in tree.parse(file).getroot().iter("testcase") if case.find("failure") is not None or case.find("error") is not None]
names = sorted({case.get("name").split("/")[0] for case in cases})
falsified = any("Falsifiable" in text for text in (file.read_text(), file.with_suffix(".log").read_text(errors="replace")))
if 0 < len(names) <= 3 and not falsified:
    print("\n".join(re.sub(r'([\\,\[\]"*])', r"\\\1", name) for name in names))  # as Catch2 reads names
