"""The chores of the worker: when each is due, who has it, and how it went."""

import datetime
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils import timezone


class ChoreQuerySet(models.QuerySet["Chore"]):
    def due(self, now: datetime.datetime) -> Self:
        """Return the chores to run at `now` that no worker has, the longest due first."""
        nobody_has_it = Q(leased_until=None) | Q(leased_until__lte=now)
        return self.filter(nobody_has_it, next_run_at__lte=now).order_by("next_run_at", "pk")


class Chore(models.Model):
    """A periodic task, by its name. All workers share the row, so that one at a time runs it."""

    name = models.CharField(max_length=60, unique=True)
    next_run_at = models.DateTimeField(default=timezone.now)
    leased_until = models.DateTimeField(null=True)
    ran_at = models.DateTimeField(null=True, help_text="the end of the last run without a failure")
    failed_at = models.DateTimeField(null=True)
    failure = models.CharField(max_length=200, blank=True, help_text="of the last run that failed")

    objects = ChoreQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name
