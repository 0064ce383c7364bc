"""A Django site whose users log in through mozilla-django-oidc."""

from __future__ import annotations

from urllib.parse import urlencode

from django.http import JsonResponse
from django.urls import include, path
from site_of_django import CREDENTIALS, ISSUER, PORT, configure, serve


def logout_url(request):
    asked = {
        "id_token_hint": request.session["oidc_id_token"],
        "post_logout_redirect_uri": f"http://localhost:{PORT}/",
    }
    return f"{ISSUER}/end_session?{urlencode(asked)}"


def home(request):
    return JsonResponse({"email": getattr(request.user, "email", None)})


configure(
    apps=["mozilla_django_oidc"],
    AUTHENTICATION_BACKENDS=["mozilla_django_oidc.auth.OIDCAuthenticationBackend"],
    OIDC_RP_CLIENT_ID=CREDENTIALS[0],
    OIDC_RP_CLIENT_SECRET=CREDENTIALS[1],
    OIDC_RP_SIGN_ALGO="RS256",
    OIDC_OP_AUTHORIZATION_ENDPOINT=f"{ISSUER}/authorize",
    OIDC_OP_TOKEN_ENDPOINT=f"{ISSUER}/token",
    OIDC_OP_USER_ENDPOINT=f"{ISSUER}/userinfo",
    OIDC_OP_JWKS_ENDPOINT=f"{ISSUER}/jwks",
    OIDC_STORE_ID_TOKEN=True,
    OIDC_OP_LOGOUT_URL_METHOD="__main__.logout_url",
    ALLOW_LOGOUT_GET_METHOD=True,
)
urlpatterns = [path("oidc/", include("mozilla_django_oidc.urls")), path("", home)]
serve()
