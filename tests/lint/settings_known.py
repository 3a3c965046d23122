"""The names of all settings that the services read, found in the sources: what a deploy file may set."""
import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parents[2]
SETTINGS = set(re.findall(r'"((?:MITA_[A-Z_]+|DATABASE_URL|PORT|WEB_CONCURRENCY))"',
                          "".join(p.read_text() for top in ("libs", "services") for p in (ROOT / top).rglob("*.?pp"))))
