"""The suite as a whole has met the contract. tests/run asks when all parts of it ran; MITA_MET holds a line for each answer that they got."""
import os
import pathlib

import pytest

from mita.contract import Contract


@pytest.mark.last
def test_every_operation_of_the_contract_was_met_with_success():
    if "MITA_MET" not in os.environ:
        pytest.skip("says something about the whole suite only: tests/run integration")
    lines = pathlib.Path(os.environ["MITA_MET"]).read_text().splitlines()
    met = {(method, path) for method, path, status in map(str.split, lines) if int(status) < 300}
    assert {(m.upper(), path) for m, path, _, _ in Contract().routes} - met == set()
