"""The key store: keys in the database or from elsewhere, their ring and rotation."""
