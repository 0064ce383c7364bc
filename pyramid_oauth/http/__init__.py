"""HTTP: strict reading of requests, responses, CORS and cached documents (RFC 9110)."""
