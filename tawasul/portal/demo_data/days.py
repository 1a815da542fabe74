"""The days of the demo's past and near future, counted from today."""

import datetime

from django.utils import timezone

from core.catalogue.models import Holiday

DAY = datetime.timedelta(days=1)
# Friday and Saturday.
WEEKEND = (4, 5)


class Days:
    """The working days around today, which itself counts as none of them."""

    def __init__(self, now: datetime.datetime) -> None:
        self.now = now
        self.today = timezone.localdate(now)
        self._holidays = set(Holiday.objects.values_list("day", flat=True))

    def day(self, number: int) -> datetime.date:
        """Return the working day that is `number` working days after today; before, if negative."""
        step = DAY if number > 0 else -DAY
        day = self.today
        for _each in range(abs(number)):
            day += step
            while day.weekday() in WEEKEND or day in self._holidays:
                day += step
        return day

    def at(self, number: int, minutes: float) -> datetime.datetime:
        """Return a moment of the working day `number`, `minutes` after its midnight."""
        return moment(self.day(number), minutes)


def moment(day: datetime.date, minutes: float) -> datetime.datetime:
    """Return the moment of `day` that is `minutes` after its midnight in the Kingdom."""
    midnight = datetime.datetime.combine(day, datetime.time(), timezone.get_default_timezone())
    return midnight + datetime.timedelta(minutes=minutes)
