"""An unlucky week that ends well: a lost SIM, a wrong day, no texts, and an officer who leaves.

On a phone without scripts, and on a desk with them.
"""

import datetime
import re

import pytest
from django.db.models import F
from django.utils import timezone
from playwright.sync_api import expect

from core.accounts.models import Identity, OneTimeCode, User
from core.messaging.gateways import DemoPhone, GatewayError
from core.messaging.models import Outage
from requests_app import actions
from requests_app.models import Inquiry
from tests import factories
from tests.browser.looks.people import ANSWERS, DESCRIPTIONS
from tests.conftest import signed_in_staff
from tests.requests_app.people import act

pytestmark = pytest.mark.browser

NUMBER, NEW_MOBILE = "2000000006", "+966500000077"


class NoTexts:
    """A gateway for texts that is down; mails go another way."""

    def send(self, **_message):
        raise GatewayError("down")


@pytest.mark.parametrize(("language", "width", "scripts"), [("ar", 390, False), ("en", 1280, True)])
def test_somebody_who_has_lost_the_sim_gets_to_the_answer(visit, resident, officer, settings):
    inquiry = with_an_officer(resident, officer)
    Identity.objects.filter(user=resident).update(mobile=NEW_MOBILE)
    User.objects.filter(pk=resident.pk).update(email="aslam@example.org")
    somebody = visit()

    give_password(somebody)
    somebody.follow("This is no longer my number")
    ask_with_birth_date(somebody, day=15)  # one day off: nothing comes
    assert not went_to(NEW_MOBILE, somebody)
    let_a_minute_pass()
    somebody.open("account/recover/")
    ask_with_birth_date(somebody, day=14)
    somebody.fill("Code", newest_to(NEW_MOBILE, somebody))
    somebody.press("Next")
    somebody.press("Use this mobile")
    expect(somebody.page.locator("main")).to_contain_text("•••• 077")

    somebody.follow("Sign in")
    settings.SMS_GATEWAY = f"{__name__}.NoTexts"
    five_minutes_ago = timezone.now() - datetime.timedelta(minutes=5)
    Outage.objects.create(channel="sms", since=five_minutes_ago)
    give_password(somebody)
    expect(somebody.page.locator("main .notice").last).to_contain_text("@example.org")
    somebody.fill("Code", newest_to("aslam@example.org", somebody))
    somebody.press("Sign in")

    somebody.open(f"inquiries/{inquiry.reference}/withdraw/")
    expect(somebody.page.locator("main")).to_contain_text(why_closed(somebody))
    assert Inquiry.objects.get(pk=inquiry.pk).is_open

    end_account_of(officer, visit)
    answered_by_a_colleague(inquiry, somebody.language)
    somebody.open(f"inquiries/{inquiry.reference}/")
    expect(somebody.page.locator("main")).to_contain_text(ANSWERS[somebody.language])


def with_an_officer(resident, officer):
    inquiry = factories.filed(resident)
    Inquiry.objects.filter(pk=inquiry.pk).update(description=DESCRIPTIONS[resident.language])
    return actions.claim(actor=officer, inquiry=inquiry, expected_version=inquiry.version)


def give_password(somebody):
    if not somebody.path().endswith("/account/sign-in/"):
        somebody.open("account/sign-in/")
    somebody.fill("Username or ID number", somebody.digits(NUMBER))
    somebody.fill("Password", factories.PASSWORD)
    somebody.press("Continue")


def ask_with_birth_date(somebody, day, label="ID number"):
    somebody.fill(label, somebody.digits(NUMBER))
    somebody.field("Calendar").select_option(label=somebody.reads("Gregorian"))
    for label, part in (("Day", day), ("Month", 3), ("Year", 1986)):
        somebody.page.get_by_label(somebody.reads(label), exact=True).fill(somebody.digits(part))
    somebody.fill("Digits in the picture", somebody.digits_in_picture())
    somebody.press("Send the code")
    somebody.shows("h1", "Enter the code")


def let_a_minute_pass():
    minute = datetime.timedelta(seconds=61)
    OneTimeCode.objects.update(created_at=F("created_at") - minute)


def went_to(recipient, somebody):
    """Return the texts or mails to `recipient` that have left, newest first."""
    somebody.texts()
    return [each["text"] for each in DemoPhone().received() if each["recipient"] == recipient]


def newest_to(recipient, somebody):
    """Return the newest code that has left for `recipient`."""
    texts = went_to(recipient, somebody)
    return next(code for text in texts for code in re.findall(r"\b\d{6}\b", text))


def why_closed(somebody):
    """Return the beginning of the reason that the page has to give."""
    reason = (
        "The mobile of this account is new. So that nobody else can use it against you, this is "
        "closed until %(until)s. If it cannot wait, a counter at a passports office can open it: "
        "bring your ID or passport."
    )
    return somebody.reads(reason, until="\n").partition("\n")[0].strip()


def end_account_of(officer, visit):
    """Let a keeper end the account of the officer, whose inquiry goes back to the queue."""
    keeper = visit()
    keeper.use_session_of(signed_in_staff(factories.of_role("keeper", username="keeper")))
    keeper.open(f"staff/members/{officer.pk}/")
    keeper.follow("End the account")
    keeper.press("End the account")
    assert not User.objects.get(pk=officer.pk).is_staff


def answered_by_a_colleague(inquiry, language):
    inquiry = Inquiry.objects.get(pk=inquiry.pk)
    assert inquiry.assignee is None
    colleague = factories.OfficerFactory()
    act("claimed", inquiry, colleague)
    act("approved", Inquiry.objects.get(pk=inquiry.pk), colleague, text=ANSWERS[language])
