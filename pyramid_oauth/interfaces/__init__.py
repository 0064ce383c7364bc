"""Types of objects that Pyramid and hosts make, for annotations.

No specification. Pyramid has no type information. These protocols name what the package
reads of its objects; nothing is checked against them at run time.
"""
