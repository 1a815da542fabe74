"""The help of clerks to people who stand at the counter or call."""

import datetime
import uuid
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from appointments.models.offices import Office
from core.accounts.models import Identity, Recovery, User
from core.reference_data import ReferenceForeignKey

# So long after it was begun, or after its person has shown who they are, a clerk can act on it.
ASSISTANCE_LASTS = datetime.timedelta(minutes=30)


class AssistanceQuerySet(models.QuerySet["Assistance"]):
    def of(self, clerk: User) -> Self:
        """Return those that `clerk` has begun, without people who are or have become their own."""
        unrelated = Identity.objects.unrelated_to(clerk.identity)
        return self.filter(clerk=clerk, person__in=unrelated)


class Assistance(models.Model):
    """The help of a clerk to one person, with how that person has shown who they are.

    It is for one aim, and lasts half an hour; rows are kept.
    """

    class Way(models.TextChoices):
        COUNTER = "counter", _("They are here, with their document")
        PHONE = "phone", _("They are on the phone")

    class Aim(models.TextChoices):
        BOOK = "book", _("Book an appointment")
        CHANGE = "change", _("Move or cancel an appointment")

    idempotency_key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    clerk = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    office = ReferenceForeignKey(Office, on_delete=models.PROTECT, related_name="+")
    person = models.ForeignKey(Identity, on_delete=models.PROTECT, related_name="assistances")
    way = models.CharField(max_length=10, choices=Way)
    aim = models.CharField(max_length=10, choices=Aim)
    document = models.CharField(max_length=20, choices=Recovery.Document, blank=True)
    document_end = models.CharField(max_length=4, blank=True)
    begun_at = models.DateTimeField(default=timezone.now, editable=False)
    proven_at = models.DateTimeField(null=True)

    objects = AssistanceQuerySet.as_manager()

    class Meta:
        verbose_name = "help to a person"
        verbose_name_plural = "help to people"
        constraints = [
            models.CheckConstraint(
                name="assistance_at_the_counter_has_a_document",
                condition=Q(way="phone", document="", document_end="")
                | Q(way="counter", proven_at__isnull=False) & ~Q(document="") & ~Q(document_end=""),
            )
        ]

    def __str__(self) -> str:
        return f"{self.clerk_id} {self.person_id} {self.aim}"

    @property
    def is_proven(self) -> bool:
        return self.proven_at is not None

    @property
    def lasts_until(self) -> datetime.datetime:
        return (self.proven_at or self.begun_at) + ASSISTANCE_LASTS

    @property
    def is_over(self) -> bool:
        return self.lasts_until <= timezone.now()
