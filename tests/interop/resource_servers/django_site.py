"""A Django site whose API asks our server about tokens: django-oauth-toolkit."""

import os

import django
from django.conf import settings
from django.core.management import call_command
from django.core.servers.basehttp import run
from django.core.wsgi import get_wsgi_application
from django.http import JsonResponse
from django.urls import path

settings.configure(
    ALLOWED_HOSTS=["localhost"],
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": os.environ["FOLDER"] + "/django.sqlite",
        }
    },
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    INSTALLED_APPS=[
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "oauth2_provider",
    ],
    MIDDLEWARE=[],
    OAUTH2_PROVIDER={
        "RESOURCE_SERVER_INTROSPECTION_URL": os.environ["ISSUER"] + "/introspect",
        "RESOURCE_SERVER_INTROSPECTION_CREDENTIALS": (
            os.environ["CLIENT_ID"],
            os.environ["CLIENT_SECRET"],
        ),
        "SCOPES": {"read": "Read", "write": "Write"},
    },
    ROOT_URLCONF=__name__,
    SECRET_KEY="of this process only",
    USE_TZ=True,
)
django.setup()

from oauth2_provider.decorators import protected_resource  # noqa: E402


@protected_resource(scopes=["read"])
def notes(request):
    user = request.resource_owner
    return JsonResponse({"user": user.username if user else None})


@protected_resource(scopes=["write"])
def write(request):
    return JsonResponse({})


urlpatterns = [path("notes", notes), path("write", write)]
call_command("migrate", verbosity=0)
run("localhost", int(os.environ["PORT"]), get_wsgi_application())
