"""The fields of inquiries that are stored in both languages."""

from modeltranslation.translator import TranslationOptions, register

from requests_app.models import CannedText


@register(CannedText)
class CannedTextTranslation(TranslationOptions):
    fields = ("title", "text")
    required_languages = ("ar", "en")
