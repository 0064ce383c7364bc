"""Settings of global token revocation, and the checks of their values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pyramid_oauth.server import Server
from pyramid_oauth.settings import Section, setting
from pyramid_oauth.settings import converters as to
from pyramid_oauth.settings.check_builders import fatal

NAME = "global_token_revocation"
"""The name of the endpoint."""

SCOPE = "global_token_revocation"
"""The scope of a token with which the endpoint is called, and of nothing else."""


@dataclass(frozen=True, kw_only=True)
class GlobalTokenRevocationSettings(Section):
    """Which clients may end all access of a user."""

    global_token_revocation_clients: tuple[str, ...] = setting(
        to.words,
        (),
        "The client_ids that may end all access of a user, by a token of their own "
        f"with the scope `{SCOPE}`. Without any there is no endpoint.",
    )
    global_token_revocation_policy: Any = setting(
        to.optional_callable,
        None,
        "A callable (request, client_id, subject) that returns whether this client may "
        "end the access of this user. Default: of every user.",
    )


HAS_NO_SESSIONS = fatal(
    "E051",
    "global_token_revocation_clients",
    lambda server: (
        server.settings[GlobalTokenRevocationSettings].global_token_revocation_clients
        and server.login_sessions is None
    ),
    "cannot end login sessions, which would get new tokens at once; call "
    "config.set_oauth_login_sessions(...)",
    Server,
)
