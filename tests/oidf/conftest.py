"""A suite for each test, at the provider of `conformance.ini`."""

from __future__ import annotations

import pytest

from tests.oidf.fapi2 import SETTINGS, Fapi2
from tests.oidf.flow import Flow
from tests.oidf.suite import Suite


@pytest.fixture
def suite(conformance_provider, listener, ca_file, configurations):
    """A fresh browser at the running server."""
    return Suite(conformance_provider, listener, ca_file, configurations)


@pytest.fixture
def flow(suite, kind):
    """A module's flow; `kind` comes from `tests.oidf.flow.kinds`."""
    return Flow(suite, kind)


@pytest.fixture
def fapi2(new_provider):
    """Two clients at a provider with the settings of FAPI 2.0, in this process."""
    return Fapi2(new_provider(**SETTINGS))
