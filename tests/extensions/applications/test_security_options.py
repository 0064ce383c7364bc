"""The form has security options where their extensions are on (RFC 7591 section 2)."""

from __future__ import annotations

import pytest

from tests.extensions.applications.conftest import (
    edit,
    fill,
    open_application,
    open_form,
    problems,
    register,
    stored,
)
from tests.support.provider import log_in_browser

PREFIX = "metadata_"
BOUND_TO_KEY = f"{PREFIX}dpop_bound_access_tokens"
BOUND_TO_CERTIFICATE = f"{PREFIX}tls_client_certificate_bound_access_tokens"
SUBJECT = f"{PREFIX}tls_client_auth_subject_dn"
IP = f"{PREFIX}tls_client_auth_san_ip"
TYPES = f"{PREFIX}authorization_details_types"
PUSHED = f"{PREFIX}require_pushed_authorization_requests"
SIGNED = f"{PREFIX}require_signed_request_object"


def include_protections(config):
    for name in ("dpop", "mtls", "rich_authorization"):
        config.include(f"pyramid_oauth.extensions.{name}")


@pytest.fixture
def protected_host(new_pages_host):
    """A host with the extensions whose members the form has."""
    return new_pages_host(
        include_protections,
        authorization_details_types="payment\naccount",
        request_object_rules="rfc9101",
        token_endpoint_auth_methods="tls_client_auth client_secret_post none",
        mtls_verified_by="environ:SSL_CLIENT_VERIFY",
    )


@pytest.fixture
def owner(protected_host):
    return log_in_browser(protected_host)


def test_there_is_no_field_of_an_extension_that_is_off(alice):
    fields = open_form(alice).fields
    assert PUSHED in fields
    assert not {BOUND_TO_KEY, SUBJECT, TYPES, SIGNED} & fields.keys()


@pytest.mark.spec("RFC 8705", "2.1.2")
def test_a_certificate_subject_is_validated_as_at_registration(protected_host, owner):
    form = open_form(owner)
    names = [name for name in form.fields if name]
    options = [SUBJECT, IP, PUSHED, BOUND_TO_CERTIFICATE, TYPES]
    expected = ["name", *options, f"{PREFIX}policy_uri"]
    assert [name for name in names if name in expected] == expected
    refused = fill(
        form,
        name="Bank",
        redirect_uris="https://bank.example/cb",
        token_endpoint_auth_method="tls_client_auth",
        **{SUBJECT: "no name", IP: "192.0.2.300"},
    ).submit(status=400)
    assert set(problems(refused)) == {SUBJECT, IP}
    assert refused.html.find(id="oauth-security").has_attr("open")

    form = refused.forms["oauth-application-form"]
    refused = fill(form, **{SUBJECT: "CN=bank,O=Example", IP: "192.0.2.3"}).submit(
        status=400
    )
    assert set(problems(refused)) == {"token_endpoint_auth_method"}
    assert refused.html.find(id="oauth-security").has_attr("open")

    form = refused.forms["oauth-application-form"]
    form[IP], form[BOUND_TO_CERTIFICATE].checked = "", True
    shown = form.submit(status=303).follow()
    client_id = shown.html.find(id="oauth-client-id").text
    assert stored(protected_host, client_id).client_metadata == {
        "tls_client_auth_subject_dn": "CN=bank,O=Example",
        "tls_client_certificate_bound_access_tokens": True,
    }


def test_boxes_set_and_remove_members(protected_host, owner):
    client = register(owner, **{TYPES: ["payment"]})
    assert (
        not owner.get("/oauth/applications/register")
        .html.find(id="oauth-security")
        .has_attr("open")
    )

    def members():
        return stored(protected_host, client["client_id"]).client_metadata

    assert members() == {"authorization_details_types": ["payment"]}
    changes = {BOUND_TO_KEY: True, PUSHED: True, TYPES: ["payment", "account"]}
    assert edit(owner, client, **changes).status_int == 303
    assert members() == {
        "authorization_details_types": ["payment", "account"],
        "dpop_bound_access_tokens": True,
        "require_pushed_authorization_requests": True,
    }
    shown = open_application(owner, client, status=200)
    facts = [fact.dd.text for fact in shown.html.select(".facts .security")]
    assert facts == ["Yes", "Yes", "paymentaccount"]
    changes = {BOUND_TO_KEY: False, PUSHED: False, TYPES: []}
    assert edit(owner, client, **changes).status_int == 303
    assert not members()


def test_signed_requests_require_keys(owner):
    refused = fill(
        open_form(owner),
        name="Bank",
        redirect_uris="https://bank.example/cb",
        token_endpoint_auth_method="none",
        client_metadata='{"request_object_signing_alg": "ES256"}',
        **{SIGNED: True},
    ).submit(status=400)
    problem = refused.html.select_one("#oauth-problems li").text
    assert problem == "request_object_signing_alg: requires jwks or jwks_uri"


def test_a_member_that_says_false_is_kept(protected_host, owner):
    client = register(owner)
    said = {"dpop_bound_access_tokens": False}
    protected_host.update_application(client["client_id"], client_metadata=said)
    assert edit(owner, client, name="Another").status_int == 303
    assert stored(protected_host, client["client_id"]).client_metadata == said
