"""Which fields of the catalogue stand in both languages."""

from modeltranslation.translator import TranslationOptions, register

from tawasul.catalogue.models import TEXTS, DocumentType, Holiday, Service


@register(DocumentType)
class DocumentTypeTranslation(TranslationOptions):
    fields = ("name",)


@register(Service)
class ServiceTranslation(TranslationOptions):
    fields = TEXTS


@register(Holiday)
class HolidayTranslation(TranslationOptions):
    fields = ("name",)
