"""The home page, my page, health, and the pages for when something is wrong."""

import sys

from django.contrib import messages
from django.db import InterfaceError, OperationalError, connection
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import requires_csrf_token
from django.views.decorators.http import require_POST

from appointments.models import Appointment
from core.accounts.access import keep_typed, resident_required
from core.catalogue.models import Service
from core.hijri import DateForm, both_calendars
from core.http import safe_target
from requests_app.models import Inquiry
from tawasul.portal.look import LookForm, keep_look, look_of


def home(request):
    return render(request, "portal/home.html", {"services": Service.objects.open_to_inquiries()})


@resident_required
def my_page(request):
    mine = Inquiry.objects.of(request.user).select_related("service").order_by("-pk")
    returned = mine.waiting_for(request.user)
    appointments = Appointment.objects.of(request.user).unsettled()
    appointments = appointments.select_related("service", "attendee", "slot__office")
    undecided = appointments.waiting_for(request.user)
    context = {
        "appointments": appointments.exclude(pk__in=[each.pk for each in undecided])[:5],
        "undecided": undecided,
        "returned": returned,
        "drafts": mine.drafts_of(request.user)[:5],
        "inquiries": mine.filed().exclude(pk__in=[inquiry.pk for inquiry in returned])[:5],
    }
    return render(request, "portal/my_page.html", context)


def contact(request):
    return render(request, "portal/contact.html")


def display(request):
    """Text, contrast and colours as somebody wants them on this device."""
    form = LookForm(request.POST or None, initial=look_of(request))
    page = safe_target(request, reverse("portal:home"))
    if form.is_valid():
        response = redirect(page)
        keep_look(response, form.cleaned_data)
        messages.success(request, _("Saved. This is how pages look on this device from now on."))
        return response
    return render(request, "portal/display.html", {"form": form, "next": page})


@require_POST
def other_date(request):
    """What has been typed into a date field, in both calendars; nothing while it is no day."""
    form = DateForm(request.POST)
    text = both_calendars(form.cleaned_data["day"]) if form.is_valid() else ""
    return JsonResponse({"text": text})


def healthz(request):
    return HttpResponse("ok", content_type="text/plain")


def readyz(request):
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except (OperationalError, InterfaceError):
        return HttpResponse("no database", content_type="text/plain", status=503)
    return HttpResponse("ok", content_type="text/plain")


@requires_csrf_token
def bad_request(request, exception=None):
    return _sorry(
        request,
        400,
        _("We could not read what was sent"),
        _("Something in it is not valid. Please start again from the home page."),
    )


@requires_csrf_token
def permission_denied(request, exception=None):
    return _sorry(
        request,
        403,
        _("Your account cannot open this page"),
        _("Sign in with an account that can."),
    )


@requires_csrf_token
def csrf_failure(request, reason=""):
    """A page of ours from before the last sign-in is shown again with what was typed on it."""
    page = getattr(request.resolver_match.func, "keeps_typed", None)
    if page and request.user.is_authenticated and _comes_from_us(request):
        keep_typed(request, page)
        return redirect(request.path)
    return _sorry(
        request,
        403,
        _("This page has expired"),
        _(
            "You may have signed in or out since you opened it, so nothing was sent. "
            "Go back in your browser, copy what you typed, load the page again, paste it "
            "and send it."
        ),
    )


@requires_csrf_token
def page_not_found(request, exception=None):
    return _sorry(
        request,
        404,
        _("There is no such page"),
        _("Check the address, or find what you are looking for from the home page."),
    )


def server_error(request):
    """500, or 503 while the database is away; both pages stand alone, in both languages."""
    is_away = isinstance(sys.exc_info()[1], OperationalError | InterfaceError)
    template, status = ("503.html", 503) if is_away else ("500.html", 500)
    return HttpResponse(render_to_string(template), status=status)


def _comes_from_us(request):
    """Told by the browser, which no other site can make say so."""
    return request.headers.get("Sec-Fetch-Site") == "same-origin"


def _sorry(request, status, title, advice):
    context = {"title": title, "advice": advice}
    return render(request, "portal/sorry.html", context, status=status)
