import logging
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from typing import Any
from unittest.mock import patch

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from core.chores import rows
from core.exceptions import RuleViolation
from core.security_log import LOGGER
from tawasul.portal.demo_data.filling import fill, is_untouched, renew_today


@contextmanager
def _without_security_log() -> Iterator[None]:
    """Keep out of the security log what never happened."""
    security_log = logging.getLogger(LOGGER)
    security_log.disabled = True
    try:
        yield
    finally:
        security_log.disabled = False


class Command(BaseCommand):
    help = (
        "Give a demo in which nobody has filed or booked anything its past, and each start the "
        "people of today. The decoder has to run."
    )

    def handle(self, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("The demo is not switched on: use `make run`.")
        if is_first := is_untouched():
            self.stdout.write("Filling the desks (the first time only) ...")
            self.stdout.flush()
        # No other process writes yet, so there is none to make way for.
        with patch.object(rows, "LONGEST_PAUSE", 0):
            call_command("load_demo", stdout=StringIO())
            with _without_security_log():
                if is_first:
                    self._fill()
                renew_today()

    def _fill(self) -> None:
        try:
            fill()
        except RuleViolation as violation:
            # Somebody has changed the services or the staff before: the demo starts without a past.
            self.stdout.write(f"The desks stay as they are: {violation.message}")
