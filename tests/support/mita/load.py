"""Load in the background of a fault: workers run until stopped, whatever happens in between; their failures fail the test."""
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager


@contextmanager
def load(worker, count):
    """Runs worker(number, stop) in `count` threads while the block runs; each returns when stop is set. Then raises what a worker raised."""
    stop = threading.Event()
    with ThreadPoolExecutor(count) as pool:
        jobs = [pool.submit(worker, number, stop) for number in range(count)]
        try:
            yield
        finally:
            stop.set()
    for job in jobs:
        job.result()
