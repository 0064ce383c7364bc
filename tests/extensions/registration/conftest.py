"""Fixtures of the registration tests."""

from __future__ import annotations

import pytest

from tests.support.registry import OPENID


@pytest.fixture
def openid_registry(new_registry):
    """A registration endpoint of an OpenID Provider."""
    return new_registry(**OPENID)
