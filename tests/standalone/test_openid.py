"""The ready-made server as an OpenID Provider, with its demo users."""

from __future__ import annotations

import pytest
from sqlalchemy import event

from pyramid_oauth.extensions.openid.claims import OPENID_SCOPES

ALL = "openid profile email address phone"
URL = "/oauth/userinfo"


def userinfo(site, token, **options):
    return site.get(URL, headers={"Authorization": f"Bearer {token}"}, **options)


@pytest.mark.spec("OpenID Connect Core", "5.1")
@pytest.mark.parametrize(
    "credentials",
    [("alice", "wonderland"), ("bob", "builder")],
    ids=lambda pair: pair[0],
)
def test_the_demo_people_have_every_standard_claim(site, token, credentials):
    claims = userinfo(site, token(ALL, *credentials)).json
    assert claims["preferred_username"] == credentials[0]
    for scope, names in OPENID_SCOPES.items():
        assert [name for name in names if name not in claims] == [], scope
    assert isinstance(claims["email_verified"], bool)
    assert isinstance(claims["updated_at"], int)
    assert claims["address"]["formatted"].count("\n") >= 2


def test_userinfo_takes_one_statement_and_writes_nothing(site, token):
    access_token = token(ALL)
    userinfo(site, access_token)
    statements = []
    database = site.app.registry["fast_session.database"]
    for engine in (database.reader, database.writer):
        event.listen(
            engine,
            "before_cursor_execute",
            lambda conn, cursor, statement, *rest: statements.append(statement),
        )
    userinfo(site, access_token)
    site.post(URL, {"access_token": access_token})
    assert [text.split()[0] for text in statements] == ["SELECT"] * 2


def test_discovery_lists_the_supported_acr_values(site):
    metadata = site.get("/oauth/.well-known/openid-configuration").json
    assert metadata["acr_values_supported"] == [
        "urn:oasis:names:tc:SAML:2.0:ac:classes:Password",
        "https://refeds.org/profile/mfa",
        "phr",
    ]
    keys = site.get("/oauth/jwks").json["keys"]
    assert {key["alg"] for key in keys} == {"RS256", "ES256", "EdDSA"}
