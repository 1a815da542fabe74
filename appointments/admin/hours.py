"""Offices, opening hours and closures: reference data, edited in plain forms."""

from django import forms
from django.contrib import admin
from django.db import models, transaction
from django.utils.translation import gettext_lazy as _

from appointments.actions import make_slots
from appointments.forms import RowsField
from appointments.models import Closure, Office, OpeningWindow, Weekday
from tawasul.catalogue.admin import BilingualAdmin

ROWS = {"form_class": RowsField, "widget": forms.CheckboxSelectMultiple}


class _MakesSlots:
    """What is saved here changes what can be booked, at once.

    After the commit: the places of all offices would be kept from everybody until then, and in
    another order than those take them who book.
    """

    def save_related(self, request, form, formsets, change):
        super().save_related(request, form, formsets, change)
        transaction.on_commit(make_slots)

    def delete_model(self, request, obj):
        super().delete_model(request, obj)
        transaction.on_commit(make_slots)


@admin.register(Office)
class OfficeAdmin(_MakesSlots, BilingualAdmin):
    list_display = ("name", "city", "region", "is_active")
    list_filter = ("region", "is_active")
    list_select_related = ("region",)
    search_fields = ("name_ar", "name_en", "city_ar", "city_en")
    prepopulated_fields = {"slug": ("name_en",)}
    formfield_overrides = {models.ManyToManyField: ROWS}

    def has_delete_permission(self, request, obj=None):
        """Appointments refer to it: an office is switched off, never deleted."""
        return False


class WindowForm(forms.ModelForm):
    weekdays = forms.TypedMultipleChoiceField(
        label=_("weekdays"),
        choices=Weekday.choices,
        coerce=int,
        widget=forms.CheckboxSelectMultiple,
    )
    slot_minutes = forms.IntegerField(
        label=_("minutes of a slot"), initial=15, min_value=5, max_value=240
    )
    capacity = forms.IntegerField(
        label=_("operations at once"), initial=4, min_value=1, max_value=999
    )

    class Meta:
        model = OpeningWindow
        fields = [
            "office",
            "weekdays",
            "opens",
            "closes",
            "season",
            "valid_from",
            "valid_until",
            "slot_minutes",
            "capacity",
            "services",
        ]

    def clean(self):
        """Hours that never take anybody, or that there are already, are a slip of the pen."""
        cleaned = super().clean()
        if self.errors:
            return cleaned
        first, last = cleaned["valid_from"], cleaned["valid_until"]
        times = {name: cleaned[name] for name in ("opens", "closes", "slot_minutes")}
        if first and last and last < first:
            self.add_error("valid_until", _("The last day cannot be before the first."))
        elif not OpeningWindow(**times).has_room_for_a_slot:
            self.add_error("slot_minutes", _("A slot is longer than the office is open."))
        elif self._there_are_such_hours(cleaned):
            self.add_error(None, _("This office has these opening hours already. Change those."))
        return cleaned

    def _there_are_such_hours(self, cleaned):
        """Two windows that differ in nothing else would double the places."""
        same = {
            name: cleaned[name]
            for name in ("weekdays", "opens", "closes", "season", "valid_from", "valid_until")
        }
        others = OpeningWindow.objects.exclude(pk=self.instance.pk).filter(
            office=cleaned.get("office") or self.instance.office, **same
        )
        services = set(cleaned["services"])
        return any(set(window.services.all()) == services for window in others)


@admin.register(OpeningWindow)
class OpeningWindowAdmin(_MakesSlots, admin.ModelAdmin):
    form = WindowForm
    list_display = ("office", "opens", "closes", "season", "capacity", "slot_minutes")
    list_filter = ("season", "office")
    list_select_related = ("office",)
    formfield_overrides = {models.ManyToManyField: ROWS}

    def get_readonly_fields(self, request, obj=None):
        """Its times are those of the office that it was made for."""
        return ("office",) if obj else ()

    def has_delete_permission(self, request, obj=None):
        """Its times may be booked: it is given a last day instead."""
        return False


@admin.register(Closure)
class ClosureAdmin(_MakesSlots, BilingualAdmin):
    list_display = ("reason", "office", "first_day", "last_day")
    list_filter = ("office",)
    list_select_related = ("office",)

    def get_actions(self, request):
        """Nothing is deleted past `delete_model`, which opens the days again."""
        return {}
