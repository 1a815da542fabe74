from captcha.views import captcha_image
from django.urls import path

from core.accounts.code_steps import STEPS
from core.accounts.views import (
    authenticator,
    codes,
    idle,
    overview,
    password_and_contacts,
    password_reset,
    people,
    recovery,
    registration,
    sign_in,
    visual_code,
)

app_name = "accounts"

CODE_PAGES = {
    "sign_in": "code/",
    "register": "register/code/",
    "reset": "password/reset/code/",
    "recover": "recover/code/",
    "picture": "picture/by-text/code/",
    "mobile": "mobile/code/",
    "email": "email/code/",
}

urlpatterns = [
    path("sign-in/", sign_in.sign_in, name="sign-in"),
    path("sign-out/", sign_in.sign_out, name="sign-out"),
    path("signed-out/", sign_in.signed_out, name="signed-out"),
    path("register/", registration.register, name="register"),
    path("register/choose/", registration.choose, name="choose"),
    path("picture/<slug:key>.png", captcha_image, name="picture"),
    path("picture/<slug:key>.wav", visual_code.spoken_picture, name="spoken-picture"),
    path("picture/by-text/", visual_code.picture_by_text, name="picture-by-text"),
    path("password/reset/", password_reset.reset, name="reset"),
    path("password/reset/new/", password_reset.new_password, name="new-password"),
    path("recover/", recovery.recover, name="recover"),
    path("recover/mobile/", recovery.new_mobile, name="new-mobile"),
    path("objection/", recovery.objection, name="objection"),
    path("objection/sent/", recovery.objection_sent, name="objection-sent"),
    path("", overview.overview, name="overview"),
    path("data/", overview.my_data, name="my-data"),
    path("safety/", overview.safety, name="safety"),
    path("links/", overview.links, name="links"),
    path("messages/", overview.messages_and_language, name="messages"),
    path("password/", password_and_contacts.change_password, name="change-password"),
    path("mobile/", password_and_contacts.change_mobile, name="change-mobile"),
    path("email/", password_and_contacts.change_email, name="change-email"),
    path("email/remove/", password_and_contacts.remove_email, name="remove-email"),
    path("authenticator/", authenticator.authenticator, name="authenticator"),
    path("authenticator/confirm/", authenticator.confirm, name="confirm-authenticator"),
    path("authenticator/recovery-codes/", authenticator.recovery_codes, name="recovery-codes"),
    path("authenticator/remove/", authenticator.remove, name="remove-authenticator"),
    path("devices/", overview.sign_out_elsewhere, name="sign-out-elsewhere"),
    path("devices/<slug:device>/", overview.sign_out_device, name="sign-out-device"),
    path("still-here/", idle.stay, name="stay"),
    path("acting-as/", overview.acting_as, name="acting-as"),
    path("acting-as/find/", people.find_establishment, name="find-establishment"),
    path("people/", people.persons, name="persons"),
    path("holders/", people.holders, name="holders"),
]
for purpose, page in CODE_PAGES.items():
    step = {"step_class": STEPS[purpose]}
    urlpatterns += [
        path(page, codes.code, step, name=f"code-{purpose}"),
        path(f"{page}resend/", codes.resend, step, name=f"resend-{purpose}"),
    ]
