"""Admin of offices."""

import re
from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import flatten_fieldsets
from django.db.models import ManyToManyField
from django.forms import ModelMultipleChoiceField
from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import pgettext

from appointments.admin.fields import FIELDS
from appointments.admin.figures import FiguresMixin
from appointments.admin.own_offices import OwnOfficesMixin
from appointments.admin.save_preview import SavePreviewMixin
from appointments.models import Office
from core.catalogue.admin import BilingualAdmin, yes_or_no
from core.template_filters import isolated


@admin.display(description=Office._meta.get_field("clerks").verbose_name)
def _clerks(office: Office) -> SafeString:
    comma = pgettext("between the items of a list", ", ")
    return format_html_join(comma, "<bdi>{}</bdi>", ((user,) for user in office.clerks.all()))


# Managers who may only look read these fields in other words than those of the form.
_in_words = {"is_active": yes_or_no(Office, "is_active"), "clerks": _clerks}


@admin.register(Office)
class OfficeAdmin(FiguresMixin, SavePreviewMixin, OwnOfficesMixin, BilingualAdmin):
    office_path = "pk"
    list_display = ("name", "city", "region", _in_words["is_active"])
    list_filter = ("region", "is_active")
    list_select_related = ("region",)
    search_fields = ("name_ar", "name_en", "city_ar", "city_en")
    prepopulated_fields = {"slug": ("name_en",)}
    formfield_overrides = FIELDS

    def get_readonly_fields(
        self, request: HttpRequest, obj: Office | None = None
    ) -> tuple[Any, ...]:
        """Show words in place of boxes to tick to users who may not change the office."""
        only_looks = obj is not None and not self.has_change_permission(request, obj)
        return tuple(_in_words.values()) if only_looks else ()

    def get_fieldsets(self, request: HttpRequest, obj: Office | None = None) -> Any:
        fieldsets = super().get_fieldsets(request, obj)
        if not self.get_readonly_fields(request, obj):
            return fieldsets
        names = [name for name in flatten_fieldsets(fieldsets) if isinstance(name, str)]
        names = [re.sub("_(ar|en)$", "", name) for name in names]
        shown = [_in_words.get(name, name) for name in dict.fromkeys(names) if name != "slug"]
        return [(None, {"fields": shown})]

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
