"""Form input that is kept when the session has ended, until its owner has signed in again."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext as _

_KEPT = "kept_input"  # its place in the session
_MAX_KEPT = 20_000  # characters: the longest form by far is an inquiry's description
# A field of forms that several users can send: it says for whom the form was made.
_TYPIST = "typist"


def keeps_input(
    page: str,
) -> Callable[[Callable[..., HttpResponse]], Callable[..., HttpResponse]]:
    """Return a decorator that keeps what is posted after the session has ended, for `take_input`.

    `page` is the name under which it is kept. The next user who signs in with the same browser must
    not see the input: unless the object of the page has one owner, the form names its user in a
    field `typist`.
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
    fields = {
        name: values for name, values in request.POST.lists() if name != "csrfmiddlewaretoken"
    }
    if sum(len(text) for name, values in fields.items() for text in (name, *values)) <= _MAX_KEPT:
        request.session[_KEPT] = {"place": _place(request, page), "fields": fields}


def take_input(request: HttpRequest, page: str) -> MultiValueDict[str, str]:
    """Return the fields kept for this page and remove them; none if another user typed them."""
    nothing: MultiValueDict[str, str] = MultiValueDict()
    kept = request.session.get(_KEPT)
    if request.method != "GET" or not kept or kept["place"] != _place(request, page):
        return nothing
    del request.session[_KEPT]
    fields = MultiValueDict(kept["fields"])
    user = str(request.user.pk)
    if fields.get(_TYPIST, user) != user:
        return nothing
    messages.info(
        request,
        _("Your session had ended. What you typed is still here: check it and continue."),
    )
    return fields


def _place(request: HttpRequest, page: str) -> list[str]:
    """Return the page and the arguments of its URL, which do not depend on the language."""
    return [page, *map(str, request.resolver_match.kwargs.values())]  # type: ignore[union-attr]  # set for views
