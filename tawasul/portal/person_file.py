"""What a member of staff may read about a person: the registry, the account, cases and messages."""

from typing import Any, NamedTuple

from django.db.models import F, Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from appointments.models import Appointment, AppointmentQuerySet, Assistance
from core.accounts.models import Identity, Link, Recovery, User
from core.catalogue.labels import NATIONALITIES
from core.messaging.models import Message
from requests_app.models import Inquiry, InquiryQuerySet
from tawasul.portal.counter import PREPARE, works_at_counter

MAX_ROWS = 20
# In the order of an index, PostgreSQL might read a whole table for a person with few rows.
_LAST_FIRST = (F("pk") + 0).desc()
# The kind of a link names the role of its holder; these are the words for either side.
_HOLDERS: dict[str, Promise] = {
    Link.Kind.EMPLOYER: _("employer"),
    Link.Kind.HOST: _("host"),
    Link.Kind.GUARDIAN: _("guardian"),
    Link.Kind.REPRESENTATIVE: _("represented by this person"),
}
_PERSONS: dict[str, Promise] = {
    Link.Kind.EMPLOYER: _("worker"),
    Link.Kind.HOST: _("guest"),
    Link.Kind.GUARDIAN: _("dependant"),
    Link.Kind.REPRESENTATIVE: _("representative"),
}


class Rows(NamedTuple):
    """The first MAX_ROWS rows of a list, and whether there are more."""

    shown: list[Any]
    has_more: bool


def reference_of_open_case(staff: User, person: Identity) -> str:
    """Return the reference of a case of `person` that `staff` works on at the moment, or "".

    For an officer, it is an open inquiry that is theirs, or one that waits for an officer; for a
    clerk, an appointment at one of their offices, today or ahead.
    """
    if staff.has_perms(("requests_app.view_inquiry", "requests_app.triage_inquiry")):
        theirs = Q(assignee=staff, status__in=Inquiry.OPEN)
        waiting = Q(assignee=None, status__in=Inquiry.AT_THE_DESK)
        inquiry = _inquiries(staff, person).filter(theirs | waiting).first()
        if inquiry:
            return inquiry.reference
    if staff.has_perms(("appointments.view_appointment", "appointments.receive_appointment")):
        appointments = _appointments(staff, person)
        came = (*Appointment.MARKED, Appointment.Status.UNMARKED, *Appointment.LIVE)
        today = appointments.of_today().filter(status__in=came)
        appointment = today.first() or appointments.upcoming().first()
        if appointment:
            return appointment.reference
    return ""


def read(staff: User, person: Identity) -> dict[str, Any]:
    """Return the context of the person's page, with what `staff` may see and nothing else."""
    account = _account_of(person)
    context: dict[str, Any] = {
        "person": person,
        "numbers": sorted(person.numbers.all(), key=lambda each: (not each.is_current, each.pk)),
        "nationality": NATIONALITIES.get(person.nationality, person.nationality),
        "account": account,
        "holders": _links(person.linked_to.all(), "holder", _HOLDERS),
        "persons": _links(person.links.all(), "person", _PERSONS),
        "max_rows": MAX_ROWS,
        "can_prepare": person.birth_date is not None and works_at_counter(staff, PREPARE),
        **_recoveries(staff, person, account),
    }
    subjects = [account.subject] if account else []
    if staff.has_perm("requests_app.view_inquiry"):
        inquiries = _inquiries(staff, person).select_related("beneficiary")
        context["inquiries"] = _first_of(inquiries.order_by(_LAST_FIRST))
        subjects += [each.reference for each in context["inquiries"].shown]
    if staff.has_perm("appointments.view_appointment"):
        appointments = _appointments(staff, person).select_related("attendee", "slot")
        context["appointments"] = _first_of(appointments.order_by(_LAST_FIRST))
        helped = Assistance.objects.filter(person=person).select_related("clerk__identity")
        context["assistances"] = _first_of(helped.order_by(_LAST_FIRST))
        subjects += [each.reference for each in context["appointments"].shown]
    to_them = Q(pk__in=[])
    if person.mobile:
        # Whoever has no account, or had none yet, is told there.
        to_them |= Q(owner=None, recipient=str(person.mobile))
    if account:
        to_them |= Q(owner=account.pk) | Q(about=account.subject)
    messages = Message.objects.about(*subjects).filter(to_them)
    context["messages_sent"] = _first_of(messages.order_by(_LAST_FIRST))
    return context


def _account_of(person: Identity) -> User | None:
    return getattr(person, "user", None)


def _inquiries(staff: User, person: Identity) -> InquiryQuerySet:
    """Return the inquiries for, through or by this person that `staff` may see."""
    theirs = Q(beneficiary=person) | Q(holder=person) | Q(applicant=_account_of(person))
    return Inquiry.objects.visible_to_staff(staff).filter(theirs)


def _appointments(staff: User, person: Identity) -> AppointmentQuerySet:
    """Return the appointments for, through or by this person that `staff` may see."""
    named = Appointment.beneficiaries.through.objects.filter(identity=person)
    theirs = Q(attendee=person) | Q(holder=person) | Q(pk__in=named.values("appointment"))
    theirs |= Q(user=_account_of(person), made_by_office=False)
    return Appointment.objects.readable_by(staff).filter(theirs)


def _recoveries(staff: User, person: Identity, account: User | None) -> dict[str, Any]:
    """Return what has been done, and is to be done, about the mobile of the account."""
    theirs = Recovery.objects.filter(user=account) if account else Recovery.objects.none()
    rows = _first_of(
        (theirs | Recovery.objects.filter(person=person))
        .select_related("begun_by__identity", "confirmed_by__identity", "settled_by__identity")
        .order_by(_LAST_FIRST)
    )
    return {
        "recoveries": rows,
        "is_disputed": any(each.status == Recovery.Status.DISPUTED for each in rows.shown),
        "restricted_until": max(
            (each.restricted_until for each in rows.shown if each.is_restricting), default=None
        ),
        "can_recover": person.birth_date is not None and works_at_counter(staff),
    }


def _links(links: QuerySet[Link], side: str, words: dict[str, Promise]) -> Rows:
    """Return the links, the latest first, each with its other `side` and the word for that."""
    rows = _first_of(links.select_related(side).order_by("-since", "-pk"))
    shown = [(link, getattr(link, side), words[link.kind]) for link in rows.shown]
    return Rows(shown, rows.has_more)


def _first_of(rows: QuerySet) -> Rows:
    found = list(rows[: MAX_ROWS + 1])
    return Rows(found[:MAX_ROWS], len(found) > MAX_ROWS)
