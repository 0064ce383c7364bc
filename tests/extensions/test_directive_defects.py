"""Regressions of directives: steps, models and token classes of a host."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlsplit

import pytest
from oauthlib.oauth2.rfc6749.errors import AccessDeniedError
from sqlalchemy import JSON
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from docs.examples.tenants import AbstractVoucher
from pyramid_oauth.errors import ConfigurationError
from pyramid_oauth.models import AbstractAccessToken
from tests.support.host import (
    Host,
    authorize_client,
    build_authorization_request,
    parse_redirect,
    request_client_token,
)
from tests.support.provider import IMPLICIT, NONCE, log_in_browser

TENANTS = "docs.examples.tenants"
THUMBPRINT = {"jkt": "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"}


class Base(DeclarativeBase):
    """The declarative base of a host."""


class BoundToken(AbstractAccessToken, Base):
    __tablename__ = "bound_token"

    id: Mapped[int] = mapped_column(primary_key=True)
    cnf: Mapped[dict | None] = mapped_column(JSON)


class CompanyVoucher(AbstractVoucher, Base):
    __tablename__ = "company_voucher"


class Bind:
    """Binds every token to a key."""

    def build(self, request, draft):
        draft.token_type = "DPoP"
        draft.claims["cnf"] = THUMBPRINT
        draft.response["grant"] = draft.grant_type


def refuse(authorization):
    raise AccessDeniedError(description="Not today.")


def request_code(host):
    """The authorization response to a valid request."""
    host.register_client()
    browser = host.browser()
    browser.get("/login?name=alice")
    return parse_redirect(
        browser.get("/oauth/authorize", build_authorization_request(), status=303)
    )


def test_a_step_without_a_place_runs(new_host):
    host = new_host(lambda config: config.add_oauth_authorize_step("refuse", refuse))
    assert request_code(host)["error_description"] == "Not today."


@pytest.mark.parametrize("place", ["before", "after"])
def test_a_step_may_name_a_step_of_an_absent_extension(new_host, place):
    def configure(config):
        order = {place: "load_request_object"}
        config.add_oauth_authorize_step("refuse", refuse, **order)

    host = new_host(configure, extensions="pkce")
    assert request_code(host)["error_description"] == "Not today."


@pytest.mark.filterwarnings("ignore::pyramid_oauth.errors.InsecureSettingWarning")
def test_a_token_step_runs_in_the_hybrid_flow(new_provider):
    provider = new_provider(
        lambda config: config.add_oauth_token_step("bind", Bind), **IMPLICIT
    )
    provider.register_client(
        authorization_grant_type="authorization_code implicit",
        client_metadata={"response_types": ["code token"]},
    )
    answer = authorize_client(
        log_in_browser(provider),
        response_type="code token",
        scope="openid",
        nonce=NONCE,
    )
    members = dict(parse_qsl(urlsplit(answer.location).fragment))
    assert (members["token_type"], members["grant"]) == ("DPoP", "implicit")


@pytest.mark.parametrize("source", ["setting", "directive"])
def test_a_host_class_replaces_the_model_of_an_extension(database_url, source):
    def configure(config):
        config.include(TENANTS)
        if source == "directive":
            config.set_oauth_models(Voucher=CompanyVoucher)

    dotted_name = f"{__name__}.CompanyVoucher"
    settings = {"voucher_factory": dotted_name} if source == "setting" else {}
    host = Host(database_url, configure, tenants="acme", **settings)
    assert host.models.Voucher is CompanyVoucher
    assert host.models.Application.metadata is Base.metadata
    host.engine.dispose()


def test_an_unknown_model_is_reported_with_the_known_ones():
    def configure(config):
        config.include(TENANTS)
        config.set_oauth_models(Vuocher=CompanyVoucher)

    with pytest.raises(ConfigurationError, match=r"unknown model Vuocher; .*, Voucher"):
        Host("sqlite://", configure, tenants="acme")


def test_a_sender_constrained_token_has_the_same_confirmation_everywhere(database_url):
    host = Host(
        database_url,
        lambda config: config.add_oauth_token_step("bind", Bind),
        access_token_factory=f"{__name__}.BoundToken",
    )
    client = host.register_client()
    tokens = request_client_token(host, client).json
    form = {"token": tokens["access_token"], **client}
    introspection = host.browser().post("/oauth/introspect", form).json
    assert tokens["token_type"] == introspection["token_type"] == "DPoP"
    assert introspection["cnf"] == THUMBPRINT
    host.engine.dispose()
