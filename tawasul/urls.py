from django.conf import settings
from django.conf.urls.i18n import i18n_patterns
from django.contrib import admin
from django.urls import include, path, register_converter

from appointments.views.following import check
from core.numbers import ReferenceConverter
from tawasul.portal import views

handler400 = "tawasul.portal.views.bad_request"
handler403 = "tawasul.portal.views.permission_denied"
handler404 = "tawasul.portal.views.page_not_found"
handler500 = "tawasul.portal.views.server_error"

register_converter(ReferenceConverter, "reference")

urlpatterns = [
    path("healthz", views.healthz),
    path("readyz", views.readyz),
    *i18n_patterns(
        path("", include("tawasul.portal.urls")),
        path("services/", include("core.catalogue.urls")),
        path("account/", include("core.accounts.urls")),
        path("inquiries/", include("requests_app.urls")),
        path("appointments/", include("appointments.urls")),
        path("check/<slug:code>/", check, name="check"),
        path("staff/", admin.site.urls),
    ),
]

if settings.DEMO:
    urlpatterns += [path("demo/", include("tawasul.portal.demo_urls"))]
