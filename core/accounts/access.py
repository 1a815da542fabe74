"""Who may open a page: the requests that views of signed-in people get, and their decorator."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse

from core.accounts.models import Identity, User


class SignedInRequest(HttpRequest):
    """A request of somebody signed in; `session_holder` sets `holder` and `represents`."""

    user: User
    holder: Identity
    represents: bool
    is_own_page: bool


class StaffRequest(SignedInRequest):
    """A request of a member of staff."""


def resident_required(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Let only accounts with an identity open the view.

    Visitors who are not signed in are sent to sign in and come back. An account without an identity
    raises PermissionDenied. `is_own_page` tells the template that the page is not a public one.
    """

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        if request.user.identity_id is None:
            raise PermissionDenied
        request.is_own_page = True  # type: ignore[attr-defined]  # a SignedInRequest by now
        return view(request, *args, **kwargs)

    return guarded
