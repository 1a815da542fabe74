"""Closures: days on which offices take nobody."""

import datetime
from typing import Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from appointments.models.offices import Office
from appointments.models.slots import Slot
from core.catalogue.models import Holiday
from core.reference_data import ReferenceForeignKey


class ClosureQuerySet(models.QuerySet["Closure"]):
    def between(self, first: datetime.date, last: datetime.date) -> Self:
        return self.filter(first_day__lte=last, last_day__gte=first)

    def why_closed(self, slot: Slot) -> "Closure | Holiday | None":
        """Return what closes the office on the day of the slot: a closure, else a holiday."""
        closure = self.between(slot.day, slot.day)._of(slot.office_id).last()
        return closure or Holiday.objects.filter(day=slot.day).first()

    def reasons(
        self, office: Office, first: datetime.date, last: datetime.date
    ) -> dict[datetime.date, str]:
        """Return {day: why the office is closed then}, from `first` to `last`."""
        found = {each.day: str(each) for each in Holiday.objects.filter(day__range=(first, last))}
        for closure in self.between(first, last)._of(office.pk):
            day = max(first, closure.first_day)
            while day <= min(last, closure.last_day):
                found[day] = str(closure)
                day += datetime.timedelta(days=1)
        return found

    def _of(self, office_id: int) -> Self:
        """Return those of every office, then those of this one alone, which say more."""
        closures = self.filter(Q(office=None) | Q(office=office_id))
        return closures.order_by(F("office").asc(nulls_first=True), "pk")


class Closure(models.Model):
    """Days on which an office, or every office, takes nobody."""

    office = ReferenceForeignKey(
        Office,
        verbose_name=_("office"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        help_text=_("None chosen: every office."),
    )
    first_day = models.DateField(_("first day"))
    last_day = models.DateField(_("last day"))
    reason = models.CharField(_("reason"), max_length=120)

    objects = ClosureQuerySet.as_manager()  # type: ignore[django-manager-missing]  # modeltranslation

    class Meta:
        verbose_name = _("closure")
        verbose_name_plural = _("closures")
        ordering = ["-first_day"]
        constraints = [
            models.CheckConstraint(
                name="closure_ends_after_it_begins",
                condition=Q(last_day__gte=F("first_day")),
                violation_error_message=_("The last day cannot be before the first."),
            )
        ]

    def __str__(self) -> str:
        return self.reason

    def concerns(self, office_id: int, day: datetime.date) -> bool:
        return self.office_id in (None, office_id) and self.first_day <= day <= self.last_day
