"""Where authorization details are of use (RFC 9396 sections 2.2 and 9)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pyramid_oauth.extensions.rich_authorization.details import PARAMETER, Detail
from pyramid_oauth.protocol.request import OAuthRequest
from pyramid_oauth.repositories.access_tokens import FoundAccessToken


def filter_introspection(
    request: OAuthRequest, found: FoundAccessToken
) -> Mapping[str, Any]:
    """Return the details for the server of a resource: those that are located there.

    Section 9.2. Others that may introspect the token see all.
    """
    details = (found.claims or {}).get(PARAMETER)
    if not (details and request.resources):
        return {}
    located = [each for each in details if is_for(each, request.resources)]
    return {PARAMETER: located or None}


def is_for(detail: Detail, audience: Iterable[str]) -> bool:
    """Whether a detail is of use at one of the resources of an audience.

    One without `locations` is. A location is a resource, or a place below or above one.
    """
    locations = detail.get("locations")
    if not isinstance(locations, list) or not locations:
        return True
    return any(
        _is_at(location, place) or _is_at(place, location)
        for place in audience
        for location in locations
        if isinstance(location, str)
    )


def _is_at(place: str, base: str) -> bool:
    return place == base or place.startswith(base.rstrip("/") + "/")
