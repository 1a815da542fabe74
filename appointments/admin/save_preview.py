"""What a change of hours makes of the coming weeks, shown before it is saved."""

from functools import partial

from django.contrib.admin.utils import unquote
from django.db import transaction
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from appointments.actions import booked_outside_hours, make_slots, opening_hours_of
from appointments.models import OpeningWindow
from appointments.month_grid import WEEKDAYS, months_of
from core.digests import digest_of

# How many of those who are booked are named before a change is saved.
MAX_SHOWN = 100


class SavePreviewMixin:
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
        if request.POST.get("_previewed") == seen:
            return None
        context = {
            **self.admin_site.each_context(request),
            "title": _("Before it is saved"),
            "opts": self.opts,
            "office": offices[0] if len(offices) == 1 else None,
            "weekdays": WEEKDAYS,
            "months": months_of(list(hours), _shown_together(hours, offices)),
            "booked": booked[:MAX_SHOWN],
            "number": len(booked),
            "sent": [
                (name, value)
                for name, values in request.POST.lists()
                for value in values
                if name not in ("csrfmiddlewaretoken", "_previewed")
            ],
            "seen": seen,
        }
        return render(request, "admin/appointments/before_it_is_saved.html", context)


def _shown_together(hours, offices):
    """What there is on each day: of one office its hours, of several how many of them are open."""
    if len(offices) == 1:
        return hours
    return {day: len({window.office_id for window in windows}) for day, windows in hours.items()}
