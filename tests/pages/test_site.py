"""The pages show the name, logo, color and stylesheet of their site."""

from __future__ import annotations

import pytest
from pyramid.exceptions import ConfigurationError

from pyramid_oauth.config.build import declared
from pyramid_oauth.pages import theme
from pyramid_oauth.pages.settings import PagesSettings
from tests.support.host import build_authorization_request


def open_consent_page(host):
    host.register_client()
    browser = host.browser()
    browser.get("/login?name=alice")
    return browser.get("/oauth/authorize", build_authorization_request()).follow()


def test_every_page_has_the_name_and_the_logo_of_the_site(new_host):
    host = new_host(
        site_name="Wonderland",
        site_url="https://wonder.example/",
        site_logo="/logo.svg",
    )
    error_page = host.browser().get("/oauth/authorize?client_id=nobody", status=400)
    for page in (open_consent_page(host), error_page):
        brand = page.html.find(id="oauth-site").a
        assert brand.text.strip() == "Wonderland"
        assert brand["href"] == "https://wonder.example/"
        assert brand.img["src"] == "/logo.svg"
    assert error_page.html.find(id="oauth-start-page")["href"] == brand["href"]


def test_without_settings_a_page_names_no_site(host):
    page = open_consent_page(host)
    assert page.html.find(id="oauth-site") is None
    assert len(page.html.find_all("link", rel="stylesheet")) == 1


def test_the_stylesheets_of_the_site_come_after_ours(new_host):
    host = new_host(
        lambda config: config.add_static_view("mine", "pyramid_oauth:static/"),
        site_color="#8a1f4d",
        site_stylesheet="pyramid_oauth:static/oauth.css",
    )
    page = open_consent_page(host)
    _, color, own = (
        link["href"] for link in page.html.find_all("link", rel="stylesheet")
    )
    answer = host.browser().get(color)
    assert answer.content_type == "text/css"
    assert "--accent: #8a1f4d" in answer.text
    assert own.endswith("oauth.css")


@pytest.mark.parametrize(
    "color", ["#ffff00", "#000000", "#ffffff", "#0a6253", "#777777"]
)
def test_any_color_is_readable_in_light_and_dark(color):
    light, dark = theme.stylesheet(color).splitlines()
    for rules, paper in ((light, theme.LIGHT_PAPER), (dark, theme.DARK_PAPER)):
        values = dict(
            rule.strip().split(": ")
            for rule in rules.split("{")[-1].strip("} ").split(";")
        )
        accent, on_accent, tint, on_tint = (
            theme._parse(values[f"--{name}"])
            for name in ("accent", "on-accent", "tint", "on-tint")
        )
        for one, other in (
            (accent, paper),
            (accent, tint),
            (accent, on_accent),
            (on_tint, tint),
        ):
            assert theme.contrast(one, other) >= 4.5


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("site_logo", "https://elsewhere.example/logo.png"),
        ("site_logo", "//elsewhere.example/logo.png"),
        ("site_stylesheet", "data:text/css,x"),
        ("site_stylesheet", "tests:not/served.css"),
        ("site_color", "red"),
        ("site_url", "javascript:alert(1)"),
    ],
)
def test_a_value_that_the_page_policy_would_not_allow_stops_the_start(
    new_host, name, value
):
    with pytest.raises(ConfigurationError, match=f"pyramid_oauth.{name}"):
        new_host(**{name: value})


def test_migrations_need_no_static_view():
    settings = {"pyramid_oauth.site_logo": "tests:not/served.svg"}
    assert declared(settings).settings[PagesSettings].site_logo is not None
