"""A Django site whose users log in through social-auth; it refreshes their tokens."""

from __future__ import annotations

from django.http import JsonResponse
from django.urls import include, path
from django.utils.module_loading import import_string
from site_of_django import CREDENTIALS, ISSUER, configure, serve


def home(request):
    user = request.user
    if not user.is_authenticated:
        return JsonResponse({"name": None})
    return JsonResponse({"name": user.get_full_name(), "email": user.email})


def refresh(request):
    account = request.user.social_auth.get()
    before = account.extra_data["access_token"]
    # The module reads the settings when it is imported.
    load_strategy = import_string("social_django.utils.load_strategy")
    account.refresh_token(load_strategy(request))
    return JsonResponse({"renewed": account.extra_data["access_token"] != before})


configure(
    apps=["social_django"],
    AUTHENTICATION_BACKENDS=[
        "social_core.backends.open_id_connect.OpenIdConnectAuth",
        "django.contrib.auth.backends.ModelBackend",
    ],
    SOCIAL_AUTH_OIDC_OIDC_ENDPOINT=ISSUER,
    SOCIAL_AUTH_OIDC_KEY=CREDENTIALS[0],
    SOCIAL_AUTH_OIDC_SECRET=CREDENTIALS[1],
)
urlpatterns = [
    path("", include("social_django.urls")),
    path("refresh", refresh),
    path("", home),
]
serve()
