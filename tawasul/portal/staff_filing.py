"""The pages of the staff site on which a clerk prepares an inquiry with a person at the counter.

After the document they are the pages on which everybody files, at addresses of their own: see
docs/decisions/prepared-at-the-counter.md.
"""

from collections.abc import Callable
from functools import partial, wraps
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _

from core.accounts.access import StaffRequest, get_visible
from core.accounts.models import Identity, PersonOpening, User
from core.exceptions import RuleViolation
from core.http import in_language
from core.methods import takes_form
from requests_app import actions
from requests_app.downloads import download, opened, preview
from requests_app.models import Inquiry
from requests_app.views import filing
from requests_app.views.access import address_of
from tawasul.portal.counter import PREPARE, works_at_counter
from tawasul.portal.counter_forms import DocumentForm

_View = Callable[..., HttpResponseBase]
_SEEN = "seen_at_counter"  # in the session: whose document the clerk has seen, and which it is
# The pages that the person reads and types on, at the screen of the clerk.
_OF_THE_PERSON = {"review", "confirm", "receipt"}


def urls(admin_view: Callable[..., _View]) -> list[URLPattern]:
    """Return the routes of the steps, which have the names of those on which everybody files."""

    def of_document(how: Callable[..., HttpResponseBase]) -> _View:
        return admin_view(_prepared(partial(_document, how=how)))

    document = "<reference:reference>/documents/<int:pk>/"
    return [
        path("", admin_view(_at_counter(_list)), name="list"),
        path("new/", takes_form(admin_view(_with_seen_person(_new))), name="new"),
        path("new/person/", takes_form(admin_view(_with_seen_person(_find))), name="new-person"),
        *filing.steps_of_draft(lambda view: admin_view(_draft_step(view)), filing.subject),
        path(document, of_document(download), name="document"),
        path(f"{document}preview/", of_document(preview), name="preview"),
        path("<reference:reference>/receipt/", admin_view(_prepared(_receipt)), name="receipt"),
    ]


def _at_counter(view: _View) -> _View:
    """Let only those open the view who prepare inquiries."""

    @wraps(view)
    def guarded(request: StaffRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not works_at_counter(request.user, PREPARE):
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return guarded


def _for_person(request: StaffRequest, applicant: User) -> None:
    """Let the page be one for `applicant`, who files as themselves."""
    request.at_counter = applicant
    request.holder = applicant.identity  # type: ignore[assignment]  # a resident
    page = request.resolver_match.url_name  # type: ignore[union-attr]  # set for views
    request.is_read_by_person = page in _OF_THE_PERSON


@takes_form
@_at_counter
def begin(request: StaffRequest, pk: int) -> HttpResponse:
    """Ask for the document of the person whose page is open, before anything else of theirs."""
    people = Identity.objects.unrelated_to(request.user.identity)
    person = get_visible(people, request.user, "person", pk=pk)
    if not _has_open(request.user, person):
        return redirect("admin:person", pk)
    form = DocumentForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            actions.begin_preparing(actor=request.user, person=person, **form.cleaned_data)
        except RuleViolation as violation:
            violation.show_on(form)
        else:
            request.session[_SEEN] = {"person": person.pk, **form.cleaned_data}
            return redirect("prepare:new")
    title = _("Prepare an inquiry")
    context = {"title": title, "form": form, "person": person, **admin.site.each_context(request)}
    return render(request, "admin/counter/prepare.html", context)


def _has_open(staff: User, person: Identity) -> bool:
    return PersonOpening.objects.still_open(staff=staff, person=person).exists()


def _with_seen_person(view: Callable[..., HttpResponse]) -> _View:
    """Pass on what prepares for the person whose document was seen and whose page is still open."""

    @wraps(view)
    def guarded(request: StaffRequest) -> HttpResponse:
        seen = request.session.get(_SEEN, {})
        account = (
            User.objects.select_related("identity").filter(identity=seen.get("person")).first()
        )
        person = account.identity if account else None
        if account is None or person is None or not _has_open(request.user, person):
            messages.warning(
                request, _("The page of this person is not open any more. Begin again from it.")
            )
            return redirect("admin:people")
        _for_person(request, account)
        return view(request, partial(actions.prepare, **{**seen, "person": person}))

    return _at_counter(guarded)


def _new(request: StaffRequest, prepare: Callable[..., Inquiry]) -> HttpResponse:
    return filing.new(request, start=prepare)


def _find(request: StaffRequest, _prepare: Callable[..., Inquiry]) -> HttpResponse:
    return filing.new_person(request)


def _prepared(view: Callable[..., HttpResponseBase]) -> _View:
    """Pass on an inquiry that this clerk prepares, or that was sent while they did."""

    @wraps(view)
    def guarded(request: StaffRequest, reference: str, **kwargs: Any) -> HttpResponseBase:
        mine = Inquiry.objects.filter(prepared_by=request.user).select_related(
            "applicant__identity", "holder", "beneficiary"
        )
        inquiry = get_visible(mine, request.user, "inquiry", reference__exact=reference)
        if not inquiry.is_in_preparation_by(request.user):
            messages.warning(request, actions.preparation_is_over().message)
            return redirect("admin:index")
        _for_person(request, inquiry.applicant)
        return view(request, inquiry, **kwargs)

    return _at_counter(guarded)


def _draft_step(view: Callable[..., HttpResponse]) -> _View:
    """Pass on a draft; lead to its receipt once it is sent."""

    @wraps(view)
    def step(request: StaffRequest, inquiry: Inquiry) -> HttpResponse:
        if not inquiry.is_draft:
            return redirect(address_of(request, "receipt", inquiry.reference))
        return view(request, inquiry)

    return _prepared(step)


def _document(
    request: StaffRequest, inquiry: Inquiry, pk: int, how: Callable[..., HttpResponseBase]
) -> HttpResponseBase:
    documents = actions.rights_of(request.user, inquiry).documents()
    return opened(request, get_visible(documents, request.user, "document", pk=pk), how)


def _receipt(request: StaffRequest, inquiry: Inquiry) -> HttpResponse:
    """Show what the person takes with them, and nothing of what they have sent."""
    if inquiry.is_draft:
        return redirect(address_of(request, "details", inquiry.reference))
    context = {
        "inquiry": inquiry,
        "documents": inquiry.attachments.sent().count(),
        # The clerk goes on in their own language.
        "back_at": in_language(reverse("admin:index"), request.user.language),
    }
    return render(request, "inquiries/receipt.html", context)


def _list(request: StaffRequest) -> HttpResponse:
    return redirect("admin:index")
