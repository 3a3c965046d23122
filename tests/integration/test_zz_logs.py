"""The last tests of a run: the logs hold no secret."""
import pytest

from mita.logs import forbidden_in_logs, lines_that_are_no_json


@pytest.mark.last
def test_no_log_holds_a_password_token_or_address(stack):
    assert forbidden_in_logs(stack) == []


@pytest.mark.last
def test_every_log_line_is_one_json_object(stack):
    assert lines_that_are_no_json(stack) == []
