"""Which slots belong to the day of an office, which may pass midnight."""

import datetime

from django.db.models import F, Q
from django.utils import timezone

# Until then in the morning the hours of an evening that pass midnight are still at the desk.
NIGHT_ENDS = datetime.time(6)


def of_office_day(now, slot=""):
    """What a desk has to do with now: the hours that begin today, and what is past midnight.

    Who has a place past midnight is of the next day, too; and in the night the whole evening is
    still at the desk, with those who were due before midnight.
    """
    here = timezone.localtime(now)
    midnight = datetime.datetime.combine(here, datetime.time(), here.tzinfo)
    still_here = Q(**{f"{slot}start__gte": midnight})
    if here.time() < NIGHT_ENDS:
        still_here |= Q(**{f"{slot}window__closes__lt": F(f"{slot}window__opens")})
    evening_before = Q(**{f"{slot}day": here.date() - datetime.timedelta(days=1)})
    return Q(**{f"{slot}day": here.date()}) | (evening_before & still_here)
