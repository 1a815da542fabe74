"""What the portal writes to its logs, and what it keeps out of them."""

import logging
import sys
import traceback
from collections.abc import Iterator
from types import TracebackType

from django.db import Error


class Refusals(logging.Filter):
    """Log a refused request (4xx) in one line, without a traceback and without what it sent.

    Of a suspicious request, Django logs the header or the lookup that it objects to. The name of
    the logger says what was wrong, and the path where.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        if not 400 <= getattr(record, "status_code", 0) < 500:
            return True
        record.exc_info = record.exc_text = None
        if record.name.startswith("django.security."):
            path = record.request.path  # type: ignore[attr-defined]  # comes with the status
            record.msg, record.args = path.encode("unicode_escape").decode(), ()
        return True


class WithoutMessages(logging.Formatter):
    """A formatter that shows where an exception was raised and its type, but never its message.

    The message can hold what people typed, and PostgreSQL quotes rows in the DETAIL of its errors.
    """

    def format(self, record: logging.LogRecord) -> str:
        # Another handler may have left its own text of the exception.
        record.exc_text = None
        return super().format(record)

    def formatException(self, ei: object) -> str:
        error = ei[1]  # type: ignore[index]  # the triple of sys.exc_info()
        return without_message(error)


def without_message(error: BaseException) -> str:
    """Return the traceback of the error and of those that led to it, without their messages."""
    parts = []
    for each in reversed(list(_chain(error))):
        frames = "".join(traceback.format_tb(each.__traceback__))
        parts.append(f"Traceback (most recent call last):\n{frames}{_name(each)}")
    return "\nwhich led to\n".join(parts)


def cut_database_errors(
    kind: type[BaseException], error: BaseException, frames: TracebackType | None
) -> None:
    """Print an uncaught error of a command; one of the database without its message."""
    if any(isinstance(each, Error) for each in _chain(error)):
        print(without_message(error), file=sys.stderr)  # noqa: T201
    else:
        sys.__excepthook__(kind, error, frames)


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """Yield the error, and then each one that it came from."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def _name(error: BaseException) -> str:
    """Return the type of the error; of one of PostgreSQL also its code and the constraint."""
    words = [getattr(error, "pgcode", None)]
    words.append(getattr(getattr(error, "diag", None), "constraint_name", None))
    known = ", ".join(word for word in words if word)
    name = f"{type(error).__module__}.{type(error).__qualname__}".removeprefix("builtins.")
    return f"{name} ({known})" if known else name


CONFIG = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {
        "refusals": {"()": Refusals},
        "request_id": {"()": "core.request_ids.AddRequestId"},
    },
    "formatters": {
        "plain": {
            "()": WithoutMessages,
            "format": "{asctime} {request_id} {levelname} {name}: {message}",
            "style": "{",
        },
        "json": {"()": "core.security_log.JsonLine"},
    },
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "filters": ["refusals", "request_id"],
            "formatter": "plain",
        },
        "security": {
            "class": "logging.StreamHandler",
            "stream": "ext://sys.stdout",
            "formatter": "json",
        },
    },
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {
        "django": {"handlers": [], "level": "WARNING", "propagate": True},
        # It tells of each request that waits for a thread.
        "waitress.queue": {"level": "ERROR"},
        "tawasul.security": {"handlers": ["security"], "level": "INFO", "propagate": False},
    },
}
