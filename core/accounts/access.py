"""Who may open a page: the requests that views of signed-in people get, and their decorator."""

from collections.abc import Callable
from functools import partial, wraps
from typing import Any, TypeVar

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse

from core.accounts.interrupted_forms import give_back, keep_input
from core.accounts.models import Identity, User
from core.security_log import Event, note

_Row = TypeVar("_Row", bound=Model)


class SignedInRequest(HttpRequest):
    """A request of somebody signed in; `session_holder` sets `holder`."""

    user: User
    holder: Identity
    is_own_page: bool
    at_counter: User  # for whom a clerk prepares an inquiry, on the pages for that
    is_read_by_person: bool  # at the screen of the clerk


class StaffRequest(SignedInRequest):
    """A request of a member of staff."""


def resident_required(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Let only accounts with an identity open the view.

    Visitors who are not signed in are sent to sign in and come back; what they sent is kept, and
    shown then. An account without an identity raises PermissionDenied. `is_own_page` tells the
    template that the page is not a public one.
    """

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.is_authenticated:
            if request.method == "POST":
                keep_input(request)
            return redirect_to_login(request.get_full_path())
        if request.user.identity_id is None:
            raise PermissionDenied
        request.is_own_page = True  # type: ignore[attr-defined]  # a SignedInRequest by now
        return give_back(request, partial(view, request, *args, **kwargs))

    guarded.keeps_input = ""  # type: ignore[attr-defined]  # error_pages reads it
    return guarded


def not_theirs(user: User, kind: str, reference: str = "") -> Http404:
    """Return the 404 for something that exists and that `user` may not see, and note it."""
    note(Event.ACCESS_REFUSED, "not_theirs", account=user.pk, kind=kind, reference=reference)
    return Http404()


def get_visible(
    visible: QuerySet[_Row], user: User, kind: str, *, reference: str = "", **lookup: Any
) -> _Row:
    """Return the row of `visible`, what `user` may see; raise the same 404 for any other.

    One that exists elsewhere in the table is noted. Its reference is its own, or that of the case
    that it is looked for in.
    """
    row = visible.filter(**lookup).first()
    if row is not None:
        return row
    hidden = visible.model._default_manager.filter(**lookup).first()
    if hidden is None:
        raise Http404
    raise not_theirs(user, kind, reference or getattr(hidden, "reference", ""))
