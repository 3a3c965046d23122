"""The last test of a run: whatever failed above, no secret reached a log."""
import pytest

from mita.logs import forbidden_in_logs


@pytest.mark.last
def test_no_log_holds_a_secret_after_all_the_faults(stack):
    assert forbidden_in_logs(stack) == []
