"""In whose name somebody acts in this session: their own, or an establishment's."""

from django.contrib import messages
from django.utils.translation import gettext as _

from core.accounts.models import Identity


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
    mandates = Identity.objects.establishments_represented_by(request.user.identity)
    holder = mandates.filter(pk=chosen).first()
    if holder is None:
        act_as(request, None)
        messages.warning(
            request,
            _("You no longer represent the establishment you acted for. You now act as yourself."),
        )
    return holder
