"""Polling with a deadline, instead of sleeping for luck."""
import time


def until(condition, seconds=10.0, what="the condition", pause=0.01):
    """The first true value of condition(); AssertionError after `seconds`. An AssertionError or OSError of the condition counts as not yet."""
    end = time.monotonic() + seconds
    last = None
    while True:
        try:
            value = condition()
            if value:
                return value
        except (AssertionError, OSError) as error:
            last = error
        if time.monotonic() > end:
            raise AssertionError(f"{what} did not come within {seconds} s" + (f": {last}" if last else ""))
        time.sleep(pause)
