"""The letter: the contents of a mail, in the language of its recipient.

It becomes a message with a plain and an HTML part (RFC 2046 section 5.1.4).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import make_msgid

from pyramid.renderers import render

from pyramid_oauth.clock import now
from pyramid_oauth.standalone.request import Request

TEMPLATE = "pyramid_oauth:standalone/templates/mail.oauth"


@dataclass(frozen=True, kw_only=True)
class Letter:
    """The contents of a mail.

    It contains no text of third parties, because the address may be anybody's.
    Names in it are between isolating characters (`isolated_plain`).

    Attributes:
        to: The address, as `parse_address` returns it.
        language: The locale of the recipient, such as `pt_BR`; None for the default.
        subject: The subject, a translation string like the paragraphs.
        paragraphs: The paragraphs before the link.
        link: A URL on a line of its own, or "".
        ending: The paragraphs after the link.
    """

    to: str
    language: str | None
    subject: str
    paragraphs: Sequence[str]
    link: str = ""
    ending: Sequence[str] = ()


def compose(request: Request, letter: Letter, sender: Address) -> EmailMessage:
    """Return the message of `letter`, translated; it sets the language of `request`."""
    if letter.language:
        request.locale_name = letter.language
    translate = request.localizer.translate
    before = [translate(each) for each in letter.paragraphs]
    after = [translate(each) for each in letter.ending]
    subject = translate(letter.subject)
    message = EmailMessage(policy=SMTP)
    message["From"] = sender
    message["To"] = Address(addr_spec=letter.to)
    message["Subject"] = subject
    message["Date"] = now()
    message["Message-ID"] = make_msgid(domain=sender.domain)
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: prevents automatic replies
    parts = (*before, letter.link, *after)
    message.set_content("\n\n".join(filter(None, parts)) + "\n")
    values = {"title": subject, "before": before, "link": letter.link, "after": after}
    message.add_alternative(render(TEMPLATE, values, request), subtype="html")
    return message
