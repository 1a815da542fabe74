"""The day of an office, which may pass midnight."""

import datetime

from django.db.models import F, Q
from django.utils import timezone

# Until this time in the morning, last evening's hours that pass midnight are at the desk.
NIGHT_ENDS = datetime.time(6)
# For this long after its end the desk can still mark an appointment: until late in that evening.
DESK_HOURS = datetime.timedelta(hours=12)


def office_day_q(now: datetime.datetime, slot: str = "") -> Q:
    """Return the condition for slots at the desk now: those of today, and of hours past midnight.

    A slot past midnight is at the desk on the next day, too; and in the night the whole evening is
    still at the desk, with people who were due before midnight. `slot` is the prefix of lookups
    from a row to its slot.
    """
    here = timezone.localtime(now)
    midnight = datetime.datetime.combine(here, datetime.time(), here.tzinfo)
    still_here = Q(**{f"{slot}start__gte": midnight})
    if here.time() < NIGHT_ENDS:
        still_here |= Q(**{f"{slot}window__closes__lt": F(f"{slot}window__opens")})
    evening_before = Q(**{f"{slot}day": here.date() - datetime.timedelta(days=1)})
    return Q(**{f"{slot}day": here.date()}) | (evening_before & still_here)
