"""A specification that a host writes for itself: each directive, at work once.

The specification is docs/examples/tenants.py, the host tests/hosts/tenants.py.
"""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode
from datetime import timedelta

import pytest
from sqlalchemy import inspect
from sqlalchemy.orm import Session

from docs.examples.tenants import VOUCHER, TenantSettings
from pyramid_oauth.clock import now
from pyramid_oauth.server import SERVER
from tests.hosts.site import Site
from tests.support.host import parse_redirect
from tests.support.registry import ignore_open_registration


@pytest.fixture
def tenants_site(database_url, tmp_path):
    with ignore_open_registration():
        site = Site("tenants", database_url, tmp_path)
    site.make_tables()
    yield site
    site.close()


@pytest.fixture
def voucher_client(tenants_site):
    return tenants_site.client(
        authorization_grant_type="authorization_code refresh_token "
        f"client_credentials {VOUCHER}",
        client_metadata={"default_tenant": "globex"},
    )


def issue_voucher(site, client, tenant="acme", lifetime=60):
    with Session(site.engine) as session:
        voucher = site.registry[SERVER].repositories.vouchers.issue(
            session,
            client["client_id"],
            tenant,
            now() + timedelta(seconds=lifetime),
        )
        session.commit()
    return voucher


def exchange_voucher(site, client, voucher, **options):
    form = {"grant_type": VOUCHER, "voucher": voucher, "scope": "read", **client}
    return site.post("token", form, **options)


def client_token(site, client):
    form = {"grant_type": "client_credentials", "scope": "read", **client}
    return site.post("token", form).json["access_token"]


def introspect(site, client, token):
    return site.post("introspect", {"token": token, **client}).json


def call_api(site, token, status, **headers):
    headers = {"Authorization": f"Tenant {token}", **headers}
    return site.browser().get("/me", headers=headers, status=status)


def test_a_setting(tenants_site):
    settings = tenants_site.registry[SERVER].settings
    assert settings[TenantSettings].tenants == ("acme", "globex")


def test_a_model_on_the_base_of_the_host(tenants_site):
    assert tenants_site.models.metadata is tenants_site.host.Base.metadata
    assert "voucher" in inspect(tenants_site.engine).get_table_names()


def test_a_purge_rule(tenants_site, voucher_client, run):
    issue_voucher(tenants_site, voucher_client, lifetime=-1)
    issue_voucher(tenants_site, voucher_client)
    with ignore_open_registration():
        assert "1 vouchers deleted" in run("purge", tenants_site.ini).stdout
    assert tenants_site.count("Voucher") == 1


def test_a_deletion_rule(tenants_site, voucher_client, run):
    issue_voucher(tenants_site, voucher_client)
    with ignore_open_registration():
        run(
            "application",
            "delete",
            tenants_site.ini,
            voucher_client["client_id"],
            "--yes",
        )
    assert tenants_site.count("Voucher") == 0


def test_a_request_parameter_is_decoded(tenants_site, voucher_client):
    tokens = tenants_site.tokens(voucher_client, tenant="ACME")
    assert tokens["tenant"] == "acme"


def test_a_load_step_adds_what_the_request_left_out(tenants_site, voucher_client):
    tokens = tenants_site.tokens(voucher_client, login_hint="alice@acme")
    assert tokens["tenant"] == "acme"


def test_a_step_of_the_phase_validate_refuses(tenants_site, voucher_client):
    browser = tenants_site.browser()
    tenants_site.code(browser, voucher_client)
    asked = tenants_site.asked(voucher_client, tenant="elsewhere")
    answer = browser.get("/oauth/authorize", asked, status=303)
    assert parse_redirect(answer)["error"] == "invalid_target"


def test_a_consent_item_is_shown_and_remembered(tenants_site, voucher_client):
    browser = tenants_site.browser()
    page = tenants_site.open_consent_page(browser, voucher_client, tenant="acme")
    assert "Act in acme" in page.text
    page.forms["oauth-consent"].submit("decision", value="allow", status=303)
    again = browser.get(
        "/oauth/authorize", tenants_site.asked(voucher_client, tenant="acme")
    )
    assert "code" in parse_redirect(again)
    other = browser.get(
        "/oauth/authorize", tenants_site.asked(voucher_client, tenant="globex")
    )
    assert "Act in globex" in other.follow(status=200).text


def test_a_grant_uses_its_credential_up(tenants_site, voucher_client):
    voucher = issue_voucher(tenants_site, voucher_client)
    assert (
        exchange_voucher(tenants_site, voucher_client, voucher).json["tenant"] == "acme"
    )
    again = exchange_voucher(tenants_site, voucher_client, voucher, status=400)
    assert again.json["error"] == "invalid_grant"


def test_a_claim_in_every_token(tenants_site, voucher_client):
    of_a_person = tenants_site.tokens(voucher_client, tenant="acme")
    renewed = tenants_site.refresh(voucher_client, of_a_person["refresh_token"]).json
    for token, tenant in (
        (of_a_person["access_token"], "acme"),
        (renewed["access_token"], "acme"),
        (client_token(tenants_site, voucher_client), "globex"),
    ):
        assert introspect(tenants_site, voucher_client, token)["tenant"] == tenant


def test_a_scheme_with_a_nonce_on_errors(tenants_site, voucher_client):
    token = client_token(tenants_site, voucher_client)
    refused = call_api(tenants_site, token, 401)
    assert refused.json["error"] == "use_tenant_nonce"
    nonce = {"Tenant-Nonce": refused.headers["Tenant-Nonce"]}
    call_api(tenants_site, token, 200, **nonce)


def test_a_client_metadata_member_is_kept_and_returned(tenants_site):
    sent = {"redirect_uris": ["https://new.example/cb"], "default_tenant": "acme"}
    made = tenants_site.browser().post_json("/oauth/register", sent, status=201).json
    assert made["default_tenant"] == "acme"


def test_an_introspection_member(tenants_site, voucher_client):
    told = introspect(
        tenants_site, voucher_client, client_token(tenants_site, voucher_client)
    )
    assert told["tenant_url"] == "https://globex.example/"


def test_a_response_mode(tenants_site, voucher_client):
    browser = tenants_site.browser()
    page = tenants_site.open_consent_page(
        browser, voucher_client, response_mode="query.packed"
    )
    answer = page.forms["oauth-consent"].submit("decision", value="allow", status=303)
    packed = parse_redirect(answer)["response"]
    assert "code" in json.loads(urlsafe_b64decode(packed + "=="))


def test_a_check(tenants_site, run):
    ini = tenants_site.ini.read_text().replace("tenants = acme globex", "tenants =")
    tenants_site.ini.write_text(ini)
    assert (
        "W901 pyramid_oauth.tenants is empty" in run("check", tenants_site.ini).stdout
    )


def test_a_member_of_the_metadata(tenants_site):
    document = tenants_site.browser().get(
        "/.well-known/oauth-authorization-server/oauth"
    )
    assert document.json["tenants_supported"] == ["acme", "globex"]
