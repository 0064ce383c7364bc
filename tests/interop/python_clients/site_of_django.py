"""Settings, database and server of the three Django sites."""

from __future__ import annotations

import os
from wsgiref.simple_server import make_server

import django
from django.conf import settings
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application

ISSUER, PORT = os.environ["ISSUER"], int(os.environ["PORT"])
CREDENTIALS = (os.environ["CLIENT_ID"], os.environ["CLIENT_SECRET"])
APPS = ["django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions"]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
]


def configure(*, apps, middleware=(), **further):
    """Configure Django and create the tables; the URLs of the site are in __main__."""
    settings.configure(
        SECRET_KEY="for tests only",
        DEBUG=True,
        ALLOWED_HOSTS=["*"],
        ROOT_URLCONF="__main__",
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        DATABASES={
            "default": {
                "ENGINE": "django.db.backends.sqlite3",
                "NAME": os.path.join(os.environ["FOLDER"], "site.sqlite"),
            }
        },
        INSTALLED_APPS=[*APPS, *apps],
        MIDDLEWARE=[*MIDDLEWARE, *middleware],
        TEMPLATES=[
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "APP_DIRS": True,
                "OPTIONS": {
                    "context_processors": ["django.template.context_processors.request"]
                },
            }
        ],
        LOGIN_REDIRECT_URL="/",
        LOGOUT_REDIRECT_URL="/",
        **further,
    )
    django.setup()
    call_command("migrate", verbosity=0)


def serve():
    with make_server("localhost", PORT, get_wsgi_application()) as server:
        server.serve_forever()
