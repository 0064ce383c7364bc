"""A site on whose pages users register their applications."""

from pyramid.authorization import ACLHelper, Authenticated, Everyone
from sqlalchemy import String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from pyramid_oauth.models import AbstractApplication
from pyramid_oauth.models.application_validation import STRICT, ApplicationRules
from pyramid_oauth.typing import OAuthConfigurator, OAuthRequest


class Base(DeclarativeBase):
    """The site's declarative base."""


class SiteApplication(AbstractApplication, Base):
    """An application whose owner has agreed to the terms of the site."""

    __tablename__ = "site_applications"

    logo: Mapped[str | None] = mapped_column(
        String(500), info={"format": "url", "client_metadata": "logo_uri"}
    )
    agree: Mapped[bool] = mapped_column(
        default=False, info={"label": "I agree to the terms of this site"}
    )
    partner: Mapped[bool] = mapped_column(
        default=False, info={"set_by": "administrator"}
    )

    def field_errors(self, rules: ApplicationRules = STRICT) -> dict[str, list[str]]:
        errors = super().field_errors(rules)
        if not self.agree:
            errors.setdefault("agree", []).append("Please agree to the terms.")
        return errors


class SitePolicy:
    """The security policy of the site: the user and the groups are in the session."""

    def identity(self, request: OAuthRequest) -> str | None:
        user: str | None = request.session.get("user")
        return user

    authenticated_userid = identity

    def permits(
        self, request: OAuthRequest, context: object, permission: str
    ) -> object:
        principals = [Everyone]
        if self.identity(request) is not None:
            groups = request.session.get("groups", [])
            principals += [Authenticated, *(f"group:{name}" for name in groups)]
        return ACLHelper().permits(context, principals, permission)

    def remember(
        self, request: OAuthRequest, userid: str, **kw: object
    ) -> list[tuple[str, str]]:
        request.session["user"] = userid
        return []

    def forget(self, request: OAuthRequest, **kw: object) -> list[tuple[str, str]]:
        request.session.invalidate()
        return []


def includeme(config: OAuthConfigurator) -> None:
    config.set_security_policy(SitePolicy())
    config.include("pyramid_oauth")
    config.include("pyramid_oauth.extensions.applications")
    config.set_oauth_application_factory(SiteApplication)
