"""Processes of the portal on the test database, which the tests may kill."""

import os
import subprocess
import sys
from contextlib import contextmanager
from urllib.parse import urlsplit

from django.conf import settings
from django.db import connection


@contextmanager
def process_of_portal(data_folder, *arguments, **options):
    """Run Python with these arguments on the test database; kill the process at the end."""
    name = connection.settings_dict["NAME"]
    address = (
        f"sqlite:///{name}"
        if connection.vendor == "sqlite"
        else urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}").geturl()
    )
    environment = {**os.environ, "DATABASE_URL": address, "DATA_DIR": str(data_folder)}
    environment["DJANGO_SETTINGS_MODULE"] = "tawasul.settings"
    environment["BOOKING_OFFER_HOURS"] = "00:00-00:00"  # at any time of day, as the fixture says
    environment["BOOKING_OFFER_HOURS_IN_RAMADAN"] = "00:00-00:00"
    command = [sys.executable, *arguments]
    with subprocess.Popen(command, cwd=settings.BASE_DIR, env=environment, **options) as process:
        try:
            yield process
        finally:
            process.kill()


def worker(data_folder):
    return process_of_portal(data_folder, "manage.py", "work")
