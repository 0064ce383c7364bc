"""The answers to oauthlib, by subject."""
