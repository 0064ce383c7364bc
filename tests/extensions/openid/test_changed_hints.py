"""No changed ID Token is taken for a hint (property-based).

OpenID Connect Core section 3.1.2.1, RP-Initiated Logout section 2.
"""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
from hypothesis import given, settings
from joserfc.jwk import ECKey, RSAKey

from tests.support.examples import at_most
from tests.support.host import build_authorization_request
from tests.support.jose_inputs import Sender
from tests.support.jwe_mutations import sealed_mutations, unseal
from tests.support.jwt_mutations import Mutation
from tests.support.jwt_readers import MUTATIONS, judge, show
from tests.support.key_material import private_key
from tests.support.person import LoggedInUser
from tests.support.provider import NONCE, POST_LOGOUT_URI, make_logout_provider

SEALED = private_key("RS256", 11)
assert isinstance(SEALED, RSAKey)


@pytest.fixture(scope="module")
def hinted_provider(tmp_path_factory):
    """A provider that signs by ES256 and has a key for encryption to it."""
    folder = tmp_path_factory.mktemp("hints")
    provider = make_logout_provider(
        f"sqlite:///{folder}/test.sqlite", signing_algorithms="RS256 ES256 RSA-OAEP-256"
    )
    with provider.keys() as store:
        store.promote(store.add(private_key("ES256"), "ES256").kid)
        store.promote(store.add(SEALED, "RSA-OAEP-256").kid)
    provider.user = LoggedInUser(provider)
    provider.hint = provider.user.log_in_at_client()["id_token"]
    provider.user.log_in_at_client("other")
    yield provider
    provider.engine.dispose()


def make_sender(provider):
    """The provider itself: the claims of an ID Token that it issued."""
    key = private_key("ES256")
    assert isinstance(key, ECKey)
    return Sender(key, jwt.decode(provider.hint, options={"verify_signature": False}))


def judge_hint(sender):
    return judge(sender, "iss", "sub", ignores_times=True)


def is_hint_at_authorize(provider, token):
    """Whether the login session is found to be that of the hint."""
    text = token.encode("utf-8", "surrogatepass")
    form = build_authorization_request(
        scope="openid", nonce=NONCE, prompt="none", id_token_hint=text
    )
    answer = provider.user.browser.post("/oauth/authorize", form, expect_errors=True)
    assert answer.status_int in (303, 400, 413), answer.text
    members = parse_qs(urlsplit(answer.location or "").query)
    assert answer.status_int != 303 or ("code" in members) != ("error" in members)
    return "code" in members


@pytest.mark.spec("OpenID Connect Core", "3.1.2.1")
@pytest.mark.spec("RFC 8725", "3")
@settings(max_examples=at_most(200), deadline=None)
@given(mutation=MUTATIONS)
def test_a_changed_hint_confirms_nobody(hinted_provider, mutation: Mutation):
    sender = make_sender(hinted_provider)
    accepts = judge_hint(sender)
    show(mutation, sender, lambda t: is_hint_at_authorize(hinted_provider, t), accepts)


@pytest.mark.spec("OpenID Connect Core", "3.1.2.1")
@settings(max_examples=at_most(150), deadline=None)
@given(mutation=sealed_mutations(SEALED))
def test_a_changed_encrypted_hint_confirms_nobody(hinted_provider, mutation: Mutation):
    sender = make_sender(hinted_provider)
    show(
        mutation,
        sender,
        lambda token: is_hint_at_authorize(hinted_provider, token),
        judge_hint(sender),
        unseal=lambda token: unseal(SEALED, token),
    )


def names_client_at_logout(provider, token):
    """Whether the server finds the client of the hint; it then asks the person."""
    form = {
        "id_token_hint": token.encode("utf-8", "surrogatepass"),
        "post_logout_redirect_uri": POST_LOGOUT_URI,
    }
    answer = provider.browser().post("/oauth/end_session", form, expect_errors=True)
    assert answer.status_int in (200, 303, 400, 413), answer.text
    assert not (answer.location or "").startswith(POST_LOGOUT_URI), "without asking"
    return answer.status_int == 303 and "client_id=web" in answer.location


@pytest.mark.spec("OpenID Connect RP-Initiated Logout", "2")
@settings(max_examples=at_most(200), deadline=None)
@given(mutation=MUTATIONS)
def test_a_changed_hint_names_no_client_at_logout(hinted_provider, mutation: Mutation):
    sender = make_sender(hinted_provider)
    accepts = judge(sender, "iss", ignores_times=True)
    show(
        mutation, sender, lambda t: names_client_at_logout(hinted_provider, t), accepts
    )
