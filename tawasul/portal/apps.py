from django.apps import AppConfig
from django.contrib.admin import apps as admin_apps
from django.utils.translation import gettext_lazy as _


class PortalConfig(AppConfig):
    name = "tawasul.portal"
    label = "portal"
    verbose_name = _("Portal")
    default = True


class StaffConfig(admin_apps.AdminConfig):
    default = False
    default_site = "tawasul.portal.staff_site.StaffSite"
