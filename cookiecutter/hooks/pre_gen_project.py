"""Refuse a name that cannot be a Python package."""

import keyword
import sys

NAME = "{{ cookiecutter.repo_name }}"

if not (NAME.isascii() and NAME.isidentifier()) or keyword.iskeyword(NAME):
    sys.exit(f"repo_name: {NAME!r} is not the name of a Python package")
