from django.conf import settings
from django.conf.urls.i18n import i18n_patterns
from django.contrib import admin
from django.urls import include, path, register_converter

from appointments.views.slips import check
from core.references import ReferenceConverter
from tawasul.portal import appearance, health, staff_filing, well_known

handler400 = "tawasul.portal.error_pages.bad_request"
handler403 = "tawasul.portal.error_pages.permission_denied"
handler404 = "tawasul.portal.error_pages.page_not_found"
handler500 = "tawasul.portal.error_pages.server_error"

register_converter(ReferenceConverter, "reference")

urlpatterns = [
    path("healthz", health.healthz),
    path("readyz", health.readyz),
    path("robots.txt", well_known.robots),
    path("look.css", appearance.look_sheet, name="look-sheet"),
    path("favicon.ico", well_known.favicon),
    path(".well-known/security.txt", well_known.security),
    *i18n_patterns(
        path("", include("tawasul.portal.urls")),
        path("services/", include("core.catalogue.urls")),
        path("account/", include("core.accounts.urls")),
        path("inquiries/", include("requests_app.urls")),
        path("appointments/", include("appointments.urls")),
        path("check/<slug:code>/", check, name="check"),
        path(
            "staff/prepare/",
            include((staff_filing.urls(admin.site.admin_view), "inquiries"), "prepare"),
        ),
        path("staff/", admin.site.urls),
    ),
]

if settings.DEMO:
    urlpatterns += i18n_patterns(path("demo/", include("tawasul.portal.demo_urls")))
