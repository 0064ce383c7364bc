"""Settings of the request watch."""

from __future__ import annotations

from dataclasses import dataclass

from pyramid_oauth.settings import Section, setting
from pyramid_oauth.settings import converters as to


@dataclass(frozen=True, kw_only=True)
class RequestWatchSettings(Section):
    """When a request is slow, and when it is ended: ``pyramid_oauth.request_watch``."""

    slow_request: int = setting(
        to.seconds,
        2,
        "Seconds after which a request is logged as slow, with what it waits for; 0 "
        "logs none.",
    )
    request_timeout: int = setting(
        to.seconds,
        12,
        "Seconds after which a request that waits for PostgreSQL is answered with 503, "
        "its connection cut; 0 sets no limit. Below the time limit of the proxy, above "
        "the `statement_timeout` of the database.",
    )
