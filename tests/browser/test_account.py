"""An account in a browser: registering, signing in, acting for another, and changing it.

In both languages, on a phone and on a desk, with scripts and without.
"""

import datetime

import pytest
from captcha.models import CaptchaStore
from django.core.management import call_command
from playwright.sync_api import expect

from core.accounts.models import User
from core.catalogue.models import Service
from requests_app.models import Inquiry
from tests import factories
from tests.browser.test_whole_path import named

pytestmark = pytest.mark.browser

ARABIC_DIGITS = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")
NUMBER = "2000000022"
BORN = datetime.date(1990, 4, 21)
BORN_HIJRI = ("26", "9", "1410")
FIRST_PASSWORD = "seven-Kettles-and-a-door"
SECOND_PASSWORD = "eleven-Lamps-on-a-roof"
THIRD_PASSWORD = "nine-Boats-under-rain"
OLD_MOBILE = "+966500000031"
NEW_MOBILE = "0500000032"


@pytest.fixture
def establishment(live_server):
    return factories.IdentityFactory(
        number="7000000017",
        name_ar="مؤسسة النخيل للمقاولات",
        name_en="Palm Trees Contracting",
        birth_date=None,
        nationality="SA",
    )


@pytest.fixture
def person(establishment):
    """An identity without an account, which represents an establishment with a worker."""
    call_command("load_reference", verbosity=0)
    person = factories.IdentityFactory(
        number=NUMBER,
        name_ar="ياسر محمود رضا",
        name_en="Yasser Mahmoud Reda",
        birth_date=BORN,
        mobile=OLD_MOBILE,
    )
    worker = factories.IdentityFactory(
        number="2000000030", name_ar="راجو كومار", name_en="Raju Kumar", nationality="IN"
    )
    factories.link(establishment, person, "representative")
    factories.link(establishment, worker, "employer")
    return person


@pytest.mark.parametrize(("language", "width"), [("ar", 390), ("en", 1280)])
def test_account_from_registration_to_reset(visit, person, establishment, language, width):
    live(visit(), visit(), person, establishment)


@pytest.mark.parametrize("width", [390])
@pytest.mark.parametrize("language", ["ar"])
def test_account_from_registration_to_reset_without_javascript(
    visit, person, establishment, language, width
):
    live(visit(scripts=False), visit(scripts=False), person, establishment)


def live(somebody, elsewhere, person, establishment):
    register(somebody)
    act_for(somebody, establishment)
    change_password(somebody)
    change_mobile(somebody)
    confirm_email(somebody)
    sign_out_elsewhere(somebody, elsewhere)
    reset(somebody)


def register(somebody):
    somebody.open("account/sign-in/")
    somebody.follow("Open an account")
    somebody.look("20-register")
    typed = NUMBER.translate(ARABIC_DIGITS) if somebody.language == "ar" else NUMBER
    somebody.fill("ID number", typed)
    enter_birth_date(somebody)
    first = somebody.page.locator(".picture img").get_attribute("src")
    somebody.press("Another picture")
    assert somebody.page.locator(".picture img").get_attribute("src") != first
    expect(somebody.page.get_by_label(somebody.reads("ID number"))).to_have_value(typed)
    somebody.fill("Digits in the picture", "00000")
    somebody.press("Send the code")
    somebody.is_told("These are not the digits in the picture. Enter those in the new picture.")
    somebody.look("21-register-wrong-picture")
    somebody.fill("Digits in the picture", digits_in_picture(somebody))
    somebody.press("Send the code")
    somebody.look("22-register-code")
    enter_code(somebody, "Continue")
    somebody.look("23-choose")
    somebody.fill("Username", "yasser")
    fill_new_password(somebody, "12345678")
    somebody.press("Open the account")
    somebody.is_told(
        "This password is one of the commonly used ones. Choose one that is harder to guess."
    )
    fill_new_password(somebody, FIRST_PASSWORD)
    somebody.press("Open the account")
    somebody.look("24-account-open")
    assert User.objects.get().username == "yasser"


def enter_birth_date(somebody):
    is_arabic = somebody.language == "ar"
    calendar = somebody.reads("Hijri" if is_arabic else "Gregorian")
    parts = BORN_HIJRI if is_arabic else (str(BORN.day), str(BORN.month), str(BORN.year))
    somebody.page.get_by_label(somebody.reads("Calendar")).select_option(label=calendar)
    for label, number in zip(("Day", "Month", "Year"), parts, strict=True):
        field = somebody.page.get_by_label(somebody.reads(label), exact=True)
        field.fill(number.translate(ARABIC_DIGITS) if is_arabic else number)


def digits_in_picture(somebody):
    """Return the digits of the picture on the page."""
    address = somebody.page.locator(".picture img").get_attribute("src")
    return CaptchaStore.objects.get(hashkey=address.split("/")[-1].removesuffix(".png")).response


def enter_code(somebody, button):
    somebody.fill("Code", somebody.code_on_phone())
    somebody.press(button)


def fill_new_password(somebody, password):
    somebody.page.locator("[name=new_password]").fill(password)
    somebody.page.locator("[name=again]").fill(password)


def act_for(somebody, establishment):
    open_account(somebody)
    somebody.look("25-account")
    somebody.follow("Choose who you are acting for")
    somebody.look("26-acting-as")
    somebody.page.get_by_label(named(establishment, somebody)).check()
    somebody.press("Continue")
    banner = somebody.page.locator(".acting")
    expect(banner).to_contain_text(named(establishment, somebody))
    somebody.look("27-my-page-acting")
    somebody.follow("File an inquiry")
    expect(banner).to_contain_text(named(establishment, somebody))
    service = Service.objects.get(slug="sponsored-services")
    somebody.page.get_by_label(named(service, somebody)).check()
    somebody.look("28-new-inquiry-acting")
    somebody.press("Continue")
    assert Inquiry.objects.get().holder == establishment
    somebody.press("Act as myself again")
    expect(banner).to_have_count(0)


def open_account(somebody):
    somebody.follow("My account")


def change_password(somebody):
    open_account(somebody)
    follow_change(somebody, "Password")
    somebody.look("29-change-password")
    somebody.fill("Current password", "not-this-one")
    fill_new_password(somebody, SECOND_PASSWORD)
    somebody.press("Change the password")
    somebody.is_told("This is not your password. Type it again.")
    somebody.fill("Current password", FIRST_PASSWORD)
    fill_new_password(somebody, SECOND_PASSWORD)
    somebody.press("Change the password")
    somebody.look("30-password-changed")


def follow_change(somebody, what):
    name = f"{somebody.reads('Change')} {somebody.reads(what)}"
    with somebody.page.expect_navigation():
        somebody.page.get_by_role("link", name=name, exact=True).click()


def change_mobile(somebody):
    follow_change(somebody, "Mobile")
    somebody.look("31-change-mobile")
    somebody.fill("Mobile", "0112345678")
    somebody.fill("Password", SECOND_PASSWORD)
    somebody.press("Send the code")
    somebody.is_told(
        "Enter a mobile number, for example 05XXXXXXXX, or with the country code for a number "
        "from abroad."
    )
    somebody.fill("Mobile", NEW_MOBILE)
    somebody.fill("Password", SECOND_PASSWORD)
    somebody.press("Send the code")
    somebody.look("32-change-mobile-code")
    enter_code(somebody, "Change the mobile")
    somebody.look("33-mobile-changed")
    assert str(User.objects.get().mobile) == "+966500000032"
    assert "032" in somebody.texts()[0]


def confirm_email(somebody):
    follow_change(somebody, "E-mail address")
    somebody.look("34-email")
    somebody.fill("E-mail address", "yasser@example.com")
    somebody.press("Send the code")
    somebody.look("35-email-code")
    enter_code(somebody, "Confirm the address")
    somebody.look("36-email-confirmed")
    assert User.objects.get().email == "yasser@example.com"


def sign_out_elsewhere(somebody, elsewhere):
    sign_in(elsewhere, SECOND_PASSWORD)
    somebody.open("account/")
    somebody.look("37-two-devices")
    with somebody.page.expect_navigation():
        somebody.page.get_by_role("button", name=somebody.reads("Sign out of that device")).click()
    somebody.look("38-signed-out-there")
    elsewhere.open("account/")
    expect(elsewhere.page.locator("h1")).to_have_text(elsewhere.reads("Sign in"))


def sign_in(somebody, password):
    somebody.open("account/sign-in/")
    somebody.fill("Username or ID number", "Yasser")
    somebody.fill("Password", password)
    somebody.press("Continue")
    enter_code(somebody, "Sign in")


def reset(somebody):
    """Reset the password, with a text in place of the picture."""
    somebody.press("Sign out")
    somebody.open("account/sign-in/")
    somebody.follow("I have forgotten my password")
    somebody.fill("Username or ID number", NUMBER)
    somebody.look("39-reset")
    somebody.press("Text me a code instead")
    somebody.look("40-text-instead")
    somebody.fill("Mobile", "0500000099")
    somebody.press("Send the code")
    somebody.look("41-text-instead-code")
    enter_code(somebody, "Continue")
    login = somebody.page.get_by_label(somebody.reads("Username or ID number"))
    expect(login).to_have_value(NUMBER)
    somebody.look("42-reset-without-picture")
    somebody.press("Send the code")
    somebody.look("43-reset-code")
    enter_code(somebody, "Continue")
    somebody.look("44-new-password")
    fill_new_password(somebody, THIRD_PASSWORD)
    somebody.press("Set the password")
    somebody.look("45-password-set")
    factories.let_a_minute_pass(User.objects.get())
    sign_in(somebody, THIRD_PASSWORD)
    expect(somebody.page.locator("h1")).to_contain_text(
        named(User.objects.get().identity, somebody)
    )
