"""URLs of the pages that exist only in the demo."""

from django.urls import path

from tawasul.portal import demo_phone, showcase

app_name = "demo"

urlpatterns = [
    path("phone/", demo_phone.phone, name="phone"),
    path("components/", showcase.components, name="components"),
]
