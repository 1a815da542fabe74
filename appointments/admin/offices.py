"""Admin of offices."""

from collections.abc import Iterable

from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext as _

from appointments.admin.fields import FIELDS
from appointments.admin.figures import FiguresMixin
from appointments.admin.own_offices import OwnOfficesMixin
from appointments.admin.save_preview import SavePreviewMixin
from appointments.models import Office
from core.catalogue.admin import BilingualAdmin
from core.staff_reading import in_words, yes_or_no


def _address(address: str) -> str:
    return address or format_html("<strong>{}</strong>", _("No address yet"))


@admin.register(Office)
class OfficeAdmin(FiguresMixin, SavePreviewMixin, OwnOfficesMixin, BilingualAdmin):
    office_path = "pk"
    list_display = (
        "name",
        "city",
        in_words(Office, "address", _address),
        "region",
        yes_or_no(Office, "is_active"),
    )
    list_filter = ("region", "is_active")
    list_select_related = ("region",)
    search_fields = ("name_ar", "name_en", "city_ar", "city_en")
    prepopulated_fields = {"slug": ("name_en",)}
    # Who works at an office is said on the pages of staff accounts, where it is recorded.
    readonly_fields = ("clerks",)
    formfield_overrides = FIELDS

    def offices_of(self, office: Office) -> Iterable[Office]:
        return [office]

    def has_delete_permission(self, request: HttpRequest, obj: Office | None = None) -> bool:
        """Forbid deletion, as appointments refer to the office: it is switched off instead."""
        return False
