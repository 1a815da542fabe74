"""The fields of offices and closures that are kept in both languages."""

from modeltranslation.translator import TranslationOptions, register

from appointments.models import Closure, Office


@register(Office)
class OfficeTranslation(TranslationOptions):
    fields = ("name", "short_name", "city", "address", "landmark", "entrance")
    required_languages = dict.fromkeys(("ar", "en"), ("name", "short_name", "city"))


@register(Closure)
class ClosureTranslation(TranslationOptions):
    fields = ("reason",)
    required_languages = ("ar", "en")
