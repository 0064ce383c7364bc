"""An extension of a host that uses each directive once.

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
from tests.hosts.site import HostSite
from tests.support.host import parse_redirect
from tests.support.registry import ignore_open_registration


@pytest.fixture
def tenants_site(database_url, tmp_path):
    with ignore_open_registration():
        site = HostSite("tenants", database_url, tmp_path)
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


def test_a_setting_of_the_extension_is_parsed(tenants_site):
    settings = tenants_site.registry[SERVER].settings
    assert settings[TenantSettings].tenants == ("acme", "globex")


def test_a_model_of_the_extension_is_on_the_base_of_the_host(tenants_site):
    assert tenants_site.models.metadata is tenants_site.host.Base.metadata
    assert "voucher" in inspect(tenants_site.engine).get_table_names()


def test_a_purge_rule_deletes_expired_rows(tenants_site, voucher_client, run):
    issue_voucher(tenants_site, voucher_client, lifetime=-1)
    issue_voucher(tenants_site, voucher_client)
    with ignore_open_registration():
        assert "1 vouchers deleted" in run("purge", tenants_site.ini).stdout
    assert tenants_site.count("Voucher") == 1


def test_a_deletion_rule_deletes_rows_of_a_deleted_client(
    tenants_site, voucher_client, run
):
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


def test_a_load_step_adds_a_missing_parameter(tenants_site, voucher_client):
    tokens = tenants_site.tokens(voucher_client, login_hint="alice@acme")
    assert tokens["tenant"] == "acme"


def test_a_validate_step_refuses_a_request(tenants_site, voucher_client):
    browser = tenants_site.browser()
    tenants_site.code(browser, voucher_client)
    parameters = tenants_site.authorization_parameters(
        voucher_client, tenant="elsewhere"
    )
    answer = browser.get("/oauth/authorize", parameters, status=303)
    assert parse_redirect(answer)["error"] == "invalid_target"


def test_a_consent_item_is_shown_and_remembered(tenants_site, voucher_client):
    browser = tenants_site.browser()
    page = tenants_site.open_consent_page(browser, voucher_client, tenant="acme")
    assert "Act in acme" in page.text
    page.forms["oauth-consent"].submit("decision", value="allow", status=303)
    second = browser.get(
        "/oauth/authorize",
        tenants_site.authorization_parameters(voucher_client, tenant="acme"),
    )
    assert "code" in parse_redirect(second)
    other = browser.get(
        "/oauth/authorize",
        tenants_site.authorization_parameters(voucher_client, tenant="globex"),
    )
    assert "Act in globex" in other.follow(status=200).text


def test_a_grant_consumes_its_credential(tenants_site, voucher_client):
    voucher = issue_voucher(tenants_site, voucher_client)
    assert (
        exchange_voucher(tenants_site, voucher_client, voucher).json["tenant"] == "acme"
    )
    second = exchange_voucher(tenants_site, voucher_client, voucher, status=400)
    assert second.json["error"] == "invalid_grant"


def test_a_token_step_adds_a_claim_to_every_token(tenants_site, voucher_client):
    user_tokens = tenants_site.tokens(voucher_client, tenant="acme")
    renewed = tenants_site.refresh(voucher_client, user_tokens["refresh_token"]).json
    for token, tenant in (
        (user_tokens["access_token"], "acme"),
        (renewed["access_token"], "acme"),
        (client_token(tenants_site, voucher_client), "globex"),
    ):
        assert introspect(tenants_site, voucher_client, token)["tenant"] == tenant


def test_a_presentation_scheme_sends_a_nonce_with_errors(tenants_site, voucher_client):
    token = client_token(tenants_site, voucher_client)
    refused = call_api(tenants_site, token, 401)
    assert refused.json["error"] == "use_tenant_nonce"
    nonce = {"Tenant-Nonce": refused.headers["Tenant-Nonce"]}
    call_api(tenants_site, token, 200, **nonce)


def test_a_client_metadata_member_is_stored_and_returned(tenants_site):
    body = {"redirect_uris": ["https://new.example/cb"], "default_tenant": "acme"}
    registration = (
        tenants_site.browser().post_json("/oauth/register", body, status=201).json
    )
    assert registration["default_tenant"] == "acme"


def test_an_introspection_member_is_returned(tenants_site, voucher_client):
    introspection = introspect(
        tenants_site, voucher_client, client_token(tenants_site, voucher_client)
    )
    assert introspection["tenant_url"] == "https://globex.example/"


def test_a_response_mode_encodes_the_response(tenants_site, voucher_client):
    browser = tenants_site.browser()
    page = tenants_site.open_consent_page(
        browser, voucher_client, response_mode="query.packed"
    )
    answer = page.forms["oauth-consent"].submit("decision", value="allow", status=303)
    packed = parse_redirect(answer)["response"]
    assert "code" in json.loads(urlsafe_b64decode(packed + "=="))


def test_a_start_up_check_reports_a_finding(tenants_site, run):
    ini = tenants_site.ini.read_text().replace("tenants = acme globex", "tenants =")
    tenants_site.ini.write_text(ini)
    assert (
        "W901 pyramid_oauth.tenants is empty" in run("check", tenants_site.ini).stdout
    )


def test_a_metadata_member_is_advertised(tenants_site):
    document = tenants_site.browser().get(
        "/.well-known/oauth-authorization-server/oauth"
    )
    assert document.json["tenants_supported"] == ["acme", "globex"]
