"""JOSE: algorithms, keys, signed and encrypted tokens.

RFC 7515-7519 and 7638, by joserfc; no package above this one uses that library.
"""
