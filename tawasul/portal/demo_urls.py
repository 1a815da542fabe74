"""Pages that exist in the demo alone."""

from django.urls import path

from tawasul.portal import demo, showcase

app_name = "demo"

urlpatterns = [
    path("phone/", demo.phone, name="phone"),
    path("components/", showcase.components, name="components"),
]
