"""The record of who among the staff opened which person's page, when and why."""

import datetime
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils import timezone

from core.accounts.models.identities import Identity
from core.accounts.models.users import User

# So long, an opening counts as the same: to read on, go back, or change the language.
OPENING_LASTS = datetime.timedelta(minutes=15)


class PersonOpeningQuerySet(models.QuerySet["PersonOpening"]):
    def still_open(self, *, staff: User, person: Identity) -> Self:
        """Return the openings of the page of `person` by `staff` that still last."""
        return self.filter(staff=staff, person=person, at__gt=timezone.now() - OPENING_LASTS)


class PersonOpening(models.Model):
    """One opening of a person's page by a member of staff; rows are never changed nor deleted."""

    staff = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    person = models.ForeignKey(Identity, on_delete=models.PROTECT, related_name="openings")
    at = models.DateTimeField(default=timezone.now, editable=False)
    reason = models.TextField(blank=True, help_text="empty if there was an open case")
    about = models.CharField(
        max_length=12, blank=True, help_text="the reference of the open case, if there was one"
    )

    objects = PersonOpeningQuerySet.as_manager()

    class Meta:
        verbose_name = "opening of a person's page"
        verbose_name_plural = "openings of people's pages"
        indexes = [models.Index(fields=["staff", "person", "-at"], name="person_opening_latest")]
        constraints = [
            models.CheckConstraint(
                condition=~Q(reason="", about=""), name="person_opening_has_a_ground"
            )
        ]

    def __str__(self) -> str:
        return f"{self.staff_id} {self.person_id}"
