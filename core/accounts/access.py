"""The decorator for pages that need an account with an identity."""

from functools import wraps

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied


def resident_required(view):
    """Let only accounts with an identity open the view.

    Visitors without a session are sent to sign in and come back. An account without an identity
    raises PermissionDenied.
    """

    @wraps(view)
    def guarded(request, *args, **kwargs):
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        if request.user.identity_id is None:
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return guarded
