"""Resources as consent items (RFC 8707 section 2.1).

A consent remembers the scopes by resource: who allowed reading at one resource and
writing at another has not allowed writing at the first.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pyramid_oauth.config.consent_sources import ConsentItem, ConsentSource
from pyramid_oauth.endpoints.authorize.context import Authorization
from pyramid_oauth.extensions.resource_indicators.policy import ResourcePolicy
from pyramid_oauth.i18n import _
from pyramid_oauth.repositories.consent_records import (
    ANYWHERE,
    RESOURCE,
    FoundConsent,
)

TEMPLATE = "pyramid_oauth:extensions/resource_indicators/templates/resource.oauth"

LAST = "low"
"""The page begins with the highest risk, and the permissions come first."""


class ResourceConsent(ConsentSource):
    """The resources that the request asks for; the grant is limited to them."""

    needs_scope = True

    def __init__(self, policy: ResourcePolicy) -> None:
        self._policy = policy

    def items(self, authorization: Authorization) -> Sequence[ConsentItem]:
        """Return an item for each resource, with the scopes requested there."""
        oauth = authorization.oauth
        resources = self._policy.requested(oauth)
        if not resources:
            if self._policy.catalogue.is_empty:
                return []
            label = _("Use these permissions everywhere at this site")
            data = sorted(oauth.scopes)
            return [ConsentItem(RESOURCE, ANYWHERE, label, data=data, risk=LAST)]
        return [
            ConsentItem(
                RESOURCE,
                each.identifier,
                each.name or each.identifier,
                template=TEMPLATE,
                data=sorted(self._policy.token_scopes([each], oauth.scopes)),
                risk=LAST,
            )
            for each in resources
        ]

    def covered_items(
        self, items: Sequence[ConsentItem], remembered: FoundConsent
    ) -> Sequence[ConsentItem]:
        """Return the resources at which all these scopes were allowed before.

        What was allowed before there were resources was allowed anywhere.
        """
        details = remembered.details or {}
        allowed = details.get(RESOURCE)
        if allowed is None:
            return [item for item in items if item.name == ANYWHERE]
        return [
            item
            for item in items
            if item.name in allowed and set(item.data) <= set(allowed[item.name])
        ]

    def stored_data(
        self,
        item: ConsentItem,
        before: Any,  # noqa: ANN401 - JSON
    ) -> Any:  # noqa: ANN401 - JSON
        """Return all scopes that are allowed at the resource."""
        return sorted({*item.data, *(before or ())})

    def apply(
        self, authorization: Authorization, approved: Sequence[ConsentItem]
    ) -> None:
        """Limit the grant to the approved resources."""
        authorization.oauth.resources = tuple(
            item.name for item in approved if item.name != ANYWHERE
        )
