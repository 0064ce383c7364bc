"""OAuth clients: how they prove who they are (RFC 6749 section 2.3)."""
