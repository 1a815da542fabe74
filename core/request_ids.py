"""The id of each request, by which a line of the log is found from what a person was shown."""

import logging
import secrets
from collections.abc import Callable
from contextvars import ContextVar
from typing import NamedTuple

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from core.http import client_network

HEADER = "X-Request-ID"
_KEY = "tawasul.request_id"


class InHand(NamedTuple):
    """What the log tells of the request that this thread answers."""

    request_id: str
    network: str


_in_hand: ContextVar[InHand | None] = ContextVar("request_in_hand", default=None)


def request_in_hand() -> InHand | None:
    """Return the request that this thread answers; None in the worker and in commands."""
    return _in_hand.get()


def new_request_id() -> str:
    """Return sixteen random digits in groups of four, as people read them out on the phone.

    They have four digits more than a reference, and no group is as long as a number of a person or
    a code: a log can be searched for those.
    """
    return "-".join(f"{secrets.randbelow(10**4):04}" for _group in range(4))


def give_request_id(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Give each request an id of the portal's own, and send it with the response.

    An id that comes with a request is never taken, as the portal cannot tell whether a proxy or the
    client has written it. A proxy logs the one of the response.
    """

    def middleware(request: HttpRequest) -> HttpResponseBase:
        request_id = request.META[_KEY] = new_request_id()
        before = _in_hand.set(InHand(request_id, client_network(request)))
        try:
            response = get_response(request)
        finally:
            _in_hand.reset(before)
        response.headers[HEADER] = request_id
        return response

    return middleware


class AddRequestId(logging.Filter):
    """Give each record of a log the `request_id` of its request, or "-" if there is none."""

    def filter(self, record: logging.LogRecord) -> bool:
        # Django logs a refused request after the last middleware, and passes the request with it.
        meta = getattr(getattr(record, "request", None), "META", {})
        in_hand = request_in_hand()
        record.request_id = meta.get(_KEY) or (in_hand.request_id if in_hand else "-")
        return True
