"""Days as figures and clocks of inquiries count them: from midnight to midnight of the Kingdom."""

import datetime

from django.utils import timezone

DAY = datetime.timedelta(days=1)


def start_of(day: datetime.date) -> datetime.datetime:
    return timezone.make_aware(datetime.datetime.combine(day, datetime.time()))
