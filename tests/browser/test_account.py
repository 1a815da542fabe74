"""An account in a browser: registering, signing in, acting for another, and changing it.

On a phone without scripts, and on a desk with them.
"""

import datetime

import pytest
from playwright.sync_api import expect

from core.accounts.models import User
from core.catalogue.models import Service
from requests_app.models import Inquiry
from tests import factories
from tests.browser.looks import people

pytestmark = pytest.mark.browser

NUMBER = "2000000030"
BORN = datetime.date(1990, 4, 21)
# The day of birth as it is typed in each language.
TYPED = {"ar": ("Hijri", "26", "9", "1410"), "en": ("Gregorian", "21", "4", "1990")}
FIRST_PASSWORD = "seven-Kettles-and-a-door"
SECOND_PASSWORD = "eleven-Lamps-on-a-roof"
THIRD_PASSWORD = "nine-Boats-under-rain"
SECONDS_OF_SPEECH = """player => new Promise((done, fail) => {
  player.onloadedmetadata = () => done(player.duration);
  player.onerror = () => fail(new Error(player.error.message));
  player.preload = "auto";
  player.load();
})"""


@pytest.fixture
def palm(reference):
    """An establishment with a worker, represented by a person without an account."""
    names = ("ياسر محمود رضا", "Yasser Mahmoud Reda")
    person = people.person(NUMBER, *names, birth_date=BORN, mobile="+966500000031")
    return people.establishment(person)


@pytest.mark.parametrize(("language", "width", "scripts"), [("ar", 390, True), ("en", 1280, False)])
def test_account_from_registration_to_reset(visit, palm):
    somebody, elsewhere = visit(), visit()
    register(somebody)
    act_for(somebody, palm)
    change_password(somebody)
    change_mobile(somebody)
    confirm_email(somebody)
    sign_out_elsewhere(somebody, elsewhere)
    reset(somebody)


def register(somebody):
    somebody.open("account/sign-in/")
    somebody.follow("Open an account")
    typed = somebody.digits(NUMBER)
    somebody.fill("ID number", typed)
    enter_birth_date(somebody)
    picture = somebody.page.locator(".picture img")
    first = picture.get_attribute("src")
    somebody.press("Another picture")
    assert picture.get_attribute("src") != first
    if somebody.scripts:
        assert 3 < somebody.page.locator(".picture audio").evaluate(SECONDS_OF_SPEECH) < 8
    expect(somebody.field("ID number")).to_have_value(typed)
    somebody.fill("Digits in the picture", "00000")
    somebody.press("Send the code")
    somebody.is_told("These are not the digits in the picture. Enter those in the new picture.")
    somebody.fill("Digits in the picture", somebody.digits_in_picture())
    somebody.press("Send the code")
    somebody.enter_code("Next")
    somebody.fill("Username", "yasser")
    fill_new_password(somebody, "12345678")
    somebody.press("Open the account")
    somebody.is_told(
        "This password is one of the commonly used ones. Choose one that is harder to guess."
    )
    fill_new_password(somebody, FIRST_PASSWORD)
    somebody.press("Open the account")
    assert User.objects.get().username == "yasser"


def enter_birth_date(somebody):
    calendar, *parts = TYPED[somebody.language]
    somebody.field("Calendar").select_option(label=somebody.reads(calendar))
    for label, number in zip(("Day", "Month", "Year"), parts, strict=True):
        field = somebody.page.get_by_label(somebody.reads(label), exact=True)
        field.fill(somebody.digits(number))


def fill_new_password(somebody, password):
    somebody.page.locator("[name=new_password]").fill(password)
    somebody.page.locator("[name=again]").fill(password)


def act_for(somebody, palm):
    somebody.page.get_by_label(somebody.named(palm)).check()
    somebody.press("Continue")
    banner = somebody.page.locator(".acting")
    expect(banner).to_contain_text(somebody.named(palm))
    somebody.follow("Tawasul: file an inquiry")
    expect(banner).to_contain_text(somebody.named(palm))
    service = Service.objects.get(slug="sponsored-services")
    somebody.page.get_by_label(somebody.named(service)).check()
    somebody.press("Next")
    assert Inquiry.objects.get().holder == palm
    somebody.press("Act as myself again")
    expect(banner).to_contain_text(somebody.reads("You are acting as yourself"))
    somebody.click(banner.get_by_role("link"))
    somebody.press("Continue")


def change_password(somebody):
    somebody.follow("Account")
    somebody.follow("Sign-in and safety")
    follow_change(somebody, "Password")
    somebody.fill("Current password", "not-this-one")
    fill_new_password(somebody, SECOND_PASSWORD)
    somebody.press("Change the password")
    somebody.is_told("This is not your password. Type it again.")
    somebody.fill("Current password", FIRST_PASSWORD)
    fill_new_password(somebody, SECOND_PASSWORD)
    somebody.press("Change the password")


def follow_change(somebody, what, word="Change"):
    name = f"{somebody.reads(word)} {somebody.reads(what)}"
    somebody.click(somebody.page.get_by_role("link", name=name, exact=True))


def change_mobile(somebody):
    follow_change(somebody, "Mobile")
    send_mobile(somebody, "0112345678")
    somebody.is_told(
        "Enter a mobile number, for example 05XXXXXXXX, or with the country code for a number "
        "from abroad."
    )
    send_mobile(somebody, "0500000032")
    somebody.enter_code("Change the mobile")
    assert str(User.objects.get().mobile) == "+966500000032"
    assert "032" in somebody.texts()[0]


def send_mobile(somebody, mobile):
    somebody.fill("Mobile", mobile)
    somebody.fill("Password", SECOND_PASSWORD)
    somebody.press("Send the code")


def confirm_email(somebody):
    somebody.open("account/messages/")
    follow_change(somebody, "E-mail address", word="Add")
    somebody.fill("E-mail address", "yasser@example.com")
    somebody.fill("Password", SECOND_PASSWORD)
    somebody.press("Send the code")
    somebody.enter_code("Confirm the address")
    assert User.objects.get().email == "yasser@example.com"


def sign_out_elsewhere(somebody, elsewhere):
    sign_in(elsewhere, SECOND_PASSWORD)
    somebody.open("account/safety/")
    sign_out_there = somebody.reads("Sign out of that device")
    somebody.click(somebody.page.get_by_role("button", name=sign_out_there))
    elsewhere.open("account/")
    elsewhere.shows("h1", "Sign in")


def sign_in(somebody, password):
    somebody.open("account/sign-in/")
    somebody.fill("Username or ID number", "Yasser")
    somebody.fill("Password", password)
    somebody.press("Continue")
    somebody.enter_code("Sign in")
    somebody.press("Continue")  # as themselves


def reset(somebody):
    """Reset the password, with a text in place of the picture."""
    somebody.sign_out()
    somebody.open("account/sign-in/")
    somebody.follow("I have forgotten my password")
    somebody.fill("Username or ID number", NUMBER)
    enter_birth_date(somebody)
    somebody.press("Text me a code instead")
    somebody.fill("Mobile", "0500000099")
    somebody.press("Send the code")
    somebody.enter_code("Next")
    expect(somebody.field("Username or ID number")).to_have_value(NUMBER)
    somebody.press("Send the code")
    somebody.enter_code("Next")
    fill_new_password(somebody, THIRD_PASSWORD)
    somebody.press("Set the password")
    user = User.objects.get()
    factories.let_a_minute_pass(user)
    sign_in(somebody, THIRD_PASSWORD)
    expect(somebody.page.locator("h1")).to_contain_text(somebody.named(user.identity))
