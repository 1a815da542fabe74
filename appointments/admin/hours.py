"""Offices, opening hours and closures: reference data, edited in plain forms."""

import re
from functools import partial

from django import forms
from django.contrib import admin
from django.contrib.admin.utils import flatten_fieldsets, unquote
from django.db import models, transaction
from django.shortcuts import render
from django.utils.html import format_html_join
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext

from appointments.actions import booked_outside_hours, make_slots, opening_hours_of
from appointments.admin.figures import FiguresOfOffices
from appointments.calendar import WEEKDAYS, months_of
from appointments.forms import RowsField
from appointments.models import Closure, Office, OpeningWindow, Weekday
from core.catalogue.admin import BilingualAdmin, yes_or_no
from core.catalogue.models import Holiday
from core.digests import digest_of
from core.display import isolated
from core.staff_lists import StaffList

# How many of those who are booked are named before a change is saved.
MOST_SHOWN = 100
# The browser's own pickers, as those of the admin need styles that the policy forbids.
WIDGETS = {
    models.ManyToManyField: {"form_class": RowsField, "widget": forms.CheckboxSelectMultiple},
    models.DateField: {"widget": forms.DateInput({"type": "date"}, format="%Y-%m-%d")},
    models.TimeField: {"widget": forms.TimeInput({"type": "time"}, format="%H:%M")},
}


class _MakesSlots:
    """What is saved here changes what can be booked, at once, and is looked at before it is saved.

    After the commit: the places of those offices would be kept from everybody until then, and in
    another order than those take them who book.
    """

    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        look = self._look_ahead(request, object_id) if request.method == "POST" else None
        return look or super().changeform_view(request, object_id, form_url, extra_context)

    def save_model(self, request, obj, form, change):
        """Concerned is the office that a closure is moved from as well as that which it is for."""
        before = self.model.objects.filter(pk=obj.pk)
        offices = {office for row in before for office in self.offices_of(row)}
        super().save_model(request, obj, form, change)
        self._make_slots_of(offices.union(self.offices_of(obj)))

    def delete_model(self, request, obj):
        offices = self.offices_of(obj)
        super().delete_model(request, obj)
        self._make_slots_of(offices)

    def _make_slots_of(self, offices):
        windows = OpeningWindow.objects.filter(office__in=offices)
        transaction.on_commit(partial(make_slots, windows))

    def _look_ahead(self, request, object_id):
        """The weeks that a change makes, and who is booked where it closes; None to go on.

        Who is booked after that page was made is shown as well before anything is saved.
        """
        row = self.get_object(request, unquote(object_id)) if object_id else None
        may = self.has_change_permission(request, row) if row else self.has_add_permission(request)
        form_class = self.get_form(request, row, change=row is not None)
        form = form_class(request.POST, instance=row or self.model())
        if not may or (object_id and row is None) or not form.is_valid():
            return None
        with transaction.atomic():
            offices = list(self.offices_of(form.save()))
            booked = booked_outside_hours(offices)
            hours = opening_hours_of(offices)
            transaction.set_rollback(True)
        seen = digest_of([appointment.pk for appointment in booked])
        if request.POST.get("_seen") == seen:
            return None
        context = {
            **self.admin_site.each_context(request),
            "title": _("Before it is saved"),
            "opts": self.opts,
            "office": offices[0] if len(offices) == 1 else None,
            "weekdays": WEEKDAYS,
            "months": months_of(list(hours), _seen_together(hours, offices)),
            "booked": booked[:MOST_SHOWN],
            "number": len(booked),
            "sent": [
                (name, value)
                for name, values in request.POST.lists()
                for value in values
                if name not in ("csrfmiddlewaretoken", "_seen")
            ],
            "seen": seen,
        }
        return render(request, "admin/appointments/before_it_is_saved.html", context)


def _seen_together(hours, offices):
    """What there is on each day: of one office its hours, of several how many of them are open."""
    if len(offices) == 1:
        return hours
    return {day: len({window.office_id for window in windows}) for day, windows in hours.items()}


class _OfOwnOffices:
    """Managers see and touch their own offices alone; who keeps all of them is a superuser."""

    office_path = "office"

    def get_queryset(self, request):
        own = Office.objects.worked_at_by(request.user)
        rows = super().get_queryset(request)
        return (
            rows if request.user.is_superuser else rows.filter(**{f"{self.office_path}__in": own})
        )

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        if db_field.name != "office":
            return super().formfield_for_foreignkey(db_field, request, **kwargs)
        kwargs["queryset"] = Office.objects.worked_at_by(request.user)
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)
        field.required = field.required or not request.user.is_superuser
        return field


@admin.display(description=Office._meta.get_field("clerks").verbose_name)
def _clerks(office):
    comma = pgettext("between the items of a list", ", ")
    return format_html_join(comma, "<bdi>{}</bdi>", ((user,) for user in office.clerks.all()))


# What managers read of their office in other words than the form has for it.
_in_words = {"is_active": yes_or_no(Office, "is_active"), "clerks": _clerks}


@admin.register(Office)
class OfficeAdmin(FiguresOfOffices, _MakesSlots, _OfOwnOffices, BilingualAdmin):
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

    def clean_weekdays(self):
        return sorted(set(self.cleaned_data["weekdays"]), key=Weekday.values.index)

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
            for name in ("opens", "closes", "season", "valid_from", "valid_until")
        }
        others = OpeningWindow.objects.exclude(pk=self.instance.pk).filter(
            office=cleaned.get("office") or self.instance.office, **same
        )
        weekdays, services = set(cleaned["weekdays"]), set(cleaned["services"])
        return any(
            set(window.weekdays) == weekdays and set(window.services.all()) == services
            for window in others
        )


@admin.register(OpeningWindow)
class OpeningWindowAdmin(_MakesSlots, _OfOwnOffices, StaffList, admin.ModelAdmin):
    form = WindowForm
    list_display = ("office", "opens", "closes", "season", "capacity", "slot_minutes")
    list_filter = ("season", ("office", admin.RelatedOnlyFieldListFilter))
    list_select_related = ("office",)
    formfield_overrides = WIDGETS

    def offices_of(self, window):
        return [window.office]

    def get_readonly_fields(self, request, obj=None):
        """Its times are those of the office that it was made for."""
        return ("office",) if obj else ()

    def has_delete_permission(self, request, obj=None):
        """Its times may be booked: it is given a last day instead."""
        return False


@admin.register(Closure)
class ClosureAdmin(_MakesSlots, _OfOwnOffices, BilingualAdmin):
    list_display = ("reason", "office", "first_day", "last_day")
    list_filter = (("office", admin.RelatedOnlyFieldListFilter),)
    formfield_overrides = WIDGETS
    list_select_related = ("office",)

    def offices_of(self, closure):
        return [closure.office] if closure.office else Office.objects.all()

    def get_actions(self, request):
        """Nothing is deleted past `delete_model`, which opens the days again."""
        return {}


@admin.register(Holiday)
class HolidayAdmin(_MakesSlots, BilingualAdmin):
    """Here and not with the catalogue, because a holiday closes offices."""

    list_display = ("day", "name")
    formfield_overrides = WIDGETS

    def offices_of(self, holiday):
        return Office.objects.all()

    def get_actions(self, request):
        """As with closures."""
        return {}
