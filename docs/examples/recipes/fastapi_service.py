"""A FastAPI service that verifies tokens without Pyramid."""

import os
from typing import Annotated

import uvicorn
from fastapi import Depends, FastAPI, HTTPException
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from pyramid_oauth.resource.verify import (
    Introspection,
    InvalidToken,
    SecretBasic,
    TokenIdentity,
    UserAuthentication,
    VerifierUnavailable,
)

NOTES = ["Buy milk"]
RECENT = UserAuthentication(max_age=300)

issuer = Introspection(
    SecretBasic(os.environ["CLIENT_ID"], os.environ["CLIENT_SECRET"]),
    issuer=os.environ["ISSUER"],
)
app = FastAPI()


def refusal(status: int, scope: str, error: str = "") -> HTTPException:
    challenge = f'Bearer scope="{scope}"' + (f', error="{error}"' if error else "")
    return HTTPException(status, error or None, {"WWW-Authenticate": challenge})


def require(scope: str, login: UserAuthentication | None = None):
    """Return the dependency that requires a token with the scope, after a login."""

    # FastAPI calls it in a thread, since it is no coroutine: it may wait.
    def dependency(
        sent: Annotated[
            HTTPAuthorizationCredentials | None, Depends(HTTPBearer(auto_error=False))
        ],
    ) -> TokenIdentity:
        if sent is None:
            raise refusal(401, scope)
        try:
            identity = issuer.verify(sent.credentials)
        except InvalidToken as invalid:
            raise refusal(401, scope, invalid.error) from None
        except VerifierUnavailable as outage:
            headers = {"Retry-After": str(outage.retry_after)}
            raise HTTPException(503, headers=headers) from None
        if identity.confirmation:  # bound to a key or certificate, which nobody checks
            raise refusal(401, scope, "invalid_token")
        if not identity.has(*scope.split()):
            raise refusal(403, scope, "insufficient_scope")
        if login is not None and not login.is_met_by(identity):
            headers = {"WWW-Authenticate": login.challenge(scope=scope)}
            raise HTTPException(401, headers=headers)
        return identity

    return dependency


@app.get("/notes")
def read_notes(token: Annotated[TokenIdentity, Depends(require("read"))]):
    return {"client": token.client_id, "notes": NOTES}


@app.post("/notes")
def add_note(token: Annotated[TokenIdentity, Depends(require("write"))], text: str):
    NOTES.append(text)
    return {"notes": NOTES}


@app.delete("/notes")
def delete_notes(
    token: Annotated[TokenIdentity, Depends(require("write", login=RECENT))],
):
    NOTES.clear()
    return {"notes": NOTES}


if __name__ == "__main__":
    uvicorn.run(app, host="localhost", port=int(os.environ["PORT"]))
