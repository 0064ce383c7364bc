"""A Django site whose users log in through allauth's OpenID Connect provider."""

from __future__ import annotations

from django.contrib.auth import logout
from django.http import JsonResponse
from django.urls import include, path
from site_of_django import CREDENTIALS, ISSUER, configure, serve

APP = {
    "provider_id": "house",
    "name": "The house",
    "client_id": CREDENTIALS[0],
    "secret": CREDENTIALS[1],
    "settings": {"server_url": ISSUER, "oauth_pkce_enabled": True},
}


def home(request):
    if not request.user.is_authenticated:
        return JsonResponse({"name": None})
    account = request.user.socialaccount_set.get()
    return JsonResponse({"name": account.extra_data["userinfo"]["name"]})


def leave(request):
    logout(request)
    return home(request)


configure(
    apps=[
        "django.contrib.messages",
        "allauth",
        "allauth.account",
        "allauth.socialaccount",
        "allauth.socialaccount.providers.openid_connect",
    ],
    middleware=[
        "django.contrib.messages.middleware.MessageMiddleware",
        "allauth.account.middleware.AccountMiddleware",
    ],
    AUTHENTICATION_BACKENDS=["allauth.account.auth_backends.AuthenticationBackend"],
    SOCIALACCOUNT_LOGIN_ON_GET=True,
    SOCIALACCOUNT_PROVIDERS={"openid_connect": {"APPS": [APP]}},
)
urlpatterns = [
    path("accounts/", include("allauth.urls")),
    path("leave", leave),
    path("", home),
]
serve()
