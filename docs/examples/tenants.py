"""Tenants: a specification of a host's own, in one module.

A token acts in one tenant. A person allows it at the authorization endpoint, a client
registers its default one, and a voucher is exchanged for a token in its tenant.
"""

import json
from base64 import urlsafe_b64encode
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from oauthlib.oauth2.rfc6749.errors import InvalidGrantError
from pyramid.response import Response
from sqlalchemy import ColumnElement, String, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from pyramid_oauth.accounts import Accounts
from pyramid_oauth.config.authorize_steps import Phase
from pyramid_oauth.config.consent_sources import ConsentItem, ConsentSource
from pyramid_oauth.endpoints.authorize.context import Authorization
from pyramid_oauth.errors import InvalidTarget
from pyramid_oauth.hashing import DIGEST_LENGTH, new_credential, sha256_digest
from pyramid_oauth.http.responses import see_other
from pyramid_oauth.http.urls import with_members
from pyramid_oauth.models import APPLICATION, Models, ModelSpec, UtcDateTime
from pyramid_oauth.models.client_metadata_fields import Field, text
from pyramid_oauth.protocol.grants.grant_type import Grant
from pyramid_oauth.protocol.request import OAuthRequest as TokenRequest
from pyramid_oauth.protocol.token_draft import TokenDraft
from pyramid_oauth.repositories.access_tokens import FoundAccessToken
from pyramid_oauth.resource import InvalidToken, TokenIdentity
from pyramid_oauth.settings import Section, setting
from pyramid_oauth.settings import converters as to
from pyramid_oauth.settings.checks import Check, Severity
from pyramid_oauth.typing import OAuthConfigurator, OAuthRequest

NAME = "tenant"
VOUCHER = "urn:example:grant-type:voucher"


@dataclass(frozen=True, kw_only=True)
class TenantSettings(Section):
    """Which tenants there are, and what proves them."""

    tenants: tuple[str, ...] = setting(to.words, (), "The tenants that there are.")
    tenant_nonce: str = setting(to.text, "n-1", "What calls by `Tenant` must bring.")


CHECK = Check(
    "W901",
    "tenants",
    lambda settings: not settings.tenants,
    "is empty, so that no token can act in a tenant",
    severity=Severity.WARNING,
    section=TenantSettings,
)
DEFAULT_TENANT = Field(name="default_tenant", shape=text(40), read_by="its tokens")


class AbstractVoucher:
    """A voucher of a client, known by its digest."""

    __tablename__ = "voucher"

    digest: Mapped[str] = mapped_column(String(DIGEST_LENGTH), primary_key=True)
    client_id: Mapped[str] = mapped_column(String(255))
    tenant: Mapped[str] = mapped_column(String(40))
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class Vouchers:
    """The statements on vouchers: `request.oauth.server.repositories.vouchers`."""

    def __init__(self, models: Models, accounts: Accounts) -> None:
        self.model = models.Voucher

    def issue(
        self, session: Session, client_id: str, tenant: str, expires_at: datetime
    ) -> str:
        voucher = new_credential()
        digest = sha256_digest(voucher)
        session.add(
            self.model(
                digest=digest, client_id=client_id, tenant=tenant, expires_at=expires_at
            )
        )
        return voucher

    def find(self, request: TokenRequest) -> str | None:
        found = select(self.model.tenant).where(*self._mine(request))
        tenant: str | None = request.session.scalar(found)
        return tenant

    def consume(self, request: TokenRequest) -> bool:
        """Whether this request was the first, which gets the row back."""
        used = delete(self.model).where(*self._mine(request))
        return request.session.scalar(used.returning(self.model.digest)) is not None

    def _mine(self, request: TokenRequest) -> Iterator[ColumnElement[bool]]:
        digest = sha256_digest(request.parameters["voucher"])
        yield self.model.digest == digest
        yield self.model.client_id == request.client.client_id
        yield self.model.expires_at > request.now


class VoucherGrant(Grant):
    """A voucher for a token of the client itself (RFC 6749 section 4.5)."""

    parameters = ("voucher",)

    def authenticate(self, request: TokenRequest) -> None:
        tenant = self.server.repositories.vouchers.find(request)
        if tenant is None:
            raise InvalidGrantError(request=request)
        request.details = {NAME: tenant}

    def consume(self, request: TokenRequest, draft: TokenDraft) -> bool:
        vouchers: Vouchers = self.server.repositories.vouchers
        return vouchers.consume(request)


def load_tenant(authorization: Authorization) -> None:
    """LOAD: the login hint `alice@acme` stands for the tenant acme too."""
    oauth = authorization.oauth
    _, _, tenant = oauth.parameters.get("login_hint", "").partition("@")
    if tenant and NAME not in oauth.parameters:
        authorization.replace_parameters({**oauth.parameters, NAME: tenant})


def check_tenant(authorization: Authorization) -> None:
    """VALIDATE: refuse a tenant that is not there."""
    tenant = authorization.oauth.parameter(NAME)
    if tenant and tenant not in authorization.server.settings[TenantSettings].tenants:
        raise InvalidTarget(description="There is no such tenant.")


class TenantConsent(ConsentSource):
    """INTERACT: the person is asked about the tenant, and the grant holds it."""

    def items(self, authorization: Authorization) -> Sequence[ConsentItem]:
        tenant = authorization.oauth.parameter(NAME)
        return [ConsentItem(NAME, tenant, f"Act in {tenant}")] if tenant else []

    def apply(
        self, authorization: Authorization, approved: Sequence[ConsentItem]
    ) -> None:
        for item in approved:
            authorization.details[NAME] = item.name


class TenantOfToken:
    """A claim in every token, stored and told at introspection."""

    def build(self, request: TokenRequest, draft: TokenDraft) -> None:
        default = request.client.declared("default_tenant")
        tenant = request.details.get(NAME, default)
        if tenant is not None:
            draft.claims[NAME] = draft.response[NAME] = tenant


def introspect_tenant(
    request: TokenRequest, found: FoundAccessToken
) -> Mapping[str, Any]:
    tenant = (found.claims or {}).get(NAME)
    return {"tenant_url": f"https://{tenant}.example/"} if tenant else {}


class TenantScheme:
    """`Authorization: Tenant TOKEN`, with a header that has our nonce."""

    name = "Tenant"

    def confirm(
        self, request: OAuthRequest, identity: TokenIdentity, token: str
    ) -> None:
        nonce = request.oauth.settings[TenantSettings].tenant_nonce
        if request.headers.get("Tenant-Nonce") != nonce:
            raise InvalidToken(
                "no nonce of ours",
                error="use_tenant_nonce",
                headers={"Tenant-Nonce": nonce},
            )

    def challenge(self, request: OAuthRequest, error: str | None) -> Mapping[str, str]:
        return {}


def send_packed(authorization: Authorization, members: dict[str, str]) -> Response:
    """The response mode `query.packed`: one member with all the others."""
    packed = urlsafe_b64encode(json.dumps(members).encode()).decode().rstrip("=")
    uri = authorization.oauth.redirect_uri or ""
    return see_other(with_members(uri, {"response": packed}, fragment=False))


def includeme(config: OAuthConfigurator) -> None:
    settings = config.add_oauth_settings(TenantSettings)
    config.add_oauth_check(CHECK)
    config.add_oauth_model(ModelSpec("Voucher", AbstractVoucher, APPLICATION))
    config.add_oauth_repository("vouchers", Vouchers)
    config.add_oauth_grant(VOUCHER, VoucherGrant)
    config.add_oauth_parameter("voucher", endpoints=("token",), credential=True)
    config.add_oauth_parameter(NAME, endpoints=("authorize",), decode=str.lower)
    config.add_oauth_authorize_step("load_tenant", load_tenant, phase=Phase.LOAD)
    config.add_oauth_authorize_step("check_tenant", check_tenant)
    config.add_oauth_consent_source(NAME, TenantConsent())
    config.add_oauth_token_step(NAME, TenantOfToken)
    config.add_oauth_introspection(NAME, introspect_tenant)
    config.add_oauth_token_scheme(TenantScheme())
    config.add_oauth_client_metadata(DEFAULT_TENANT)
    config.add_oauth_response_mode("query.packed", send_packed)
    config.add_oauth_metadata(
        NAME, lambda server: {"tenants_supported": settings.tenants}
    )
