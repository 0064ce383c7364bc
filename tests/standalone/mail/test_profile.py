"""The page on which users see and change their account, and delete it."""

from __future__ import annotations

from tests.standalone.mail.mail_site import PASSWORD, is_logged_in, log_in


def logged_in(site, **values):
    name, browser = site.add_user(**values), site.browser()
    assert log_in(browser, name)
    return browser, name


def save(browser, status=303, **fields):
    form = browser.get("/profile").forms["profile-form"]
    for field, value in fields.items():
        form[field] = value
    return form.submit(status=status)


def delete(browser, current=PASSWORD, status=200):
    form = browser.get("/profile/delete").forms["delete-form"]
    form["current"] = current
    return form.submit(status=status)


def test_the_page_leads_to_all_that_belongs_to_an_account(mail_site):
    browser, name = logged_in(mail_site)
    page = browser.get("/").click(linkid="profile")
    assert f"{name}@example.org" in page.text
    ids = ("profile-mail", "change-password", "sessions", "profile-connections")
    for linkid in (*ids, "delete-account"):
        assert page.click(linkid=linkid).status_int == 200


def test_name_and_language_are_kept(mail_site):
    browser, name = logged_in(mail_site)
    page = save(browser, display_name=" Ada <b>L</b> ", language="de").follow()
    assert page.html.find(id="profile-saved") is not None
    assert page.forms["profile-form"]["language"].value == "de"
    user = mail_site.user(name)
    assert (user.display_name, user.locale) == ("Ada <b>L</b>", "de")
    assert "Ada &lt;b&gt;L&lt;/b&gt;" in page.text


def test_a_malformed_name_is_refused(mail_site):
    browser, name = logged_in(mail_site)
    token = browser.get("/profile").forms["profile-form"]["csrf_token"].value
    for display_name in ("", " ", "a\x00b", "x" * 256):
        form = {"csrf_token": token, "display_name": display_name, "language": "de"}
        assert "1 to 255" in browser.post("/profile", form, status=400).text
    assert mail_site.user(name).display_name == name


def test_an_unknown_language_is_replaced_by_that_of_the_site(mail_site):
    browser, name = logged_in(mail_site, locale="de")
    token = browser.get("/profile").forms["profile-form"]["csrf_token"].value
    form = {"csrf_token": token, "display_name": name, "language": "../../etc"}
    browser.post("/profile", form, status=303)
    assert mail_site.user(name).locale is None


def test_the_pages_ask_to_log_in(mail_site):
    for path in ("/profile", "/profile/delete", "/mail"):
        answer = mail_site.browser().get(path, status=303)
        assert answer.location.endswith("/login?next=" + path.replace("/", "%2F"))


def test_a_deleted_account_ends_with_all_its_sessions_and_access(mail_site):
    browser, name = logged_in(mail_site)
    other = mail_site.browser()
    log_in(other, name)
    access = mail_site.obtain_tokens(name, scope="read", approval_prompt="force")
    bearer = {"Authorization": f"Bearer {access['access_token']}"}
    other.get("/api/me", headers=bearer, status=200)
    subject = mail_site.user(name).subject
    response = delete(browser)
    assert "is deleted" in response.html.h1.text
    assert mail_site.user(name) is None
    assert not is_logged_in(browser)
    assert not is_logged_in(other)
    other.get("/api/me", headers=bearer, status=401)
    assert not log_in(mail_site.browser(), name)
    for table in ("oauth_consent", "oauth_grant WHERE revoked_at IS NULL AND user_id"):
        where = "WHERE user_id" if " " not in table else ""
        query = f"SELECT count(*) FROM {table} {where} = :subject"
        assert mail_site.execute(query, subject=subject).scalar() == 0


def test_a_deletion_needs_the_password(mail_site):
    browser, name = logged_in(mail_site)
    assert "wrong" in delete(browser, "guess", status=403).text
    assert mail_site.user(name) is not None
    browser.post("/profile/delete", {"current": PASSWORD}, status=400)
    assert mail_site.user(name) is not None
