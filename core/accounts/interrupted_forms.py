"""Form input that is kept when the session has ended, until its owner has signed in again."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

_MAX_KEPT = 20_000  # characters: the longest form by far is an inquiry's description


def keeps_input(
    page: str,
) -> Callable[[Callable[..., HttpResponse]], Callable[..., HttpResponse]]:
    """Return a decorator that keeps what is posted after the session has ended, for `take_input`.

    `page` is the name under which it is kept. Use it only on pages of objects with one owner: the
    next user who signs in with the same browser must not see the input.
    """

    def decorate(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        @wraps(view)
        def keeping(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if request.method == "POST" and not request.user.is_authenticated:
                keep_input(request, page)
            return view(request, *args, **kwargs)

        keeping.keeps_input = page  # type: ignore[attr-defined]  # error_pages reads it
        return keeping

    return decorate


def keep_input(request: HttpRequest, page: str) -> None:
    """Store the posted fields in the session, for `take_input`."""
    fields = {name: request.POST[name] for name in request.POST if name != "csrfmiddlewaretoken"}
    if sum(map(len, [*fields, *fields.values()])) <= _MAX_KEPT:
        request.session["typed"] = {"place": _place(request, page), "fields": fields}


def take_input(request: HttpRequest, page: str) -> dict[str, Any] | None:
    """Return the fields kept for this page and remove them; None if there are none."""
    typed = request.session.get("typed")
    if request.method != "GET" or not typed or typed["place"] != _place(request, page):
        return None
    del request.session["typed"]
    messages.info(
        request,
        _("Your session had ended. What you typed is still here: check it and continue."),
    )
    return typed["fields"]


def _place(request: HttpRequest, page: str) -> list[str]:
    """Return the page and the arguments of its URL, which do not depend on the language."""
    return [page, *map(str, request.resolver_match.kwargs.values())]  # type: ignore[union-attr]  # set for views
