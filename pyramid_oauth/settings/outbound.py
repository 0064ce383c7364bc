"""The settings of requests which the server itself makes (`pyramid_oauth.fetch`)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pyramid_oauth.settings import converters as to
from pyramid_oauth.settings.section import Section, setting


@dataclass(frozen=True, kw_only=True)
class OutboundSettings(Section):
    """How far the server follows URLs that its clients name."""

    outbound_allow_http: bool = setting(
        to.boolean, False, "Follow plain http URLs of clients, in development."
    )
    outbound_allow_private: bool = setting(
        to.boolean,
        False,
        "Reach private and loopback addresses for clients, in development: it lets "
        "them make the server ask its own neighbours.",
    )
    outbound_timeout: int = setting(
        to.integer(1, 60), 5, "Seconds that an outbound request may take as a whole."
    )
    outbound_max_bytes: int = setting(
        to.integer(1024, 16 * 1024 * 1024),
        64 * 1024,
        "Bytes that a fetched document may have.",
    )
    outbound_ca_file: str | None = setting(
        to.optional_text_or_environment,
        None,
        "PEM file of further certificate authorities to trust, such as your own, or "
        "`env:NAME`.",
    )
    fetcher: Any = setting(
        to.optional_dotted,
        None,
        "A Fetcher of your own (or a callable that makes one from the settings).",
    )
