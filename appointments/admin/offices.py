"""Offices, for those who keep them."""

import re

from django.contrib import admin
from django.contrib.admin.utils import flatten_fieldsets
from django.utils.html import format_html_join
from django.utils.translation import pgettext

from appointments.admin.figures import FiguresOfOffices
from appointments.admin.own_offices import OwnOfficesMixin
from appointments.admin.save_preview import SavePreviewMixin
from appointments.admin.widgets import WIDGETS
from appointments.models import Office
from core.catalogue.admin import BilingualAdmin, yes_or_no
from core.display import isolated


@admin.display(description=Office._meta.get_field("clerks").verbose_name)
def _clerks(office):
    comma = pgettext("between the items of a list", ", ")
    return format_html_join(comma, "<bdi>{}</bdi>", ((user,) for user in office.clerks.all()))


# What managers read of their office in other words than the form has for it.
_in_words = {"is_active": yes_or_no(Office, "is_active"), "clerks": _clerks}


@admin.register(Office)
class OfficeAdmin(FiguresOfOffices, SavePreviewMixin, OwnOfficesMixin, BilingualAdmin):
    office_path = "pk"
    list_display = ("name", "city", "region", _in_words["is_active"])
    list_filter = ("region", "is_active")
    list_select_related = ("region",)
    search_fields = ("name_ar", "name_en", "city_ar", "city_en")
    prepopulated_fields = {"slug": ("name_en",)}
    formfield_overrides = WIDGETS

    def get_readonly_fields(self, request, obj=None):
        """Whoever may only look reads in words what is a box to tick for others."""
        only_looks = obj is not None and not self.has_change_permission(request, obj)
        return tuple(_in_words.values()) if only_looks else ()

    def get_fieldsets(self, request, obj=None):
        fieldsets = super().get_fieldsets(request, obj)
        if not self.get_readonly_fields(request, obj):
            return fieldsets
        names = [name for name in flatten_fieldsets(fieldsets) if isinstance(name, str)]
        names = (re.sub("_(ar|en)$", "", name) for name in names)
        shown = [_in_words.get(name, name) for name in dict.fromkeys(names) if name != "slug"]
        return [(None, {"fields": shown})]

    def formfield_for_manytomany(self, db_field, request, **kwargs):
        field = super().formfield_for_manytomany(db_field, request, **kwargs)
        field.label_from_instance = isolated
        return field

    def offices_of(self, office):
        return [office]

    def has_delete_permission(self, request, obj=None):
        """Appointments refer to it: an office is switched off, never deleted."""
        return False
