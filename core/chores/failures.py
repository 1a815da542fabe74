"""What is written down of an exception: where it was raised and its type, never its message.

The message of an exception can hold what people typed; logs and statuses must not.
"""

import logging
import traceback

from django.db import DatabaseError, InterfaceError, connection


def has_lost_database(error: BaseException) -> bool:
    """Return whether the error comes from a connection to the database that is gone."""
    is_of_database = isinstance(error, DatabaseError | InterfaceError)
    return is_of_database and not connection.is_usable()


def describe(error: BaseException) -> str:
    """Return the type of the exception and the place where it was raised."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f" in {frames[-1].filename}, line {frames[-1].lineno}" if frames else ""
    return f"{type(error).__name__}{place}"


def log_failure(logger: logging.Logger, what: str, error: BaseException) -> None:
    """Log that `what` failed, with the traceback of the exception and without its message."""
    frames = "".join(traceback.format_tb(error.__traceback__))
    logger.error("%s failed: %s\n%s", what, type(error).__name__, frames.rstrip())
