"""The hours in which times are offered to people who wait, so that no offer wakes anybody.

They are a setting, with hours of their own in Ramadan, and may end after midnight. The hours of an
evening belong to the day on which they began.
"""

import datetime

from django.conf import settings
from django.utils import timezone

from core.hijri import is_ramadan

# The hours of a day: when they begin, and when they end.
Hours = tuple[datetime.datetime, datetime.datetime]


def hours_at(moment: datetime.datetime) -> Hours | None:
    """Return the hours in which `moment` lies, or None outside them."""
    today = timezone.localdate(moment)
    for day in (today - datetime.timedelta(days=1), today):
        begin, end = _hours_of(day)
        if begin <= moment < end:
            return begin, end
    return None


def next_begin(moment: datetime.datetime) -> datetime.datetime:
    """Return when the next hours after `moment` begin."""
    today = timezone.localdate(moment)
    days = (today + datetime.timedelta(days=ahead) for ahead in range(3))
    return next(begin for begin, _end in map(_hours_of, days) if begin > moment)


def last_end(moment: datetime.datetime) -> datetime.datetime:
    """Return when the latest hours before `moment` ended."""
    today = timezone.localdate(moment)
    days = (today - datetime.timedelta(days=ago) for ago in range(3))
    return next(end for _begin, end in map(_hours_of, days) if end <= moment)


def offer_until(now: datetime.datetime) -> datetime.datetime:
    """Return the end of an offer that is made now, within the hours.

    In the last half-hour it is half an hour after the next hours begin, never in the night.
    """
    hours = hours_at(now)
    kept_for = datetime.timedelta(minutes=settings.BOOKING["OFFER_MINUTES"])
    if hours and now + kept_for > hours[1]:
        return next_begin(now) + kept_for
    return now + kept_for


def is_too_soon(start: datetime.datetime, now: datetime.datetime) -> bool:
    """Return whether a time that begins at `start` is offered to nobody.

    Who is offered it needs time to be reached and to change their mind: the hours until which
    an appointment can be changed, counted from now, from the next begin of the hours outside them,
    and from the end of the offer if that lies beyond the night.
    """
    changeable = datetime.timedelta(hours=settings.BOOKING["CHANGE_UNTIL_HOURS"])
    hours = hours_at(now)
    if hours is None:
        return start <= next_begin(now) + changeable
    until = offer_until(now)
    if until > hours[1]:
        return start < until + changeable
    return start <= now + changeable


def _hours_of(day: datetime.date) -> Hours:
    hours = settings.OFFER_HOURS_IN_RAMADAN if is_ramadan(day) else settings.OFFER_HOURS
    opens, closes = hours
    zone = timezone.get_default_timezone()
    begin = datetime.datetime.combine(day, opens, zone)
    end = datetime.datetime.combine(day, closes, zone)
    return begin, end if end > begin else end + datetime.timedelta(days=1)
