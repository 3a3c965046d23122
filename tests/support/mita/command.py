"""One command of a service's binary, run to its end with nothing but the given environment."""
import os
import subprocess

from .service import ROOT

OWN = ("MITA_", "DATABASE_URL", "PORT", "WEB_CONCURRENCY", "PG")
SECRET = "canary-" + "s" * 32
# What a service needs to start, all of it harmless.
ENOUGH = {"MITA_INTERNAL_TOKEN": SECRET, "MITA_AUTH_SECRET": SECRET, "MITA_FINANCE_SECRET": SECRET, "MITA_PLATFORM": "local",
          "DATABASE_URL": "postgresql://someone:canary-pw@127.0.0.1:1/nothing"}


def command(preset, name, *words, stdin=b"", timeout=60, **environment):
    """CompletedProcess of `mita-<name> <words>`; stdout and stderr are bytes when stdin is, as here."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith(OWN)}
    return subprocess.run([str(ROOT / "build" / preset / "bin" / f"mita-{name}"), *words], env={**clean, **environment}, input=stdin,
                          capture_output=True, timeout=timeout)


def table(done):
    """{setting: (value, source)} of `mita-x config`."""
    rows = [line.split("  ") for line in done.stdout.decode().splitlines()[1:]]
    return {row[0].strip(): (row[1].strip() if len(row) > 2 else "", row[-1].strip()) for row in ([c for c in r if c.strip()] for r in rows)}
