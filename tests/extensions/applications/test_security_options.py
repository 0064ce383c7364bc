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


def test_signed_requests_without_an_algorithm_require_keys_too(owner):
    refused = fill(
        open_form(owner),
        name="Bank",
        redirect_uris="https://bank.example/cb",
        **{SIGNED: True},
    ).submit(status=400)
    problem = problems(refused)[SIGNED]
    assert problem.startswith("cannot be met: the application has no key for ")


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


@pytest.fixture
def administrator(protected_host):
    return log_in_browser(protected_host, "root")


def test_an_owner_sees_what_an_administrator_has_set_and_cannot_change_it(
    protected_host, owner, administrator
):
    client = register(owner, **{PUSHED: True})
    given = {BOUND_TO_KEY: True, TYPES: ["payment"]}
    assert edit(administrator, client, **given).status_int == 303
    held = {
        "dpop_bound_access_tokens": True,
        "authorization_details_types": ["payment"],
    }

    def members():
        found = stored(protected_host, client["client_id"]).client_metadata
        return {name: found.get(name) for name in held}

    page = owner.get(f"/oauth/applications/{client['client_id']}/edit")
    for name in given:
        field = page.html.find(attrs={"name": name})
        assert field.has_attr("disabled")
        hint = page.html.find(id=field["aria-describedby"]).text
        assert (
            hint == "An administrator has set this; only administrators can change it."
        )
    assert "administrator_members" not in page.text
    form = fill(page.forms["oauth-application-form"], name="", **{PUSHED: False})
    again = form.submit(status=400)
    assert again.html.find(attrs={"name": BOUND_TO_KEY}).has_attr("checked")
    # A browser sends no disabled field; a program may.
    sent = dict(form.submit_fields())
    sent.update({"name": "Another", BOUND_TO_KEY: "", TYPES: "account"})
    owner.post(form.action, sent, status=303)
    assert members() == held
    after = stored(protected_host, client["client_id"])
    assert after.name == "Another"
    assert not after.declared("require_pushed_authorization_requests")


@pytest.mark.parametrize(
    "member", ["dpop_bound_access_tokens", "administrator_members"]
)
def test_an_owner_cannot_remove_it_as_json(
    protected_host, owner, administrator, member
):
    client = register(owner)
    assert edit(administrator, client, **{BOUND_TO_KEY: True}).status_int == 303
    before = stored(protected_host, client["client_id"])
    refused = edit(owner, client, client_metadata=f'{{"{member}": null}}')
    assert refused.status_int == 400
    (problem,) = problems(refused).values()
    assert problem.startswith(f"{member} ")
    after = stored(protected_host, client["client_id"])
    assert after.client_metadata == before.client_metadata


def test_an_administrator_releases_what_administrators_have_set(
    protected_host, owner, administrator
):
    client = register(administrator, user_id="alice", **{BOUND_TO_KEY: True})
    changes = {"name": "Another"}
    assert edit(administrator, client, **changes).status_int == 303
    assert stored(protected_host, client["client_id"]).client_metadata == {
        "dpop_bound_access_tokens": True,
        "administrator_members": ["dpop_bound_access_tokens"],
    }
    assert edit(administrator, client, **{BOUND_TO_KEY: False}).status_int == 303
    assert not stored(protected_host, client["client_id"]).client_metadata
    for is_set in (True, False):
        assert edit(owner, client, **{BOUND_TO_KEY: is_set}).status_int == 303
        members = stored(protected_host, client["client_id"]).client_metadata
        assert members.get("dpop_bound_access_tokens", False) is is_set
    assert edit(owner, client, **{BOUND_TO_KEY: True}).status_int == 303
    # What an administrator only sees stays with the owner.
    assert edit(administrator, client, name="Third").status_int == 303
    assert edit(owner, client, **{BOUND_TO_KEY: False}).status_int == 303


def test_a_member_that_says_false_is_kept(protected_host, owner):
    client = register(owner)
    said = {"dpop_bound_access_tokens": False}
    protected_host.update_application(client["client_id"], client_metadata=said)
    assert edit(owner, client, name="Another").status_int == 303
    assert stored(protected_host, client["client_id"]).client_metadata == said
