from getpass import getpass
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from core.accounts.models import User
from tawasul.portal.actions import add_staff
from tawasul.portal.staff_roles import PERMISSIONS


class Command(BaseCommand):
    help = "Add somebody who works here; asks for the password and prints the authenticator's key."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--group", choices=PERMISSIONS, default="officer")
        parser.add_argument("--team", default="", help="the team that the person belongs to")
        parser.add_argument("--superuser", action="store_true")

    def handle(
        self, *, username: str, group: str, team: str, superuser: bool, **options: Any
    ) -> None:
        password = getpass("Password: ")
        try:
            validate_password(password, User(username=username))
            device, codes = add_staff(
                username=username,
                password=password,
                group=group,
                team=team,
                is_superuser=superuser,
            )
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        self.stdout.write(
            "Enter this address or its secret into the authenticator app; it is not shown again:\n"
            + device.config_url
            + "\nFor when the app is lost, each good once:\n"
            + " ".join(codes)
        )
