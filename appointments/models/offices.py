"""Offices, when they take people, and when they do not."""

import datetime

from django.db import models
from django.db.models import F, OuterRef, Q, Subquery
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.accounts.models import User
from core.catalogue.models import Region, Service


class OfficeQuerySet(models.QuerySet):
    def open_to_booking(self):
        return self.filter(is_active=True)

    def worked_at_by(self, user):
        """Those whose people and hours `user` sees and touches; all, for who keeps them all."""
        return self.all() if user.is_superuser else self.filter(clerks=user)

    def with_nearest(self, slots):
        """Each with the start of its earliest slot among `slots` as `nearest`; None for none."""
        nearest = slots.filter(office=OuterRef("pk")).order_by("start").values("start")[:1]
        return self.annotate(nearest=Subquery(nearest))


class Office(models.Model):
    region = models.ForeignKey(Region, verbose_name=_("region"), on_delete=models.PROTECT)
    slug = models.SlugField(_("name in the web address"), unique=True)
    name = models.CharField(_("name"), max_length=120)
    city = models.CharField(_("city"), max_length=80)
    address = models.CharField(_("address"), max_length=200, blank=True)
    latitude = models.DecimalField(
        _("latitude"), max_digits=9, decimal_places=6, null=True, blank=True
    )
    longitude = models.DecimalField(
        _("longitude"), max_digits=9, decimal_places=6, null=True, blank=True
    )
    clerks = models.ManyToManyField(
        User,
        verbose_name=_("clerks"),
        blank=True,
        related_name="offices",
        limit_choices_to={"is_staff": True},
    )
    is_active = models.BooleanField(pgettext_lazy("an office", "takes appointments"), default=True)

    objects = OfficeQuerySet.as_manager()

    class Meta:
        verbose_name = _("office")
        verbose_name_plural = _("offices")
        ordering = ["region", "pk"]
        permissions = [("manage_office", "Can keep hours and read the figures of their offices")]
        constraints = [
            models.CheckConstraint(
                name="office_is_somewhere_or_nowhere",
                condition=Q(latitude__isnull=True, longitude__isnull=True)
                | Q(
                    latitude__isnull=False,
                    latitude__range=(-90, 90),
                    longitude__isnull=False,
                    longitude__range=(-180, 180),
                ),
                violation_error_message=_(
                    "Enter the latitude, from -90 to 90, and the longitude, from -180 to 180, "
                    "or neither."
                ),
            )
        ]

    def __str__(self):
        return self.name

    @property
    def has_place_on_map(self):
        return self.latitude is not None


class Weekday(models.IntegerChoices):
    """As `date.weekday` counts them, in the order of the Kingdom's week."""

    SUNDAY = 6, _("Sunday")
    MONDAY = 0, _("Monday")
    TUESDAY = 1, _("Tuesday")
    WEDNESDAY = 2, _("Wednesday")
    THURSDAY = 3, _("Thursday")
    FRIDAY = 4, _("Friday")
    SATURDAY = 5, _("Saturday")


class OpeningWindow(models.Model):
    """When an office takes people, week by week; one that closes before it opens ends next day."""

    class Season(models.TextChoices):
        ALWAYS = "always", _("all year")
        ORDINARY = "ordinary", _("all year but Ramadan")
        RAMADAN = "ramadan", _("Ramadan")

    office = models.ForeignKey(
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
    services = models.ManyToManyField(
        Service,
        verbose_name=_("services"),
        blank=True,
        help_text=_("None chosen: all that can be booked."),
    )

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
                name="window_has_an_end",
                condition=~Q(opens=F("closes")),
                violation_error_message=_("The end cannot be the same as the start."),
            ),
        ]

    def __str__(self):
        return f"{self.opens:%H:%M}–{self.closes:%H:%M}"

    @property
    def has_room_for_a_slot(self):
        return any(self.starts_on(datetime.date.min))

    def starts_on(self, day):
        """The moments, in the Kingdom's time, at which a slot of the window of `day` begins."""
        zone = timezone.get_default_timezone()
        start = datetime.datetime.combine(day, self.opens, zone)
        end = datetime.datetime.combine(day, self.closes, zone)
        if end <= start:
            end += datetime.timedelta(days=1)
        length = datetime.timedelta(minutes=self.slot_minutes)
        while start + length <= end:
            yield start
            start += length


class ClosureQuerySet(models.QuerySet):
    def between(self, first, last):
        return self.filter(first_day__lte=last, last_day__gte=first)


class Closure(models.Model):
    """Days on which an office, or every office, takes nobody."""

    office = models.ForeignKey(
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

    objects = ClosureQuerySet.as_manager()

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

    def __str__(self):
        return self.reason

    def concerns(self, office_id, day):
        return self.office_id in (None, office_id) and self.first_day <= day <= self.last_day
