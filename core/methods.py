"""The methods that a view takes; requests with another one are answered without the view."""

from collections.abc import Callable, Iterable
from typing import Any, TypeVar
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from django.contrib.messages import get_messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _

_View = TypeVar("_View", bound=Callable[..., HttpResponseBase])

READ = ("GET", "HEAD")


def takes(*methods: str) -> Callable[[_View], _View]:
    """Return a decorator that declares the methods of a view; without it, they are READ.

    Without arguments, the view is called for every method.
    """

    def decorate(view: _View) -> _View:
        view.methods = methods  # type: ignore[attr-defined]  # MethodsMiddleware reads it
        return view

    return decorate


takes_form = takes(*READ, "POST")


class MethodsMiddleware:
    """Answer 405 to a method that the view does not take, and 204 to OPTIONS, both with Allow.

    Django's own decorators would answer only after the check for forged forms, which refuses a PUT
    with 403: this middleware stands before it, and after the one of messages.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if request.method == "HEAD":
            # The messages on the page are for the person who gets it.
            get_messages(request).used = False  # type: ignore[union-attr]  # there is a middleware
        return response

    def process_view(
        self,
        request: HttpRequest,
        view: Callable[..., HttpResponseBase],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
    ) -> HttpResponse | None:
        methods = getattr(view, "methods", READ)
        if not methods or request.method in methods:
            return None
        allowed = (*methods, "OPTIONS")
        if request.method == "OPTIONS":
            return HttpResponse(status=204, headers={"Allow": ", ".join(allowed)})
        context = {
            "title": _("This page cannot be used in this way"),
            "advice": _("Find what you are looking for from the home page."),
        }
        response = render(request, "portal/sorry.html", context, status=405)
        response["Allow"] = ", ".join(allowed)
        return response


def answer_head_without_body(application: WSGIApplication) -> WSGIApplication:
    """Wrap a WSGI application so that it sends no body to HEAD, at which gunicorn would warn."""

    def wrapped(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        body = application(environ, start_response)
        if environ["REQUEST_METHOD"] != "HEAD":
            return body
        body.close()  # type: ignore[attr-defined]  # Django's responses have it
        return []

    return wrapped
