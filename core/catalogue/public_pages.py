"""Pages that are the same for everybody: rendered for nobody, and kept until their data change.

A public page depends on its address and on the reference data alone, and with them on the moments
at which something of these begins or ends. Its view gets a request that knows of no cookie,
session, user or message, so that nothing of whoever asks can be on it. Any cache on the way may
hold it until the next such moment, and this process keeps what it has rendered, also compressed. To
open one is no activity of a session, as the portal does not hear of those that a cache has
answered.
"""

import hashlib
import re
from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.gzip import re_accepts_gzip
from django.utils.text import compress_string

from core.http import unless_known
from core.methods import READ
from core.reference_data import seconds_to_next_moment, version

_View = TypeVar("_View", bound=Callable[..., HttpResponse])

MAX_AGE_SECONDS = 60
# The prefix of what this process keeps.
KEPT = "public-page"
# Whatever is not an address of a public page is not looked for.
_PATH = re.compile(r"[\w/-]{1,100}", re.ASCII)
# What an answer says of its own.
_OWN_HEADERS = {"cache-control", "content-length", "vary"}


def public_page(view: _View) -> _View:
    """Decorate the view of a page that is the same for everybody; it answers 200 or raises 404."""
    view.is_public = True  # type: ignore[attr-defined]  # the middleware reads it
    return view


class PublicRequest(HttpRequest):
    """What the view of a public page gets: the address, and nothing of whoever asks for it."""

    is_public = True

    def __init__(self, request: HttpRequest) -> None:
        super().__init__()
        self.method = "GET"
        self.path, self.path_info = request.path, request.path_info
        self.GET = request.GET
        self.META = {"QUERY_STRING": request.META.get("QUERY_STRING", "")}
        self.resolver_match = request.resolver_match


class Page(NamedTuple):
    """A rendered public page, and the version of the reference data that it was made of."""

    version: str
    content: bytes
    compressed: bytes
    headers: dict[str, str]

    @classmethod
    def of(cls, response: HttpResponse, version: str) -> "Page":
        content = response.content
        headers = {k: v for k, v in response.headers.items() if k.lower() not in _OWN_HEADERS}
        headers["Vary"] = "Accept-Encoding"
        # A weak one, as it stands for the compressed bytes too.
        headers["ETag"] = f'W/"{hashlib.blake2b(content, digest_size=16).hexdigest()}"'
        # Without the random length that other pages have: there is no secret to hide.
        return cls(version, content, compress_string(content), headers)

    def answer(self, request: HttpRequest) -> HttpResponse:
        response = HttpResponse(headers=self.headers)
        response.headers["Cache-Control"] = f"public, max-age={_max_age()}"
        if re_accepts_gzip.search(request.META.get("HTTP_ACCEPT_ENCODING", "")):
            response.content = self.compressed
            response.headers["Content-Encoding"] = "gzip"
        else:
            response.content = self.content
        response.headers["Content-Length"] = str(len(response.content))
        return unless_known(request, response)


class PublicPagesMiddleware:
    """Answer with the public page that is kept, or render and keep it.

    It stands inside of what writes headers for every page, and outside of what knows people. Only
    addresses without a query string are kept, so that nobody fills the memory with others.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        key = _key(request)
        page: Page | None = cache.get(key) if key else None
        if page is not None and page.version == version():
            request.get_host()  # raises an error for another name than the portal's
            return page.answer(request)
        response = self.get_response(request)
        made_of = getattr(response, "made_of", None)
        if made_of is None:
            return response
        page = Page.of(response, made_of)  # type: ignore[arg-type]  # set for pages alone
        if key:
            cache.set(key, page)
        return page.answer(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: Any, kwargs: Any
    ) -> HttpResponse | None:
        """Call the view of a public page for nobody; no later middleware hears of it."""
        if not getattr(view, "is_public", False) or request.method not in READ:
            return None
        # Before anything is read: what is read later may only be newer.
        made_of = version() if _key(request) else ""
        response: HttpResponse = view(PublicRequest(request), *args, **kwargs)
        response.made_of = made_of  # type: ignore[attr-defined]  # read above
        return response


def _max_age() -> int:
    """Return for how many seconds a page may be kept elsewhere: never past the next moment."""
    left = seconds_to_next_moment()
    return MAX_AGE_SECONDS if left is None else max(0, min(MAX_AGE_SECONDS, int(left)))


def _key(request: HttpRequest) -> str | None:
    """Return under which key the page is kept; the language is the first part of the path."""
    if request.META.get("QUERY_STRING") or request.method not in READ:
        return None
    path = request.path_info
    return f"{KEPT}:{path}" if _PATH.fullmatch(path) else None
