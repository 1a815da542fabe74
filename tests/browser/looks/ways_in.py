"""The looks of public pages, signing in, registering, the account, and the error pages."""

import json
from base64 import b32decode
from pathlib import Path
from unittest.mock import patch

from django.conf import settings
from django.core.management import call_command
from django.db import OperationalError
from django.test import Client
from django_otp.plugins.otp_totp.models import TOTPDevice

from core.catalogue.models import Service
from tests import factories
from tests.appointments.browsing import verified
from tests.browser.looks import Group, look, people
from tests.browser.looks.people import BORN, GOOD, NEW, WRONG
from tests.browser.looks.steps import (
    enter,
    press,
    read_picture,
    send,
    send_code,
    send_nothing,
    warn_of_the_end,
)
from tests.browser.looks.tables import looks
from tests.conftest import signed_in, signed_in_staff
from tests.delivery import deliver_due

REFERENCE = Path(settings.BASE_DIR, "core/catalogue/reference/services.json")
SERVICES = [row["slug"] for row in json.loads(REFERENCE.read_text(encoding="utf-8"))["services"]]
WORDS = {"ar": "إقامة", "en": "iqama"}
SIGN_IN, REGISTER, RESET = "account/sign-in/", "account/register/", "account/password/reset/"
BY_TEXT, CHOOSE = "account/picture/by-text/", f"{REGISTER}choose/"
FOR_RESET = f"{BY_TEXT}?next=/{{language}}/{RESET}"
RECOVER, OBJECTION = "account/recover/", "account/objection/"
PASSWORD, MOBILE, EMAIL = "account/password/", "account/mobile/", "account/email/"
ACTING, PEOPLE = "account/acting-as/", "account/people/"
APP = "account/authenticator/"
REGISTRANT = {"number": "2000000030", **BORN}
LOSER = {"number": "2000000105", **BORN}
DOUBTED = {**REGISTRANT, "number": "2000000031"}


def prepare(language):
    call_command("load_reference", verbosity=0)
    factories.expectation(Service.objects.get(slug=SERVICES[0]), 3)
    resident = people.resident(language, email="aslam@example.com")
    palm = people.establishment(resident.identity)
    _guest, _forgetful, shut, leaver, careful, cautious = (
        people.account(username, people.person(number, *names), language)
        for username, number, *names in (
            ("guest", "2000000055", "ياسر محمود رضا", "Yasser Mahmoud Reda"),
            ("forgetful", "2000000063", "ياسر محمود رضا", "Yasser Mahmoud Reda"),
            ("shut", "2000000071", "ليث", "Laith"),
            ("leaver", "2000000097", "نور خان", "Noor Khan"),
            ("careful", "2000000121", "سلمى عثمان", "Salma Osman"),
            ("cautious", "2000000139", "مريم عثمان", "Maryam Osman"),
        )
    )
    factories.authenticator(cautious)
    people.shut_out(Client(), f"/en/{SIGN_IN}", shut)
    lost = people.person("2000000105", "هدى سالم", "Huda Salem", mobile="+966500000032")
    people.account("loser", lost, language)
    found = people.person("2000000113", "طارق سالم", "Tariq Salem")
    recovered = people.account("recovered", found, language)
    people.give_new_mobile(recovered)
    people.person("2000000030", "بلال أحمد", "Bilal Ahmed", mobile="+966500000031")
    browsers = {
        "resident": people.acting_for(None, resident),
        "newcomer": verified(people.newcomer(language)),
        "employer": people.acting_for(palm, resident),
        "colleague": signed_in_staff(factories.OfficerFactory()),
        "leaver": signed_in(leaver),
        "careful": signed_in(careful),
        "recovered": signed_in(recovered),
        "employer_of_many": verified(people.employer_of_many(language)),
    }
    factories.announcement(text_ar="تتوقف البوابة الليلة من الثانية إلى الرابعة.")
    signed_in(resident)  # on another device, which is listed first as it is the latest
    return {
        "browsers": browsers,
        "words": WORDS[language],
        "language": language,
    }


def deliver(visitor, _things):
    deliver_due()
    visitor.page.reload()


def breaking(error):
    """Return a step that reloads the page while its view raises `error`."""

    def step(visitor, _things):
        with patch("tawasul.portal.appearance.render", side_effect=error):
            visitor.page.reload()

    return step


def type_key_into_app(visitor, _things):
    """Enter the code of an app that has the key on the page."""
    key = visitor.page.locator(".key").inner_text().replace(" ", "")
    app = TOTPDevice(key=b32decode(key).hex())
    visitor.page.locator("[name=code]").fill(factories.shown_by(app))


def lose_cookies(visitor, _things):
    visitor.context.clear_cookies()


FOR_EVERYBODY = (
    look("home", "anonymous", ""),
    look("signed-out", "leaver", "account/", press("Sign out")),
    *looks(
        "anonymous",
        ("contact", "contact/"),
        ("accessibility", "accessibility/"),
        ("services", "services/"),
        ("services-found", "services/?q={words}"),
        ("services-not-found", "services/?q=zzz+zzz"),
        *((f"service-{slug}", f"services/{slug}/") for slug in SERVICES),
    ),
    *looks(
        "anonymous",
        ("feedback", "feedback/?page=/ar/"),
        ("feedback-too-long", "feedback/?page=/ar/", send("No", sentence="x" * 301)),
        ("feedback-thanks", "feedback/?page=/ar/", press("Yes")),
    ),
    look("components", "anonymous", "demo/components/"),
    look("display", "anonymous", "display/"),
    look("display-signed-in", "resident", "display/"),
    look("display-acting", "employer", "display/"),
    look("display-saved", "colleague", "display/", press("Save")),
    look("phone-empty", "anonymous", "demo/phone/"),
)
SIGNING_IN = (
    *looks(
        "guest",
        ("sign-in", SIGN_IN),
        ("sign-in-before-a-page", "my/"),
        ("sign-in-empty", SIGN_IN, send_nothing("Continue")),
        ("sign-in-wrong", SIGN_IN, send("Continue", login="guest", **WRONG)),
    ),
    look(
        "sign-in-too-many-tries",
        "guest",
        SIGN_IN,
        send("Continue", login="shut", **WRONG),
        status=429,
    ),
    *looks(
        "guest",
        ("sign-in-code", SIGN_IN, send("Continue", login="guest", **GOOD)),
        ("sign-in-code-empty", "account/code/", send_nothing("Sign in")),
        ("sign-in-code-wrong", "account/code/", send("Sign in", code="000000")),
        ("sign-in-code-too-soon", "account/code/", press("Send another code")),
        ("sign-in-code-too-many-tries", "account/code/", *[send("Sign in", code="000000")] * 5),
        ("phone", "demo/phone/", deliver),
    ),
)
REGISTERING = looks(
    "registrant",
    ("register", REGISTER),
    ("register-empty", REGISTER, send_nothing("Send the code")),
    ("register-wrong-picture", REGISTER, send("Send the code", **REGISTRANT, picture="00000")),
    ("register-doubted-number", REGISTER, enter(**DOUBTED), read_picture, press("Send the code")),
    ("register-code", REGISTER, enter(**REGISTRANT), read_picture, press("Send the code")),
    ("register-code-empty", f"{REGISTER}code/", send_nothing("Next")),
    ("choose", f"{REGISTER}code/", send_code("Next")),
    ("choose-empty", CHOOSE, send_nothing("Open the account")),
    ("account-opened", CHOOSE, send("Open the account", username="bilal.ahmed", **NEW)),
)
FORGOTTEN = looks(
    "forgetful",
    ("reset", RESET),
    ("reset-empty", RESET, send_nothing("Send the code")),
    ("picture-by-text", RESET, press("Text me a code instead")),
    ("picture-by-text-empty", BY_TEXT, send_nothing("Send the code")),
    ("picture-by-text-code", FOR_RESET, send("Send the code", mobile="0500000099")),
    ("picture-by-text-code-empty", f"{BY_TEXT}code/", send_nothing("Next")),
    ("reset-without-picture", f"{BY_TEXT}code/", send_code("Next")),
    ("reset-code", RESET, send("Send the code", login="forgetful", **BORN)),
    ("reset-code-empty", f"{RESET}code/", send_nothing("Next")),
    ("new-password", f"{RESET}code/", send_code("Next")),
    ("new-password-empty", f"{RESET}new/", send_nothing("Set the password")),
    ("new-password-set", f"{RESET}new/", send("Set the password", **NEW)),
)
RECOVERING = (
    *looks(
        "loser",
        ("recover", RECOVER),
        ("recover-empty", RECOVER, send_nothing("Send the code")),
        ("recover-code", RECOVER, enter(**LOSER), read_picture, press("Send the code")),
        ("recover-code-empty", f"{RECOVER}code/", send_nothing("Next")),
        ("new-mobile", f"{RECOVER}code/", send_code("Next")),
        ("new-mobile-taken", f"{RECOVER}mobile/", press("Use this mobile")),
        ("objection", OBJECTION),
        ("objection-empty", OBJECTION, send_nothing("Object to the new mobile")),
        ("objection-sent", f"{OBJECTION}sent/"),
    ),
    look("account-with-a-new-mobile", "recovered", "account/safety/"),
)
ACCOUNT = (
    look("account", "resident", "account/"),
    look("my-data", "resident", "account/data/"),
    look("safety", "resident", "account/safety/"),
    look("links", "resident", "account/links/"),
    look("messages", "resident", "account/messages/"),
    look("links-of-a-newcomer", "newcomer", "account/links/"),
    look("links-acting", "employer", "account/links/"),
    look("holders", "employer", "account/holders/"),
    look("find-establishment", "employer", f"{ACTING}find/", send("Search", words="7000")),
    look("acting-as-chosen", "employer", ACTING),
    look("acting-as-ended", "employer", "display/", press("Act as myself again")),
    # From here on, the employer's browser is one of those that the resident signs out.
    *looks(
        "resident",
        ("language-saved", "account/messages/", press("Save the language")),
        ("signed-out-there", "account/safety/", press("Sign out of that device")),
        ("signed-out-everywhere", "account/safety/", press("Sign out everywhere else")),
        ("end-is-near", MOBILE, warn_of_the_end),
        ("password", PASSWORD),
        ("password-empty", PASSWORD, send_nothing("Change the password")),
    ),
    look("password-changed", "newcomer", PASSWORD, send("Change the password", **GOOD, **NEW)),
    *looks(
        "resident",
        ("mobile", MOBILE),
        ("mobile-empty", MOBILE, send_nothing("Send the code")),
        ("mobile-code", MOBILE, send("Send the code", mobile=people.OTHER_MOBILE, **GOOD)),
        ("mobile-code-empty", f"{MOBILE}code/", send_nothing("Change the mobile")),
        ("mobile-changed", f"{MOBILE}code/", send_code("Change the mobile")),
        ("email", EMAIL),
        ("email-empty", EMAIL, send_nothing("Send the code")),
        ("email-code", EMAIL, send("Send the code", email="khan@example.com", **GOOD)),
        ("email-code-empty", f"{EMAIL}code/", send_nothing("Confirm the address")),
        ("email-confirmed", f"{EMAIL}code/", send_code("Confirm the address")),
        ("email-remove", f"{EMAIL}remove/"),
        ("email-remove-empty", f"{EMAIL}remove/", send_nothing("Stop e-mailing me")),
        ("email-removed", f"{EMAIL}remove/", send("Stop e-mailing me", **GOOD)),
        ("acting-as", f"{ACTING}?next=/en/inquiries/new/"),
    ),
    *looks(
        "employer_of_many",
        ("links-of-many", "account/links/"),
        ("people", PEOPLE),
        ("people-found", PEOPLE, send("Search", words="24")),
        ("people-not-found", PEOPLE, send("Search", words="{words}")),
        ("people-empty", PEOPLE, send_nothing("Search")),
    ),
    look("acting-as-nobody", "newcomer", ACTING),
)
AUTHENTICATOR = (
    *looks(
        "careful",
        ("authenticator", APP),
        ("authenticator-empty", APP, send_nothing("Add the app")),
        ("authenticator-key", APP, send("Add the app", **GOOD)),
        ("authenticator-key-empty", f"{APP}confirm/", send_nothing("Add the app")),
        ("recovery-codes", f"{APP}confirm/", type_key_into_app, press("Add the app")),
        ("authenticator-in-use", f"{APP}recovery-codes/", press("I have kept them")),
        ("safety-with-authenticator", "account/safety/"),
        ("recovery-codes-to-renew", f"{APP}recovery-codes/"),
        ("recovery-codes-empty", f"{APP}recovery-codes/", send_nothing("Show new codes")),
        ("authenticator-remove", f"{APP}remove/"),
        ("authenticator-remove-empty", f"{APP}remove/", send_nothing("Take the app off")),
    ),
    *looks(
        "cautious",
        ("sign-in-code-of-app", SIGN_IN, send("Continue", login="cautious", **GOOD)),
        ("sign-in-code-of-app-wrong", "account/code/", send("Sign in", code="12345")),
    ),
)
ERROR_PAGES = (
    look("cannot-be-read", "anonymous", "?x=%00", status=400),
    look("not-for-this-account", "colleague", "inquiries/", status=403),
    look("page-expired", "anonymous", SIGN_IN, lose_cookies, press("Continue"), status=403),
    look("no-such-page", "anonymous", "no/such/page/", status=404),
    look("no-such-page-signed-in", "resident", "no/such/page/", status=404),
    *(
        look(name, "anonymous", "display/", breaking(error), status=status, stands_alone=True)
        for name, error, status in (
            ("broken", RuntimeError("broken for the look"), 500),
            ("database-away", OperationalError("away for the look"), 503),
        )
    ),
)

WAYS_IN = Group(
    "ways-in",
    ("en/demo/", "en/account/", "en/services/", "en/contact/", "en/feedback/"),
    prepare,
    (
        *(FOR_EVERYBODY, SIGNING_IN, REGISTERING, FORGOTTEN, RECOVERING, ACCOUNT),
        *(ERROR_PAGES, AUTHENTICATOR),
    ),
)
