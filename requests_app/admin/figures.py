"""The figures of inquiries for supervisors and auditors; each number leads to its list."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from core.accounts.access import StaffRequest
from core.accounts.models import User
from core.accounts.teams import outside_of, teams_of
from core.bars import picture_of
from core.catalogue.models import Service
from core.hijri import dates_of
from core.template_filters import full_day
from requests_app.admin.periods import FOUR_WEEKS, NAMES_OF_AGES
from requests_app.forms import officers
from requests_app.models import Inquiry
from requests_app.models.answer_times import within
from requests_app.models.figures import AGES, Figures, figures_of, may_see_figures

# The bars of the ages are few, and have words below them.
STEP_OF_AGES = 128

_Text = str | Promise
# The filters of the queue that list what a number counts.
_Filters = Mapping[str, object]


@dataclass(frozen=True)
class Column:
    """A column of figures: its heading, and the filters that list what its numbers count."""

    heading: _Text
    filters: _Filters


@dataclass(frozen=True)
class Line:
    """A row: its name, and (heading, number, address of the list) of each column.

    A number is None where there is nothing to tell it from, and has no address if it is none.
    """

    name: object
    cells: list[tuple[_Text, int | None, str]]


@dataclass(frozen=True)
class Table:
    title: _Text
    what: _Text
    columns: Mapping[str, Column]
    lines: Sequence[Line]
    total: Line | None = None


def figures(request: StaffRequest) -> HttpResponse:
    if not may_see_figures(request.user):
        raise PermissionDenied
    found = figures_of(Inquiry.objects.visible_to_staff(request.user))
    context = {
        **admin.site.each_context(request),
        "title": _("Figures of inquiries"),
        "by_age": _table_of_ages(found),
        "by_day": _table_of_days(found),
        "by_service": _table_of_services(found),
        "by_officer": _table_of_officers(found, request.user),
        "days": picture_of(
            [
                (dates_of(day)[0][2], numbers["filed"], numbers["answered"])
                for day, numbers in found.days.items()
            ],
            are_apart=True,
        ),
        "ages": picture_of(
            [
                (NAMES_OF_AGES[age], numbers["open"], numbers["overdue"])
                for age, numbers in found.ages.items()
            ],
            step=STEP_OF_AGES,
            min_bars=len(AGES),
        ),
    }
    return render(request, "admin/requests_app/inquiry/figures.html", context)


def _table_of_ages(found: Figures) -> Table:
    columns = {
        "open": Column(pgettext_lazy("inquiries", "Open"), {"age": "any"}),
        **{age: Column(name, {"age": age}) for age, name in NAMES_OF_AGES.items()},
        "overdue": Column(pgettext_lazy("inquiries", "Overdue"), {"time": "overdue"}),
    }
    return Table(
        gettext_lazy("Open, by service and by days since they were filed"),
        Service._meta.verbose_name or "",
        columns,
        [
            _line(each.short_name, found.open[each.pk], columns, _of(each))
            for each in _services(found.open)
        ],
        _line(_("All"), sum(found.open.values(), Counter()), columns),
    )


def _table_of_days(found: Figures) -> Table:
    columns = {
        "filed": Column(pgettext_lazy("inquiries", "Filed"), {}),
        "answered": Column(pgettext_lazy("inquiries", "Decided"), {}),
    }
    lines = []
    for day, numbers in reversed(found.days.items()):
        of_day = {name: Column(each.heading, {name: day}) for name, each in columns.items()}
        lines.append(_line(full_day(day), numbers, of_day))
    of_all = {name: Column(each.heading, {name: FOUR_WEEKS}) for name, each in columns.items()}
    total = _line(_("All"), sum(found.days.values(), Counter()), of_all)
    return Table(
        gettext_lazy("Filed and decided, by day"), gettext_lazy("Day"), columns, lines, total
    )


def _table_of_services(found: Figures) -> Table:
    answered = {"answered": FOUR_WEEKS}
    in_time = {**answered, "in_time": "yes"}
    columns = {
        "filed": Column(pgettext_lazy("inquiries", "Filed"), {"filed": FOUR_WEEKS}),
        "answered": Column(pgettext_lazy("inquiries", "Decided"), answered),
        "in_time": Column(gettext_lazy("In time"), in_time),
        "percent": Column(gettext_lazy("In time (%)"), in_time),
        "half": Column(gettext_lazy("Half within (days)"), answered),
        "most": Column(gettext_lazy("9 of 10 within (days)"), answered),
        "returned": Column(pgettext_lazy("inquiries", "Returned"), {"returned": FOUR_WEEKS}),
    }
    lines = [
        _line(
            each.short_name,
            _with_times(found.services[each.pk], found.times.get(each.pk, Counter())),
            columns,
            _of(each),
        )
        for each in _services(found.services)
    ]
    everything = sum(found.services.values(), Counter())
    times = sum(found.times.values(), Counter())
    return Table(
        gettext_lazy("The last four weeks, by service"),
        Service._meta.verbose_name or "",
        columns,
        lines,
        _line(_("All"), _with_times(everything, times), columns),
    )


def _table_of_officers(found: Figures, user: User) -> Table:
    """Return the table of the officers of the teams of `user`, and of whoever has theirs."""
    elsewhere = outside_of(teams_of(user)) - found.officers.keys()
    columns = {
        "waiting": Column(gettext_lazy("To work on"), {}),
        "overdue": Column(pgettext_lazy("inquiries", "Overdue"), {"time": "overdue"}),
        "returned": Column(
            gettext_lazy("Waiting for the applicant"),
            {"status__exact": Inquiry.Status.RETURNED_TO_APPLICANT},
        ),
    }
    lines = [
        _line(
            officer.get_short_name(),
            found.officers.get(officer.pk, Counter()),
            columns,
            {"queue": officer.pk},
        )
        for officer in officers()
        if officer.pk not in elsewhere
    ]
    of_nobody = found.officers.get(None, Counter())
    lines.append(_line(_("Nobody"), of_nobody, columns, {"queue": "nobody"}))
    title, who = gettext_lazy("What each officer has in hand"), gettext_lazy("assigned to")
    return Table(title, who, columns, lines)


def _services(numbers: Collection[int]) -> list[Service]:
    """Return the services of these keys in their order."""
    return [service for service in Service.cached.all() if service.pk in numbers]


def _of(service: Service) -> _Filters:
    return {"service__id__exact": service.pk}


def _with_times(numbers: Mapping[str, int], times: Counter[int]) -> dict[str, int | None]:
    """Return the numbers of a service with the percentage in time, and how long answers took."""
    answered = numbers.get("answered", 0)
    percent = round(100 * numbers.get("in_time", 0) / answered) if answered else None
    return {**numbers, "percent": percent, "half": within(times, 50), "most": within(times, 90)}


def _line(
    name: object,
    numbers: Mapping[str, int | None],
    columns: Mapping[str, Column],
    filters: _Filters | None = None,
) -> Line:
    queue = reverse("admin:requests_app_inquiry_changelist")
    cells = []
    for code, column in columns.items():
        number = numbers.get(code, 0)
        chosen = urlencode({"queue": "all", **(filters or {}), **column.filters})
        cells.append((column.heading, number, f"{queue}?{chosen}" if number else ""))
    return Line(name, cells)
