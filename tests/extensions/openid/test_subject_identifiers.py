"""Public and pairwise subjects (OpenID Connect Core section 8)."""

from __future__ import annotations

import pytest

from tests.support.provider import log_in_to_client
from tests.support.secret import SECRET

PAIRWISE = {"subject_type": "pairwise"}
SALT = {"pairwise_salt": SECRET}


def register_client_at(provider, client_id, host, **metadata):
    return provider.register_client(
        client_id=client_id,
        redirect_uris=f"https://{host}/cb",
        client_metadata=metadata,
    )


def obtain_subject(provider, client, host, name="alice"):
    uri = f"https://{host}/cb"
    token = log_in_to_client(provider, client, name, redirect_uri=uri)["id_token"]
    return provider.verify_id_token(token, client["client_id"])["sub"]


@pytest.fixture
def pairwise_provider(new_provider):
    return new_provider(**SALT)


@pytest.mark.spec("OpenID Connect Core", "8.1")
def test_pairwise_clients_of_different_sectors_get_different_subjects(
    pairwise_provider,
):
    one = register_client_at(pairwise_provider, "one", "one.example", **PAIRWISE)
    same = register_client_at(pairwise_provider, "same", "one.example", **PAIRWISE)
    other = register_client_at(pairwise_provider, "other", "other.example", **PAIRWISE)
    first = obtain_subject(pairwise_provider, one, "one.example")
    assert first not in (
        "alice",
        obtain_subject(pairwise_provider, other, "other.example"),
    )
    assert first == obtain_subject(pairwise_provider, same, "one.example")
    assert first == obtain_subject(pairwise_provider, one, "one.example")
    assert first != obtain_subject(pairwise_provider, one, "one.example", "bob")


@pytest.mark.spec("OpenID Connect Core", "8.1")
def test_clients_with_one_sector_identifier_get_the_same_subject(pairwise_provider):
    sector = {"sector_identifier_uri": "https://sector.example/uris.json", **PAIRWISE}
    one = register_client_at(pairwise_provider, "one", "one.example", **sector)
    other = register_client_at(pairwise_provider, "other", "other.example", **sector)
    assert obtain_subject(pairwise_provider, one, "one.example") == obtain_subject(
        pairwise_provider, other, "other.example"
    )


def test_userinfo_and_introspection_return_the_pairwise_subject(pairwise_provider):
    client = register_client_at(pairwise_provider, "one", "one.example", **PAIRWISE)
    tokens = log_in_to_client(
        pairwise_provider, client, redirect_uri="https://one.example/cb"
    )
    expected = pairwise_provider.verify_id_token(tokens["id_token"], "one")["sub"]
    browser, token = pairwise_provider.browser(), tokens["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    assert browser.get("/oauth/userinfo", headers=headers).json["sub"] == expected
    for presented in (token, tokens["refresh_token"]):
        form = {"token": presented, **client}
        assert browser.post("/oauth/introspect", form).json["sub"] == expected


def test_a_resource_server_gets_the_public_subject_by_introspection(pairwise_provider):
    client = register_client_at(pairwise_provider, "one", "one.example", **PAIRWISE)
    api = pairwise_provider.register_client(client_id="api", introspection="any")
    tokens = log_in_to_client(
        pairwise_provider, client, redirect_uri="https://one.example/cb"
    )
    form = {"token": tokens["access_token"], **api}
    introspection = pairwise_provider.browser().post("/oauth/introspect", form).json
    assert introspection["sub"] == "alice"


def test_without_a_pairwise_salt_no_subject_is_issued(new_provider):
    provider = new_provider()
    client = register_client_at(provider, "one", "one.example", **PAIRWISE)
    answer = log_in_to_client(
        provider, client, redirect_uri="https://one.example/cb", status=503
    )
    assert answer == {
        "error": "temporarily_unavailable",
        "error_description": "The server cannot complete this request at the moment.",
    }


@pytest.mark.spec("OpenID Connect Discovery", "3")
def test_discovery_lists_the_supported_subject_types(new_provider):
    def types(provider):
        document = provider.browser().get("/oauth/.well-known/openid-configuration")
        return document.json["subject_types_supported"]

    assert types(new_provider()) == ["public"]
    assert types(new_provider(**SALT)) == ["public", "pairwise"]
