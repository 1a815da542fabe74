"""Offices and their clerks."""

import datetime
from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import OuterRef, Q, Subquery
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.accounts.models import User
from core.catalogue.models import Region
from core.reference_data import ReferenceData, ReferenceForeignKey

if TYPE_CHECKING:
    from appointments.models.slots import SlotQuerySet


class OfficeQuerySet(models.QuerySet["Office"]):
    def open_to_booking(self) -> Self:
        return self.filter(is_active=True)

    def staffed_by(self, user: User) -> Self:
        """Return the offices whose people and hours `user` may manage; all for a superuser."""
        return self.all() if user.is_superuser else self.filter(clerks=user)

    def readable_by(self, user: User) -> Self:
        """Return the offices whose figures `user` may read: an auditor all, a manager theirs."""
        if user.is_auditor:
            return self.all()
        may_manage = user.has_perm("appointments.manage_office")
        return self.staffed_by(user) if may_manage else self.none()

    def with_nearest(self, slots: "SlotQuerySet") -> Self:
        """Annotate each with `nearest`: the start of its earliest slot in `slots`, or None."""
        nearest = slots.filter(office=OuterRef("pk")).order_by("start").values("start")[:1]
        return self.annotate(nearest=Subquery(nearest))


class Office(models.Model):  # type: ignore[django-manager-missing]  # modeltranslation
    region = ReferenceForeignKey(Region, verbose_name=_("region"), on_delete=models.PROTECT)
    slug = models.SlugField(_("name in the web address"), unique=True)
    name = models.CharField(_("name"), max_length=120)
    short_name = models.CharField(
        _("short name"),
        max_length=30,
        help_text=_("For texts, lists and the desk: at most 30 letters, and it names the town."),
    )
    city = models.CharField(_("city"), max_length=80)
    address = models.CharField(_("address"), max_length=200, blank=True)
    landmark = models.CharField(
        _("landmark"),
        max_length=200,
        blank=True,
        help_text=_("What people look for on the way, for example: opposite the central hospital."),
    )
    entrance = models.CharField(
        _("entrance"),
        max_length=200,
        blank=True,
        help_text=_("Which door to take, for example: gate 3, beside the car park."),
    )
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

    objects = OfficeQuerySet.as_manager()  # type: ignore[django-manager-missing]  # modeltranslation
    cached = ReferenceData["Office"]()

    nearest: datetime.datetime | None  # added by `with_nearest`

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

    def __str__(self) -> str:
        return self.name

    @property
    def has_place_on_map(self) -> bool:
        return self.latitude is not None


def offices_open_to_booking() -> list[Office]:
    return [office for office in Office.cached.all() if office.is_active]
