"""Pages for people who are signed in: whose they are, in whose name, and what was typed on them."""

from functools import wraps

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext as _

from core.accounts.models import Identity

_MOST_KEPT = 20_000  # characters: the longest form by far is an inquiry's description


def resident_required(view):
    """Only for accounts with an identity; others sign in first and come back."""

    @wraps(view)
    def guarded(request, *args, **kwargs):
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        if request.user.identity_id is None:
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return guarded


def act_as(request, holder):
    """From here on in this session, act in the name of `holder`; None is oneself."""
    if holder is None:
        request.session.pop("acting_as", None)
    else:
        request.session["acting_as"] = holder.pk


def holder_of(request):
    """In whose name somebody acts: their own identity, or the establishment they have chosen.

    A mandate that has ended since is gone at once, and the person is told.
    """
    if not hasattr(request, "holder"):
        request.holder = _chosen_holder(request) or request.user.identity
    return request.holder


def _chosen_holder(request):
    chosen = request.session.get("acting_as")
    if chosen is None:
        return None
    mandates = Identity.objects.that_can_be_acted_for_by(request.user.identity)
    holder = mandates.filter(pk=chosen).first()
    if holder is None:
        act_as(request, None)
        messages.warning(
            request,
            _("You no longer represent the establishment you acted for. You now act as yourself."),
        )
    return holder


def keeps_typed(page):
    """What is posted without a session can be taken again on the same `page` of the same thing.

    Only for pages of things that have one owner: whoever signs in next in the same browser must
    not come to see it.
    """

    def decorate(view):
        @wraps(view)
        def keeping(request, *args, **kwargs):
            if request.method == "POST" and not request.user.is_authenticated:
                keep_typed(request, page)
            return view(request, *args, **kwargs)

        keeping.keeps_typed = page
        return keeping

    return decorate


def keep_typed(request, page):
    """Put the posted fields into the session, for `take_typed`."""
    fields = {name: request.POST[name] for name in request.POST if name != "csrfmiddlewaretoken"}
    if sum(map(len, [*fields, *fields.values()])) <= _MOST_KEPT:
        request.session["typed"] = {"place": _place(request, page), "fields": fields}


def take_typed(request, page):
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
