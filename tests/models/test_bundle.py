"""Several applications of one process on one declarative base."""

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
    """The base of a host that is started several times, as in a test suite."""


class HostApplication(AbstractApplication, Base):
    """A host's Application."""


def test_a_second_application_on_one_base_uses_the_same_classes() -> None:
    settings = {"pyramid_oauth.application_factory": HostApplication}
    first = {table.name for table in declared(settings).models.tables}
    gc.collect()

    second = declared(settings).models

    assert {table.name for table in second.tables} == first
    assert second.Grant is declared(settings).models.Grant


def test_a_host_class_that_failed_to_map_does_not_block_a_later_start() -> None:
    class OtherBase(DeclarativeBase):
        """Another base, on which one attempt fails."""

    class HostClient(AbstractApplication, OtherBase):
        """The Application of this base."""

    with pytest.raises(InvalidRequestError, match="already defined") as failed:
        type(
            "Twice",
            (AbstractThrottle, OtherBase),
            {"__tablename__": HostClient.__tablename__},
        )

    models = declared({"pyramid_oauth.application_factory": HostClient}).models

    assert models.Application is HostClient
    assert failed.value is not None  # its traceback keeps the class until here


def test_two_applications_that_start_at_once_share_their_classes() -> None:
    class Shared(DeclarativeBase):
        """The base of both."""

    class HostClient(AbstractApplication, Shared):
        """Their Application."""

    settings, barrier = {"pyramid_oauth.application_factory": HostClient}, Barrier(4)

    def complete(_: int) -> Models:
        barrier.wait()
        return declared(settings).models

    with ThreadPoolExecutor(4) as pool:
        bundles = list(pool.map(complete, range(4)))
    assert len({models.InitialAccessToken for models in bundles}) == 1


def test_no_metadata_has_the_table_of_an_extension_that_is_left_out() -> None:
    all_models = declared({}).models
    fewer_models = declared({"pyramid_oauth.extensions": "pkce revocation"}).models

    assert "initial_access_token" in str([*all_models.metadata.tables])
    assert {table.name for table in fewer_models.tables} == {
        *fewer_models.metadata.tables
    }
    engine = create_engine("sqlite://")
    fewer_models.metadata.create_all(engine)
    created = set(inspect(engine).get_table_names())
    assert created == {table.name for table in fewer_models.tables}
    assert created < {table.name for table in all_models.tables}


def test_applications_with_the_same_extensions_share_their_classes() -> None:
    settings = {"pyramid_oauth.extensions": "pkce registration"}

    assert declared(settings).models.Grant is declared(settings).models.Grant
