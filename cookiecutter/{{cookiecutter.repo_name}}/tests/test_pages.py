"""What people and applications do, from the login to the withdrawal."""

from urllib.parse import parse_qs, urlsplit

from sqlalchemy.orm import Session
from webtest import TestApp, TestResponse

from {{ cookiecutter.repo_name }}.models import User

CALLBACK = "https://client.example/cb"
# The example of RFC 7636, appendix B.
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
REQUEST = {
    "response_type": "code",
    "client_id": "web",
    "redirect_uri": CALLBACK,
    "scope": "notes.read notes.write",
    "state": "xyz",
    "code_challenge": CHALLENGE,
    "code_challenge_method": "S256",
}


def log_in(page: TestResponse, password: str = "analytical engine") -> TestResponse:
    """Send the form of the login page."""
    page.form["name"], page.form["password"] = "ada", password
    return page.form.submit(status="*")


def access_token(browser: TestApp, client: dict[str, str]) -> str:
    """Let ada log in and allow the application; return its access token."""
    page = browser.get("/oauth/authorize", REQUEST).maybe_follow()
    assert "Web" in page
    consent = log_in(page).maybe_follow()
    answer = consent.forms["oauth-consent"].submit("decision", value="allow")
    assert answer.location.startswith(CALLBACK)
    (code,) = parse_qs(urlsplit(answer.location).query)["code"]
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": CALLBACK,
        "code_verifier": VERIFIER,
        **client,
    }
    return browser.post("/oauth/token", form).json["access_token"]


def test_a_wrong_password_is_refused(browser: TestApp) -> None:
    assert log_in(browser.get("/login"), "difference engine").status_int == 403
    assert "Log in" in browser.get("/")


def test_the_log_in_page_redirects_to_this_site_only(browser: TestApp) -> None:
    answer = log_in(browser.get("/login?next=//evil.example/"))
    assert answer.location == "http://localhost:6543/"


def test_a_client_reads_and_writes_notes_of_the_user(
    browser: TestApp, client: dict[str, str]
) -> None:
    browser.get("/notes", status=401)
    token = access_token(browser, client)
    headers = {"Authorization": f"Bearer {token}"}
    browser.post_json("/notes", {"text": "bake"}, headers=headers, status=201)
    browser.post_json("/notes", {"text": ""}, headers=headers, status=400)
    (note,) = browser.get("/notes", headers=headers).json
    assert note["text"] == "bake"


def test_the_user_withdraws_the_access_of_a_client(
    browser: TestApp, client: dict[str, str]
) -> None:
    token = access_token(browser, client)
    page = browser.get("/oauth/connections")
    assert "Web" in page
    (form,) = (each for each in page.forms.values() if "client_id" in each.fields)
    form.submit("decision", value="withdraw")
    headers = {"Authorization": f"Bearer {token}"}
    browser.get("/notes", headers=headers, status=401)


def test_tokens_of_a_deactivated_user_are_refused(
    browser: TestApp, client: dict[str, str], database: Session
) -> None:
    token = access_token(browser, client)
    database.query(User).update({"is_active": False})
    database.commit()
    headers = {"Authorization": f"Bearer {token}"}
    browser.get("/notes", headers=headers, status=401)
