"""Switching the language of a page in the middle of its form.

The button in the header sends the form to the same page in the other language. What was typed waits
in the session while the browser is sent there: the page that is then shown answers a GET, so that
the browser can go back to it, and load it again.
"""

from collections.abc import Callable
from typing import Any, TypeVar

from django.http import HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import redirect

# The name of the button, and of the mark in the address of a page that shows what was typed.
SWITCH, TYPED = "switch_language", "typed"
_KEPT = "switched_form"  # its place in the session
# Characters as they are sent, six for a letter of Arabic: the longest form by far is an inquiry's
# description of 4,000 letters.
_MAX_KEPT = 40_000
# Fields that a browser does not fill in again either.
NOT_KEPT = ("csrfmiddlewaretoken", "password", "new_password", "again")
# A form that says who types in it belongs to a page of somebody signed in.
_TYPIST = "typist"

_View = TypeVar("_View", bound=Callable[..., HttpResponseBase])


def without_session(view: _View) -> _View:
    """Decorate the view of a page that sets no cookie: it shows itself what was typed."""
    view.is_without_session = True  # type: ignore[attr-defined]  # the middleware reads it
    return view


class LanguageSwitchMiddleware:
    """Keep what was typed for the page in the other language; it stands after the sign-in.

    A form that is too long for it, and those of the staff site and of pages without a session, are
    answered by their views, which show them as well.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: Any, kwargs: Any
    ) -> HttpResponse | None:
        if getattr(view, "is_without_session", False):
            return None
        if request.method == "POST" and SWITCH in request.POST and not _is_of_staff(request):
            # If their session has ended, the page itself keeps what they have typed.
            has_ended = _TYPIST in request.POST and not request.user.is_authenticated
            return None if has_ended else _keep(request)
        if request.method == "GET" and TYPED in request.GET and _KEPT in request.session:
            page, user, typed = request.session[_KEPT]
            # The next user of this browser must not see what somebody else has typed.
            if (page, user) == (request.path, request.user.pk):
                request.POST = QueryDict(typed)
        return None


def _keep(request: HttpRequest) -> HttpResponse | None:
    typed = request.POST.copy()
    for name in NOT_KEPT:
        typed.pop(name, None)
    encoded = typed.urlencode()
    if len(encoded) > _MAX_KEPT:
        return None
    request.session[_KEPT] = [request.path, request.user.pk, encoded]
    query = request.GET.copy()
    query[TYPED] = "1"
    return redirect(f"{request.path}?{query.urlencode()}")


def _is_of_staff(request: HttpRequest) -> bool:
    return "admin" in request.resolver_match.app_names  # type: ignore[union-attr]  # set for views
