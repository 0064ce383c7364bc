"""Model classes named by a directive or a setting."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from pyramid.exceptions import ConfigurationExecutionError
from sqlalchemy.orm import DeclarativeBase

from pyramid_oauth.config.build import declared
from pyramid_oauth.errors import ConfigurationError
from pyramid_oauth.models import AbstractAccessToken, AbstractApplication
from tests.support.models import Application

START_ERRORS = (ConfigurationError, ConfigurationExecutionError)


class Base(DeclarativeBase):
    pass


class Client(AbstractApplication, Base):
    __tablename__ = "client"


class Token(AbstractAccessToken, Base):
    __tablename__ = "token"


def test_classes_named_by_the_directive_are_used() -> None:
    def include(config: Any) -> None:
        config.set_oauth_models(Application=Client, AccessToken=Token)

    models = declared({}, include).models

    assert (models.Application, models.AccessToken) == (Client, Token)
    assert models.Grant.metadata is Base.metadata


def test_a_class_for_an_unknown_model_stops_the_start() -> None:
    def include(config: Any) -> None:
        config.set_oauth_models(Aplication=Client)

    with pytest.raises(
        START_ERRORS, match="unknown model Aplication; the models are App"
    ):
        declared({}, include)


def test_two_classes_of_one_model_stop_the_start() -> None:
    class Other(DeclarativeBase):
        pass

    class Shop(AbstractApplication, Other):
        __tablename__ = "shop"

    class First(AbstractAccessToken, Other):
        __tablename__ = "first"

    class Second(AbstractAccessToken, Other):
        __tablename__ = "second"

    settings = {"pyramid_oauth.application_factory": Shop}
    with pytest.raises(
        START_ERRORS, match=r"several classes are mapped.*: First, Second"
    ):
        declared(settings)
    settings["pyramid_oauth.access_token_factory"] = Second
    assert declared(settings).models.AccessToken is Second


def test_a_client_secret_is_never_stored_in_clear() -> None:
    with pytest.raises(ValueError, match="client_secret must be a digest"):
        Application(client_secret="correct horse battery")


def test_a_lifetime_may_be_a_timedelta() -> None:
    application = Application(access_token_lifetime=timedelta(minutes=2))
    assert application.access_token_lifetime == 120
