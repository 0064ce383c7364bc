"""No changed request object is taken for the request of the client (property-based).

RFC 9101 sections 6 and 10, OpenID Connect Core section 6.
"""

from __future__ import annotations

import warnings
from contextlib import ExitStack

import pytest
from hypothesis import given, settings
from joserfc.jwk import ECKey, RSAKey

from pyramid_oauth.errors import InsecureSettingWarning
from tests.support.examples import at_most
from tests.support.jose_inputs import Sender
from tests.support.jwe_mutations import sealed_mutations, unseal
from tests.support.jwt_readers import MUTATIONS, judge, show
from tests.support.key_material import private_key
from tests.support.provider import make_login_provider
from tests.support.pushing import push
from tests.support.request_objects import (
    build_request_object_claims,
    request_by_object,
    set_client_keys,
)

TYPES = (None, "jwt", "oauth-authz-req+jwt")
RULES = ("openid", "rfc9101")
REFUSALS = (
    "invalid_request_object",
    "invalid_request",
    "request_not_supported",  # unsigned ones, of which only Core speaks
)
SEALED = private_key("RS256", 11)
assert isinstance(SEALED, RSAKey)


@pytest.fixture(scope="module")
def strict_providers(tmp_path_factory):
    """A provider for each set of rules; the client `web` signs by ES256."""
    with ExitStack() as stack, warnings.catch_warnings():
        warnings.simplefilter("ignore", InsecureSettingWarning)
        made = {}
        for rules in RULES:
            folder = tmp_path_factory.mktemp(rules)
            provider = made[rules] = make_login_provider(
                f"sqlite:///{folder}/test.sqlite",
                request_object_rules=rules,
                signing_algorithms="RS256 RSA-OAEP-256",
            )
            stack.callback(provider.engine.dispose)
            with provider.keys() as store:
                store.promote(store.add(SEALED, "RSA-OAEP-256").kid)
            provider.web = provider.register_client()
            set_client_keys(provider, "ES256")
        yield made


def make_sender():
    key = private_key("ES256")
    assert isinstance(key, ECKey)
    return Sender(key, build_request_object_claims())


def judge_by(rules, sender):
    optional = ("exp",) if rules == "rfc9101" else ("iss", "aud", "exp", "client_id")
    same = ("iss", "client_id") if rules == "rfc9101" else ()
    return judge(sender, *same, optional=optional)


def pushed(provider, token):
    form = {"scope": "openid", "request": token.encode("utf-8", "surrogatepass")}
    answer = push(provider, provider.web, **form)
    assert answer.status_int in (201, 400, 413), answer.text
    if answer.status_int == 400:
        assert answer.json["error"] in OTHER_PARAMETERS or (
            answer.json["error"] in REFUSALS
        )
    # Past the object, a parameter of it may still be refused.
    return answer.status_int == 201 or (
        answer.status_int == 400 and answer.json["error"] in OTHER_PARAMETERS
    )


OTHER_PARAMETERS = ("invalid_scope", "invalid_target", "unauthorized_client")


@pytest.mark.spec("RFC 8725", "3")
@pytest.mark.spec("RFC 9101", "6.2")
@pytest.mark.parametrize("rules", RULES)
@settings(max_examples=at_most(300), deadline=None)
@given(mutation=MUTATIONS)
def test_a_changed_request_object_is_not_pushed(strict_providers, rules, mutation):
    provider, sender = strict_providers[rules], make_sender()
    show(
        mutation,
        sender,
        lambda token: pushed(provider, token),
        judge_by(rules, sender),
        types=TYPES,
    )


@pytest.mark.spec("RFC 9101", "6.1")
@pytest.mark.parametrize("rules", RULES)
@settings(max_examples=at_most(200), deadline=None)
@given(mutation=sealed_mutations(SEALED))
def test_a_changed_encrypted_request_object_is_not_pushed(
    strict_providers, rules, mutation
):
    provider, sender = strict_providers[rules], make_sender()
    show(
        mutation,
        sender,
        lambda token: pushed(provider, token),
        judge_by(rules, sender),
        types=TYPES,
        unseal=lambda token: unseal(SEALED, token),
    )


def opened(browser, token):
    text = token.encode("utf-8", "surrogatepass")
    if len(text) > 20_000:
        return False  # no URL is that long
    answer = request_by_object(browser, text)
    assert answer.status_int in (303, 400), answer.text
    return answer.status_int == 303 and "error=" not in answer.location


@pytest.mark.spec("RFC 9101", "6.2")
@settings(max_examples=at_most(150), deadline=None)
@given(mutation=MUTATIONS)
def test_a_changed_request_object_of_a_browser_reaches_no_consent(
    strict_providers, mutation
):
    provider, sender = strict_providers["openid"], make_sender()
    browser = provider.open_browser("alice")
    show(
        mutation,
        sender,
        lambda token: opened(browser, token),
        judge_by("openid", sender),
        types=TYPES,
    )
