"""Settings of outbound requests (`pyramid_oauth.fetch`)."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from typing import Any

from pyramid_oauth.configuration_errors import ConfigurationError
from pyramid_oauth.settings import converters as to
from pyramid_oauth.settings.section import PREFIX, Section, setting


@dataclass(frozen=True, kw_only=True)
class OutboundSettings(Section):
    """Limits of requests to URLs that clients supply."""

    outbound_allow_http: bool = setting(
        to.boolean, False, "Request plain http URLs of clients, in development."
    )
    outbound_allow_private: bool = setting(
        to.boolean,
        False,
        "Accept and request URLs of clients at private and loopback addresses, in "
        "development: clients can then send requests into the server's network.",
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
        "Threads of a process that may wait for documents of clients at the same time, "
        "and half as many for one host or address; further requests that need one get "
        "503. Give less than half of the threads.",
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


def trusted_context(ca_file: str | None) -> ssl.SSLContext | None:
    """Return an SSL context with the authorities of the system and of `ca_file`.

    None if only those of the system are needed: the process has that context already.
    """
    if ca_file is None:
        return None
    context = ssl.create_default_context()
    try:
        context.load_verify_locations(ca_file)
    except OSError as error:  # includes a file that is not PEM
        raise ConfigurationError(
            f"{PREFIX}outbound_ca_file: {ca_file!r} cannot be read: {error}"
        ) from error
    return context
