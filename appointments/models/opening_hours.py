"""Weekly opening hours of offices."""

import datetime
from collections.abc import Collection, Iterator

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext, pgettext
from django.utils.translation import gettext_lazy as _

from appointments.models.offices import Office
from core.catalogue.models import Service
from core.hijri import is_ramadan
from core.reference_data import ReferenceData, ReferenceForeignKey


class Weekday(models.IntegerChoices):
    """Weekdays, numbered as by `date.weekday`, in the order of the Kingdom's week."""

    SUNDAY = 6, _("Sunday")
    MONDAY = 0, _("Monday")
    TUESDAY = 1, _("Tuesday")
    WEDNESDAY = 2, _("Wednesday")
    THURSDAY = 3, _("Thursday")
    FRIDAY = 4, _("Friday")
    SATURDAY = 5, _("Saturday")


def weekdays_in_words(days: Collection[int]) -> str:
    """Return the names of weekdays in their order; of three or more in a row, both ends."""
    places = sorted(map(Weekday.values.index, days))
    names = [str(Weekday.labels[place]) for place in places]
    if len(places) == len(Weekday):
        return gettext("every day")
    if len(places) > 2 and places[-1] - places[0] == len(places) - 1:
        return gettext("%(first)s to %(last)s") % {"first": names[0], "last": names[-1]}
    return pgettext("between the items of a list", ", ").join(names)


class OpeningWindow(models.Model):
    """Weekly opening hours; a window that closes before it opens ends on the next day."""

    class Season(models.TextChoices):
        ALWAYS = "always", _("all year")
        ORDINARY = "ordinary", _("all year but Ramadan")
        RAMADAN = "ramadan", _("Ramadan")

    office = ReferenceForeignKey(
        Office, verbose_name=_("office"), on_delete=models.PROTECT, related_name="windows"
    )
    weekdays = models.JSONField(_("weekdays"))
    opens = models.TimeField(_("from"))
    closes = models.TimeField(_("to"), help_text=_("Before the start: it ends on the next day."))
    season = models.CharField(_("season"), max_length=10, choices=Season, default=Season.ALWAYS)
    valid_from = models.DateField(_("valid from"), null=True, blank=True)
    valid_until = models.DateField(_("valid until"), null=True, blank=True)
    slot_minutes = models.PositiveSmallIntegerField(_("minutes of a slot"), default=15)
    capacity = models.PositiveSmallIntegerField(_("operations at once"), default=4)
    kept_for_walk_ins = models.PositiveSmallIntegerField(
        _("operations kept for walk-ins"), default=0
    )
    services = models.ManyToManyField(
        Service,
        verbose_name=_("services"),
        blank=True,
        help_text=_("None chosen: all that can be booked."),
    )

    cached = ReferenceData["OpeningWindow"]("services")

    class Meta:
        verbose_name = _("opening hours")
        verbose_name_plural = _("opening hours")
        ordering = ["office", "opens", "pk"]
        constraints = [
            models.CheckConstraint(
                name="window_has_slots",
                condition=Q(slot_minutes__gte=5, slot_minutes__lte=240, capacity__gte=1),
            ),
            models.CheckConstraint(
                name="window_keeps_no_more_than_it_has",
                condition=Q(kept_for_walk_ins__gte=0, kept_for_walk_ins__lte=F("capacity")),
                violation_error_message=_(
                    "No more operations can be kept for walk-ins than there are at once."
                ),
            ),
            models.CheckConstraint(
                name="window_has_an_end",
                condition=~Q(opens=F("closes")),
                violation_error_message=_("The end cannot be the same as the start."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.opens:%H:%M}–{self.closes:%H:%M}"

    def serves(self, service: Service) -> bool:
        """Return whether the office is open, and the window for this service."""
        named = self.services.all()
        return self.office.is_active and (not named or service in named)

    def is_open_on(self, day: datetime.date) -> bool:
        """Return whether it takes people on `day`, by its own rules alone."""
        season: dict[str, bool] = {
            self.Season.ALWAYS: True,
            self.Season.RAMADAN: is_ramadan(day),
            self.Season.ORDINARY: not is_ramadan(day),
        }
        return (
            day.weekday() in self.weekdays
            and (self.valid_from is None or self.valid_from <= day)
            and (self.valid_until is None or day <= self.valid_until)
            and season[self.season]
        )

    @property
    def fits_a_slot(self) -> bool:
        return any(self.starts_on(datetime.date.min))

    def starts_on(self, day: datetime.date) -> Iterator[datetime.datetime]:
        """Yield the starts, in the Kingdom's time, of the slots of the window of `day`."""
        zone = timezone.get_default_timezone()
        start = datetime.datetime.combine(day, self.opens, zone)
        end = datetime.datetime.combine(day, self.closes, zone)
        if end <= start:
            end += datetime.timedelta(days=1)
        length = datetime.timedelta(minutes=self.slot_minutes)
        while start + length <= end:
            yield start
            start += length


def cached_windows_of(office: Office) -> list[OpeningWindow]:
    return [window for window in OpeningWindow.cached.all() if window.office_id == office.pk]
