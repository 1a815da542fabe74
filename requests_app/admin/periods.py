"""The filters of the queue to which the figures lead: by age, by day, by time and by returns."""

import datetime
import re
from contextlib import suppress
from typing import TYPE_CHECKING, Any, cast

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from core.accounts.access import StaffRequest
from core.hijri import both_calendars
from requests_app.models import InquiryQuerySet
from requests_app.models.figures import AGES, four_weeks, may_see_figures, of_age

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.utils.functional import _StrOrPromise

FOUR_WEEKS = "4-weeks"
_DAY = re.compile("20[0-9]{2}-[0-9]{2}-[0-9]{2}")
NAMES_OF_AGES = {
    "2": _("up to 2 days"),
    "7": _("3 to 7 days"),
    "14": _("8 to 14 days"),
    "30": _("15 to 30 days"),
    "more": _("more than 30 days"),
}


class FiguresFilter(admin.SimpleListFilter):
    """A filter for those who see figures, shown where it is in use: a figure has led there."""

    CHOICES: "Sequence[tuple[str, _StrOrPromise]]" = ()

    def lookups(
        self, request: HttpRequest, model_admin: admin.ModelAdmin
    ) -> "Sequence[tuple[str, _StrOrPromise]]":
        is_used = self.parameter_name in request.GET
        return self.CHOICES if is_used and may_see_figures(cast(StaffRequest, request).user) else ()


class AgeFilter(FiguresFilter):
    """A filter by how long an inquiry has been open, in days since it was filed."""

    title = _("open for")
    parameter_name = "age"
    CHOICES = (("any", _("any time")), *NAMES_OF_AGES.items())

    def queryset(  # type: ignore[override]  # what InquiryAdmin passes
        self, request: StaffRequest, queryset: InquiryQuerySet
    ) -> InquiryQuerySet:
        age = self.value()
        if age in AGES:
            return queryset.open().filter(of_age(age))
        return queryset.open() if age == "any" else queryset


class PeriodFilter(FiguresFilter):
    """A filter by the last four weeks or by a day."""

    of_days: Any  # the method of InquiryQuerySet that takes the first and the last day
    CHOICES = ((FOUR_WEEKS, _("last 4 weeks")),)

    def lookups(
        self, request: HttpRequest, model_admin: admin.ModelAdmin
    ) -> "Sequence[tuple[str, _StrOrPromise]]":
        choices = super().lookups(request, model_admin)
        # The figures lead to any of the days; the list of choices has the one that was chosen.
        day = _day_in(request.GET.get(cast(str, self.parameter_name), ""))
        return [*choices, (day.isoformat(), both_calendars(day))] if choices and day else choices

    def queryset(  # type: ignore[override]  # what InquiryAdmin passes
        self, request: StaffRequest, queryset: InquiryQuerySet
    ) -> InquiryQuerySet:
        value = self.value() or ""
        if value == FOUR_WEEKS:
            return self.of_days(queryset, *four_weeks())
        day = _day_in(value)
        return self.of_days(queryset, day, day) if day else queryset


class FiledFilter(PeriodFilter):
    title = _("filed in")
    parameter_name = "filed"
    of_days = staticmethod(InquiryQuerySet.filed_on)


class AnsweredFilter(PeriodFilter):
    title = _("decided in")
    parameter_name = "answered"
    of_days = staticmethod(InquiryQuerySet.answered_on)


class ReturnedFilter(PeriodFilter):
    title = _("returned in")
    parameter_name = "returned"
    of_days = staticmethod(InquiryQuerySet.returned_on)


class InTimeFilter(FiguresFilter):
    """A filter of the decided inquiries by whether that was in time."""

    title = _("decided in time")
    parameter_name = "in_time"
    CHOICES = (("yes", _("Yes")), ("no", _("No")))

    def queryset(  # type: ignore[override]  # what InquiryAdmin passes
        self, request: StaffRequest, queryset: InquiryQuerySet
    ) -> InquiryQuerySet:
        kept = {"yes": queryset.in_time, "no": queryset.late}.get(self.value() or "")
        return kept() if kept else queryset


def _day_in(value: str) -> datetime.date | None:
    """Return the day of a date such as 2026-11-30 in this century, or None for any other text."""
    if _DAY.fullmatch(value):
        with suppress(ValueError):
            return datetime.date.fromisoformat(value)
    return None
