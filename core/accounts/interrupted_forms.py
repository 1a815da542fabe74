"""Form input that is kept when the session has ended, until its owner has signed in again."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.utils.datastructures import MultiValueDict
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from core.language_switch import NOT_KEPT, SWITCH

_Response = TypeVar("_Response", bound=HttpResponseBase)

_KEPT = "kept_input"  # its place in the session
_MAX_KEPT = 20_000  # characters: the longest form by far is an inquiry's description
# A field of each form: it says for whom the form was made. The next user who signs in with the same
# browser must not see the input.
TYPIST = "typist"


def keeps_input(
    page: str,
) -> Callable[[Callable[..., HttpResponse]], Callable[..., HttpResponse]]:
    """Return a decorator that keeps what is posted after the session has ended, for `take_input`.

    `page` is the name under which it is kept. Pages for residents need no decorator, and take
    nothing: see `give_back`.
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


def keep_input(request: HttpRequest, page: str = "") -> bool:
    """Store the posted fields in the session under the name of the view, or of `page`.

    Return whether there was anything to keep: passwords, codes and files never are, nor is a button
    alone, whose form names no typist.
    """
    # A code is of the session that has ended.
    not_kept = (*NOT_KEPT, "code")
    fields = {name: values for name, values in request.POST.lists() if name not in not_kept}
    is_typed = any(any(values) for name, values in fields.items() if name != TYPIST)
    size = sum(len(text) for name, values in fields.items() for text in (name, *values))
    if TYPIST not in fields or not is_typed or size > _MAX_KEPT:
        return False
    request.session[_KEPT] = {
        "place": _place(request, page),
        "fields": fields,
        "has_files": bool(request.FILES),
    }
    if not request.user.is_authenticated:
        kept = _("Your session has ended. What you typed is kept: sign in to go on.")
        messages.info(request, kept)
    return True


def take_input(request: HttpRequest, page: str) -> MultiValueDict[str, str]:
    """Return the fields kept for this page and remove them; none if another user typed them."""
    kept = _kept_for(request, page)
    if kept is None:
        return MultiValueDict()
    del request.session[_KEPT]
    messages.info(request, told_of(kept))
    return MultiValueDict(kept["fields"])


def give_back(
    request: HttpRequest, show: Callable[[], _Response], *, as_post: bool = False
) -> _Response:
    """Return what `show` does, with the fields that were kept for this page if there are any.

    The page shows them as it shows a form in which the language is switched: nothing is done with
    them. They are kept until it has: on the way to it, one may have to choose in whose name one
    acts, or verify one's data. With `as_post`, the page is one of Django's admin, which shows what
    was sent only in answer to a POST.
    """
    kept = _kept_for(request)
    if kept is None:
        return show()
    typed = QueryDict(mutable=True)
    for name, values in kept["fields"].items():
        typed.setlist(name, values)
    typed[SWITCH] = get_language() or ""
    request.POST = typed  # type: ignore[assignment]  # as if it had been sent
    if as_post:
        request.method = "POST"
    request.told_of_input = told_of(kept)  # type: ignore[attr-defined]  # a notice on the page
    response = show()
    if response.status_code == 200:
        del request.session[_KEPT]
    return response


def told_of(kept: dict[str, Any]) -> str:
    if kept["has_files"]:
        return _(
            "Your session had ended. What you typed is still here: check it and continue. Choose "
            "the files again."
        )
    return _("Your session had ended. What you typed is still here: check it and continue.")


def _kept_for(request: HttpRequest, page: str = "") -> dict[str, Any] | None:
    kept: dict[str, Any] | None = request.session.get(_KEPT)
    if request.method != "GET" or not kept or kept["place"] != _place(request, page):
        return None
    if kept["fields"][TYPIST] == [str(request.user.pk)]:
        return kept
    del request.session[_KEPT]
    return None


def _place(request: HttpRequest, page: str) -> list[str]:
    """Return the page and the arguments of its URL, which do not depend on the language."""
    here = request.resolver_match
    return [page or here.view_name, *map(str, here.kwargs.values())]  # type: ignore[union-attr]  # set for views
