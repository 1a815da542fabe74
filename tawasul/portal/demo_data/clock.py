"""The clock of the demo's past."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, tzinfo
from typing import Self
from unittest.mock import patch

from django.utils import timezone


@contextmanager
def clock_at(moment: datetime) -> Iterator[None]:
    """Let `timezone.now` return `moment`, which has a time zone, in this process.

    The class that it asks is replaced, and not the function: the models' `default=timezone.now`
    holds the function itself.
    """

    class Moved(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Self:
            return moment.astimezone(tz)  # type: ignore[return-value]  # a datetime is meant

    with patch.object(timezone, "datetime", Moved):
        yield
