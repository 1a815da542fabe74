"""The catalogue for those who keep it."""

from django.contrib import admin
from modeltranslation.admin import TranslationAdmin

from tawasul.catalogue.models import DocumentType, Holiday, Service


@admin.register(Service)
class ServiceAdmin(TranslationAdmin):
    list_display = ("name", "slug", "takes_inquiries", "can_be_booked", "is_active")
    list_filter = ("is_active", "takes_inquiries", "can_be_booked")
    prepopulated_fields = {"slug": ("name",)}
    filter_horizontal = ("documents",)

    def has_delete_permission(self, request, obj=None):
        """Inquiries refer to it: a service is switched off, never deleted."""
        return False


@admin.register(DocumentType)
class DocumentTypeAdmin(TranslationAdmin):
    list_display = ("name", "slug")

    def has_delete_permission(self, request, obj=None):
        """Documents refer to it."""
        return False


@admin.register(Holiday)
class HolidayAdmin(TranslationAdmin):
    list_display = ("day", "name")
