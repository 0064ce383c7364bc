"""The row of claims that is read with the access token (OpenID Connect Core 5.3)."""

from __future__ import annotations

import pytest
from sqlalchemy import literal, select

from pyramid_oauth.errors import ConfigurationError
from tests.support.host import call_api
from tests.support.people import People
from tests.support.provider import log_in_to_client


class JoinedPeople(People):
    """A host that has a row for alice alone; the row of others is never hers."""

    def claims_rows(self):
        return select(
            literal("alice").label("subject"),
            literal("Alice of the row").label("name"),
            literal("a column of ours").label("scope"),
        )

    def claims(self, request, subject):
        self.asked += 1
        assert self.claims_row(request, f"not {subject}") is None
        row = self.claims_row(request, subject)
        return {"name": f"{subject} without a row" if row is None else row.name}


class ChangedPeople(JoinedPeople):
    """Overrides the claims, and not the selection."""

    def claims(self, request, subject):
        return {**super().claims(request, subject), "nickname": "Al"}


class UnnamedPeople(People):
    """A selection by which nobody is found."""

    def claims_rows(self):
        return select(literal("alice").label("user"))


def read_userinfo(provider, token):
    headers = {"Authorization": f"Bearer {token}"}
    return provider.browser().get("/oauth/userinfo", headers=headers).json


def test_one_statement_reads_the_token_and_the_row_of_its_user(new_provider):
    provider = new_provider(people=JoinedPeople())
    client = provider.register_client()
    token = log_in_to_client(provider, client, scope="openid profile")["access_token"]
    found = {"sub": "alice", "name": "Alice of the row"}
    assert read_userinfo(provider, token) == found
    statements = provider.record_statements()
    assert read_userinfo(provider, token) == found
    assert len(statements) == 1


def test_a_user_without_a_row_is_asked_for(new_provider):
    provider = new_provider(people=JoinedPeople())
    client = provider.register_client()
    token = log_in_to_client(provider, client, "bob", scope="openid profile")
    assert read_userinfo(provider, token["access_token"]) == {
        "sub": "bob",
        "name": "bob without a row",
    }


def test_an_id_token_is_made_without_the_row(new_provider):
    provider = new_provider(people=JoinedPeople(), id_token_scope_claims="true")
    client = provider.register_client()
    tokens = log_in_to_client(provider, client, scope="openid profile")
    claims = provider.verify_id_token(tokens["id_token"])
    assert claims["name"] == "alice without a row"


def test_an_adapter_that_overrides_claims_alone_is_asked(new_provider):
    provider = new_provider(people=ChangedPeople())
    client = provider.register_client()
    token = log_in_to_client(provider, client, scope="openid profile")["access_token"]
    assert read_userinfo(provider, token) == {
        "sub": "alice",
        "name": "Alice of the row",
        "nickname": "Al",
    }


def test_a_bearer_check_reads_no_row(new_provider):
    provider = new_provider(people=JoinedPeople())
    client = provider.register_client()
    token = log_in_to_client(provider, client, scope="openid read")["access_token"]
    statements = provider.record_statements()
    assert call_api(provider, token) == 200
    assert [text for text in statements if "claims_rows" in text] == []
    assert len(statements) == 1


def test_a_selection_needs_a_subject(new_provider):
    with pytest.raises(ConfigurationError, match="no column `subject`"):
        new_provider(people=UnnamedPeople())
