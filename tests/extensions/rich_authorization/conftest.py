"""A bank with payments and account information, and a client that asks for them."""

from __future__ import annotations

import pytest

from tests.support.payments import declare_payments, log_in

SCOPES = {"scopes": "read = Read things\nwrite = Write things", "default_scopes": ""}


@pytest.fixture
def new_bank(new_host):
    """Make a bank with further settings."""

    def new(configure=None, **settings):
        def configure_bank(config):
            config.include(declare_payments)
            if configure is not None:
                configure(config)

        return new_host(configure_bank, **{**SCOPES, **settings})

    return new


@pytest.fixture
def bank(new_bank):
    return new_bank()


@pytest.fixture
def bank_client(bank):
    return bank.register_client()


@pytest.fixture
def bank_browser(bank, bank_client):
    """A browser at which alice is logged in; there is a client."""
    return log_in(bank)
