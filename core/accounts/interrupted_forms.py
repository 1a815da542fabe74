"""Form input that is kept when the session has ended, until its owner has signed in again."""

from functools import wraps

from django.contrib import messages
from django.utils.translation import gettext as _

_MAX_KEPT = 20_000  # characters: the longest form by far is an inquiry's description


def keeps_input(page):
    """Return a decorator that keeps the input posted without a session, for `take_input`.

    `page` is the name under which it is kept. Use it only on pages of objects with one owner: the
    next user who signs in with the same browser must not see the input.
    """

    def decorate(view):
        @wraps(view)
        def keeping(request, *args, **kwargs):
            if request.method == "POST" and not request.user.is_authenticated:
                keep_input(request, page)
            return view(request, *args, **kwargs)

        keeping.keeps_input = page
        return keeping

    return decorate


def keep_input(request, page):
    """Store the posted fields in the session, for `take_input`."""
    fields = {name: request.POST[name] for name in request.POST if name != "csrfmiddlewaretoken"}
    if sum(map(len, [*fields, *fields.values()])) <= _MAX_KEPT:
        request.session["typed"] = {"place": _place(request, page), "fields": fields}


def take_input(request, page):
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


def _place(request, page):
    """Return the page and the arguments of its URL, which do not depend on the language."""
    return [page, *map(str, request.resolver_match.kwargs.values())]
