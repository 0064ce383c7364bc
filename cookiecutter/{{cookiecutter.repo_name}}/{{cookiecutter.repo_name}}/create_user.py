"""Create a user: `{{ cookiecutter.repo_name }}-user INI NAME`."""

import argparse
import sys
from getpass import getpass

from pyramid.paster import get_appsettings
from sqlalchemy import engine_from_config
from sqlalchemy.orm import Session

from {{ cookiecutter.repo_name }}.models import User


def main() -> None:
    """Ask for the password, or read it from a pipe."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("ini")
    parser.add_argument("name")
    arguments = parser.parse_args()
    is_asked = sys.stdin.isatty()
    password = getpass() if is_asked else sys.stdin.readline().rstrip("\n")
    if len(password) < 8:
        sys.exit("a password has at least 8 characters")
    user = User(name=arguments.name)
    user.set_password(password)
    engine = engine_from_config(get_appsettings(arguments.ini), "sqlalchemy.")
    with Session(engine) as session:
        session.add(user)
        session.commit()
    print(f"{arguments.name} can log in.")
