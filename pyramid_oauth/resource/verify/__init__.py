"""Verification of access tokens without Pyramid, SQLAlchemy and oauthlib.

RFC 9068 (JWT access tokens), RFC 7662 (introspection), RFC 8705 (tokens that are bound
to a client certificate). For any Python program, such as
a FastAPI or Celery one; `config.include("pyramid_oauth.resource")` uses the same.

A verifier blocks its thread while it asks an issuer. In a coroutine call it by
``await asyncio.to_thread(verifier.verify, token)``.
"""

from __future__ import annotations

from pyramid_oauth.resource.token_identity import TokenIdentity
from pyramid_oauth.resource.verify.certificates import (
    ClientCertificate,
    MalformedCertificate,
    require_certificate,
    require_unbound,
)
from pyramid_oauth.resource.verify.challenge import format_challenge
from pyramid_oauth.resource.verify.client_credentials import (
    ClientCredentials,
    PrivateKeyJWT,
    SecretBasic,
    SecretPost,
    TLSCertificate,
)
from pyramid_oauth.resource.verify.errors import InvalidToken, VerifierUnavailable
from pyramid_oauth.resource.verify.introspection import Introspection
from pyramid_oauth.resource.verify.issuers import Issuers, Verifier
from pyramid_oauth.resource.verify.offline_jwt import OfflineJWT
from pyramid_oauth.resource.verify.user_authentication import UserAuthentication

__all__ = [
    "ClientCertificate",
    "ClientCredentials",
    "Introspection",
    "InvalidToken",
    "Issuers",
    "MalformedCertificate",
    "OfflineJWT",
    "PrivateKeyJWT",
    "SecretBasic",
    "SecretPost",
    "TLSCertificate",
    "TokenIdentity",
    "UserAuthentication",
    "Verifier",
    "VerifierUnavailable",
    "format_challenge",
    "require_certificate",
    "require_unbound",
]
