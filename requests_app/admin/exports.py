"""The pages on which staff export what the queue lists, and fetch the files."""

from urllib.parse import urlencode

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import (
    ALL_VAR,
    ERROR_FLAG,
    PAGE_VAR,
    SEARCH_VAR,
    ChangeList,
)
from django.core.exceptions import PermissionDenied
from django.core.files.storage import storages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from core.accounts.access import StaffRequest, get_visible
from core.accounts.idle import passive
from core.accounts.models import User
from core.exceptions import RuleViolation
from core.http import content_disposition
from core.methods import takes_form
from core.search import MAX_QUERY_LENGTH
from core.staff_lists import searched_for
from core.template_filters import parameter
from requests_app import actions
from requests_app.forms import ExportForm
from requests_app.models import Export, Inquiry, InquiryQuerySet
from requests_app.models.exports import may_export
from requests_app.storage import PRIVATE

MAX_SHOWN = 20  # exports of one person, the latest
# They choose what a page of the list shows, and not what is in the list.
_OF_THE_PAGE = (PAGE_VAR, ALL_VAR, ERROR_FLAG)
_CONTENT_TYPES = {
    Export.Format.CSV: "text/csv; charset=utf-8",
    Export.Format.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def listed_in(export: Export) -> InquiryQuerySet:
    """Return what the queue lists now to the owner of the export under its query string."""
    return _inquiries_of(_list_of(export.owner, export.query))


@takes_form
def export(request: StaffRequest) -> HttpResponse:
    """Ask of what kind the file of the list in the query string is to be, and have it made."""
    if not may_export(request.user):
        raise PermissionDenied
    query = _query_of(request)
    try:
        listed = _list_of(request.user, query)
    except IncorrectLookupParameters:
        return redirect(f"{reverse('admin:requests_app_inquiry_changelist')}?{ERROR_FLAG}=1")
    form = ExportForm(
        request.POST or None,
        may_export_personal=may_export(request.user, with_personal=True),
    )
    if form.is_valid():
        try:
            actions.request_export(
                actor=request.user,
                listed=_inquiries_of(listed),
                query=query,
                filters=_filters_for_the_log(listed),
                language=get_language() or settings.LANGUAGE_CODE,
                **{"with_personal": False, **form.cleaned_data},
            )
        except RuleViolation as violation:
            violation.show_on(form)
        else:
            messages.success(
                request, _("The file is being made. You find it here once it is ready.")
            )
            return redirect("admin:inquiry_exports")
    context = {
        **admin.site.each_context(request),
        "title": _("Export the list"),
        "form": form,
        "filters": [(title, label) for title, _name, _value, label in _chosen(listed)],
        "words": listed.query,
        "how_many": listed.result_count,
        "is_cut_off": listed.paginator.is_cut_off,
        "query": query,
    }
    return render(request, "admin/requests_app/inquiry/export.html", context)


@passive
def exports(request: StaffRequest) -> HttpResponse:
    """Show the latest exports of the member of staff, and how far those in the making are.

    The page asks for itself again until they are ready, which keeps no session open.
    """
    if not may_export(request.user):
        raise PermissionDenied
    shown = list(Export.objects.of(request.user)[:MAX_SHOWN])
    context = {
        **admin.site.each_context(request),
        "title": _("My exports"),
        "exports": shown,
        "is_any_unfinished": any(each.is_unfinished for each in shown),
    }
    return render(request, "admin/requests_app/inquiry/exports.html", context)


def export_file(request: StaffRequest, pk: int) -> HttpResponseBase:
    """Return the file as an attachment, to its owner alone and while they have the right."""
    if not may_export(request.user):
        raise PermissionDenied
    found = get_visible(Export.objects.of(request.user), request.user, "export", pk=pk)
    if not may_export(request.user, with_personal=found.with_personal):
        raise PermissionDenied
    if not found.is_ready:
        messages.error(request, _("This file is not there any more, or not yet. Export it again."))
        return redirect("admin:inquiry_exports")
    try:
        file = storages[PRIVATE].open(found.stored_name)
    except FileNotFoundError:
        raise Http404 from None
    if request.method != "HEAD":
        actions.note_download(actor=request.user, export=found)
    response = FileResponse(file, content_type=_CONTENT_TYPES[Export.Format(found.file_format)])
    day = timezone.localdate(found.created_at).isoformat()
    ending = f"{day}-{found.pk}.{found.file_format}"
    response["Content-Disposition"] = content_disposition(
        f"inquiries-{ending}", f"{_('Inquiries')} {ending}"
    )
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return response


def _list_of(user: User, query: str) -> ChangeList:
    """Return the queue as it is for `user` under this query string.

    It is what the page of the queue makes of such a request, so that no row is in a file that is
    not in the list. IncorrectLookupParameters, as for the page.
    """
    request = HttpRequest()
    request.method = "GET"
    request.GET = QueryDict(query)
    request.user = user
    return admin.site.get_model_admin(Inquiry).get_changelist_instance(request)


def _inquiries_of(listed: ChangeList) -> InquiryQuerySet:
    """Return all inquiries of the list in its order; what is searched for comes newest first."""
    inquiries: InquiryQuerySet = listed.queryset
    return inquiries.latest_first() if listed.query else inquiries


def _query_of(request: HttpRequest) -> str:
    """Return the part of the query string that says what is in the list, and in which order."""
    query = request.GET.copy()
    for name in (*_OF_THE_PAGE, SEARCH_VAR):
        query.pop(name, None)
    if words := searched_for(request)[:MAX_QUERY_LENGTH]:
        query[SEARCH_VAR] = words
    return query.urlencode()


def _chosen(listed: ChangeList) -> list[tuple[str, str, str, str]]:
    """Return (title, parameter, value, label) of each filter that a choice was made in."""
    chosen = []
    for spec in listed.filter_specs:
        name = str(spec.expected_parameters()[0])
        for choice in spec.choices(listed):
            value = parameter(str(choice["query_string"]), name)
            if choice["selected"] and value:
                chosen.append((str(spec.title), name, value, str(choice["display"])))
    return chosen


def _filters_for_the_log(listed: ChangeList) -> str:
    """Return the filters by the choices that they offer, and whether something was searched for.

    What somebody typed, into the search or into the address, is not in it.
    """
    chosen = {name: value for _title, name, value, _label in _chosen(listed)}
    return urlencode({**chosen, **({SEARCH_VAR: "yes"} if listed.query else {})})
