"""The public catalogue: the services that take inquiries, and a page about each."""

from collections.abc import Iterable

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from core.arabic_spelling import fold
from core.catalogue.audiences import by_audience, usual_working_days
from core.catalogue.labels import KINDS, NATIONALITIES, ways_in_words
from core.catalogue.models import Service, services_open_to_inquiries
from core.catalogue.public_pages import public_page
from core.search import cut_notice
from core.text import single_line

MAX_QUERY_LENGTH = 100  # characters


@public_page
def services(request: HttpRequest) -> HttpResponse:
    """Show the services that match the query, or all services if none does or it is empty."""
    query = single_line(request.GET.get("q", ""))
    everything = services_open_to_inquiries()
    found = _matching(everything, query[:MAX_QUERY_LENGTH])
    context = {
        "query": query,
        "cut_notice": cut_notice(query, MAX_QUERY_LENGTH),
        "found": found,
        "groups": [] if found else by_audience(everything),
        "usual_days": usual_working_days(everything),
    }
    return render(request, "catalogue/services.html", context)


@public_page
def service(request: HttpRequest, slug: str) -> HttpResponse:
    service = Service.cached.with_slug(slug)
    if service is None or not service.is_open_to_inquiries:
        raise Http404
    instead = service.instead
    context = {
        "service": service,
        "leads_on": instead is not None and instead.is_open_to_inquiries,
        "documents": service.documents.all(),
        "optional_documents": service.optional_documents.all(),
        "kinds": [name for kind, name in KINDS.items() if kind in service.beneficiary_kinds],
        "ways": ways_in_words(service),
        "nationalities": [NATIONALITIES.get(code, code) for code in service.nationalities],
    }
    return render(request, "catalogue/service.html", context)


def _matching(services: Iterable[Service], query: str) -> list[Service]:
    """Return the services in which each word of `query` begins a word, in either language."""
    beginnings = fold(query).split()
    return [each for each in services if beginnings and each.has_words(beginnings)]
