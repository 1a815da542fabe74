from django.urls import path

from tawasul.portal import appearance, feedback, views

app_name = "portal"

urlpatterns = [
    path("", views.home, name="home"),
    path("my/", views.my_page, name="my-page"),
    path("contact/", views.contact, name="contact"),
    path("accessibility/", views.accessibility, name="accessibility"),
    path("display/", appearance.display, name="display"),
    path("feedback/", feedback.feedback, name="feedback"),
    path("feedback/thanks/", feedback.thanks, name="thanks"),
    path("other-date/", views.other_date, name="other-date"),
]
