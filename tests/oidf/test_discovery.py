"""Discovery and the key set (OpenID Connect Discovery section 3)."""

from __future__ import annotations

import pytest

pytestmark = [
    pytest.mark.slow,
    pytest.mark.spec("OpenID Connect Discovery", "3"),
    pytest.mark.spec("OpenID Connect Discovery", "4.2"),
]
PRIVATE_MEMBERS = {"d", "p", "q", "dp", "dq", "qi", "oth", "k"}


@pytest.mark.module("oidcc-discovery-endpoint-verification")
def test_the_document_lists_the_supported_features(suite):
    metadata = suite.metadata
    url = suite.configuration["server"]["discoveryUrl"]
    response = suite.http.get(url)
    assert response.headers["Content-Type"].startswith("application/json")
    assert f"{metadata['issuer']}/.well-known/openid-configuration" == url
    assert {"code", "id_token", "id_token token"} <= {
        " ".join(sorted(kind.split())) for kind in metadata["response_types_supported"]
    }
    assert {"authorization_code", "implicit"} <= set(metadata["grant_types_supported"])
    assert {"public", "pairwise"} <= set(metadata["subject_types_supported"])
    assert "RS256" in metadata["id_token_signing_alg_values_supported"]
    assert "RS256" in metadata["userinfo_signing_alg_values_supported"]
    assert "RS256" in metadata["request_object_signing_alg_values_supported"]
    assert "openid" in metadata["scopes_supported"]
    assert {"sub", "name", "email", "address"} <= set(metadata["claims_supported"])
    for name in ("claims", "request", "request_uri"):
        assert metadata[f"{name}_parameter_supported"] is True
    assert {"query", "fragment", "form_post"} <= set(
        metadata["response_modes_supported"]
    )
    assert isinstance(metadata["code_challenge_methods_supported"], list)


# The registered members (RFC 8414 section 7.1 and companions) that this server uses.
# The module warns of one that it does not know.
KNOWN_MEMBERS = {
    *("issuer", "jwks_uri", "check_session_iframe", "claim_types_supported"),
    *("scopes_supported", "response_types_supported", "response_modes_supported"),
    *("grant_types_supported", "subject_types_supported", "acr_values_supported"),
    *("claims_supported", "claims_parameter_supported", "display_values_supported"),
    "dpop_signing_alg_values_supported",
    *("prompt_values_supported", "code_challenge_methods_supported"),
    *("request_parameter_supported", "request_uri_parameter_supported"),
    *("require_request_uri_registration",),
    *("authorization_response_iss_parameter_supported",),
    # RFC 9126 section 5
    *("pushed_authorization_request_endpoint", "require_pushed_authorization_requests"),
    *("frontchannel_logout_supported", "frontchannel_logout_session_supported"),
    *("backchannel_logout_supported", "backchannel_logout_session_supported"),
    *(
        f"{name}_endpoint"
        for name in ("authorization", "token", "revocation", "introspection")
    ),
    *(f"{name}_endpoint" for name in ("userinfo", "registration", "end_session")),
    *(
        f"{name}_endpoint_auth_{what}_supported"
        for name in ("token", "revocation", "introspection")
        for what in ("methods", "signing_alg_values")
    ),
    *(
        f"{name}_{what}_values_supported"
        for name in ("id_token", "userinfo", "request_object")
        for what in ("signing_alg", "encryption_alg", "encryption_enc")
    ),
}


@pytest.mark.module("oidcc-discovery-endpoint-verification")
def test_the_document_has_registered_members_only(suite):
    assert set(suite.metadata) <= KNOWN_MEMBERS


@pytest.mark.module("oidcc-discovery-endpoint-verification")
def test_every_endpoint_is_an_https_url_of_the_issuer(suite):
    urls = {
        name: value
        for name, value in suite.metadata.items()
        if name.endswith(("_endpoint", "_uri", "_iframe"))
    }
    assert {"authorization_endpoint", "token_endpoint", "userinfo_endpoint"} <= set(
        urls
    )
    assert {"registration_endpoint", "jwks_uri"} <= set(urls)
    for name, url in urls.items():
        assert url.startswith(f"{suite.provider.origin}/"), name


@pytest.mark.module("oidcc-discovery-endpoint-verification")
@pytest.mark.spec("RFC 7517", "4")
def test_the_key_set_is_public_and_complete(suite):
    keys = suite.http.get(suite.metadata["jwks_uri"]).json()["keys"]
    assert len({key["kid"] for key in keys}) == len(keys)
    for key in keys:
        assert {"kty", "use", "alg", "kid"} <= set(key)
        assert PRIVATE_MEMBERS.isdisjoint(key)
        assert key["kty"] != "oct"


@pytest.mark.parametrize(
    ("member", "value"),
    [
        pytest.param(
            "end_session_endpoint",
            "/end_session",
            marks=pytest.mark.module(
                "oidcc-rp-initiated-logout-discovery-endpoint-verification"
            ),
        ),
        pytest.param(
            "check_session_iframe",
            "/check_session",
            marks=pytest.mark.module(
                "oidcc-session-management-discovery-endpoint-verification"
            ),
        ),
    ],
)
def test_the_logout_endpoints_are_advertised(suite, member, value):
    assert suite.metadata[member] == f"{suite.provider.issuer}{value}"


@pytest.mark.parametrize(
    "channel",
    [
        pytest.param(
            "frontchannel",
            marks=pytest.mark.module(
                "oidcc-frontchannel-logout-discovery-endpoint-verification"
            ),
        ),
        pytest.param(
            "backchannel",
            marks=pytest.mark.module(
                "oidcc-backchannel-logout-discovery-endpoint-verification"
            ),
        ),
    ],
)
def test_the_logout_channels_are_advertised(suite, channel):
    assert suite.metadata[f"{channel}_logout_supported"] is True
    assert suite.metadata[f"{channel}_logout_session_supported"] is True
    assert suite.metadata["end_session_endpoint"]
