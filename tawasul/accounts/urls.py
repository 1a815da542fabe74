from django.urls import path

from tawasul.accounts import views

app_name = "accounts"

urlpatterns = [
    path("sign-in/", views.sign_in, name="sign-in"),
    path("code/", views.code, name="code"),
    path("code/resend/", views.resend, name="resend"),
    path("sign-out/", views.sign_out, name="sign-out"),
]
