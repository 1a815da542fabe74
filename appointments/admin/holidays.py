"""Admin of holidays, which close every office."""

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from appointments.admin.fields import FIELDS
from appointments.admin.save_preview import SavePreviewMixin
from appointments.models import Office
from core.catalogue.admin import BilingualAdmin
from core.catalogue.models import Holiday


@admin.register(Holiday)
class HolidayAdmin(SavePreviewMixin, BilingualAdmin):
    """Admin of holidays; it is not in the catalogue, because a holiday closes offices."""

    list_display = ("day", "name")
    formfield_overrides = FIELDS

    def offices_of(self, holiday: Holiday) -> Iterable[Office]:
        return Office.objects.all()

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Allow no deletion in bulk, for the same reason as `ClosureAdmin`."""
        return {}
