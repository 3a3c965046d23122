"""Reads the logs of a run: secrets that should not be there, and lines that are no JSON."""
import json

from .client import canaries


def files(stack):
    return sorted(stack.logs.glob("*.log"))


def forbidden_in_logs(stack):
    """["file: kind"] of every canary and service secret found. Tokens are looked for by their signature part as well."""
    assert len(canaries) > 0, "nothing was sent: this test would prove nothing"
    needles = set(canaries) | set(stack.secrets.values()) | set(stack.cluster.passwords.values())
    needles |= {token.rsplit(".", 1)[1] for token in canaries if token.count(".") == 2 and len(token) > 100}
    found = []
    for file in files(stack):
        text = file.read_text(errors="replace")
        found += [f"{file.name}: {needle[:6]}... ({len(needle)} characters)" for needle in needles if len(needle) >= 8 and needle in text]
    return found


def lines_that_are_no_json(stack):
    bad = []
    for file in files(stack):
        for line in file.read_text(errors="replace").splitlines():
            try:
                assert isinstance(json.loads(line), dict)
            except (ValueError, AssertionError):
                bad.append(f"{file.name}: {line[:200]}")
    return bad
