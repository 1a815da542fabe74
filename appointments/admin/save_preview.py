"""A preview of the coming weeks, shown before a change of hours is saved."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from functools import partial
from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.db import transaction
from django.db.models import Model
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from appointments.actions import (
    booked_beyond,
    booked_into_share,
    booked_outside_hours,
    booked_without_service,
    make_slots,
    opening_hours_of,
)
from appointments.models import Office, OpeningWindow
from appointments.month_grid import WEEKDAYS, months_of
from core.digests import digest_of

# The preview names at most this many booked people.
MAX_SHOWN = 100


class SavePreviewMixin(admin.ModelAdmin):
    """A ModelAdmin for rows that change what can be booked: it shows a preview before saving them.

    Slots are made after the commit: within the transaction, the slots of those offices would be
    locked until its end, and in another order than bookings lock them.
    """

    # Each admin defines this method: it returns the offices that a row concerns.
    offices_of: Callable[[Any], Iterable[Office]]

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        preview = self._preview(request, object_id) if request.method == "POST" else None
        return preview or super().changeform_view(request, object_id, form_url, extra_context)

    def save_model(self, request: HttpRequest, obj: Model, form: ModelForm, change: bool) -> None:
        """Save the row and make slots, also of the office that a closure is moved from."""
        before = self.model.objects.filter(pk=obj.pk)
        offices = {office for row in before for office in self.offices_of(row)}
        super().save_model(request, obj, form, change)
        self._make_slots_of(offices.union(self.offices_of(obj)))

    def delete_model(self, request: HttpRequest, obj: Model) -> None:
        offices = self.offices_of(obj)
        super().delete_model(request, obj)
        self._make_slots_of(offices)

    def _make_slots_of(self, offices: Iterable[Office]) -> None:
        windows = OpeningWindow.objects.filter(office__in=offices)
        transaction.on_commit(partial(make_slots, windows))

    def _preview(self, request: HttpRequest, object_id: str | None) -> HttpResponse | None:
        """Return the page that shows the effect of a change, or None to save it.

        The page shows the coming weeks and the appointments that the change would leave outside the
        hours. If more of those are booked after it was made, it is shown again before anything is
        saved.
        """
        row = self.get_object(request, unquote(object_id)) if object_id else None
        may = self.has_change_permission(request, row) if row else self.has_add_permission(request)
        form_class = self.get_form(request, row, change=row is not None)
        form = form_class(request.POST, instance=row or self.model())
        if not may or (object_id and row is None) or not form.is_valid():
            return None
        with transaction.atomic():
            saved = form.save()
            offices = list(self.offices_of(saved))
            booked = booked_outside_hours(offices)
            hours = opening_hours_of(offices)
            is_window = isinstance(saved, OpeningWindow)
            beyond = booked_beyond(saved) if is_window else []
            short = booked_into_share(saved) if is_window else []
            without = booked_without_service(saved) if is_window else []
            transaction.set_rollback(True)
        previewed = digest_of(
            [[row.pk for row in rows] for rows in (booked, beyond, short, without)]
        )
        if request.POST.get("_previewed") == previewed:
            return None
        context = {
            **self.admin_site.each_context(request),
            "title": _("Before it is saved"),
            "opts": self.opts,
            "form": form,
            "office": offices[0] if len(offices) == 1 else None,
            "weekdays": WEEKDAYS,
            "months": months_of(list(hours), _hours_by_day(hours, offices)),
            "booked": booked[:MAX_SHOWN],
            "number": len(booked),
            "beyond": beyond[:MAX_SHOWN],
            "capacity": saved.capacity if is_window else 0,
            "short": short[:MAX_SHOWN],
            "share": saved.kept_for_walk_ins if is_window else 0,
            "without_service": without[:MAX_SHOWN],
            "sent": [
                (name, value)
                for name, values in request.POST.lists()
                for value in values
                if name not in ("csrfmiddlewaretoken", "_previewed")
            ],
            "previewed": previewed,
        }
        return render(request, "admin/appointments/before_it_is_saved.html", context)


def _hours_by_day(
    hours: dict[date, list[OpeningWindow]], offices: Sequence[Office]
) -> Mapping[date, list[OpeningWindow] | int]:
    """Return {day: windows} for one office, and {day: number of open offices} for several."""
    if len(offices) == 1:
        return hours
    return {day: len({window.office_id for window in windows}) for day, windows in hours.items()}
