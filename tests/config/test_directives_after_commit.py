"""A directive after the commit that built the server takes effect, or says why not."""

from __future__ import annotations

import pytest
from pyramid.config import Configurator
from pyramid.security import NO_PERMISSION_REQUIRED
from pyramid.session import SignedCookieSessionFactory
from webtest import TestApp

from pyramid_oauth.errors import ConfigurationError
from pyramid_oauth.resource import TokenIdentity
from pyramid_oauth.settings import Section
from tests.config.test_directives import Hello, configure_host, hello
from tests.support.secret import SECRET

ISSUER = {
    "pyramid_oauth.issuer": "https://as.example/oauth",
    "pyramid_oauth.secret": SECRET,
}


def accept_all(request, token):
    return TokenIdentity(client_id="client")


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("add_oauth_grant", ("urn:example:grant", lambda *parts: None)),
        ("add_oauth_server", ("/elsewhere",)),
        ("add_oauth_scope", ("photos", "See photos")),
        ("set_oauth_token_verifier", (accept_all,)),
        ("add_oauth_protected_resource", ("https://api.example/photos",)),
        ("add_oauth_settings", (Section,)),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_directive_is_refused_where_it_would_have_no_effect(name, arguments):
    config = configure_host()
    config.commit()

    expected = rf"{name} was called after config\.commit\(\).*before the first commit"
    with pytest.raises(ConfigurationError, match=expected):
        getattr(config, name)(*arguments)


def test_a_commit_before_the_include_changes_nothing():
    config = Configurator()
    config.commit()
    config.add_settings(ISSUER)
    config.include("pyramid_oauth")

    config.add_oauth_scope("photos", "See photos")
    config.add_oauth_server("/oauth")
    config.set_session_factory(SignedCookieSessionFactory("x" * 32))

    document = "/.well-known/oauth-authorization-server/oauth"
    supported = TestApp(config.make_wsgi_app()).get(document).json["scopes_supported"]
    assert "photos" in supported


def test_a_view_may_be_added_at_any_time():
    config = configure_host(prefix="/oauth")
    config.add_oauth_endpoint("hello", Hello)
    config.commit()

    config.add_oauth_view(hello, Hello, permission=NO_PERMISSION_REQUIRED)

    assert TestApp(config.make_wsgi_app()).get("/oauth/hello").text == "hello"
