"""Client metadata at this server: read, checked against what is offered, shown.

RFC 7591 sections 2 and 3; the table of members itself is `models.metadata`.
"""
