"""In whose name: asked after signing in and before the first step of a service, shown, switched."""

import html
import re
from datetime import timedelta
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from appointments.models import Appointment, Waiting
from core.accounts.models import Link
from requests_app.models import Inquiry
from tests import factories
from tests.appointments import places
from tests.appointments.browsing import DAYS, NEW, OFFICES, TIMES, address, criteria_of, verified
from tests.conftest import errors_on, notices_on, signed_in, words
from tests.core.accounts.pages import MY_PAGE, SIGN_IN, choose, place, prove_to_register
from tests.worlds import undone

CHOICE = "/en/account/acting-as/"
FILE = "/en/inquiries/new/"
QUERY = "?service=iqama-renew&region=riyadh"
AS_SELF = "You are acting as yourself Change In whose name you act"
AS_PALM = "You are acting for Palm Trees Contracting Act as myself again"
ENDED = "You no longer represent the establishment you acted for. You now act as yourself."
SWITCHED = "You have changed in whose name you act. Check your choices, then go on."


def establishment(person, name="Palm Trees Contracting", number="7000000017"):
    made = factories.establishment(name, number)
    factories.link(made, person, Link.Kind.REPRESENTATIVE)
    return made


@pytest.fixture
def palm(resident):
    return establishment(resident.identity)


@pytest.fixture
def browser(resident, palm):
    return verified(resident)


def asked(target, language="en"):
    return f"/{language}/account/acting-as/?{urlencode({'next': target})}"


def chosen(browser, holder=None, target=MY_PAGE):
    """Choose a holder, None for oneself, with the form of the page; return where it leads."""
    page = browser.get(asked(target)).content.decode()
    assert f'name="next" value="{html.escape(target)}"' in page
    return browser.post(CHOICE, {"holder": holder.pk if holder else "", "next": target}).url


def bar_on(page):
    found = re.search(r'(?s)<aside class="acting.*?</aside>', page.content.decode())
    return words(found[0]) if found else ""


def line_on(page):
    found = re.search(r'(?s)<p class="context">.*?</p>', page.content.decode())
    return words(found[0]) if found else ""


def change_on(page):
    """Return where the link in the line of the step leads."""
    line = re.search(r'(?s)<p class="context">.*?</p>', page.content.decode())[0]
    return html.unescape(re.search('href="([^"]*)"', line)[1])


def end(establishment):
    yesterday = timezone.localdate() - timedelta(days=1)
    Link.objects.filter(holder=establishment, kind="representative").update(until=yesterday)


def sign_in_to(target, user, language):
    """Sign in on the way to `target`; return the browser and where it is sent."""
    client = Client()
    person = {"login": user.username, "password": factories.PASSWORD, "next": target}
    client.post(f"/{language}/account/sign-in/", person)
    code = {"code": factories.code_sent_to(user, "sign_in")}
    return client, client.post(f"/{language}/account/code/", code).url


# Asked


def test_representative_is_asked_once_after_signing_in(resident, palm):
    for language, holder, bar in (
        ("en", palm, AS_PALM),
        ("en", None, AS_SELF),
        ("ar", palm, "التعامل الآن بالنيابة عن مؤسسة النخيل للمقاولات العودة إلى التعامل باسمي"),
        ("ar", None, "التعامل الآن باسمك تعديل باسم من يجري التعامل"),
    ):
        with undone():
            target = f"/{language}/inquiries/new/{QUERY}"
            client, sent_to = sign_in_to(target, resident, language)
            assert sent_to == asked(target, language)
            page = client.get(sent_to)
            assert bar_on(page) == ""
            form = {"holder": holder.pk if holder else "", "next": page.context["next"]}
            page = client.post(f"/{language}/account/acting-as/", form, follow=True)
            assert page.redirect_chain == [(target, 302)]
            assert bar_on(page) == bar


def test_nobody_else_is_asked(resident):
    client, sent_to = sign_in_to(FILE, resident, "en")
    assert sent_to == FILE
    assert bar_on(client.get(FILE)) == line_on(client.get(FILE)) == ""
    factories.let_a_minute_pass(resident)
    end(establishment(resident.identity))
    assert sign_in_to(FILE, resident, "en")[1] == FILE


def test_new_account_is_asked_too(client, db):
    born = {"birth_date": "1986-03-14", "mobile": "+966501234567"}
    establishment(factories.IdentityFactory(number="2987654320", **born))
    prove_to_register(client)
    page = choose(client, follow=True)
    assert page.redirect_chain == [(asked(MY_PAGE), 302)]
    assert notices_on(page) == ["Your account is open."]


def test_choice_leads_nowhere_else(browser, palm, resident):
    for target in ("https://evil.example/", "//evil.example", "/\\evil.example", "evil", ""):
        page = browser.get(CHOICE, {"next": target})
        assert page.context["next"] == MY_PAGE, target
        assert browser.post(CHOICE, {"holder": palm.pk, "next": target}).url == MY_PAGE, target
    # Whoever signs in on the way to the choice is asked once.
    assert sign_in_to(asked(FILE), resident, "en")[1] == asked(FILE)
    # In the other language the way leads on in that one.
    assert browser.get(asked(FILE, "ar")).context["next"] == "/ar/inquiries/new/"


def test_first_steps_ask_in_a_session_without_a_choice(browser, resident, palm):
    service = factories.ServiceFactory(slug="iqama-renew", can_be_booked=True)
    draft = factories.draft(resident, service=service)
    for step in (FILE, f"/en/inquiries/{draft.reference}/subject/", NEW):
        for holder, name in ((None, "your own name"), (palm, "the name of Palm Trees Contracting")):
            with undone():
                target = f"{step}?service=iqama-renew&operations=2"
                assert browser.get(target).url == asked(target)
                assert chosen(browser, holder, target) == target
                page = browser.get(target)
                what = "appointment" if step == NEW else "inquiry"
                assert line_on(page) == (
                    f"This {what} will be in {name}. Change In whose name you act"
                )
                assert change_on(page) == asked(target)


def test_what_is_posted_before_a_mandate_began_goes_through(resident):
    browser, service = signed_in(resident), factories.ServiceFactory()
    form = browser.get(FILE).context["form"]
    establishment(resident.identity)
    posted = {name: form[name].value() for name in ("idempotency_key", "beneficiary", "holder")}
    browser.post(FILE, {**posted, "service": service.slug})
    assert Inquiry.objects.get().holder == resident.identity
    assert browser.get(FILE).url == asked(FILE)


def test_end_of_a_mandate_asks_again_only_if_another_is_left(browser, resident, palm):
    oasis = establishment(resident.identity, "Oasis Trading", "7000000025")
    chosen(browser, palm)
    end(palm)
    page = browser.get(MY_PAGE)
    assert (notices_on(page), bar_on(page)) == ([ENDED], AS_SELF)
    assert browser.get(FILE).url == asked(FILE)
    chosen(browser, oasis)
    end(oasis)
    page = browser.get(FILE)
    assert (page.status_code, notices_on(page)) == (200, [ENDED])
    assert bar_on(page) == line_on(page) == ""
    assert bar_on(browser.get(MY_PAGE)) == ""
    assert len(counted(browser, MY_PAGE)) == len(counted(signed_in(resident), MY_PAGE))
    # A mandate that begins after that is asked about, also of whoever chose themselves before.
    dunes = establishment(resident.identity, "Dunes Transport", "7000000033")
    assert browser.get(FILE).url == asked(FILE)
    chosen(browser)
    end(dunes)
    assert bar_on(browser.get(MY_PAGE)) == ""
    establishment(resident.identity, "Coast Fishing", "7000000041")
    assert browser.get(FILE).url == asked(FILE)


def test_agent_of_many_finds_the_establishment_on_the_way(resident):
    for place_ in range(12):
        establishment(resident.identity, f"Company {'ABCDEFGHIJKL'[place_]}", f"7{place_:09}")
    target = f"{FILE}{QUERY}"
    client, sent_to = sign_in_to(target, resident, "en")
    page = client.get(sent_to).content.decode()
    find = html.unescape(re.search(r'href="([^"]*)">Find the establishment', page)[1])
    found = client.post(find, {"words": "company h"}, follow=True).content.decode()
    there = html.unescape(re.search(r'href="([^"]*)"><bdi>Company H', found)[1])
    page = client.get(there)
    posted = {"holder": page.context["form"]["holder"].value(), "next": page.context["next"]}
    page = client.post(CHOICE, posted, follow=True)
    assert page.redirect_chain == [(target, 302)]
    assert "You are acting for Company H" in bar_on(page)


# Shown


def test_bar_of_oneself_is_on_own_pages_alone(browser, resident, palm):
    public = ("/en/display/", "/en/no/such/", SIGN_IN)
    own = (MY_PAGE, "/en/account/", "/en/inquiries/", "/en/appointments/", FILE, NEW)
    before = [without_changes(browser.get(page)) for page in public]
    chosen(browser)
    assert [without_changes(browser.get(page)) for page in public] == before
    assert [bar_on(browser.get(page)) for page in own] == [AS_SELF] * len(own)
    assert bar_on(browser.get(CHOICE)) == bar_on(browser.get(f"{CHOICE}find/")) == ""
    chosen(browser, palm)
    pages = (*own, *public[:-1], CHOICE)
    assert [bar_on(browser.get(page)) for page in pages] == [AS_PALM] * len(pages)


def without_changes(page):
    changing = rb'(name="(csrfmiddlewaretoken|idempotency_key)" value|data-idle)="[^"]*'
    return re.sub(changing, b"", page.content)


def counted(browser, page):
    """Return the statements of a page."""
    browser.get(page)
    with CaptureQueriesContext(connection) as taken:
        assert browser.get(page).status_code == 200
    return [statement["sql"] for statement in taken]


def test_statements_of_representatives_and_of_others(browser, resident, palm):
    chosen(browser)
    other = factories.UserFactory()
    of_other = verified(other)
    lists = (MY_PAGE, "/en/inquiries/", "/en/appointments/")
    for page in (
        *(*lists, "/en/account/", FILE, NEW),
        *("/en/", "/en/account/mobile/", "/en/account/people/"),
    ):
        for_other, for_representative = counted(of_other, page), counted(browser, page)
        assert len(for_representative) - len(for_other) in (0, 1), page
        # Mandates are looked for by the statement that reads the identity anyway; lists read the
        # wards of a guardian with them.
        about_links = [sql for sql in for_other if sql.startswith('SELECT "accounts_link"."kind"')]
        assert len(about_links) <= (1 if page in lists else 0), page
        own = f'"accounts_identity"."id" = {other.identity_id} '
        assert len([sql for sql in for_other if own in f"{sql} "]) <= 1, page


# Switched in another tab


def test_booking_begun_in_another_name_books_nothing(browser, resident, palm):
    """The worker is linked to both, so that only the name tells them apart."""
    worker = factories.IdentityFactory(name_en="Raju Kumar")
    for holder in (palm, resident.identity):
        factories.link(holder, worker)
    slot = places.some_slot()
    service = factories.ServiceFactory(can_be_booked=True)
    chosen(browser, palm)
    shown = re.search(r'name="holder" value="(\d+)"', browser.get(NEW).content.decode())[1]
    criteria = criteria_of(worker, service, holder=shown)
    office = {"office": slot.office.slug, "day": slot.day}
    times = address(TIMES, criteria, **office)
    page = browser.get(address(NEW, criteria), follow=True)
    assert place(page) == OFFICES
    assert f"holder={shown}" in page.content.decode()
    posted = {
        "idempotency_key": browser.get(times).context["form"]["idempotency_key"].value(),
        "slot": slot.pk,
    }
    chosen(browser)
    wish = address(f"{NEW}wait/", criteria)
    for opened, form in (
        (address(NEW, criteria), None),
        (address(OFFICES, criteria), None),
        (address(DAYS, criteria, **office), None),
        (times, posted),
        (wish, {"last_day": str(slot.day)}),
    ):
        page = browser.post(opened, form, follow=True) if form else browser.get(opened, follow=True)
        assert (place(page), notices_on(page), errors_on(page)) == (NEW, [SWITCHED], []), opened
        assert page.context["form"]["service"].value() == service.slug, opened
        assert page.context["form"]["attendee"].value() == str(worker.pk), opened
    assert not Appointment.objects.exists()
    assert not Waiting.objects.exists()
    chosen(browser, palm)
    browser.post(times, posted)
    assert Appointment.objects.get().holder == palm
