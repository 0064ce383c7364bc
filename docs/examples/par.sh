#!/bin/sh
# A client pushes an authorization request and builds the URL for the browser (RFC 9126).
# Usage: par.sh ISSUER CLIENT_ID CLIENT_SECRET REDIRECT_URI
set -eu
issuer=$1 client_id=$2 client_secret=$3 redirect_uri=$4

member() { python3 -c 'import json, sys; print(json.load(sys.stdin)[sys.argv[1]])' "$1"; }
metadata() { curl -fsS "$issuer/.well-known/oauth-authorization-server" | member "$1"; }

# The verifier stays with the client; its hash goes into the request (RFC 7636).
verifier=$(openssl rand -hex 32)
challenge=$(printf %s "$verifier" | openssl dgst -sha256 -binary |
    openssl base64 -A | tr '+/' '-_' | tr -d '=')

# The client authenticates as at the token endpoint, and sends every parameter in the body.
pushed=$(curl -fsS "$(metadata pushed_authorization_request_endpoint)" \
    --user "$client_id:$client_secret" \
    --data-urlencode response_type=code \
    --data-urlencode "redirect_uri=$redirect_uri" \
    --data-urlencode scope=read \
    --data-urlencode state=af0ifjsldkj \
    --data-urlencode "code_challenge=$challenge" \
    --data-urlencode code_challenge_method=S256)
echo "$pushed" | member expires_in

# The browser carries a reference only; both values are safe in a URL as they are.
request_uri=$(echo "$pushed" | member request_uri)
echo "$(metadata authorization_endpoint)?client_id=$client_id&request_uri=$request_uri"
