"""The relying party of passkeys: the domain and the origin of the server.

WebAuthn Level 3, section 5.1.2.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address
from typing import Self
from urllib.parse import urlsplit

from pyramid_oauth.standalone.page import origin

PARTY = "standalone.relying_party"
"""The registry key of the relying party; it is None where there can be none."""


@dataclass(frozen=True, slots=True)
class RelyingParty:
    """The relying party of passkeys: a domain and its origin (section 5.1.2)."""

    id: str
    origin: str

    @classmethod
    def of(cls, issuer: str) -> Self | None:
        """Return the relying party of an issuer; None where passkeys cannot be used.

        Browsers support passkeys at https and at localhost, but not at IP addresses.
        """
        name = urlsplit(issuer).hostname or ""
        is_local = name == "localhost" or name.endswith(".localhost")
        if _is_address(name) or not (issuer.startswith("https:") or is_local):
            return None
        site = origin(issuer).lower()
        # Browsers leave out the default port (HTML, serialization of an origin).
        return cls(name, site.removesuffix(":443" if site[:6] == "https:" else ":80"))


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True
