"""Announcements: what pages tell everybody for a time, everywhere or about one place or service."""

import datetime

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from appointments.models import Office
from core.catalogue.models import Region, Service
from core.reference_data import ReferenceData, ReferenceForeignKey

# Whoever lacks it keeps the announcements of their own offices alone.
ANNOUNCE_EVERYWHERE = "portal.announce_everywhere"
MAX_LENGTH = 300  # characters


class Announcement(models.Model):  # type: ignore[django-manager-missing]  # modeltranslation
    """A text that pages show from one moment until another.

    It is shown where everything that it names has been chosen; one that names nothing, on all
    pages with announcements.
    """

    text = models.CharField(_("text"), max_length=MAX_LENGTH)
    begins_at = models.DateTimeField(pgettext_lazy("an announcement is shown", "from"))
    ends_at = models.DateTimeField(pgettext_lazy("an announcement is shown", "until"))
    region = ReferenceForeignKey(
        Region,
        verbose_name=_("region"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        help_text=_("None chosen: every region."),
    )
    office = ReferenceForeignKey(
        Office,
        verbose_name=_("office"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        help_text=_("Shown to whoever books at this office."),
    )
    service = ReferenceForeignKey(
        Service,
        verbose_name=_("service"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        help_text=_("None chosen: every service."),
    )

    cached = ReferenceData["Announcement"](moments=("begins_at", "ends_at"))

    class Meta:
        verbose_name = _("announcement")
        verbose_name_plural = _("announcements")
        ordering = ["-begins_at", "-pk"]
        permissions = [("announce_everywhere", "Can keep the announcements of all places")]
        constraints = [
            models.CheckConstraint(
                name="announcement_ends_after_it_begins",
                condition=Q(ends_at__gt=F("begins_at")),
                violation_error_message=_("An announcement has to end after it begins."),
            ),
            models.CheckConstraint(
                name="announcement_of_a_region_or_an_office",
                condition=Q(region=None) | Q(office=None),
                violation_error_message=_("Choose a region or an office, not both."),
            ),
        ]

    def __str__(self) -> str:
        return self.text

    def is_shown(
        self,
        now: datetime.datetime,
        *,
        service: Service | None,
        region: Region | None,
        office: Office | None,
    ) -> bool:
        """Return whether a page shows it now on which these have been chosen."""
        chosen = {"service_id": service, "region_id": region, "office_id": office}
        return self.begins_at <= now < self.ends_at and all(
            getattr(self, name) in (None, row and row.pk) for name, row in chosen.items()
        )


def announcements_for(
    *, service: Service | None = None, region: Region | None = None, office: Office | None = None
) -> list[Announcement]:
    """Return what a page announces now on which these have been chosen, the latest first."""
    now, everything = timezone.now(), Announcement.cached.all()
    return [
        each
        for each in everything
        if each.is_shown(now, service=service, region=region, office=office)
    ]
