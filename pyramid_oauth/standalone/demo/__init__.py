"""The demo users and demo clients; loading them again changes nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from pyramid_oauth.hashing import hash_chosen
from pyramid_oauth.models import Models
from pyramid_oauth.settings import Settings
from pyramid_oauth.standalone.models import User
from pyramid_oauth.standalone.page import origin
from pyramid_oauth.standalone.request import Request
from pyramid_oauth.standalone.settings import StandaloneSettings

PEOPLE = (("alice", "wonderland"), ("bob", "builder"))

PLAYGROUND = "playground"

CONFIDENTIAL = "demo"

# Every standard claim of OpenID Connect Core section 5.1.
CLAIMS: Mapping[str, Mapping[str, Any]] = {
    "alice": {
        "name": "Alice Pleasance Liddell",
        "given_name": "Alice",
        "middle_name": "Pleasance",
        "family_name": "Liddell",
        "nickname": "Al",
        "preferred_username": "alice",
        "profile": "https://people.example.org/alice",
        "picture": "https://people.example.org/alice.png",
        "website": "https://alice.example.org/",
        "gender": "female",
        "birthdate": "1852-05-04",
        "zoneinfo": "Europe/London",
        "locale": "en-GB",
        "updated_at": 1751328000,
        "email": "alice@example.org",
        "email_verified": True,
        "phone_number": "+44 1865 000000",
        "phone_number_verified": True,
        "address": {
            "formatted": "1 Wonderland Lane\nOxford\nOX1 1DP\nUnited Kingdom",
            "street_address": "1 Wonderland Lane",
            "locality": "Oxford",
            "region": "Oxfordshire",
            "postal_code": "OX1 1DP",
            "country": "United Kingdom",
        },
    },
    "bob": {
        "name": "Bob Ashlar Mason",
        "given_name": "Bob",
        "middle_name": "Ashlar",
        "family_name": "Mason",
        "nickname": "Bobby",
        "preferred_username": "bob",
        "profile": "https://people.example.org/bob",
        "picture": "https://people.example.org/bob.png",
        "website": "https://bob.example.org/",
        "gender": "male",
        "birthdate": "1998-11-28",
        "zoneinfo": "Europe/Berlin",
        "locale": "de-DE",
        "updated_at": 1751328000,
        "email": "bob@example.org",
        "email_verified": False,
        "phone_number": "+49 30 000000",
        "phone_number_verified": False,
        "address": {
            "formatted": "Bauhof 2\n10115 Berlin\nDeutschland",
            "street_address": "Bauhof 2",
            "locality": "Berlin",
            "region": "Berlin",
            "postal_code": "10115",
            "country": "Deutschland",
        },
    },
}


def load_into(
    session: Session, models: Models, settings: Settings, names: Iterable[str]
) -> dict[str, str]:
    """Add what is missing; returns the new client secrets by client id, this once.

    `models` is the bundle of the server, `settings` its Settings (for the issuer),
    `names` are those of its scopes.
    Flushes and leaves the commit to the caller.
    """
    for username, password in PEOPLE:
        _add_person(session, username, password)
    site = origin(settings.issuer or "")
    scopes = " ".join(names)
    _add_playground(session, models.Application, site, scopes)
    created = _add_confidential(session, models.Application, site, scopes)
    session.flush()
    return created


def _add_person(session: Session, username: str, password: str) -> None:
    if session.scalar(select(User.subject).where(User.username == username)) is None:
        claims = dict(CLAIMS[username])
        session.add(
            User(
                username=username,
                password_hash=hash_chosen(password),
                display_name=f"{claims['given_name']} {claims['family_name']}",
                mail=claims.pop("email"),
                mail_verified=claims.pop("email_verified"),
                claims=claims,
            )
        )


def _found(session: Session, application: type[Any], client_id: str) -> Any:  # noqa: ANN401 - of that class
    return session.scalar(select(application).where(application.client_id == client_id))


def _add_playground(
    session: Session, application: type[Any], site: str, scopes: str
) -> None:
    found = _found(session, application, PLAYGROUND)
    if found is not None:
        found.allowed_scopes = scopes  # its page offers whatever there is
        return
    session.add(
        application(
            client_id=PLAYGROUND,
            name="Playground",
            client_type="public",
            token_endpoint_auth_method="none",
            authorization_grant_type="authorization_code refresh_token",
            redirect_uris=f"{site}/playground",
            allowed_origins=site,
            allowed_scopes=scopes,
        )
    )


def _add_confidential(
    session: Session, application: type[Any], site: str, scopes: str
) -> dict[str, str]:
    if _found(session, application, CONFIDENTIAL) is not None:
        return {}
    demo = application(
        client_id=CONFIDENTIAL,
        name="Demo web application",
        client_type="confidential",
        token_endpoint_auth_method="client_secret_basic",
        authorization_grant_type="authorization_code refresh_token client_credentials",
        redirect_uris="http://127.0.0.1/callback",
        allowed_scopes=scopes,
    )
    secret: str = demo.new_client_secret()
    session.add(demo)
    return {CONFIDENTIAL: secret}


def is_wanted(request: Request) -> bool:
    """Whether this is a development server; the demo passwords are public."""
    options: StandaloneSettings = request.registry["standalone.options"]
    return options.development


def load(request: Request) -> dict[str, str]:
    """Add what is missing; returns the new client secrets by client id, this once."""
    oauth = request.oauth
    scopes = oauth.server.scopes.published()
    return load_into(oauth.session, oauth.models, oauth.settings, scopes)
