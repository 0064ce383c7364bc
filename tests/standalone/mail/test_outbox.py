"""Mail through a mail server: retried after failures, dropped after a refusal."""

from __future__ import annotations

from datetime import timedelta

import pytest

from pyramid_oauth.clock import frozen
from tests.standalone.mail.conftest import open_mail_site
from tests.standalone.mail.mail_site import log_in, text_of

SETTINGS = """
standalone.mail.host = 127.0.0.1
standalone.mail.port = {port}
standalone.mail.tls = none
standalone.mail.timeout = 2
standalone.mail.sender = Example login <no-reply@example.org>
standalone.mail.base_url = https://login.example.org/sub/
"""


@pytest.fixture
def smtp_site(tmp_path, smtp):
    more = SETTINGS.format(port=smtp[1])
    without_folder = {"standalone.mail.folder = %(here)s/var/mail": ""}
    with open_mail_site(tmp_path, more=more, changes=without_folder) as site:
        yield site


def ask(site, name):
    form = site.browser().get("/password/forgotten").forms["forgotten_password"]
    form["username"] = name
    form.submit(status=200)


def waiting(site):
    query = "SELECT attempts, dead_at, problem FROM oauth_outbox_message"
    return site.execute(query).all()


def test_a_mail_server_gets_the_letter(smtp_site, smtp):
    inbox, _ = smtp
    name = smtp_site.add_user()
    ask(smtp_site, name)
    smtp_site.deliver()
    (mail,) = inbox.mails
    assert mail["From"] == "Example login <no-reply@example.org>"
    assert mail.envelope == ("no-reply@example.org", f"{name}@example.org")
    assert "https://login.example.org/sub/password/new?token=" in text_of(mail)
    assert waiting(smtp_site) == []


def test_a_letter_is_sent_again_while_the_server_fails(smtp_site, smtp):
    """No request fails in the meantime, and each attempt has a new link."""
    inbox, _ = smtp
    inbox.refusals += [("RCPT", "451 busy"), ("DATA", "451 busy")]
    name = smtp_site.add_user()
    with frozen() as clock:
        ask(smtp_site, name)
        for attempts in (1, 2):
            smtp_site.deliver()
            assert waiting(smtp_site)[0].attempts == attempts
            assert log_in(smtp_site.browser(), name)
            clock.advance(timedelta(minutes=1).total_seconds())
        smtp_site.deliver()
    assert len(inbox.mails) == 1
    assert waiting(smtp_site) == []


@pytest.mark.slow
def test_a_letter_is_given_up_where_there_is_no_such_mailbox(smtp_site, smtp):
    inbox, _ = smtp
    inbox.refusals.append(("RCPT", "550 unknown"))
    ask(smtp_site, smtp_site.add_user())
    smtp_site.deliver()
    (message,) = waiting(smtp_site)
    assert message.dead_at is not None
    assert message.problem == "the mail server refuses the recipient: 550"


def test_check_says_that_mail_needs_a_worker(tmp_path, smtp, run):
    more = SETTINGS.format(port=smtp[1])
    without_folder = {"standalone.mail.folder = %(here)s/var/mail": ""}
    with open_mail_site(tmp_path, more=more, changes=without_folder) as site:
        told = run("check", site.ini).output
    assert "W403" in told
