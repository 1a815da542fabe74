"""What browsers, search engines and finders of weaknesses ask every site for."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.templatetags.static import static
from django.views.decorators.cache import cache_control

# A search engine has no business behind a sign-in, nor with the slips of people.
_PERSONAL = ("account", "my", "inquiries", "appointments", "check", "staff")
_public = cache_control(public=True, max_age=24 * 60 * 60)


@_public
def robots(request: HttpRequest) -> HttpResponse:
    closed = [
        f"Disallow: /{code}/{part}/" for code, _name in settings.LANGUAGES for part in _PERSONAL
    ]
    return _text("User-agent: *", *closed)


@_public
def favicon(request: HttpRequest) -> HttpResponse:
    return redirect(static("icon.svg"))


def security(request: HttpRequest) -> HttpResponse:
    """Show whom to tell of a weakness (RFC 9116), if the settings name somebody."""
    if not settings.SECURITY_TXT:
        raise Http404
    contact, expires = settings.SECURITY_TXT
    return _text(f"Contact: {contact}", f"Expires: {expires}", "Preferred-Languages: ar, en")


def _text(*lines: str) -> HttpResponse:
    return HttpResponse("\n".join([*lines, ""]), content_type="text/plain; charset=utf-8")
