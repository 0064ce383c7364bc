"""The ready-made server, which writes mail to a folder."""

from __future__ import annotations

from email import message_from_bytes, policy
from functools import cache
from itertools import count
from urllib.parse import parse_qs, urlsplit

from sqlalchemy import text
from sqlalchemy.orm import Session
from webtest import TestApp

from pyramid_oauth.hashing import hash_chosen
from pyramid_oauth.outbox import Worker
from pyramid_oauth.standalone.models import User
from tests.standalone.conftest import CALLBACK, PLAYGROUND_REQUEST, VERIFIER

PASSWORD = "a looking glass on the wall"
NEW_PASSWORD = "the queen of hearts made tarts"

_numbers = count(1)


@cache
def hashed(password):
    return hash_chosen(password)


class MailSite:
    """The server; `ini` is its ini file."""

    def __init__(self, ini, app):
        self.ini = ini
        self.app = app
        self.folder = ini.parent / "var" / "mail"
        self.engine = app.registry["fast_session.database"].writer

    def browser(self, **headers):
        return TestApp(
            self.app, extra_environ={"HTTP_HOST": "localhost:6543", **headers}
        )

    def add_user(self, **values):
        """Add a user with a verified address; returns the name."""
        name = values.pop("username", f"person{next(_numbers)}")
        given = {
            "mail": f"{name}@example.org",
            "mail_verified": True,
            "password_hash": hashed(PASSWORD),
            "display_name": name,
            **values,
        }
        with Session(self.engine) as session:
            session.add(User(username=name, **given))
            session.commit()
        return name

    def user(self, name):
        with Session(self.engine) as session:
            return session.query(User).filter_by(username=name).one_or_none()

    def execute(self, statement, **values):
        with self.engine.begin() as connection:
            return connection.execute(text(statement), values)

    def forget(self):
        """Delete the counters of attempts and the waiting mail."""
        self.execute("DELETE FROM oauth_throttle")
        self.execute("DELETE FROM oauth_outbox_message")

    def obtain_tokens(self, name, **request):
        """Return the token response of the playground for a user (code flow)."""
        return self.redeem(name, **request)[0]

    def redeem(self, name, **request):
        """Return the token response for a code, and the form that was sent."""
        browser = self.browser()
        log_in(browser, name)
        answer = browser.get("/oauth/authorize", {**PLAYGROUND_REQUEST, **request})
        answer = (
            answer.follow().forms["oauth-consent"].submit("decision", value="allow")
        )
        form = {
            "grant_type": "authorization_code",
            "client_id": "playground",
            "redirect_uri": CALLBACK,
            "code": parse_qs(urlsplit(answer.location).query)["code"][0],
            "code_verifier": VERIFIER,
        }
        return browser.post("/oauth/token", form).json, form

    def deliver(self):
        """Deliver what waits in the outbox; returns the new mails."""
        before = set(self.folder.glob("*.eml"))
        Worker(self.app.registry).drain()
        return [
            message_from_bytes(path.read_bytes(), policy=policy.SMTP)
            for path in sorted(set(self.folder.glob("*.eml")) - before)
        ]


def log_in(browser, name, password=PASSWORD):
    form = browser.get("/login").forms["login"]
    form["username"], form["password"] = name, password
    return form.submit(status="*").status_int == 303


def is_logged_in(browser):
    return browser.get("/password", status="*").status_int == 200


def text_of(mail):
    return mail.get_body(("plain",)).get_content()


def link_in(mail):
    """Return the URL of the link in a mail."""
    (line,) = [line for line in text_of(mail).splitlines() if "://" in line]
    return line


def path_of(link):
    """Return the path and query that a browser requests for the link."""
    parts = urlsplit(link)
    return f"{parts.path}?{parts.query}"
