"""Pages for people who are signed in."""

from functools import wraps

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied


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
