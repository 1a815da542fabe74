from django.urls import path

from core.catalogue import views

app_name = "catalogue"

urlpatterns = [
    path("", views.services, name="services"),
    path("<slug:slug>/", views.service, name="service"),
]
