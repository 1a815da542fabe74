"""Helpers for the pages of appointments: verified browsers, and addresses with criteria."""

from urllib.parse import urlencode

from tests.conftest import signed_in

ROOT = "/en/appointments/"
VERIFY, NEW = f"{ROOT}verify/", f"{ROOT}new/"
OFFICES, DAYS, TIMES = f"{NEW}office/", f"{NEW}day/", f"{NEW}time/"
BORN = {"born_calendar": "gregorian", "born_day": "14", "born_month": "3", "born_year": "1986"}


def own_data(user, **changes):
    return {"number": user.identity.current_number, **BORN, **changes}


def verified(user):
    """Return a browser in which `user` is signed in and has verified their data."""
    browser = signed_in(user)
    session = browser.session
    session["data_verified"] = True
    session.save()
    return browser


def criteria_of(person, service, **changes):
    return {
        "attendee": person.pk,
        "service": service.slug,
        "region": "riyadh",
        "operations": "1",
        **changes,
    }


def address(step, criteria, **chosen):
    return f"{step}?{urlencode({**criteria, **chosen}, doseq=True)}"


def key_on(browser, step):
    """Return the idempotency key of the form on the page `step`."""
    return browser.get(step).context["form"]["idempotency_key"].value()


def take(browser, step, slot, **options):
    """Choose the time of `slot` on the page `step`, with the idempotency key of its form."""
    posted = {"idempotency_key": key_on(browser, step), "slot": slot.pk}
    return browser.post(step, posted, **options)


def page_of(appointment, page=""):
    return f"{ROOT}{appointment.reference}/{page}"
