"""Offices and their hours, the places they have, and the appointments that take them."""

import datetime
import secrets

from django.conf import settings
from django.db import models
from django.db.models import Exists, F, Min, OuterRef, Q, Subquery, Sum, Value
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from tawasul.accounts.models import Identity, User
from tawasul.catalogue.models import Region, Service
from tawasul.digests import digest_of
from tawasul.numbers import new_reference


class OfficeQuerySet(models.QuerySet):
    def open_to_booking(self):
        return self.filter(is_active=True)

    def with_nearest(self, slots):
        """Each with the start of its earliest slot among `slots` as `nearest`; None for none."""
        nearest = slots.filter(office=OuterRef("pk")).order_by("start").values("start")[:1]
        return self.annotate(nearest=Subquery(nearest))


class Office(models.Model):
    region = models.ForeignKey(Region, verbose_name=_("region"), on_delete=models.PROTECT)
    slug = models.SlugField(_("name in the web address"), unique=True)
    name = models.CharField(_("name"), max_length=120)
    city = models.CharField(_("city"), max_length=80)
    address = models.CharField(_("address"), max_length=200, blank=True)
    latitude = models.DecimalField(
        _("latitude"), max_digits=9, decimal_places=6, null=True, blank=True
    )
    longitude = models.DecimalField(
        _("longitude"), max_digits=9, decimal_places=6, null=True, blank=True
    )
    clerks = models.ManyToManyField(
        User, verbose_name=_("clerks"), blank=True, related_name="offices"
    )
    is_active = models.BooleanField(pgettext_lazy("an office", "takes appointments"), default=True)

    objects = OfficeQuerySet.as_manager()

    class Meta:
        verbose_name = _("office")
        verbose_name_plural = _("offices")
        ordering = ["region", "pk"]
        constraints = [
            models.CheckConstraint(
                name="office_is_somewhere_or_nowhere",
                condition=Q(latitude=None, longitude=None)
                | Q(latitude__gte=-90, latitude__lte=90, longitude__gte=-180, longitude__lte=180),
            )
        ]

    def __str__(self):
        return self.name

    @property
    def has_place_on_map(self):
        return self.latitude is not None


class Weekday(models.IntegerChoices):
    """As `date.weekday` counts them, in the order of the Kingdom's week."""

    SUNDAY = 6, _("Sunday")
    MONDAY = 0, _("Monday")
    TUESDAY = 1, _("Tuesday")
    WEDNESDAY = 2, _("Wednesday")
    THURSDAY = 3, _("Thursday")
    FRIDAY = 4, _("Friday")
    SATURDAY = 5, _("Saturday")


class OpeningWindow(models.Model):
    """When an office takes people, week by week; one that closes before it opens ends next day."""

    class Season(models.TextChoices):
        ALWAYS = "always", _("all year")
        ORDINARY = "ordinary", _("all year but Ramadan")
        RAMADAN = "ramadan", _("Ramadan")

    office = models.ForeignKey(
        Office, verbose_name=_("office"), on_delete=models.PROTECT, related_name="windows"
    )
    weekdays = models.JSONField(_("weekdays"))
    opens = models.TimeField(_("from"))
    closes = models.TimeField(_("to"), help_text=_("Before the start: it ends on the next day."))
    season = models.CharField(_("season"), max_length=10, choices=Season, default=Season.ALWAYS)
    valid_from = models.DateField(_("valid from"), null=True, blank=True)
    valid_until = models.DateField(_("valid until"), null=True, blank=True)
    slot_minutes = models.PositiveSmallIntegerField(_("minutes of a slot"), default=15)
    capacity = models.PositiveSmallIntegerField(_("operations at once"), default=4)
    services = models.ManyToManyField(
        Service,
        verbose_name=_("services"),
        blank=True,
        help_text=_("None chosen: all that can be booked."),
    )

    class Meta:
        verbose_name = _("opening hours")
        verbose_name_plural = _("opening hours")
        ordering = ["office", "opens", "pk"]
        constraints = [
            models.CheckConstraint(
                name="window_has_slots",
                condition=Q(slot_minutes__gte=5, slot_minutes__lte=240, capacity__gte=1),
            ),
            models.CheckConstraint(
                name="window_has_an_end",
                condition=~Q(opens=F("closes")),
            ),
        ]

    def __str__(self):
        return f"{self.opens:%H:%M}–{self.closes:%H:%M}"

    def starts_on(self, day):
        """The moments, in the Kingdom's time, at which a slot of the window of `day` begins."""
        zone = timezone.get_default_timezone()
        start = datetime.datetime.combine(day, self.opens, zone)
        end = datetime.datetime.combine(day, self.closes, zone)
        if end <= start:
            end += datetime.timedelta(days=1)
        length = datetime.timedelta(minutes=self.slot_minutes)
        while start + length <= end:
            yield start
            start += length


class ClosureQuerySet(models.QuerySet):
    def between(self, first, last):
        return self.filter(first_day__lte=last, last_day__gte=first)


class Closure(models.Model):
    """Days on which an office, or every office, takes nobody."""

    office = models.ForeignKey(
        Office,
        verbose_name=_("office"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        help_text=_("None chosen: every office."),
    )
    first_day = models.DateField(_("first day"))
    last_day = models.DateField(_("last day"))
    reason = models.CharField(_("reason"), max_length=120)

    objects = ClosureQuerySet.as_manager()

    class Meta:
        verbose_name = _("closure")
        verbose_name_plural = _("closures")
        ordering = ["-first_day"]
        constraints = [
            models.CheckConstraint(
                name="closure_ends_after_it_begins",
                condition=Q(last_day__gte=F("first_day")),
            )
        ]

    def __str__(self):
        return self.reason

    def concerns(self, office_id, day):
        return self.office_id in (None, office_id) and self.first_day <= day <= self.last_day


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


class AppointmentEvent(models.Model):
    """One thing that happened to an appointment; the database refuses to change or delete it.

    It holds ids and digests and no personal text, so that erasing a text never touches it.
    """

    class Deed(models.TextChoices):
        HELD = "held", pgettext_lazy("what happened to an appointment", "Time held")
        CONFIRMED = "confirmed", pgettext_lazy("what happened to an appointment", "Confirmed")
        MOVED = "moved", pgettext_lazy("what happened to an appointment", "Moved")
        CANCELLED = "cancelled", pgettext_lazy("what happened to an appointment", "Cancelled")
        EXPIRED = "expired", pgettext_lazy("what happened to an appointment", "Hold expired")
        CHECKED_IN = "checked_in", pgettext_lazy("what happened to an appointment", "Checked in")
        SERVED = "served", pgettext_lazy("what happened to an appointment", "Served")
        NO_SHOW = "no_show", pgettext_lazy("what happened to an appointment", "Did not come")

    class Role(models.TextChoices):
        CITIZEN = "citizen", _("who booked it")
        CLERK = "clerk", _("clerk")
        PORTAL = "portal", _("the portal")

    appointment = models.ForeignKey(Appointment, on_delete=models.PROTECT, related_name="events")
    seq = models.PositiveIntegerField()
    at = models.DateTimeField()
    actor = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    role = models.CharField(max_length=10, choices=Role)
    deed = models.CharField(max_length=12, choices=Deed)
    slot = models.ForeignKey(Slot, on_delete=models.PROTECT, related_name="+")
    operations = models.PositiveSmallIntegerField()
    previous_digest = models.CharField(max_length=64, blank=True)
    digest = models.CharField(max_length=64)

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        ordering = ["appointment", "seq"]
        constraints = [
            models.UniqueConstraint(
                fields=["appointment", "seq"], name="appointment_event_seq_once"
            ),
        ]

    def __str__(self):
        return f"{self.appointment_id} {self.seq}"

    def computed_digest(self):
        """What `digest` has to be for these contents at this place of the chain."""
        return digest_of(
            [
                self.appointment_id,
                self.seq,
                self.at.isoformat(),
                self.actor_id,
                self.role,
                self.deed,
                self.slot_id,
                self.operations,
                self.previous_digest,
            ]
        )


def new_check_code():
    """What a slip's QR holds: 80 random bits, in letters and digits that nobody mistakes."""
    return "".join(secrets.choice("23456789abcdefghjkmnpqrstuvwxyz") for _place in range(16))


class Slip(models.Model):
    """What is printed for an appointment at one time; a move issues another and keeps this one."""

    appointment = models.ForeignKey(Appointment, on_delete=models.PROTECT, related_name="slips")
    check_code = models.CharField(
        max_length=16, unique=True, default=new_check_code, editable=False
    )
    slot = models.ForeignKey(Slot, on_delete=models.PROTECT, related_name="+")
    issued_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("slip")
        verbose_name_plural = _("slips")
        ordering = ["pk"]

    def __str__(self):
        return f"{self.appointment_id} {self.pk}"

    def state(self):
        """What whoever holds it in their hands has to know."""
        appointment = self.appointment
        if appointment.state == Appointment.State.CANCELLED:
            return "cancelled"
        if appointment.slips.filter(pk__gt=self.pk).exists():
            return "moved"
        if appointment.slot.end <= timezone.now() or not appointment.is_live:
            return "passed"
        return "valid"
