"""Admin of offices."""

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.db.models import ManyToManyField
from django.forms import ModelMultipleChoiceField
from django.http import HttpRequest

from appointments.admin.fields import FIELDS
from appointments.admin.figures import FiguresMixin
from appointments.admin.own_offices import OwnOfficesMixin
from appointments.admin.save_preview import SavePreviewMixin
from appointments.models import Office
from core.catalogue.admin import BilingualAdmin
from core.staff_reading import yes_or_no
from core.template_filters import isolated


@admin.register(Office)
class OfficeAdmin(FiguresMixin, SavePreviewMixin, OwnOfficesMixin, BilingualAdmin):
    office_path = "pk"
    list_display = ("name", "city", "region", yes_or_no(Office, "is_active"))
    list_filter = ("region", "is_active")
    list_select_related = ("region",)
    search_fields = ("name_ar", "name_en", "city_ar", "city_en")
    prepopulated_fields = {"slug": ("name_en",)}
    formfield_overrides = FIELDS

    def formfield_for_manytomany(
        self, db_field: ManyToManyField, request: HttpRequest, **kwargs: Any
    ) -> ModelMultipleChoiceField | None:
        field = super().formfield_for_manytomany(db_field, request, **kwargs)
        field.label_from_instance = isolated  # type: ignore[method-assign, union-attr]  # a field
        return field

    def offices_of(self, office: Office) -> Iterable[Office]:
        return [office]

    def has_delete_permission(self, request: HttpRequest, obj: Office | None = None) -> bool:
        """Forbid deletion, as appointments refer to the office: it is switched off instead."""
        return False
