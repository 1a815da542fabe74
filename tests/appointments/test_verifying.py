"""Verifying one's own number and date of birth, once per session, before booking."""

import datetime

import pytest
from django.test import Client

from core.accounts import visual_code
from tests import factories
from tests.appointments.browsing import NEW, ROOT, VERIFY, own_data
from tests.conftest import errors_on, picture_on, sign_in, signed_in, words

pytestmark = pytest.mark.django_db

NOT_OWN = (
    "This ID number and this date of birth are not those of your account. "
    "Check the number, the calendar and the date."
)
NO_30TH = "Rabi al-Thani 1404 AH has only 29 days. Check the calendar and the day."
NO_LEAP_DAY = "February 1985 CE has only 28 days. Check the calendar and the day."
NO_SUCH_DAY = "There is no such day in this calendar. Check the calendar and the date."
RUN_OUT = "This picture has run out. Enter the digits in the new one."
WRONG_DIGITS = "These are not the digits in the picture. Enter those in the new picture."
BY_TEXT = "/en/account/picture/by-text/"
NUMBER = "2987654320"


@pytest.fixture
def person():
    """Return a user born on 14 March 1986 (4 Rajab 1406), with a border number before the iqama."""
    identity = factories.IdentityFactory(number=NUMBER)
    identity.numbers.create(number="3000000004", is_current=False)
    return factories.UserFactory(identity=identity)


@pytest.fixture
def browser(person):
    return signed_in(person)


def verify(browser, user, **changes):
    """Send the form with the user's own data and the right picture, except for `changes`."""
    picture = picture_on(browser.get(VERIFY))
    return browser.post(VERIFY, {**own_data(user), **picture, **changes})


def born(calendar, day, month, year):
    date = {"day": day, "month": month, "year": year}
    return {"born_calendar": calendar, **{f"born_{part}": str(date[part]) for part in date}}


def is_verified(browser):
    return browser.get(ROOT).status_code == 200


def test_page_asks_to_verify_and_is_returned_to(person, browser):
    criteria = f"{NEW}?service=passport&region=riyadh"
    page = browser.get(criteria, follow=True)
    assert page.request["PATH_INFO"] == VERIFY
    assert "Before you see or book appointments, confirm who you are." in words(page)
    sent = {**own_data(person), **picture_on(page), "next": page.context["next"]}
    assert browser.post(VERIFY, sent).url == criteria


def test_data_are_asked_once_per_session_and_user(person):
    browser = sign_in(person)
    assert not is_verified(browser)
    assert verify(browser, person).url == ROOT
    assert is_verified(browser)
    assert is_verified(browser)
    assert not is_verified(signed_in(person))
    browser.post("/en/account/sign-out/")
    browser.force_login(person)
    assert not is_verified(browser)
    verify(browser, person)
    browser.force_login(factories.UserFactory())
    assert not is_verified(browser)


def test_next_leads_to_no_other_site(person):
    for target in ("https://elsewhere.example/", "//elsewhere.example", "x", ""):
        assert verify(signed_in(person), person, next=target).url == ROOT, target


def test_own_number_is_accepted_however_typed(person):
    for number in (
        *(NUMBER, "٢٩٨٧٦٥٤٣٢٠", "۲۹۸۷۶۵۴۳۲۰", "२९८७६५४३२०", " 2987-654-320 "),
        "3000000004",  # the former number
    ):
        browser = signed_in(person)
        assert verify(browser, person, number=number).status_code == 302, number
        assert is_verified(browser), number


def test_birth_date_is_accepted_in_either_calendar(person):
    for date in (
        *(born("gregorian", 14, 3, 1986), born("hijri", 4, 7, 1406)),
        *(born("hijri", "٠٤", "٠٧", "١٤٠٦"), born("gregorian", "۱۴", "۳", "۱۹۸۶")),
    ):
        assert verify(signed_in(person), person, **date).status_code == 302, date


def test_birth_date_follows_chosen_calendar(person):
    """1404 AH: Rabi al-Awwal had 30 days, Rabi al-Thani had 29."""
    for birth_date, typed, error in (
        ((1984, 1, 3), born("hijri", 30, 3, 1404), None),
        ((1984, 2, 2), born("hijri", 30, 4, 1404), NO_30TH),
        ((1984, 2, 2), born("hijri", 1, 5, 1404), None),
        ((1984, 2, 29), born("gregorian", 29, 2, 1984), None),
        ((1984, 2, 29), born("hijri", 29, 5, 1404), NOT_OWN),
        ((1984, 3, 1), born("gregorian", 29, 2, 1984), NOT_OWN),
        ((1985, 3, 1), born("gregorian", 29, 2, 1985), NO_LEAP_DAY),
        # The year tells the calendar of whoever has overlooked the choice.
        ((1986, 3, 14), born("gregorian", 4, 7, 1406), None),
        ((1986, 3, 14), born("hijri", 14, 3, 1986), None),
        ((1986, 3, 14), born("gregorian", 13, 3, 1986), NOT_OWN),
        ((1986, 3, 14), born("gregorian", 3, 14, 1986), NO_SUCH_DAY),
    ):
        person.identity.birth_date = datetime.date(*birth_date)
        person.identity.save(update_fields=["birth_date"])
        browser = signed_in(person)
        page = verify(browser, person, **typed)
        found = None if page.status_code == 302 else errors_on(page)
        assert found == (error and [error]), (birth_date, typed)
        assert is_verified(browser) == (error is None), (birth_date, typed)


def test_number_of_another_user_is_refused_like_an_unknown_one(person, browser):
    other = factories.UserFactory()
    page = verify(browser, person, number=other.identity.current_number)
    assert errors_on(page) == [NOT_OWN]
    assert page.context["form"]["number"].value() == other.identity.current_number
    assert errors_on(verify(browser, person, number="2999999999")) == [NOT_OWN]
    assert not is_verified(browser)


def test_invalid_number_is_explained(person, browser):
    assert errors_on(verify(browser, person, number="")) == ["Enter your ID number."]
    assert errors_on(verify(browser, person, number="298765432")) == [
        "An ID number has 10 digits and begins with 1, 2, 3, 4 or 7. "
        "Check the number and type it again."
    ]


def test_empty_form_names_every_field(browser):
    picture = picture_on(browser.get(VERIFY))
    page = browser.post(VERIFY, {"picture_key": picture["picture_key"]})
    assert errors_on(page) == [
        "Enter your ID number.",
        "Enter your date of birth: the day, the month and the year.",
        "Enter the digits in the picture.",
    ]


def test_each_wrong_guess_needs_another_picture(person, browser):
    assert errors_on(verify(browser, person, picture="99999")) == [WRONG_DIGITS]
    assert not is_verified(browser)
    picture = picture_on(browser.get(VERIFY))
    page = browser.post(VERIFY, {**own_data(person, number="2999999999"), **picture})
    assert errors_on(page) == [NOT_OWN]
    assert errors_on(browser.post(VERIFY, {**own_data(person), **picture})) == [RUN_OUT]
    assert browser.post(VERIFY, {**own_data(person), **picture_on(page)}).status_code == 302


def test_another_picture_keeps_typed_values(person, browser):
    sent = {"number": " ٢٩٨٧ x", visual_code.ANOTHER: "1", "next": NEW}
    page = verify(browser, person, **sent)
    assert errors_on(page) == []
    assert page.context["form"]["number"].value() == " ٢٩٨٧ x"
    assert page.context["next"] == NEW


def answer_by_text(browser, back=VERIFY):
    """Enter the code that is texted instead of the picture; return the page it leads back to."""
    browser.post(BY_TEXT, {"mobile": "0501234567", "next": back})
    code = factories.code_sent_to(None, "picture")
    return browser.post(f"{BY_TEXT}code/", {"code": code}, follow=True)


def test_texted_code_replaces_picture(person, browser):
    page = answer_by_text(browser)
    assert page.request["PATH_INFO"] == VERIFY
    assert "picture" not in page.context["form"].fields
    assert browser.post(VERIFY, own_data(person)).status_code == 302
    assert is_verified(browser)


def test_texted_code_is_valid_for_one_attempt(person, browser):
    answer_by_text(browser)
    page = browser.post(VERIFY, own_data(person, number="2999999999"))
    assert errors_on(page) == [NOT_OWN]
    assert "picture" in page.context["form"].fields


def test_text_button_returns_to_typed_values(person, browser):
    page = verify(browser, person, **{"picture": "", visual_code.BY_TEXT: "1"})
    assert page.status_code == 302
    assert page.url.startswith(BY_TEXT)
    page = answer_by_text(browser, browser.get(page.url).context["next"])
    assert page.request["PATH_INFO"] == VERIFY
    assert page.context["form"]["number"].value() == NUMBER


def test_nobody_books_without_signing_in_and_an_identity(officer):
    for path in (ROOT, NEW, VERIFY):
        assert Client().get(path).url.startswith("/en/account/sign-in/")
        assert signed_in(officer).get(path).status_code == 403
