from getpass import getpass

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from tawasul.portal.actions import add_officer


class Command(BaseCommand):
    help = "Add an officer; asks for the password and prints the address for the authenticator."

    def add_arguments(self, parser):
        parser.add_argument("username")
        parser.add_argument("--superuser", action="store_true")

    def handle(self, *, username, superuser, **options):
        password = getpass("Password: ")
        try:
            validate_password(password)
            device, codes = add_officer(
                username=username, password=password, is_superuser=superuser
            )
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        self.stdout.write(
            "Enter this address or its secret into the authenticator app; it is not shown again:\n"
            + device.config_url
            + "\nFor when the app is lost, each good once:\n"
            + " ".join(codes)
        )
