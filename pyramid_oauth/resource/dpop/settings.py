"""Settings of DPoP proofs (RFC 9449), at both halves, and the checks of their values.

The rows of authorization servers alone are in the extension.
"""

from __future__ import annotations

from dataclasses import dataclass

from pyramid_oauth.jose.algorithms import ASYMMETRIC_SIGNING
from pyramid_oauth.jose.dpop import ALGORITHMS, Url, normalize_url
from pyramid_oauth.settings import PREFIX, Section, setting
from pyramid_oauth.settings import converters as to
from pyramid_oauth.settings.check_builders import is_longer_than
from pyramid_oauth.settings.checks import Check, Severity

MINUTES = 300


def _algorithms(value: to.Items) -> tuple[str, ...]:
    names = to.words(value)
    unknown = sorted(set(names) - set(ASYMMETRIC_SIGNING))
    if unknown or not names:
        raise ValueError(
            f"{' '.join(unknown) or 'nothing'} is no asymmetric signature algorithm; "
            f"there are {', '.join(ASYMMETRIC_SIGNING)}"
        )
    return names


def _base_urls(value: to.Items) -> tuple[Url, ...]:
    found = []
    for text in to.words(value):
        url = normalize_url(text)
        if url is None or "?" in text or "#" in text:
            raise ValueError(f"{text!r} is not an http(s) URL without a query")
        found.append(url)
    return tuple(found)


@dataclass(frozen=True, kw_only=True)
class DPoPSettings(Section):
    """Which DPoP proofs are accepted."""

    dpop_signing_algorithms: tuple[str, ...] = setting(
        _algorithms,
        ALGORITHMS,
        "Signature algorithms of DPoP proofs (RFC 9449 section 4.3).",
    )
    dpop_proof_lifetime: int = setting(
        to.integer(1, 86400),
        60,
        "Seconds after its `iat` in which a DPoP proof is accepted (RFC 9449 "
        "section 11.1).",
    )
    dpop_proof_leeway: int = setting(
        to.integer(0, 3600),
        10,
        "Seconds by which the clock of a client that signs DPoP proofs may be ahead.",
    )
    dpop_single_use: bool = setting(
        to.boolean,
        True,
        "Refuse a DPoP proof that was used before, by its `jti`. It takes one INSERT. "
        "Without it and with `dpop_nonces`, whoever sees a proof and its token can "
        "repeat that request for as long as the nonce is valid.",
    )
    dpop_nonces: bool = setting(
        to.boolean,
        False,
        "Accept only DPoP proofs with a recent nonce of this server, so that no proof "
        "can be made in advance (RFC 9449 sections 8, 9 and 11.2).",
    )
    dpop_nonce_lifetime: int = setting(
        to.integer(5, 86400),
        60,
        "Seconds after which there is a new nonce for DPoP proofs; the one before is "
        "accepted for as long again.",
    )
    dpop_base_urls: tuple[Url, ...] = setting(
        _base_urls,
        (),
        "URLs at which clients reach this application, without the path that it sees: "
        "what the `htu` of DPoP proofs may begin with. An authorization server adds "
        "them (for example, its host for mutual TLS) to the host of its issuer. The "
        "hosts of declared protected resources are always among them.",
    )


CHECKS = (
    Check(
        "W501",
        "dpop_single_use",
        lambda settings: not (settings.dpop_single_use or settings.dpop_nonces),
        f"= false without {PREFIX}dpop_nonces lets a DPoP proof be replayed (RFC 9449 "
        "section 11.1)",
        severity=Severity.WARNING,
        section=DPoPSettings,
    ),
    Check(
        "W502",
        "dpop_proof_lifetime",
        is_longer_than("dpop_proof_lifetime", MINUTES),
        "accepts DPoP proofs that are older than five minutes (RFC 9449 section 11.1)",
        severity=Severity.WARNING,
        section=DPoPSettings,
    ),
    Check(
        "W503",
        "dpop_nonce_lifetime",
        is_longer_than("dpop_nonce_lifetime", MINUTES),
        "accepts nonces of DPoP proofs for more than ten minutes (RFC 9449 section "
        "11.2)",
        severity=Severity.WARNING,
        section=DPoPSettings,
    ),
)
