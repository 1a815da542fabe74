"""The headings and rows of an exported list of inquiries."""

import datetime
from collections.abc import Iterator, Sequence

from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from core.catalogue.working_days import number_days
from core.hijri import hijri_date
from core.references import grouped_reference
from core.spreadsheets import Cell
from requests_app.models import Inquiry, InquiryQuerySet

# The texts of an inquiry are by far its largest columns.
_READ = (
    *("reference", "service", "status", "outcome", "submitted_at", "due_on", "processed_at"),
    *("assignee__username", "assignee__identity__name_ar", "assignee__identity__name_en"),
)
_PERSONAL = ("name", "id_number", "mobile")


def headings(with_personal: bool) -> list[Cell]:
    """Return the headings; each day is there in both calendars."""
    filed, due, processed = _("Filed on"), _("Due on"), _("Processed on")
    hijri = pgettext("a column of days", "%(name)s (Hijri)")
    named = [_name_of(field) for field in ("reference", "service", "status", "outcome")]
    days = [[name, hijri % {"name": name}] for name in (filed, due, processed)]
    rest = [_("Working days to the answer"), _name_of("assignee"), _("Overdue")]
    personal = [_name_of(field) for field in _PERSONAL] if with_personal else []
    return [*named, *(each for pair in days for each in pair), *rest, *personal]


def lines_of(
    visible: InquiryQuerySet, keys: Sequence[int], *, with_personal: bool
) -> Iterator[list[Cell]]:
    """Yield the rows of the visible inquiries, in the order of `keys`.

    Personal data are read from the database only `with_personal`.
    """
    read = (*_READ, *_PERSONAL) if with_personal else _READ
    found = visible.select_related("assignee__identity").only(*read).in_bulk(keys)
    inquiries = [found[key] for key in keys if key in found]
    answer_times = _days_to_answer(inquiries)
    for inquiry in inquiries:
        line: list[Cell] = [
            grouped_reference(inquiry.reference),
            inquiry.service.short_name,
            inquiry.get_status_display(),
            inquiry.get_outcome_display(),
            *_in_both(inquiry.submitted_at),
            *_in_both(inquiry.due_on),
            *_in_both(inquiry.processed_at),
            answer_times.get(inquiry.pk),
            inquiry.assignee.get_short_name() if inquiry.assignee else "",
            _("Yes") if inquiry.is_overdue else _("No"),
        ]
        if with_personal:
            line += [inquiry.name, inquiry.id_number, _mobile(inquiry)]
        yield line


def _name_of(field: str) -> str:
    return capfirst(str(Inquiry._meta.get_field(field).verbose_name))  # type: ignore[union-attr]


def _in_both(moment: datetime.date | datetime.datetime | None) -> list[Cell]:
    """Return the day as a date, and as digits of the Hijri calendar in the same order."""
    if moment is None:
        return [None, None]
    day = timezone.localdate(moment) if isinstance(moment, datetime.datetime) else moment
    return [day, "{:04}-{:02}-{:02}".format(*hijri_date(day))]


def _days_to_answer(inquiries: Sequence[Inquiry]) -> dict[int, int]:
    """Return {key: working days from filing to the decision} of those that were decided."""
    spans = {
        each.pk: (timezone.localdate(each.submitted_at), timezone.localdate(each.processed_at))
        for each in inquiries
        if each.is_decided
    }
    if not spans:
        return {}
    numbers = number_days(
        min(filed for filed, _decided in spans.values()),
        max(decided for _filed, decided in spans.values()),
    )
    return {key: numbers[decided] - numbers[filed] for key, (filed, decided) in spans.items()}


def _mobile(inquiry: Inquiry) -> str:
    """Return the mobile as 00966 and groups: a plus sign would begin a formula, and without the
    groups a program would take it for a number and drop its zeros.
    """
    return inquiry.mobile.as_international.replace("+", "00")
