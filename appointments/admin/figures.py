"""What managers see of their offices: a month at a glance, on a page and as files."""

import datetime
import re
from contextlib import suppress
from dataclasses import dataclass

from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404, render
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from appointments.admin.spreadsheets import Table, as_csv, as_xlsx
from appointments.models import Office, Weekday
from appointments.models.figures import figures_of, load, total
from core.hijri import both_calendars, dates_of, hijri_to_gregorian, months_in_both_calendars
from core.text import single_line

DAY = datetime.timedelta(days=1)
_CODE = re.compile("([0-9]{4})-([0-9]{2})")
# Where the Umm al-Qura calendar ends, long before what anybody means by a Gregorian year.
_LAST_HIJRI_YEAR = 1500


@dataclass(frozen=True)
class Month:
    """A month of the calendar that is usual in the language."""

    first: datetime.date
    last: datetime.date

    @classmethod
    def of(cls, day):
        """The one that `day` is in; OverflowError where one of the calendars ends."""
        first = day - (dates_of(day)[0][2] - 1) * DAY
        in_next = first + 31 * DAY
        return cls(first, in_next - dates_of(in_next)[0][2] * DAY)

    @classmethod
    def asked_for(cls, code):
        """The month of this code, such as 1448-06 or 2026-11; that of today for any other text.

        For a month of the other calendar, as the page in the other language has it, the one in
        which its middle lies.
        """
        if numbers := _CODE.fullmatch(code):
            with suppress(ValueError, OverflowError):
                return cls.of(_middle(*map(int, numbers.groups())))
        return cls.of(timezone.localdate())

    @property
    def code(self):
        return "{:04}-{:02}".format(*dates_of(self.first)[0])

    @property
    def name(self):
        return months_in_both_calendars(self.first, self.last)

    @property
    def before(self):
        return self._with(self.first - DAY)

    @property
    def after(self):
        return self._with(self.last + DAY)

    def _with(self, day):
        with suppress(OverflowError):
            return Month.of(day)


def _middle(year, month):
    to_date = hijri_to_gregorian if year <= _LAST_HIJRI_YEAR else datetime.date
    return to_date(year, month, 15)


class FiguresOfOffices:
    """The pages of the figures, among those of offices."""

    def get_urls(self):
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

    def changelist_view(self, request, extra_context=None):
        offices = _offices_of(request.user) if _may_see(request.user) else Office.objects.none()
        context = {"office_with_figures": offices.first()}
        return super().changelist_view(request, {**context, **(extra_context or {})})

    def figures(self, request, pk):
        office, month = _asked_for(request, pk)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Figures of %(office)s") % {"office": office.name},
            "office": office,
            "others": _offices_of(request.user).exclude(pk=office.pk),
            "month": month,
            "tables": _tables(office, month),
        }
        return render(request, "admin/appointments/office/figures.html", context)

    def figures_as_csv(self, request, pk):
        return self._file(request, pk, as_csv, "csv")

    def figures_as_xlsx(self, request, pk):
        return self._file(request, pk, as_xlsx, "xlsx")

    def _file(self, request, pk, write, extension):
        office, month = _asked_for(request, pk)
        names = (f"{office.slug}-{month.code}", f"{single_line(office.name)} {month.code}")
        return write(_tables(office, month), [f"{name}.{extension}" for name in names])


def _may_see(user):
    return user.has_perm("appointments.manage_office")


def _offices_of(user):
    return Office.objects.staffed_by(user)


def _asked_for(request, pk):
    """The office, where it is one of theirs, and the month."""
    if not _may_see(request.user):
        raise PermissionDenied
    office = get_object_or_404(_offices_of(request.user), pk=pk)
    return office, Month.asked_for(request.GET.get("month", ""))


def _tables(office, month):
    figures = figures_of(office, month.first, month.last)
    days = [(_day_in_words(day), row) for day, row in figures.days.items()]
    hours = [(f"{hour:02}:00", row) for hour, row in figures.hours.items()]
    services = [(service.name, row) for service, row in figures.services.items()]
    of_a_day = ("places", "booked", "free", "served", "missed", "cancelled", "load")
    return [
        _table(_("By day"), _("Day"), days, of_a_day),
        _table(_("By hour of the day"), _("Hour"), hours, ("places", "booked", "load")),
        _table(_("By service"), _("Service"), services, ("booked", "served", "missed")),
    ]


def _table(title, what, named, columns):
    headings = {
        "places": pgettext("figures of an office", "Places"),
        "booked": pgettext("figures of an office", "Booked"),
        "free": pgettext("figures of an office", "Free"),
        "served": pgettext("figures of an office", "Served"),
        "missed": pgettext("figures of an office", "Missed"),
        "cancelled": pgettext("figures of an office", "Cancelled"),
        "load": pgettext("figures of an office", "Booked (%)"),
    }

    def line(name, figures):
        numbers = {**figures, "load": load(figures)}
        return [name, *(numbers.get(column, 0) for column in columns)]

    return Table(
        title=title,
        headings=[what, *(headings[column] for column in columns)],
        rows=[line(name, figures) for name, figures in named],
        total=line(pgettext("figures of an office", "Total"), total(row for _name, row in named)),
        has_load="load" in columns,
    )


def _day_in_words(day):
    return f"{Weekday(day.weekday()).label} · {both_calendars(day)}"
