"""The catalogue on the staff site."""

import json
from collections.abc import Mapping
from functools import partial
from typing import Any

from django import forms
from django.contrib import admin
from django.db import models
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import get_language_info, gettext_lazy, pgettext
from django.utils.translation import gettext as _
from modeltranslation.admin import TranslationAdmin

from core.catalogue.labels import KINDS, NATIONALITIES
from core.catalogue.models import DocumentType, Service, Team, Way, several_teams
from core.staff_fields import STAFF_FIELDS
from core.staff_lists import StaffList
from core.staff_reading import ReadInWordsMixin, in_words, names_of, yes_or_no
from core.submissions.once import SavedOnceMixin
from core.template_filters import isolated


class BilingualAdmin(ReadInWordsMixin, SavedOnceMixin, StaffList, TranslationAdmin):
    """An admin whose translated fields name their language and have its direction."""

    formfield_overrides = STAFF_FIELDS

    def formfield_for_dbfield(
        self, db_field: Any, request: HttpRequest, **kwargs: Any
    ) -> forms.Field | None:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field and (language := getattr(db_field, "language", None)):
            info = get_language_info(language)
            field.widget.attrs |= {"lang": language, "dir": "rtl" if info["bidi"] else "ltr"}
            name = capfirst(db_field.translated_field.verbose_name)
            field.label = f"{name} ({_(info['name'])})"
        return field


@admin.display(description=Service._meta.get_field("slug").verbose_name, ordering="slug")
def slug_of(row: Service | DocumentType) -> SafeString:
    return isolated(row.slug)


def _labels(labels: Mapping[Any, Any], codes: list[str]) -> str:
    comma = pgettext("between the items of a list", ", ")
    return comma.join(str(labels.get(code, code)) for code in codes) or "-"


class SimpleListDecoder(json.JSONDecoder):
    """A decoder for a list of words, as staff type it into a form.

    It refuses as invalid JSON also the input that Python cannot read, and input that could not be
    stored or shown again: nesting that is too deep, numbers that are too long, and escapes, which
    may stand for half of a surrogate pair.
    """

    MAX_BRACKETS = 10

    def decode(self, text: str) -> Any:  # type: ignore[override]  # JSONField passes the text alone
        try:
            if "\\" in text or text.count("[") + text.count("{") > self.MAX_BRACKETS:
                raise ValueError
            return super().decode(text)
        except ValueError as error:
            raise json.JSONDecodeError("no plain list", text, 0) from error


@admin.register(Service)
class ServiceAdmin(BilingualAdmin):
    list_display = (
        "name",
        slug_of,
        *(yes_or_no(Service, name) for name in ("takes_inquiries", "can_be_booked", "is_active")),
    )
    list_filter = ("is_active", "takes_inquiries", "can_be_booked")
    search_fields = ("name_ar", "name_en")
    fieldsets = [
        (None, {"fields": ["is_active", "takes_inquiries", "can_be_booked"]}),
        (
            gettext_lazy("What people read"),
            {
                "fields": [
                    ("name_ar", "name_en"),
                    ("short_name_ar", "short_name_en"),
                    ("description_ar", "description_en"),
                    ("conditions_ar", "conditions_en"),
                    ("prompt_ar", "prompt_en"),
                ]
            },
        ),
        (
            gettext_lazy("Who can ask for it"),
            {"fields": ["beneficiary_kinds", "nationalities", "age", "through"]},
        ),
        (
            gettext_lazy("What others can ask for instead"),
            {"fields": ["instead", ("instead_text_ar", "instead_text_en")]},
        ),
        (gettext_lazy("Documents"), {"fields": ["documents", "optional_documents"]}),
        (
            gettext_lazy("Order and time"),
            {"fields": ["slug", "position", "target_working_days"]},
        ),
    ]
    of_several_teams = (gettext_lazy("Team"), {"fields": ["team"]})
    reading = {
        "beneficiary_kinds": in_words(Service, "beneficiary_kinds", partial(_labels, KINDS)),
        "nationalities": in_words(Service, "nationalities", partial(_labels, NATIONALITIES)),
        "through": in_words(Service, "through", partial(_labels, dict(Way.choices))),
    }
    # A slug made from an Arabic name would be empty.
    prepopulated_fields = {"slug": ("name_en",)}
    formfield_overrides = {
        **STAFF_FIELDS,
        models.TextField: {
            **STAFF_FIELDS[models.TextField],
            "widget": forms.Textarea({"rows": 8, "cols": 40}),  # two in a row
        },
        models.JSONField: {
            "decoder": SimpleListDecoder,
            "widget": forms.TextInput({"size": 50, "dir": "ltr"}),
        },
        models.ManyToManyField: {"widget": forms.CheckboxSelectMultiple},
    }

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Add the choice of a team where there are several."""
        fieldsets = super().get_fieldsets(request, obj)
        return [*fieldsets, self.of_several_teams] if several_teams() else fieldsets

    def formfield_for_dbfield(
        self, db_field: Any, request: HttpRequest, **kwargs: Any
    ) -> forms.Field | None:
        """Offer ways and kinds as boxes to tick, where Django would have them typed as a list."""
        choices: dict[str, list] = {
            "through": Way.choices,
            "beneficiary_kinds": list(KINDS.items()),
        }
        if db_field.name in choices:
            return forms.MultipleChoiceField(
                label=capfirst(db_field.verbose_name),
                choices=choices[db_field.name],
                widget=forms.CheckboxSelectMultiple,
            )
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if db_field.name == "team" and field:
            field.widget.can_delete_related = False
        return field

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        """Forbid deletion: inquiries refer to a service, so staff switch it off instead."""
        return False


@admin.register(Team)
class TeamAdmin(BilingualAdmin):
    """Teams; a service says on its own form whose it is, once there are two."""

    list_display = ("name", in_words(Team, "slug", isolated), "services_of")
    prepopulated_fields = {"slug": ("name_en",)}
    actions = None  # that for many rows would ask nothing about each

    @admin.display(description=Service._meta.verbose_name_plural)
    def services_of(self, team: Team) -> SafeString | str:
        return names_of(team.services)

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Team]:
        return super().get_queryset(request).prefetch_related("services")

    def get_model_perms(self, request: HttpRequest) -> dict[str, bool]:
        """Show the list to those who only read from when there are several."""
        permissions = super().get_model_perms(request)
        return permissions if several_teams() or permissions["change"] else {}

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        """Forbid deletion while something belongs to the team."""
        is_needed = isinstance(obj, Team) and obj.is_needed
        return not is_needed and super().has_delete_permission(request, obj)


@admin.register(DocumentType)
class DocumentTypeAdmin(BilingualAdmin):
    list_display = ("name", slug_of)

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        """Forbid deletion, because documents refer to their type."""
        return False
