"""A process makes several applications on one declarative base, one after another."""

from __future__ import annotations

import gc
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy import create_engine, inspect
from sqlalchemy.exc import InvalidRequestError
from sqlalchemy.orm import DeclarativeBase

from pyramid_oauth.config.build import declared
from pyramid_oauth.models import AbstractApplication, Models
from pyramid_oauth.repositories.rate_limits import AbstractThrottle


class Base(DeclarativeBase):
    """A host's base, as a test suite that starts the host many times uses it."""


class HostApplication(AbstractApplication, Base):
    """A host's Application."""


def test_a_second_application_on_one_base_uses_the_same_classes() -> None:
    settings = {"pyramid_oauth.application_factory": HostApplication}
    first = {table.name for table in declared(settings).models.tables}
    gc.collect()

    again = declared(settings).models

    assert {table.name for table in again.tables} == first
    assert again.Grant is declared(settings).models.Grant


def test_a_host_class_that_failed_to_map_does_not_block_a_later_start() -> None:
    class Elsewhere(DeclarativeBase):
        """Another base, on which one attempt fails."""

    class Client(AbstractApplication, Elsewhere):
        """The Application of this base."""

    with pytest.raises(InvalidRequestError, match="already defined") as failed:
        type(
            "Twice",
            (AbstractThrottle, Elsewhere),
            {"__tablename__": Client.__tablename__},
        )

    models = declared({"pyramid_oauth.application_factory": Client}).models

    assert models.Application is Client
    assert failed.value is not None  # its traceback keeps the class until here


def test_two_applications_that_start_at_once_share_their_classes() -> None:
    class Shared(DeclarativeBase):
        """The base of both."""

    class Client(AbstractApplication, Shared):
        """Their Application."""

    settings, barrier = {"pyramid_oauth.application_factory": Client}, Barrier(4)

    def complete(_: int) -> Models:
        barrier.wait()
        return declared(settings).models

    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(complete, range(4)))
    assert len({models.InitialAccessToken for models in made}) == 1


def test_no_metadata_has_the_table_of_an_extension_that_is_left_out() -> None:
    whole = declared({}).models
    small = declared({"pyramid_oauth.extensions": "pkce revocation"}).models

    assert "initial_access_token" in str([*whole.metadata.tables])
    assert {table.name for table in small.tables} == {*small.metadata.tables}
    engine = create_engine("sqlite://")
    small.metadata.create_all(engine)
    created = set(inspect(engine).get_table_names())
    assert created == {table.name for table in small.tables}
    assert created < {table.name for table in whole.tables}


def test_applications_with_the_same_extensions_share_their_classes() -> None:
    settings = {"pyramid_oauth.extensions": "pkce registration"}

    assert declared(settings).models.Grant is declared(settings).models.Grant
