"""How an API authenticates at an introspection endpoint, chosen by settings.

RFC 6749 section 2.3.1, RFC 7523 section 2.2, RFC 8705 section 2.
"""

from __future__ import annotations

import ssl
from typing import Any

from pyramid_oauth.resource.token_verifier_settings import (
    BY_CERTIFICATE,
    INTROSPECTION,
    TokenVerifierSettings,
)
from pyramid_oauth.resource.verify import (
    ClientCredentials,
    PrivateKeyJWT,
    SecretBasic,
    SecretPost,
    TLSCertificate,
)
from pyramid_oauth.settings import PREFIX


def credentials(settings: TokenVerifierSettings) -> ClientCredentials:
    """Return the credentials that the settings name.

    Raises:
        ValueError: One is missing or malformed.
    """
    method = settings.introspection_auth_method
    client_id = str(_needed(settings, "introspection_client_id"))
    if method in BY_CERTIFICATE:
        _needed(settings, "introspection_certificate_file")
        return TLSCertificate(client_id)
    if method == "private_key_jwt":
        key = _needed(settings, "introspection_client_key").decode()
        audience = settings.token_issuer or settings.introspection_endpoint or ""
        return PrivateKeyJWT(client_id, key, audience)
    secret = _needed(settings, "introspection_client_secret").decode()
    make = SecretBasic if method == "client_secret_basic" else SecretPost
    return make(client_id, secret)


def _needed(settings: TokenVerifierSettings, name: str) -> Any:  # noqa: ANN401 - row
    value = getattr(settings, name)
    if value is None:
        method = settings.introspection_auth_method
        raise ValueError(f"{INTROSPECTION!r} by {method} needs {PREFIX}{name}")
    return value


def tls_context(
    settings: TokenVerifierSettings, context: ssl.SSLContext | None
) -> ssl.SSLContext | None:
    """Return the context of the connections, with the certificate where one is used.

    Args:
        settings: The settings.
        context: A context of its own that trusts further authorities; None if only
            those of the system are trusted.

    Raises:
        ValueError: The certificate cannot be used, or would never be sent.
    """
    if settings.introspection_auth_method not in BY_CERTIFICATE:
        return context
    url = settings.introspection_endpoint or settings.token_issuer
    if url is not None and not url.startswith("https:"):
        raise ValueError(f"{url!r} gets no certificate, since it is not https")
    context = context or ssl.create_default_context()
    file = settings.introspection_certificate_file or ""
    key_file = settings.introspection_certificate_key_file
    try:
        # Without a password an encrypted key would ask for one at the terminal.
        context.load_cert_chain(file, key_file, password="")
    except OSError as error:  # includes files that are not PEM
        raise ValueError(
            f"{PREFIX}introspection_certificate_file: {file!r} and its key cannot be "
            f"used: {error}"
        ) from error
    return context
