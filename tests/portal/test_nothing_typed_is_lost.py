"""What a resident has typed comes back after their session has ended, on every page with a form.

A page that is neither in TYPED nor in NOTHING_TYPED fails the first test, so that a new one cannot
be forgotten.
"""

import re
from types import SimpleNamespace

import pytest
from django.urls import URLResolver, get_resolver, reverse
from django.utils import translation

from appointments.actions import horizon
from core.accounts.models import Session
from tests import factories
from tests.appointments import places
from tests.appointments.browsing import TIMES, address, criteria_of, own_data
from tests.conftest import errors_on, notices_on, signed_in
from tests.core.accounts import pages
from tests.requests_app.people import after
from tests.requests_app.returns import returned
from tests.requests_app.steps import page_of
from tests.worlds import undone

TEXT = "I typed this while my session ended"
ADDRESS = "typed@example.org"
STILL_HERE = "Your session had ended. What you typed is still here: check it and continue."
SIGN_IN_FIRST = "Your session has ended. What you typed is kept: sign in to go on."
CHOOSE_AGAIN = f"{STILL_HERE} Choose the files again."

# Pages with a form on which there is nothing to lose, and why.
NOTHING_TYPED = {
    **dict.fromkeys(
        ("accounts:change-password", "accounts:remove-email", "accounts:authenticator"),
        "passwords alone, never kept",
    ),
    **dict.fromkeys(
        ("accounts:recovery-codes", "accounts:remove-authenticator"),
        "a password and a code, never kept",
    ),
    **dict.fromkeys(
        ("inquiries:confirm", "inquiries:mobile", "accounts:confirm-authenticator"),
        "a code alone, which is of the ended session",
    ),
    **dict.fromkeys(("accounts:messages", "appointments:wait"), "one choice beside its own button"),
    **dict.fromkeys(
        (
            *("accounts:sign-out-device", "accounts:sign-out-elsewhere"),
            *("inquiries:review", "inquiries:send-mobile-code", "inquiries:delete"),
            "inquiries:resume",
            *("appointments:confirm", "appointments:cancel", "appointments:stop-waiting"),
            *("appointments:stop-wish", "appointments:accept", "appointments:decline"),
        ),
        "a button alone",
    ),
}


def pages_with_a_form(resolver=None, before=""):
    """Yield the name and the view of each page for residents that takes a form."""
    for pattern in (resolver or get_resolver()).url_patterns:
        if isinstance(pattern, URLResolver):
            names = before + f"{pattern.namespace}:" if pattern.namespace else before
            yield from pages_with_a_form(pattern, names)
        elif getattr(pattern.callback, "keeps_input", None) == "" and takes_form(pattern.callback):
            yield before + pattern.name


def takes_form(view):
    return "POST" in getattr(view, "methods", ())


@pytest.fixture
def world(resident):
    """Return the things that the pages are about."""
    child = factories.IdentityFactory(name_en="Sami Khan")
    factories.link(resident.identity, child)
    palm = factories.IdentityFactory(name_en="Palm", birth_date=None, number="7000000017")
    factories.link(palm, resident.identity, "representative")
    for kind in ("supporting-proof", "another"):
        factories.document_type(kind, kind)
    slot = places.some_slot(time="13:00", capacity=4)
    service = factories.ServiceFactory()
    return SimpleNamespace(
        resident=resident,
        child=child,
        palm=palm,
        draft=factories.draft(resident),
        open=factories.filed(resident),
        rejected=after(
            factories.filed(resident), factories.OfficerFactory(), "claimed", "rejected"
        ),
        returned=returned(factories.filed(resident), factories.OfficerFactory()),
        slot=slot,
        last_day=list(horizon())[2].isoformat(),
        times={"office": slot.office.slug, "day": slot.day.isoformat()},
        criteria=criteria_of(resident.identity, service),
        service=service,
        appointment=places.confirmed(resident),
    )


def value(text):
    return f'value="{text}"'


def chosen(name, key):
    return rf'name="{name}" value="{key}"[^>]* checked'


# Each page with what is typed there, and what the page shows when it has come back.
TYPED = {
    "accounts:change-mobile": lambda w: (
        pages.CHANGE_MOBILE,
        {"mobile": "050 765 4321", "password": "secret-as-ever"},
        value("050 765 4321"),
    ),
    "accounts:change-email": lambda w: (pages.CHANGE_EMAIL, {"email": ADDRESS}, value(ADDRESS)),
    "accounts:acting-as": lambda w: (
        "/en/account/acting-as/",
        {"holder": w.palm.pk},
        chosen("holder", w.palm.pk),
    ),
    **{
        name: lambda w, name=name: (
            reverse(name),
            {"words": TEXT},
            value(TEXT),
        )
        for name in ("accounts:find-establishment", "accounts:persons", "accounts:holders")
    },
    "inquiries:new": lambda w: (
        "/en/inquiries/new/",
        {"beneficiary": w.child.pk, "service": w.service.slug},
        chosen("beneficiary", w.child.pk),
    ),
    "inquiries:new-person": lambda w: ("/en/inquiries/new/person/", {"words": TEXT}, value(TEXT)),
    "inquiries:subject": lambda w: (
        page_of(w.draft, "subject"),
        {"beneficiary": w.child.pk, "service": w.service.slug},
        chosen("beneficiary", w.child.pk),
    ),
    "inquiries:subject-person": lambda w: (
        f"{page_of(w.draft, 'subject')}person/",
        {"words": TEXT},
        value(TEXT),
    ),
    "inquiries:details": lambda w: (
        page_of(w.draft, "details"),
        factories.details_of(w.draft, description=TEXT, mobile="letters"),
        f"{TEXT}</textarea>",
    ),
    "inquiries:documents": lambda w: (
        page_of(w.draft, "documents"),
        {"document_type": "another", "files": factories.picture()},
        value("another"),  # nothing is typed there: each row has its own form
    ),
    "inquiries:answer": lambda w: (
        page_of(w.returned, "answer"),
        {"text": TEXT, "files": factories.picture()},
        TEXT,
    ),
    "inquiries:add": lambda w: (
        page_of(w.open, "add"),
        {"text": TEXT, "files": factories.picture()},
        TEXT,
    ),
    "inquiries:ask": lambda w: (page_of(w.rejected, "ask"), {"text": TEXT}, TEXT),
    "inquiries:withdraw": lambda w: (page_of(w.open, "withdraw"), {"text": TEXT}, TEXT),
    "inquiries:ask-for-review": lambda w: (
        page_of(w.rejected, "ask-for-review"),
        {"text": TEXT},
        TEXT,
    ),
    "appointments:verify": lambda w: (
        "/en/appointments/verify/",
        own_data(w.resident, number="2 typed"),
        value("2 typed"),
    ),
    "appointments:new-person": lambda w: (
        "/en/appointments/new/person/",
        {"words": TEXT},
        value(TEXT),
    ),
    "appointments:new-wish": lambda w: (
        address("/en/appointments/new/wait/", w.criteria),
        {"last_day": w.last_day},
        f'value="{w.last_day}" selected',
    ),
    "appointments:times": lambda w: (
        address(TIMES, w.criteria, **w.times),
        {"slot": w.slot.pk, "idempotency_key": "1b4e28ba-2fa1-41d2-883f-0016d3cca427"},
        value("1b4e28ba-2fa1-41d2-883f-0016d3cca427"),
    ),
    "appointments:move-times": lambda w: (
        address(f"/en/appointments/{w.appointment.reference}/move/time/", w.times),
        {"slot": w.slot.pk, "idempotency_key": "1b4e28ba-2fa1-41d2-883f-0016d3cca427"},
        value("1b4e28ba-2fa1-41d2-883f-0016d3cca427"),
    ),
}


def test_every_page_with_a_form_is_in_a_table():
    with translation.override("en"):
        found = sorted(set(pages_with_a_form()))
    assert found == sorted([*TYPED, *NOTHING_TYPED])


def go_through(browser, place):
    """Open the page, by way of whatever a new session is asked before; return the page."""
    page = browser.get(place)
    while page.status_code == 302:
        assert STILL_HERE not in browser.get(page.url).content.decode()
        session = browser.session
        if "/acting-as/" in page.url:
            session["acting_as"] = None
        else:
            assert "/verify/" in page.url
            session["data_verified"] = True
        session.save()
        page = browser.get(place)
    assert page.status_code == 200
    return page


def test_what_was_typed_comes_back_after_signing_in_again(world):
    for page, case in TYPED.items():
        with undone():
            check_that_it_comes_back(page, world.resident, *case(world))


def check_that_it_comes_back(page, user, place, typed, shown):
    browser = signed_in(user)
    # The browser sends whatever is hidden in the form of the page.
    form = go_through(browser, place).content.decode()
    assert f'name="typist" value="{user.pk}"' in form, page
    Session.objects.all().delete()
    asked = browser.post(place, {**typed, "typist": user.pk}, follow=True)
    assert asked.request["PATH_INFO"] == pages.SIGN_IN, page
    assert notices_on(asked) == [SIGN_IN_FIRST], page
    browser.force_login(user)
    back = go_through(browser, place)
    told = CHOOSE_AGAIN if "files" in typed else STILL_HERE
    assert notices_on(back)[:1] == [told], page
    assert re.search(shown, back.content.decode()), page
    assert errors_on(back) == [], page
    assert "secret-as-ever" not in back.content.decode()
    assert STILL_HERE not in browser.get(place).content.decode(), page


def test_form_sent_to_the_other_language_is_kept_too(world):
    """The button that switches the language sends the form as well."""
    browser, page = signed_in(world.resident), page_of(world.draft, "details")
    Session.objects.all().delete()
    form = {"description": TEXT, "typist": world.resident.pk, "switch_language": "en"}
    asked = browser.post(page, form)
    assert asked.url == f"{pages.SIGN_IN}?next={page}"
    browser.force_login(world.resident)
    assert TEXT in browser.get(page).content.decode()


def test_button_alone_promises_nothing(world):
    browser = signed_in(world.resident)
    Session.objects.all().delete()
    for page in ("inquiries:review", "inquiries:delete"):
        asked = browser.post(reverse(page, args=[world.draft.reference]), follow=True)
        assert notices_on(asked) == [], page
