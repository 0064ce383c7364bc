"""The pages on which people register and manage applications."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from pyramid.i18n import Localizer

from pyramid_oauth import events
from pyramid_oauth.models.application import ADMINISTRATOR, OWNER, REGISTRATION
from tests.extensions.applications.conftest import (
    CONFIDENTIAL,
    PAGE,
    edit,
    fill,
    names,
    open_application,
    open_form,
    press,
    problems,
    register,
    stored,
)
from tests.support.host import (
    call_api,
    obtain_tokens,
    parse_query,
    refresh_tokens,
)
from tests.support.provider import log_in_browser


def connect(host, client):
    """Complete the code flow as alice and return the tokens."""
    return obtain_tokens(host, client, client_id=client["client_id"])


def is_known_secret(host, client, secret=None):
    """Whether the token endpoint accepts the credentials of `client`."""
    credentials = client if secret is None else {**client, "client_secret": secret}
    return refresh_tokens(host, credentials, "none").json["error"] != "invalid_client"


@pytest.mark.spec("RFC 6749", "2")
def test_an_owner_registers_an_application_that_works_at_once(
    pages_host, alice, notified, caplog
):
    caplog.set_level("DEBUG")
    client = register(alice)
    assert call_api(pages_host, connect(pages_host, client)["access_token"]) == 200
    row = stored(pages_host, client["client_id"])
    assert (row.user_id, row.source, row.client_type) == (
        "alice",
        OWNER,
        "confidential",
    )
    page = open_application(alice, client, status=200)
    assert "https://client.example/cb" in page.text
    event = notified[0]
    assert isinstance(event, events.ClientRegistered)
    assert (event.user_id, event.source) == ("alice", OWNER)
    for shown in (page.text, alice.get(PAGE).text, caplog.text, repr(notified)):
        assert client["client_secret"] not in shown


def test_a_public_client_gets_no_secret(pages_host, alice):
    form = fill(
        open_form(alice),
        name="App",
        redirect_uris="com.example.app:/cb\nhttp://127.0.0.1/cb",
        token_endpoint_auth_method="none",
        authorization_grant_type=["authorization_code"],
    )
    page = form.submit(status=303).follow(status=200)
    assert "registered" in page.html.find(id="oauth-outcome").text
    row = stored(pages_host, page.html.find(id="oauth-client-id").text)
    assert (row.client_type, row.client_secret) == ("public", None)
    assert row.redirect_uris.split() == ["com.example.app:/cb", "http://127.0.0.1/cb"]


def test_all_problems_stand_beside_their_fields_and_nothing_is_stored(
    pages_host, alice
):
    form = fill(
        open_form(alice),
        name="",
        redirect_uris="http://a.example/cb",
        allowed_origins="https://a.example/path",
        metadata_logo_uri="no URL",
        metadata_tos_uri="https://a.example/tos",
        client_metadata="[1",
    )
    page = form.submit(status=400)
    assert set(problems(page)) == {
        *("name", "redirect_uris", "allowed_origins"),
        *("metadata_logo_uri", "client_metadata"),
    }
    assert page.html.title.text.strip().startswith("Problem:")
    field = page.html.find(id="application-redirect_uris")
    assert field["aria-invalid"] == "true"
    assert "http://a.example/cb" in field.text
    kept = page.html.find(id="application-metadata_tos_uri")
    assert kept["value"] == "https://a.example/tos"
    assert pages_host.count("Application") == 0


@pytest.mark.parametrize(
    "text",
    [
        r'{"\ud800": 1}',
        r'{"x": "\ud800"}',
        r'{"x": "\u0000"}',
        '{"x": NaN}',
        '{"x": 1e999}',
        f'{{"x": {"9" * 5000}}}',
        f'{{"x": {"[" * 3000}}}',
    ],
    ids=["name", "surrogate", "nul", "nan", "infinite", "digits", "nested"],
)
def test_json_that_no_database_could_hold_is_a_problem(pages_host, alice, root, text):
    for browser in (alice, root):
        form = fill(open_form(browser), **CONFIDENTIAL, client_metadata=text)
        refused = form.submit(status=400)
        assert set(problems(refused)) == {"client_metadata"}
        field = refused.html.find(id="application-client_metadata")
        assert field.text.strip() == text
    assert pages_host.count("Application") == 0


def test_an_owner_changes_an_application(pages_host, alice, notified):
    client = register(alice)
    page = edit(
        alice,
        client,
        name="Store",
        metadata_client_uri="https://a.example",
        metadata_contacts="one@a.example\ntwo@a.example",
        client_metadata='{"software_id": "store"}',
    ).follow(status=200)
    assert "stored" in page.html.find(id="oauth-outcome").text
    assert page.html.h1.text == "Store"
    row = stored(pages_host, client["client_id"])
    assert row.client_metadata == {
        "client_uri": "https://a.example",
        "contacts": ["one@a.example", "two@a.example"],
        "software_id": "store",
    }
    assert is_known_secret(pages_host, client)
    event = notified[-1]
    assert isinstance(event, events.ClientUpdated)
    assert set(event.fields) == {"name", "client_metadata"}

    edit(alice, client, metadata_client_uri="", client_metadata="")
    assert set(stored(pages_host, client["client_id"]).client_metadata) == {"contacts"}


ACTIONS = ("", "/edit", "/delete")
FORMS = ("/edit", "/disable", "/enable", "/rotate-secret", "/delete")


def test_the_application_of_another_user_is_unknown(pages_host, alice, bob):
    client = register(alice)
    token = open_form(bob)["csrf_token"].value
    before = stored(pages_host, client["client_id"])
    missing = bob.get(f"{PAGE}/nobody", status=404)
    path = f"{PAGE}/{client['client_id']}"
    for action in ACTIONS:
        page = bob.get(f"{path}{action}", status=404)
        assert (
            page.text.replace(client["client_id"], "nobody").replace(action, "")
            == missing.text
        )
    for action in FORMS:
        form = {"csrf_token": token, "revision": "1", "name": "Mine"}
        bob.post(f"{path}{action}", form, status=404)
        bob.post(f"{PAGE}/nobody{action}", form, status=404)
    after = stored(pages_host, client["client_id"])
    assert (after.revision, after.name) == (before.revision, "Shop")
    assert names(bob.get(PAGE)) == []


def test_who_is_not_logged_in_learns_nothing(pages_host, alice):
    client = register(alice)
    visitor = pages_host.browser()
    for path in ("", "/register", f"/{client['client_id']}", "/nobody", "/nobody/edit"):
        response = visitor.get(f"{PAGE}{path}", status=303)
        assert parse_query(response.location)["next"] == f"{PAGE}{path}"


def test_forms_without_their_token_change_nothing(pages_host, alice):
    client = register(alice)
    path = f"{PAGE}/{client['client_id']}"
    alice.post(f"{PAGE}/register", {"name": "x"}, status=403)
    for action in FORMS:
        alice.post(f"{path}{action}", {"revision": "1"}, status=403)
    assert stored(pages_host, client["client_id"]).revision == 1
    for action in ("disable", "enable", "rotate-secret"):
        alice.get(f"{path}/{action}", status=405)


def test_owners_cannot_make_their_applications_trusted(pages_host, alice):
    client = register(alice)
    page = alice.get(f"{PAGE}/{client['client_id']}/edit")
    form = page.forms["oauth-application-form"]
    assert "skip_authorization" not in form.fields
    sent = dict(form.submit_fields())
    sent |= {"skip_authorization": "y", "introspection": "any", "user_id": "bob"}
    sent |= {"access_token_lifetime": "999999", "source": "administrator"}
    alice.post(form.action, sent, status=303)
    row = stored(pages_host, client["client_id"])
    assert (row.skip_authorization, row.introspection) == (False, "own")
    assert (row.user_id, row.source, row.access_token_lifetime) == (
        "alice",
        OWNER,
        None,
    )

    sent = dict(form.submit_fields())
    sent |= {"authorization_grant_type": "client_credentials"}
    sent["revision"] = str(row.revision)
    refused = alice.post(form.action, sent, status=400)
    assert "authorization_grant_type" in problems(refused)
    sent["authorization_grant_type"] = "authorization_code"
    for metadata in (
        '{"software_statement": "a.b.c"}',
        '{"native_redirect_uris": ["cursor:"]}',
    ):
        sent["client_metadata"] = metadata
        refused = alice.post(form.action, sent, status=400)
        assert set(problems(refused)) == {"client_metadata"}


def test_an_administrator_manages_all_applications(pages_host, alice, root):
    client = register(alice)
    pages_host.register_client(client_id="self", name="Robot", source=REGISTRATION)
    page = root.get(PAGE)
    assert names(page) == ["Robot", "Shop"]
    assert "Registered itself" in page.text
    assert names(root.get(PAGE, {"own": "yes"})) == []
    edit(
        root,
        client,
        skip_authorization=True,
        authorization_grant_type=["authorization_code", "client_credentials"],
        pkce_required="yes",
        access_token_lifetime="60",
    )
    row = stored(pages_host, client["client_id"])
    assert (row.skip_authorization, row.pkce_required) == (True, True)
    assert row.access_token_lifetime == 60
    edit(alice, client, name="Store")
    row = stored(pages_host, client["client_id"])
    assert (row.name, row.skip_authorization) == ("Store", True)
    assert "client_credentials" in row.grant_types


def test_users_are_asked_again_when_an_owner_adds_a_redirect_uri(
    pages_host, alice, root
):
    client = register(alice)
    edit(root, client, skip_authorization=True)
    pages_host.update_application(client["client_id"], skip_authorization=False)
    connect(pages_host, client)
    pages_host.update_application(client["client_id"], skip_authorization=True)
    assert pages_host.count("Consent") == 1
    changed = "https://client.example/cb\nhttps://b.example/cb"
    edit(alice, client, redirect_uris=changed)
    assert not stored(pages_host, client["client_id"]).skip_authorization
    assert pages_host.count("Consent") == 0


def test_an_application_that_its_owner_makes_public_loses_its_grants(pages_host, alice):
    client = register(alice)
    tokens = connect(pages_host, client)
    edit(alice, client, token_endpoint_auth_method="none").follow(status=200)
    public = {"client_id": client["client_id"]}
    stolen = refresh_tokens(pages_host, public, tokens["refresh_token"])
    assert stolen.json["error"] == "invalid_grant"


@pytest.mark.parametrize(
    ("name", "trusted", "wider"),
    [
        ("allowed_scopes", "read", ["read", "write"]),
        ("allowed_scopes", "read", []),
        ("authorization_grant_type", "authorization_code", ["refresh_token"]),
    ],
)
def test_no_owner_adds_what_users_are_then_not_asked_about(
    pages_host, alice, name, trusted, wider
):
    known = {"skip_authorization": True, "user_id": "alice", name: trusted}
    pages_host.register_client(**known)
    edit(alice, {"client_id": "web"}, name="Renamed").follow(status=200)
    assert stored(pages_host, "web").skip_authorization
    edit(alice, {"client_id": "web"}, **{name: wider}).follow(status=200)
    assert not stored(pages_host, "web").skip_authorization


@pytest.mark.parametrize("wider", [["payment", "account"], []])
def test_no_owner_adds_types_of_details_to_a_trusted_application(new_pages_host, wider):
    host = new_pages_host(
        lambda config: config.include("pyramid_oauth.extensions.rich_authorization"),
        authorization_details_types="payment\naccount",
    )
    host.register_client(
        skip_authorization=True,
        user_id="alice",
        client_metadata={"authorization_details_types": ["payment"]},
    )
    alice = log_in_browser(host)
    edit(alice, {"client_id": "web"}, name="Renamed").follow(status=200)
    assert stored(host, "web").skip_authorization
    changed = {"metadata_authorization_details_types": wider}
    edit(alice, {"client_id": "web"}, **changed).follow(status=200)
    assert not stored(host, "web").skip_authorization


def test_an_owner_may_narrow_a_trusted_application(pages_host, alice):
    pages_host.register_client(
        skip_authorization=True, user_id="alice", allowed_scopes=None
    )
    edit(alice, {"client_id": "web"}, allowed_scopes=["read"]).follow(status=200)
    assert stored(pages_host, "web").skip_authorization


def test_no_administrator_vouches_for_what_an_owner_has_changed(pages_host, alice):
    pages_host.register_client(user_id="alice")
    edit(alice, {"client_id": "web"}, default_scopes=["read"]).follow(status=200)
    assert not stored(pages_host, "web").is_self_service
    edit(alice, {"client_id": "web"}, name="Another").follow(status=200)
    assert stored(pages_host, "web").source == OWNER


def test_consent_says_that_a_user_registered_the_client(pages_host, alice):
    client = register(alice)
    obtained = pages_host.browser()
    obtained.get("/login?name=bob")
    page = obtained.get(
        "/oauth/authorize",
        {
            "response_type": "code",
            "client_id": client["client_id"],
            "redirect_uri": "https://client.example/cb",
            "scope": "read",
            "code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
            "code_challenge_method": "S256",
        },
    ).follow()
    assert page.html.find(id="oauth-owners-client")


def test_a_disabled_application_is_enabled_by_who_disabled_it(pages_host, alice, root):
    client = register(alice)
    token = connect(pages_host, client)["access_token"]
    press(alice, client, "disable").follow(status=200)
    assert call_api(pages_host, token) == 401
    press(alice, client, "enable").follow(status=200)
    assert call_api(pages_host, token) == 200

    press(root, client, "disable")
    page = open_application(alice, client)
    assert "Only an administrator" in page.text
    assert page.html.find(id="oauth-enable") is None
    csrf = open_form(alice)["csrf_token"].value
    path = f"{PAGE}/{client['client_id']}"
    alice.post(f"{path}/enable", {"csrf_token": csrf}, status=403)
    alice.post(f"{path}/disable", {"csrf_token": csrf}, status=303)
    alice.post(f"{path}/enable", {"csrf_token": csrf}, status=403)
    assert call_api(pages_host, token) == 401


def test_an_administrator_disables_what_its_owner_has_disabled(pages_host, alice, root):
    client = register(alice)
    press(alice, client, "disable").follow(status=200)
    since = stored(pages_host, client["client_id"]).disabled_at
    press(root, client, "disable").follow(status=200)
    row = stored(pages_host, client["client_id"])
    assert (row.disabled_at, row.disabled_by) == (since, ADMINISTRATOR)
    assert open_application(alice, client).html.find(id="oauth-enable") is None
    csrf = open_form(alice)["csrf_token"].value
    path = f"{PAGE}/{client['client_id']}/enable"
    alice.post(path, {"csrf_token": csrf}, status=403)


def test_two_secrets_are_valid_during_the_overlap(
    new_pages_host, notified, frozen_clock
):
    host = new_pages_host(application_secret_overlap="1h")
    browser = log_in_browser(host)
    client = register(browser)
    page = press(browser, client, "rotate-secret")
    secret = page.html.find(id="oauth-secret").text
    assert isinstance(notified[-1], events.ClientSecretRotated)
    assert secret not in repr(notified)
    assert secret not in open_application(browser, client).text
    assert "former one is accepted" in open_application(browser, client).text
    frozen_clock.advance(3599)
    assert is_known_secret(host, client)
    assert is_known_secret(host, client, secret)
    frozen_clock.advance(2)
    assert not is_known_secret(host, client)
    assert is_known_secret(host, client, secret)
    assert "former one" not in open_application(browser, client).text


def test_every_secret_that_a_page_shows_expires(new_pages_host, frozen_clock):
    host = new_pages_host(application_secret_lifetime="1h")
    browser = log_in_browser(host)
    client = register(browser)
    public = fill(
        open_form(browser),
        **{**CONFIDENTIAL, "name": "Script", "token_endpoint_auth_method": "none"},
    ).submit(status=303)
    later = {"client_id": urlsplit(public.location).path.rpartition("/")[2]}
    frozen_clock.advance(1800)
    page = edit(browser, later, token_endpoint_auth_method="client_secret_post")
    later["client_secret"] = page.html.find(id="oauth-secret").text
    frozen_clock.advance(1799)
    assert is_known_secret(host, client)
    frozen_clock.advance(2)
    assert not is_known_secret(host, client)
    frozen_clock.advance(1797)
    assert is_known_secret(host, later)
    frozen_clock.advance(3)
    assert not is_known_secret(host, later)


def test_a_form_of_an_earlier_state_changes_nothing(pages_host, alice):
    client = register(alice)
    page = open_application(alice, client)
    form = next(f for f in page.forms.values() if f.action.endswith("rotate-secret"))
    form.submit(status=200)
    assert "changed meanwhile" in form.submit(status=409).text
    assert is_known_secret(pages_host, client)


def test_a_deleted_application_is_gone_with_its_tokens(pages_host, alice, notified):
    client = register(alice)
    token = connect(pages_host, client)["access_token"]
    question = alice.get(f"{PAGE}/{client['client_id']}/delete", status=200)
    assert pages_host.count("Application") == 1
    page = question.forms["oauth-deletion"].submit(status=303).follow(status=200)
    assert "deleted" in page.html.find(id="oauth-outcome").text
    assert call_api(pages_host, token) == 401
    assert (pages_host.count("Application"), pages_host.count("Grant")) == (0, 0)
    assert isinstance(notified[-1], events.ClientDeleted)
    open_application(alice, client, status=404)


def test_the_list_is_searched_and_shown_in_pages(pages_host, alice):
    for number in range(30):
        pages_host.register_client(
            client_id=f"c{number}", name=f"Number {number}", user_id="alice"
        )
    page = alice.get(PAGE)
    assert len(names(page)) == 25
    page = page.click(linkid="oauth-next")
    assert names(page) == [f"Number {number}" for number in (4, 3, 2, 1, 0)]
    assert page.html.find(id="oauth-next") is None
    form = next(f for f in page.forms.values() if f.method == "get")
    form["search"] = "ber 29"
    assert names(form.submit()) == ["Number 29"]
    assert "no such application" in alice.get(PAGE, {"search": "<b>"}).text


def test_an_owner_has_a_limited_number_of_applications(new_pages_host):
    host = new_pages_host(applications_per_owner="2")
    browser = log_in_browser(host)
    register(browser)
    fill(open_form(browser), name="", redirect_uris="").submit(status=400)
    host.register_client(user_id="alice")
    form = fill(open_form(browser), name="Third", redirect_uris="https://a.example/")
    assert "as many applications" in form.submit(status=403).text
    assert host.count("Application") == 2
    register(log_in_browser(host, "bob"))


def test_a_limited_number_of_applications_is_registered_within_an_hour(
    new_pages_host, caplog
):
    caplog.set_level("INFO")
    host = new_pages_host(applications_per_owner="1")
    browser = log_in_browser(host)
    client = register(browser)
    browser.get(f"{PAGE}/{client['client_id']}/delete").forms["oauth-deletion"].submit()
    form = fill(open_form(browser), name="Again", redirect_uris="https://a.example/")
    refused = form.submit(status=429)
    assert "Retry-After" in refused.headers
    assert f"(reference {refused.html.find(id='oauth-reference').text})" in caplog.text


def test_administrators_alone_register_if_the_settings_say_so(new_pages_host):
    host = new_pages_host(application_registration="administrators")
    browser = log_in_browser(host)
    assert browser.get(PAGE).html.find(id="oauth-register") is None
    browser.get(f"{PAGE}/register", status=403)
    assert register(log_in_browser(host, "root"))


def test_owners_choose_among_the_scopes_that_the_settings_allow(new_pages_host):
    host = new_pages_host(application_scopes="read")
    client = register(log_in_browser(host))
    assert stored(host, client["client_id"]).allowed_scopes == "read"
    browser = log_in_browser(host, "root")
    edit(browser, client, allowed_scopes=["read", "write"])
    edit(log_in_browser(host), client, name="Store")
    assert stored(host, client["client_id"]).allowed_scopes == "read write"


def test_a_client_identifier_may_have_a_slash(pages_host, root):
    pages_host.register_client(client_id="https://a.example/?a=%2F", name="Far")
    link = root.get(PAGE).html.select_one("#oauth-application-list a")["href"]
    page = root.get(link, status=200)
    assert page.html.h1.text == "Far"
    assert urlsplit(page.html.find(id="oauth-edit")["href"]).path.endswith("/edit")
    root.get(page.html.find(id="oauth-edit")["href"], status=200)


def test_a_reload_of_the_page_with_the_secret_registers_nothing(pages_host, alice, bob):
    form = fill(open_form(alice), **CONFIDENTIAL)
    page = form.submit(status=200)
    secret = page.html.find(id="oauth-secret").text
    reloaded = form.submit(status=303).follow(status=200)
    assert "sent before" in reloaded.html.find(id="oauth-outcome").text
    assert secret not in reloaded.text
    client_id = page.html.find(id="oauth-client-id").text
    assert reloaded.html.find(id="oauth-client-id").text == client_id
    assert pages_host.count("Application") == 1
    # The value of the form names nothing in the hands of somebody else.
    other = fill(open_form(bob), **CONFIDENTIAL, submission=form["submission"].value)
    assert other.submit(status=200).html.find(id="oauth-secret")
    assert pages_host.count("Application") == 2


def test_a_form_without_its_value_registers_as_before(pages_host, alice):
    for _ in range(2):
        form = fill(open_form(alice), **CONFIDENTIAL, submission="")
        assert form.submit(status=200).html.find(id="oauth-secret")
    assert pages_host.count("Application") == 2


def test_problems_are_told_in_the_language_of_the_person(
    pages_host, alice, monkeypatch
):
    # Languages are filled in by another pass; here the catalogue has one text.
    def translate(self, text, **options):
        if str(text) == "has a fragment (RFC 6749 section 3.1.2)":
            return "hat ein Fragment"
        return original(self, text, **options)

    original = Localizer.translate
    monkeypatch.setattr(Localizer, "translate", translate)
    form = fill(open_form(alice), **CONFIDENTIAL)
    form["redirect_uris"] = "https://a.example/#x"
    page = form.submit(status=400)
    assert problems(page)["redirect_uris"] == "https://a.example/#x hat ein Fragment"
