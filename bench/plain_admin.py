"""Django's own admin list over the inquiries, as nobody has touched it, for bench/desk.py alone."""

from django.contrib import admin
from django.urls import path

from requests_app.models import Inquiry
from tawasul import urls


class PlainAdmin(admin.ModelAdmin):
    list_display = ("reference", "service", "beneficiary", "status", "assignee", "due_on")
    list_filter = ("status", "outcome", "service")
    search_fields = ("search_text",)
    ordering = ("due_on", "pk")
    change_list_template = "admin/change_list.html"  # not that of the queue


class PlainSite(admin.AdminSite):
    def has_permission(self, request):  # type: ignore[no-untyped-def]  # as the admin's own
        return request.user.is_active and request.user.is_staff


site = PlainSite(name="plain")
site.register(Inquiry, PlainAdmin)

urlpatterns = [path("en/plain/", site.urls), *urls.urlpatterns]
handler403, handler404, handler500 = urls.handler403, urls.handler404, urls.handler500
