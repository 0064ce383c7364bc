"""The certification plans of the conformance suite, with their clients and variants."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from pyramid_oauth.extensions.logout.settings import LogoutSettings
from pyramid_oauth.extensions.registration.settings import RegistrationSettings
from pyramid_oauth.extensions.session_management import SessionManagementSettings
from pyramid_oauth.scripts.conformance.clients import TWO_CLIENTS, store_client
from pyramid_oauth.settings import Section, Settings
from pyramid_oauth.typing import OAuthRequest

STATIC = "static"

DYNAMIC = "dynamic"


@dataclass(frozen=True)
class Plan:
    """One certification plan.

    Attributes:
        clients: the set of prepared clients for the static variant; None where the plan
            has no static variant.
        variants: the variants that are chosen at the start, with `{response_type}` for
            a response type that the plan leaves open.
        is_offered: whether a server with these settings supports what the plan tests.
    """

    name: str
    title: str
    clients: str | None
    variants: str
    is_offered: Callable[[Any], bool] = lambda settings: True

    @property
    def identifier(self) -> str:
        """Return the plan's name in the suite."""
        return f"oidcc-{self.name}-certification-test-plan"

    def registrations(self, settings: Settings) -> tuple[str, ...]:
        """Return the kinds of client registration for this plan at such a server."""
        if not self.is_offered(settings):
            return ()
        ways = () if self.clients is None else (STATIC,)
        # The Config plan has no client, but it has a file.
        can_register = (
            RegistrationSettings in settings
            and settings[RegistrationSettings].registration != "off"
        )
        dynamic = can_register or self.name == "config"
        return (*ways, DYNAMIC) if dynamic else ways

    def runs(self, registration: str, response_types: tuple[str, ...]) -> Iterator[str]:
        """Yield the arguments of the suite's `run-test-plan.py`, one for each run."""
        several = response_types if "{response_type}" in self.variants else ("",)
        for response_type in several:
            chosen = self.variants.format(
                registration=f"{registration}_client", response_type=response_type
            )
            yield shlex.quote(f"{self.identifier}{chosen}")


_FLOW = "[server_metadata=discovery][client_registration={registration}]"

_LOGOUT = "[client_registration={registration}][response_type={response_type}]"

_TYPE = "[response_type={response_type}]"


def _supports(*response_types: str) -> Callable[[Any], bool]:
    return lambda settings: set(response_types) <= set(settings.response_types)


def _is_enabled(section: type[Section], setting: str) -> Callable[[Any], bool]:
    return lambda settings: (
        section in settings and bool(getattr(settings[section], setting))
    )


_code = _supports("code")

_implicit = _supports("id_token", "id_token token")

_hybrid = _supports("code id_token", "code token", "code id_token token")

PLANS = (
    Plan("basic", "Basic OP", "main", _FLOW, _code),
    Plan("implicit", "Implicit OP", "main", _FLOW, _implicit),
    Plan("hybrid", "Hybrid OP", "main", _FLOW, _hybrid),
    Plan("formpost-basic", "Form Post OP, code", "main", _FLOW, _code),
    Plan("formpost-implicit", "Form Post OP, implicit", "main", _FLOW, _implicit),
    Plan("formpost-hybrid", "Form Post OP, hybrid", "main", _FLOW, _hybrid),
    Plan("config", "Config OP", None, ""),
    Plan("dynamic", "Dynamic OP", None, _TYPE),
    Plan("3rdparty-init-login", "3rd Party-Initiated Login OP", None, _TYPE),
    Plan("rp-initiated-logout", "RP-Initiated Logout OP", "logout", _LOGOUT),
    Plan(
        "session-management",
        "Session Management OP",
        "logout",
        _LOGOUT,
        _is_enabled(SessionManagementSettings, "session_management"),
    ),
    Plan(
        "frontchannel-rp-initiated-logout",
        "Front-Channel OP",
        "frontchannel",
        _LOGOUT,
        _is_enabled(LogoutSettings, "frontchannel_logout"),
    ),
    Plan(
        "backchannel-rp-initiated-logout",
        "Back-Channel OP",
        "backchannel",
        _LOGOUT,
        _is_enabled(LogoutSettings, "backchannel_logout"),
    ),
)

SCOPES = "openid profile email address phone offline_access"


def register_clients(
    request: OAuthRequest, callbacks: str
) -> dict[str, dict[str, dict[str, str]]]:
    """Register the clients, or give those of an earlier run new secrets.

    Args:
        callbacks: the base URL of the suite's callbacks, with its final slash.

    Returns:
        The credentials by set of clients, then by name in the suite's configuration.
    """
    settings = request.oauth.settings
    needed = {plan.clients for plan in PLANS if STATIC in plan.registrations(settings)}
    return {
        purpose: {
            name: _register_client(
                request, callbacks, f"conformance-{purpose}-{name}", *fields
            )
            for name, fields in clients.items()
        }
        for purpose, clients in _wanted_clients(callbacks).items()
        if purpose in needed
    }


def _wanted_clients(
    callbacks: str,
) -> dict[str, dict[str, tuple[dict[str, str], dict[str, Any]]]]:
    """The fields and the client metadata of each client, by set of clients."""
    post_logout = {"post_logout_redirect_uris": f"{callbacks}post_logout_redirect"}
    front_channel = {
        "frontchannel_logout_uri": f"{callbacks}frontchannel_logout",
        "frontchannel_logout_session_required": True,
    }
    back_channel = {
        "backchannel_logout_uri": f"{callbacks}backchannel_logout",
        "backchannel_logout_session_required": True,
    }
    return {
        "main": {
            "client": ({}, {}),
            "client2": ({}, {}),
            "client_secret_post": (
                {"token_endpoint_auth_method": "client_secret_post"},
                {},
            ),
        },
        "logout": dict.fromkeys(TWO_CLIENTS, (post_logout, {})),
        "frontchannel": dict.fromkeys(TWO_CLIENTS, (post_logout, front_channel)),
        "backchannel": dict.fromkeys(TWO_CLIENTS, (post_logout, back_channel)),
    }


def _register_client(
    request: OAuthRequest,
    callbacks: str,
    client_id: str,
    fields: dict[str, str],
    metadata: dict[str, Any],
) -> dict[str, str]:
    settings = request.oauth.settings
    values: dict[str, Any] = {
        "redirect_uris": f"{callbacks}callback",
        "authorization_grant_type": " ".join(_grant_types(settings)),
        "token_endpoint_auth_method": "client_secret_basic",
        "allowed_scopes": SCOPES,
        "pkce_required": False,
        "client_metadata": {
            "response_types": list(settings.response_types),
            **metadata,
        },
    }
    secret = store_client(request, client_id, {**values, **fields})
    return {"client_id": client_id, "client_secret": secret, "scope": "openid"}


def _grant_types(settings: Settings) -> list[str]:
    wanted = ("authorization_code", "implicit", "refresh_token")
    return [name for name in wanted if name in settings.grant_types]
