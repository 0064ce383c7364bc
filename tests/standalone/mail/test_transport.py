"""Mail goes to a mail server by SMTP, or in development to files."""

from __future__ import annotations

import logging
import socket
import time
from email.message import EmailMessage
from email.policy import SMTP

import pytest

from pyramid_oauth.errors import ConfigurationError
from pyramid_oauth.outbox import DeliveryError
from pyramid_oauth.standalone.mail.addresses import parse_address
from pyramid_oauth.standalone.mail.settings import MailSettings
from tests.standalone.mail.conftest import LOGIN, authenticate, serve

SENDER = "The site <no-reply@example.org>"


def parse_settings(**settings):
    given = {f"standalone.mail.{name}": value for name, value in settings.items()}
    return MailSettings.parse(given)


def transport(port, **settings):
    given = {"host": "127.0.0.1", "tls": "none", "sender": SENDER, "timeout": "2"}
    return parse_settings(**{**given, "port": str(port), **settings}).transport


def letter(text="Grüße"):
    mail = EmailMessage(policy=SMTP)
    mail["From"], mail["To"], mail["Subject"] = SENDER, "ada@example.org", text
    mail.set_content(text)
    return mail


def test_a_mail_server_gets_the_mail(smtp):
    inbox, port = smtp
    transport(port).send(letter())
    (mail,) = inbox.mails
    assert mail.envelope == ("no-reply@example.org", "ada@example.org")
    assert (mail["Subject"], mail.get_content().strip()) == ("Grüße", "Grüße")


@pytest.mark.spec("RFC 3207", "4")
@pytest.mark.spec("RFC 8314", "3.3")
@pytest.mark.parametrize("tls", ["starttls", "tls"])
def test_tls_is_required_and_protects_the_password(tls, tls_context, monkeypatch):
    context, authority = tls_context
    options = (
        {"tls_context": context} if tls == "starttls" else {"ssl_context": context}
    )
    if tls == "starttls":
        options |= {"authenticator": authenticate, "auth_required": True}
    password = LOGIN.password.decode()
    with serve(**options) as (inbox, port):
        login = {"user": "oauth", "password": password} if tls == "starttls" else {}
        sender = transport(port, tls=tls, **login)
        with pytest.raises(DeliveryError, match="SSLCertVerificationError"):
            sender.send(letter())
        monkeypatch.setenv("SSL_CERT_FILE", str(authority))
        sender.send(letter())
        assert len(inbox.mails) == 1
        assert password not in repr(sender)


@pytest.mark.spec("RFC 3207", "4")
def test_a_server_without_starttls_gets_nothing(smtp):
    inbox, port = smtp
    with pytest.raises(DeliveryError) as failed:
        transport(port, tls="starttls").send(letter())
    assert (inbox.mails, failed.value.final) == ([], False)


@pytest.mark.spec("RFC 5321", "4.2.1")
@pytest.mark.parametrize(
    ("refusal", "final"),
    [
        (("RCPT", "550 no such mailbox of ada@example.org"), True),
        (("RCPT", "450 try later"), False),
        (("DATA", "554 is spam"), True),
        (("DATA", "451 try later"), False),
    ],
)
def test_a_refusal_is_final_where_the_server_says_so(smtp, refusal, final):
    inbox, port = smtp
    inbox.refusals.append(refusal)
    with pytest.raises(DeliveryError) as failed:
        transport(port).send(letter())
    assert failed.value.final is final
    assert refusal[1][:3] in failed.value.problem
    assert "ada" not in failed.value.problem


@pytest.mark.slow
def test_a_server_that_does_not_answer_is_given_up():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        sender = transport(silent.getsockname()[1], timeout="1")
        start = time.monotonic()
        with pytest.raises(DeliveryError, match="mail server"):
            sender.send(letter())
        assert time.monotonic() - start < 5


def test_a_file_is_private_and_the_log_names_it_without_its_text(tmp_path, caplog):
    folder = tmp_path / "mail"
    with caplog.at_level(logging.INFO):
        parse_settings(folder=str(folder)).transport.send(letter("the secret"))
    (path,) = folder.iterdir()
    assert path.stat().st_mode & 0o777 == 0o600
    assert "the secret" in path.read_text()
    assert str(path) in caplog.text
    assert "the secret" not in caplog.text
    assert "ada@example.org" not in caplog.text


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ({"host": "mail.example.org"}, "sender is missing"),
        ({"host": "m.example.org", "sender": SENDER, "tls": "none"}, "plain text"),
        ({"host": "m.example.org", "sender": SENDER, "user": "x"}, "give both"),
        ({"host": "m.example.org", "sender": SENDER, "folder": "/x"}, "one of them"),
        ({"sender": "a@b.org\nBcc: c@d.org"}, "not a mail address"),
        ({"sender": "a@b.org, c@d.org"}, "not a mail address"),
        ({"hots": "mail.example.org"}, "did you mean"),
    ],
)
def test_settings_that_do_not_fit_together_stop_the_start(settings, problem):
    with pytest.raises(ConfigurationError, match=problem):
        parse_settings(**settings)


def test_without_a_setting_there_is_no_mail():
    assert parse_settings().transport is None


@pytest.mark.parametrize(
    ("text", "address"),
    [
        (" Ada.Lovelace+x@Example.ORG ", "ada.lovelace+x@example.org"),
        ("ada@example.org\nBcc: eve@example.org", None),
        ("ada@example.org, eve@example.org", None),
        ("Ada <ada@example.org>", None),
        ("ada@localhost", None),
        ("a..b@example.org", None),
        ("ада@example.org", None),
        ('"a b"@example.org', None),
        ("ada@-example.org", None),
        ("a" * 65 + "@example.org", None),
        ("ada@" + "a." * 125 + "org", None),
        ("", None),
    ],
)
def test_an_address_has_one_stored_form(text, address):
    assert parse_address(text) == address
