"""The people who are invented for the demo, beside the cast that one signs in as."""

import csv
from functools import cache
from io import StringIO
from pathlib import Path

from django.core.management import call_command

from core.accounts.models import Identity, User

CAST = Path(__file__).parent.with_name("demo_people.csv")
PEOPLE = Path(__file__).with_name("people.csv")
ACCOUNTS = Path(__file__).with_name("accounts.csv")


def are_there() -> bool:
    """Return whether they have been added: all of the demo's past has come with them."""
    return User.objects.filter(username=_accounts()[0]["username"]).exists()


def add_people() -> None:
    """Add them to the registry, with accounts that nobody can sign in to."""
    call_command("import_identities", PEOPLE, stdout=StringIO())
    for row in _accounts():
        identity = Identity.objects.get(numbers__number=row["number"])
        User.objects.create_user(
            row["username"],
            None,
            identity=identity,
            mobile=identity.mobile,
            language=row["language"],
        )


def invented() -> list[User]:
    """Return those with an account, in the order of their file."""
    names = [row["username"] for row in _accounts()]
    users = User.objects.select_related("identity").in_bulk(names, field_name="username")
    return [users[name] for name in names]


def named(name: str) -> Identity:
    """Return who has this name in English, of the cast or of those invented."""
    return Identity.objects.get(numbers__number=_numbers()[name])


def account(username: str) -> User:
    return User.objects.select_related("identity").get(username=username)


def identity_of(user: User) -> Identity:
    """Return the identity of one of the cast or of those invented, who all have one."""
    assert user.identity is not None  # noqa: S101
    return user.identity


@cache
def _numbers() -> dict[str, str]:
    """Return {name in English: number}."""
    rows = [*_read(CAST), *_read(PEOPLE)]
    return {row["name_en"]: row["number"] for row in rows if row["name_en"]}


def _accounts() -> list[dict[str, str]]:
    return _read(ACCOUNTS)


def _read(file: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(file.read_text("utf-8").splitlines()))
