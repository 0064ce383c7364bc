"""Claims that a host returns as dates, UUIDs, decimals, or values outside JSON."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from uuid import UUID

import pytest

from tests.extensions.openid.test_userinfo import userinfo
from tests.support.people import People
from tests.support.provider import log_in_to_client

ALL = "openid profile email address phone"
NUMBER = UUID("01890a5d-ac96-774b-bcce-b302099a8057")
OWN = ["rank", "since", "seen", "teams", "pair"]
NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)


class Directory(People):
    """Accounts whose claims a test sets."""

    host_claims: dict = {}

    def claims(self, request, subject):
        return self.host_claims


class ClaimsResponse:
    """The claims that a client receives when the host returns the given claims."""

    def __init__(self, new_provider):
        self.people = Directory()
        self.provider = new_provider(
            lambda config: config.add_oauth_claims(
                "own", lambda request: self.people.host_claims, OWN
            ),
            people=self.people,
            id_token_scope_claims="true",
        )
        self.client = self.provider.register_client()
        self.tokens = log_in_to_client(self.provider, self.client, scope=ALL)

    def __call__(self, **claims):
        self.people.host_claims = claims
        userinfo_claims = userinfo(self.provider, self.tokens["access_token"]).json
        assert userinfo_claims.pop("sub") == "alice"
        return userinfo_claims

    def in_id_token(self, **claims):
        self.people.host_claims = claims
        tokens = log_in_to_client(self.provider, self.client, scope=ALL)
        return self.provider.verify_id_token(tokens["id_token"])


@pytest.fixture
def claims_response(new_provider):
    return ClaimsResponse(new_provider)


@pytest.mark.spec("OpenID Connect Core", "5.1")
def test_standard_claims_have_the_specified_formats(claims_response):
    day, moment = date(1852, 5, 4), datetime(1852, 5, 4, tzinfo=UTC)
    for value in (day, moment, "1852-05-04"):
        assert claims_response(birthdate=value) == {"birthdate": "1852-05-04"}
    other_timezone = NEW_YEAR.astimezone(timezone(timedelta(hours=2)))
    naive = NEW_YEAR.replace(tzinfo=None)
    for value in (NEW_YEAR, other_timezone, naive, Decimal(1767225600), 1767225600):
        assert claims_response(updated_at=value) == {"updated_at": 1767225600}
    assert claims_response(preferred_username=NUMBER) == {
        "preferred_username": str(NUMBER)
    }
    assert claims_response.in_id_token(updated_at=NEW_YEAR)["updated_at"] == 1767225600


@pytest.mark.spec("OpenID Connect Core", "5.1.1")
def test_an_address_has_only_members_with_a_value(claims_response):
    address = {"locality": "Oxford", "region": None, "country": ""}
    assert claims_response(address=address) == {"address": {"locality": "Oxford"}}
    assert claims_response(address={"region": None}, name="Alice") == {"name": "Alice"}


def test_claims_of_a_host_are_converted_to_json_values(claims_response):
    host_claims = {
        "rank": Decimal("1.5"),
        "since": {"day": date(2026, 1, 1)},
        "seen": NEW_YEAR,
        "teams": frozenset({"red"}),
        "pair": (NUMBER, None),
    }
    expected = {
        "rank": 1.5,
        "since": {"day": "2026-01-01"},
        "seen": "2026-01-01T00:00:00+00:00",
        "teams": ["red"],
        "pair": [str(NUMBER), None],
    }
    assert claims_response(**host_claims) == expected
    assert expected.items() <= claims_response.in_id_token(**host_claims).items()


def test_a_claim_that_json_cannot_express_is_omitted_and_logged(
    claims_response, caplog
):
    recursive: dict = {}
    recursive["itself"] = recursive
    invalid = {
        "nickname": object(),
        "website": b"bytes",
        "rank": float("nan"),
        "seen": Decimal("Infinity"),
        "teams": {1: "one"},
        "since": recursive,
    }
    assert claims_response(name="Alice", **invalid) == {"name": "Alice"}
    assert claims_response.in_id_token(name="Alice", **invalid)["name"] == "Alice"
    for name in invalid:
        assert f"the claim {name!r} is left out" in caplog.text
