"""What was typed on a form whose session had ended, kept until its owner has signed in again."""

from functools import wraps

from django.contrib import messages
from django.utils.translation import gettext as _

_MAX_KEPT = 20_000  # characters: the longest form by far is an inquiry's description


def keeps_input(page):
    """What is posted without a session can be taken again on the same `page` of the same thing.

    Only for pages of things that have one owner: whoever signs in next in the same browser must
    not come to see it.
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
    """Put the posted fields into the session, for `take_input`."""
    fields = {name: request.POST[name] for name in request.POST if name != "csrfmiddlewaretoken"}
    if sum(map(len, [*fields, *fields.values()])) <= _MAX_KEPT:
        request.session["typed"] = {"place": _place(request, page), "fields": fields}


def take_input(request, page):
    """The fields that were kept for this page, once; None when there are none."""
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
    """The page and what it is about, whatever the language of its address."""
    return [page, *map(str, request.resolver_match.kwargs.values())]
