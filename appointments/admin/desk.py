"""The desk: the list of appointments at the clerk's offices, and the page of one of them."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, cast

from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from appointments.admin import assistance
from appointments.admin.buttons import BUTTONS, OF_MANAGERS, buttons_of
from appointments.admin.desk_access import RIGHTS, checked_in_message
from appointments.admin.papers import day_list, has_slip, slip
from appointments.admin.taking_back import take_back_page
from appointments.admin.today import today
from appointments.admin.unmarked import unmarked
from appointments.admin.waiting_room import calls
from appointments.admin.walk_ins import walk_in
from appointments.models import Appointment, AppointmentQuerySet
from core.accounts.access import StaffRequest, get_visible
from core.exceptions import RuleViolation
from core.hijri import both_calendars
from core.http import safe_target
from core.methods import READ, takes, takes_form
from core.references import grouped_reference
from core.staff_lists import StaffList, searched_for
from core.staff_reading import days_from_today, status_tag
from core.template_filters import ltr, weekday_or_night

if TYPE_CHECKING:
    from django.contrib.admin.filters import _ListFilterChoices
    from django.utils.functional import _StrOrPromise


class DayFilter(admin.SimpleListFilter):
    """A filter by day that shows today by default."""

    title = _("day")
    parameter_name = "day"

    def lookups(
        self, request: HttpRequest, model_admin: admin.ModelAdmin
    ) -> list[tuple[str, "_StrOrPromise"]]:
        return [("ahead", _("From now on")), ("all", _("All days"))]

    def choices(self, changelist: ChangeList) -> Iterator["_ListFilterChoices"]:
        for value, label in ((None, _("Today")), *self.lookup_choices):
            yield {
                "selected": self.value() == value,
                "query_string": changelist.get_query_string(
                    {self.parameter_name: value} if value else None, [self.parameter_name]
                ),
                "display": label,
            }

    def queryset(  # type: ignore[override]  # what AppointmentAdmin passes
        self, request: HttpRequest, queryset: AppointmentQuerySet
    ) -> AppointmentQuerySet:
        if self.value() == "all" or searched_for(request):
            return queryset
        if self.value() == "ahead":
            return queryset.upcoming()
        return queryset.of_today()


class StatusFilter(admin.ChoicesFieldListFilter):
    """A filter by status, without the statuses of appointments that were never confirmed."""

    def choices(self, changelist: ChangeList) -> Iterator["_ListFilterChoices"]:
        never = [status.label for status in Appointment.NEVER_CONFIRMED]
        for choice in super().choices(changelist):
            if choice["display"] not in never:
                yield choice


@admin.register(Appointment)
class AppointmentAdmin(StaffList, admin.ModelAdmin):
    list_display = ("number", "time", "attendee", "short_service", "operations", "state", "office")
    list_filter = (DayFilter, ("status", StatusFilter))
    list_select_related = ("attendee", "slot")
    search_fields = ("=reference",)
    ordering = ("slot__start", "pk")
    actions = None

    @admin.display(description=_("appointment number"), ordering="reference")
    def number(self, appointment: Appointment) -> SafeString:
        return ltr(grouped_reference(appointment.reference))

    @admin.display(description=_("time"), ordering="slot__start")
    def time(self, appointment: Appointment) -> SafeString:
        start = timezone.localtime(appointment.slot.start)
        if start.date() == timezone.localdate():
            return ltr(f"{start:%H:%M}")
        far, day = (
            days_from_today(start.date()),
            f"{weekday_or_night(start)} {both_calendars(start)}",
        )
        return format_html(
            '{} · <strong>{}</strong> <span class="hint">{}</span>', ltr(f"{start:%H:%M}"), far, day
        )

    @admin.display(
        description=Appointment._meta.get_field("status").verbose_name, ordering="status"
    )
    def state(self, appointment: Appointment) -> SafeString:
        return status_tag(appointment.status, appointment.get_status_display())

    @admin.display(description=_("office"))
    def office(self, appointment: Appointment) -> str:
        return appointment.slot.office.short_name

    @admin.display(
        description=Appointment._meta.get_field("service").verbose_name, ordering="service"
    )
    def short_service(self, appointment: Appointment) -> str:
        return appointment.service.short_name

    def get_queryset(self, request: HttpRequest) -> AppointmentQuerySet:
        return Appointment.objects.readable_by(cast(StaffRequest, request).user)

    @takes(*READ)
    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return super().changelist_view(request, extra_context)

    def get_search_results(  # type: ignore[override]  # what get_queryset returns
        self, request: HttpRequest, queryset: AppointmentQuerySet, search_term: str
    ) -> tuple[AppointmentQuerySet, bool]:
        """Search by a check code or its address, an appointment number or an ID number."""
        query = searched_for(request)
        return queryset.matching_scan(query) if query else queryset, False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Appointment | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Appointment | None = None) -> bool:
        return False

    def get_urls(self) -> list[URLPattern]:
        press = self.admin_site.admin_view(self.press)
        pages = [
            path(f"{address}/", self.admin_site.admin_view(page), name=f"appointment_{name}")
            for address, name, page in (
                ("today", "today", today),
                ("today/print", "today_print", day_list),
                ("<int:pk>/slip", "slip", slip),
                ("walk-in", "walk_in", walk_in),
                ("calls", "calls", calls),
                ("unmarked", "unmarked", unmarked),
            )
        ]
        take_back = self.admin_site.admin_view(self.take_back)
        return [
            *pages,
            *assistance.urls(),
            path("<int:pk>/take-back/", take_back, name="appointment_take_back"),
            path("<int:pk>/<slug:button>/press/", press, name="appointment_press"),
            *super().get_urls(),
        ]

    @takes(*READ)
    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show one appointment read-only, with the buttons that change it."""
        if not re.fullmatch("[0-9]{1,18}", object_id):
            return redirect("admin:appointments_appointment_changelist")
        appointment = self._get(request, int(object_id))
        may_receive = request.user.has_perms(RIGHTS)
        context = {
            **self.admin_site.each_context(request),
            "title": appointment.attendee.name,
            "appointment": appointment,
            "named": appointment.beneficiaries.all(),
            "documents": appointment.service.documents.all(),
            "events": appointment.events.select_related("actor__identity", "correction"),
            "buttons": _buttons_for(appointment, request) if may_receive else [],
            "can_be_taken_back": may_receive and appointment.can_be_taken_back,
            "has_slip": may_receive and has_slip(appointment),
            # After an action, the template moves the focus to the next step of the work.
            "is_told": len(messages.get_messages(request)) > 0,
        }
        return render(request, "admin/appointments/appointment/desk.html", context)

    @takes_form
    def press(self, request: StaffRequest, pk: int, button: str) -> HttpResponse:
        appointment = self._get(request, pk)
        page = reverse("admin:appointments_appointment_change", args=[pk])
        place = safe_target(request, page)
        if button in BUTTONS and request.method == "POST":
            try:
                done = BUTTONS[button].act(actor=request.user, appointment=appointment)
            except RuleViolation as violation:
                messages.error(request, violation.message)
                if violation.code == "early":
                    return redirect(f"{page}?early=1")
                # The message stands above the row, so the page is shown from its top.
                place = place.partition("#")[0]
            else:
                # Whoever was marked as missed may have got another time.
                has_moved = done.slot_id != appointment.slot_id
                message = checked_in_message(done) if has_moved else BUTTONS[button].done
                messages.success(request, message)
        return redirect(place)

    @takes_form
    def take_back(self, request: StaffRequest, pk: int) -> HttpResponse:
        """Ask why the last mark is taken back, and take it back."""
        if not request.user.has_perms(RIGHTS):
            raise PermissionDenied
        return take_back_page(request, self._get(request, pk))

    def _get(self, request: HttpRequest, pk: int) -> Appointment:
        if not self.has_view_permission(request):
            raise PermissionDenied
        appointments = self.get_queryset(request).select_related(
            "user__identity", "holder", "attendee", "slot"
        )
        user = cast(StaffRequest, request).user
        return get_visible(appointments, user, "appointment", pk=pk)


def _buttons_for(
    appointment: Appointment, request: HttpRequest
) -> list[tuple[str, "_StrOrPromise", "_StrOrPromise"]]:
    check_in = "check-in-early" if "early" in request.GET else "check-in"
    is_manager = request.user.has_perm("appointments.manage_office")
    offered: dict[str, tuple[str, ...]] = {
        Appointment.Status.CONFIRMED: (check_in, "missed"),
        Appointment.Status.CHECKED_IN: ("call", "served"),
        Appointment.Status.NO_SHOW: ("check-in",) if appointment.is_at_desk else (),
        Appointment.Status.UNMARKED: OF_MANAGERS if is_manager else (),
    }
    return buttons_of(offered.get(appointment.status, ()), with_keys=BUTTONS)
