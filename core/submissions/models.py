"""The forms of the staff site that have been saved, so that each is saved once."""

import datetime

from django.db import models
from django.utils import timezone


class Submission(models.Model):
    """A form that made a row; its `key` says which form, by whom and with what in it.

    It is written in the transaction that makes the row. The second of two at once waits for the
    first at the primary key, and fails if that commits.
    """

    key = models.UUIDField(primary_key=True)
    at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return str(self.key)


def forget_old_submissions() -> int:
    """Delete the submissions of more than a day ago; return how many."""
    day_ago = timezone.now() - datetime.timedelta(days=1)
    return Submission.objects.filter(at__lt=day_ago).delete()[0]
