"""The combinations of what a request for a token can choose, generated from lists.

The quick suite runs enough of them that every two values meet; `make test-all` runs the
whole product.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

CODE = "authorization_code"
REFRESH = "refresh_token"
CLIENT = "client_credentials"
IMPLICIT = "implicit"
NONE, DPOP, MTLS = "none", "dpop", "mtls"
BY_AUTHORITY, SELF_SIGNED = "tls_client_auth", "self_signed_tls_client_auth"
AXES = {
    "grant": (CODE, REFRESH, CLIENT, IMPLICIT),
    "method": (
        *(NONE, "client_secret_basic", "client_secret_post"),
        *("client_secret_jwt", "private_key_jwt", BY_AUTHORITY, SELF_SIGNED),
    ),
    "constraint": (NONE, DPOP, MTLS),
    "token_format": ("opaque", "jwt"),
    "mode": (
        *("query", "fragment", "form_post"),
        *("query.jwt", "fragment.jwt", "form_post.jwt", "jwt"),
    ),
}
"""The values of each choice; `none` is a public client, and a bearer token."""


@dataclass(frozen=True)
class Refusal:
    """Where the server refuses an impossible combination, and by which error."""

    endpoint: str
    error: str


@dataclass(frozen=True)
class Combination:
    """One choice of each list; without a response mode where there is no response."""

    grant: str
    method: str
    constraint: str
    token_format: str
    mode: str | None

    def __str__(self) -> str:
        return "-".join(str(value) for value in dataclasses.astuple(self))

    @property
    def client_id(self) -> str:
        """The client of this kind; combinations share clients."""
        return f"{self.method}-{self.constraint}-{self.token_format}"

    @property
    def is_public(self) -> bool:
        return self.method == NONE

    @property
    def is_signed(self) -> bool:
        """Whether the authorization response is a JWT."""
        return self.mode is not None and self.mode.endswith("jwt")

    @property
    def refusal(self) -> Refusal | None:
        """Why no client can have a token in this way; None if it can."""
        if self.grant == CLIENT and self.is_public:
            # RFC 6749 section 4.4: confidential clients only.
            return Refusal("token", "unauthorized_client")
        if self.grant != IMPLICIT:
            return None
        if self.mode in ("query", "query.jwt"):
            # OAuth 2.0 Multiple Response Types 5; JARM 2.3.1.
            return Refusal("authorize", "invalid_request")
        if self.constraint != NONE:
            # A request at the authorization endpoint has no proof (RFC 9449 section 5)
            # and no certificate of the client.
            return Refusal("authorize", "invalid_request")
        return None


def list_combinations() -> list[Combination]:
    """Return the whole product; client credentials have no response mode."""
    product = (Combination(*values) for values in itertools.product(*AXES.values()))
    single = (
        dataclasses.replace(each, mode=None) if each.grant == CLIENT else each
        for each in product
    )
    return list(dict.fromkeys(single))


def _pairs(combination: Combination) -> frozenset[tuple[object, ...]]:
    """The pairs of values that meet in a combination, and whether it is possible."""
    values = dataclasses.astuple(combination)
    is_possible = combination.refusal is None
    return frozenset(
        (is_possible, *pair) for pair in itertools.combinations(enumerate(values), 2)
    )


def choose_pairwise(combinations: list[Combination]) -> set[Combination]:
    """Return combinations in which every two values meet that meet in any."""
    pairs = {each: _pairs(each) for each in combinations}
    missing = set(itertools.chain.from_iterable(pairs.values()))
    chosen = set()
    while missing:
        best = max(combinations, key=lambda each: len(pairs[each] & missing))
        missing -= pairs[best]
        chosen.add(best)
    return chosen


def parameters(*, possible: bool) -> Iterator[object]:
    """Yield the combinations as parameters of a test; most of them are slow."""
    every = list_combinations()
    quick = choose_pairwise(every)
    for each in every:
        if (each.refusal is None) is possible:
            marks = () if each in quick else (pytest.mark.slow,)
            yield pytest.param(each, id=str(each), marks=marks)
