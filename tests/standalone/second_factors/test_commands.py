"""`pyramid-oauth user factors`: list and remove the factors of a user."""

from __future__ import annotations

import pytest

from tests.standalone.conftest import log_in
from tests.standalone.second_factors.conftest import (
    add_app,
    add_passkey,
    is_logged_in,
    make_recovery_codes,
    new_browser,
)


@pytest.fixture
def alice_with_factors(two_step_site, authenticator):
    """The browser of alice, who has an app, a passkey and recovery codes."""
    log_in(two_step_site)
    add_app(two_step_site)
    add_passkey(two_step_site, authenticator, name="Phone")
    make_recovery_codes(two_step_site)
    return two_step_site


def test_the_list_shows_no_secret(alice_with_factors, two_step_ini, run, run_json):
    listed = run_json("user", "factors", "list", two_step_ini, "alice")
    assert [item["name"] for item in listed["factors"]] == ["Phone", "app"]
    assert set(listed["factors"][0]) == {"id", "name", "created_at", "last_used_at"}
    assert listed["recovery_codes"] == 10
    shown = run("user", "factors", "list", two_step_ini, "alice").stdout
    assert "10 recovery codes are left" in shown


def test_removing_all_lets_the_user_log_in_by_password(
    alice_with_factors, two_step_ini, run
):
    run("user", "factors", "remove", two_step_ini, "alice", "app")
    answer = log_in(new_browser(alice_with_factors))
    assert "/login/second-step" in answer.location
    run("user", "factors", "remove", two_step_ini, "alice")
    assert not is_logged_in(alice_with_factors)
    assert log_in(new_browser(alice_with_factors)).location == "/"


def test_an_unknown_factor_or_user_is_named(alice_with_factors, two_step_ini, run):
    answer = run("user", "factors", "remove", two_step_ini, "alice", "x", code=1)
    assert "no factor 'x'" in answer.stderr
    answer = run("user", "factors", "list", two_step_ini, "nobody", code=1)
    assert "no user 'nobody'" in answer.stderr
