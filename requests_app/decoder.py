"""Ask the decoder, a process beside the portal, to work on a file: see `decoder_server`."""

import json
import logging
import socket
from collections.abc import Mapping

from django.conf import settings

from requests_app.cleaned import Cleaned
from requests_app.refused import Refused
from requests_app.waiting_threads import one_thread

# Longer than the decoder may take for one file, so that waiting in its queue is included.
TIMEOUT_SECONDS = 30

logger = logging.getLogger(__name__)


def clean(original: bytes, content_type: str) -> Cleaned:
    """Return what the sanitizer makes of an upload.

    Refused with its reason, or `busy`, which says nothing about the file.
    """
    return _ask({"job": "clean", "content_type": content_type}, original)


def picture_of(
    document: bytes, content_type: str, *, page: int, side: int, patience: float = 0
) -> bytes:
    """Return a JPEG of a page of a stored document, at most `side` pixels long.

    Refused `no_such_page`, `busy` after `patience` seconds, or as `clean`.
    """
    asked = {"job": "picture", "content_type": content_type, "page": page, "side": side}
    return _ask(asked, document, patience).content


def _ask(asked: Mapping[str, object], file: bytes, patience: float = 0) -> Cleaned:
    with one_thread(patience):
        try:
            answer = _exchange(json.dumps(asked).encode() + b"\n" + file)
        except OSError as error:
            logger.error("the decoder does not answer: %s", type(error).__name__)
            raise Refused("busy") from None
    refused = json.loads(answer.partition(b"\n")[0] or b'{"refused": "busy"}').get("refused")
    if refused:
        raise Refused(refused)
    return Cleaned.from_bytes(answer)


def _exchange(request: bytes) -> bytes:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(TIMEOUT_SECONDS)
        connection.connect(str(settings.DECODER_SOCKET))
        connection.sendall(request)
        connection.shutdown(socket.SHUT_WR)
        with connection.makefile("rb") as stream:
            return stream.read()
