"""Offices, opening hours and closures: reference data, edited in plain forms."""

from django import forms
from django.contrib import admin
from django.db import models
from django.utils.translation import gettext_lazy as _

from appointments.actions import make_slots
from appointments.models import Closure, Office, OpeningWindow, Weekday
from tawasul.catalogue.admin import BilingualAdmin


class _MakesSlots:
    """What is saved here changes what can be booked, at once."""

    def save_related(self, request, form, formsets, change):
        super().save_related(request, form, formsets, change)
        make_slots()

    def delete_model(self, request, obj):
        super().delete_model(request, obj)
        make_slots()


@admin.register(Office)
class OfficeAdmin(_MakesSlots, BilingualAdmin):
    list_display = ("name", "city", "region", "is_active")
    list_filter = ("region", "is_active")
    list_select_related = ("region",)
    search_fields = ("name_ar", "name_en", "city_ar", "city_en")
    prepopulated_fields = {"slug": ("name_en",)}
    formfield_overrides = {models.ManyToManyField: {"widget": forms.CheckboxSelectMultiple}}

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


@admin.register(OpeningWindow)
class OpeningWindowAdmin(_MakesSlots, admin.ModelAdmin):
    form = WindowForm
    list_display = ("office", "opens", "closes", "season", "capacity", "slot_minutes")
    list_filter = ("season", "office")
    list_select_related = ("office",)
    formfield_overrides = {models.ManyToManyField: {"widget": forms.CheckboxSelectMultiple}}

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
