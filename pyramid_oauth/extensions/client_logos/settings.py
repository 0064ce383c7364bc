"""Settings of the logos of clients."""

from __future__ import annotations

from dataclasses import dataclass

from pyramid_oauth.settings import Section, setting
from pyramid_oauth.settings import converters as to


@dataclass(frozen=True, kw_only=True)
class ClientLogoSettings(Section):
    """How much memory logos take, and for how long one is shown."""

    client_logo_bytes: int = setting(
        to.integer(1024, 1024 * 1024), 64 * 1024, "Maximum bytes of a client's logo."
    )
    client_logo_count: int = setting(
        to.integer(1, 100_000),
        200,
        "Logos that a process keeps in memory; the one that was used least recently is "
        "fetched again.",
    )
    client_logo_age: int = setting(
        to.seconds, 3600, "Seconds for which a logo is not fetched again."
    )
