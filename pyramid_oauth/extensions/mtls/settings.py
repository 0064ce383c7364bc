"""Settings of mutual TLS at authorization servers, and the checks of their values.

Those of the certificate's source are in `pyramid_oauth.resource.mtls.settings`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pyramid_oauth.extensions.mtls.methods import TLSClientAuth
from pyramid_oauth.extensions.mtls.verification import TERMINATOR, Verifications
from pyramid_oauth.resource.mtls import ClientCertificateSettings
from pyramid_oauth.resource.mtls.sources import SOCKET
from pyramid_oauth.server import Server
from pyramid_oauth.settings import PREFIX, Section, Settings, setting
from pyramid_oauth.settings import converters as to
from pyramid_oauth.settings.checks import Check, Severity

REGISTERED, PRESENTED = "registered", "presented"


def _base_url(value: object) -> str | None:
    url = to.optional_issuer(value)
    if url is not None and not url.startswith("https:"):
        raise ValueError(f"{url!r} is not https")
    return None if url is None else url.rstrip("/")


@dataclass(frozen=True, kw_only=True)
class MTLSServerSettings(Section):
    """How the server uses the certificates of clients."""

    mtls_verified_by: Verifications | None = setting(
        Verifications.parse,
        None,
        "Who has checked that a certificate is of a trusted authority, for "
        "`tls_client_auth`: `environ:NAME` or `header:NAME` whose value is SUCCESS (or "
        "0, of HAProxy), as `environ:SSL_CLIENT_VERIFY`; or `terminator`, if whoever "
        "terminates TLS passes on no other certificates (RFC 8705 section 7.4). With "
        "several `mtls_certificate_sources` one line for each that may authenticate: "
        "`escaped_pem:X-Cert = header:X-Verify`.",
    )
    mtls_bound_tokens: str = setting(
        to.choice(REGISTERED, PRESENTED),
        REGISTERED,
        "Whose access tokens are bound to a certificate: those of clients that "
        "registered `tls_client_certificate_bound_access_tokens`, or also every token "
        "that is requested with a certificate (`presented`) and without a DPoP proof.",
    )
    mtls_url: str | None = setting(
        _base_url,
        None,
        "The URL at which a server that asks for certificates passes requests on, such "
        "as `https://mtls.example.com`; the path of each endpoint is appended for "
        "`mtls_endpoint_aliases` (RFC 8705 section 5).",
    )


def _offers_authorities(settings: Settings) -> bool:
    return TLSClientAuth.name in settings.token_endpoint_auth_methods


def _lacks_verification(settings: Settings) -> bool:
    verified_by = settings[MTLSServerSettings].mtls_verified_by
    return _offers_authorities(settings) and verified_by is None


def _believes_headers_of_nobody(settings: Settings) -> bool:
    verified_by = settings[MTLSServerSettings].mtls_verified_by
    if verified_by is None or not any(each.is_header for each in verified_by.every):
        return False
    common = settings[ClientCertificateSettings]
    return not (common.mtls_trusted_proxies or common.mtls_proxy_secret)


def _is_ambiguous(settings: Settings) -> bool:
    verified_by = settings[MTLSServerSettings].mtls_verified_by
    sources = settings[ClientCertificateSettings].mtls_certificate_sources
    return verified_by is not None and verified_by.only is not None and len(sources) > 1


def _misplaced(settings: Settings) -> Iterator[str]:
    """Yield what cannot be about the certificates of its source."""
    verified_by = settings[MTLSServerSettings].mtls_verified_by
    sources = settings[ClientCertificateSettings].mtls_certificate_sources
    if verified_by is None:
        return
    for named in verified_by.by_source:
        if named not in sources:
            yield f"{named} is not in {PREFIX}mtls_certificate_sources"
    for source in sources:
        found = verified_by.of(source)
        if found is not None and not found.is_beside(source):
            yield f"{found.text} is about another connection than {source}"


def _trusts_unseen(settings: Settings) -> bool:
    """Whether nothing in a request says that its certificate was verified.

    The connection itself does: Python takes no certificate that it did not verify.
    """
    verified_by = settings[MTLSServerSettings].mtls_verified_by
    sources = settings[ClientCertificateSettings].mtls_certificate_sources
    if verified_by is None or not _offers_authorities(settings):
        return False
    believed = [
        each for each in sources if (found := verified_by.of(each)) and not found.key
    ]
    return any(source.kind != SOCKET for source in believed)


def _replaces_no_host(server: Server) -> bool:
    url = server.settings[MTLSServerSettings].mtls_url
    return url is not None and f"{server.base_url}/".startswith(f"{url}/")


CHECKS = (
    Check(
        "E532",
        "mtls_verified_by",
        _lacks_verification,
        "is missing, and token_endpoint_auth_methods has tls_client_auth: anybody can "
        "make a certificate with the name of a client, so say who refuses it (RFC 8705 "
        "section 7.4)",
        severity=Severity.FATAL,
        section=Settings,
    ),
    Check(
        "E533",
        "mtls_verified_by",
        _believes_headers_of_nobody,
        f"names a header, but {PREFIX}mtls_trusted_proxies names no proxy from which "
        "it is believed",
        severity=Severity.FATAL,
        section=Settings,
    ),
    Check(
        "E535",
        "mtls_verified_by",
        _is_ambiguous,
        f"says nothing about which certificate: {PREFIX}mtls_certificate_sources has "
        "several, so write a line SOURCE = VERIFICATION for each whose certificates "
        "authenticate (RFC 8705 section 7.4)",
        severity=Severity.FATAL,
        section=Settings,
    ),
    Check(
        "E536",
        "mtls_verified_by",
        _misplaced,
        ": {}",
        severity=Severity.FATAL,
        section=Settings,
    ),
    Check(
        "W537",
        "mtls_verified_by",
        _trusts_unseen,
        f"= {TERMINATOR} believes every certificate that reaches this process: whoever "
        "terminates TLS must refuse those of other authorities, expired and revoked "
        "ones; let it pass its result on, if it can (RFC 8705 section 7.4)",
        severity=Severity.WARNING,
        section=Settings,
    ),
    Check(
        "W538",
        "mtls_verified_by",
        _offers_authorities,
        "names who checks the chain, the dates and the revocation of certificates; "
        "nothing here looks a certificate up, so give it a revocation list (RFC 8705 "
        "section 7.4; RFC 5280 section 6.3)",
        severity=Severity.NOTICE,
        section=Settings,
    ),
    Check(
        "W534",
        "mtls_url",
        _replaces_no_host,
        "is the URL of the issuer, so that browsers of users are asked for a "
        "certificate too (RFC 8705 section 5); leave it out, or use another host or "
        "port",
        severity=Severity.WARNING,
        section=Server,
    ),
)
