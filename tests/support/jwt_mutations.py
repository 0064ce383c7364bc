"""Hypothesis strategies of JWTs that differ from one that a recipient accepts.

A mutation is drawn without a token and then applied to a sender, so that the times and
the `jti` of the token are those of the moment.
"""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import jwt
from hypothesis import strategies as st
from pyramid.settings import aslist

from tests.support.jose_inputs import FOREIGN_URL, Sender, encode_segment, sign_text

Apply = Callable[[Sender], str]


@dataclass(frozen=True)
class Mutation:
    """A change of a token.

    Attributes:
        name: What it changes; Hypothesis prints it.
        apply: Makes the changed token of a sender.
        is_harmless: Whether the changed token means what the unchanged one means.
    """

    name: str
    apply: Apply
    is_harmless: bool = False

    def __repr__(self) -> str:
        return f"Mutation({self.name:.300})"


# ---- values

TEXTS = st.one_of(
    st.text(st.characters(exclude_categories=[]), max_size=12),
    st.sampled_from(
        [
            *("", " ", "\0", "a\0b", "\ud800", "\udfff\ud800", "\ufeff", "\u202e"),
            *("none", "HS256", "RS256", "ES256", "ES256 ", "dir", "JWT", "at+jwt"),
            *("web", "Web", "web ", "alice", FOREIGN_URL, "https://as.example/oauth/"),
            *("https://as.example/oauth", "__proto__", "0", "1e999", "A" * 3000),
        ]
    ),
)
NUMBERS = st.one_of(
    st.integers(),
    st.floats(),
    st.sampled_from([2**31, 2**53, 2**63, 10**17, 10**30, 10**400, -1, 0, 1e308, -0.0]),
)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3)
    ),
    max_leaves=5,
)
HEADER_NAMES = st.sampled_from(
    aslist(
        "alg typ cty kid crit b64 jwk jku x5u x5c x5t x5t#S256 enc zip epk apu p2c p2s"
        " iv tag url nonce iss sub aud ppt svt"
    )
)
CLAIM_NAMES = st.sampled_from(
    aslist(
        "iss sub aud exp nbf iat jti client_id scope cnf nonce azp act htm htu ath"
        " token_use events sid auth_time at_hash authorization_details may_act"
    )
)


# ---- tokens that the sender signs


def _sign_parts(sender: Sender, header: Any = None, claims: Any = None) -> str:
    """A signed token of any texts or values as header and claims."""
    return sign_text(
        sender.key,
        header_of(sender) if header is None else header,
        sender.claims if claims is None else claims,
    )


def header_of(sender: Sender) -> dict[str, Any]:
    """The header of the tokens of the sender."""
    return {"alg": "ES256", "kid": sender.key.thumbprint(), **sender.header}


def _change_members(
    changes: dict[str, Any], left_out: str | None, is_header: bool, sender: Sender
) -> str:
    old = header_of(sender) if is_header else sender.claims
    new = {name: v for name, v in {**old, **changes}.items() if name != left_out}
    return _sign_parts(sender, **{"header" if is_header else "claims": new})


def _member_changes(is_header: bool) -> st.SearchStrategy[Mutation]:
    """Other values of members, further members and missing ones."""
    names = HEADER_NAMES if is_header else CLAIM_NAMES
    place = "header" if is_header else "claims"
    return st.builds(
        lambda changes, left_out: Mutation(
            f"{place} {changes!r} without {left_out}",
            partial(_change_members, changes, left_out, is_header),
        ),
        st.dictionaries(names | TEXTS, VALUES, max_size=2),
        st.none() | names,
    )


JSON_CHANGES: dict[str, Callable[[str], str]] = {
    "repeated member": lambda text: f"{text[:-1]},{text[1:-1]}}}",
    "repeated by an escape": lambda text: (
        f'{text[:-1]},"\\u0061lg":"none","\\u0069ss":"x"}}'
    ),
    "NaN": lambda text: f'{text[:-1]},"x":NaN}}',
    "infinity": lambda text: f'{text[:-1]},"x":-Infinity}}',
    "number too large": lambda text: f'{text[:-1]},"x":1e999}}',
    "integer too large": lambda text: f'{text[:-1]},"x":{"9" * 4300}}}',
    "lone surrogate": lambda text: f'{text[:-1]},"x":"\\udc00"}}',
    "deep array": lambda text: text[:-1] + ',"x":' + "[" * 2000 + "]" * 2000 + "}",
    "deep object": lambda text: text[:-1] + ',"x":' + '{"a":' * 900 + "1" + "}" * 901,
    "many members": lambda text: (
        text[:-1] + "".join(f',"m{n}":{n}' for n in range(3000)) + "}"
    ),
    "trailing text": lambda text: f"{text}x",
    "second object": lambda text: f"{text}{text}",
    "byte order mark": lambda text: f"\ufeff{text}",
    "single quotes": lambda text: text.replace('"', "'"),
    "comment": lambda text: f"/**/{text}",
    "trailing comma": lambda text: f"{text[:-1]},}}",
    "array": lambda text: f"[{text}]",
    "text": lambda text: json.dumps(text),
    "empty": lambda text: "",
    "cut": lambda text: text[: len(text) // 2],
    "raw control character": lambda text: f'{text[:-1]},"x":"\n"}}',
}
HARMLESS_JSON: dict[str, Callable[[str], str]] = {
    "unchanged": lambda text: text,
    "white space": lambda text: f"\n {text[:-1]}\t}}\r\n",
    "unknown member": lambda text: f'{text[:-1]},"x-unknown":[{{"a":null}},1.5,""]}}',
    "other order": lambda text: json.dumps(dict(reversed(json.loads(text).items()))),
    "escapes": lambda text: text.replace("a", "\\u0061"),
    "other script": lambda text: f'{text[:-1]},"x-unknown":"ключ 鍵 🔑"}}',
}


def _change_json(change: Callable[[str], str], is_header: bool, sender: Sender) -> str:
    text = change(json.dumps(header_of(sender) if is_header else sender.claims))
    return _sign_parts(sender, **{"header" if is_header else "claims": text})


def _json_changes(
    changes: dict[str, Callable[[str], str]], is_harmless: bool
) -> st.SearchStrategy[Mutation]:
    return st.builds(
        lambda name, is_header: Mutation(
            f"{'header' if is_header else 'claims'}: {name}",
            partial(_change_json, changes[name], is_header),
            is_harmless,
        ),
        st.sampled_from(sorted(changes)),
        st.booleans(),
    )


def _sign_bytes(payload: bytes, sender: Sender) -> str:
    """A signed token of any bytes as claims."""
    head, algorithm = (
        encode_segment(header_of(sender)),
        jwt.get_algorithm_by_name("ES256"),
    )
    text = f"{head}.{encode(payload)}"
    private = algorithm.prepare_key(sender.key.as_pem(private=True))
    return f"{text}.{encode(algorithm.sign(text.encode(), private))}"


def encode(raw: bytes) -> str:
    """Base64url without padding."""
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


ENCODINGS = st.one_of(
    st.sampled_from(["utf-16", "utf-32", "utf-7", "cp037"]).map(
        lambda name: Mutation(
            f"claims in {name}",
            lambda sender: _sign_bytes(json.dumps(sender.claims).encode(name), sender),
        )
    ),
    st.binary(max_size=40).map(
        lambda raw: Mutation(f"claims {raw!r}", partial(_sign_bytes, raw))
    ),
)


# ---- tokens that the sender signed, with another text


def _split(sender: Sender) -> list[str]:
    return sender.sign().split(".")


def _swap_alphabet(segment: str) -> str:
    return segment.replace("-", "+").replace("_", "/")


SEGMENT_CHANGES: dict[str, Callable[[str], str]] = {
    "padding": lambda s: s + "=" * (-len(s) % 4 or 4),
    "more padding": lambda s: f"{s}====",
    "line end": lambda s: f"{s}\n",
    "white space": lambda s: f"{s[:4]} {s[4:]}",
    "NUL": lambda s: f"{s}\0",
    "percent": lambda s: f"{s[:4]}%41{s[4:]}",
    "other alphabet": lambda s: f"{_swap_alphabet(s)}+/",
    "non-zero unused bits": lambda s: s[:-1] + chr(ord(s[-1]) + 1),
    "one more character": lambda s: f"{s}A",
    "wide letters": lambda s: "".join(chr(ord(c) + 0xFEE0) for c in s[:3]) + s[3:],
    "empty": lambda s: "",
    "twice": lambda s: s + s,
    "lower case": lambda s: s.lower(),
    "reversed": lambda s: s[::-1],
    "long": lambda s: s + "A" * 70_000,
    "very long": lambda s: s + "A" * 400_000,
}


def _change_segment(name: str, index: int, sender: Sender) -> str:
    segments = _split(sender)
    changed = SEGMENT_CHANGES[name](segments[index])
    if changed == segments[index]:
        changed += "="
    segments[index] = changed
    return ".".join(segments)


SEGMENTS = st.builds(
    lambda name, index: Mutation(
        f"segment {index}: {name}", partial(_change_segment, name, index)
    ),
    st.sampled_from(sorted(SEGMENT_CHANGES)),
    st.integers(0, 2),
)
ORDERS = st.lists(st.integers(0, 3), min_size=1, max_size=7).map(
    lambda order: Mutation(
        f"segments {order}",
        lambda sender: ".".join([*_split(sender), ""][n] for n in order),
        is_harmless=order == [0, 1, 2],
    )
)


def _replace_character(share: float, text: str, sender: Sender) -> str:
    token = sender.sign()
    place = min(int(share * len(token)), len(token) - 1)
    return f"{token[:place]}{text}{token[place + 1 :]}"


CHARACTERS = st.builds(
    lambda share, text: Mutation(
        f"{text!r} at {share}", partial(_replace_character, share, text)
    ),
    st.floats(0, 1),
    st.text(max_size=2),
)
FORMS = {
    "quotes": '"{0}"',
    "scheme": "Bearer {0}",
    "list": "{0},{0}",
    "spaces": " {0} ",
    "tilde": "{0}~",
    "JSON": '{{"payload":"{0}"}}',
}


def _wrap(name: str, sender: Sender) -> str:
    return FORMS[name].format(sender.sign())


WRAPPINGS = st.sampled_from(sorted(FORMS)).map(
    lambda name: Mutation(f"in {name}", partial(_wrap, name))
)

CHANGES = st.one_of(
    *(_member_changes(True), _member_changes(False), ENCODINGS, SEGMENTS, ORDERS),
    *(_json_changes(JSON_CHANGES, False), CHARACTERS, WRAPPINGS),
)
HARMLESS = _json_changes(HARMLESS_JSON, True)
