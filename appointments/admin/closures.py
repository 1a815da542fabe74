"""Admin of days on which offices are closed."""

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from appointments.admin.fields import FIELDS
from appointments.admin.own_offices import OwnOfficesMixin
from appointments.admin.save_preview import SavePreviewMixin
from appointments.models import Closure, Office
from core.catalogue.admin import BilingualAdmin


class _OfOffice(admin.RelatedOnlyFieldListFilter):
    """A filter by office; a closure of all offices is none of one office."""

    include_empty_choice = False


@admin.register(Closure)
class ClosureAdmin(SavePreviewMixin, OwnOfficesMixin, BilingualAdmin):
    list_display = ("reason", "office", "first_day", "last_day")
    list_filter = (("office", _OfOffice),)
    formfield_overrides = FIELDS
    list_select_related = ("office",)

    def offices_of(self, closure: Closure) -> Iterable[Office]:
        return [closure.office] if closure.office else Office.objects.all()

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Allow no deletion in bulk: it bypasses `delete_model`, which opens the days again."""
        return {}
