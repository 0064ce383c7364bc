"""Sources of the client certificate: variables of the WSGI server and headers."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from ssl import SSLError
from typing import Any

from pyramid_oauth.resource.verify.certificates import (
    ClientCertificate,
    MalformedCertificate,
)

ENVIRON, SOCKET, HEADER = "environ", "socket", "header"

FORMATS: Mapping[str, Callable[[str], ClientCertificate]] = {
    "rfc9440": ClientCertificate.from_client_cert,
    "escaped_pem": ClientCertificate.from_pem,
    "base64_der": ClientCertificate.from_base64,
    "xfcc": ClientCertificate.from_forwarded,
}
"""The decoders of headers by the name of their format."""

NOTHING = ("", "(null)")
"""The values without a certificate; the second is that of Apache."""

_HEADER_NAME = re.compile(r"[A-Za-z0-9-]+")


@dataclass(frozen=True, slots=True)
class Source:
    """A place of the certificate in the WSGI environment.

    Attributes:
        kind: `environ`, `socket`, or the format of a header.
        key: The key in the environment.
        text: The source as it is configured.
    """

    kind: str
    key: str
    text: str = field(compare=False)

    @classmethod
    def parse(cls, text: str) -> Source:
        """Return the source that a setting names; raise ValueError."""
        kind, _, name = text.partition(":")
        if kind in FORMATS:
            return cls(kind, header_key(name), text)
        if kind not in (ENVIRON, SOCKET) or not name:
            known = ", ".join(f"{each}:NAME" for each in (ENVIRON, SOCKET, *FORMATS))
            raise ValueError(f"{text!r} is none of {known}")
        return cls(kind, variable(name), text)

    def __str__(self) -> str:
        return self.text

    @property
    def is_header(self) -> bool:
        """Whether a proxy must be trusted for it."""
        return self.kind in FORMATS

    def read(self, environ: Mapping[str, Any]) -> ClientCertificate | None:
        """Return the certificate; None if there is none.

        Raises:
            MalformedCertificate: There is something else.
        """
        value = environ.get(self.key)
        if value is None or value in NOTHING:
            return None
        if self.kind == SOCKET:
            return _from_socket(value)
        if isinstance(value, bytes):
            return ClientCertificate.from_der(value)
        if not isinstance(value, str):
            raise MalformedCertificate("the client certificate is not text")
        return FORMATS.get(self.kind, ClientCertificate.from_pem)(value)


def variable(name: str) -> str:
    """Return a key that only the WSGI server sets; raise ValueError for a header."""
    if name.startswith("HTTP_"):
        raise ValueError(f"{name} is a header of the client; name it with its format")
    return name


def header_key(name: str) -> str:
    """Return the key of a header in the environment; raise ValueError."""
    if not _HEADER_NAME.fullmatch(name):
        raise ValueError(f"{name!r} is not the name of a header")
    return f"HTTP_{name.upper().replace('-', '_')}"


def _from_socket(connection: Any) -> ClientCertificate | None:  # noqa: ANN401 - any
    """Return the certificate of a TLS connection, which Python's `ssl` verified."""
    get = getattr(connection, "getpeercert", None)
    if get is None:
        return None  # without TLS
    try:
        der = get(True)
    except (OSError, SSLError, ValueError):  # closed, or no handshake yet
        return None
    return ClientCertificate.from_der(der) if der else None
