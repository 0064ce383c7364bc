"""The consent page shows what a client registered about itself (RFC 7591 section 2)."""

from __future__ import annotations

import pytest

from tests.support.host import build_authorization_request

SITE = "https://client.example"
CLIENT_LINKS = {
    "client_uri": f"{SITE}/home",
    "logo_uri": f"{SITE}/logo.png",
    "policy_uri": f"{SITE}/policy",
    "tos_uri": f"{SITE}/tos",
}


def open_consent_page(host, locale="en", **metadata):
    host.register_client(client_metadata=metadata)
    browser = host.browser()
    browser.get("/login?name=alice")
    answer = browser.get("/oauth/authorize", build_authorization_request(), status=303)
    return browser.get(answer.location, {"_LOCALE_": locale}, status=200)


@pytest.mark.spec("RFC 7591", "2")
def test_the_consent_page_shows_the_logo_and_links_of_the_client(host):
    consent_page = open_consent_page(host, **CLIENT_LINKS)
    assert consent_page.html.find(id="oauth-logo")["src"] == CLIENT_LINKS["logo_uri"]
    for name, element in (
        ("client_uri", "oauth-client-uri"),
        ("policy_uri", "oauth-policy"),
        ("tos_uri", "oauth-tos"),
    ):
        link = consent_page.html.find(id=element)
        assert link["href"] == CLIENT_LINKS[name]
        assert "noopener" in link["rel"]
    policy = consent_page.headers["Content-Security-Policy"]
    assert f"img-src 'self' data: {SITE};" in policy


def test_without_a_logo_nothing_is_loaded_from_another_site(host):
    consent_page = open_consent_page(host)
    for element in ("oauth-logo", "oauth-client-uri", "oauth-policy", "oauth-tos"):
        assert consent_page.html.find(id=element) is None
    assert "img-src 'self' data:;" in consent_page.headers["Content-Security-Policy"]


@pytest.mark.filterwarnings("ignore::pyramid_oauth.errors.InsecureSettingWarning")
@pytest.mark.parametrize(
    ("policy", "source", "has_warning"),
    [
        ("open", "registration", True),
        ("open", "administrator", False),
        ("initial_access_token", "registration", False),
    ],
)
def test_the_consent_page_warns_of_an_unverified_client(
    new_host, policy, source, has_warning
):
    host = new_host(registration=policy)
    host.register_client(source=source)
    browser = host.browser()
    browser.get("/login?name=alice")
    consent_page = browser.get(
        "/oauth/authorize", build_authorization_request()
    ).follow()
    assert (consent_page.html.find(id="oauth-unchecked") is not None) == has_warning


def test_the_language_of_the_page_is_written_as_html_requires(host):
    assert open_consent_page(host, "pt_BR").html.html["lang"] == "pt-BR"


@pytest.mark.spec("RFC 7591", "2.2")
@pytest.mark.parametrize(
    ("locale", "name"),
    [("fr", "Boutique"), ("fr_CA", "Boutique"), ("ja", "店"), ("de", "Web")],
)
def test_the_client_name_is_shown_in_the_visitors_language(host, locale, name):
    consent_page = open_consent_page(
        host, locale, **{"client_name#FR": "Boutique", "client_name#ja": "店"}
    )
    assert consent_page.html.find("h1").text.startswith(name)


@pytest.mark.parametrize(
    "uri",
    [
        "http://client.example/logo.png",
        "https://client.example;script-src/logo.png",
        "javascript:alert(1)",
        "https://a@client.example/logo.png",
    ],
)
def test_a_stored_logo_uri_that_is_unsafe_is_not_loaded(host, uri):
    host.register_client()
    host.update_application(
        client_metadata={"logo_uri": uri, "tos_uri": "javascript:alert(1)"}
    )
    browser = host.browser()
    browser.get("/login?name=alice")
    consent_page = browser.get(
        "/oauth/authorize", build_authorization_request(), status=303
    ).follow(status=200)
    assert consent_page.html.find(id="oauth-logo") is None
    assert consent_page.html.find(id="oauth-tos") is None
    assert "img-src 'self' data:;" in consent_page.headers["Content-Security-Policy"]


def test_the_destination_stands_above_the_requested_permissions(host):
    text = open_consent_page(host).text
    assert text.index("oauth-destination") < text.index("oauth-asked")


def test_scope_names_are_shown_among_the_technical_details_only(host):
    consent_page = open_consent_page(host)
    assert consent_page.html.select_one(".scope code") is None
    technical = consent_page.html.find(id="oauth-technical")
    assert [code.text for code in technical.find_all("code")] == [
        "read",
        "write",
        "https://client.example/cb",
    ]


def test_permissions_beyond_the_eighth_are_folded(new_host):
    names = [f"scope{number}" for number in range(11)]
    host = new_host(scopes="\n".join(names), default_scopes="", optional_scopes="")
    host.register_client()
    browser = host.browser()
    browser.get("/login?name=alice")
    request = build_authorization_request(scope=" ".join(names))
    consent_page = browser.get("/oauth/authorize", request, status=303).follow()
    folded = consent_page.html.find(id="oauth-more")
    assert folded.summary.text == "Show 3 more"
    assert len(folded.select("li")) == 3
    assert len(consent_page.html.select(".scopes li")) == 11


def test_the_page_links_to_the_connections_page(new_host):
    host = new_host(
        lambda config: config.include("pyramid_oauth.extensions.connections")
    )
    link = open_consent_page(host).html.find(id="oauth-withdraw").a["href"]
    assert link == "https://as.example/oauth/connections"


def test_without_a_connections_page_no_link_to_it_is_shown(host):
    assert open_consent_page(host).html.find(id="oauth-withdraw") is None
