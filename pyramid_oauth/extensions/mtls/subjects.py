"""Subjects of certificates: the five ways in which a client names its own.

RFC 8705 section 2.1.2; RFC 4514 and RFC 5280 section 7 for the comparison of names.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from functools import lru_cache
from ipaddress import ip_address
from typing import Any

from cryptography import x509
from cryptography.x509.oid import NameOID

DistinguishedName = tuple[frozenset[tuple[str, str]], ...]
"""For each relative name its pairs of OID and value, prepared for comparison."""

_NAMES = {
    "EMAILADDRESS": NameOID.EMAIL_ADDRESS,
    "EMAIL": NameOID.EMAIL_ADDRESS,
    "E": NameOID.EMAIL_ADDRESS,
    "SERIALNUMBER": NameOID.SERIAL_NUMBER,
    "GN": NameOID.GIVEN_NAME,
    "SN": NameOID.SURNAME,
    "T": NameOID.TITLE,
    "TITLE": NameOID.TITLE,
    "DNQUALIFIER": NameOID.DN_QUALIFIER,
    "POSTALCODE": NameOID.POSTAL_CODE,
    "POSTALADDRESS": NameOID.POSTAL_ADDRESS,
    "BUSINESSCATEGORY": NameOID.BUSINESS_CATEGORY,
    "ORGANIZATIONIDENTIFIER": NameOID.ORGANIZATION_IDENTIFIER,
    "JURISDICTIONC": NameOID.JURISDICTION_COUNTRY_NAME,
    "JURISDICTIONCOUNTRYNAME": NameOID.JURISDICTION_COUNTRY_NAME,
    "JURISDICTIONST": NameOID.JURISDICTION_STATE_OR_PROVINCE_NAME,
    "JURISDICTIONL": NameOID.JURISDICTION_LOCALITY_NAME,
    "CN": NameOID.COMMON_NAME,
    "L": NameOID.LOCALITY_NAME,
    "ST": NameOID.STATE_OR_PROVINCE_NAME,
    "O": NameOID.ORGANIZATION_NAME,
    "OU": NameOID.ORGANIZATIONAL_UNIT_NAME,
    "C": NameOID.COUNTRY_NAME,
    "STREET": NameOID.STREET_ADDRESS,
    "DC": NameOID.DOMAIN_COMPONENT,
    "UID": NameOID.USER_ID,
}
"""The attribute names of RFC 4514 section 3, and those that OpenSSL writes."""

_STRING_TAGS = b"\x0c\x13\x16"
"""The ASN.1 tags of UTF8String, PrintableString and IA5String."""

_ENCODED = re.compile(r"((?:^|(?<!\\)[,+])[A-Za-z0-9.-]+=)#((?:[0-9A-Fa-f]{2})+)")
"""An attribute with the BER encoding of its value (RFC 4514 section 2.4)."""


class _AnyCase(dict[str, x509.ObjectIdentifier]):
    """Attribute names in any case (RFC 4514 section 2.3)."""

    def get(self, name: str, default: Any = None) -> Any:  # noqa: ANN401 - as dict
        return super().get(name.upper(), default)


_OVERRIDES = _AnyCase(_NAMES)


@lru_cache(maxsize=1024)
def parse_name(text: str) -> DistinguishedName:
    """Return a distinguished name of RFC 4514; raise ValueError.

    The spaces around its commas, of RFC 2253 and OpenSSL, are accepted.
    """
    compact = _ENCODED.sub(_decode_value, _drop_spaces(text))
    try:
        name = x509.Name.from_rfc4514_string(compact, _OVERRIDES)
    except (ValueError, TypeError) as error:
        raise ValueError("is not a distinguished name of RFC 4514") from error
    if not name.rdns:
        raise ValueError("is an empty distinguished name")
    return prepare_name(name)


def _drop_spaces(text: str) -> str:
    """Drop the spaces after commas and plus signs that separate."""
    kept: list[str] = []
    escaped = after_separator = False
    for character in text:
        if character == " " and after_separator:
            continue
        after_separator = character in ",+" and not escaped
        escaped = character == "\\" and not escaped
        kept.append(character)
    return "".join(kept)


def _decode_value(found: re.Match[str]) -> str:
    """Return an attribute with its text in place of the encoding of a short one."""
    raw = bytes.fromhex(found[2])
    if len(raw) < 3 or raw[0] not in _STRING_TAGS or raw[1] != len(raw) - 2:
        return found[0]
    return found[1] + "".join(f"\\{byte:02x}" for byte in raw[2:])


def prepare_name(name: x509.Name) -> DistinguishedName:
    """Return a name for comparison (RFC 4518, RFC 5280 section 7.1)."""
    return tuple(
        frozenset((pair.oid.dotted_string, _prepare(pair.value)) for pair in rdn)
        for rdn in name.rdns
    )


def _prepare(value: str | bytes) -> str:
    if isinstance(value, bytes):  # a bit string, which has no text form
        return f"#{value.hex()}"
    return " ".join(unicodedata.normalize("NFKC", value).casefold().split())


def has_subject(certificate: x509.Certificate, name: str) -> bool:
    """Whether the certificate has this subject; raise ValueError."""
    return prepare_name(certificate.subject) == parse_name(name)


def _alternative(
    kind: type[Any], is_same: Callable[[Any, str], bool]
) -> Callable[[x509.Certificate, str], bool]:
    """Return the comparison of a kind of subject alternative name."""

    def has_name(certificate: x509.Certificate, expected: str) -> bool:
        try:
            extension = certificate.extensions.get_extension_for_class(
                x509.SubjectAlternativeName
            )
        except x509.ExtensionNotFound:
            return False
        found = extension.value.get_values_for_type(kind)
        return any(is_same(value, expected) for value in found)

    return has_name


def _is_same_host(found: str, expected: str) -> bool:
    return found.lower().rstrip(".") == expected.lower().rstrip(".")


def _is_same_text(found: str, expected: str) -> bool:
    return found == expected


def _is_same_address(found: object, expected: str) -> bool:
    return found == ip_address(expected)


def _is_same_mailbox(found: str, expected: str) -> bool:
    """Compare the domain without case (RFC 5280 section 7.5)."""
    local, at, domain = found.rpartition("@")
    expected_local, expected_at, expected_domain = expected.rpartition("@")
    return (local, at) == (expected_local, expected_at) and _is_same_host(
        domain, expected_domain
    )


SUBJECTS: Mapping[str, Callable[[x509.Certificate, str], bool]] = {
    "tls_client_auth_subject_dn": has_subject,
    "tls_client_auth_san_dns": _alternative(x509.DNSName, _is_same_host),
    "tls_client_auth_san_uri": _alternative(
        x509.UniformResourceIdentifier, _is_same_text
    ),
    "tls_client_auth_san_ip": _alternative(x509.IPAddress, _is_same_address),
    "tls_client_auth_san_email": _alternative(x509.RFC822Name, _is_same_mailbox),
}
"""The comparison of each client metadata member; they raise ValueError."""
