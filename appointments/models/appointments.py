"""Appointments and their queryset."""

import datetime
from collections import Counter
from typing import TYPE_CHECKING, Self

from django.apps import apps
from django.conf import settings
from django.db import models
from django.db.models import Case, Exists, F, OuterRef, Q, Value, When
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from appointments.models.check_codes import check_codes_in
from appointments.models.office_day import DESK_HOURS, office_day_q
from appointments.models.slots import Slot
from core.accounts.models import Identity, User
from core.accounts.people import MAX_LATEST
from core.accounts.rights import Acting, Parties, concerns_staff, is_lost
from core.catalogue.models import Service
from core.reference_data import ReferenceForeignKey
from core.references import new_reference
from core.text import bare_digits

if TYPE_CHECKING:
    from appointments.models.events import AppointmentEventQuerySet


def _let_go() -> Q:
    """Return the condition for held times that were given up, which were no appointments."""
    return Q(status=Appointment.Status.CANCELLED, confirmed_at=None)


def _never_confirmed() -> Q:
    """Return the condition for appointments never confirmed: they concern nobody else."""
    return Q(status__in=Appointment.NEVER_CONFIRMED) | _let_go()


def _midnight() -> datetime.datetime:
    """Return when today began in the Kingdom."""
    return timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)


def _events() -> "AppointmentEventQuerySet":
    # Looked up by name, because events.py imports this file.
    return apps.get_model("appointments.AppointmentEvent")._default_manager.all()


def _own(staff: User) -> Q:
    """Return the condition for appointments that concern this member of staff themselves."""
    own = Q(user=staff, made_by_office=False) | concerns_staff(staff, Appointment.PARTIES)
    if staff.identity_id:
        named = Appointment.beneficiaries.through.objects.filter(identity=staff.identity_id)
        own |= Q(pk__in=named.values("appointment"))
    return own


class AppointmentQuerySet(models.QuerySet["Appointment"]):
    def listed_for(self, acting: Acting) -> Self:
        """Return the appointments that a user finds in their lists while they act as a holder.

        They belong to their holder. Each has `is_former`: whether the user may read no more than
        what was booked.
        """
        listed = self.filter(acting.listed(Appointment.PARTIES))
        listed = listed.exclude(_never_confirmed() & ~Q(holder=acting.holder))
        readable = acting.readable(Appointment.PARTIES)
        return listed.annotate(is_former=Case(When(readable, then=False), default=True))

    def readable(self) -> Self:
        """Return those of `listed_for` of which the user may read what has become of them."""
        return self.filter(is_former=False)

    def with_help(self) -> Self:
        """Annotate each with `is_helped`: whether a clerk has done something in its person's name.

        Its page then asks for these events of few appointments, and not of all.
        """
        done = _events().on_behalf().filter(appointment=OuterRef("pk"))
        return self.annotate(is_helped=Exists(done))

    def concerning(self, user: User, attendee: Identity, slot: Slot) -> Self:
        return self.filter(Q(user=user) | Q(attendee=attendee) | Q(slot=slot))

    def visible_to_clerk(self, clerk: User) -> Self:
        """Return the appointments of the clerk's offices, without the clerk's own ones."""
        if not clerk.has_perm("appointments.receive_appointment"):
            return self.none()
        return self.filter(slot__office__clerks=clerk).exclude(_own(clerk) | _never_confirmed())

    def readable_by(self, user: User) -> Self:
        """Return what `user` may read at the desk: an auditor all but their own, others theirs."""
        if user.is_auditor:
            return self.exclude(_own(user) | _never_confirmed())
        return self.visible_to_clerk(user)

    def managed_by(self, manager: User) -> Self:
        """Return the appointments of the manager's offices, without the manager's own ones."""
        if not manager.has_perm("appointments.manage_office"):
            return self.none()
        of_offices = self.filter(slot__office__clerks=manager)
        return of_offices.exclude(_own(manager) | _never_confirmed())

    def unmarked(self) -> Self:
        """Return those that the desk has left without a mark, for the manager to settle."""
        return self.filter(status=Appointment.Status.UNMARKED)

    def own_of(self, staff: User) -> Self:
        """Return the appointments that concern this member of staff themselves."""
        return self.filter(_own(staff))

    def of_today(self, now: datetime.datetime | None = None) -> Self:
        """Return the appointments of today at the desk, by `office_day_q`."""
        return self.filter(office_day_q(now or timezone.now(), "slot__"))

    def matching_scan(self, typed: str) -> Self:
        """Return matches of a check code or its address, a reference or an attendee's ID number."""
        if codes := check_codes_in(typed):
            return self.filter(slips__check_code__in=codes)
        number = bare_digits(typed[:40])
        return self.filter(Q(reference=number) | Q(attendee__numbers__number=number)).distinct()

    def with_standing(self, now: datetime.datetime | None = None) -> Self:
        """Annotate appointments with their `standing` at the desk, and leave out any without one.

        It is `due`, `late` once the grace period is over, `here`, `called`, `served`, `missed` or
        `unmarked`.
        """
        now = now or timezone.now()
        status = Appointment.Status
        grace = datetime.timedelta(minutes=settings.BOOKING["GRACE_MINUTES"])
        standing = Case(
            When(status=status.CONFIRMED, slot__start__lte=now - grace, then=Value("late")),
            When(status=status.CONFIRMED, then=Value("due")),
            When(status=status.CHECKED_IN, called_at=None, then=Value("here")),
            When(status=status.CHECKED_IN, then=Value("called")),
            When(status=status.SERVED, then=Value("served")),
            When(status=status.NO_SHOW, then=Value("missed")),
            When(status=status.UNMARKED, then=Value("unmarked")),
        )
        return self.annotate(standing=standing).exclude(standing=None)

    def called_since(self, moment: datetime.datetime) -> Self:
        """Return people called to the counter and not served yet, the last called first."""
        called = self.filter(status=Appointment.Status.CHECKED_IN, called_at__gt=moment)
        return called.order_by("-called_at", "-pk")

    def given_up(self) -> Self:
        """Return the holds that were never confirmed and are over: let go, expired or lapsed."""
        never = self.filter(confirmed_at=None)
        over = Q(status__in=[Appointment.Status.CANCELLED, Appointment.Status.EXPIRED])
        return never.filter(
            over | Q(status=Appointment.Status.HELD, expires_at__lte=timezone.now())
        )

    def live(self) -> Self:
        """Return the appointments that take up places."""
        return self.filter(status__in=Appointment.LIVE)

    def live_now(self) -> Self:
        """Return the live appointments, without lapsed holds that nobody has expired yet."""
        lapsed = Q(status=Appointment.Status.HELD, expires_at__lte=timezone.now())
        return self.live().exclude(lapsed)

    def lapsed(self, now: datetime.datetime) -> Self:
        """Return holds that were not confirmed in time and still count as taken."""
        return self.filter(status=Appointment.Status.HELD, expires_at__lte=now)

    def displaced(self) -> Self:
        return self.filter(status=Appointment.Status.DISPLACED)

    def missed_today(self) -> Self:
        """Return those of today that were missed, or cancelled once they had begun."""
        begun = Q(slot__start__gte=_midnight(), slot__start__lte=timezone.now())
        late = _events().filter(
            appointment=OuterRef("pk"), event_type="cancelled", at__gte=OuterRef("slot__start")
        )
        cancelled = Q(Exists(late), status=Appointment.Status.CANCELLED)
        return self.filter(begun & (cancelled | Q(status=Appointment.Status.NO_SHOW)))

    def at_the_same_time_as(self, slot: Slot) -> Self:
        """Return appointments whose slots begin before `slot` ends, and end after it begins."""
        return self.filter(slot__start__lt=slot.end, slot__end__gt=slot.start)

    def upcoming(self) -> Self:
        """Return the appointments ahead, with displaced ones that need another time."""
        return self.unsettled().filter(slot__end__gt=timezone.now())

    def unsettled(self) -> Self:
        """Return appointments ahead, and displaced ones until they have another time or none."""
        now, displaced = timezone.now(), Q(status=Appointment.Status.DISPLACED)
        live = Q(status__in=Appointment.LIVE, slot__end__gt=now)
        lapsed = Q(status=Appointment.Status.HELD, expires_at__lte=now)
        return self.filter(live & ~lapsed | displaced).order_by("slot__start", "pk")

    def latest_attendees(self, user: User, holder: Identity) -> list[int]:
        """Return the keys of those for whom `user` last booked through `holder`."""
        latest = self.filter(user=user, holder=holder).order_by("-pk")
        return list(latest.values_list("attendee", flat=True)[:MAX_LATEST])

    def waiting_for(self, acting: Acting) -> Self:
        """Return the holds, displaced appointments and offers on which the user has to decide.

        They are those of the holder as whom the user acts, or that have passed to them.
        """
        undecided = Q(status__in=[Appointment.Status.HELD, Appointment.Status.DISPLACED])
        offered = Q(offers__status="open", offers__expires_at__gt=timezone.now())
        return self.filter(acting.owned(Appointment.PARTIES), undecided | offered).distinct()

    def to_be_reminded(self, now: datetime.datetime) -> Self:
        """Return the appointments whose next reminder is due, whatever has become of them."""
        return self.filter(remind_at__lte=now)

    def passed_on(self) -> Self:
        """Return those ahead whose holder has lost the link."""
        lost = is_lost(Appointment.PARTIES)
        ahead = Q(status=Appointment.Status.CONFIRMED, slot__end__gt=timezone.now())
        ahead |= Q(status=Appointment.Status.DISPLACED)
        return self.filter(ahead, lost)

    def held_again(self) -> Self:
        """Return those not over that had passed on, and whose holder has the link back."""
        kept = (Appointment.Status.CONFIRMED, Appointment.Status.DISPLACED)
        passed_on = self.filter(status__in=kept).exclude(passed_on_to=[])
        return passed_on.exclude(is_lost(Appointment.PARTIES))

    def over(self) -> Self:
        """Return those of `listed_for` that are over, or are no longer the user's."""
        ahead = self.readable().unsettled().order_by().values("pk")
        # In the order of the key, PostgreSQL may read everybody's rows.
        return self.exclude(pk__in=ahead).exclude(_let_go()).order_by((F("pk") + 0).desc())


class Appointment(models.Model):
    """A place at an office.

    `version` counts its events, `last_digest` ends their chain.
    """

    class Status(models.TextChoices):
        HELD = "held", pgettext_lazy("an appointment", "Not confirmed yet")
        CONFIRMED = "confirmed", pgettext_lazy("an appointment", "Confirmed")
        CHECKED_IN = "checked_in", pgettext_lazy("an appointment", "At the office")
        SERVED = "served", pgettext_lazy("an appointment", "Served")
        CANCELLED = "cancelled", pgettext_lazy("an appointment", "Cancelled")
        EXPIRED = "expired", pgettext_lazy("an appointment", "Not confirmed in time")
        NO_SHOW = "no_show", pgettext_lazy("an appointment", "Missed")
        DISPLACED = "displaced", pgettext_lazy("an appointment", "Office closed")
        UNMARKED = "unmarked", pgettext_lazy("an appointment", "Not marked by the office")

    PARTIES = Parties(author="user", person="attendee", by_office="made_by_office")
    # LIVE statuses take up places; a row in NEVER_CONFIRMED has never been an appointment; of a
    # MARKED one the desk can take back its last mark.
    LIVE = (Status.HELD, Status.CONFIRMED, Status.CHECKED_IN)
    NEVER_CONFIRMED = (Status.HELD, Status.EXPIRED)
    MARKED = (Status.CHECKED_IN, Status.SERVED, Status.NO_SHOW)

    idempotency_key = models.UUIDField(unique=True, editable=False)
    reference = models.CharField(
        _("appointment number"), max_length=12, unique=True, default=new_reference, editable=False
    )
    user = models.ForeignKey(
        User, verbose_name=_("booked by"), on_delete=models.PROTECT, related_name="appointments"
    )
    holder = models.ForeignKey(
        Identity,
        verbose_name=_("booked through"),
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,  # appointment_by_holder begins with it
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
    service = ReferenceForeignKey(Service, verbose_name=_("service"), on_delete=models.PROTECT)
    slot = models.ForeignKey(
        Slot, verbose_name=_("time"), on_delete=models.PROTECT, related_name="appointments"
    )
    operations = models.PositiveSmallIntegerField(_("operations"), default=1)
    status = models.CharField(_("status"), max_length=12, choices=Status, default=Status.HELD)
    expires_at = models.DateTimeField()
    version = models.PositiveIntegerField(default=0)
    last_digest = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField(_("started"), default=timezone.now, editable=False)
    confirmed_at = models.DateTimeField(_("confirmed"), null=True)
    # The clerk who is its `user` has made it, for a person who came or called.
    made_by_office = models.BooleanField(_("booked by the office"), default=False)
    is_walk_in = models.BooleanField(_("without an appointment"), default=False)
    called_at = models.DateTimeField(_("called"), null=True)
    remind_at = models.DateTimeField(null=True, help_text="when the next reminder is due")
    passed_on_to = models.JSONField(
        default=list, help_text="the keys of the successors who were told that it is theirs now"
    )

    objects = AppointmentQuerySet.as_manager()

    standing: str  # added by `with_standing`
    is_former: bool  # added by `listed_for`
    is_helped: bool  # added by `with_help`

    class Meta:
        verbose_name = _("appointment")
        verbose_name_plural = _("Appointments")
        permissions = [
            ("receive_appointment", "Can receive people with appointments"),
            ("assist_person", "Can book, move and cancel for people who come or call"),
        ]
        indexes = [
            models.Index(fields=["user", "-id"], name="appointment_by_user"),
            models.Index(fields=["holder", "-id"], name="appointment_by_holder"),
            models.Index(
                fields=["remind_at"],
                name="appointment_reminders",
                condition=Q(remind_at__isnull=False),
            ),
            models.Index(
                fields=["expires_at"], name="appointment_holds", condition=Q(status="held")
            ),
            # For what lapsed holds leave free of each slot that is shown: without it, all its
            # appointments are read.
            models.Index(
                fields=["slot", "expires_at"],
                name="appointment_holds_of_slot",
                condition=Q(status="held"),
            ),
            # For somebody with hundreds of appointments, who waits for a time.
            models.Index(
                fields=["attendee", "service"],
                name="appointment_displaced",
                condition=Q(status="displaced"),
            ),
            models.Index(
                fields=["slot"], name="appointment_unmarked", condition=Q(status="unmarked")
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["attendee", "service"],
                condition=Q(status__in=["held", "confirmed", "checked_in"]),
                name="appointment_one_live",
            ),
            models.CheckConstraint(
                condition=Q(operations__gte=1), name="appointment_has_operations"
            ),
            models.CheckConstraint(
                condition=Q(is_walk_in=False) | Q(made_by_office=True),
                name="appointment_of_walk_in_is_made_by_office",
            ),
        ]

    def __str__(self) -> str:
        return self.reference

    def was_continued_by(self, user: User) -> bool:
        """Return whether `user` has moved it or done something else to it, but not as a clerk."""
        return self.events.filter(actor=user.pk, role="citizen").exists()

    @property
    def is_booked(self) -> bool:
        """Whether it was ever confirmed, or is a walk-in."""
        return self.confirmed_at is not None

    @property
    def is_held(self) -> bool:
        return self.status == self.Status.HELD

    @property
    def has_lapsed(self) -> bool:
        return self.is_held and self.expires_at <= timezone.now()

    @property
    def status_now(self) -> str | Promise:
        """The label of the status; a lapsed hold counts as expired before it is marked so."""
        return self.Status.EXPIRED.label if self.has_lapsed else self.get_status_display()

    @property
    def is_confirmed(self) -> bool:
        return self.status == self.Status.CONFIRMED

    @property
    def is_live(self) -> bool:
        return self.status in self.LIVE and not self.has_lapsed

    @property
    def places(self) -> Counter[int]:
        """The places that it takes up: {slot id: operations}."""
        return Counter({self.slot_id: self.operations} if self.status in self.LIVE else {})

    @property
    def move_until(self) -> datetime.datetime:
        """The moment until which it can be moved to another time."""
        return self.slot.start - datetime.timedelta(hours=settings.BOOKING["CHANGE_UNTIL_HOURS"])

    @property
    def is_in_time_to_move(self) -> bool:
        return timezone.now() < self.move_until

    @property
    def has_begun(self) -> bool:
        return self.slot.start <= timezone.now()

    @property
    def is_at_desk(self) -> bool:
        """Whether the desk can still mark it; after that the night settles it."""
        return timezone.now() < self.slot.end + DESK_HOURS

    @property
    def can_be_taken_back(self) -> bool:
        """Whether the last mark of the desk can be taken back."""
        return self.status in self.MARKED and self.is_at_desk

    @property
    def can_be_moved_once_confirmed(self) -> bool:
        """Whether a held time can still be moved even if it is confirmed at the last moment."""
        return self.expires_at < self.move_until

    @property
    def is_displaced(self) -> bool:
        return self.status == self.Status.DISPLACED

    @property
    def is_called_off(self) -> bool:
        """Whether a time that was confirmed is off: cancelled, or the office is closed."""
        gone = self.status in (self.Status.CANCELLED, self.Status.DISPLACED)
        return gone and self.confirmed_at is not None

    @property
    def can_be_moved(self) -> bool:
        """Whether it can be moved to another time; a displaced one can at any moment."""
        return (self.is_confirmed and self.is_in_time_to_move) or self.is_displaced

    @property
    def can_be_cancelled(self) -> bool:
        """Whether it can be cancelled, which is until the desk or the night has marked it."""
        return self.is_confirmed or self.is_displaced
