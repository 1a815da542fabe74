"""The question of open pages how long their session still lasts."""

from django.http import HttpRequest, JsonResponse

from core.accounts import idle
from core.methods import takes_form


@takes_form
@idle.passive
def stay(request: HttpRequest) -> JsonResponse:
    """Return the seconds that are left without activity, 0 for visitors; a POST extends them.

    The question alone extends nothing: an open page asks it by itself.
    """
    if request.method == "POST" and request.user.is_authenticated:
        idle.extend(request, at_once=True)
    left = idle.seconds_left(request) if request.user.is_authenticated else None
    return JsonResponse({"seconds_left": left or 0})
