"""Every page in one host: with its Application, its look and its language."""

from __future__ import annotations

import threading
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pytest
from waitress.server import create_server

import pyramid_oauth
from pyramid_oauth.extensions import EXTENSIONS, ON_DEMAND
from tests.hosts import site
from tests.hosts.all_pages import LOGO, PAGES
from tests.support.host import CALLBACK, build_authorization_request
from tests.support.ports import free_port


@pytest.fixture
def confectioner(site_of):
    return site_of("all_pages")


def log_in(confectioner, page="/oauth/connections"):
    """A browser in which alice is logged in, and the page that asked for it."""
    browser = confectioner.browser()
    form = browser.get(page, status=303).follow().form
    form["name"] = "alice"
    return browser, form.submit().follow(status=200)


def check_look(page):
    """The page is in German and shows the site, its stylesheet and its footer."""
    html = page.html
    assert html.find("html")["lang"] == "de"
    assert "Confiserie Müller" in html.find("header").text
    sheets = [link["href"] for link in html.find_all("link", rel="stylesheet")]
    assert sheets[-1].endswith("/static/site.css")
    assert html.find(id="imprint").text == "Impressum der Confiserie"


def find_form(page, **values):
    """The form of the page that has these values."""
    return next(
        form
        for form in page.forms.values()
        if all(
            name in form.fields and form[name].value == value
            for name, value in values.items()
        )
    )


def test_the_consent_page_shows_the_application_of_the_host(confectioner):
    client = confectioner.client()
    page = confectioner.open_consent_page(confectioner.browser(), client)
    check_look(page)
    assert page.html.find("img", class_="avatar")["src"] == LOGO
    assert "Zuckerbäcker" in page.html.find("h1").text
    assert (
        page.forms["oauth-consent"].submit("decision", value="deny").status_int == 303
    )


def test_a_client_that_has_not_agreed_gets_an_error_page_with_the_look(confectioner):
    client = confectioner.client(agree=False)
    browser = confectioner.browser()
    request = build_authorization_request(client_id=client["client_id"])
    page = browser.get("/oauth/authorize", request, status=400)
    check_look(page)


def test_a_connection_is_shown_and_withdrawn_and_remembered_by_the_ledger(confectioner):
    client = confectioner.client()
    client_id = client["client_id"]
    token = confectioner.tokens(client)["access_token"]
    page = log_in(confectioner)[1]
    check_look(page)
    assert page.html.find(id="advice").text == "Fragen Sie uns."
    page = find_form(page, client_id=client_id).submit("decision", value="withdraw")
    page = page.maybe_follow()
    assert "Zuckerbäcker" in page.html.find(id="oauth-withdrawn").text
    confectioner.call(token, status=401)
    decisions = [
        each["data-decision"]
        for each in page.html.find(id="oauth-history").find_all(
            attrs={"data-decision": True}
        )
    ]
    assert decisions[:2] == ["withdrawn", "allowed"]
    assert confectioner.count("ConsentLedgerEntry", client_id=client_id) == 2
    assert (
        confectioner.count("AuditEntry", client_id=client_id, event="ConsentWithdrawn")
        == 1
    )


def test_an_application_of_the_host_is_registered_and_edited_on_pages(confectioner):
    page = log_in(confectioner, "/oauth/applications/register")[1]
    check_look(page)
    form = find_form(page, name="")
    form["name"], form["redirect_uris"] = "Nougat", CALLBACK
    form["logo"], form["agree"] = "https://nougat.example/logo.png", True
    shown = form.submit("save", value="save").maybe_follow()
    check_look(shown)
    assert "Nougat" in shown.html.find("h1").text
    assert (
        confectioner.count("Application", name="Nougat", agree=True, user_id="alice")
        == 1
    )


def test_an_administrator_sees_users_and_the_log_and_others_do_not(confectioner):
    confectioner.tokens(confectioner.client())
    browser, page = log_in(confectioner, "/oauth/administration")
    check_look(page)
    sections = page.html.select("nav.sections a")
    assert len(sections) == 8
    for link in sections:
        check_look(browser.get(urlsplit(link["href"]).path, status=200))
    assert page.html.select_one("#oauth-count-applications dd").text != "0"
    found = browser.get("/oauth/administration/users?subject=alice", status=200)
    check_look(found)
    bob = confectioner.browser()
    form = bob.get("/oauth/administration", status=303).follow().form
    form["name"] = "bob"
    form.submit().follow(status=404)  # the page of this host


def test_every_extension_with_pages_is_in_this_host(confectioner):
    extensions = Path(pyramid_oauth.__file__).parent / "extensions"
    with_pages = {path.parent.name for path in extensions.glob("*/templates")}
    assert with_pages <= {*PAGES, *set(EXTENSIONS) - ON_DEMAND}


def test_the_page_of_the_logout_has_the_look(confectioner):
    browser, _ = log_in(confectioner)
    check_look(browser.get("/oauth/end_session", status=200))


def test_another_login_session_is_ended(confectioner):
    other, _ = log_in(confectioner)
    browser, page = log_in(confectioner, "/oauth/sessions")
    check_look(page)
    button = page.html.find(id="oauth-end-others")
    form = next(each for each in page.forms.values() if str(button) in each.text)
    form.submit("end", value="others").maybe_follow()
    other.get("/oauth/connections", status=303)
    browser.get("/oauth/connections", status=200)


@pytest.fixture
def served_confectioner(tmp_path, monkeypatch):
    """The host behind a real server; the issuer is its origin."""
    port = free_port()
    monkeypatch.setattr(site, "ORIGIN", f"http://localhost:{port}")
    confectioner = site.HostSite(
        "all_pages", f"sqlite:///{tmp_path}/shop.sqlite", tmp_path
    )
    confectioner.make_tables()
    server = create_server(confectioner.wsgi, host="localhost", port=port)
    thread = threading.Thread(target=server.run)
    thread.start()
    yield confectioner
    server.close()
    thread.join(10)
    confectioner.close()


@pytest.mark.browser
def test_in_a_browser_each_page_shows_the_site_and_loads_nothing_from_elsewhere(
    served_confectioner, chromium_type, tmp_path
):
    origin = site.ORIGIN
    callback = f"{origin.replace('localhost', '127.0.0.1')}/static/logo.svg"
    client = served_confectioner.client(redirect_uris=callback)
    request = build_authorization_request(
        client_id=client["client_id"], redirect_uri=callback
    )
    launcher, path = chromium_type
    problems, hosts = [], set()
    with launcher.launch(executable_path=path, args=["--no-sandbox"]) as chromium:
        page = chromium.new_page(viewport={"width": 390, "height": 800})
        page.on("console", lambda message: problems.append(message.text))
        page.on("request", lambda sent: hosts.add(urlsplit(sent.url).hostname))
        page.goto(f"{origin}/oauth/authorize?{urlencode(request)}")
        page.fill("[name=name]", "alice")
        page.press("[name=name]", "Enter")
        check_in_browser(page, tmp_path / "consent.png")
        page.click("button[value=allow]")
        page.wait_for_url(f"{callback}?**")
        for name in (
            *("applications", "applications/register", "connections", "sessions"),
            *("administration", "administration/users", "end_session"),
        ):
            page.goto(f"{origin}/oauth/{name}")
            check_in_browser(page, tmp_path / f"{Path(name).name}.png")
        page.goto(f"{origin}/oauth/authorize?client_id=nobody")
        check_in_browser(page, tmp_path / "error.png")
    # The log tells of the status of the error page, and of nothing that was refused.
    assert [text for text in problems if "status of 4" not in text] == []
    assert hosts == {"localhost", "127.0.0.1"}


def check_in_browser(page, screenshot):
    """The page has the look of the host, and fits into the width of a phone."""
    page.wait_for_selector("#imprint")
    page.screenshot(path=str(screenshot), full_page=True)
    style = "getComputedStyle(document.getElementById('imprint')).fontVariant"
    assert page.evaluate(style) == "small-caps"
    root = "document.documentElement"
    assert page.evaluate(f"{root}.scrollWidth <= {root}.clientWidth")
