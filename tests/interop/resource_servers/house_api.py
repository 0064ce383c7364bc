"""An API of ours with two resources: opaque tokens are introspected, JWTs verified."""

import os

from pyramid.config import Configurator
from waitress import serve

from pyramid_oauth.resource import identity
from pyramid_oauth.resource.verify import (
    Introspection,
    Issuers,
    OfflineJWT,
    SecretBasic,
)

HERE, ISSUER = f"http://localhost:{os.environ['PORT']}", os.environ["ISSUER"]
OPAQUE, JWT = f"{HERE}/opaque", f"{HERE}/jwt"

verifier = Issuers(
    [
        OfflineJWT(ISSUER, audience=(OPAQUE, JWT)),
        Introspection(
            SecretBasic(os.environ["CLIENT_ID"], os.environ["CLIENT_SECRET"]),
            issuer=ISSUER,
            cache_seconds=0,
        ),
    ]
)


def show(request):
    token = identity(request)
    return {"client": token.client_id, "user": token.user_id, "scope": token.scope}


with Configurator() as config:
    config.include("pyramid_oauth.resource")
    config.set_oauth_token_verifier(lambda request, token: verifier.verify(token))
    for name, identifier in (("opaque", OPAQUE), ("jwt", JWT)):
        config.add_oauth_protected_resource(
            identifier, authorization_servers=ISSUER, scopes_supported="read write"
        )
        for scope in ("read", "write"):
            route = f"{name}/{scope}"
            config.add_route(route, f"/{route}")
            config.add_view(show, route_name=route, oauth_scopes=scope, renderer="json")
serve(config.make_wsgi_app(), host="localhost", port=int(os.environ["PORT"]))
