"""Canned texts, which officers put into their answers."""

import string

from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _

from core.catalogue.models import Service
from core.hijri import both_calendars
from core.reference_data import ReferenceData, ReferenceForeignKey
from core.references import grouped_reference
from requests_app.models.inquiries import Inquiry

PLACEHOLDERS = ("name", "number", "service", "today")


class CannedText(models.Model):  # type: ignore[django-manager-missing]  # modeltranslation
    """A text that is ready in both languages, for inquiries about one service or about any."""

    # modeltranslation adds these fields.
    text_ar: str | None
    text_en: str | None

    title = models.CharField(_("title"), max_length=80)
    text = models.TextField(
        _("text"),
        max_length=4000,
        help_text=_(
            "Filled in for each inquiry: <bdi>{name}</bdi>, <bdi>{number}</bdi>, "
            "<bdi>{service}</bdi> and <bdi>{today}</bdi>."
        ),
    )
    service = ReferenceForeignKey(
        Service,
        verbose_name=_("service"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text=_("Leave it empty for a text that fits all services."),
    )
    is_active = models.BooleanField(_("offered to officers"), default=True)

    cached = ReferenceData["CannedText"]()

    class Meta:
        verbose_name = _("canned text")
        verbose_name_plural = _("canned texts")
        ordering = ["title_ar", "pk"]

    def __str__(self) -> str:
        return self.title

    @classmethod
    def offered_for(cls, inquiry: Inquiry) -> "list[CannedText]":
        """Return those that fit the service of the inquiry, as they are cached."""
        fitting = (None, inquiry.service_id)
        return [each for each in cls.cached.all() if each.is_active and each.service_id in fitting]

    def clean(self) -> None:
        errors = {}
        for field in ("text_ar", "text_en"):
            try:
                unknown = _names_in(getattr(self, field)) - set(PLACEHOLDERS)
            except ValueError:
                unknown = {"{"}
            if unknown:
                errors[field] = ValidationError(
                    _("Only these can stand in braces: %(known)s. Mend: %(unknown)s."),
                    params={
                        "known": " ".join(f"{{{name}}}" for name in PLACEHOLDERS),
                        "unknown": " ".join(sorted(unknown)),
                    },
                )
        if errors:
            raise ValidationError(errors)
        are_both_there = self.text_ar and self.text_en
        if are_both_there and _names_in(self.text_ar) != _names_in(self.text_en):
            raise ValidationError({"text_en": _("Both languages need the same words in braces.")})

    def filled_in(self, inquiry: Inquiry) -> str:
        """Return the text with what belongs in its braces, in the language of the applicant."""
        language = inquiry.applicant.language
        with translation.override(language):
            values = {
                "name": inquiry.name,
                "number": grouped_reference(inquiry.reference),
                "service": inquiry.service.name,
                "today": both_calendars(timezone.localdate()),
            }
            return str(self.text).format_map(values)


def _names_in(text: str | None) -> set[str]:
    """Return what stands in braces. ValueError if a brace is left open, or says how to format."""
    names = set()
    for _literal, name, spec, conversion in string.Formatter().parse(text or ""):
        if spec or conversion:
            raise ValueError
        if name is not None:
            names.add(name)
    return names
