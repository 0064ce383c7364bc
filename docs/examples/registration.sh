#!/bin/sh
# A client registers, looks at itself, changes and deletes itself (RFC 7591, RFC 7592).
# Usage: registration.sh ISSUER
set -eu
issuer=$1

member() { python3 -c 'import json, sys; print(json.load(sys.stdin)[sys.argv[1]])' "$1"; }

# Where to register stands in the server's metadata.
endpoint=$(curl -fsS "$issuer/.well-known/oauth-authorization-server" |
    member registration_endpoint)

# POST: what the client is. The answer is the only place where its secret is told.
made=$(curl -fsS "$endpoint" -H 'Content-Type: application/json' -d '{
    "client_name": "Shop",
    "client_name#fr": "Boutique",
    "redirect_uris": ["https://client.example/cb"],
    "grant_types": ["authorization_code", "refresh_token"]
}')
echo "$made" | member client_id
url=$(echo "$made" | member registration_client_uri)
token=$(echo "$made" | member registration_access_token)

# GET: what is registered, without the secret.
curl -fsS "$url" -H "Authorization: Bearer $token" | member client_name

# PUT: everything anew; what is left out is deleted. The answer has a new token.
changed=$(curl -fsS -X PUT "$url" -H "Authorization: Bearer $token" \
    -H 'Content-Type: application/json' -d "{
    \"client_id\": \"$(echo "$made" | member client_id)\",
    \"client_name\": \"Book shop\",
    \"redirect_uris\": [\"https://client.example/cb\"]
}")
echo "$changed" | member client_name
token=$(echo "$changed" | member registration_access_token)

# DELETE: the client, its grants, consents and tokens are gone.
curl -fsS -X DELETE "$url" -H "Authorization: Bearer $token"
curl -sS -o /dev/null -w '%{http_code}\n' "$url" -H "Authorization: Bearer $token"
