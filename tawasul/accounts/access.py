"""Pages for people who are signed in with an identity, and what was typed when a session ended."""

from functools import wraps

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext as _

_MOST_KEPT = 20_000  # characters: the longest form by far is an inquiry's description


def resident_required(view):
    """Only for accounts with an identity; others sign in first, and keep what they had typed."""

    @wraps(view)
    def guarded(request, *args, **kwargs):
        if not request.user.is_authenticated:
            if request.method == "POST":
                _keep_typed(request)
            return redirect_to_login(request.get_full_path())
        if request.user.identity_id is None:
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return guarded


def take_typed(request):
    """What was typed on this page when the session had ended, once; None when there is nothing.

    It was kept in the session of whoever typed it, and only for this page: another person who
    signs in in the same browser reaches no page where it could be shown.
    """
    typed = request.session.get("typed")
    if not typed or typed["place"] != _place(request):
        return None
    del request.session["typed"]
    messages.info(
        request,
        _("Your session had ended. What you typed is still here: check it and continue."),
    )
    return typed["fields"]


def _keep_typed(request):
    fields = {name: request.POST[name] for name in request.POST if name != "csrfmiddlewaretoken"}
    if not request.FILES and sum(map(len, fields.values())) <= _MOST_KEPT:
        request.session["typed"] = {"place": _place(request), "fields": fields}


def _place(request):
    """The page, whatever the language of its address."""
    match = request.resolver_match
    return [match.view_name, match.kwargs]
