"""The examples of the documentation, executed."""

from __future__ import annotations

import pytest
from pyramid.config import Configurator
from pyramid.session import SignedCookieSessionFactory

from pyramid_oauth.errors import ConfigurationError, FieldErrors
from pyramid_oauth.models import AbstractApplication
from pyramid_oauth.server import SERVER
from tests.support.documented import example
from tests.support.secret import SECRET

SETTINGS = {
    "pyramid_oauth.issuer": "https://as.example/oauth",
    "pyramid_oauth.scopes": "read",
    "pyramid_oauth.default_scopes": "read",
    "pyramid_oauth.secret": SECRET,
}


def test_the_application_class_of_the_example_is_used_everywhere():
    module = example("swapping")
    config = Configurator(settings={**SETTINGS, "pyramid_oauth.prefix": "/oauth"})
    config.set_session_factory(SignedCookieSessionFactory("x" * 32))
    config.include(module.includeme)
    config.commit()
    models = config.registry[SERVER].models
    assert models.Application is module.MyApplication
    assert {table.name for table in models.tables} >= {"clients", "oauth_grant"}
    assert models.Grant.metadata is module.Base.metadata
    with pytest.raises(FieldErrors) as raised:
        models.Application(authorization_grant_type="client_credentials").validate()
    assert "agree" in raised.value.errors


@pytest.mark.parametrize(
    ("factory", "message"),
    [
        ("nowhere.models.Application", "cannot import"),
        ("builtins.dict", "is not an AbstractApplication"),
        (AbstractApplication, "is not mapped"),
    ],
)
def test_an_unsuitable_class_stops_the_start_with_a_remedy(factory, message):
    config = Configurator(settings={**SETTINGS, "pyramid_oauth.prefix": "/oauth"})
    config.set_session_factory(SignedCookieSessionFactory("x" * 32))
    config.include("pyramid_oauth")
    config.set_oauth_application_factory(factory)
    with pytest.raises(ConfigurationError, match=message):
        config.commit()


def test_a_misspelled_setting_stops_the_start_and_suggests_the_name():
    config = Configurator(settings={**SETTINGS, "pyramid_oauth.isuer": "x"})
    config.include("pyramid_oauth")
    with pytest.raises(ConfigurationError, match=r"did you mean pyramid_oauth\.issuer"):
        config.commit()
