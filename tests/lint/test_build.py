"""The build refuses compilers that miscompile coroutines, with a clear message."""
import pathlib
import shutil
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]


@pytest.mark.skipif(shutil.which("g++-12") is None, reason="g++ 12 is not installed")
def test_gcc_12_is_refused_with_a_clear_message(tmp_path):
    done = subprocess.run(["cmake", "-S", str(ROOT), "-B", str(tmp_path), "-DCMAKE_CXX_COMPILER=g++-12", "-DCMAKE_CXX_COMPILER_LAUNCHER="],
                          capture_output=True, text=True)
    assert done.returncode != 0
    assert "miscompiles" in done.stderr and "clang" in done.stderr
