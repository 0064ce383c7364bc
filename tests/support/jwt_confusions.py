"""Hypothesis strategies of JWTs that the right key signed for another purpose.

RFC 8725 sections 2.7, 2.8, 3.8, 3.9 and 3.11: issuer, audience, type and times. Also
those with an extension that the recipient must understand (RFC 7515 section 4.1.11).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import Any

from hypothesis import strategies as st

from tests.support.jose_inputs import FOREIGN_URL, Sender
from tests.support.jwt_mutations import Mutation

MEDIA_TYPES = (
    *("JWT", "jwt", "application/jwt", "at+jwt", "AT+JWT", "application/at+jwt"),
    *("dpop+jwt", "logout+jwt", "secevent+jwt", "oauth-authz-req+jwt", "JWS", "JOSE"),
    *("client-authentication+jwt", "token-introspection+jwt", "entity-statement+jwt"),
    *("kb+jwt", "rt+jwt", "application/application/jwt", "text/jwt", " JWT", "JWT;v=1"),
)


def _with_type(typ: str, sender: Sender) -> str:
    return sender.sign(typ=typ)


TYPES = st.sampled_from(MEDIA_TYPES).map(
    lambda typ: Mutation(f"typ {typ!r}", partial(_with_type, typ))
)

CRITICAL: tuple[dict[str, Any], ...] = (
    *({"crit": ["exp"], "exp": 1}, {"crit": ["x"], "x": 1}, {"crit": ["x"]}),
    *({"crit": ["b64"], "b64": True}, {"crit": ["b64"], "b64": False}),
    *({"crit": []}, {"crit": "alg"}, {"crit": ["alg"]}, {"crit": None}, {"crit": {}}),
)


def _with_critical(members: dict[str, Any], sender: Sender) -> str:
    return sender.sign(**members)


EXTENSIONS = st.sampled_from(CRITICAL).map(
    lambda members: Mutation(f"header {members}", partial(_with_critical, members))
)

Change = Callable[[Any], Any]

NAMES: dict[str, Change] = {
    "slash": lambda old: f"{old}/",
    "upper case": lambda old: str(old).upper(),
    "space": lambda old: f"{old} ",
    "NUL": lambda old: f"{old}\0",
    "query": lambda old: f"{old}?x",
    "prefix": lambda old: str(old)[:-1],
    "list": lambda old: [old],
    "object": lambda old: {str(old): old},
    "nested list": lambda old: [[old]],
    "other": lambda old: FOREIGN_URL,
    "with another": lambda old: [FOREIGN_URL, old],
    "with a number": lambda old: [7, old, None, {}],
    "joined": lambda old: f"{FOREIGN_URL} {old}",
    "nothing": lambda old: [],
    "null": lambda old: None,
    "true": lambda old: True,
}
TIMES: dict[str, Change] = {
    "past": lambda now: now - 4000,
    "future": lambda now: now + 4000,
    "far": lambda now: 10**17,
    "negative": lambda now: -1,
    "zero": lambda now: 0,
    "fraction": lambda now: now + 20.5,
    "text": lambda now: str(now + 20),
    "date": lambda now: "2099-01-01T00:00:00Z",
    "list": lambda now: [now + 20],
    "object": lambda now: {"time": now},
    "true": lambda now: True,
    "null": lambda now: None,
    "milliseconds": lambda now: now * 1000,
    "large fraction": lambda now: 1.7e308,
}


def _with_claim(name: str, change: Change, sender: Sender) -> str:
    old = int(time.time()) if name in ("exp", "nbf", "iat") else sender.claims.get(name)
    return sender.sign({**sender.claims, name: change(old)})


def _claims(names: tuple[str, ...], changes: dict[str, Change]) -> Any:
    return st.builds(
        lambda name, label: Mutation(
            f"{name}: {label}", partial(_with_claim, name, changes[label])
        ),
        st.sampled_from(names),
        st.sampled_from(sorted(changes)),
    )


CONFUSIONS: st.SearchStrategy[Mutation] = st.one_of(
    TYPES,
    EXTENSIONS,
    _claims(("iss", "sub", "aud", "client_id", "jti"), NAMES),
    _claims(("exp", "nbf", "iat"), TIMES),
)
