"""When an office is open and what it serves, in words, for who chooses one."""

import datetime
from collections.abc import Collection, Iterable
from itertools import chain
from typing import NamedTuple

from appointments.models import Office, OpeningWindow, cached_windows_of, weekdays_in_words
from core.catalogue.models import Service


class Hours(NamedTuple):
    """Opening hours on some weekdays, and the season if they are those of Ramadan."""

    weekdays: str
    times: str
    season: str


def windows_open_on(office: Office, days: Collection[datetime.date]) -> list[OpeningWindow]:
    """Return the windows of the office that are open on one of `days`, by their start."""
    return [each for each in cached_windows_of(office) if any(map(each.is_open_on, days))]


def hours_in(windows: Iterable[OpeningWindow]) -> list[Hours]:
    """Return their hours, each once, as parallel windows have the same."""
    hours = (
        Hours(
            weekdays_in_words(each.weekdays),
            str(each),
            str(each.get_season_display()) if each.season == each.Season.RAMADAN else "",
        )
        for each in windows
    )
    return list(dict.fromkeys(hours))


def services_in(windows: Iterable[OpeningWindow]) -> list[Service]:
    """Return the services that they name, or none if one takes all that can be booked."""
    named = [list(each.services.all()) for each in windows]
    return list(dict.fromkeys(chain.from_iterable(named))) if all(named) else []
