"""The catalogue: services, the documents they require, their teams, regions and holidays."""

import re
from collections.abc import Collection, Iterable
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.functional import cached_property
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from core.arabic_spelling import fold
from core.identity_numbers import IdentityKind
from core.reference_data import ReferenceData, ReferenceForeignKey

# The texts of a service, which it needs in both languages before it is published.
TEXTS = ("name", "short_name", "description", "conditions", "prompt")
TEXTS_IN_BOTH_LANGUAGES = [
    f"{text}_{language}" for text in TEXTS for language, _name in settings.LANGUAGES
]


def _is_list_of(value: Any, choices: Collection[str]) -> bool:
    return isinstance(value, list) and all(item in choices for item in value)


def _lacking_a_language(row: models.Model, text: str) -> dict[str, Any]:
    """Return the errors of a text that is written in one language alone."""
    fields = [f"{text}_{language}" for language, _name in settings.LANGUAGES]
    lacking = [field for field in fields if not getattr(row, field)]
    if len(lacking) == len(fields):
        return {}
    return dict.fromkeys(lacking, _("Write this sentence in both languages, or in neither."))


class Way(models.TextChoices):
    """How somebody comes to ask for a person: the person themselves, or by a kind of link.

    The last three equal the kinds of a link that name its holder. A representative has no way of
    their own: they act as the establishment, which is the worker's employer.
    """

    ONESELF = "oneself", _("the person themselves")
    EMPLOYER = "employer", _("the employer")
    HOST = "host", _("the host")
    GUARDIAN = "guardian", _("the guardian")


def every_way() -> list[str]:
    return list(Way.values)


class DocumentType(models.Model):  # type: ignore[django-manager-missing]  # modeltranslation
    # modeltranslation adds these fields.
    must_show_ar: str | None
    must_show_en: str | None

    slug = models.SlugField(_("name in the web address"), unique=True)
    name = models.CharField(_("name"), max_length=100)
    must_show = models.CharField(
        _("what it must show"),
        max_length=200,
        blank=True,
        help_text=_("For example: The whole page with the photo, and its expiry date."),
    )

    cached = ReferenceData["DocumentType"]()

    class Meta:
        verbose_name = _("document type")
        verbose_name_plural = _("document types")
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        if errors := _lacking_a_language(self, "must_show"):
            raise ValidationError(errors)


class Team(models.Model):  # type: ignore[django-manager-missing]  # modeltranslation
    """Staff who work on the inquiries of some services, and see those alone.

    Who is in it stands in `core.accounts.teams`. Teams divide nothing until there are two.
    """

    slug = models.SlugField(
        _("name in the program"),
        unique=True,
        help_text=_("For the command line and the records; it stays when the team is renamed."),
    )
    name = models.CharField(_("name"), max_length=60)

    cached = ReferenceData["Team"]()

    class Meta:
        verbose_name = _("team")
        verbose_name_plural = _("teams")
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.name

    @cached_property
    def is_needed(self) -> bool:
        """Whether a service or somebody who works here belongs to it."""
        needed = Q()
        for each in self._meta.related_objects:
            if each.on_delete is models.PROTECT:
                rows = each.related_model._default_manager
                needed |= Q(Exists(rows.filter(**{each.field.name: OuterRef("pk")})))
        return Team.objects.filter(needed, pk=self.pk).exists()


def several_teams() -> list[Team]:
    """Return the teams if there are at least two, and none otherwise: one divides nothing."""
    teams = Team.cached.all()
    return teams if len(teams) > 1 else []


class Service(models.Model):  # type: ignore[django-manager-missing]  # modeltranslation
    """A line of the catalogue."""

    class Age(models.TextChoices):
        ANY = "any", _("any age")
        ADULTS = "adults", _("adults only")
        MINORS = "minors", _("minors only")

    # modeltranslation adds these fields.
    name_ar: str
    name_en: str
    short_name_ar: str | None
    short_name_en: str | None
    description_ar: str
    description_en: str
    instead_text_ar: str | None
    instead_text_en: str | None

    slug = models.SlugField(_("name in the web address"), unique=True)
    name = models.CharField(_("name"), max_length=120)
    short_name = models.CharField(
        _("short name"),
        max_length=25,
        blank=True,
        help_text=_("For texts, lists and the desk: at most 25 letters, unlike any other."),
    )
    description = models.TextField(
        pgettext_lazy("of a service", "description"),
        blank=True,
        help_text=_("What it is, and what an inquiry about it can settle: two or three sentences."),
    )
    conditions = models.TextField(_("conditions"), blank=True, help_text=_("One condition a line."))
    prompt = models.TextField(
        _("what a good explanation says"), blank=True, help_text=_("One point a line.")
    )
    beneficiary_kinds = models.JSONField(
        _("who it is for"), help_text=_("kinds of identity: citizen, resident, visitor")
    )
    nationalities = models.JSONField(
        _("nationalities"), blank=True, default=list, help_text=_("ISO codes; empty means any")
    )
    through = models.JSONField(_("who may file and book"), default=every_way)
    age = models.CharField(_("age of the person"), max_length=10, choices=Age, default=Age.ANY)
    instead = ReferenceForeignKey(
        "self",
        verbose_name=_("service to ask for instead"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        help_text=_("Whoever may not ask for this one is led there, if it fits them."),
    )
    instead_text = models.CharField(
        _("sentence that leads there"),
        max_length=200,
        blank=True,
        help_text=_("For example: Were you reported absent? Ask what the record says about you."),
    )
    documents = models.ManyToManyField(
        DocumentType, verbose_name=_("required documents"), blank=True
    )
    optional_documents = models.ManyToManyField(
        DocumentType, verbose_name=_("optional documents"), blank=True, related_name="+"
    )
    team = ReferenceForeignKey(
        Team,
        verbose_name=_("team"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="services",
        help_text=_(
            "Who sees and answers inquiries about it. Empty: every team. What officers of another "
            "team have in hand goes back to the queue."
        ),
    )
    takes_inquiries = models.BooleanField(_("takes inquiries"), default=True)
    can_be_booked = models.BooleanField(_("can be booked"), default=True)
    target_working_days = models.PositiveSmallIntegerField(_("target working days"), default=5)
    is_active = models.BooleanField(pgettext_lazy("a service", "active"), default=True)
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    cached = ReferenceData["Service"]("documents", "optional_documents")

    class Meta:
        verbose_name = pgettext_lazy("one line of the catalogue", "service")
        verbose_name_plural = _("services")
        ordering = ["position", "pk"]
        constraints = [
            models.CheckConstraint(
                name="service_published_in_both_languages",
                condition=Q(is_active=False)
                | Q(
                    # A check constraint lets a row pass when a comparison with NULL is unknown.
                    *(Q(**{f"{text}__isnull": False}) for text in TEXTS_IN_BOTH_LANGUAGES),
                    *(~Q(**{text: ""}) for text in TEXTS_IN_BOTH_LANGUAGES),
                ),
            )
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        errors: dict[str, Any] = {}
        if self.is_active:
            needed = _("An active service needs this text in both languages.")
            lacking = [text for text in TEXTS_IN_BOTH_LANGUAGES if not getattr(self, text)]
            errors |= dict.fromkeys(lacking, needed)
        if not _is_list_of(self.beneficiary_kinds, IdentityKind.values):
            errors["beneficiary_kinds"] = _(
                'Write a list of kinds, for example ["citizen", "resident"].'
            )

        self.nationalities = self.nationalities or []  # left empty in a form
        if not (
            isinstance(self.nationalities, list)
            and all(re.fullmatch("[A-Z]{2}", str(code)) for code in self.nationalities)
        ):
            errors["nationalities"] = _('Write a list of country codes, for example ["YE", "SY"].')
        if not _is_list_of(self.through, Way.values):
            errors["through"] = _("Choose who may file and book.")
        errors |= self._errors_of_instead()
        if errors:
            raise ValidationError(errors)

    def _errors_of_instead(self) -> dict[str, Any]:
        if self.instead_id and self.instead_id == self.pk:
            return {"instead": _("Choose another service than this one.")}
        if not self.instead_id and (self.instead_text_ar or self.instead_text_en):
            return {"instead": _("Choose the service that the sentence leads to.")}
        return _lacking_a_language(self, "instead_text")

    @property
    def summary(self) -> str:
        """The first sentence of the description."""
        return self._summaries[get_language() or settings.LANGUAGE_CODE]

    @cached_property
    def _summaries(self) -> dict[str, str]:
        # Made once for each row that the process keeps, as every form about services shows them.
        texts = {"ar": self.description_ar, "en": self.description_en}
        return {name: re.split(r"(?<=\.)\s", text or "")[0] for name, text in texts.items()}

    def is_for(self, *, kind: str | None, nationality: str) -> bool:
        """Return whether a person of this kind and ISO nationality may be the beneficiary."""
        return kind in self.beneficiary_kinds and (
            not self.nationalities or nationality in self.nationalities
        )

    @property
    def is_open_to_inquiries(self) -> bool:
        return self.is_active and self.takes_inquiries

    @property
    def expected_working_days(self) -> int | None:
        """Within how many working days most inquiries were answered lately; None if too few were.

        It is never less than 1.
        """
        expectation = Expectation.cached.get(self.pk)
        return expectation.working_days if expectation else None

    @property
    def usual_working_days(self) -> int:
        """Within how many working days an answer usually comes: as measured, or the target."""
        return self.expected_working_days or self.target_working_days

    @property
    def is_open_to_booking(self) -> bool:
        return self.is_active and self.can_be_booked

    def has_words(self, beginnings: Iterable[str]) -> bool:
        """Return whether each of `beginnings`, folded, begins a word of the name or description."""
        texts = (self.name_ar, self.name_en, self.description_ar, self.description_en)
        words = fold(" ".join(filter(None, texts))).split()
        return all(any(word.startswith(start) for word in words) for start in beginnings)

    def is_for_age(self, *, is_minor: bool) -> bool:
        return self.age == self.Age.ANY or (self.age == self.Age.MINORS) == is_minor

    def is_open_through(self, ways: Iterable[str]) -> bool:
        """Return whether one of these ways, values of `Way`, is enough to file and to book."""
        return not set(self.through).isdisjoint(ways)


class Expectation(models.Model):
    """Within how many working days most inquiries about a service were answered lately.

    A chore measures it each night. `working_days` is empty where too few were answered to tell.
    """

    service = models.OneToOneField(
        Service, on_delete=models.CASCADE, primary_key=True, related_name="+"
    )
    working_days = models.PositiveSmallIntegerField(null=True)
    measured_on = models.DateField()

    cached = ReferenceData["Expectation"]()

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.service_id}: {self.working_days}"


def services_open_to_inquiries() -> list[Service]:
    return [service for service in Service.cached.all() if service.is_open_to_inquiries]


def services_open_to_booking() -> list[Service]:
    return [service for service in Service.cached.all() if service.is_open_to_booking]


class Region(models.Model):  # type: ignore[django-manager-missing]  # modeltranslation
    """One of the 13 regions of the Kingdom, by its code in ISO 3166-2."""

    slug = models.SlugField(_("name in the web address"), unique=True)
    iso = models.CharField(_("ISO code"), max_length=5, unique=True)
    name = models.CharField(_("name"), max_length=100)

    cached = ReferenceData["Region"]()

    class Meta:
        verbose_name = _("region")
        verbose_name_plural = _("regions")
        ordering = ["iso"]

    def __str__(self) -> str:
        return self.name


class Holiday(models.Model):  # type: ignore[django-manager-missing]  # modeltranslation
    """A day without work, besides Fridays and Saturdays."""

    day = models.DateField(_("day"), unique=True)
    name = models.CharField(_("name"), max_length=100)

    cached = ReferenceData["Holiday"]()

    class Meta:
        verbose_name = _("holiday")
        verbose_name_plural = _("holidays")
        ordering = ["day"]

    def __str__(self) -> str:
        return self.name
