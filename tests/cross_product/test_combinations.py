"""Each combination of grant, authentication, constraint, format and response mode.

A token is used in every way that there is; then the same requests come from another
client, with another key, and without a proof.
"""

from __future__ import annotations

import itertools

import pytest

from tests.cross_product.combinations import (
    AXES,
    CLIENT,
    CODE,
    IMPLICIT,
    REFRESH,
    choose_pairwise,
    list_combinations,
    parameters,
)
from tests.cross_product.site import (
    NOBODY,
    Credentials,
    is_jwt_access_token,
    make_certificate,
)
from tests.support.dpop import ProofSigner

POSSIBLE = list(parameters(possible=True))
IMPOSSIBLE = list(parameters(possible=False))
STRANGER = ProofSigner(number=99), make_certificate("stranger")
READ = {"grant_type": CLIENT, "scope": "read"}


def refresh_form(tokens):
    return {"grant_type": REFRESH, "refresh_token": tokens["refresh_token"]}


def obtain(site, combination):
    """The tokens that the client of this combination gets."""
    client = site.client(combination)
    if combination.grant == IMPLICIT:
        return site.authorize(combination)
    form = READ if combination.grant == CLIENT else site.build_code_form(combination)
    tokens = request_tokens(site, client, form)
    if combination.grant == REFRESH:
        tokens = request_tokens(site, client, refresh_form(tokens))
    return tokens


def request_tokens(site, client, form):
    answer = site.request_token(client, form)
    assert answer.status_int == 200, answer.text
    return answer.json


def read_error(answer):
    assert answer.status_int in (400, 401), answer.text
    return answer.json["error"]


def describe_confirmation(client):
    """The member `cnf` of a token of this client."""
    return {
        "none": None,
        "dpop": {"jkt": client.signer.thumbprint},
        "mtls": {"x5t#S256": client.certificate.thumbprint},
    }[client.constraint]


@pytest.mark.parametrize("combination", POSSIBLE)
def test_a_token_is_issued_used_introspected_refreshed_and_revoked(
    combination_site, combination
):
    site = combination_site
    client = site.client(combination)
    tokens = obtain(site, combination)
    token = tokens["access_token"]
    is_dpop = client.constraint == "dpop"
    assert tokens["token_type"] == ("DPoP" if is_dpop else "Bearer")
    assert is_jwt_access_token(token) is (combination.token_format == "jwt")
    assert site.call(token, client.holder) == 200
    assert site.call(token, client.holder, "/vault") == (
        200 if client.is_bound else 401
    )
    if not combination.is_public:
        members = site.introspect(token, client)
        assert (members["active"], members["client_id"]) == (True, client.id)
        assert members.get("cnf") == describe_confirmation(client)
        assert members["token_type"] == tokens["token_type"]
    if combination.grant in (CODE, REFRESH):
        renewed = request_tokens(site, client, refresh_form(tokens))
        assert renewed["token_type"] == tokens["token_type"]
        assert site.call(renewed["access_token"], client.holder) == 200
    else:
        assert "refresh_token" not in tokens
    revoked = site.post("revoke", {"token": token}, client.authenticate())
    assert revoked.status_int == 200
    assert site.call(token, client.holder) == 401
    if not combination.is_public:
        assert site.introspect(token, client) == {"active": False}


@pytest.mark.parametrize("combination", POSSIBLE)
def test_another_client_another_key_and_no_proof_are_refused(
    combination_site, combination
):
    site = combination_site
    client, other = site.client(combination), site.other_client(combination)
    if combination.grant == CODE:
        form = site.build_code_form(combination)
        refuse_token_requests(site, client, other, form)
        tokens = request_tokens(site, client, form)
    else:
        tokens = obtain(site, combination)
    token = tokens["access_token"]
    if combination.grant == REFRESH:
        refuse_token_requests(site, client, other, refresh_form(tokens))
        token = request_tokens(site, client, refresh_form(tokens))["access_token"]
    if combination.grant == CLIENT:
        refuse_token_requests(site, client, other, READ)
    if client.is_bound:
        assert site.call(token, client.hold(*STRANGER)) == 401
        assert site.call(token, NOBODY) == 401
    refused = site.post("introspect", {"token": token}, other.authenticate())
    if combination.is_public:
        assert read_error(refused) == "invalid_client"
    else:
        assert refused.json == {"active": False}
    site.post("revoke", {"token": token}, other.authenticate())
    assert site.call(token, client.holder) == 200


def refuse_token_requests(site, client, other, form):
    """The request as others make it is refused; it does not use the form up."""
    if form is not READ:
        stolen = site.request_token(client, form, other.authenticate())
        assert read_error(stolen) == "invalid_grant"
    if client.method != "none":
        mixed = other.authenticate(client.id)
        assert read_error(site.request_token(client, form, mixed)) == "invalid_client"
        bare = Credentials({"client_id": client.id})
        refused = site.request_token(client, form, bare, NOBODY)
        assert read_error(refused) == "invalid_client"
    if client.constraint == "dpop":
        missing = site.request_token(client, form, holder=NOBODY)
        assert read_error(missing) == "invalid_request"
    if client.constraint == "mtls" and not client.has_certificate:
        missing = site.request_token(client, form, holder=NOBODY)
        assert read_error(missing) in ("invalid_request", "invalid_grant")
    if is_bound_before(client, form):
        wrong = site.request_token(client, form, holder=client.hold(*STRANGER))
        assert read_error(wrong) == "invalid_grant"


def is_bound_before(client, form):
    """Codes are bound by `dpop_jkt`; refresh tokens of public clients to both."""
    if form["grant_type"] == REFRESH:
        return client.method == "none" and client.is_bound
    return form["grant_type"] == CODE and client.constraint == "dpop"


@pytest.mark.parametrize("combination", IMPOSSIBLE)
def test_an_impossible_combination_is_refused_by_name(combination_site, combination):
    site = combination_site
    client = site.client(combination)
    if combination.refusal.endpoint == "token":
        refused = site.request_token(client, READ)
        assert read_error(refused) == combination.refusal.error
        description = refused.json["error_description"]
    else:
        members = site.authorize(combination)
        assert members["error"] == combination.refusal.error
        assert "access_token" not in members
        description = members["error_description"]
    assert description


def test_every_two_values_meet_in_the_quick_suite():
    every = list_combinations()
    quick = choose_pairwise(every)
    assert len(quick) < len(every) / 5
    for pair in itertools.combinations(AXES, 2):
        met, there = (
            {tuple(getattr(each, name) for name in pair) for each in some}
            for some in (quick, every)
        )
        assert met == there
