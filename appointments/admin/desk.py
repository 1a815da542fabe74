"""The desk at the door: today's list of the clerk's offices, and one appointment on one page."""

import re

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from appointments.admin.buttons import BUTTONS, buttons_of
from appointments.admin.today import today
from appointments.admin.waiting_room import calls
from appointments.admin.walk_ins import walk_in
from appointments.models import Appointment
from core.display import ltr
from core.exceptions import RuleViolation
from core.hijri import both_calendars
from core.http import safe_target
from core.references import grouped_reference
from core.staff_lists import StaffList


class DayFilter(admin.SimpleListFilter):
    """Today, unless more is asked for."""

    title = _("day")
    parameter_name = "day"

    def lookups(self, request, model_admin):
        return [("ahead", _("From now on")), ("all", _("All days"))]

    def choices(self, changelist):
        for value, label in ((None, _("Today")), *self.lookup_choices):
            yield {
                "selected": self.value() == value,
                "query_string": changelist.get_query_string(
                    {self.parameter_name: value} if value else None, [self.parameter_name]
                ),
                "display": label,
            }

    def queryset(self, request, queryset):
        if self.value() == "all" or request.GET.get("q"):
            return queryset
        if self.value() == "ahead":
            return queryset.upcoming()
        return queryset.of_today()


class StatusFilter(admin.ChoicesFieldListFilter):
    """The states that clerks can meet: what never was an appointment is not theirs."""

    def choices(self, changelist):
        never = [status.label for status in Appointment.NEVER_CONFIRMED]
        for choice in super().choices(changelist):
            if choice["display"] not in never:
                yield choice


@admin.register(Appointment)
class AppointmentAdmin(StaffList, admin.ModelAdmin):
    list_display = ("number", "time", "attendee", "service", "operations", "status", "office")
    list_filter = (DayFilter, ("status", StatusFilter))
    list_select_related = ("attendee", "service", "slot__office")
    search_fields = ("=reference",)
    ordering = ("slot__start", "pk")
    actions = None

    @admin.display(description=_("appointment number"), ordering="reference")
    def number(self, appointment):
        return ltr(grouped_reference(appointment.reference))

    @admin.display(description=_("time"), ordering="slot__start")
    def time(self, appointment):
        start = timezone.localtime(appointment.slot.start)
        day = "" if start.date() == timezone.localdate() else both_calendars(start)
        return ltr(f"{start:%H:%M}") if not day else f"{start:%H:%M} · {day}"

    @admin.display(description=_("office"))
    def office(self, appointment):
        return appointment.slot.office.name

    def get_queryset(self, request):
        return Appointment.objects.visible_to_clerk(request.user)

    def changelist_view(self, request, extra_context=None):
        return super().changelist_view(request, {"title": self.opts.verbose_name_plural})

    def get_search_results(self, request, queryset, search_term):
        """By a scanned check code or its address, an appointment number, or an ID number."""
        if not search_term:
            return queryset, False
        return queryset.matching_scan(search_term), False

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False

    def get_urls(self):
        press = self.admin_site.admin_view(self.press)
        pages = [
            path(f"{address}/", self.admin_site.admin_view(page), name=f"appointment_{name}")
            for address, name, page in (
                ("today", "today", today),
                ("walk-in", "walk_in", walk_in),
                ("calls", "calls", calls),
            )
        ]
        return [
            *pages,
            path("<int:pk>/<slug:button>/press/", press, name="appointment_press"),
            *super().get_urls(),
        ]

    def change_view(self, request, object_id, form_url="", extra_context=None):
        """One appointment on one page: read here, changed by the buttons alone."""
        if not re.fullmatch("[0-9]{1,18}", object_id):
            return redirect("admin:appointments_appointment_changelist")
        appointment = self._get(request, int(object_id))
        context = {
            **self.admin_site.each_context(request),
            "title": appointment.attendee.name,
            "appointment": appointment,
            "named": appointment.beneficiaries.all(),
            "documents": appointment.service.documents.all(),
            "events": appointment.events.select_related("actor__identity"),
            "buttons": _buttons_for(appointment),
            # After an action, the focus goes to where the work goes on.
            "is_told": len(messages.get_messages(request)) > 0,
        }
        return render(request, "admin/appointments/appointment/desk.html", context)

    def press(self, request, pk, button):
        appointment = self._get(request, pk)
        page = reverse("admin:appointments_appointment_change", args=[pk])
        place = safe_target(request, page)
        if button in BUTTONS and request.method == "POST":
            try:
                BUTTONS[button].act(actor=request.user, appointment=appointment)
            except RuleViolation as violation:
                messages.error(request, violation.message)
                # What is told stands above the row.
                place = place.partition("#")[0]
            else:
                messages.success(request, BUTTONS[button].done)
        return redirect(place)

    def _get(self, request, pk):
        if not self.has_view_permission(request):
            raise PermissionDenied
        appointments = self.get_queryset(request).select_related(
            "user__identity", "holder", "attendee", "service", "slot__office"
        )
        return get_object_or_404(appointments, pk=pk)


def _buttons_for(appointment):
    offered = {
        Appointment.Status.CONFIRMED: ("check-in", "missed"),
        Appointment.Status.CHECKED_IN: ("call", "served"),
    }
    return buttons_of(offered.get(appointment.status, ()), with_keys=BUTTONS)
