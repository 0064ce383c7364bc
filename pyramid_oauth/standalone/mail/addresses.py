"""Mail addresses: their stored form, and the sender of our mail (RFC 5322)."""

from __future__ import annotations

import re
from email.errors import MessageError
from email.headerregistry import Address
from email.policy import SMTP

MAX_ADDRESS_LENGTH = 254
"""RFC 5321 section 4.5.3.1.3, without the angle brackets."""

# What browsers accept in `<input type="email">` (WHATWG HTML section 4.10.5.1.5), with
# two labels or more in the domain.
_ADDRESS = re.compile(
    r"[a-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}"
    r"@[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
    r"(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)+"
)


def parse_address(text: str) -> str | None:
    """Return the stored form of a mail address, in lower case; None if malformed.

    It has ASCII characters only: mail servers that take others are rare, and letters
    of several alphabets look alike.
    """
    address = text.strip().lower()
    if len(address) > MAX_ADDRESS_LENGTH or not _ADDRESS.fullmatch(address):
        return None
    try:
        Address(addr_spec=address)
    except (ValueError, MessageError, IndexError):
        return None  # such as two consecutive dots
    return address


def mailbox(value: object) -> Address:
    """Convert a setting: an address, or `Name <address>` (RFC 5322 section 3.4)."""
    if isinstance(value, Address):
        return value
    header = SMTP.header_factory("From", str(value).strip())
    if header.defects or len(header.addresses) != 1:
        raise ValueError(f"{value!r} is not a mail address")
    found: Address = header.addresses[0]
    if parse_address(found.addr_spec) is None:
        raise ValueError(f"{value!r} is not a mail address")
    return found
