"""The page of a user's second factors: list and remove them, and the recovery codes."""

from __future__ import annotations

from pyramid.config import Configurator
from pyramid.response import Response

from pyramid_oauth.server import key_encryption_keys
from pyramid_oauth.standalone.accounts import (
    one_time_passwords,
    passkeys,
    recovery_codes,
    second_factors,
)
from pyramid_oauth.standalone.accounts.adapter import session_of
from pyramid_oauth.standalone.accounts.factor_changes import APP, remove_factor
from pyramid_oauth.standalone.accounts.fresh_login import ask_for_fresh_login, is_fresh
from pyramid_oauth.standalone.accounts.login_context import ask_to_log_in, text
from pyramid_oauth.standalone.accounts.relying_party import PARTY
from pyramid_oauth.standalone.page import add_page, local_path, page, see_other
from pyramid_oauth.standalone.request import Request
from pyramid_oauth.standalone.settings import StandaloneSettings


def show(request: Request) -> Response:
    """List the second factors of the user (GET)."""
    here = session_of(request)
    if here is None:
        return ask_to_log_in(request)
    session, subject = request.dbsession, here.subject
    return page(
        request,
        "two_step",
        passkeys=passkeys.list_passkeys(session, subject),
        app=one_time_passwords.find(session, subject),
        app_value=APP,
        codes_left=recovery_codes.count(session, subject),
        has_passkeys=request.registry.get(PARTY) is not None,
    )


def remove(request: Request) -> Response:
    """Remove a factor after a fresh login with one (POST)."""
    here = session_of(request)
    if here is None:
        return see_other(request.route_path("two_step"))
    if not is_fresh(request, here):
        return ask_for_fresh_login(request)
    chosen = text(request.POST, "factor")
    remove_factor(request, here.subject, chosen, here.key_digest)
    return see_other(request.route_path("two_step"))


def offer_codes(request: Request) -> Response:
    """Explain recovery codes and offer new ones (GET)."""
    here = session_of(request)
    if here is None:
        return ask_to_log_in(request)
    way_on = local_path(text(request.GET, "next"))
    left = recovery_codes.count(request.dbsession, here.subject)
    return page(request, "recovery_codes", codes=(), codes_left=left, way_on=way_on)


def make_codes(request: Request) -> Response:
    """Replace the recovery codes and show the new ones once (POST)."""
    here = session_of(request)
    if here is None:
        return see_other(request.route_path("two_step"))
    factors = second_factors.find(request.dbsession, here.subject)
    if not factors:
        return see_other(request.route_path("two_step"))
    if not is_fresh(request, here):
        return ask_for_fresh_login(request)
    keys = key_encryption_keys(request.oauth.settings)
    codes = recovery_codes.replace_codes(request.dbsession, keys, here.subject)
    way_on = local_path(text(request.POST, "next"))
    return page(
        request, "recovery_codes", codes=codes, codes_left=len(codes), way_on=way_on
    )


def includeme(config: Configurator) -> None:
    """Add the routes and views, if the setting is on."""
    options: StandaloneSettings = config.registry["standalone.options"]
    if options.second_factor == "off":
        return
    config.add_route("two_step", "/two-step")
    config.add_route("two_step_remove", "/two-step/remove")
    config.add_route("recovery_codes", "/two-step/recovery-codes")
    add_page(config, "two_step", GET=show)
    add_page(config, "two_step_remove", POST=remove)
    add_page(config, "recovery_codes", GET=offer_codes, POST=make_codes)
