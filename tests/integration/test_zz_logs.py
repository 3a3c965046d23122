"""The last tests of a run: the logs hold no secret, and the suite has met the whole contract."""
import pytest

from mita.logs import forbidden_in_logs, lines_that_are_no_json


@pytest.mark.last
def test_no_log_holds_a_password_token_or_address(stack):
    assert forbidden_in_logs(stack) == []


@pytest.mark.last
def test_every_log_line_is_one_json_object(stack):
    assert lines_that_are_no_json(stack) == []


@pytest.mark.last
def test_every_operation_of_the_contract_was_met_with_success(stack, request):
    if len(request.session.items) < 300:
        pytest.skip("says something about the whole suite only")
    met = {(method, path) for method, path, status in stack.contract.seen if status < 300}
    assert {(m.upper(), path) for m, path, _, _ in stack.contract.routes} - met == set()
