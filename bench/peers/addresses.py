"""The addresses of the peer whose settings are in use."""

from django.apps import apps
from django.contrib import admin
from django.urls import include, path

urlpatterns = [path("admin/", admin.site.urls)]
if apps.is_installed("helpdesk"):
    urlpatterns += [path("", include("helpdesk.urls", namespace="helpdesk"))]
if apps.is_installed("appointment"):
    urlpatterns += [path("", include("appointment.urls"))]
