"""A process makes several applications on one declarative base, one after another."""

from __future__ import annotations

import gc

from sqlalchemy.orm import DeclarativeBase

from pyramid_oauth.models import AbstractApplication, Models
from pyramid_oauth.settings import Settings


class Base(DeclarativeBase):
    """A host's base, as a test suite that starts the host many times uses it."""


class HostApplication(AbstractApplication, Base):
    """A host's Application."""


def test_the_same_classes_after_the_first_application_is_gone() -> None:
    settings = Settings(application_factory=HostApplication)
    first = {table.name for table in Models.complete(settings).tables}
    gc.collect()

    again = Models.complete(settings)

    assert {table.name for table in again.tables} == first
    assert again.Grant is Models.complete(settings).Grant
