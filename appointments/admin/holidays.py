"""Holidays, which close every office."""

from django.contrib import admin

from appointments.admin.save_preview import SavePreviewMixin
from appointments.admin.widgets import WIDGETS
from appointments.models import Office
from core.catalogue.admin import BilingualAdmin
from core.catalogue.models import Holiday


@admin.register(Holiday)
class HolidayAdmin(SavePreviewMixin, BilingualAdmin):
    """Here and not with the catalogue, because a holiday closes offices."""

    list_display = ("day", "name")
    formfield_overrides = WIDGETS

    def offices_of(self, holiday):
        return Office.objects.all()

    def get_actions(self, request):
        """As with closures."""
        return {}
