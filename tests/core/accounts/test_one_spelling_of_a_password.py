"""A letter with its marks is one or several characters, as devices differ: any of them opens."""

from unicodedata import normalize

from django.test import Client

from core.accounts.models import User
from tests import factories
from tests.conftest import errors_on, signed_in, signed_in_staff
from tests.core.accounts import pages
from tests.core.accounts.pages import MY_PAGE, SIGN_IN
from tests.worlds import undone

COMPOSED = "sieben Kännchen, أبريق أزرق"
DECOMPOSED = normalize("NFD", COMPOSED)
NEXT = normalize("NFD", "acht Tülpchen آخر الليل")
SPELLINGS = (COMPOSED, DECOMPOSED)
STAFF_CHANGE = "/en/staff/password_change/"


def opens(person, password):
    form = {"login": person.username, "password": password}
    return Client().post(SIGN_IN, form).status_code == 302


def is_open(person, password):
    """Return whether both spellings, and not the one without marks, sign this person in."""
    spellings = (normalize(form, password) for form in ("NFC", "NFD"))
    assert not opens(person, normalize("NFD", password).replace("\u0308", ""))
    return all(opens(person, each) for each in spellings)


def test_spellings_differ():
    assert COMPOSED != DECOMPOSED


def test_registering_and_signing_in(client, registered):
    pages.prove_to_register(client)
    for typed in SPELLINGS:
        with undone():
            browser = Client()
            browser.cookies = client.cookies.copy()
            form = {"username": "aslam", "new_password": typed, "again": COMPOSED, "language": "en"}
            assert browser.post(f"{pages.REGISTER}choose/", form).url == MY_PAGE
            User.objects.update(mobile=pages.MOBILE)
            assert is_open(User.objects.get(), typed)


def test_changing_and_setting_anew(person):
    person.set_password(COMPOSED)
    person.save()
    form = {"password": DECOMPOSED, "new_password": NEXT, "again": normalize("NFC", NEXT)}
    assert signed_in(person).post(pages.CHANGE_PASSWORD, form).url == pages.SAFETY
    assert is_open(person, NEXT)
    client = Client()
    pages.prove_to_reset(client)
    assert pages.set_password(client, DECOMPOSED, COMPOSED).url == SIGN_IN
    assert is_open(person, COMPOSED)


def test_changing_mobile_asks_for_either_spelling(person):
    person.set_password(COMPOSED)
    person.save()
    form = {"mobile": pages.NEW_MOBILE, "password": DECOMPOSED}
    page = signed_in(person).post(pages.CHANGE_MOBILE, form)
    assert page.url == pages.MOBILE_CODE


def test_staff(officer):
    officer.set_password(DECOMPOSED)
    officer.save()
    for typed in SPELLINGS:
        form = {"login": officer.username, "password": typed}
        assert Client().post("/en/staff/login/", form).url == "/en/staff/code/"
    staff = signed_in_staff(officer)
    form = {"old_password": DECOMPOSED, "new_password1": NEXT, "new_password2": NEXT}
    assert staff.post(STAFF_CHANGE, form).url == f"{STAFF_CHANGE}done/"
    form = {"login": officer.username, "password": normalize("NFC", NEXT)}
    assert Client().post("/en/staff/login/", form).url == "/en/staff/code/"


def test_length_counts_in_one_spelling(person):
    longest = "kñ5ôtwzé" * 16
    form = {"password": factories.PASSWORD, "new_password": longest, "again": longest}
    form = {name: normalize("NFD", typed) for name, typed in form.items()}
    assert len(form["again"]) > 128 == len(longest)
    assert signed_in(person).post(pages.CHANGE_PASSWORD, form).url == pages.SAFETY
    assert opens(person, longest)
    assert opens(person, form["again"])
    page = Client().post(SIGN_IN, {"login": "aslam", "password": longest + "x"})
    assert errors_on(page) == ["Ensure this value has at most 128 characters (it has 129)."]
