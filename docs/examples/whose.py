"""Says whose token it is: python whose.py TOKEN."""

import sys

from pyramid_oauth.resource.verify import (
    InvalidToken,
    OfflineJWT,
    VerifierUnavailable,
    require_unbound,
)

verifier = OfflineJWT("http://localhost:6543/oauth", audience="http://localhost:8000")

try:
    token = verifier.verify(sys.argv[1])
    require_unbound(token)
except InvalidToken as refused:
    print("refused:", refused)
except VerifierUnavailable as outage:
    print(f"try again in {outage.retry_after} s:", outage)
else:
    print("user", token.user_id, "client", token.client_id, "scopes", token.scope)
