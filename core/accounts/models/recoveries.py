"""The model of recovered accounts: a new mobile for somebody who has lost the old one."""

import datetime
import uuid
from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from phonenumber_field.modelfields import PhoneNumberField

from core.accounts.models.identities import Identity
from core.accounts.models.users import User

if TYPE_CHECKING:
    from django.utils.functional import _StrOrPromise

# So long after a recovery, its owner can object, and what a thief might do is closed.
RESTRICTED_FOR = datetime.timedelta(hours=72)
# The second member of staff has so long to confirm what the first has begun.
COUNTER_HAS = datetime.timedelta(hours=24)


class RecoveryQuerySet(models.QuerySet["Recovery"]):
    def restricting(self, user: User) -> Self:
        """Return the recoveries of this account for which changes are still closed."""
        return self.filter(user=user, restricted_until__gt=timezone.now())

    def disputed(self, user: User | None) -> Self:
        """Return the recoveries of this account on which a counter still has to decide."""
        return self.filter(user=user.pk if user else 0, status=Recovery.Status.DISPUTED)

    def closing(self, user: User | None) -> Self:
        """Return those that keep this account from being recovered through the registry."""
        restricts = Q(restricted_until__gt=timezone.now())
        of_account = self.filter(user=user.pk if user else 0)
        return of_account.filter(restricts | Q(status=Recovery.Status.DISPUTED))

    def open_to_objection(self, user: User | None) -> Self:
        """Return the recoveries of this account, the last first, that the owner can object to."""
        since = timezone.now() - RESTRICTED_FOR
        of_account = self.filter(user=user.pk if user else 0)
        done = of_account.filter(status=Recovery.Status.DONE, done_at__gt=since)
        return done.order_by("-done_at")

    def at_the_counter(self) -> Self:
        """Return those that staff have begun, and that wait for a second one or for the code."""
        begun = self.filter(status__in=(Recovery.Status.BEGUN, Recovery.Status.CONFIRMED))
        return begun.filter(begun_at__gt=timezone.now() - COUNTER_HAS)

    def lapsed(self) -> Self:
        """Return those that staff have begun, and that nobody has brought to an end in time."""
        begun = self.filter(status__in=(Recovery.Status.BEGUN, Recovery.Status.CONFIRMED))
        return begun.filter(begun_at__lte=timezone.now() - COUNTER_HAS)

    def to_register_with(self, person: Identity | None) -> Self:
        """Return those at a counter with whose mobile this person can open an account now."""
        of_person = self.at_the_counter().filter(person=person.pk if person else 0)
        return of_person.filter(status=Recovery.Status.CONFIRMED)

    def passing_over(self, user: User | None, mobile: object) -> Self:
        """Return those at a counter that gave this account another mobile than the registry's.

        The mobile that the registry had then is no newer one, as long as it is still the same.
        """
        ended = (Recovery.Status.DONE, Recovery.Status.DECIDED)
        of_account = self.filter(user=user.pk if user else 0, status__in=ended)
        at_counter = of_account.filter(way=Recovery.Way.COUNTER, registry_mobile=str(mobile))
        return at_counter.exclude(new_mobile=str(mobile))


class Recovery(models.Model):
    """One recovery of an account, with what held before it.

    At a counter, a person without an account is given a mobile to register with in the same way; it
    is the account's once that is open.
    """

    class Way(models.TextChoices):
        REGISTRY = "registry", _("with the new mobile in the registry")
        COUNTER = "counter", _("at a counter")

    class Status(models.TextChoices):
        BEGUN = "begun", _("waits for a second member of staff")
        CONFIRMED = "confirmed", _("waits for the code on the new mobile")
        DONE = "done", _("done")
        GIVEN_UP = "given_up", _("given up")
        DISPUTED = "disputed", _("waits for the decision of a counter")
        DECIDED = "decided", _("decided at a counter")

    class Document(models.TextChoices):
        """The document that staff have seen."""

        NATIONAL_ID = "national_id", _("national ID card")
        IQAMA = "iqama", _("iqama")
        PASSPORT = "passport", _("passport")
        FAMILY_RECORD = "family_record", _("family record")

    user = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="recoveries", null=True, blank=True
    )
    person = models.ForeignKey(
        Identity,
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
        help_text="who has no account yet",
    )
    way = models.CharField(max_length=10, choices=Way.choices)
    status = models.CharField(max_length=10, choices=Status.choices)
    old_mobile = PhoneNumberField(blank=True)
    new_mobile = PhoneNumberField()
    password_before = models.CharField(
        max_length=128, help_text="the hash of the password that held before, to object with"
    )
    removes_authenticator = models.BooleanField(default=False)
    begun_at = models.DateTimeField(default=timezone.now, editable=False)
    done_at = models.DateTimeField(null=True)
    restricted_until = models.DateTimeField(null=True)
    disputed_at = models.DateTimeField(null=True)
    # Of a counter alone.
    registry_mobile = PhoneNumberField(blank=True, help_text="what the registry had at that time")
    document = models.CharField(max_length=15, choices=Document.choices, blank=True)
    document_end = models.CharField(
        max_length=4, blank=True, help_text="the last four letters or digits of its number"
    )
    begun_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True)
    confirmed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True)
    # Who has lifted the restriction, decided after an objection, or refused to confirm.
    settled_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True)
    settled_at = models.DateTimeField(null=True)
    settled_document = models.CharField(max_length=15, choices=Document.choices, blank=True)
    settled_document_end = models.CharField(max_length=4, blank=True)
    refusal = models.TextField(blank=True, help_text="why a member of staff has refused it")
    idempotency_key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)

    objects = RecoveryQuerySet.as_manager()

    class Meta:
        verbose_name = _("recovery of an account")
        verbose_name_plural = _("recoveries of accounts")
        permissions = [("recover_account", "Can give an account a new mobile, with a colleague")]
        indexes = [models.Index(fields=["user", "-begun_at"], name="recovery_by_user")]
        constraints = [
            models.UniqueConstraint(
                fields=["user"],
                condition=Q(status__in=("begun", "confirmed")),
                name="recovery_one_at_the_counter",
            ),
            models.UniqueConstraint(
                fields=["person"],
                condition=Q(status__in=("begun", "confirmed")),
                name="recovery_one_of_person_at_the_counter",
            ),
            models.CheckConstraint(
                condition=Q(user=None) ^ Q(person=None), name="recovery_of_account_or_person"
            ),
            models.CheckConstraint(
                condition=Q(confirmed_by=None) | ~Q(confirmed_by=models.F("begun_by")),
                name="recovery_by_two_of_staff",
            ),
            models.CheckConstraint(
                condition=Q(way="registry") | (~Q(begun_by=None) & ~Q(document="")),
                name="recovery_at_counter_has_document",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.way}"

    @property
    def owner(self) -> Identity:
        """Whose account it is, or will be."""
        return self.user.identity if self.user else self.person  # type: ignore[return-value]  # a constraint says so

    @property
    def has_lapsed(self) -> bool:
        """Whether staff have begun it, and nobody has brought it to an end in time."""
        return self.is_open and self.lasts_until <= timezone.now()

    @property
    def is_open(self) -> bool:
        return self.status in (self.Status.BEGUN, self.Status.CONFIRMED)

    @property
    def status_now(self) -> "_StrOrPromise":
        """The status in words, also of one whose time is over, and of one to register with."""
        if self.has_lapsed:
            return _("older than 24 hours")
        if self.person_id and self.status == self.Status.CONFIRMED:
            return _("waits for the person to register")
        return self.get_status_display()

    @property
    def lasts_until(self) -> datetime.datetime:
        """Until when staff can finish it, or the person can register with it."""
        return self.begun_at + COUNTER_HAS

    @property
    def is_restricting(self) -> bool:
        return self.restricted_until is not None and self.restricted_until > timezone.now()
