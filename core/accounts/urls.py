from captcha.views import captcha_image
from django.urls import path

from core.accounts import account_views, views
from core.accounts.code_steps import STEPS

app_name = "accounts"

CODE_PAGES = {
    "sign_in": "code/",
    "register": "register/code/",
    "reset": "password/reset/code/",
    "picture": "picture/by-text/code/",
    "mobile": "mobile/code/",
    "email": "email/code/",
}

urlpatterns = [
    path("sign-in/", views.sign_in, name="sign-in"),
    path("sign-out/", views.sign_out, name="sign-out"),
    path("register/", views.register, name="register"),
    path("register/choose/", views.choose, name="choose"),
    path("picture/<slug:key>.png", captcha_image, name="picture"),
    path("picture/by-text/", views.picture_by_text, name="picture-by-text"),
    path("password/reset/", views.reset, name="reset"),
    path("password/reset/new/", views.new_password, name="new-password"),
    path("", account_views.overview, name="overview"),
    path("password/", account_views.change_password, name="change-password"),
    path("mobile/", account_views.change_mobile, name="change-mobile"),
    path("email/", account_views.change_email, name="change-email"),
    path("language/", account_views.choose_language, name="choose-language"),
    path("devices/<slug:device>/", account_views.sign_out_device, name="sign-out-device"),
    path("acting-as/", account_views.acting_as, name="acting-as"),
]
for purpose, page in CODE_PAGES.items():
    step = {"step": STEPS[purpose]}
    urlpatterns += [
        path(page, views.code, step, name=f"code-{purpose}"),
        path(f"{page}resend/", views.resend, step, name=f"resend-{purpose}"),
    ]
