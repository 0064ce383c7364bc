"""Settings of client certificates (RFC 8705), at both halves, and their checks.

The rows of authorization servers alone are in the extension.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network

from pyramid_oauth.resource.mtls.sources import Source
from pyramid_oauth.settings import PREFIX, Section, setting
from pyramid_oauth.settings import converters as to
from pyramid_oauth.settings.checks import Check, Severity

Network = IPv4Network | IPv6Network


def _sources(value: to.Items) -> tuple[Source, ...]:
    return tuple(map(Source.parse, to.words(value)))


def _networks(value: to.Items) -> tuple[Network, ...]:
    return tuple(ip_network(word) for word in to.words(value))


@dataclass(frozen=True, kw_only=True)
class ClientCertificateSettings(Section):
    """Where the certificates of clients come from."""

    mtls_certificate_sources: tuple[Source, ...] = setting(
        _sources,
        (Source.parse("environ:SSL_CLIENT_CERT"),),
        "Where the certificate of the client is found, the first that has one: "
        "`environ:NAME` (a variable that the WSGI server sets), `socket:NAME` (the "
        "connection in such a variable, as `gunicorn.socket`), or a header of a "
        "trusted proxy with its format: `rfc9440:Client-Cert`, `escaped_pem:NAME` "
        "(nginx), `base64_der:NAME` (HAProxy), `xfcc:X-Forwarded-Client-Cert` (Envoy).",
    )
    mtls_trusted_proxies: tuple[Network, ...] = setting(
        _networks,
        (),
        "Networks of the proxies whose headers about the certificate are believed, "
        "such as `127.0.0.1 10.0.0.0/8`, compared with `REMOTE_ADDR`.",
    )
    mtls_proxy_secret: tuple[bytes, ...] = setting(
        to.secrets,
        (),
        "What trusted proxies send in the header `X-MTLS-Proxy-Secret`, one a line; "
        "together with `mtls_trusted_proxies`, or alone (for Unix sockets).",
        secret=True,
    )


def _trusts_nobody(settings: ClientCertificateSettings) -> bool:
    is_header = any(source.is_header for source in settings.mtls_certificate_sources)
    return is_header and not (
        settings.mtls_trusted_proxies or settings.mtls_proxy_secret
    )


def _trusts_everybody(settings: ClientCertificateSettings) -> bool:
    is_header = any(source.is_header for source in settings.mtls_certificate_sources)
    everywhere = any(not each.prefixlen for each in settings.mtls_trusted_proxies)
    return is_header and everywhere and not settings.mtls_proxy_secret


CHECKS = (
    Check(
        "E530",
        "mtls_certificate_sources",
        _trusts_nobody,
        f"names a header, but {PREFIX}mtls_trusted_proxies names no proxy from which "
        "it is believed",
        severity=Severity.FATAL,
        section=ClientCertificateSettings,
    ),
    Check(
        "W531",
        "mtls_trusted_proxies",
        _trusts_everybody,
        "is every address: whoever reaches this process directly can send the "
        f"certificate of another client; set {PREFIX}mtls_proxy_secret (RFC 9440 "
        "section 4)",
        severity=Severity.WARNING,
        section=ClientCertificateSettings,
    ),
)
