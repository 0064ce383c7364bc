"""A host with its own models and database."""

from __future__ import annotations

from typing import Any

from pyramid.config import Configurator
from pyramid.session import SignedCookieSessionFactory
from sqlalchemy import String, create_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column
from sqlalchemy.pool import NullPool
from zope.sqlalchemy import register

from pyramid_oauth.events import OAuthEvent
from pyramid_oauth.models import AbstractApplication
from tests.support.secret import SECRET

INI = """
[app:main]
paste.app_factory = tests.scripts.shop:main
sqlalchemy.url = {url}
pyramid_oauth.issuer = https://shop.example.org/oauth
pyramid_oauth.prefix = /oauth
pyramid_oauth.secret = @SECRET@
pyramid_oauth.application_factory = tests.scripts.shop.ShopApplication
pyramid_oauth.scopes = read
{more}
""".replace("@SECRET@", SECRET)
RECEIVED_EVENTS: list[OAuthEvent] = []
"""The events that the shop received, in order."""


class Base(DeclarativeBase):
    """The declarative base of the shop."""


class ShopApplication(AbstractApplication, Base):
    __tablename__ = "shop_application"

    logo: Mapped[str | None] = mapped_column(String(200))
    stars: Mapped[int] = mapped_column(default=3)
    agree: Mapped[bool] = mapped_column(default=False)

    def field_errors(self, *args: Any) -> dict[str, list[str]]:
        errors = super().field_errors(*args)
        if self.stars > 5:
            errors.setdefault("stars", []).append("five at most")
        return errors


def main(global_config: dict[str, str], **settings: str) -> Any:
    managed = settings.pop("shop.managed", "yes") == "yes"
    engine = create_engine(settings["sqlalchemy.url"], poolclass=NullPool)
    config = Configurator(settings=settings)
    if managed:
        config.include("pyramid_tm")

    def database(request: Any) -> Session:
        session = Session(engine)
        if managed:
            register(session, transaction_manager=request.tm)
        request.add_finished_callback(lambda _: session.close())
        return session

    config.add_request_method(database, "dbsession", reify=True)
    config.set_session_factory(SignedCookieSessionFactory("a secret of the shop"))
    config.add_subscriber(RECEIVED_EVENTS.append, OAuthEvent)
    config.include("pyramid_oauth")
    return config.make_wsgi_app()


def plain(global_config: dict[str, str], **settings: str) -> Any:
    """An application that does not include the package."""
    return Configurator(settings=settings).make_wsgi_app()
