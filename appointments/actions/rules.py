"""Rules for booking; the message of each RuleViolation says what to choose instead."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import cast

from django.conf import settings
from django.db.models import Count, Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from appointments.actions.rights import Deed, may
from appointments.actions.unbookable import unbookable
from appointments.models import Appointment, AppointmentEvent, OpeningWindow, Slot, Waiting
from core.accounts.acting_for import check_is_active, check_may_act_for, why_not_open
from core.accounts.models import Identity, User
from core.catalogue.models import Region, Service
from core.exceptions import RuleViolation


def check_own_data(*, actor: User, number: str, born: date) -> None:
    """Check that these are the actor's own number, current or former, and birth date.

    Raise RuleViolation `own_data` otherwise.
    """
    identity = cast(Identity, actor.identity)
    if number not in identity.every_number or born != identity.birth_date:
        raise RuleViolation(
            _(
                "This ID number and this date of birth are not those of your account. "
                "Check the number, the calendar and the date."
            ),
            code="own_data",
        )


def check_may_book(*, actor: User, holder: Identity, attendee: Identity, service: Service) -> None:
    """Check that `actor` may book this for the attendee through `holder`, as things are now.

    Raise RuleViolation `holder`, `attendee` or `service`, by the choice that does not go with the
    others.
    """
    service = Service.objects.get(pk=service.pk)  # as it is now, not as it is cached
    check_may_act_for(
        actor=actor, holder=holder, person=attendee, service=service, person_field="attendee"
    )
    _check_can_be_booked(service)


def _check_can_be_booked(service: Service) -> None:
    if not service.is_open_to_booking:
        raise RuleViolation(
            _("There are no appointments for this service at the moment. Choose another."),
            code="service",
        )


def check_bookable_in(service: Service, region: Region, *, until: date) -> None:
    """Check that an office of the region takes people for this service on a day until then.

    It says nothing about free times. Raise RuleViolation `service` or `region`.
    """
    _check_can_be_booked(Service.objects.get(pk=service.pk))
    today = timezone.localdate()
    days = [today + timedelta(days=ahead) for ahead in range((until - today).days + 1)]
    windows = OpeningWindow.objects.filter(office__region=region).prefetch_related("services")
    if not any(each.serves(service) and any(map(each.is_open_on, days)) for each in windows):
        raise RuleViolation(
            _(
                "No office in %(region)s takes appointments for “%(service)s” by that day. "
                "Choose another region."
            )
            % {"region": region.name, "service": service.name},
            code="region",
        )


def check_open_to_attendee(appointment: Appointment | Waiting) -> None:
    """Check that another time can be given for the same person and service, as things are now.

    Whoever's it is may move it, whichever links the service asks of those who book. Raise
    RuleViolation `attendee` or `service`.
    """
    check_is_active(appointment.attendee, person_field="attendee")
    attendee = appointment.attendee
    service = Service.objects.get(pk=appointment.service_id)  # as it is now, not as it is cached
    if not service.is_for(kind=attendee.kind, nationality=attendee.nationality):
        raise RuleViolation(why_not_open(service, attendee), code="service")
    _check_can_be_booked(service)


def check_beneficiaries(holder: Identity, beneficiaries: Iterable[Identity]) -> None:
    """Check that all beneficiaries are linked to the holder.

    Raise RuleViolation `beneficiaries` otherwise.
    """
    named = {each.pk for each in beneficiaries}
    if not named:
        return
    linked = Identity.objects.beneficiaries_for(holder).filter(pk__in=named)
    if linked.count() < len(named):
        raise RuleViolation(
            _("This person is not linked to your account. Choose somebody who is."),
            code="beneficiaries",
        )


def check_operations(operations: int) -> None:
    """Raise RuleViolation `operations` if they are more than one appointment can be for."""
    most = settings.BOOKING["MAX_OPERATIONS"]
    if not 1 <= operations <= most:
        raise RuleViolation(
            _("Choose between 1 and %(most)s operations.") % {"most": most}, code="operations"
        )


def check_bookable(slot: Slot, service: Service, operations: int, *, kept: int = 0) -> None:
    """Check without a lock that the slot can be booked, to refuse it before any work if not.

    An offer keeps `kept` of the operations for the caller already. Raise RuleViolation
    `operations`, or `full` for a slot that is full, past or closed.
    """
    check_operations(operations)
    if not Slot.objects.bookable(service, operations - kept).filter(pk=slot.pk).exists():
        raise unbookable(slot, operations - kept, service)


def check_no_conflict(
    *,
    actor: User,
    attendee: Identity,
    service: Service,
    slot: Slot,
    instead_of: Appointment | None = None,
) -> None:
    """Check that no other appointment of the attendee or hold of the actor forbids this one.

    `instead_of` is the appointment that is being moved. The caller holds the locks of both people,
    so that nobody else can book for them at the same time. Raise RuleViolation `live`, `missed`,
    `displaced`, `overlap` or `holds`.
    """
    of_attendee = Appointment.objects.filter(attendee=attendee)
    if instead_of:
        of_attendee = of_attendee.exclude(pk=instead_of.pk)
    taking_part = of_attendee.live() | of_attendee.displaced() | of_attendee.missed_today()
    known = list(taking_part.select_related("slot", "holder", "attendee").order_by("pk"))
    live = [each for each in known if each.status in Appointment.LIVE]
    same = _first_for(service, live)
    if same and not may(actor, Deed.CHANGE, same):
        raise RuleViolation(
            _(
                "There is an appointment for this service and this person already, booked from "
                "another account. It can be moved or cancelled there."
            ),
            code="live",
        )
    if same and same.is_held:
        raise RuleViolation(
            _(
                "You are keeping a time for this service and this person already (%(reference)s). "
                "Confirm it, or let it go to choose another."
            )
            % {"reference": same.reference},
            code="live",
        )
    if same and same.is_confirmed and same.has_begun:
        raise RuleViolation(
            _(
                "There is an appointment for this service and this person today (%(reference)s), "
                "and its time has come. If you cancel it, the same service can be booked again "
                "from tomorrow."
            )
            % {"reference": same.reference},
            code="live",
        )
    if same and same.is_confirmed and not same.is_in_time_to_move:
        raise RuleViolation(
            _(
                "There is an appointment for this service and this person already "
                "(%(reference)s), and it is too late to move it. Cancel it before it begins, and "
                "you can book another at once."
            )
            % {"reference": same.reference},
            code="live",
        )
    if same and not same.is_confirmed:
        raise RuleViolation(
            _(
                "This person is at the office for this service now (%(reference)s). Another "
                "appointment can be booked once they are served."
            )
            % {"reference": same.reference},
            code="live",
        )
    if same:
        raise RuleViolation(
            _(
                "There is an appointment for this service and this person already "
                "(%(reference)s). Move or cancel that one."
            )
            % {"reference": same.reference},
            code="live",
        )
    over = [each for each in known if each not in live and not each.is_displaced]
    if not instead_of and _first_for(service, over):
        raise RuleViolation(
            _(
                "The appointment for this service and this person today was missed, or cancelled "
                "after its time had come. The same service can be booked again from tomorrow. "
                "If you are at the office, ask at the desk."
            ),
            code="missed",
        )
    closed = _first_for(service, [each for each in known if each.is_displaced])
    if closed and may(actor, Deed.CHANGE, closed):
        raise RuleViolation(
            _(
                "The office has closed at the time of the appointment for this service and this "
                "person (%(reference)s). Choose another time for that one, or cancel it."
            )
            % {"reference": closed.reference},
            code="displaced",
        )
    if any(each.slot.start < slot.end and each.slot.end > slot.start for each in live):
        raise RuleViolation(
            _("%(name)s has another appointment at this time. Choose another time.")
            % {"name": attendee.name},
            code="overlap",
        )
    held = Appointment.objects.filter(user=actor.pk, status=Appointment.Status.HELD)
    if not instead_of and held.count() >= settings.BOOKING["MAX_HOLDS"]:
        raise RuleViolation(
            _("You are holding %(most)s times already. Confirm or cancel one of them first.")
            % {"most": settings.BOOKING["MAX_HOLDS"]},
            code="holds",
        )


def _first_for(service: Service, appointments: Iterable[Appointment]) -> Appointment | None:
    return next((each for each in appointments if each.service_id == service.pk), None)


def check_daily_changes(attendee: Identity, service: Service) -> None:
    """Check the limit on bookings and moves a day, as each of them sends a text.

    Raise RuleViolation `often` beyond it.
    """
    changes = AppointmentEvent.objects.filter(
        appointment__attendee=attendee,
        appointment__service=service,
        event_type__in=(AppointmentEvent.EventType.CONFIRMED, AppointmentEvent.EventType.MOVED),
        at__gt=timezone.now() - timedelta(days=1),
    )
    most = settings.BOOKING["MAX_CHANGES_A_DAY"]
    if changes.count() >= most:
        raise RuleViolation(
            _(
                "An appointment for this service and this person can be booked and moved "
                "%(most)s times a day at most. Try again tomorrow."
            )
            % {"most": most},
            code="often",
        )


def check_given_up(actor: User, attendee: Identity) -> None:
    """Check the limit on holds of the last hour that were never confirmed, as others found full.

    It counts those of the account and those for the attendee. Raise RuleViolation `given_up`.
    """
    most = settings.BOOKING["MAX_GIVEN_UP_AN_HOUR"]
    an_hour_ago = timezone.now() - timedelta(hours=1)
    given_up = Appointment.objects.given_up().filter(created_at__gt=an_hour_ago)
    of_account, of_attendee = Q(user=actor), Q(attendee=attendee)
    counts = given_up.filter(of_account | of_attendee).aggregate(
        of_account=Count("pk", filter=of_account), of_attendee=Count("pk", filter=of_attendee)
    )
    if max(counts.values()) >= most:
        raise RuleViolation(
            _(
                "Too many times have been held and not confirmed. Wait an hour, then hold only "
                "a time that you want to confirm."
            ),
            code="given_up",
        )


def check_can_be_cancelled(appointment: Appointment) -> None:
    """Raise RuleViolation `status` unless its person can still say that they cannot come."""
    if not appointment.can_be_cancelled:
        raise RuleViolation(
            _("This appointment is “%(status)s” and cannot be changed any more.")
            % {"status": appointment.get_status_display()},
            code="status",
        )


def check_in_time_to_move(appointment: Appointment) -> None:
    """Raise RuleViolation `status` or `too_late` unless it can be moved to another time."""
    check_can_be_cancelled(appointment)
    if appointment.can_be_moved:
        return
    hours = settings.BOOKING["CHANGE_UNTIL_HOURS"]
    raise RuleViolation(
        ngettext(
            "It is too late to move this appointment: that can be done until %(hours)s hour "
            "before it begins. If you cannot come, cancel it.",
            "It is too late to move this appointment: that can be done until %(hours)s hours "
            "before it begins. If you cannot come, cancel it.",
            hours,
        )
        % {"hours": hours},
        code="too_late",
    )


def wrong_status(appointment: Appointment) -> RuleViolation:
    return RuleViolation(
        _("This cannot be done: the appointment is “%(status)s”.")
        % {"status": appointment.get_status_display()},
        code="status",
    )


def check_is_only_one(appointment: Appointment, at: Slot | None = None) -> None:
    """Check that an appointment that was over can be live again, beside the attendee's others.

    `at` is the time at which there may be no other. Raise RuleViolation `live` or `overlap`.
    """
    others = Appointment.objects.live_now().filter(attendee=appointment.attendee)
    others = others.exclude(pk=appointment.pk)
    if others.filter(service=appointment.service).exists():
        raise RuleViolation(
            _(
                "This person has another appointment for this service by now. Use that one, or "
                "have it cancelled first."
            ),
            code="live",
        )
    if at and others.at_the_same_time_as(at).exists():
        raise RuleViolation(
            _("This person has another appointment at this time by now, so this one stays over."),
            code="overlap",
        )
