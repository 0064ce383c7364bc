"""Who has verified the chain of a client certificate (RFC 8705 sections 2.1, 7.4).

A result is about the certificate of one source. What a proxy says about the certificate
of its header says nothing about one in another header or of another connection.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pyramid_oauth.interfaces.request import Request
from pyramid_oauth.resource.mtls import CertificateReader
from pyramid_oauth.resource.mtls.sources import (
    ENVIRON,
    HEADER,
    Source,
    header_key,
    variable,
)
from pyramid_oauth.settings import converters as to

TERMINATOR = "terminator"

VERIFIED = ("SUCCESS", "0")
"""The value of nginx and Apache, and that of HAProxy."""


@dataclass(frozen=True, slots=True)
class Verification:
    """Who has verified the certificates of one source.

    Attributes:
        text: The words of the setting.
        key: The key of the environment with the result; None for `terminator`.
        is_header: Whether a proxy must be trusted for it.
    """

    text: str
    key: str | None = None
    is_header: bool = False

    @classmethod
    def parse(cls, text: str) -> Verification:
        """Return what a setting names; raise ValueError."""
        kind, _, name = text.partition(":")
        if kind == TERMINATOR and not name:
            return cls(kind)
        if kind == ENVIRON and name:
            return cls(text, variable(name))
        if kind == HEADER:
            return cls(text, header_key(name), is_header=True)
        raise ValueError(
            f"{text!r} is neither {TERMINATOR} nor {ENVIRON}:NAME nor {HEADER}:NAME"
        )

    def is_verified(self, request: Request, reader: CertificateReader) -> bool:
        """Whether the certificate of the request is of a trusted authority."""
        if self.key is None:
            return True
        environ = request.environ
        if self.is_header and not reader.trusts(environ):
            return False
        return environ.get(self.key) in VERIFIED

    def is_beside(self, source: Source) -> bool:
        """Whether it can be about the certificate of a source.

        A header is about the connection of the client to the proxy, a variable about
        the connection to this process.
        """
        return self.key is None or self.is_header is source.is_header


@dataclass(frozen=True, slots=True)
class Verifications:
    """The setting `mtls_verified_by`.

    Attributes:
        text: The setting as it is configured.
        by_source: Who has verified the certificates of a source.
        only: The same for the only source; None if the setting names sources.
    """

    text: str
    by_source: Mapping[Source, Verification]
    only: Verification | None = None

    @classmethod
    def parse(cls, value: object) -> Verifications | None:
        """Return what a setting names, None for nothing; raise ValueError."""
        if isinstance(value, cls):
            return value
        rows = to.table(value if isinstance(value, Mapping) else str(value or ""))
        if not rows:
            return None
        if len(rows) == 1 and all(name == found for name, found in rows.items()):
            (text,) = rows
            return cls(text, {}, Verification.parse(text))
        found = {
            Source.parse(name): Verification.parse(text) for name, text in rows.items()
        }
        return cls("\n".join(f"{name} = {text}" for name, text in rows.items()), found)

    def __str__(self) -> str:
        return self.text

    @property
    def every(self) -> tuple[Verification, ...]:
        """All of them."""
        return (self.only,) if self.only else tuple(self.by_source.values())

    def of(self, source: Source) -> Verification | None:
        """Return who has verified the certificates of a source; None for nobody."""
        return self.only or self.by_source.get(source)
