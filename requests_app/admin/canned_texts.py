"""Canned texts on the staff site, which supervisors keep."""

from django.contrib import admin

from core.catalogue.admin import BilingualAdmin
from core.staff_reading import yes_or_no
from requests_app.models import CannedText


@admin.register(CannedText)
class CannedTextAdmin(BilingualAdmin):
    list_display = ("title", "service", yes_or_no(CannedText, "is_active"))
    list_filter = ("is_active", "service")
    search_fields = ("title_ar", "title_en", "text_ar", "text_en")
    fields = ("is_active", "service", ("title_ar", "title_en"), ("text_ar", "text_en"))
