"""An Application with a logo and an accepted agreement, on the host's own base."""

from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from pyramid_oauth.models import AbstractApplication
from pyramid_oauth.models.application_validation import STRICT, ApplicationRules
from pyramid_oauth.typing import OAuthConfigurator


class Base(DeclarativeBase):
    """The host's declarative base."""


class User(Base):
    """A user of ours."""

    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)


class MyApplication(AbstractApplication, Base):
    """A client of ours."""

    __tablename__ = "clients"

    logo: Mapped[str | None]
    agree: Mapped[bool] = mapped_column(default=False)

    @property
    def is_usable(self) -> bool:
        return super().is_usable and self.agree

    def field_errors(self, rules: ApplicationRules = STRICT) -> dict[str, list[str]]:
        errors = super().field_errors(rules)
        if not self.agree:
            errors.setdefault("agree", []).append("must be accepted")
        return errors


def includeme(config: OAuthConfigurator) -> None:
    config.include("pyramid_oauth")
    config.set_oauth_application_factory(MyApplication)
