"""Rows that seldom change, kept in the process: services, regions, offices, hours.

Pages read them here, without a statement. What is written or booked asks the database itself,
because these rows may be ten seconds old.
"""

import datetime
import hashlib
import time
from bisect import bisect_right
from collections.abc import Iterable
from threading import Lock
from typing import Any, Generic, TypeVar, cast

from django.db import models
from django.db.models.fields.related_descriptors import ForwardManyToOneDescriptor
from django.utils import timezone

# Within this time a change reaches every process.
MAX_AGE = 10  # seconds

_Row = TypeVar("_Row", bound=models.Model)

_all: "list[ReferenceData[Any]]" = []


class ReferenceData(Generic[_Row]):
    """The rows of one model in its order, read at most every ten seconds.

    It is an attribute of the model, such as `cached = ReferenceData("documents")`, with the
    relations to read beside each row, and the fields with the `moments` at which a page made of
    the rows becomes another. All threads share the rows, and nobody changes them.
    """

    def __init__(self, *relations: str, moments: Iterable[str] = ()) -> None:
        self._relations, self._moment_fields = relations, tuple(moments)
        self._reading = Lock()
        self.forget()

    def contribute_to_class(self, model: type[_Row], name: str) -> None:
        self._model = model
        setattr(model, name, self)
        _all.append(self)

    def all(self) -> list[_Row]:
        """Return all rows; the list is the caller's own."""
        return list(self._fresh().values())

    def get(self, pk: Any) -> _Row | None:
        return self._fresh().get(pk)

    def with_slug(self, slug: str | None) -> _Row | None:
        rows = self._fresh().values()
        return next((row for row in rows if row.slug == slug), None)  # type: ignore[attr-defined]  # who asks has slugs

    @property
    def version(self) -> str:
        """A digest of the rows, with the number of their moments that have passed."""
        self._fresh()
        return f"{self._version}:{bisect_right(self._moments, timezone.now())}"

    @property
    def next_moment(self) -> datetime.datetime | None:
        """The next moment at which the version becomes another one without a change of rows."""
        self._fresh()
        moments = self._moments
        ahead = bisect_right(moments, timezone.now())
        return moments[ahead] if ahead < len(moments) else None

    def forget(self) -> None:
        """Let the rows be read anew when they are asked for."""
        self._rows: dict[Any, _Row] = {}
        self._moments: list[datetime.datetime] = []
        self._version = ""
        self._read_at = -float(MAX_AGE)

    def _fresh(self) -> dict[Any, _Row]:
        if time.monotonic() - self._read_at >= MAX_AGE:
            with self._reading:
                if time.monotonic() - self._read_at >= MAX_AGE:
                    self._read()
        return self._rows

    def _read(self) -> None:
        now = time.monotonic()
        rows = list(self._model._default_manager.prefetch_related(*self._relations))
        text = repr([self._values_of(row) for row in rows])
        self._version = hashlib.sha256(text.encode()).hexdigest()
        self._moments = sorted(getattr(row, name) for row in rows for name in self._moment_fields)
        self._rows = {row.pk: row for row in rows}
        self._read_at = now

    def _values_of(self, row: _Row) -> list[Any]:
        own = [getattr(row, field.attname) for field in row._meta.concrete_fields]
        related = [[each.pk for each in getattr(row, name).all()] for name in self._relations]
        return own + related


def version() -> str:
    """Return a text that is another one after any change of these rows, and after each moment."""
    return hashlib.sha256("".join(each.version for each in _all).encode()).hexdigest()


def seconds_to_next_moment() -> float | None:
    """Return how long the version stays what it is if no row changes; None for ever."""
    moments = [moment for each in _all if (moment := each.next_moment)]
    return (min(moments) - timezone.now()).total_seconds() if moments else None


def forget() -> None:
    """Let everything be read anew when it is asked for."""
    for each in _all:
        each.forget()


class _Cached(ForwardManyToOneDescriptor):
    """Finds the row in the cache of the process, and in the database one that is newer."""

    def get_object(self, instance: models.Model) -> models.Model:
        model = cast(Any, self.field.remote_field.model)
        row = model.cached.get(getattr(instance, self.field.attname))
        return row or super().get_object(instance)


class ReferenceForeignKey(models.ForeignKey):
    """A foreign key to a row of reference data, which no page has to join or to read.

    In the database it is any foreign key, and a join reads the row from there.
    """

    forward_related_accessor_class = _Cached

    def deconstruct(self) -> Any:
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.ForeignKey", args, kwargs
