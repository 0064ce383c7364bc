"""A host whose Application class is named by a directive."""

from __future__ import annotations

from pyramid.config import Configurator
from sqlalchemy import MetaData
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from pyramid_oauth.models import AbstractApplication

SERVER = "/oauth"
INI = ""
CLIENT = {"logo": "/static/shop.png", "agree": True}


class Base(DeclarativeBase):
    """The declarative base of the host, with a naming convention."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_label)s",
            "uq": "uq_%(table_name)s_%(column_0_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class MyApplication(AbstractApplication, Base):
    """A client that has to agree to the host's terms."""

    logo: Mapped[str | None]
    agree: Mapped[bool] = mapped_column(default=False)

    @property
    def is_usable(self):
        return super().is_usable and self.agree


def main(global_config, **settings):
    with Configurator(settings=settings) as config:
        config.include("tests.hosts.database")
        config.include("tests.hosts.people")
        config.include("pyramid_oauth")
        config.set_oauth_application_factory(MyApplication)
        config.add_oauth_server("/oauth")
        config.include("tests.hosts.api")
        return config.make_wsgi_app()
