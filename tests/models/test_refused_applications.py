"""Values of applications that are refused in every way of saving."""

from __future__ import annotations

import pytest

from pyramid_oauth.config.build import declared
from pyramid_oauth.errors import FieldErrors

Application = declared(
    {"pyramid_oauth.issuer": "https://as.example"}
).models.Application

LOOPBACK = "http://127.0.0.1/cb"


def validation_errors(**values):
    values = {"redirect_uris": "https://a.example/cb", "client_secret": None, **values}
    try:
        Application(**values).validate()
    except FieldErrors as error:
        return error.errors
    return {}


@pytest.mark.parametrize("name", ["state", "code", "iss", "error", "response"])
def test_a_redirect_uri_with_a_member_of_the_response_is_refused(name):
    messages = validation_errors(redirect_uris=f"https://a.example/cb?a=b&{name}=")
    assert f"must not have {name} in it" in str(messages["redirect_uris"])
    assert "redirect_uris" not in validation_errors(
        redirect_uris="https://a.example/cb?a=b"
    )


@pytest.mark.parametrize("name", ["Bank\u202e", "a\nb", "a\u200bb"])
def test_a_name_with_hidden_characters_is_refused(name):
    assert "name" in validation_errors(name=name)
    assert "name" not in validation_errors(name="Bank Ltd.")


@pytest.mark.spec("RFC 8252", "8.6")
def test_a_public_client_on_a_loopback_redirect_cannot_skip_consent():
    public = {"client_type": "public", "token_endpoint_auth_method": "none"}
    trusted = {**public, "skip_authorization": True}
    assert "skip_authorization" in validation_errors(**trusted, redirect_uris=LOOPBACK)
    assert "skip_authorization" not in validation_errors(**trusted)
    assert "skip_authorization" not in validation_errors(
        **public, redirect_uris=LOOPBACK
    )
