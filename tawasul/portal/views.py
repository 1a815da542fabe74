"""The views of the home page, my page, contact, accessibility, and the date beside a date field."""

from django.db.models import Exists, OuterRef
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render

from appointments.models import Appointment, Waiting
from core.accounts.access import SignedInRequest, resident_required
from core.accounts.rights import Acting
from core.accounts.session_holder import holder_of
from core.catalogue.audiences import by_audience, usual_working_days
from core.catalogue.models import services_open_to_inquiries
from core.catalogue.public_pages import public_page
from core.date_field import DateForm
from core.hijri import both_calendars
from core.methods import takes
from requests_app.models import Inquiry
from tawasul.portal.models import Invitation


@public_page
def home(request: HttpRequest) -> HttpResponse:
    services = services_open_to_inquiries()
    context = {"groups": by_audience(services), "usual_days": usual_working_days(services)}
    return render(request, "portal/home.html", context)


def my_page(request: HttpRequest) -> HttpResponse:
    """Show their own page to residents; public pages, which know nobody, send staff here too."""
    if request.user.is_authenticated and request.user.is_staff and not request.user.identity_id:
        return redirect("admin:index")
    return _page_of_resident(request)


@resident_required
def _page_of_resident(request: SignedInRequest) -> HttpResponse:
    acting = Acting(request.user, holder_of(request))
    asked = Exists(Invitation.objects.to_book().filter(inquiry=OuterRef("pk")))
    mine = Inquiry.objects.listed_for(acting).select_related("holder").latest_first()
    returned = mine.waiting_for(acting)
    appointments = Appointment.objects.listed_for(acting).readable().unsettled()
    appointments = appointments.select_related("attendee", "slot")
    undecided = appointments.waiting_for(acting)
    offered = Waiting.objects.owned_by(acting).offered()
    context = {
        "appointments": appointments.exclude(pk__in=[each.pk for each in undecided])[:5],
        "undecided": undecided,
        "offered": offered.select_related("attendee"),
        "returned": returned,
        "drafts": mine.drafts_of(request.user)[:5],
        "inquiries": mine.filed()
        .exclude(pk__in=[inquiry.pk for inquiry in returned])
        .annotate(is_asked_to_come=asked)[:5],
    }
    return render(request, "portal/my_page.html", context)


@public_page
def contact(request: HttpRequest) -> HttpResponse:
    return render(request, "portal/contact.html")


@public_page
def accessibility(request: HttpRequest) -> HttpResponse:
    return render(request, "portal/accessibility.html")


@takes("POST")
def other_date(request: HttpRequest) -> JsonResponse:
    """Return the typed date in both calendars as JSON; an empty text while it is not a day."""
    form = DateForm(request.POST)
    text = both_calendars(form.cleaned_data["day"]) if form.is_valid() else ""
    return JsonResponse({"text": text})
