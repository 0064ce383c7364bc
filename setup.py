"""What pyproject.toml cannot say: the migrations live in the top-level `alembic/`.

They are installed as the package `pyramid_oauth.migrations`, so that a wheel can
upgrade its own database. The folder has no `__init__.py`: with one, `import alembic`
in the repository's root would find it instead of the library.

The address of the project is that of the forge which builds a release: the workflow
`release.yml` gives it as PROJECT_URL.
"""

import os

from setuptools import find_packages, setup


def project_urls() -> dict[str, str]:
    """Return the links of the package index by label; none without an address."""
    site = os.environ.get("PROJECT_URL", "").rstrip("/")
    if not site:
        return {}
    return {
        "Source": site,
        "Documentation": f"{site}/tree/main/docs",
        "Changelog": f"{site}/blob/main/CHANGELOG.md",
        "Issues": f"{site}/issues",
        "Security": f"{site}/security/policy",
    }


setup(
    project_urls=project_urls(),
    packages=[
        *find_packages(include=["pyramid_oauth", "pyramid_oauth.*"]),
        "pyramid_oauth.migrations",
        "pyramid_oauth.migrations.versions",
    ],
    package_dir={
        "pyramid_oauth.migrations": "alembic",
        "pyramid_oauth.migrations.versions": "alembic/versions",
    },
    # Else everything that MANIFEST.in grafts is taken for packages, with a warning.
    include_package_data=False,
    package_data={
        "pyramid_oauth": [
            "py.typed",
            "templates/**/*",
            "static/**/*",
            "locale/**/*",
            "extensions/*/templates/**/*",
            "extensions/*/static/**/*",
            "debugtoolbar/templates/**/*",
            "standalone/templates/**/*",
            "standalone/static/**/*",
        ],
        "pyramid_oauth.migrations": ["script.py.mako"],
    },
)
