"""A host whose Application class is named in the ini."""

from __future__ import annotations

from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from pyramid_oauth.models import AbstractApplication
from tests.hosts import plain

SERVER = "/oauth"
INI = """
pyramid_oauth.prefix = /oauth
pyramid_oauth.application_factory = tests.hosts.application_by_ini.MyApplication
"""
CLIENT = {"logo": "/static/shop.png", "agree": True}


class Base(DeclarativeBase):
    """The declarative base of the host."""


class Article(Base):
    """A table of the host."""

    __tablename__ = "article"

    id: Mapped[int] = mapped_column(primary_key=True)


class MyApplication(AbstractApplication, Base):
    """A client that has to agree to the host's terms."""

    __tablename__ = "my_application"

    logo: Mapped[str | None]
    agree: Mapped[bool] = mapped_column(default=False)

    @property
    def is_usable(self):
        return super().is_usable and self.agree


main = plain.main
