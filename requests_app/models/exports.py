"""Exports: files of what the queue listed, which the worker makes and which are kept for a day."""

import datetime
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.accounts.models import User

KEPT = datetime.timedelta(days=1)


def may_export(user: User, *, with_personal: bool = False) -> bool:
    """Return whether they take lists of inquiries out, with personal data or without."""
    rights = ["requests_app.view_inquiry", "requests_app.export_inquiry"]
    if with_personal:
        rights.append("requests_app.export_personal")
    return user.is_staff and user.has_perms(rights)


class ExportQuerySet(models.QuerySet["Export"]):
    def of(self, owner: User) -> Self:
        """Return the exports of `owner`, the latest first."""
        return self.filter(owner=owner).order_by("-pk")

    def unfinished(self) -> Self:
        return self.filter(state__in=Export.UNFINISHED)

    def ready(self) -> Self:
        """Return those that can be downloaded now."""
        return self.filter(state=Export.State.READY, ended_at__gt=timezone.now() - KEPT)

    def to_be_made(self, now: datetime.datetime) -> Self:
        """Return the unfinished ones that no worker makes at `now`, the oldest first.

        Whoever had one and was killed has lost it when its lease ends.
        """
        nobody_makes_it = Q(leased_until=None) | Q(leased_until__lte=now)
        return self.unfinished().filter(nobody_makes_it).order_by("pk")

    def to_be_removed(self, now: datetime.datetime) -> Self:
        """Return those that ended a day before `now`, whether or not they came to a file."""
        ended = (Export.State.READY, Export.State.FAILED)
        return self.filter(state__in=ended, ended_at__lte=now - KEPT)


class Export(models.Model):
    """A file of the inquiries that the queue listed; its row stays after the file is removed."""

    class Format(models.TextChoices):
        XLSX = "xlsx", _("Excel file (XLSX)")
        CSV = "csv", _("Text file (CSV)")

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        RUNNING = "running", _("In the making")
        READY = "ready", _("Ready")
        FAILED = "failed", _("Not made")
        EXPIRED = "expired", _("Removed")

    class Failure(models.TextChoices):
        NO_RIGHT = "no_right", _("Your account may not export this any more.")
        TOO_MANY = "too_many", _("The list has grown too long by now. Narrow its filters.")
        BROKEN = "broken", _("Something went wrong. Try again; if it stays so, tell the support.")

    UNFINISHED = (State.WAITING, State.RUNNING)

    idempotency_key = models.UUIDField(unique=True, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,  # export_by_owner begins with it
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    file_format = models.CharField(max_length=4, choices=Format)
    with_personal = models.BooleanField()
    language = models.CharField(max_length=2, choices=settings.LANGUAGES)
    query = models.TextField(
        blank=True,
        help_text="the query string of the list; it may hold words that were searched for, so it "
        "is emptied when the file is removed",
    )
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    failure = models.CharField(max_length=10, choices=Failure, blank=True)
    rows = models.PositiveIntegerField(help_text="in all, as counted last")
    rows_done = models.PositiveIntegerField(default=0)
    attempts = models.PositiveSmallIntegerField(default=0, help_text="how often it was begun")
    leased_until = models.DateTimeField(null=True, help_text="of the worker that makes it")
    ended_at = models.DateTimeField(null=True, help_text="when it was ready, or had failed")
    stored_name = models.CharField(max_length=100, blank=True)

    objects = ExportQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["owner", "-id"], name="export_by_owner"),
            # What the worker looks for every few seconds.
            models.Index(
                fields=["id"],
                name="export_unfinished",
                condition=Q(state__in=["waiting", "running"]),
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=(Q(state="ready") & ~Q(stored_name=""))
                | (~Q(state="ready") & Q(stored_name="")),
                name="export_ready_has_file",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pk} {self.state}"

    @property
    def is_ready(self) -> bool:
        return self.state == self.State.READY and self.kept_until > timezone.now()

    @property
    def is_unfinished(self) -> bool:
        return self.state in self.UNFINISHED

    @property
    def kept_until(self) -> datetime.datetime:
        """Until when its file can be downloaded; for one that has ended."""
        return (self.ended_at or self.created_at) + KEPT

    @property
    def kind(self) -> str:
        """What the security log calls it."""
        return f"{'personal' if self.with_personal else 'inquiries'}_{self.file_format}"
