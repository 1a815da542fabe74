"""The error pages."""

import sys

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.views.decorators.csrf import requires_csrf_token

from core.accounts.interrupted_forms import keep_input
from core.exceptions import is_without_database
from core.request_ids import request_in_hand
from core.security_log import Event, note

RETRY_AFTER_SECONDS = 10


@requires_csrf_token
def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _error_page(
        request,
        400,
        _("We could not read what was sent"),
        _("Something in it is not valid. Please start again from the home page."),
    )


@requires_csrf_token
def permission_denied(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    _note_forbidden(request)
    return _error_page(
        request,
        403,
        _("Your account cannot open this page"),
        _("Sign in with an account that can."),
    )


@requires_csrf_token
def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Show a form from before the last sign-in again with its input, or an error page.

    The input is kept only for a signed-in user, on a view that `keeps_input`, and if the request
    comes from a page of the portal.
    """
    page = getattr(
        request.resolver_match.func,  # type: ignore[union-attr]  # CSRF is checked after routing
        "keeps_input",
        None,
    )
    may_keep = request.user.is_authenticated and _is_same_origin(request)
    if page is not None and may_keep and keep_input(request, page):
        return redirect(request.get_full_path())
    return _error_page(
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
def page_not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _error_page(
        request,
        404,
        _("There is no such page"),
        _("Check the address, or find what you are looking for from the home page."),
    )


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer 500, or 503 while the database is down.

    Both pages are in both languages and need no context.
    """
    if is_without_database(sys.exc_info()[1]):
        headers = {"Retry-After": str(RETRY_AFTER_SECONDS)}
        return HttpResponse(render_to_string("503.html"), status=503, headers=headers)
    in_hand = request_in_hand()
    context = {"request_id": in_hand and in_hand.request_id}
    return HttpResponse(render_to_string("500.html", context), status=500)


def _note_forbidden(request: HttpRequest) -> None:
    # Without a database, or before the session has been read, nobody is known.
    user, page = getattr(request, "user", None), request.resolver_match
    kind = page.view_name if page else ""
    note(Event.ACCESS_REFUSED, "forbidden", account=user and user.pk, kind=kind)


def _is_same_origin(request: HttpRequest) -> bool:
    """Return whether the browser says so in Sec-Fetch-Site, which other sites cannot forge."""
    return request.headers.get("Sec-Fetch-Site") == "same-origin"


def _error_page(request: HttpRequest, status: int, title: str, advice: str) -> HttpResponse:
    context = {"title": title, "advice": advice}
    return render(request, "portal/sorry.html", context, status=status)
