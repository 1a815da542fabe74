"""Who may open a page: the requests that views of signed-in people get, and their decorator."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse

from core.accounts.models import Identity, User


class SignedInRequest(HttpRequest):
    """A request of somebody signed in; `holder` is set by `session_holder.holder_of`."""

    user: User
    holder: Identity


class StaffRequest(SignedInRequest):
    """A request of a member of staff."""


def resident_required(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Let only accounts with an identity open the view.

    Visitors who are not signed in are sent to sign in and come back. An account without an identity
    raises PermissionDenied.
    """

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        if request.user.identity_id is None:
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return guarded
