"""ID numbers with a wrong check digit, on the pages that tell nothing of whom they know."""

import pytest
from django.test import Client
from stdnum import luhn

from appointments.forms import VerifyForm, WalkInForm
from core.accounts.forms import SignInForm
from core.identity_numbers import has_wrong_check_digit
from tests import factories
from tests.conftest import errors_on, picture_on, without_tokens
from tests.core.accounts import pages
from tests.core.accounts.pages import MOBILE, REGISTER, RESET, place, texts

DOUBT = (
    "This number may have a wrong digit. Check the last digits. "
    "If the number is right, send it again as it is."
)
INVALID = (
    "An ID number has 10 digits and begins with 1, 2, 3, 4 or 7. Check the number and type it "
    "again."
)
WRONG, OTHER, UNKNOWN = "2987654321", "2987654322", "2987654339"
PAGES = {REGISTER: "number", RESET: "login"}


@pytest.fixture
def known(db):
    """Register a person whose number has a wrong check digit, with an account."""
    identity = factories.IdentityFactory(number=WRONG, birth_date=pages.BORN, mobile=MOBILE)
    return factories.UserFactory(identity=identity, mobile=MOBILE)


def first_page(client, address, number):
    """Return the form of a page as a browser would send it."""
    return {PAGES[address]: number, **pages.born_on(), **picture_on(client.get(address))}


def sent_again(client, address, page, form, **changes):
    """Send the form as the page shows it."""
    shown = page.context["form"]
    assert shown[PAGES[address]].value() == form[PAGES[address]]
    assert form["picture_key"] in page.content.decode()
    again = {**form, "doubted": shown["doubted"].value(), **changes}
    return client.post(address, again, follow=True)


def test_wrong_check_digit_is_doubted_once(known):
    for address in PAGES:
        client = Client()
        form = first_page(client, address, "2987-654-321")
        page = client.post(address, form, follow=True)
        assert (place(page), errors_on(page), texts()) == (address, [DOUBT], [])
        # Another number with a wrong one is doubted in its turn, and the picture stays good.
        page = sent_again(client, address, page, form, **{PAGES[address]: OTHER})
        assert errors_on(page) == [DOUBT], address
    for address in PAGES:
        client = Client()
        form = first_page(client, address, "٢٩٨٧٦٥٤٣٢١")
        page = client.post(address, form, follow=True)
        assert place(sent_again(client, address, page, form)) == f"{address}code/"
        assert texts()[0][0] == MOBILE, address


def test_doubt_tells_nothing_of_who_is_known(known):
    assert luhn.is_valid(pages.NUMBER)
    for address in PAGES:
        client = Client()
        form = first_page(client, address, WRONG)
        answers = [client.post(address, {**form, PAGES[address]: n}) for n in (WRONG, UNKNOWN)]
        of_known, of_unknown = map(without_tokens, answers)
        assert of_known == of_unknown.replace(UNKNOWN.encode(), WRONG.encode()), address


def test_only_numbers_with_a_check_digit_are_doubted(known):
    for number in (pages.NUMBER, "3000000001", "4000000001", "7000000001"):
        assert not has_wrong_check_digit(number), number
        for address in PAGES:
            client = Client()
            page = client.post(address, first_page(client, address, number), follow=True)
            assert place(page) == f"{address}code/", (address, number)
    client = Client()
    page = client.post(RESET, first_page(client, RESET, "nobody-here"), follow=True)
    assert place(page) == f"{RESET}code/"


def test_doubted_number_passes_the_text_in_place_of_the_picture(known):
    client = Client()
    form = first_page(client, REGISTER, WRONG)
    page = client.post(REGISTER, {**form, "picture": ""}, follow=True)
    assert DOUBT in errors_on(page)
    again = {**form, "doubted": page.context["form"]["doubted"].value(), "picture_by_text": "1"}
    client.post(REGISTER, again)
    assert client.get(REGISTER).context["form"]["doubted"].value() == WRONG


def test_switched_on_wrong_check_digit_is_refused(known, settings):
    settings.IDENTITY_CHECK_DIGIT = True
    client = Client()
    form = {**first_page(client, REGISTER, WRONG), "doubted": WRONG}
    assert errors_on(client.post(REGISTER, form)) == [INVALID]
    # As a login it is nobody's, and the answer is that for any other.
    client = Client()
    page = client.post(RESET, first_page(client, RESET, WRONG), follow=True)
    assert (place(page), texts()) == (f"{RESET}code/", [])


def test_number_that_is_compared_and_answered_at_once_is_not_doubted(db):
    # These say what is wrong, and a right number is never asked about.
    for form, field in (
        (VerifyForm({"number": WRONG}, needs_picture=False), "number"),
        (WalkInForm({"number": WRONG}), "number"),
        (SignInForm({"login": WRONG, "password": "x"}), "login"),
    ):
        assert field not in form.errors, form
