"""A suite for each test, at the provider of `conformance.ini`."""

from __future__ import annotations

import pytest

from tests.oidf.fapi2_suite import FapiSuite
from tests.oidf.flow import Flow
from tests.oidf.suite import ALIAS, Suite


@pytest.fixture
def suite(conformance_provider, listener, ca_file, configurations):
    """A fresh browser at the running server."""
    return Suite(conformance_provider, listener, ca_file, configurations)


@pytest.fixture
def flow(suite, kind):
    """A module's flow; `kind` comes from `tests.oidf.flow.kinds`."""
    return Flow(suite, kind)


@pytest.fixture
def fapi2_run(variant, fapi2_files, ca_file, listener, tmp_path):
    """A fresh browser, and the keys of the clients, for one variant of the plans."""
    callbacks = f"{listener.origin}/test/a/{ALIAS}/"
    content = fapi2_files[variant.file]
    return FapiSuite(variant, content, ca_file, callbacks, tmp_path)
