"""An Application that no server of a test uses, for tests of the class itself."""

from __future__ import annotations

from sqlalchemy.orm import DeclarativeBase

from pyramid_oauth.models import AbstractApplication


class Base(DeclarativeBase):
    """A base of its own."""


class Application(AbstractApplication, Base):
    """The Application as the mixin alone makes it."""
