"""The monthly figures of an office for its managers, on a page and as files."""

import datetime
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, Self, cast

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from appointments.models import Correction, CorrectionQuerySet, Office, Weekday
from appointments.models.figures import Figures, figures_of, load, total
from core.accounts.access import StaffRequest, get_visible
from core.accounts.models import User
from core.bars import picture_of
from core.hijri import both_calendars, dates_of, hijri_to_gregorian, months_in_both_calendars
from core.references import grouped_reference
from core.security_log import Event, note
from core.spreadsheets import Cell, Table, as_csv, as_xlsx
from core.text import single_line

DAY = datetime.timedelta(days=1)
_CODE = re.compile("([0-9]{4})-([0-9]{2})")
# The Umm al-Qura calendar ends in this year, long before any Gregorian year that is meant.
_LAST_HIJRI_YEAR = 1500


@dataclass(frozen=True)
class Month:
    """A month of the calendar that is usual in the active language."""

    first: datetime.date
    last: datetime.date

    @classmethod
    def of(cls, day: datetime.date) -> Self:
        """Return the month that `day` is in; raise OverflowError where a calendar ends."""
        first = day - (dates_of(day)[0][2] - 1) * DAY
        next_month = first + 31 * DAY
        return cls(first, next_month - dates_of(next_month)[0][2] * DAY)

    @classmethod
    def from_code(cls, code: str) -> Self:
        """Return the month of a code such as 1448-06 or 2026-11, or today's for any other text.

        A code of the other calendar, as the page in the other language has it, gives the month in
        which the middle of that month lies.
        """
        if numbers := _CODE.fullmatch(code):
            with suppress(ValueError, OverflowError):
                return cls.of(_middle_of_month(*map(int, numbers.groups())))
        return cls.of(timezone.localdate())

    @property
    def code(self) -> str:
        return "{:04}-{:02}".format(*dates_of(self.first)[0])

    @property
    def name(self) -> str:
        return months_in_both_calendars(self.first, self.last)

    @property
    def before(self) -> "Month | None":
        return self._month_or_none(self.first - DAY)

    @property
    def after(self) -> "Month | None":
        return self._month_or_none(self.last + DAY)

    def _month_or_none(self, day: datetime.date) -> "Month | None":
        with suppress(OverflowError):
            return Month.of(day)
        return None


def _middle_of_month(year: int, month: int) -> datetime.date:
    to_date = hijri_to_gregorian if year <= _LAST_HIJRI_YEAR else datetime.date
    return to_date(year, month, 15)


class FiguresMixin(admin.ModelAdmin):
    """A mixin that adds the pages of the figures to the admin of offices."""

    def get_urls(self) -> list[URLPattern]:
        pages = {"": self.figures, "csv/": self.figures_as_csv, "xlsx/": self.figures_as_xlsx}
        return [
            *(
                path(
                    f"<int:pk>/figures/{page}",
                    self.admin_site.admin_view(view),
                    name=f"office_figures_{page}".rstrip("_/"),
                )
                for page, view in pages.items()
            ),
            *super().get_urls(),
        ]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        offices = Office.objects.readable_by(cast(StaffRequest, request).user)
        context = {"office_with_figures": offices.first()}
        return super().changelist_view(request, {**context, **(extra_context or {})})

    def figures(self, request: StaffRequest, pk: int) -> HttpResponse:
        office, month = _office_and_month(request, pk)
        figures, taken_back = _figures(office, month), _taken_back(office, month, request.user)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Figures of %(office)s") % {"office": office.name},
            "office": office,
            "others": Office.objects.readable_by(request.user).exclude(pk=office.pk),
            "month": month,
            "tables": _tables(figures, taken_back),
            "taken_back": taken_back,
            "picture": picture_of(
                [
                    (dates_of(day)[0][2], row["places"], row["booked"])
                    for day, row in figures.days.items()
                ]
            ),
        }
        return render(request, "admin/appointments/office/figures.html", context)

    def figures_as_csv(self, request: StaffRequest, pk: int) -> HttpResponse:
        office, month = _office_and_month(request, pk)
        tables = _tables(_figures(office, month), _taken_back(office, month, request.user))
        code = request.GET.get("table", "")
        if code not in tables:
            code = next(iter(tables))
        note(Event.EXPORT, account=request.user.pk, kind="csv")
        plain, shown = _names(office, month)
        title = tables[code].title
        return as_csv(tables[code], [f"{plain}-{code}.csv", f"{shown} {title}.csv"])

    def figures_as_xlsx(self, request: StaffRequest, pk: int) -> HttpResponse:
        office, month = _office_and_month(request, pk)
        note(Event.EXPORT, account=request.user.pk, kind="xlsx")
        names = [f"{name}.xlsx" for name in _names(office, month)]
        tables = _tables(_figures(office, month), _taken_back(office, month, request.user))
        return as_xlsx(tables.values(), names)


def _names(office: Office, month: Month) -> tuple[str, str]:
    """Return what the names of files begin with: in ASCII, and as people read it."""
    return f"{office.slug}-{month.code}", f"{single_line(office.name)} {month.code}"


def _office_and_month(request: StaffRequest, pk: int) -> tuple[Office, Month]:
    """Return the office and the month of the address.

    Raise PermissionDenied without the right to see figures, and Http404 for an office of others.
    """
    if not (request.user.has_perm("appointments.manage_office") or request.user.is_auditor):
        raise PermissionDenied
    office = get_visible(Office.objects.readable_by(request.user), request.user, "office", pk=pk)
    return office, Month.from_code(request.GET.get("month", ""))


def _figures(office: Office, month: Month) -> Figures:
    """Return the figures of the month, without the days on which nothing could be booked."""
    figures = figures_of(office, month.first, month.last)
    open_days = {day: row for day, row in figures.days.items() if any(row.values())}
    return replace(figures, days=open_days)


def _taken_back(office: Office, month: Month, reader: User) -> CorrectionQuerySet:
    of_month = Correction.objects.of_days(office, month.first, month.last).readable_by(reader)
    return of_month.select_related("event__appointment", "event__actor__identity")


def _tables(figures: Figures, taken_back: Iterable[Correction]) -> dict[str, Table]:
    """Return the tables by their codes, which stand in the addresses and names of files."""
    days = [(_day_in_words(day), row) for day, row in figures.days.items()]
    hours = [(datetime.time(hour), row) for hour, row in figures.hours.items()]
    services = [(service.name, row) for service, row in figures.services.items()]
    of_a_day = ("places", "booked", "free", "served", "missed", "cancelled", "load")
    by_day = _table(_("By day"), _("Day"), days, of_a_day)
    return {
        "days": replace(by_day, dates=list(figures.days)),
        "hours": _table(_("By hour of the day"), _("Hour"), hours, ("places", "booked", "load")),
        "services": _table(_("By service"), _("Service"), services, ("booked", "served", "missed")),
        "taken-back": _table_of_taken_back(list(taken_back)),
    }


def _table_of_taken_back(corrections: Sequence[Correction]) -> Table:
    when = [timezone.localtime(each.event.at) for each in corrections]
    rows: list[list[Cell]] = [
        [
            at.time().replace(second=0, microsecond=0),
            each.event.actor.get_short_name() if each.event.actor else None,
            grouped_reference(each.event.appointment.reference),
            str(each.get_mark_display()),
            str(each.why),
        ]
        for at, each in zip(when, corrections, strict=True)
    ]
    return Table(
        title=_("Marks taken back"),
        headings=[_("Time"), _("Clerk"), _("Appointment"), _("What was taken back"), _("Why")],
        rows=rows,
        total=[pgettext("figures of an office", "Total"), len(rows), None, None, None],
        dates=[at.date() for at in when],
    )


def _table(
    title: str, what: str, named: Sequence[tuple[Cell, Counter[str]]], columns: Sequence[str]
) -> Table:
    headings = {
        "places": pgettext("figures of an office", "Places"),
        "booked": pgettext("figures of an office", "Booked"),
        "free": pgettext("figures of an office", "Free"),
        "served": pgettext("figures of an office", "Served"),
        "missed": pgettext("figures of an office", "Missed"),
        "cancelled": pgettext("figures of an office", "Cancelled"),
        "load": pgettext("figures of an office", "Booked (%)"),
    }

    def line(name: Cell, figures: Counter[str]) -> list[Cell]:
        numbers = {**figures, "load": load(figures)}
        return [name, *(numbers.get(column, 0) for column in columns)]

    return Table(
        title=title,
        headings=[what, *(headings[column] for column in columns)],
        rows=[line(name, figures) for name, figures in named],
        total=line(pgettext("figures of an office", "Total"), total(row for _name, row in named)),
    )


def _day_in_words(day: datetime.date) -> str:
    return f"{Weekday(day.weekday()).label} · {both_calendars(day)}"
