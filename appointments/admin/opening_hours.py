"""Admin of opening hours."""

import datetime
from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib import admin
from django.db import models
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from appointments.admin.fields import FIELDS
from appointments.admin.own_offices import OwnOfficesMixin
from appointments.admin.save_preview import SavePreviewMixin
from appointments.models import Office, OpeningWindow, Weekday, weekdays_in_words
from core.forms import ModelForm
from core.staff_fields import WholeNumberField
from core.staff_lists import StaffList
from core.staff_reading import ReadInWordsMixin, in_words, names_of
from core.submissions.once import SavedOnceMixin
from core.template_filters import ltr


class WindowForm(ModelForm):
    weekdays = forms.TypedMultipleChoiceField(
        label=_("Weekdays"),
        choices=Weekday.choices,
        coerce=int,
        widget=forms.CheckboxSelectMultiple,
    )
    slot_minutes = WholeNumberField(
        label=_("Length of a slot in minutes"), initial=15, min_value=5, max_value=240
    )
    capacity = WholeNumberField(
        label=_("Operations at the same time"), initial=4, min_value=1, max_value=999
    )
    kept_for_walk_ins = WholeNumberField(
        label=_("Of these for people without an appointment"),
        initial=0,
        min_value=0,
        max_value=999,
        help_text=_(
            "Operations of each slot that cannot be booked. What is left of them goes to everybody "
            "shortly before the slot begins."
        ),
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
            "kept_for_walk_ins",
            "services",
        ]

    def clean_weekdays(self) -> list[int]:
        return sorted(set(self.cleaned_data["weekdays"]), key=Weekday.values.index)

    def clean(self) -> dict[str, Any]:
        """Refuse hours that never take anybody, and hours that the office has already."""
        super().clean()
        cleaned = self.cleaned_data
        if self.errors:
            return cleaned
        first, last = cleaned["valid_from"], cleaned["valid_until"]
        times = {name: cleaned[name] for name in ("opens", "closes", "slot_minutes")}
        if first and last and last < first:
            self.add_error("valid_until", _("The last day cannot be before the first."))
        elif not OpeningWindow(**times).fits_a_slot:
            self.add_error("slot_minutes", _("A slot is longer than the office is open."))
        elif cleaned["kept_for_walk_ins"] > cleaned["capacity"]:
            self.add_error(
                "kept_for_walk_ins",
                _("No more operations can be kept for walk-ins than there are at once."),
            )
        elif self._is_duplicate(cleaned):
            self.add_error(None, _("This office has these opening hours already. Change those."))
        return cleaned

    def _is_duplicate(self, cleaned: dict[str, Any]) -> bool:
        """Return whether the office has the same window already, which would double the places."""
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


def _services(services: models.Manager) -> str:
    return (
        names_of(services) if services.exists() else str(_("None chosen: all that can be booked."))
    )


def _time(time: datetime.time) -> SafeString:
    return ltr(f"{time:%H:%M}")


@admin.register(OpeningWindow)
class OpeningWindowAdmin(
    SavePreviewMixin, OwnOfficesMixin, ReadInWordsMixin, SavedOnceMixin, StaffList, admin.ModelAdmin
):
    form = WindowForm
    list_display = ("office", "opens", "closes", "season", "capacity", "slot_minutes")
    list_filter = ("season", ("office", admin.RelatedOnlyFieldListFilter))
    list_select_related = ("office",)
    formfield_overrides = FIELDS
    reading = {
        "weekdays": in_words(OpeningWindow, "weekdays", weekdays_in_words),
        "opens": in_words(OpeningWindow, "opens", _time),
        "closes": in_words(OpeningWindow, "closes", _time),
        "services": in_words(OpeningWindow, "services", _services),
    }

    def offices_of(self, window: OpeningWindow) -> Iterable[Office]:
        return [window.office]

    def get_readonly_fields(
        self, request: HttpRequest, obj: OpeningWindow | None = None
    ) -> tuple[Any, ...]:
        """Fix the office of an existing window, as its slots are those of that office."""
        return (*super().get_readonly_fields(request, obj), *(["office"] if obj else []))

    def has_delete_permission(self, request: HttpRequest, obj: OpeningWindow | None = None) -> bool:
        """Forbid deletion, as slots may be booked: the window is given a last day instead."""
        return False
