"""Fixtures of the verifiers: issuers that answer over HTTP."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.resource.verify.issuer import Issuer


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    issuer = Issuer()
    yield issuer
    issuer.close()


@pytest.fixture
def other_issuer() -> Iterator[Issuer]:
    issuer = Issuer()
    yield issuer
    issuer.close()
