"""A Flask site whose users log in by requests-oauth2client, with DPoP-bound tokens.

The library signs a proof for each request, and another if the server asks for a nonce.
"""

from __future__ import annotations

import os

import requests
from flask import Flask, redirect, request
from requests_oauth2client import OAuth2Client

PORT = int(os.environ["PORT"])
API = os.environ["API"]
SECRET = os.environ["CLIENT_SECRET"]
client = OAuth2Client.from_discovery_endpoint(
    issuer=os.environ["ISSUER"],
    client_id=os.environ["CLIENT_ID"],
    **({"client_secret": SECRET} if SECRET else {}),
    redirect_uri=f"http://localhost:{PORT}/callback",
    dpop_bound_access_tokens=True,
    dpop_alg=os.environ["ALGORITHM"],
    # The issuer and the endpoints of a test have no TLS.
    testing=True,
)
app = Flask(__name__)
held = {}


def begin():
    held["request"] = client.authorization_request(scope="openid profile read")
    return held["request"]


@app.route("/login")
def login():
    return redirect(begin().uri)


@app.route("/pushed")
def push():
    return redirect(client.pushed_authorization_request(begin()).uri)


@app.route("/callback")
def callback():
    answer = held["request"].validate_callback(request.url)
    # What version 1.8.0 makes of a valid ID Token has lost the key of the tokens.
    held["tokens"] = client.authorization_code(answer, validate=False)
    return redirect("/use")


@app.route("/use")
def use():
    tokens = held["tokens"]
    bearer = {"Authorization": f"Bearer {tokens.access_token}"}
    return {
        "token_type": tokens.token_type,
        "name": client.userinfo(tokens)["name"],
        "api": requests.get(API, auth=tokens, timeout=10).status_code,
        "as_bearer": requests.get(API, headers=bearer, timeout=10).status_code,
    }


@app.route("/refresh")
def refresh():
    renewed = client.refresh_token(held["tokens"])
    answer = requests.get(API, auth=renewed, timeout=10)
    return {"token_type": renewed.token_type, "api": answer.status_code}


app.run("localhost", PORT)
