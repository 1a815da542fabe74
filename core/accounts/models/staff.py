"""Who is in which team, and the records of staff accounts: changes, enrolment codes, reviews."""

import datetime
from typing import Self

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.accounts.models.users import User, UserQuerySet
from core.catalogue.models import Team
from core.reference_data import ReferenceData


class TeamMember(models.Model):
    """Somebody who works in a team; who is in none sees the inquiries of every team."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="memberships")

    cached = ReferenceData["TeamMember"]()

    class Meta:
        verbose_name = "member of a team"
        verbose_name_plural = "members of teams"
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["user", "team"], name="in_a_team_once"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.team_id}"


class StaffEvent(models.Model):
    """One change of a staff account; rows are never changed nor deleted.

    `actor` is None for the command line of the server. `before` and `after` hold the names of
    roles, teams and offices in the program, and no personal text.
    """

    class EventType(models.TextChoices):
        ADDED = "added", pgettext_lazy("a staff account", "Added")
        ROLES = "roles", pgettext_lazy("a staff account", "Roles changed")
        TEAM = "team", pgettext_lazy("a staff account", "Team changed")
        OFFICES = "offices", pgettext_lazy("a staff account", "Offices changed")
        ADDRESS = "address", pgettext_lazy("a staff account", "Address for notices changed")
        ENDED = "ended", pgettext_lazy("a staff account", "Ended")
        TAKEN_BACK = "taken_back", pgettext_lazy("a staff account", "Taken back")
        RESET = "reset", pgettext_lazy("a staff account", "Authenticator taken off")
        RECOVERY_CODES = "recovery", pgettext_lazy("a staff account", "New recovery codes made")
        ENROLLED = "enrolled", pgettext_lazy("a staff account", "Password and authenticator set")

    staff = models.ForeignKey(User, on_delete=models.PROTECT, related_name="staff_events")
    actor = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    event_type = models.CharField(max_length=10, choices=EventType)
    before = models.JSONField(default=list)
    after = models.JSONField(default=list)
    at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name = "event of a staff account"
        verbose_name_plural = "events of staff accounts"
        ordering = ["pk"]
        indexes = [models.Index(fields=["staff", "id"], name="staff_event_of_account")]

    def __str__(self) -> str:
        return f"{self.staff_id} {self.event_type}"

    @property
    def who(self) -> str:
        """The name of who did it; the command line has a name of its own."""
        return self.actor.get_short_name() if self.actor else str(_("the command line"))


def staff_accounts() -> UserQuerySet:
    """Return the accounts of those who work here, and of those who did."""
    events = StaffEvent.objects.filter(staff=OuterRef("pk"))
    return User.objects.filter(Q(is_staff=True) | Exists(events))


class EnrolmentQuerySet(models.QuerySet["Enrolment"]):
    def open(self) -> Self:
        """Return those that can still be used."""
        return self.filter(used_at=None, expires_at__gt=timezone.now())


class Enrolment(models.Model):
    """The code with which a member of staff sets their password and their authenticator, once.

    A new one takes the place of the one before.
    """

    VALID_FOR = datetime.timedelta(hours=72)

    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="enrolment")
    code_hash = models.CharField(max_length=64)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    objects = EnrolmentQuerySet.as_manager()

    def __str__(self) -> str:
        return str(self.user_id)


class AccessReview(models.Model):
    """A list of who may do what, as it was signed off; rows are never changed nor deleted.

    `content` is the list, and `digest` that of what it says about rights.
    """

    DUE_AFTER = datetime.timedelta(days=91)

    signed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now, editable=False)
    digest = models.CharField(max_length=64)
    content = models.JSONField()
    idempotency_key = models.UUIDField(unique=True)

    class Meta:
        verbose_name = "review of who may do what"
        verbose_name_plural = "reviews of who may do what"
        ordering = ["-pk"]

    def __str__(self) -> str:
        return self.at.date().isoformat()
