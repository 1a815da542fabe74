"""The catalogue for those who keep it."""

import json

from django import forms
from django.contrib import admin
from django.db import models
from django.utils.text import capfirst
from django.utils.translation import get_language_info, gettext_lazy
from django.utils.translation import gettext as _
from modeltranslation.admin import TranslationAdmin

from core.catalogue.models import DocumentType, Service
from core.display import isolated
from core.staff_lists import StaffList


class BilingualAdmin(StaffList, TranslationAdmin):
    """Each text names its language and is written in the direction of it."""

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if language := getattr(db_field, "language", None):
            info = get_language_info(language)
            field.widget.attrs |= {"lang": language, "dir": "rtl" if info["bidi"] else "ltr"}
            name = capfirst(db_field.translated_field.verbose_name)
            field.label = f"{name} ({_(info['name'])})"
        return field


def yes_or_no(model, name):
    """A field in words: the pictures that Django has for it are called True and False."""

    @admin.display(description=model._meta.get_field(name).verbose_name, ordering=name)
    def in_words(row):
        return _("Yes") if getattr(row, name) else _("No")

    return in_words


@admin.display(description=Service._meta.get_field("slug").verbose_name, ordering="slug")
def slug_of(row):
    return isolated(row.slug)


class SimpleListDecoder(json.JSONDecoder):
    """A list of words, as people type it.

    What Python gives up on is no JSON, and what could not be stored or shown again is none either:
    nesting and numbers that are too long, and escapes, which may stand for half a letter.
    """

    MAX_BRACKETS = 10

    def decode(self, text):
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
                    ("description_ar", "description_en"),
                    ("conditions_ar", "conditions_en"),
                    ("prompt_ar", "prompt_en"),
                ]
            },
        ),
        (
            gettext_lazy("Who can file an inquiry"),
            {"fields": ["beneficiary_kinds", "nationalities", "filed_by"]},
        ),
        (gettext_lazy("Documents"), {"fields": ["documents", "optional_documents"]}),
        (
            gettext_lazy("Order and time"),
            {"fields": ["slug", "position", "target_working_days"]},
        ),
    ]
    # Nothing of an Arabic name would be left in an address.
    prepopulated_fields = {"slug": ("name_en",)}
    formfield_overrides = {
        models.TextField: {"widget": forms.Textarea({"rows": 8, "cols": 40})},  # two in a row
        models.JSONField: {
            "decoder": SimpleListDecoder,
            "widget": forms.TextInput({"size": 50, "dir": "ltr"}),
        },
        models.ManyToManyField: {"widget": forms.CheckboxSelectMultiple},
    }

    def has_delete_permission(self, request, obj=None):
        """Inquiries refer to it: a service is switched off, never deleted."""
        return False


@admin.register(DocumentType)
class DocumentTypeAdmin(BilingualAdmin):
    list_display = ("name", slug_of)

    def has_delete_permission(self, request, obj=None):
        """Documents refer to it."""
        return False
