"""Settings of outbound requests (`pyramid_oauth.fetch`)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pyramid_oauth.settings import converters as to
from pyramid_oauth.settings.section import Section, setting


@dataclass(frozen=True, kw_only=True)
class OutboundSettings(Section):
    """Limits of requests to URLs that clients supply."""

    outbound_allow_http: bool = setting(
        to.boolean, False, "Request plain http URLs of clients, in development."
    )
    outbound_allow_private: bool = setting(
        to.boolean,
        False,
        "Request URLs of clients at private and loopback addresses, in development: "
        "clients can then send requests into the server's network.",
    )
    outbound_timeout: int = setting(
        to.integer(1, 60), 5, "Maximum seconds of an outbound request as a whole."
    )
    outbound_max_bytes: int = setting(
        to.integer(1024, 16 * 1024 * 1024),
        64 * 1024,
        "Maximum bytes of a fetched document.",
    )
    outbound_concurrency: int = setting(
        to.integer(1, 1000),
        2,
        "Threads of a process that may wait for documents of clients at the same time; "
        "further requests that need one get 503. Give less than half of the threads.",
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
        "Your own Fetcher (or a callable that returns one for the settings).",
    )
