"""Settings of logout (RP-Initiated, Front-Channel and Back-Channel Logout)."""

from __future__ import annotations

from dataclasses import dataclass

from pyramid_oauth.settings import Section, setting
from pyramid_oauth.settings import converters as to


@dataclass(frozen=True, kw_only=True)
class LogoutSettings(Section):
    """Which clients are notified, and which tokens a logout revokes."""

    frontchannel_logout: bool = setting(
        to.boolean,
        False,
        "Load the clients' `frontchannel_logout_uri` at logout (OpenID Connect "
        "Front-Channel Logout).",
    )
    backchannel_logout: bool = setting(
        to.boolean,
        False,
        "Send logout tokens to the clients' `backchannel_logout_uri`, through the "
        "outbox (OpenID Connect Back-Channel Logout).",
    )
    logout_token_lifetime: int = setting(
        to.seconds, 120, "Seconds until a logout token expires."
    )
    logout_revokes: str = setting(
        to.choice("nothing", "session", "everything"),
        "session",
        "Which tokens are revoked at logout: those of OpenID clients without "
        "`offline_access` (`session`), all that were issued in the session "
        "(`everything`), or none (`nothing`).",
    )
