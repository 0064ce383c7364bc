"""Steps that a host adds to the authorization endpoint (RFC 6749 section 4.1.1)."""

from __future__ import annotations

import pytest
from oauthlib.oauth2.rfc6749.errors import AccessDeniedError
from pyramid.exceptions import ConfigurationExecutionError
from sqlalchemy.orm import Session

from pyramid_oauth.config.authorize_steps import Phase
from tests.support.host import (
    authorize_client,
    build_authorization_request,
    parse_redirect,
)


def refuse(authorization):
    raise AccessDeniedError(description="Not today.")


def add_detail(authorization):
    authorization.details["ticket"] = "T-1"


def log_in(host):
    host.register_client()
    browser = host.browser()
    browser.get("/login?name=alice")
    return browser


@pytest.mark.parametrize("phase", list(Phase))
def test_a_step_registered_at_the_end_of_a_phase_runs(new_host, phase):
    host = new_host(
        lambda config: config.add_oauth_authorize_step("mine", refuse, phase=phase)
    )
    answer = authorize_client(log_in(host))
    assert parse_redirect(answer)["error_description"] == "Not today."


def test_a_place_relative_to_an_absent_step_is_no_error(new_host):
    def configure(config):
        config.add_oauth_authorize_step(
            "mine", refuse, phase=Phase.LOAD, before="load_request_object"
        )

    answer = log_in(new_host(configure)).get(
        "/oauth/authorize", build_authorization_request()
    )
    assert parse_redirect(answer)["error"] == "access_denied"


def test_a_step_runs_before_the_step_it_names(new_host):
    def configure(config):
        config.add_oauth_authorize_step("mine", refuse, before="check_values")

    browser = log_in(new_host(configure))
    answer = browser.get(
        "/oauth/authorize", build_authorization_request(approval_prompt="maybe")
    )
    assert parse_redirect(answer)["error_description"] == "Not today."


def test_steps_in_a_circle_stop_the_start(new_host):
    def configure(config):
        config.add_oauth_authorize_step("first", refuse, before="second")
        config.add_oauth_authorize_step("second", refuse, before="first")

    with pytest.raises(ConfigurationExecutionError, match="first, second"):
        new_host(configure)


def test_the_details_of_a_request_are_stored_with_the_grant_after_login_and_consent(
    new_host,
):
    host = new_host(lambda config: config.add_oauth_authorize_step("mine", add_detail))
    assert "code" in parse_redirect(authorize_client(log_in(host)))
    with Session(host.engine) as session:
        assert session.query(host.models.Grant).one().details == {"ticket": "T-1"}


def test_a_consent_decision_takes_one_query_for_the_consent(host, client, browser):
    page = browser.get("/oauth/authorize", build_authorization_request()).follow()
    statements = host.record_statements()
    page.forms["oauth-consent"].submit("decision", value="allow", status=303)
    consent_queries = [
        text for text in statements if "FROM oauth_application LEFT" in text
    ]
    assert len(consent_queries) == 1
