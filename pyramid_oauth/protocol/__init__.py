"""oauthlib, assembled by us and fed with requests that were refused when malformed."""
