from django.urls import path, register_converter

from requests_app import views


class ReferenceConverter:
    regex = "[0-9]{12}"

    def to_python(self, value):
        return value

    def to_url(self, value):
        return value


register_converter(ReferenceConverter, "reference")

app_name = "inquiries"

urlpatterns = [
    path("", views.inquiry_list, name="list"),
    path("new/", views.new, name="new"),
    path("<reference:reference>/", views.detail, name="detail"),
    path("<reference:reference>/details/", views.details, name="details"),
    path("<reference:reference>/documents/", views.documents, name="documents"),
    path("<reference:reference>/documents/<int:pk>/", views.document, name="document"),
    path("<reference:reference>/review/", views.review, name="review"),
    path("<reference:reference>/confirm/", views.confirm, name="confirm"),
    path("<reference:reference>/receipt/", views.receipt, name="receipt"),
]
