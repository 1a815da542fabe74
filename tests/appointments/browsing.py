"""Browsers at the pages of appointments: verified, and with a criteria in the address."""

import re
from urllib.parse import urlencode

from captcha.models import CaptchaStore
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.conftest import signed_in

ROOT = "/en/appointments/"
VERIFY, NEW = f"{ROOT}verify/", f"{ROOT}new/"
OFFICES, DAYS, TIMES = f"{NEW}office/", f"{NEW}day/", f"{NEW}time/"
BORN = {"born_calendar": "gregorian", "born_day": "14", "born_month": "3", "born_year": "1986"}


def own_data(user, **changes):
    return {"number": user.identity.current_number, **BORN, **changes}


def picture_on(page):
    """What the form sends once somebody has read its picture."""
    key = re.search(r'name="picture_key" value="(\w+)"', page.content.decode())[1]
    return {"picture_key": key, "picture": CaptchaStore.objects.get(hashkey=key).response}


def verified(user):
    """A browser in which `user` is signed in and has shown that they know their data."""
    browser = signed_in(user)
    session = browser.session
    session["data_verified"] = True
    session.save()
    return browser


def wish_of(person, service, **changes):
    return {
        "attendee": person.pk,
        "service": service.slug,
        "region": "riyadh",
        "operations": "1",
        **changes,
    }


def address(step, criteria, **chosen):
    return f"{step}?{urlencode({**criteria, **chosen}, doseq=True)}"


def take(browser, step, slot, **options):
    """Choose the time of `slot` on the page `step`, as it is sent from there."""
    idempotency_key = browser.get(step).context["form"]["idempotency_key"].value()
    return browser.post(step, {"idempotency_key": idempotency_key, "slot": slot.pk}, **options)


def page_of(appointment, page=""):
    return f"{ROOT}{appointment.reference}/{page}"


def queries(browser, path):
    """How many queries it takes to get a page."""
    browser.get(path)  # what is asked once in a process is asked here
    with CaptureQueriesContext(connection) as asked:
        assert browser.get(path).status_code == 200
    return len(asked)
