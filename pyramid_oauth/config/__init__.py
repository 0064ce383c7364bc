"""Configuration: registries, directives, the checks at start-up and the build."""
