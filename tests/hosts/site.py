"""A running host, made from its ini, with browsers and clients."""

from __future__ import annotations

import importlib
import itertools
from urllib.parse import urlsplit

from pyramid.paster import get_app
from sqlalchemy.orm import Session
from sqlalchemy.schema import CreateSchema
from webtest import TestApp

from pyramid_oauth.keystore.encryption import key_seal
from pyramid_oauth.keystore.repository import KeyStore
from pyramid_oauth.server import SERVER, key_encryption_keys
from tests.support.host import (
    CALLBACK,
    build_authorization_request,
    build_code_exchange,
    parse_redirect,
)
from tests.support.secret import SECRET

ORIGIN = "https://as.example"
INI = """
[app:main]
use = call:tests.hosts.{name}:main
sqlalchemy.url = {url}
pyramid_oauth.issuer = {issuer}
pyramid_oauth.secret = {secret}
pyramid_oauth.openid = true
pyramid_oauth.scopes =
    read = Read things
    write = Write things
{more}
"""
numbers = itertools.count(1)


class HostSite:
    """A running host; `server` is the path of the server in it."""

    def __init__(self, name, url, folder):
        self.host = importlib.import_module(f"tests.hosts.{name}")
        self.server = self.host.SERVER
        self.issuer = ORIGIN + self.server
        self.root = getattr(self.host, "ROOT", "")
        self.ini = folder / f"{name}.ini"
        self.ini.write_text(
            INI.format(
                name=name,
                url=url.replace("%", "%%"),
                issuer=self.issuer,
                secret=SECRET,
                more=self.host.INI,
            )
        )
        self.wsgi = get_app(str(self.ini))
        self.registry = self.wsgi.registry
        self.engine = self.registry["engine"]
        self.models = self.registry[SERVER].models

    def make_tables(self):
        """Create the tables, a signing key, and the users alice and bob."""
        metadata = self.models.metadata
        with self.engine.begin() as connection:
            if metadata.schema and self.engine.dialect.name == "postgresql":
                connection.execute(CreateSchema(metadata.schema))
            metadata.create_all(connection)
        with Session(self.engine) as session:
            server = self.registry[SERVER]
            seal = key_seal(key_encryption_keys(server.settings))
            KeyStore(session, self.models.SigningKey, seal).rotate_at_once("RS256")
            session.commit()
        person_class = getattr(self.host, "Person", None)
        if person_class is not None:
            self.add(person_class(name="alice"), person_class(name="bob"))

    def add(self, *rows):
        with Session(self.engine) as session:
            session.add_all(rows)
            session.commit()

    def count(self, role, **criteria):
        with Session(self.engine) as session:
            return (
                session.query(getattr(self.models, role)).filter_by(**criteria).count()
            )

    def browser(self):
        environ = {"wsgi.url_scheme": "https", "HTTP_HOST": urlsplit(ORIGIN).netloc}
        return TestApp(self.wsgi, extra_environ=environ)

    def client(self, **fields):
        """Register a client; returns its credentials as form parameters."""
        values = {
            "client_id": f"client-{next(numbers)}",
            "name": "Web",
            "redirect_uris": CALLBACK,
            "authorization_grant_type": "authorization_code refresh_token "
            "client_credentials",
            "token_endpoint_auth_method": "client_secret_post",
            **getattr(self.host, "CLIENT", {}),
            **fields,
        }
        application = self.models.Application(**values)
        credentials = {
            "client_id": values["client_id"],
            "client_secret": application.new_client_secret(),
        }
        application.validate()
        self.add(application)
        return credentials

    def authorization_parameters(self, client, **changes):
        """The parameters of an authorization request of `client`."""
        return build_authorization_request(client_id=client["client_id"], **changes)

    def open_consent_page(self, browser, client, **changes):
        """Send an authorization request, log alice in; returns the consent page."""
        parameters = self.authorization_parameters(client, **changes)
        answer = browser.get(f"{self.server}/authorize", parameters, status=303)
        if "/login?" in answer.location:
            login_query = answer.location.partition("/login")[2]
            form = browser.get(f"{self.root}/login{login_query}").form
            form.action = f"{self.root}{form.action}"
            form["name"] = "alice"
            answer = form.submit().follow(status=303)
        return answer.follow(status=200)

    def code(self, browser, client, **changes):
        """A code, after consent on the page."""
        form = self.open_consent_page(browser, client, **changes).forms["oauth-consent"]
        return parse_redirect(form.submit("decision", value="allow", status=303))[
            "code"
        ]

    def post(self, endpoint, form, **options):
        return self.browser().post(f"{self.server}/{endpoint}", form, **options)

    def tokens(self, client, **changes):
        """Complete the code flow as alice."""
        code = self.code(self.browser(), client, **changes)
        return self.post("token", build_code_exchange(code, client)).json

    def refresh(self, client, token, **options):
        form = {"grant_type": "refresh_token", "refresh_token": token, **client}
        return self.post("token", form, **options)

    def call(self, token, **options):
        headers = {"Authorization": f"Bearer {token}"}
        return self.browser().get(f"{self.root}/me", headers=headers, **options)

    def close(self):
        self.engine.dispose()
