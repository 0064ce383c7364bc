"""Request parameters from a request object and from the request that carries it.

There are two sets of rules. OpenID Connect Core sections 6.1 and 6.3.3: parameters of
both are used, those of the object have precedence, and `response_type`, `client_id` and
the scope `openid` must be outside. RFC 9101 sections 5 and 6.3: only parameters of the
object are used.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeGuard

from oauthlib.oauth2.rfc6749.errors import MissingResponseTypeError

from pyramid_oauth.config.parameters import EndpointParameters, Parameter
from pyramid_oauth.extensions.request_objects.request_object import RequestObject
from pyramid_oauth.http.forms import MAX_PARAMETERS, has_control_character
from pyramid_oauth.jose.errors import InvalidToken
from pyramid_oauth.protocol.request import OAuthRequest

BY_OBJECT = frozenset({"request", "request_uri"})

_OF_JWT = frozenset({"iss", "sub", "aud", "exp", "nbf", "iat", "jti"})

Parameters = dict[str, str]


def merge_parameters(
    oauth: OAuthRequest, request_object: RequestObject, strict: bool
) -> Parameters:
    """Return the parameters of the authorization request.

    Args:
        oauth: The request with the parameters outside the object.
        request_object: The request object.
        strict: Whether the rules of RFC 9101 apply to every object of the client, so
            that parameters outside the object never count.

    Raises:
        InvalidToken: The object has invalid or contradicting parameters.
        MissingResponseTypeError: It is not outside, under the rules of Core.
    """
    outside, inside = (
        oauth.parameters,
        convert_claims(request_object.claims, oauth.known),
    )
    if strict or not is_core_request(outside, request_object):
        return _merge_by_rfc9101(outside, inside)
    return _merge_by_core(outside, inside)


def is_core_request(outside: Mapping[str, str], request_object: RequestObject) -> bool:
    """Whether the rules of OpenID Connect Core apply, else those of RFC 9101.

    Core requires the scope `openid` outside the object. The `typ` of RFC 9101 decides
    against Core.
    """
    return "openid" in outside.get("scope", "").split() and not request_object.is_typed


def _merge_by_core(outside: Mapping[str, str], inside: Parameters) -> Parameters:
    kept = {k: v for k, v in outside.items() if k not in BY_OBJECT}
    if "response_type" not in outside:
        raise MissingResponseTypeError
    if inside.get("client_id", kept["client_id"]) != kept["client_id"]:
        raise InvalidToken("client_id differs inside and outside")
    asked = inside.get("response_type", kept["response_type"])
    if set(asked.split()) != set(kept["response_type"].split()):
        raise InvalidToken("response_type differs inside and outside")
    return {**kept, **inside}


def _merge_by_rfc9101(outside: Mapping[str, str], inside: Parameters) -> Parameters:
    if inside.get("client_id") != outside["client_id"]:
        raise InvalidToken("client_id is missing inside, or differs")
    return inside


def convert_claims(claims: Mapping[str, Any], known: EndpointParameters) -> Parameters:
    """Return claims as parameters, without unknown ones, credentials and JWT claims.

    Raises:
        InvalidToken: A value has the wrong type or a control character.
    """
    if claims.keys() & BY_OBJECT:
        raise InvalidToken("request or request_uri inside a request object")
    if len(claims) > MAX_PARAMETERS:
        raise InvalidToken("too many parameters")
    texts = {
        name: _convert_value(known.by_name[name], value)
        for name, value in claims.items()
        if name in known.storable and name not in _OF_JWT
    }
    parameters = {name: text for name, text in texts.items() if text}
    if any(map(has_control_character, parameters.values())):
        raise InvalidToken("a parameter has a control character")
    return parameters


def _convert_value(parameter: Parameter, value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if parameter.from_claim is not None:
        try:
            return parameter.from_claim(value)
        except ValueError as error:
            raise InvalidToken(f"{parameter.name}: {error}") from error
    if parameter.is_repeatable and _is_list_of_text(value):
        return " ".join(value)
    raise InvalidToken(f"{parameter.name} has the wrong type")


def _is_list_of_text(value: object) -> TypeGuard[list[str]]:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)
