"""Access to the pages of the desk, and the office that they are for."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from appointments.models import Appointment, Office
from core.accounts.access import StaffRequest
from core.accounts.idle import is_over
from core.references import grouped_reference
from core.template_filters import ltr, time_of_day

RIGHTS = ("appointments.view_appointment", "appointments.receive_appointment")


def desk_view(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Decorate a page of the desk: check the rights, and pass on the office of the address.

    Without an office in the address, it is the clerk's only one; a clerk of several offices is
    asked to choose, and if their session is over, to sign in first. Raise PermissionDenied without
    the rights, and Http404 for an office that is not theirs.
    """

    @wraps(view)
    def guarded(request: StaffRequest) -> HttpResponse:
        if not request.user.has_perms(RIGHTS):
            raise PermissionDenied
        # Superusers, too, receive people only where they are clerks.
        offices = list(request.user.offices.all())
        slug = request.GET.get("office")
        chosen = [office for office in offices if office.slug == slug] if slug else offices
        if slug and not chosen:
            raise Http404
        if len(chosen) != 1:
            if is_over(request):
                return redirect_to_login(request.get_full_path(), reverse("admin:login"))
            return render_desk(request, "today", title=_("Today’s appointments"), offices=offices)
        return view(request, chosen[0], offices=offices)

    return guarded


def checked_in_message(appointment: Appointment) -> SafeString:
    return format_html(
        _("The person is checked in: {} at {}."),
        ltr(grouped_reference(appointment.reference)),
        ltr(time_of_day(appointment.slot.start)),
    )


def desk_address(office: Office, **chosen: str) -> str:
    query = urlencode({"office": office.slug, **chosen})
    return f"{reverse('admin:appointment_today')}?{query}"


def render_desk(request: HttpRequest, name: str, **context: Any) -> HttpResponse:
    template = f"admin/appointments/appointment/{name}.html"
    return render(request, template, {**admin.site.each_context(request), **context})
