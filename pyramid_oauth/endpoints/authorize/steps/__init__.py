"""The steps of the authorization endpoint, in the order in which they are policy.

Each takes the Authorization and returns a Response, which ends it, or None.
"""

from __future__ import annotations

from pyramid_oauth.endpoints.authorize.steps.consent import (
    ask_consent,
    remember_consent,
    take_decision,
)
from pyramid_oauth.endpoints.authorize.steps.grant import grant
from pyramid_oauth.endpoints.authorize.steps.login import find_resource_owner
from pyramid_oauth.endpoints.authorize.steps.openid import read_authentication_request
from pyramid_oauth.endpoints.authorize.steps.request_object import (
    read_request_object,
    require_object,
)
from pyramid_oauth.endpoints.authorize.steps.validation import (
    check_mode,
    check_values,
    validate,
)

OPENID = (read_request_object, require_object, read_authentication_request)
"""Steps of an OpenID Provider, which are left out where `openid` is off."""

STEPS = (
    read_request_object,
    check_mode,
    validate,
    check_values,
    require_object,
    read_authentication_request,
    find_resource_owner,
    take_decision,
    ask_consent,
    remember_consent,
    grant,
)
