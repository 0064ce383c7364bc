"""Authorization steps of request objects (OpenID Connect Core section 6, RFC 9101).

They run first, because the object has the parameters of the request. An error is sent
to the redirect URI of a signed object, or to that outside it, only if the client
registered it.
"""

from __future__ import annotations

from oauthlib.oauth2.rfc6749.errors import (
    FatalClientError,
    InvalidClientIdError,
    InvalidRequestError,
    MissingClientIdError,
    OAuth2Error,
)
from oauthlib.openid.connect.core.exceptions import (
    InvalidRequestObject,
    RequestNotSupported,
    RequestURINotSupported,
)
from pyramid.response import Response

from pyramid_oauth.endpoints.authorize.context import Authorization, Carrier
from pyramid_oauth.errors import ServerBusy
from pyramid_oauth.extensions.request_objects.parameter_assembly import (
    BY_OBJECT,
    merge_parameters,
)
from pyramid_oauth.extensions.request_objects.request_object import (
    RequestObject,
    UnsignedNotSupported,
    check_claims,
    open_request_object,
)
from pyramid_oauth.extensions.request_objects.request_uri import fetch_request_object
from pyramid_oauth.extensions.request_objects.settings import RequestObjectSettings
from pyramid_oauth.http.forms import has_control_character
from pyramid_oauth.jose.errors import KeysError
from pyramid_oauth.models import AbstractApplication
from pyramid_oauth.protocol.request import OAuthRequest
from pyramid_oauth.server import Server

STATE = "request_object"
"""The key in `Authorization.state`: whether the object was signed."""


class Unredirectable(FatalClientError):
    """An error for a page: the redirect URI is not verified (RFC 9101 section 7)."""

    def __init__(self, error: OAuth2Error) -> None:
        super().__init__(description=error.description)
        self.error = error.error


def load_request_object(authorization: Authorization) -> Response | None:
    """Replace the parameters by those of the request object, if there is one."""
    oauth, settings = authorization.oauth, authorization.server.settings
    supported = {
        "request": settings[RequestObjectSettings].request_objects,
        "request_uri": settings[RequestObjectSettings].request_uris,
    }
    given = [name for name in BY_OBJECT if name in oauth.parameters]
    if authorization.pending is not None or not any(supported[n] for n in given):
        return None
    _load_client(oauth)
    try:
        if len(given) > 1:
            raise InvalidRequestError(description="request and request_uri were sent.")
        request_object, parameters = _read_parameters(oauth, given[0])
    except ServerBusy:
        raise  # it becomes a page with status 503
    except OAuth2Error as error:
        raise error if _may_redirect_error(oauth) else Unredirectable(error) from error
    # A pushed request has its object only when it is pushed (RFC 9126).
    authorization.state[STATE] = {"is_signed": request_object.is_signed}
    authorization.carrier = Carrier.REQUEST_OBJECT
    authorization.replace_parameters(parameters)
    return None


def require_object(authorization: Authorization) -> Response | None:
    """Refuse unsigned requests where the server or the client requires signed ones.

    RFC 9101 section 10.5. A stored request was checked when it arrived.
    """
    is_signed = authorization.state.get(STATE, {}).get("is_signed", False)
    if authorization.pending is not None or is_signed:
        return None
    if requires_signature(authorization.server, authorization.oauth.client):
        raise InvalidRequestError(description="A signed request object is required.")
    return None


def requires_signature(server: Server, client: AbstractApplication) -> bool:
    """Whether a client must send signed request objects (RFC 9101 section 10.5)."""
    settings = server.settings[RequestObjectSettings]
    return settings.require_signed_request_object or bool(
        client.declared("require_signed_request_object", False)
    )


def is_strict(server: Server, client: AbstractApplication) -> bool:
    """Whether the rules of RFC 9101 apply to every object of a client.

    The server chooses them for all, or the client for itself, by requiring signed
    objects. No client can choose weaker ones.
    """
    settings = server.settings[RequestObjectSettings]
    return settings.is_strict or requires_signature(server, client)


def _read_parameters(
    oauth: OAuthRequest, name: str
) -> tuple[RequestObject, dict[str, str]]:
    client, token = oauth.client, oauth.parameters[name]
    if name == "request_uri":
        token = fetch_request_object(oauth, token)
    try:
        strict = is_strict(oauth.server, client)
        request_object = open_request_object(oauth, token, strict=strict)
        _apply_signed_redirect(oauth, request_object)
        check_claims(oauth, request_object.claims, strict=strict)
        return request_object, merge_parameters(oauth, request_object, strict)
    except UnsignedNotSupported:
        refused = RequestNotSupported if name == "request" else RequestURINotSupported
        raise refused(
            description="The client did not register unsigned request objects."
        ) from None
    except KeysError as error:
        oauth.refuse(f"the request object: {error}")
        raise InvalidRequestObject from error


def _apply_signed_redirect(oauth: OAuthRequest, request_object: RequestObject) -> None:
    """Use redirect URI, response mode and state of a signed object for errors.

    RFC 9101 section 6.3. The redirect URI must still be a registered one.
    """
    names = ["redirect_uri", "response_mode", "state"]
    if oauth.response_type is None:
        names.append("response_type")
    for name in names:
        value = request_object.claims.get(name) if request_object.is_signed else None
        if isinstance(value, str) and not has_control_character(value):
            setattr(oauth, name, value)


def _load_client(oauth: OAuthRequest) -> None:
    """Load the client whose keys verify the object; raise if there is none."""
    if not oauth.client_id:
        raise MissingClientIdError
    if not oauth.server.validator.validate_client_id(oauth.client_id, oauth):
        raise InvalidClientIdError


def _may_redirect_error(oauth: OAuthRequest) -> bool:
    """Whether the redirect URI is registered, so that it may receive an error."""
    if oauth.response_mode not in (None, *oauth.server.response_modes):
        return False
    uri = oauth.redirect_uri
    refusal, client_id = oauth.refusal, oauth.client.client_id
    registered = uri is not None and oauth.server.validator.validate_redirect_uri(
        client_id, uri, oauth
    )
    oauth.refusal = refusal  # why the object is refused
    return bool(registered)
