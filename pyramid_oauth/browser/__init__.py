"""The browser of a resource owner: its binding cookie, login session and language."""
