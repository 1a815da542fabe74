"""The places that offices have, and the appointments that take them."""

import datetime

from django.conf import settings
from django.db import models
from django.db.models import Exists, F, Min, OuterRef, Q, Subquery, Sum, Value
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from appointments.models.offices import Office, OpeningWindow
from tawasul.accounts.models import Identity, User
from tawasul.catalogue.models import Service
from tawasul.numbers import new_reference


class SlotQuerySet(models.QuerySet):
    def with_free(self, now=None):
        """Each with its `free` operations: those of holds that have lapsed count as free."""
        lapsed = (
            Appointment.objects.lapsed(now or timezone.now())
            .filter(slot=OuterRef("pk"))
            .order_by()
            .values("slot")
            .annotate(operations_of_all=Sum("operations"))
            .values("operations_of_all")
        )
        return self.annotate(free=F("capacity") - F("taken") + Coalesce(Subquery(lapsed), Value(0)))

    def bookable(self, service, operations, now=None):
        """Those that somebody can still book for so many operations of this service."""
        now = now or timezone.now()
        last_day = timezone.localdate(now) + datetime.timedelta(
            days=settings.BOOKING["HORIZON_DAYS"]
        )
        return (
            self.with_free(now)
            .filter(is_closed=False, start__gt=now, day__lte=last_day, free__gte=operations)
            .filter(office__is_active=True)
            .exclude(Q(window__in=_windows_without(service)))
        )

    def one_at_each_start(self):
        """Of an office's slots that begin together, in hours side by side, the first."""
        before = self.order_by().filter(start=OuterRef("start"), pk__lt=OuterRef("pk"))
        return self.exclude(Exists(before))

    def days(self):
        """Each day with its earliest start and the operations that are free on it."""
        return self.order_by("day").values("day").annotate(first=Min("start"), places=Sum("free"))


def _windows_without(service):
    """Windows that name their services, and not this one."""
    named = OpeningWindow.objects.filter(services__isnull=False)
    return named.exclude(services=service).values("pk")


class Slot(models.Model):
    """A start time at an office, and how many operations it takes.

    `day` is the day on which its window began: a slot at half past midnight belongs to the evening
    before. `taken` changes in `move_places` alone.
    """

    office = models.ForeignKey(Office, on_delete=models.PROTECT, related_name="slots")
    window = models.ForeignKey(OpeningWindow, on_delete=models.PROTECT, related_name="slots")
    day = models.DateField(_("day"))
    start = models.DateTimeField(_("start"))
    end = models.DateTimeField(_("end"))
    capacity = models.PositiveSmallIntegerField()
    taken = models.PositiveSmallIntegerField(default=0)
    is_closed = models.BooleanField(default=False)

    objects = SlotQuerySet.as_manager()

    class Meta:
        verbose_name = _("slot")
        verbose_name_plural = _("slots")
        ordering = ["start", "pk"]
        indexes = [models.Index(fields=["office", "day", "start"], name="slot_by_office")]
        constraints = [
            models.UniqueConstraint(fields=["window", "start"], name="slot_once"),
            models.CheckConstraint(
                name="slot_never_oversold",
                condition=Q(taken__gte=0, taken__lte=F("capacity")),
            ),
        ]

    def __str__(self):
        return f"{self.office_id} {self.start:%Y-%m-%d %H:%M}"


class AppointmentQuerySet(models.QuerySet):
    def of(self, user):
        """What a person may see: what they booked, and what was booked for them."""
        is_for_them = Q(attendee=user.identity_id) & ~Q(state__in=Appointment.NEVER_CONFIRMED)
        return self.filter(Q(user=user) | is_for_them)

    def concerning(self, user, attendee, slot):
        return self.filter(Q(user=user) | Q(attendee=attendee) | Q(slot=slot))

    def at_desk_of(self, clerk):
        """What a clerk may see: the appointments of their own offices, but for their own."""
        if not clerk.has_perm("appointments.receive_appointment"):
            return self.none()
        own = Q(user=clerk)
        if clerk.identity_id:
            own |= Q(attendee=clerk.identity_id) | Q(holder=clerk.identity_id)
        offices = self.exclude(state__in=Appointment.NEVER_CONFIRMED)
        return offices.filter(slot__office__clerks=clerk).exclude(own)

    def live(self):
        """Those that take up places."""
        return self.filter(state__in=Appointment.LIVE)

    def lapsed(self, now):
        """Holds that nobody has confirmed in time, and that still count as taken."""
        return self.filter(state=Appointment.State.HELD, expires_at__lte=now)

    def at_the_same_time_as(self, slot):
        """Those whose slots begin before `slot` ends, and end after it begins."""
        return self.filter(slot__start__lt=slot.end, slot__end__gt=slot.start)

    def upcoming(self):
        now = timezone.now()
        still = self.live().exclude(state=Appointment.State.HELD, expires_at__lte=now)
        return still.filter(slot__end__gt=now).order_by("slot__start", "pk")

    def over(self):
        return self.exclude(pk__in=self.upcoming().order_by().values("pk")).order_by("-pk")


class Appointment(models.Model):
    """Somebody's place at an office.

    `version` counts its events, `last_digest` ends their chain.
    """

    class State(models.TextChoices):
        HELD = "held", pgettext_lazy("an appointment", "Not confirmed yet")
        CONFIRMED = "confirmed", pgettext_lazy("an appointment", "Confirmed")
        CHECKED_IN = "checked_in", pgettext_lazy("an appointment", "At the office")
        SERVED = "served", pgettext_lazy("an appointment", "Served")
        CANCELLED = "cancelled", pgettext_lazy("an appointment", "Cancelled")
        EXPIRED = "expired", pgettext_lazy("an appointment", "Not confirmed in time")
        NO_SHOW = "no_show", pgettext_lazy("an appointment", "Missed")

    # Those that take up places; those that never were appointments.
    LIVE = (State.HELD, State.CONFIRMED, State.CHECKED_IN)
    NEVER_CONFIRMED = (State.HELD, State.EXPIRED)

    key = models.UUIDField(unique=True, editable=False)
    reference = models.CharField(
        _("appointment number"), max_length=12, unique=True, default=new_reference, editable=False
    )
    user = models.ForeignKey(
        User, verbose_name=_("booked by"), on_delete=models.PROTECT, related_name="appointments"
    )
    holder = models.ForeignKey(
        Identity, verbose_name=_("booked through"), on_delete=models.PROTECT, related_name="+"
    )
    attendee = models.ForeignKey(
        Identity,
        verbose_name=_("attendee"),
        on_delete=models.PROTECT,
        related_name="appointments",
    )
    beneficiaries = models.ManyToManyField(
        Identity, verbose_name=_("beneficiaries"), blank=True, related_name="+"
    )
    service = models.ForeignKey(Service, verbose_name=_("service"), on_delete=models.PROTECT)
    slot = models.ForeignKey(
        Slot, verbose_name=_("time"), on_delete=models.PROTECT, related_name="appointments"
    )
    operations = models.PositiveSmallIntegerField(_("operations"), default=1)
    state = models.CharField(_("state"), max_length=12, choices=State, default=State.HELD)
    expires_at = models.DateTimeField()
    version = models.PositiveIntegerField(default=0)
    last_digest = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField(_("started"), default=timezone.now, editable=False)
    confirmed_at = models.DateTimeField(_("confirmed"), null=True)

    objects = AppointmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("appointment")
        verbose_name_plural = _("Appointments")
        permissions = [("receive_appointment", "Can receive people with appointments")]
        indexes = [
            models.Index(fields=["user", "-id"], name="appointment_by_user"),
            models.Index(
                fields=["expires_at"], name="appointment_holds", condition=Q(state="held")
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["attendee", "service"],
                condition=Q(state__in=["held", "confirmed", "checked_in"]),
                name="appointment_one_live",
            ),
            models.CheckConstraint(
                condition=Q(operations__gte=1), name="appointment_has_operations"
            ),
        ]

    def __str__(self):
        return self.reference

    @property
    def is_held(self):
        return self.state == self.State.HELD

    @property
    def has_lapsed(self):
        return self.is_held and self.expires_at <= timezone.now()

    @property
    def state_now(self):
        """In words; a hold that nobody has expired yet has lapsed all the same."""
        return self.State.EXPIRED.label if self.has_lapsed else self.get_state_display()

    @property
    def is_confirmed(self):
        return self.state == self.State.CONFIRMED

    @property
    def is_live(self):
        return self.state in self.LIVE and not self.has_lapsed

    @property
    def change_until(self):
        """Until when it can be moved or cancelled."""
        return self.slot.start - datetime.timedelta(hours=settings.BOOKING["CHANGE_UNTIL_HOURS"])

    @property
    def can_be_changed(self):
        return self.is_confirmed and timezone.now() < self.change_until
