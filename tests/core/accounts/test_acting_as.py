"""Acting as an establishment: how it is offered, shown, used and ended."""

import re
import uuid
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from core.accounts.models import Identity, Link, User
from requests_app import actions
from requests_app.models import Inquiry
from tests import factories
from tests.conftest import ask_for_code, errors_on, notices_on, sign_in, signed_in, words
from tests.core.accounts import pages
from tests.core.accounts.pages import ACCOUNT, LINKS, MY_PAGE, NEW_PASSWORD, SIGN_IN, place
from tests.worlds import undone

CHOICE = "/en/account/acting-as/"
NEW, DISPLAY = "/en/inquiries/new/", "/en/display/"
BANNER = "You are acting for Palm Trees Contracting Act as myself again"
ENDED = "You no longer represent the establishment you acted for. You now act as yourself."
NOT_NOW = "You cannot act for this establishment now. Choose again."
CANNOT_FILE = "You no longer represent Palm Trees Contracting, so you cannot act in its name."
NOT_LINKED = "This person is not linked to your account. Choose somebody who is."


@pytest.fixture
def palm(db):
    return factories.establishment()


@pytest.fixture
def worker(palm):
    worker = factories.IdentityFactory(name_en="Raju Kumar", name_ar="راجو كومار")
    factories.link(palm, worker)
    return worker


@pytest.fixture
def mandate(resident, palm):
    return factories.link(palm, resident.identity, Link.Kind.REPRESENTATIVE)


@pytest.fixture
def browser(resident, mandate):
    """Return a browser in which the resident acts for the establishment."""
    return acting(signed_in(resident), mandate.holder)


def choose(client, holder):
    form = {"csrfmiddlewaretoken": "sent with every form", "holder": holder}
    return client.post(CHOICE, form, follow=True)


def acting(client, holder):
    assert BANNER in words(choose(client, holder.pk))
    return client


def end(link):
    Link.objects.filter(pk=link.pk).update(until=timezone.localdate() - timedelta(days=1))


def banner_on(page):
    found = re.search(r'(?s)<aside class="acting".*?</aside>', page.content.decode())
    return words(found[0]) if found else ""


def file_for(client, beneficiary, service=None, **fields):
    """Submit the first step of a new inquiry and return the page that follows."""
    service = service or factories.ServiceFactory()
    form = {"idempotency_key": uuid.uuid4(), "beneficiary": beneficiary.pk, "service": service.slug}
    return client.post(NEW, {**form, **fields}, follow=True)


def draft_through(applicant, worker):
    """Return a draft through the worker's employer, ready to be confirmed."""
    inquiry = actions.start(
        actor=applicant,
        holder=worker.linked_to.get().holder,
        beneficiary=worker,
        service=factories.ServiceFactory(),
        idempotency_key=uuid.uuid4(),
    )
    details = factories.details_of(inquiry)
    actions.save_details(actor=applicant, inquiry=inquiry, **details)
    return inquiry


# Establishments to choose from


def all_kinds_of_establishments(person):
    """Create establishments, most of which lack one condition for acting as them."""
    today = timezone.localdate()
    representative = Link.Kind.REPRESENTATIVE
    cases = {
        "Palm Trees Contracting": (person, representative, {}, "active"),
        "Until Today": (person, representative, {"until": today}, "active"),
        "From Today": (person, representative, {"since": today}, "active"),
        "Until Yesterday": (person, representative, {"until": today - timedelta(1)}, "active"),
        "From Tomorrow": (person, representative, {"since": today + timedelta(1)}, "active"),
        "Closed": (person, representative, {}, "departed"),
        "Dissolved": (person, representative, {}, "deceased"),
        "Employer Alone": (person, Link.Kind.EMPLOYER, {}, "active"),
        "Host Alone": (person, Link.Kind.HOST, {}, "active"),
        "Guardian Alone": (person, Link.Kind.GUARDIAN, {}, "active"),
        "Of Somebody Else": (factories.IdentityFactory(), representative, {}, "active"),
        "Of Nobody": (None, representative, {}, "active"),
    }
    for turn, (name, (linked, kind, dates, status)) in enumerate(cases.items()):
        identity = factories.establishment(name, f"70000001{turn:02}", status=status)
        if linked:
            factories.link(identity, linked, kind, **dates)
    return cases


GOOD = {"Palm Trees Contracting", "Until Today", "From Today"}


def test_only_current_mandates_of_active_establishments_count(as_resident, resident):
    cases = all_kinds_of_establishments(resident.identity)
    page = words(as_resident.get(CHOICE))
    assert {name for name in cases if name in page} == GOOD
    for name in cases.keys() - GOOD:
        refused = choose(as_resident, Identity.objects.get(name_en=name).pk)
        assert errors_on(refused) == [NOT_NOW], name
        assert banner_on(as_resident.get(DISPLAY)) == "", name
    for person in (resident.identity, factories.UserFactory().identity):
        assert errors_on(choose(as_resident, person.pk)) == [NOT_NOW]


def test_invalid_holder_is_refused_and_changes_nothing(browser):
    for holder in ("abc", "-1", "0", "9" * 30, "9" * 5000, "²", "7000000017", "\0"):
        assert errors_on(choose(browser, holder)) == [NOT_NOW], holder
        assert banner_on(browser.get(DISPLAY)) == BANNER, holder


def test_current_choice_is_preselected(browser, palm):
    checked = r'<input type="radio"[^>]*value="([^"]*)"[^>]*checked'
    assert re.findall(checked, browser.get(CHOICE).content.decode()) == [str(palm.pk)]
    choose(browser, "")
    assert re.findall(checked, browser.get(CHOICE).content.decode()) == [""]


def test_person_without_mandate_is_offered_only_themselves(as_resident):
    page = as_resident.get(CHOICE)
    assert page.status_code == 200
    assert re.findall(r'<input type="radio"[^>]*value="([^"]*)"', page.content.decode()) == [""]


# The banner


def test_every_page_shows_acting_banner(browser, resident, worker):
    file_for(browser, worker)
    draft = Inquiry.objects.get()
    filed = factories.filed(resident)
    addresses = [
        *("display/", "my/", "inquiries/", "inquiries/new/", "account/", "account/acting-as/"),
        *(f"inquiries/{draft.reference}/{step}/" for step in ("details", "documents", "review")),
        *(f"inquiries/{filed.reference}/{page}" for page in ("", "receipt/")),
        *("account/password/", "account/mobile/", "account/email/", "account/register/"),
        *("no/such/page/", "inquiries/000000000000/"),
    ]
    for language, banner in (("en", BANNER), ("ar", "مؤسسة النخيل للمقاولات")):
        for address in addresses:
            found = banner_on(browser.get(f"/{language}/{address}"))
            assert banner in found, (language, address)
            assert language == "en" or not re.search("[A-Za-z]", found), address
        refused = browser.post(f"/{language}/account/acting-as/", {"holder": "x"})
        assert banner in banner_on(refused)
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = browser.cookies
    error_page = strict.post(NEW, {"idempotency_key": uuid.uuid4()})
    assert error_page.status_code == 403
    assert banner_on(error_page) == BANNER


def test_no_banner_without_acting_for_another(as_resident, mandate):
    for address in (DISPLAY, MY_PAGE, NEW, "/en/no/such/page/"):
        assert banner_on(as_resident.get(address)) == "", address


def test_acting_is_limited_to_one_session_and_ended_by_button(browser, resident):
    assert banner_on(signed_in(resident).get(DISPLAY)) == ""
    page = browser.post(CHOICE, {"csrfmiddlewaretoken": "sent with every form"}, follow=True)
    assert place(page) == MY_PAGE
    assert banner_on(page) == ""


# Filing through the establishment


def test_inquiry_is_filed_through_establishment(browser, resident, palm, worker):
    page = file_for(browser, worker)
    inquiry = Inquiry.objects.get()
    assert place(page) == f"/en/inquiries/{inquiry.reference}/details/"
    assert (inquiry.applicant, inquiry.holder, inquiry.beneficiary) == (resident, palm, worker)
    # The review page names the holder of the draft, not the current one.
    choose(browser, "")
    review = "/en/inquiries/{}/review/"
    said = "Filed on behalf of Palm Trees Contracting"
    assert said in words(browser.get(review.format(inquiry.reference)))
    as_oneself = factories.draft(resident)
    assert "Filed on behalf of" not in words(browser.get(review.format(as_oneself.reference)))


def test_beneficiaries_are_those_of_the_chosen_holder(browser, resident, worker):
    own = factories.IdentityFactory(name_en="Sami Khan")
    factories.link(resident.identity, own)
    factories.ServiceFactory()
    another = factories.IdentityFactory(name_en="Anil Das")
    factories.link(worker.linked_to.get().holder, another)
    offered = words(browser.get(NEW))
    assert "Raju Kumar" in offered
    assert "Anil Das" in offered
    assert "Sami Khan" not in offered
    assert "Mohammed Aslam Khan" not in offered
    choose(browser, "")
    offered = words(browser.get(NEW))
    assert "Raju Kumar" not in offered
    assert "Sami Khan" in offered
    assert errors_on(file_for(browser, worker)) == [NOT_LINKED]


def test_establishment_files_for_none_but_its_people(browser, resident, palm, worker):
    service = factories.ServiceFactory(beneficiary_kinds=["establishment", "resident"])
    own = factories.IdentityFactory(name_en="Sami Khan")
    factories.link(resident.identity, own)
    for person in (resident.identity, own, palm):
        assert errors_on(file_for(browser, person, service)) == [NOT_LINKED], person.name_en
    assert not Inquiry.objects.exists()


# The end of acting as an establishment


def test_acting_ends_at_sign_out(resident, mandate, palm):
    client = acting(sign_in(resident), palm)
    client.post(pages.SIGN_OUT)
    assert banner_on(client.get(DISPLAY)) == ""
    factories.let_a_minute_pass(resident)
    assert banner_on(sign_in(resident, client).get(MY_PAGE)) == ""


def test_acting_continues_after_password_change(browser):
    form = {"password": factories.PASSWORD, "new_password": NEW_PASSWORD, "again": NEW_PASSWORD}
    assert banner_on(browser.post(pages.CHANGE_PASSWORD, form, follow=True)) == BANNER


def test_next_user_of_browser_acts_as_themselves(browser, officer):
    another = factories.UserFactory()
    browser.force_login(another)
    assert banner_on(browser.get(MY_PAGE)) == ""
    browser.force_login(officer)
    assert banner_on(browser.get(DISPLAY)) == ""


ENDS = {
    "the mandate": lambda: end(Link.objects.get(kind="representative")),
    "the establishment": lambda: Identity.objects.filter(birth_date=None).update(status="departed"),
    "the row": lambda: Link.objects.filter(kind="representative").delete(),
}


def test_end_of_mandate_is_told_once(browser, worker):
    addresses = (DISPLAY, MY_PAGE, NEW, "/en/inquiries/", CHOICE, ACCOUNT, "/en/no/such/")
    for what, ends in ENDS.items():
        for address in addresses:
            with undone():
                ends()
                page = browser.get(address)
                assert notices_on(page) == [ENDED], (what, address)
                assert banner_on(page) == "", (what, address)
                assert notices_on(browser.get(address)) == [], (what, address)


def test_end_of_mandate_is_told_in_page_language(browser, mandate):
    assert CHOICE in browser.get(LINKS).content.decode()
    end(mandate)
    (notice,) = notices_on(browser.get("/ar/my/"))
    assert not re.search("[A-Za-z]", notice)
    page = browser.get(LINKS).content.decode()
    assert CHOICE not in page
    assert "Palm Trees" not in page


def test_form_sent_after_mandate_ended_files_nothing(browser, mandate, worker):
    end(mandate)
    page = file_for(browser, worker)
    assert errors_on(page) == [NOT_LINKED]
    assert notices_on(page) == [ENDED]
    assert not Inquiry.objects.exists()


def test_draft_cannot_be_sent_after_mandate_ended(browser, resident, mandate, worker):
    inquiry = draft_through(resident, worker)
    ask_for_code(browser, inquiry)
    end(mandate)
    code = factories.code_sent_to(resident)
    page = browser.post(f"/en/inquiries/{inquiry.reference}/confirm/", {"code": code})
    assert errors_on(page) == [CANNOT_FILE]
    page = ask_for_code(browser, inquiry)
    assert f"There is something to correct {CANNOT_FILE}" in words(page)
    assert not Inquiry.objects.filed().exists()


def test_filed_inquiry_keeps_its_holder_and_readers(browser, resident, palm, worker):
    inquiry = draft_through(resident, worker)
    address = f"/en/inquiries/{inquiry.reference}/"
    choose(browser, "")
    ask_for_code(browser, inquiry)
    browser.post(f"{address}confirm/", {"code": factories.code_sent_to(resident)})
    assert Inquiry.objects.filed().get().holder == palm
    of_the_worker = signed_in(factories.UserFactory(identity=worker))
    for client in (browser, of_the_worker):
        assert factories.DESCRIPTION in words(client.get(address))
    assert signed_in(factories.UserFactory()).get(address).status_code == 404

    acting(browser, palm)
    for what, ends in ENDS.items():
        with undone():
            ends()
            # What becomes of it is no longer theirs to see.
            assert browser.get(f"{address}receipt/").url == address, what
            page = browser.get(address)
            assert page.status_code == 200, what
            assert factories.DESCRIPTION in words(page), what


def test_closed_account_gets_pages_without_banner(resident, palm, mandate):
    for change in ({"is_active": False}, {"identity": None}):
        for address in (DISPLAY, SIGN_IN, "/en/no/such/", MY_PAGE):
            with undone():
                client = acting(signed_in(resident), palm)
                User.objects.update(**change)
                page = client.get(address)
                assert page.status_code in (200, 302, 403, 404), (change, address)
                assert banner_on(page) == "", (change, address)


def test_form_opened_for_another_holder_files_nothing(browser, resident, worker):
    factories.link(resident.identity, worker)
    service = factories.ServiceFactory()
    opened = browser.get(NEW).content.decode()
    shown = re.search(r'name="holder" value="(\d+)"', opened)[1]
    choose(browser, "")
    assert errors_on(file_for(browser, worker, service, holder=shown)) == [
        "You have changed in whose name you act since you opened this page. Open it again."
    ]
    assert not Inquiry.objects.exists()


def test_establishment_without_people_is_explained(browser):
    told = "Nobody is linked to this establishment in the registry, so nothing can be filed through"
    assert told in words(browser.get(NEW))
