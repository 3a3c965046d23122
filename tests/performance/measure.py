"""Called by tests/performance/run: measures the rows asked for, prints the table, writes build/results/performance.json."""
import argparse
import pathlib
import signal
import sys
import time
import traceback

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "support")]
sys.dont_write_bytecode = True

from mita.service import ROOT  # noqa: E402

import self_test  # noqa: E402
from harness import figures as out  # noqa: E402
from harness import load  # noqa: E402
from harness.system import System  # noqa: E402
from rows import auth, credentials, feed, peer, pipelining, process, programs, proxies, size, sql, tls  # noqa: E402

ROWS = {k: v for module in (programs, auth, credentials, peer, proxies, size, process, sql, pipelining, feed, tls) for k, v in module.ROWS.items()}
ORDER = sorted(ROWS, key=lambda row: int(row[1:]))


class Run:
    """What the rows share: the plan, one system, made when the first row needs it."""

    def __init__(self, quick):
        self.quick, self.shared = quick, {}
        self.rounds, self.seconds = (3, 1.0) if quick else (8, 3.0)
        self._system = None

    def system(self):
        if self._system is None:
            self._system = System()
        return self._system

    def close(self):
        load.stop_all()
        if self._system:
            self._system.close()
            self._system = None
        self.shared.clear()


def main():
    parser = argparse.ArgumentParser(prog="tests/performance/run")
    parser.add_argument("rows", nargs="*")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--self-test", action="store_true")
    parser.add_argument("--verbose", action="store_true")
    arguments = parser.parse_args()
    unknown = [r for r in arguments.rows if r not in ROWS]
    if unknown:
        parser.error(f"no such row: {' '.join(unknown)} (rows: {' '.join(ORDER)})")
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(143))
    signal.signal(signal.SIGINT, signal.default_int_handler)  # also when started in the background
    if arguments.self_test:
        return self_test.main()

    run, figures, failures, wrong = Run(arguments.quick), [], {}, False
    try:
        for row in ORDER:
            if arguments.rows and row not in arguments.rows:
                continue
            began = time.monotonic()
            print(f"==> {row}", end=" ", file=sys.stderr, flush=True)
            try:
                for figure in ROWS[row](run):  # what was measured before a failure stays
                    figures.append(figure)
            except Exception as error:  # one row's trouble is not the others'
                failures[row] = str(error) or type(error).__name__
                wrong = wrong or isinstance(error, out.WrongAnswer)
                print(f"not measured: {failures[row]}", end=" ", file=sys.stderr)
                if arguments.verbose:
                    traceback.print_exc()
                run.close()  # the next row starts from a clean system
            print(f"{time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
    except (KeyboardInterrupt, SystemExit):
        failures["run"] = "interrupted"
        print("\ninterrupted: stopping", file=sys.stderr)
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # stopping is not interrupted again
        run.close()
    print()
    out.print_table(figures, failures)
    path = ROOT / "build/results/performance.json"
    if figures:
        out.write(path, figures, failures, sys.argv[1:])
        print(f"all rounds: {path.relative_to(ROOT)}")
    if wrong:
        print("an answer was wrong: see above")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
