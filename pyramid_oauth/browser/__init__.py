"""The resource owner's browser: binding cookie, login session and language."""
