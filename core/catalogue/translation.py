"""The fields of the catalogue that are stored in both languages."""

from modeltranslation.translator import TranslationOptions, register

from core.catalogue.models import TEXTS, DocumentType, Holiday, Region, Service, Team


@register(DocumentType)
class DocumentTypeTranslation(TranslationOptions):
    fields = ("name", "must_show")
    required_languages = {"default": ("name",)}


@register(Service)
class ServiceTranslation(TranslationOptions):
    fields = (*TEXTS, "instead_text")


@register(Team)
class TeamTranslation(TranslationOptions):
    fields = ("name",)
    required_languages = ("ar", "en")


@register(Region)
class RegionTranslation(TranslationOptions):
    fields = ("name",)
    required_languages = ("ar", "en")


@register(Holiday)
class HolidayTranslation(TranslationOptions):
    fields = ("name",)
    required_languages = ("ar", "en")
