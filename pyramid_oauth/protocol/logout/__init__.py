"""Logging out: of this server, and of every client that took part in the session.

OpenID Connect RP-Initiated Logout, Front-Channel Logout, Back-Channel Logout.
"""
