"""No changed client assertion authenticates a client (property-based).

RFC 7523 section 3, RFC 8725 section 3.
"""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from joserfc.jwk import ECKey

from pyramid_oauth.errors import InsecureSettingWarning
from tests.support.client_keys import (
    build_assertion_claims,
    build_assertion_form,
    key_set,
    register_robot,
)
from tests.support.examples import at_most
from tests.support.host import Host
from tests.support.jose_inputs import Sender
from tests.support.jwt_readers import MUTATIONS, judge, show
from tests.support.key_material import private_key

TYPES = (None, "jwt", "client-authentication+jwt")


@pytest.fixture(scope="module")
def unlimited_host(tmp_path_factory):
    """A host that counts no failed attempts; the client `robot` signs by ES256."""
    folder = tmp_path_factory.mktemp("assertions")
    with pytest.warns(InsecureSettingWarning, match="client_auth_"):
        host = Host(
            f"sqlite:///{folder}/test.sqlite",
            token_endpoint_auth_methods="private_key_jwt client_secret_jwt",
            client_auth_attempts="0",
            client_auth_source_attempts="0",
        )
    register_robot(host, jwks=key_set("ES256"))
    yield host
    host.engine.dispose()


def make_sender():
    key = private_key("ES256")
    assert isinstance(key, ECKey)
    return Sender(key, build_assertion_claims())


def post(host, token, path="token"):
    form = {
        name: value.encode("utf-8", "surrogatepass")
        for name, value in build_assertion_form(token).items()
    }
    return host.browser().post(f"/oauth/{path}", form, expect_errors=True)


def authenticates(host, token):
    answer = post(host, token)
    assert answer.status_int in (200, 400, 401, 413), answer.text
    if answer.status_int == 200:
        again = post(host, token)
        assert again.status_int == 401, "the assertion is accepted twice"
        return True
    assert answer.json["error"] in ("invalid_client", "invalid_request")
    return False


@pytest.mark.spec("RFC 7523", "3")
@pytest.mark.spec("RFC 8725", "3")
@settings(max_examples=at_most(300), deadline=None)
@given(mutation=MUTATIONS)
def test_a_changed_assertion_authenticates_nobody(unlimited_host, mutation):
    sender = make_sender()
    show(
        mutation,
        sender,
        lambda token: authenticates(unlimited_host, token),
        judge(sender, "iss", "sub"),
        types=TYPES,
    )


@settings(max_examples=at_most(60), deadline=None)
@given(mutation=MUTATIONS)
def test_no_endpoint_fails_on_a_changed_assertion(unlimited_host, mutation):
    """Each endpoint with client authentication reads it in the same way."""
    token = mutation.apply(make_sender())
    for path in ("par", "revoke", "introspect"):
        assert post(unlimited_host, token, path).status_int < 500
