"""Keys and tokens, tested against other implementations of the same specifications."""
