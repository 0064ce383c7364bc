"""Keys: made, kept, rotated, published; tokens signed, verified, encrypted with them.

RFC 7515-7519 and 7638, by way of joserfc; nothing above this package knows the library.
"""
