"""The pages for when something is wrong."""

import sys

from django.db import InterfaceError, OperationalError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.views.decorators.csrf import requires_csrf_token

from core.accounts.interrupted_forms import keep_input


@requires_csrf_token
def bad_request(request, exception=None):
    return _error_page(
        request,
        400,
        _("We could not read what was sent"),
        _("Something in it is not valid. Please start again from the home page."),
    )


@requires_csrf_token
def permission_denied(request, exception=None):
    return _error_page(
        request,
        403,
        _("Your account cannot open this page"),
        _("Sign in with an account that can."),
    )


@requires_csrf_token
def csrf_failure(request, reason=""):
    """A page of ours from before the last sign-in is shown again with what was typed on it."""
    page = getattr(request.resolver_match.func, "keeps_input", None)
    if page and request.user.is_authenticated and _comes_from_us(request):
        keep_input(request, page)
        return redirect(request.path)
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
def page_not_found(request, exception=None):
    return _error_page(
        request,
        404,
        _("There is no such page"),
        _("Check the address, or find what you are looking for from the home page."),
    )


def server_error(request):
    """500, or 503 while the database is away; both pages stand alone, in both languages."""
    is_away = isinstance(sys.exc_info()[1], OperationalError | InterfaceError)
    template, status = ("503.html", 503) if is_away else ("500.html", 500)
    return HttpResponse(render_to_string(template), status=status)


def _comes_from_us(request):
    """Told by the browser, which no other site can make say so."""
    return request.headers.get("Sec-Fetch-Site") == "same-origin"


def _error_page(request, status, title, advice):
    context = {"title": title, "advice": advice}
    return render(request, "portal/sorry.html", context, status=status)
