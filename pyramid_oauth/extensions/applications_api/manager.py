"""Management of applications by the holder of an access token.

RFC 6749 section 1.4. A token that a user allowed acts as the owner of the user's
applications, never as an administrator, because the user did not delegate those
permissions. A token of a named client manages the applications of all users.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from pyramid.authorization import ACLHelper, Authenticated, Everyone

from pyramid_oauth.accounts import Owner
from pyramid_oauth.clients.management import Registered
from pyramid_oauth.extensions.applications.manager import Manager
from pyramid_oauth.extensions.applications_api.settings import ApplicationsApiSettings
from pyramid_oauth.models.client_metadata_fields import Errors
from pyramid_oauth.resource import TokenIdentity


@dataclass(frozen=True, eq=False)
class TokenManager(Manager):
    """The manager for the token of a request.

    Args:
        identity: The identity of the token. Without a user, `subject` is
            `client:<client_id>`, which events have as the actor.
    """

    identity: TokenIdentity

    @cached_property
    def is_administrator(self) -> bool:
        """Whether the token is that of a client for everybody's applications."""
        section = self.request.oauth.settings[ApplicationsApiSettings]
        is_named = self.identity.client_id in section.applications_api_clients
        return self.identity.user_id is None and is_named

    def may(self, permission: str, context: object) -> bool:
        """Whether the token has `permission`; the host's policy is not asked.

        The policy would decide for the user who is logged in in the browser.
        """
        if self.identity.user_id is None:
            return self.is_administrator
        principals = [Everyone, Authenticated, Owner(self.subject)]
        return bool(ACLHelper().permits(context, principals, permission))

    def register(
        self,
        values: Mapping[str, Any],
        errors: Errors | None = None,
        client_id: str | None = None,
    ) -> Registered:
        """Register an application, for the user of the token or without an owner."""
        if self.identity.user_id is None:
            values = {"user_id": None, **values}
        return super().register(values, errors, client_id)
