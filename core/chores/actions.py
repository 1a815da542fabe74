"""Running the chores that are due, one worker at a time each."""

import logging
from collections.abc import Callable, Collection, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db import connection
from django.utils import timezone

from core.chores.failures import describe, has_lost_database, log_failure
from core.chores.models import Chore

logger = logging.getLogger(__name__)
# A worker that is killed keeps its chore for this long; a run makes way sooner (see `Step`).
LEASE = timedelta(minutes=1)

# {name: (the time between two runs, the function)}
Chores = Mapping[str, tuple[timedelta, Callable[[], object]]]


class Lease(NamedTuple):
    """The right to run a chore, until a moment at which other workers may run it."""

    name: str
    until: datetime


def register(names: Collection[str]) -> None:
    """Make the rows of these chores, and delete those of chores that no longer exist."""
    Chore.objects.bulk_create([Chore(name=name) for name in names], ignore_conflicts=True)
    Chore.objects.exclude(name__in=names).delete()


def lease_next(chores: Chores) -> Lease | None:
    """Lease the chore that has been due longest to this worker; return None if none is due."""
    now = timezone.now()
    for chore in Chore.objects.filter(name__in=chores).due(now):
        # The worker that updates the row first has the chore; the others go on to the next one.
        seen = Chore.objects.filter(pk=chore.pk, next_run_at=chore.next_run_at)
        if seen.filter(leased_until=chore.leased_until).update(leased_until=now + LEASE):
            return Lease(chore.name, now + LEASE)
    return None


def run(chores: Chores, lease: Lease) -> None:
    """Run a leased chore and set its next run, whatever happens."""
    every, do = chores[lease.name]
    try:
        do()
    except Exception as error:
        log_failure(logger, f"chore {lease.name}", error)
        if has_lost_database(error):
            # It may be back already, and then another connection is made.
            connection.close()
        outcome = {"failed_at": timezone.now(), "failure": describe(error)[-200:]}
    else:
        outcome = {"ran_at": timezone.now()}
    # If the lease has ended, the chore is another worker's by now.
    leased = Chore.objects.filter(name=lease.name, leased_until=lease.until)
    leased.update(leased_until=None, next_run_at=timezone.now() + every, **outcome)


def next_due(chores: Chores) -> datetime:
    """Return the moment at which the next chore is due."""
    moments = Chore.objects.filter(name__in=chores).values_list("next_run_at", "leased_until")
    return min(max(filter(None, row)) for row in moments)


def hurry(name: str) -> None:
    """Make a chore due now."""
    now = timezone.now()
    Chore.objects.filter(name=name, next_run_at__gt=now).update(next_run_at=now)


def note_alive(name: str) -> None:
    """Note that what `name` stands for, which is no periodic task, has just run."""
    Chore.objects.filter(name=name).update(ran_at=timezone.now())
