"""The looks of public pages, signing in, registering, the account, and the error pages."""

import json
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import OperationalError
from django.test import Client

from core.messaging.actions.delivery import deliver_due
from tests import factories
from tests.appointments.browsing import verified
from tests.browser.looks import Group, look, people
from tests.browser.looks.steps import (
    enter,
    enter_code,
    press,
    read_picture,
    send_nothing,
)
from tests.conftest import signed_in, signed_in_staff

REFERENCE = Path(settings.BASE_DIR, "core/catalogue/reference/services.json")
SERVICES = [row["slug"] for row in json.loads(REFERENCE.read_text(encoding="utf-8"))["services"]]
BORN = {"born_calendar": "gregorian", "born_day": "14", "born_month": "3", "born_year": "1986"}
WORDS = {"ar": "إقامة", "en": "iqama"}
SIGN_IN, REGISTER, RESET = "account/sign-in/", "account/register/", "account/password/reset/"
BY_TEXT = "account/picture/by-text/"


def prepare(language):
    call_command("load_reference", verbosity=0)
    resident = people.resident(language)
    palm = people.establishment(resident)
    for username, number in (("guest", "2000000055"), ("forgetful", "2000000063")):
        identity = people.person(number, "ياسر محمود رضا", "Yasser Mahmoud Reda")
        people.account(username, identity, language)
    people.person("2000000030", "بلال أحمد", "Bilal Ahmed", mobile="+966500000031")
    shut = people.account("shut", people.person("2000000071", "ليث", "Laith"), language)
    people.shut_out(Client(), f"/en/{SIGN_IN}", shut)
    leaver = people.person("2000000097", "نور خان", "Noor Khan")
    browsers = {
        "resident": verified(resident),
        "newcomer": verified(people.newcomer(language)),
        "employer": people.acting_for(palm, resident),
        "colleague": signed_in_staff(factories.OfficerFactory()),
        "leaver": signed_in(people.account("leaver", leaver, language)),
    }
    signed_in(resident)  # on another device
    return {
        "browsers": browsers,
        "words": WORDS[language],
        "language": language,
        "password": factories.PASSWORD,
        "new_password": people.NEW_PASSWORD,
        "holder": palm.pk,
    }


def deliver(visitor, _things):
    deliver_due()
    visitor.page.reload()


def breaking(error):
    """Return a step that reloads the page while its view raises `error`."""

    def step(visitor, _things):
        def fail(*_args, **_kwargs):
            raise error

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("tawasul.portal.views.render", fail)
            visitor.page.reload()

    return step


def lose_cookies(visitor, _things):
    visitor.context.clear_cookies()


FOR_EVERYBODY = (
    look("home", "anonymous", ""),
    look("home-signed-in", "resident", ""),
    look("home-acting", "employer", ""),
    look("home-of-staff", "colleague", ""),
    look("signed-out", "leaver", "", press("Sign out")),
    look("contact", "anonymous", "contact/"),
    look("services", "anonymous", "services/"),
    look("services-found", "anonymous", "services/?q={words}"),
    look("services-not-found", "anonymous", "services/?q=zzz+zzz"),
    *(look(f"service-{slug}", "anonymous", f"services/{slug}/") for slug in SERVICES),
    look("service-signed-in", "resident", "services/iqama-renew/"),
    look("components", "anonymous", "/demo/components/"),
    look("display", "anonymous", "display/"),
    look("phone-empty", "anonymous", "/demo/phone/"),
)
SIGNING_IN = (
    look("sign-in", "guest", SIGN_IN),
    look("sign-in-before-a-page", "guest", "my/"),
    look("sign-in-empty", "guest", SIGN_IN, send_nothing("Continue")),
    look(
        "sign-in-wrong",
        "guest",
        SIGN_IN,
        enter(login="guest", password="not-this-one"),
        press("Continue"),
    ),
    look(
        "sign-in-too-many-tries",
        "guest",
        SIGN_IN,
        enter(login="shut", password="not-this-one"),
        press("Continue"),
        status=429,
    ),
    look(
        "sign-in-code",
        "guest",
        SIGN_IN,
        enter(login="guest", password="{password}"),
        press("Continue"),
    ),
    look("sign-in-code-empty", "guest", "account/code/", send_nothing("Sign in")),
    look("sign-in-code-wrong", "guest", "account/code/", enter(code="000000"), press("Sign in")),
    look("sign-in-code-too-soon", "guest", "account/code/", press("Send another code")),
    look(
        "sign-in-code-too-many-tries",
        "guest",
        "account/code/",
        *[enter(code="000000"), press("Sign in")] * 5,
    ),
    look("phone", "guest", "/demo/phone/", deliver),
)
REGISTERING = (
    look("register", "registrant", REGISTER),
    look("register-empty", "registrant", REGISTER, send_nothing("Send the code")),
    look(
        "register-wrong-picture",
        "registrant",
        REGISTER,
        enter(number="2000000030", **BORN, picture="00000"),
        press("Send the code"),
    ),
    look(
        "register-code",
        "registrant",
        REGISTER,
        enter(number="2000000030", **BORN),
        read_picture,
        press("Send the code"),
    ),
    look("register-code-empty", "registrant", f"{REGISTER}code/", send_nothing("Continue")),
    look("choose", "registrant", f"{REGISTER}code/", enter_code, press("Continue")),
    look("choose-empty", "registrant", f"{REGISTER}choose/", send_nothing("Open the account")),
    look(
        "account-opened",
        "registrant",
        f"{REGISTER}choose/",
        enter(username="bilal.ahmed", new_password="{password}", again="{password}"),
        press("Open the account"),
    ),
)
FORGOTTEN = (
    look("reset", "forgetful", RESET),
    look("reset-empty", "forgetful", RESET, send_nothing("Send the code")),
    look("picture-by-text", "forgetful", RESET, press("Text me a code instead")),
    look("picture-by-text-empty", "forgetful", BY_TEXT, send_nothing("Send the code")),
    look(
        "picture-by-text-code",
        "forgetful",
        f"{BY_TEXT}?next=/{{language}}/{RESET}",
        enter(mobile="0500000099"),
        press("Send the code"),
    ),
    look("picture-by-text-code-empty", "forgetful", f"{BY_TEXT}code/", send_nothing("Continue")),
    look("reset-without-picture", "forgetful", f"{BY_TEXT}code/", enter_code, press("Continue")),
    look("reset-code", "forgetful", RESET, enter(login="forgetful"), press("Send the code")),
    look("reset-code-empty", "forgetful", f"{RESET}code/", send_nothing("Continue")),
    look("new-password", "forgetful", f"{RESET}code/", enter_code, press("Continue")),
    look("new-password-empty", "forgetful", f"{RESET}new/", send_nothing("Set the password")),
    look(
        "new-password-set",
        "forgetful",
        f"{RESET}new/",
        enter(new_password="{new_password}", again="{new_password}"),
        press("Set the password"),
    ),
)
ACCOUNT = (
    look("account", "resident", "account/"),
    look("account-of-a-newcomer", "newcomer", "account/"),
    look("account-acting", "employer", "account/"),
    look("language-saved", "resident", "account/", press("Save the language")),
    look("signed-out-there", "resident", "account/", press("Sign out of that device")),
    look("password", "resident", "account/password/"),
    look("password-empty", "resident", "account/password/", send_nothing("Change the password")),
    look(
        "password-changed",
        "newcomer",
        "account/password/",
        enter(password="{password}", new_password="{new_password}", again="{new_password}"),
        press("Change the password"),
    ),
    look("mobile", "resident", "account/mobile/"),
    look("mobile-empty", "resident", "account/mobile/", send_nothing("Send the code")),
    look(
        "mobile-code",
        "resident",
        "account/mobile/",
        enter(mobile=people.OTHER_MOBILE, password="{password}"),
        press("Send the code"),
    ),
    look(
        "mobile-code-empty", "resident", "account/mobile/code/", send_nothing("Change the mobile")
    ),
    look(
        "mobile-changed",
        "resident",
        "account/mobile/code/",
        enter_code,
        press("Change the mobile"),
    ),
    look("email", "resident", "account/email/"),
    look("email-empty", "resident", "account/email/", send_nothing("Send the code")),
    look(
        "email-code",
        "resident",
        "account/email/",
        enter(email="khan@example.com"),
        press("Send the code"),
    ),
    look(
        "email-code-empty", "resident", "account/email/code/", send_nothing("Confirm the address")
    ),
    look(
        "email-confirmed",
        "resident",
        "account/email/code/",
        enter_code,
        press("Confirm the address"),
    ),
    look("email-removed", "resident", "account/email/", press("Stop e-mailing me")),
    look("acting-as", "resident", "account/acting-as/"),
    look("acting-as-nobody", "newcomer", "account/acting-as/"),
    look("acting-as-chosen", "employer", "account/acting-as/"),
    look("acting-as-ended", "employer", "", press("Act as myself again")),
)
ERROR_PAGES = (
    look("cannot-be-read", "anonymous", "?x=%00", status=400),
    look("not-for-this-account", "colleague", "my/", status=403),
    look(
        "page-expired",
        "anonymous",
        SIGN_IN,
        lose_cookies,
        press("Continue"),
        status=403,
    ),
    look("no-such-page", "anonymous", "no/such/page/", status=404),
    look("no-such-page-signed-in", "resident", "no/such/page/", status=404),
    look(
        "broken",
        "anonymous",
        "contact/",
        breaking(RuntimeError("broken for the look")),
        status=500,
        stands_alone=True,
    ),
    look(
        "database-away",
        "anonymous",
        "contact/",
        breaking(OperationalError("away for the look")),
        status=503,
        stands_alone=True,
    ),
)

WAYS_IN = Group(
    "ways-in",
    ("demo/", "en/account/", "en/services/", "en/contact/"),
    prepare,
    (
        FOR_EVERYBODY,
        SIGNING_IN,
        REGISTERING,
        FORGOTTEN,
        ACCOUNT,
        ERROR_PAGES,
    ),
)
