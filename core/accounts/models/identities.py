"""People and establishments as the registry knows them, their numbers and their links."""

import datetime
from functools import reduce
from operator import and_
from typing import Self

from django.db import models
from django.db.models import Case, Exists, F, OuterRef, Q, Subquery, When
from django.utils import timezone
from django.utils.functional import Promise, cached_property
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from phonenumber_field.modelfields import PhoneNumberField

from core.adulthood import latest_adult_birth_date
from core.arabic_spelling import first_name
from core.identity_numbers import IdentityKind, identity_kind
from core.search import found_by, readings
from core.text import bare_digits


class IdentityQuerySet(models.QuerySet["Identity"]):
    def beneficiaries_for(self, holder: "Identity") -> Self:
        """Return the holder, if it is a person, and the persons linked to the holder today."""
        linked = Link.objects.in_force().for_persons().filter(holder=holder).values("person")
        own = Identity.objects.filter(pk=holder.pk, birth_date__isnull=False).values("pk")
        # With OR in place of UNION, PostgreSQL reads the whole table.
        return self.filter(pk__in=linked.union(own)).order_by("pk")

    def establishments_represented_by(self, person: "Identity | None") -> Self:
        """Return the active establishments that `person` represents today."""
        mandates = Link.objects.mandates().filter(person=person)
        return self.filter(pk__in=mandates.values("holder")).order_by("pk")

    def with_current_number(self) -> Self:
        """Read `current_number` in the same statement."""
        return self.annotate(current_number=current_number_of(OuterRef("pk")))

    def unrelated_to(self, person: "Identity | None") -> Self:
        """Return all but `person` and whoever is linked to them today, in either direction.

        Of somebody who represents an establishment, whoever is linked to that is left out too.
        """
        if person is None:
            return self
        links = Link.objects.in_force()
        mandates = Link.objects.mandates().filter(person=person).values("holder")
        of_them = links.filter(Q(holder=person) | Q(holder__in=mandates))
        return self.exclude(
            Q(pk=person.pk)
            | Q(pk__in=of_them.values("person"))
            | Q(pk__in=links.filter(person=person).values("holder"))
        )

    def found_by_staff(self, query: str) -> Self:
        """Return those with this whole number, in force or former, or with these names.

        Each word has to begin a word of one of the names, in any spelling. The last added come
        first, by an expression: in the order of an index, PostgreSQL would read the whole table for
        a rare name.
        """
        number = bare_digits(query)
        if number.isdecimal():
            return self.filter(numbers__number=number)
        return self.filter(found_by("search_text", query)).order_by((F("pk") + 0).desc())

    def matching(self, query: str) -> Self:
        """Return those that have each word of `query` in a name, folded, or in a number.

        Numbers are those in force and former ones. Those whose names have words that begin so, or
        whose numbers end so, come first. There is no index for it: narrow it down first, to those
        whom somebody may act for.
        """
        matching = Q(pk__in=[])
        for words in readings(query):
            matching |= reduce(and_, map(_has_word, words))
        ends = IdentityNumber.objects.filter(
            identity=OuterRef("pk"), number__endswith=bare_digits(query)
        )
        best = Q(Exists(ends)) if bare_digits(query).isdecimal() else Q()
        first = Case(When(best | found_by("search_text", query), then=0), default=1)
        name = "name_ar" if get_language() == "ar" else "name_en"
        return self.filter(matching).order_by(first, name, "pk")


def current_number_of(identity: OuterRef) -> Subquery:
    """Return the expression for the number in force of an identity, NULL without one."""
    return Subquery(
        IdentityNumber.objects.filter(identity=identity, is_current=True).values("number")[:1]
    )


def represents_anybody(identity: OuterRef) -> Exists:
    """Return the condition that an identity represents an active establishment today."""
    return Exists(Link.objects.mandates().filter(person=identity))


def _has_word(word: str) -> Q:
    numbers = IdentityNumber.objects.filter(identity=OuterRef("pk"), number__contains=word)
    in_name = Q(search_text__contains=word)
    return in_name | Q(Exists(numbers)) if word.isdecimal() else in_name


class Identity(models.Model):
    """A person or an establishment as the registry knows them."""

    class Status(models.TextChoices):
        ACTIVE = "active", _("active")
        DEPARTED = "departed", _("departed")
        DECEASED = "deceased", _("deceased")

    name_ar = models.CharField(_("name in Arabic"), max_length=150)
    name_en = models.CharField(_("name in Latin letters"), max_length=150)
    birth_date = models.DateField(
        _("date of birth"), null=True, blank=True, help_text=_("none for an establishment")
    )
    nationality = models.CharField(_("nationality"), max_length=2, help_text=_("ISO 3166 code"))
    mobile = PhoneNumberField(_("mobile in the registry"), blank=True)
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.ACTIVE)
    search_text = models.TextField(blank=True, editable=False, help_text="the names, folded")

    objects = IdentityQuerySet.as_manager()

    class Meta:
        verbose_name = _("identity")
        verbose_name_plural = _("identities")
        permissions = [("open_person", "Can open the pages of people on the staff site")]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        return self.name_ar if get_language() == "ar" else self.name_en

    @property
    def first_name(self) -> str:
        """The first name in the active language."""
        return first_name(self.name)

    @cached_property
    def current_number(self) -> str | None:
        """The number in force, or None; it may be read with the row, or prefetched."""
        return next((number.number for number in self.numbers.all() if number.is_current), None)

    @cached_property
    def every_number(self) -> list[str]:
        """The numbers, in force and former."""
        return [number.number for number in self.numbers.all()]

    @cached_property
    def represents(self) -> bool:
        """Whether they represent an active establishment today; it may be read with the row."""
        return Link.objects.mandates().filter(person=self).exists()

    @property
    def kind(self) -> IdentityKind | None:
        """The kind that the number in force tells; None without one, which fits no service."""
        return identity_kind(self.current_number) if self.current_number else None

    @property
    def is_active(self) -> bool:
        return self.status == self.Status.ACTIVE

    @property
    def is_establishment(self) -> bool:
        return self.kind == IdentityKind.ESTABLISHMENT

    @property
    def is_minor(self) -> bool:
        return self.birth_date is not None and self.birth_date > latest_adult_birth_date()


class IdentityNumber(models.Model):
    """A national ID, iqama, border or unified number, in force or former."""

    number = models.CharField(_("number"), max_length=10, unique=True)
    identity = models.ForeignKey(Identity, on_delete=models.PROTECT, related_name="numbers")
    is_current = models.BooleanField(_("in force"), default=True)

    class Meta:
        verbose_name = _("identity number")
        verbose_name_plural = _("identity numbers")
        constraints = [
            models.UniqueConstraint(
                fields=["identity"],
                condition=Q(is_current=True),
                name="one_current_number_per_identity",
            ),
            models.CheckConstraint(
                condition=Q(number__regex=r"^[1-47][0-9]{9}$"), name="identity_number_shape"
            ),
        ]

    def __str__(self) -> str:
        return self.number


class LinkQuerySet(models.QuerySet["Link"]):
    def in_force(self, day: datetime.date | None = None) -> Self:
        """Return the links in force on `day` (default: today in Riyadh), both ends included."""
        day = day or timezone.localdate()
        return self.filter(since__lte=day).filter(Q(until=None) | Q(until__gte=day))

    def not_outgrown(self) -> Self:
        """Exclude guardian links whose person is an adult by now."""
        return self.exclude(
            kind=Link.Kind.GUARDIAN, person__birth_date__lte=latest_adult_birth_date()
        )

    def mandates(self) -> Self:
        """Return the mandates in force today of those who represent an active establishment."""
        return self.in_force().filter(
            kind=Link.Kind.REPRESENTATIVE, holder__status=Identity.Status.ACTIVE
        )

    def for_persons(self) -> Self:
        """Return links to act for a person through: no representatives, no outgrown guardians."""
        return self.not_outgrown().exclude(kind=Link.Kind.REPRESENTATIVE)


class Link(models.Model):
    """A link from `holder` to `person`, with its reason, first day and last day."""

    class Kind(models.TextChoices):
        EMPLOYER = "employer", _("employer")
        HOST = "host", _("host")
        GUARDIAN = "guardian", _("guardian")
        REPRESENTATIVE = "representative", _("representative")

    # The kind names the role of the holder. These are the words for the person, and for the holder.
    PERSONS: dict[str, Promise] = {
        Kind.EMPLOYER: _("works for you"),
        Kind.HOST: _("visits you"),
        Kind.GUARDIAN: _("in your care"),
        Kind.REPRESENTATIVE: _("represents you"),
    }
    HOLDERS: dict[str, Promise] = {
        Kind.EMPLOYER: _("your employer"),
        Kind.HOST: _("your host"),
        Kind.GUARDIAN: _("your guardian"),
        Kind.REPRESENTATIVE: _("you represent it"),
    }

    holder = models.ForeignKey(Identity, on_delete=models.PROTECT, related_name="links")
    person = models.ForeignKey(Identity, on_delete=models.PROTECT, related_name="linked_to")
    kind = models.CharField(_("kind"), max_length=15, choices=Kind)
    since = models.DateField(_("since"))
    until = models.DateField(_("until"), null=True, blank=True)

    objects = LinkQuerySet.as_manager()

    class Meta:
        verbose_name = _("link")
        verbose_name_plural = _("links")
        constraints = [
            models.UniqueConstraint(fields=["holder", "person", "kind", "since"], name="link_once"),
            models.CheckConstraint(
                condition=Q(until=None) | Q(until__gte=F("since")), name="link_ends_after_it_began"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.pk}"

    @property
    def has_ended(self) -> bool:
        return self.until is not None and self.until < timezone.localdate()

    @property
    def why_linked(self) -> Promise:
        """The words that tell the holder about the person."""
        return self.PERSONS[self.kind]

    @property
    def why_holder(self) -> Promise:
        """The words that tell the person about the holder."""
        return self.HOLDERS[self.kind]
