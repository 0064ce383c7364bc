"""Settings of the consent ledger."""

from __future__ import annotations

from dataclasses import dataclass

from pyramid_oauth.settings import Section, setting
from pyramid_oauth.settings import converters as to

THREE_YEARS = 3 * 366 * 86_400
"""Seconds."""


@dataclass(frozen=True, kw_only=True)
class ConsentLedgerSettings(Section):
    """What the ledger records, and for how long."""

    consent_ledger: bool = setting(
        to.boolean, True, "Record decisions about consent in the ledger."
    )
    consent_ledger_lifetime: int = setting(
        to.seconds,
        THREE_YEARS,
        "Seconds after which `purge` deletes an entry; 0 keeps entries for ever.",
    )
    consent_ledger_remembered: bool = setting(
        to.boolean,
        False,
        "Record also requests that a former decision covers, so that no page was "
        "shown: one row for each login at a client.",
    )
    consent_ledger_networks: bool = setting(
        to.boolean,
        False,
        "Record the network of the browser: /24 of an IPv4 address, /48 of IPv6.",
    )
