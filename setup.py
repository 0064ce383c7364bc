"""What pyproject.toml cannot say: the migrations live in the top-level `alembic/`.

They are installed as the package `pyramid_oauth.migrations`, so that a wheel can
upgrade its own database. The folder has no `__init__.py`: with one, `import alembic`
in the repository's root would find it instead of the library.
"""

from setuptools import find_packages, setup

setup(
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
