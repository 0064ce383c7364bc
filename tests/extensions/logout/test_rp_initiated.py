"""Logout requests of clients (OpenID Connect RP-Initiated Logout)."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import timedelta

import jwt
import pytest
from sqlalchemy.orm import Session

from pyramid_oauth import clock
from pyramid_oauth.cleanup import purge
from tests.support.host import Host, call_api, parse_query
from tests.support.provider import OTHER_POST_LOGOUT_URI, POST_LOGOUT_URI

SPEC = "OpenID Connect RP-Initiated Logout"
METHODS = pytest.mark.parametrize("method", ["get", "post"])


def asks_for_confirmation(answer):
    return "oauth-logout" in answer.forms


def is_logged_out_page(answer):
    return answer.status_int == 200 and 'id="oauth-logged-out"' in answer.text


@pytest.mark.spec(SPEC, "2")
@METHODS
def test_a_request_with_a_valid_hint_logs_out_and_redirects_to_the_client(
    logged_in_alice, hint, method
):
    answer = logged_in_alice.end_session(
        method,
        id_token_hint=hint,
        post_logout_redirect_uri=POST_LOGOUT_URI,
        state="s t/ä&",
    )
    assert answer.status_int == 303
    assert answer.location.startswith(f"{POST_LOGOUT_URI}?")
    assert parse_query(answer.location) == {"state": "s t/ä&"}
    assert logged_in_alice.name == "nobody"


@pytest.mark.spec(SPEC, "2")
def test_a_request_without_state_gets_none_back(logged_in_alice, hint):
    answer = logged_in_alice.end_session(
        id_token_hint=hint, post_logout_redirect_uri=POST_LOGOUT_URI
    )
    assert answer.location == POST_LOGOUT_URI


@pytest.mark.spec(SPEC, "3")
def test_the_query_of_a_registered_uri_is_kept(logged_in_alice):
    hint = logged_in_alice.log_in_at_client("other")["id_token"]
    answer = logged_in_alice.end_session(
        id_token_hint=hint, post_logout_redirect_uri=OTHER_POST_LOGOUT_URI, state="1"
    )
    assert answer.location == f"{OTHER_POST_LOGOUT_URI}&state=1"


@pytest.mark.spec(SPEC, "2")
def test_without_a_redirect_uri_a_page_confirms_the_logout(logged_in_alice, hint):
    assert is_logged_out_page(
        logged_in_alice.end_session(id_token_hint=hint, state="1")
    )
    assert logged_in_alice.name == "nobody"


@pytest.mark.spec(SPEC, "2")
def test_after_a_logout_prompt_none_is_login_required(
    logged_in_alice, hint, two_client_provider
):
    logged_in_alice.end_session(id_token_hint=hint)
    parameters = {"scope": "openid", "prompt": "none"}
    with pytest.raises(KeyError):
        logged_in_alice.log_in_at_client(**parameters)
    assert logged_in_alice.answer["error"] == "login_required"


@pytest.mark.spec(SPEC, "4")
@METHODS
def test_a_logout_may_be_requested_twice(logged_in_alice, hint, method):
    parameters = {
        "id_token_hint": hint,
        "post_logout_redirect_uri": POST_LOGOUT_URI,
        "state": "1",
    }
    first = logged_in_alice.end_session(**parameters)
    second = logged_in_alice.end_session(method, **parameters)
    if method == "post":
        # A form of another site comes without the session; the browser posts it again.
        assert second.location is None, "the hint is in no URL"
        second = second.forms["oauth-form-post"].submit()
    assert (second.status_int, second.location) == (303, first.location)


@pytest.mark.spec(SPEC, "2")
def test_an_expired_hint_is_accepted(logged_in_alice, hint):
    with clock.frozen() as time:
        time.advance(90 * 86400)
        answer = logged_in_alice.end_session(
            id_token_hint=hint, post_logout_redirect_uri=POST_LOGOUT_URI
        )
    assert answer.location == POST_LOGOUT_URI


@pytest.mark.spec(SPEC, "2")
def test_a_hint_signed_by_a_retired_key_is_accepted(
    logged_in_alice, hint, two_client_provider
):
    with two_client_provider.keys() as store:
        store.rotate_at_once("RS256")
        for record in store.records():
            if record.state == "retiring":
                store.retire(record.kid)
    answer = logged_in_alice.end_session(
        id_token_hint=hint, post_logout_redirect_uri=POST_LOGOUT_URI
    )
    assert answer.location == POST_LOGOUT_URI


@pytest.mark.spec(SPEC, "4")
def test_a_hint_signed_by_a_purged_key_needs_confirmation(
    logged_in_alice, hint, two_client_provider
):
    kid = jwt.get_unverified_header(hint)["kid"]
    with two_client_provider.keys() as store:
        store.rotate_at_once("RS256")
        record = store.get(kid)
        record.state, record.sealed = "retired", None
        record.retired_at = clock.now() - timedelta(days=401)

    @contextmanager
    def transaction():
        with Session(two_client_provider.engine) as session:
            yield session
            session.commit()

    purged_rows = {
        batch.name: batch.rows
        for batch in purge(
            transaction, two_client_provider.models, two_client_provider.server.settings
        )
    }
    assert purged_rows["retired keys"] == 1
    two_client_provider.server.ring.expire()
    answer = logged_in_alice.end_session(
        id_token_hint=hint, post_logout_redirect_uri=POST_LOGOUT_URI
    )
    assert answer.status_int == 400
    assert asks_for_confirmation(answer)
    with pytest.raises(KeyError):
        logged_in_alice.log_in_at_client(id_token_hint=hint)
    assert logged_in_alice.answer["error"] == "invalid_request"


@pytest.mark.spec(SPEC, "2")
def test_a_hint_encrypted_with_the_client_secret_needs_the_client_id(
    two_client_provider, logged_in_alice
):
    secret = two_client_provider.web["client_secret"]
    two_client_provider.update_application(
        sealed_client_secret=two_client_provider.server.secret_seal.seal(
            secret.encode()
        ),
        client_metadata={
            "id_token_encrypted_response_alg": "dir",
            "id_token_encrypted_response_enc": "A128CBC-HS256",
        },
    )
    hint = logged_in_alice.log_in_at_client()["id_token"]
    assert hint.count(".") == 4
    assert logged_in_alice.end_session(id_token_hint=hint).status_int == 400
    answer = logged_in_alice.end_session(
        id_token_hint=hint, client_id="other", post_logout_redirect_uri=POST_LOGOUT_URI
    )
    assert answer.status_int == 400
    answer = logged_in_alice.end_session(
        id_token_hint=hint, client_id="web", post_logout_redirect_uri=POST_LOGOUT_URI
    )
    assert answer.location == POST_LOGOUT_URI


@pytest.mark.spec(SPEC, "3")
def test_without_a_session_a_client_id_alone_does_not_redirect(two_client_provider):
    parameters = {
        "client_id": "web",
        "post_logout_redirect_uri": POST_LOGOUT_URI,
        "state": "1",
    }
    page = two_client_provider.browser().get(
        "/oauth/end_session", parameters, status=200
    )
    assert page.html.find(id="oauth-continue")["href"] == f"{POST_LOGOUT_URI}?state=1"
    assert "client.example" in page.html.find(id="oauth-continue").text
    assert page.html.find("meta", {"http-equiv": "refresh"}) is None
    assert page.html.find("script") is None


def tamper(token):
    head, body, signature = token.split(".")
    return f"{head}.{body}.{signature[::-1]}"


@pytest.mark.spec(SPEC, "3")
@pytest.mark.spec(SPEC, "4")
@pytest.mark.parametrize(
    "change",
    [
        {"post_logout_redirect_uri": "https://evil.example/"},
        {"post_logout_redirect_uri": f"{POST_LOGOUT_URI}?added=1"},
        {"post_logout_redirect_uri": f"{POST_LOGOUT_URI}/"},
        {"post_logout_redirect_uri": OTHER_POST_LOGOUT_URI},
        {"id_token_hint": tamper},
        {"id_token_hint": lambda token: "garbage"},
        {"client_id": "other"},
        {"client_id": "unknown"},
        # The hint is of `web`: what fits another client only is no better together.
        {"client_id": "other", "post_logout_redirect_uri": OTHER_POST_LOGOUT_URI},
        {"id_token_hint": tamper, "client_id": "web"},
        {"id_token_hint": tamper, "post_logout_redirect_uri": "https://evil.example/"},
    ],
)
def test_an_invalid_request_never_redirects(logged_in_alice, hint, change):
    parameters = {
        "id_token_hint": hint,
        "post_logout_redirect_uri": POST_LOGOUT_URI,
        "state": "1",
    }
    change = {
        name: value(parameters[name]) if callable(value) else value
        for name, value in change.items()
    }
    answer = logged_in_alice.end_session(**{**parameters, **change})
    assert answer.status_int == 400
    assert 'id="oauth-error-code"' in answer.text
    assert logged_in_alice.name == "alice"
    response = answer.forms["oauth-logout"].submit("decision", value="logout")
    assert is_logged_out_page(response)
    second = logged_in_alice.end_session(**{**parameters, **change})
    assert second.status_int == 400
    assert second.forms == {}


@pytest.mark.parametrize("method", ["HEAD", "PUT", "DELETE", "OPTIONS"])
def test_other_methods_are_refused(logged_in_alice, hint, method):
    answer = logged_in_alice.browser.request(
        f"/oauth/end_session?id_token_hint={hint}", method=method, expect_errors=True
    )
    assert (answer.status_int, answer.headers["Allow"]) == (405, "GET, POST")
    assert logged_in_alice.name == "alice"


@pytest.mark.spec(SPEC, "2.1")
def test_the_metadata_advertises_the_end_session_endpoint(two_client_provider):
    document = two_client_provider.discovery()
    assert document["end_session_endpoint"] == "https://as.example/oauth/end_session"


def test_without_openid_there_is_no_end_session_endpoint(tables_url):
    host = Host(tables_url)
    host.browser().get("/oauth/end_session", status=404)
    document = host.browser().get("/.well-known/oauth-authorization-server/oauth").json
    assert "end_session_endpoint" not in document
    host.engine.dispose()


def test_a_bearer_token_does_not_end_a_session(
    logged_in_alice, hint, two_client_provider
):
    token = logged_in_alice.log_in_at_client()["access_token"]
    answer = two_client_provider.browser().get(
        "/oauth/end_session",
        {"id_token_hint": hint},
        headers={"Authorization": f"Bearer {token}"},
        expect_errors=True,
    )
    assert answer.status_int == 400
    assert call_api(two_client_provider, token) != 401
    assert logged_in_alice.name == "alice"
