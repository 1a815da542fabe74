"""The public catalogue: the services that take inquiries, and a page about each."""

from collections.abc import Iterable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.functional import Promise

from core.catalogue.labels import KINDS, NATIONALITIES, ways_in_words
from core.catalogue.models import Service
from core.search import cut_notice
from core.text import single_line

MAX_QUERY_LENGTH = 100  # characters


def services(request: HttpRequest) -> HttpResponse:
    """Show the services that match the query, or all services if none does or it is empty."""
    query = single_line(request.GET.get("q", ""))
    everything = Service.objects.open_to_inquiries()
    found = everything.matching(query[:MAX_QUERY_LENGTH]) if query else []
    context = {
        "query": query,
        "cut_notice": cut_notice(query, MAX_QUERY_LENGTH),
        "found": found,
        "groups": [] if found else _by_kind(everything),
    }
    return render(request, "catalogue/services.html", context)


def service(request: HttpRequest, slug: str) -> HttpResponse:
    services = Service.objects.open_to_inquiries().select_related("instead")
    service = get_object_or_404(services, slug=slug)
    instead = service.instead
    context = {
        "service": service,
        "leads_on": instead is not None and instead.is_active and instead.takes_inquiries,
        "documents": service.documents.all(),
        "optional_documents": service.optional_documents.all(),
        "kinds": [name for kind, name in KINDS.items() if kind in service.beneficiary_kinds],
        "ways": ways_in_words(service),
        "nationalities": [NATIONALITIES.get(code, code) for code in service.nationalities],
    }
    return render(request, "catalogue/service.html", context)


def _by_kind(services: Iterable[Service]) -> list[tuple[Promise, list[Service]]]:
    """Group the services by the first kind of beneficiary that each is for."""
    groups: dict[Promise, list[Service]] = {name: [] for name in KINDS.values()}
    for service in services:
        names = [name for kind, name in KINDS.items() if kind in service.beneficiary_kinds]
        for name in names[:1]:
            groups[name].append(service)
    return [(name, rows) for name, rows in groups.items() if rows]
