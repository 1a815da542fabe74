"""The model of counts of wrong passwords."""

import datetime

from django.db import models
from django.utils import timezone


class GuessCount(models.Model):
    """How many wrong passwords were given under a name that reveals nobody."""

    name = models.CharField(
        max_length=64,
        primary_key=True,
        help_text="keyed hash of the account or login, with its known browser if any, or network",
    )
    wrong = models.PositiveIntegerField(default=0, help_text="since the count last began anew")
    since = models.DateTimeField(
        default=timezone.now, db_index=True, help_text="when the time runs from that ends the count"
    )
    in_a_row = models.PositiveIntegerField(
        default=0, help_text="wrong ones from unknown browsers with no right one between"
    )
    refused_until = models.DateTimeField(
        null=True, help_text="until when unknown browsers are refused"
    )

    def __str__(self) -> str:
        return self.name

    def wrong_within(self, duration: datetime.timedelta) -> int:
        """Return the count, which begins anew when its time has run for `duration`."""
        return self.wrong if self.since > timezone.now() - duration else 0

    @property
    def is_refused(self) -> bool:
        return self.refused_until is not None and self.refused_until > timezone.now()
