"""Request parameters put together from a request object and what came beside it.

Two sets of rules, kept apart. OpenID Connect Core sections 6.1 and 6.3.3: both sources
count, the object wins, and `response_type`, `client_id` and scope `openid` are outside.
RFC 9101 sections 5 and 6.3: only the object counts.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from oauthlib.oauth2.rfc6749.errors import MissingResponseTypeError

from pyramid_oauth.extensions.request_objects.request_object import RequestObject
from pyramid_oauth.http.forms import MOST_PARAMETERS, REPEATABLE, has_control_character
from pyramid_oauth.jose.errors import InvalidToken
from pyramid_oauth.protocol.request import PROTOCOL

BY_OBJECT = frozenset({"request", "request_uri"})

_OF_JWT = frozenset({"iss", "sub", "aud", "exp", "nbf", "iat", "jti"})

Parameters = dict[str, str]


def merge_parameters(
    outside: Mapping[str, str], found: RequestObject, only_signed: bool
) -> Parameters:
    """The parameters to go by; `only_signed` says that the client may send no others.

    Raises InvalidToken, or MissingResponseTypeError under Core's rules.
    """
    inside = as_parameters(found.claims)
    if only_signed or not follows_core(outside, found):
        return _by_rfc9101(outside, inside)
    return _by_core(outside, inside)


def follows_core(outside: Mapping[str, str], found: RequestObject) -> bool:
    """Whether the rules of OpenID Connect Core hold, by the content of the request.

    They want `openid` in a scope outside; an object that says by its type that it is
    one of RFC 9101 is one.
    """
    return "openid" in outside.get("scope", "").split() and not found.is_typed


def _by_core(outside: Mapping[str, str], inside: Parameters) -> Parameters:
    kept = {k: v for k, v in outside.items() if k not in BY_OBJECT}
    if "response_type" not in outside:
        raise MissingResponseTypeError
    if inside.get("client_id", kept["client_id"]) != kept["client_id"]:
        raise InvalidToken("client_id differs inside and outside")
    asked = inside.get("response_type", kept["response_type"])
    if set(asked.split()) != set(kept["response_type"].split()):
        raise InvalidToken("response_type differs inside and outside")
    return {**kept, **inside}


def _by_rfc9101(outside: Mapping[str, str], inside: Parameters) -> Parameters:
    if inside.get("client_id") != outside["client_id"]:
        raise InvalidToken("client_id inside is missing or another")
    return inside


def as_parameters(claims: Mapping[str, Any]) -> Parameters:
    """Claims as parameters of a request; those of JWT itself and unknown ones of
    other types than text are left out. Raises InvalidToken."""
    found = {}
    for name, value in claims.items():
        if name in BY_OBJECT:
            raise InvalidToken(f"{name} inside a request object")
        text = None if name in _OF_JWT else _text(name, value)
        if text:
            found[name] = text
    if len(found) > MOST_PARAMETERS:
        raise InvalidToken("too many parameters")
    if any(map(has_control_character, (*found, *found.values()))):
        raise InvalidToken("a parameter has a control character")
    return found


def _text(name: str, value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if name == "claims" and isinstance(value, Mapping):
        return json.dumps(value)
    if name == "max_age" and isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if name in REPEATABLE and isinstance(value, list):
        return " ".join(map(str, value))
    if name in PROTOCOL:
        raise InvalidToken(f"{name} is of the wrong type")
    return None
