"""No changed access token is accepted by the server that issued it (property-based).

RFC 9068 section 4. A token without a row depends on its signature alone.
"""

from __future__ import annotations

import jwt
import pytest
from hypothesis import assume, given, settings
from joserfc.jwk import ECKey

from pyramid_oauth.errors import InsecureSettingWarning
from tests.extensions.jwt_access_tokens.conftest import API, EXTENSION
from tests.support.examples import at_most
from tests.support.jose_inputs import Sender
from tests.support.jwt_readers import MUTATIONS, judge, show
from tests.support.key_material import private_key
from tests.support.provider import Provider, log_in_to_client

SAME = ("iss",)
"""The server believes its own signature: whose token it is, that alone says."""


@pytest.fixture(scope="module")
def issuing_provider(tmp_path_factory):
    """A provider that signs access tokens without a row by ES256."""
    folder = tmp_path_factory.mktemp("tokens")
    with pytest.warns(InsecureSettingWarning, match="jwt_access_token_stateless"):
        provider = Provider(
            f"sqlite:///{folder}/test.sqlite",
            lambda config: config.include(EXTENSION),
            access_token_format="jwt",
            access_token_lifetime="600",
            default_audience=API,
            jwt_access_token_stateless="true",
            signing_algorithms="RS256 ES256",
            jwt_access_token_alg="ES256",
        )
    with provider.keys() as store:
        store.promote(store.add(private_key("ES256"), "ES256").kid)
    provider.web = provider.register_client()
    provider.token = log_in_to_client(provider, provider.web)["access_token"]
    yield provider
    provider.engine.dispose()


def make_sender(provider):
    key = private_key("ES256")
    assert isinstance(key, ECKey)
    claims = jwt.decode(provider.token, options={"verify_signature": False})
    return Sender(key, claims, {"typ": "at+jwt"})


def is_active(provider, token):
    form = {"token": token.encode("utf-8", "surrogatepass"), **provider.web}
    answer = provider.browser().post("/oauth/introspect", form, expect_errors=True)
    assert answer.status_int in (200, 400, 413), answer.text
    return answer.status_int == 200 and answer.json["active"]


def reads_userinfo(provider, token):
    headers = {"Authorization": f"Bearer {token}"}
    answer = provider.browser().get(
        "/oauth/userinfo", headers=headers, expect_errors=True
    )
    assert answer.status_int in (200, 400, 401, 403), answer.text
    return answer.status_int == 200


@pytest.mark.spec("RFC 9068", "4")
@pytest.mark.spec("RFC 8725", "3")
@settings(max_examples=at_most(200), deadline=None)
@given(mutation=MUTATIONS)
def test_a_changed_token_is_not_active(issuing_provider, mutation):
    sender = make_sender(issuing_provider)
    show(
        mutation,
        sender,
        lambda token: is_active(issuing_provider, token),
        judge(sender, *SAME, has_audience=False),
        types=("at+jwt",),
    )


@pytest.mark.spec("RFC 9068", "4")
@settings(max_examples=at_most(200), deadline=None)
@given(mutation=MUTATIONS)
def test_a_changed_token_reads_no_userinfo(issuing_provider, mutation):
    sender = make_sender(issuing_provider)
    token = mutation.apply(sender)
    # What is no field value never arrives here (RFC 9110 section 5.5).
    assume(token.isascii() and token.isprintable() and token == token.strip())
    assume(len(token) < 8000)
    show(
        mutation,
        sender,
        lambda token: reads_userinfo(issuing_provider, token),
        judge(sender, *SAME, has_audience=False),
        types=("at+jwt",),
    )
