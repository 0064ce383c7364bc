"""Pushed requests of the operator's client, authenticated as the server takes it.

RFC 9126 section 2; RFC 6749 section 2.3.1, RFC 7523 section 2.2 and RFC 8705 section 2;
RFC 9101 where the server demands signed requests.
"""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from secrets import token_urlsafe

from pyramid_oauth.clock import timestamp
from pyramid_oauth.jose.jws import sign
from pyramid_oauth.resource.verify import (
    ClientCredentials,
    PrivateKeyJWT,
    SecretBasic,
    SecretPost,
    TLSCertificate,
)
from pyramid_oauth.resource.verify.client_credentials import read_signer
from pyramid_oauth.scripts.probe.authorization_request import Client
from pyramid_oauth.scripts.probe.authorization_server import AuthorizationServer
from pyramid_oauth.scripts.probe.client import Answer, ProbeClient, is_secure

PLACE = "pushed_authorization_request_endpoint"

LIFETIME = 60
"""Seconds for which a signed request is valid."""


class Pusher:
    """Pushes requests; `place` is the URL, empty where the server takes none."""

    def __init__(
        self, client: ProbeClient, server: AuthorizationServer, registered: Client
    ) -> None:
        self._server, self._registered = server, registered
        self._credentials = _credentials(server, registered)
        self._client = client
        self.place = server.endpoint(PLACE)
        if registered.certificate is not None:
            self._client = client.with_tls(tls_context(registered))
            aliases = server.metadata.get("mtls_endpoint_aliases")
            alias = aliases.get(PLACE) if isinstance(aliases, dict) else None
            self.place = alias if isinstance(alias, str) else self.place

    def push(self, parameters: Mapping[str, str]) -> Answer:
        """Push a request, signed if the server demands it and the client has a key.

        Credentials are not sent without TLS, whatever the metadata say, nor to a place
        that metadata name which came without it.
        """
        if self._is_signed() and "request" not in parameters:
            parameters = self._sign(parameters)
        headers: Mapping[str, str] = {}
        is_safe = is_secure(self._server.issuer) and is_secure(self.place)
        if self._credentials is not None and is_safe:
            headers, fields = self._credentials.authenticate()
            parameters = {**parameters, **fields}
        return self._client.post_form(self.place, parameters, **headers)

    def _is_signed(self) -> bool:
        demanded = self._server.metadata.get("require_signed_request_object")
        return demanded is True and bool(self._registered.key)

    def _sign(self, parameters: Mapping[str, str]) -> dict[str, str]:
        listed = self._server.listed("request_object_signing_alg_values_supported")
        signer = read_signer(
            self._registered.key, fitting(self._registered.key, listed)
        )
        now, client_id = timestamp(), self._registered.client_id
        claims = {
            **parameters,
            "iss": client_id,
            "aud": self._server.issuer,
            "iat": now,
            "nbf": now,
            "exp": now + LIFETIME,
            "jti": token_urlsafe(16),
        }
        token = sign(claims, signer, typ="oauth-authz-req+jwt")
        return {"client_id": client_id, "request": token}


def _credentials(
    server: AuthorizationServer, registered: Client
) -> ClientCredentials | None:
    """Return how the client authenticates; None for a public one."""
    client_id = registered.client_id
    if registered.certificate is not None:
        return TLSCertificate(client_id)
    if registered.key:
        listed = server.listed("token_endpoint_auth_signing_alg_values_supported")
        alg = fitting(registered.key, listed)
        return PrivateKeyJWT(client_id, registered.key, server.issuer, alg)
    if registered.secret:
        methods = server.listed("token_endpoint_auth_methods_supported")
        is_basic = "client_secret_post" not in methods
        make = SecretBasic if is_basic else SecretPost
        return make(client_id, registered.secret)
    return None


def fitting(key: str, listed: list[str]) -> str | None:
    """Return the first of the algorithms that the key fits; None: the key's own."""
    for alg in listed:
        try:
            read_signer(key, alg)
        except ValueError:
            continue
        return alg
    return None


def tls_context(registered: Client) -> ssl.SSLContext:
    """Return a context with the certificate of the client.

    Raises:
        OSError: The files cannot be read, or are no certificate and key.
    """
    context = ssl.create_default_context()
    if registered.certificate is not None:
        file, key_file = registered.certificate
        # Without a password an encrypted key would ask for one at the terminal.
        context.load_cert_chain(file, key_file, password="")
    return context
