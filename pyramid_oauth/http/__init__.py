"""HTTP request parsing, responses, CORS and cached documents (RFC 9110)."""
