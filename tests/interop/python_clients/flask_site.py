"""A Flask site whose users log in through Flask-OIDC; its cookie is `session`."""

from __future__ import annotations

import os

from flask import Flask, g, session
from flask_oidc import OpenIDConnect

app = Flask(__name__)
app.config.update(
    SECRET_KEY="for tests only",
    OIDC_CLIENT_SECRETS={
        "web": {
            "client_id": os.environ["CLIENT_ID"],
            "client_secret": os.environ["CLIENT_SECRET"],
            "issuer": os.environ["ISSUER"],
        }
    },
    OIDC_SCOPES="openid email profile",
)
oidc = OpenIDConnect(app)


@app.route("/")
def home():
    return session.get("oidc_auth_profile", {})


@app.route("/expired")
def expired():
    """Mark the access token as expired, so that the next request refreshes it."""
    session["oidc_auth_token"] = {**session["oidc_auth_token"], "expires_at": 1}
    return {"token": oidc.get_access_token()}


@app.route("/token")
def token():
    return {"token": oidc.get_access_token(), "user": g.oidc_user.logged_in}


app.run("localhost", int(os.environ["PORT"]))
