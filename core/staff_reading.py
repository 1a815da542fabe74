"""Rows of the staff site in words, for lists and for those who may only read them."""

import datetime
import re
from collections.abc import Callable, Mapping
from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import flatten_fieldsets
from django.db import models
from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import Promise, cached_property
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from core.hijri import both_calendars

# It shows a field of a row; the type is that of `list_display`.
_Column = Callable[[Any], str | bool]


def in_words(model: type[models.Model], name: str, words: Callable[[Any], str]) -> _Column:
    """Return a column with `words` of the field's value."""

    @admin.display(
        description=model._meta.get_field(name).verbose_name,  # type: ignore[union-attr]  # a column
        ordering=name,
    )
    def column(row: models.Model) -> str:
        return words(getattr(row, name))

    return column


def yes_or_no(model: type[models.Model], name: str) -> _Column:
    """Return a column with a boolean field as Yes or No.

    The icons that Django shows for a boolean are labelled True and False in every language.
    """
    return in_words(model, name, lambda value: _("Yes") if value else _("No"))


def status_tag(kind: str, label: str | Promise) -> SafeString:
    """Return a status as pages show it; `kind` is the class of its colours."""
    return format_html('<span class="tag {}">{}</span>', kind, label)


def days_from_today(day: datetime.date) -> str:
    """Return how far a day is from today, as "in 3 days"."""
    days = (day - timezone.localdate()).days
    if days < 0:
        return ngettext("%(days)s day ago", "%(days)s days ago", -days) % {"days": -days}
    if days in (0, 1):
        return _("tomorrow") if days else _("today")
    return ngettext("in %(days)s day", "in %(days)s days", days) % {"days": days}


class ReadInWordsMixin(admin.ModelAdmin):
    """A ModelAdmin that shows words in place of its form to users who may only read a row.

    `reading` has the columns for fields whose values are no words. Booleans, days and related rows
    have theirs already; a text is shown in the language of the page alone.
    """

    reading: Mapping[str, _Column] = {}

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        if not self._is_only_read(request, obj):
            return super().get_readonly_fields(request, obj)
        return tuple(self._columns.values())

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        fieldsets = super().get_fieldsets(request, obj)
        if not self._is_only_read(request, obj):
            return fieldsets
        names = [name for name in flatten_fieldsets(fieldsets) if isinstance(name, str)]
        names = [re.sub("_(ar|en)$", "", name) for name in names]
        shown = [self._columns.get(name, name) for name in dict.fromkeys(names) if name != "slug"]
        return [(None, {"fields": shown})]

    def _is_only_read(self, request: HttpRequest, obj: Any) -> bool:
        return obj is not None and not self.has_change_permission(request, obj)

    @cached_property
    def _columns(self) -> dict[str, _Column]:
        columns = {}
        for field in (*self.opts.fields, *self.opts.many_to_many):
            match field:
                case models.ManyToManyField():
                    columns[field.name] = in_words(self.model, field.name, names_of)
                case models.BooleanField():
                    columns[field.name] = yes_or_no(self.model, field.name)
                case models.DateField():
                    columns[field.name] = in_words(self.model, field.name, _day)
        return columns | dict(self.reading)


def names_of(rows: models.Manager) -> SafeString | str:
    """Return the names of related rows, or a dash if there are none."""
    comma = pgettext("between the items of a list", ", ")
    return format_html_join(comma, "<bdi>{}</bdi>", ((row,) for row in rows.all())) or "-"


def _day(value: datetime.date | None) -> str:
    return both_calendars(value) if value else "-"
