"""No key set at a `jwks_uri` lets a stranger in or makes an error (property-based).

RFC 7517 section 5, RFC 7591 section 2, RFC 8725 section 3.
"""

from __future__ import annotations

from itertools import count

import jwt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.client_keys import (
    build_assertion_claims,
    post_assertion,
    register_robot,
    sign_claims,
)
from tests.support.examples import at_most
from tests.support.jwks_mutations import SECRET, key_sets, key_sets_with_the_key
from tests.support.jwt_readers import watched_connections
from tests.support.servers import build_response

# The client's site of these tests is on this machine.
pytestmark = pytest.mark.filterwarnings(
    "ignore::pyramid_oauth.errors.InsecureSettingWarning"
)


@pytest.fixture
def publishing_host(new_host, client_site):
    host = new_host(
        token_endpoint_auth_methods="private_key_jwt client_secret_jwt",
        client_auth_attempts="0",
        client_auth_source_attempts="0",
        **client_site.settings,
    )
    register_robot(host, jwks_uri=client_site.url)
    numbers = count()

    def publish(body):
        """Publish a key set, where nothing was fetched before."""
        client_site.server.respond_with(build_response(body))
        uri = f"{client_site.url}?{next(numbers)}"
        host.set_client_metadata("robot", jwks_uri=uri)

    host.publish = publish
    return host


def sign_as_stranger(kid_of_client):
    headers = {} if kid_of_client is None else {"kid": kid_of_client}
    return sign_claims(build_assertion_claims(), "ES256", 7, **headers)


@pytest.mark.spec("RFC 7517", "5")
@pytest.mark.spec("RFC 7591", "2")
def test_no_key_set_lets_a_stranger_in(publishing_host):
    @given(body=key_sets(), is_found=st.booleans())
    @settings(max_examples=at_most(60), deadline=None)
    def check(body, is_found):
        publishing_host.publish(body)
        own = sign_claims(build_assertion_claims(), "ES256")
        kid = jwt.get_unverified_header(own)["kid"]
        known = jwt.encode(build_assertion_claims(), SECRET, "HS256")
        with watched_connections() as asked:
            for token in (sign_as_stranger(kid if is_found else None), known):
                assert post_assertion(publishing_host, token).status_int == 401
            assert post_assertion(publishing_host, own).status_int in (200, 401)
        assert set(asked) <= {"localhost", "127.0.0.1"}

    check()


@pytest.mark.spec("RFC 7517", "5")
def test_keys_that_are_no_keys_hide_no_key(publishing_host):
    @given(body=key_sets_with_the_key())
    @settings(max_examples=at_most(40), deadline=None)
    def check(body):
        publishing_host.publish(body)
        token = sign_claims(build_assertion_claims(), "ES256")
        assert post_assertion(publishing_host, token).status_int == 200

    check()
