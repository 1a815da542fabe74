"""The counts of waiting items on the first page of the staff site."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, QuerySet
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from appointments.models import Appointment, Office
from core.accounts.models import AUDIT, KEEP_STAFF, User
from core.staff_lists import capped_count
from requests_app.models import Export, Inquiry
from requests_app.models.exports import may_export
from tawasul.portal.access_list import is_review_due
from tawasul.portal.counter import begun_by, to_confirm, works_at_counter

# The label of a count, the count, whether there may be more, and the address of the list.
_Row = tuple[str, int, bool, str]
_Section = tuple[str | Promise | None, list[_Row]]


def inquiries_of(user: User) -> Iterator[_Section]:
    """Yield a heading and the counts of the inquiries that wait for `user`."""
    if not user.has_perm("requests_app.view_inquiry"):
        return
    inquiries = Inquiry.objects.visible_to_staff(user)
    waiting, mine = inquiries.waiting(), inquiries.waiting().filter(assignee=user)
    status = Inquiry.Status
    counts = [(_("Unassigned"), waiting.filter(assignee=None), {"queue": "nobody"})]
    if user.has_perm("requests_app.triage_inquiry"):
        counts += [
            (
                _("Mine, under processing"),
                mine.filter(status=status.UNDER_PROCESSING),
                {"queue": "mine", "status__exact": status.UNDER_PROCESSING},
            ),
            (
                _("Mine, answered by the applicant"),
                mine.filter(status=status.RETURNED_BY_APPLICANT),
                {"queue": "mine", "status__exact": status.RETURNED_BY_APPLICANT},
            ),
            (
                _("Mine, waiting for the applicant"),
                inquiries.filter(assignee=user, status=status.RETURNED_TO_APPLICANT),
                {"queue": "mine", "status__exact": status.RETURNED_TO_APPLICANT},
            ),
            (_("Mine, overdue"), mine.overdue(), {"queue": "mine", "time": "overdue"}),
            (
                _("Refusals that a second officer has to read"),
                inquiries.to_be_read_by(user),
                {"queue": "all", "reading": "yes"},
            ),
            (
                _("Questions after an answer"),
                inquiries.asked_back().unassigned_or_assigned_to(user),
                {"asked": "yes"},
            ),
            (
                _("Your decisions that were not sent, as something came up"),
                inquiries.held_back_from(user),
                {"queue": "all", "held": "yes"},
            ),
        ]
    # A supervisor, who assigns inquiries to others, looks after all of them.
    if user.has_perm("requests_app.assign_inquiry"):
        counts += [
            (_("Overdue, all officers"), inquiries.overdue(), {"queue": "all", "time": "overdue"}),
            (
                _("Reviews of rejections"),
                inquiries.reviews_for(user),
                {"queue": "all", "review": "yes"},
            ),
            (
                _("Decided, then a document was removed"),
                inquiries.to_look_at_again(),
                {"queue": "all", "again": "yes"},
            ),
        ]
    else:
        unclaimed = waiting.filter(assignee=None).overdue()
        late = {"queue": "nobody", "time": "overdue"}
        counts += [(_("Unassigned, overdue"), unclaimed, late)]
    queue = reverse("admin:requests_app_inquiry_changelist")
    shown = [
        _capped_count(label, rows, f"{queue}?{urlencode(chosen)}") for label, rows, chosen in counts
    ]
    if may_export(user):
        ready = Export.objects.of(user).ready()
        shown.append(
            _capped_count(_("Exports to download"), ready, reverse("admin:inquiry_exports"))
        )
    yield Inquiry._meta.verbose_name_plural, shown


def offices_today(user: User) -> dict[str, list[Any]] | None:
    """Return the table of the offices of `user` with the counts of today, or None without one."""
    offices = _offices_of(user)
    if not offices:
        return None
    people = Appointment.objects.visible_to_clerk(user).of_today().with_standing().order_by()
    by_office = people.values_list(  # type: ignore[misc]  # with_standing adds it
        "slot__office", "standing"
    ).annotate(Count("pk"))
    numbers = {(office, standing): number for office, standing, number in by_office}
    standings = {
        "due": pgettext("who is expected at an office", "Due"),
        "here": pgettext("who is expected at an office", "Here"),
        "late": pgettext("who is expected at an office", "Late"),
    }
    page = reverse("admin:appointment_today")
    rows = []
    for office in offices:
        address = f"{page}?{urlencode({'office': office.slug})}"
        counts = [
            (label, numbers.get((office.pk, standing), 0), f"{address}&show={standing}")
            for standing, label in standings.items()
        ]
        rows.append((office, address, counts))
    return {"headings": list(standings.values()), "rows": rows}


def appointments_of(user: User) -> Iterator[_Section]:
    """Yield the counts of the appointments that need a new time, and of those left unmarked."""
    if not _offices_of(user):
        return
    appointments = Appointment.objects.visible_to_clerk(user)
    displaced = appointments.upcoming().filter(status=Appointment.Status.DISPLACED)
    query = urlencode({"day": "ahead", "status__exact": Appointment.Status.DISPLACED})
    address = f"{reverse('admin:appointments_appointment_changelist')}?{query}"
    counts = [_capped_count(_("The office closed, another time is needed"), displaced, address)]
    if user.has_perm("appointments.manage_office"):
        unmarked = Appointment.objects.managed_by(user).unmarked()
        page = reverse("admin:appointment_unmarked")
        counts.append(_capped_count(_("Checked in and not marked since"), unmarked, page))
    yield Appointment._meta.verbose_name_plural, counts


def _offices_of(user: User) -> list[Office]:
    rights = ("appointments.view_appointment", "appointments.receive_appointment")
    return list(user.offices.all()) if user.has_perms(rights) else []


def recoveries_of(user: User) -> Iterator[_Section]:
    """Yield the counts of the new mobiles at the counter that wait for `user`."""
    if not works_at_counter(user):
        return
    address = reverse("admin:recoveries")
    counts = [
        (_("Waiting for your confirmation"), to_confirm(user)),
        (_("Started by you"), begun_by(user)),
    ]
    yield (
        _("New mobiles at the counter"),
        [_capped_count(label, rows, address) for label, rows in counts],
    )


def accounts_for(user: User) -> Iterator[_Section]:
    """Yield what waits for those who keep the accounts of staff, or sign them off."""
    if not (user.has_perm(KEEP_STAFF) or user.has_perm(AUDIT)):
        return
    due = _("Review of who may do what is due")
    yield (
        _("Accounts of staff"),
        [(due, int(is_review_due()), False, reverse("admin:access-review"))],
    )


def _capped_count(label: str, rows: QuerySet, address: str) -> _Row:
    """Return the label, count and address of these rows for the first page."""
    return label, *capped_count(rows), address
