"""Configuration: registries, directives, start-up checks and the build of the server.

Pyramid's two-phase configuration.
"""
