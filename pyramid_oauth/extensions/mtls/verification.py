"""Who has verified the chain of a client certificate (RFC 8705 sections 2.1, 7.4)."""

from __future__ import annotations

from dataclasses import dataclass

from pyramid_oauth.interfaces.request import AnyRequest
from pyramid_oauth.resource.mtls import CertificateReader
from pyramid_oauth.resource.mtls.sources import ENVIRON, HEADER, header_key, variable

TERMINATOR = "terminator"

VERIFIED = ("SUCCESS", "0")
"""The value of nginx and Apache, and that of HAProxy."""


@dataclass(frozen=True, slots=True)
class Verification:
    """The setting `mtls_verified_by`.

    Attributes:
        text: The setting as it is configured.
        key: The key of the environment with the result; None for `terminator`.
        is_header: Whether a proxy must be trusted for it.
    """

    text: str
    key: str | None = None
    is_header: bool = False

    @classmethod
    def parse(cls, value: object) -> Verification | None:
        """Return what a setting names, None for nothing; raise ValueError."""
        if isinstance(value, cls):
            return value
        if value is None or value == "":
            return None
        kind, _, name = str(value).strip().partition(":")
        if kind == TERMINATOR and not name:
            return cls(kind)
        if kind == ENVIRON and name:
            return cls(str(value), variable(name))
        if kind == HEADER:
            return cls(str(value), header_key(name), is_header=True)
        raise ValueError(
            f"{value!r} is neither {TERMINATOR} nor {ENVIRON}:NAME nor {HEADER}:NAME"
        )

    def __str__(self) -> str:
        return self.text

    def is_verified(self, request: AnyRequest, reader: CertificateReader) -> bool:
        """Whether the certificate of the request is of a trusted authority."""
        if self.key is None:
            return True
        environ = request.environ
        if self.is_header and not reader.trusts(environ):
            return False
        return environ.get(self.key) in VERIFIED
