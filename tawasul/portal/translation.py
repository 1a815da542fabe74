"""The fields of announcements that are kept in both languages."""

from modeltranslation.translator import TranslationOptions, register

from tawasul.portal.models import Announcement


@register(Announcement)
class AnnouncementTranslation(TranslationOptions):
    fields = ("text",)
    required_languages = ("ar", "en")
