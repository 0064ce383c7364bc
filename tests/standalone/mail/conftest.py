"""Fixtures: mail servers that run in the test process, and sites that use them."""

from __future__ import annotations

import ssl
import warnings
from contextlib import contextmanager
from email import message_from_bytes, policy

import pytest
import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword
from pyramid.paster import get_app

from pyramid_oauth.errors import InsecureSettingWarning
from tests.standalone.mail.mail_site import MailSite
from tests.support.command_line import make_demo_site
from tests.support.ports import free_port

LOGIN = LoginPassword(b"oauth", b"the password of the mail server")


class Inbox:
    """Receives mail; `refusals` are the replies to the next mails, by command."""

    def __init__(self):
        self.mails = []
        self.refusals = []

    async def handle_RCPT(self, server, session, envelope, address, options):
        if self.refusals and self.refusals[0][0] == "RCPT":
            return self.refusals.pop(0)[1]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        if self.refusals and self.refusals[0][0] == "DATA":
            return self.refusals.pop(0)[1]
        mail = message_from_bytes(envelope.content, policy=policy.SMTP)
        mail.envelope = (envelope.mail_from, *envelope.rcpt_tos)
        self.mails.append(mail)
        return "250 OK"


def authenticate(server, session, envelope, mechanism, given):
    return AuthResult(success=given == LOGIN, handled=False)


@contextmanager
def serve(**options):
    """Run a mail server on a free port; yields its inbox and the port."""
    inbox = Inbox()
    port = free_port()
    controller = Controller(inbox, hostname="127.0.0.1", port=port, **options)
    controller.start()
    try:
        yield inbox, port
    finally:
        controller.stop()


@pytest.fixture
def smtp():
    """A mail server without TLS: its inbox and port."""
    with serve() as served:
        yield served


@pytest.fixture(scope="session")
def tls_context(tmp_path_factory):
    """A TLS context for 127.0.0.1, and the file of its authority."""
    authority = trustme.CA()
    file = tmp_path_factory.mktemp("authority") / "ca.pem"
    authority.cert_pem.write_to_path(file)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    return context, file


@contextmanager
def open_mail_site(
    folder,
    database_url="",
    *,
    sign_up="open",
    notices="password",
    more="",
    changes=(),
):
    """Yield a `MailSite` with the demo people, whose outbox the test delivers."""
    replaced = {
        "outbox_in_process = true": "outbox_in_process = false",
        "standalone.sign_up = open": f"standalone.sign_up = {sign_up}",
        "[app:main]": f"[app:main]\nstandalone.notices = {notices}\n{more}",
    }
    if database_url:
        replaced["sqlite:///%(here)s/var/development.sqlite"] = database_url
    ini = make_demo_site(folder / "site.ini", replaced | dict(changes))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", InsecureSettingWarning)
        app = get_app(str(ini))
    yield MailSite(ini, app)
    app.registry["fast_session.database"].dispose()


@pytest.fixture(scope="module")
def module_site(tmp_path_factory):
    with open_mail_site(tmp_path_factory.mktemp("mail")) as opened:
        yield opened


@pytest.fixture
def mail_site(module_site):
    """The server of the tests of a module, on SQLite."""
    module_site.forget()
    return module_site


@pytest.fixture
def either_site(tmp_path, database_url):
    """The server on SQLite and on PostgreSQL."""
    with open_mail_site(tmp_path, database_url, sign_up="invitation") as opened:
        yield opened
