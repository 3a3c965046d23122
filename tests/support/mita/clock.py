"""The wall clock of the services, moved by a file (MITA_CLOCK_FILE). Between two moves it runs on."""
import os
import pathlib
import time
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

START = datetime(2026, 4, 10, 8, 0, tzinfo=timezone.utc)


class Clock:
    def __init__(self, path):
        self.path = pathlib.Path(path)
        self.set(START)

    def set(self, instant):
        if isinstance(instant, str):
            instant = datetime.fromisoformat(instant.replace("Z", "+00:00"))
        self._at, self._since = instant.astimezone(timezone.utc), time.monotonic()
        half = self.path.with_suffix(".new")
        half.write_text(self._at.strftime("%Y-%m-%dT%H:%M:%S.%fZ"))
        os.replace(half, self.path)

    def local(self, zone, date, hour=9, minute=0):
        """Sets it to a wall time of a zone: local("Pacific/Apia", "2026-04-01")."""
        year, month, day = map(int, date.split("-"))
        self.set(datetime(year, month, day, hour, minute, tzinfo=ZoneInfo(zone)))

    def now(self):
        return self._at + timedelta(seconds=time.monotonic() - self._since)

    def advance(self, **by):
        self.set(self.now() + timedelta(**by))
