"""A new mobile at a counter, on the pages of the staff site."""

import re
import uuid
from datetime import timedelta

import pytest
from django.utils import timezone
from django_otp.plugins.otp_totp.models import TOTPDevice

from core.accounts import actions
from core.accounts.models import Identity, Recovery, User
from tawasul.portal.counter import begun_by, recoveries_for, to_confirm
from tests import factories
from tests.appointments import places
from tests.conftest import errors_on, notices_on, signed_in_staff, words
from tests.factories import of_role
from tests.portal.test_staff_index import waiting
from tests.portal.test_staff_people import opened, page_of

pytestmark = pytest.mark.django_db
STAFF = "/en/staff/"
RECOVERIES = f"{STAFF}recoveries/"
GUIDE = f"{STAFF}counter/"
PASSPORT = {"document": "passport", "document_end": "ab12"}
NEW_MOBILE = "0550000432"
REASON = "The photo in the passport is of somebody else."
BUTTON, TO_REGISTER = "Give this account a new mobile", "Give a mobile to register with"


@pytest.fixture
def office():
    return places.office()


def at(office, role="clerk", **fields):
    staff = of_role(role, **fields)
    staff.offices.set([office])
    return staff


@pytest.fixture
def first(office):
    return at(office, identity=factories.IdentityFactory(name_en="Huda First"))


@pytest.fixture
def second(office):
    return at(office, identity=factories.IdentityFactory(name_en="Saad Second"))


def form(**changes):
    return {**PASSPORT, "mobile": NEW_MOBILE, "idempotency_key": uuid.uuid4(), **changes}


def begun(staff, person, **changes):
    content = {**PASSPORT, "document_end": "AB12", "mobile": "+966550000432", **changes}
    return actions.begin_recovery(
        actor=staff, person=person, idempotency_key=uuid.uuid4(), **content
    )


def at_recovery(recovery, page=""):
    return f"{RECOVERIES}{recovery.pk}/{page}"


def test_a_new_mobile_from_the_persons_page_to_what_they_are_told(first, second, resident, office):
    TOTPDevice.objects.create(user=resident, name="app")
    browser, other = signed_in_staff(first), signed_in_staff(second)
    address = f"{page_of(resident.identity)}mobile/"
    # Without a reason there is no form.
    assert browser.get(address).url == page_of(resident.identity)
    page = browser.post(address, form(), follow=True)
    assert notices_on(page) == [
        "The page of this person is not open any more. Begin again from it."
    ]
    assert BUTTON in words(opened(browser, resident.identity))
    assert "Take the authenticator app off as well" in words(browser.get(address))
    wrong = form(document="", document_end="AB1", mobile="05x")
    assert errors_on(browser.post(address, wrong)) == [
        "Choose the document that you have seen.",
        "Enter the last four digits or Latin letters of the number, and no more.",
        "Enter one mobile number and nothing else, in digits, for example 05XXXXXXXX. "
        "Take out letters, signs and a second number.",
    ]
    filled = form(removes_authenticator="on")
    page = browser.post(address, filled, follow=True)
    assert browser.post(address, filled).url == page.redirect_chain[-1][0]
    recovery = Recovery.objects.get()
    assert "Begun by Huda First" in words(page)
    assert "Confirm: this is the person" not in words(page)

    heading = "New mobiles at the counter"
    assert waiting(other)[heading]["Waiting for your confirmation"] == ("1", RECOVERIES)
    assert waiting(browser)[heading] == {
        "Waiting for your confirmation": ("0", RECOVERIES),
        "Started by you": ("1", RECOVERIES),
    }
    assert at_recovery(recovery) in other.get(RECOVERIES).content.decode()
    page = words(other.get(at_recovery(recovery)))
    assert "Document seen passport · ends in AB12" in page
    assert "New mobile •••• 432 Authenticator app is taken off" in page
    assert "550000432" not in page
    page = other.post(at_recovery(recovery, "confirm/"), follow=True)
    assert notices_on(page) == ["You have confirmed this."]
    # The code is sent from the screen of who has begun it, and typed there.
    assert "Send the code to the new mobile" not in words(page)
    assert other.get(at_recovery(recovery, "code/")).url == at_recovery(recovery)
    other.post(at_recovery(recovery, "code/send/"))
    assert not resident.onetimecode_set.exists()

    page = browser.post(at_recovery(recovery, "code/send/"), follow=True)
    assert "A code is on its way to •••• 432. It works for 10 minutes." in words(page)
    code = factories.code_sent_to(resident, "counter")
    again = browser.post(at_recovery(recovery, "code/send/"), follow=True)
    assert notices_on(again)[0].startswith("You have just asked for a code.")
    wrong = f"{(int(code) + 1) % 10**6:06}"
    assert errors_on(browser.post(at_recovery(recovery, "code/"), {"code": wrong})) == [
        "This code is not right. Check it and try again."
    ]
    page = words(browser.post(at_recovery(recovery, "code/"), {"code": code}, follow=True))
    assert "The account has the mobile •••• 432 now, and codes go there." in page
    assert "nothing that was filed or booked before can be withdrawn, moved or cancelled" in page
    assert "Sign in with your password." in page
    assert browser.post(at_recovery(recovery, "code/"), {"code": code}).status_code == 302
    resident.refresh_from_db()
    assert str(resident.mobile) == "+966550000432"
    assert not TOTPDevice.objects.filter(user=resident).exists()

    auditor = signed_in_staff(of_role("auditor"))
    page = opened(auditor, resident.identity)
    told = words(page)
    assert "at a counter · done Mobile until now" in told
    assert (
        "New mobile •••• 432 · authenticator app taken off Begun by Huda First (passport AB12) "
        "· Confirmed by Saad Second"
    ) in told
    assert "The mobile is new: until" in told
    assert BUTTON not in told
    assert "/mobile/" not in page.content.decode()


def test_who_can_be_the_second(first, second, office, resident):
    elsewhere = places.office("elsewhere")
    recovery = begun(first, resident.identity)
    manager = at(elsewhere, "manager")
    clerk, nowhere = at(elsewhere), of_role("clerk")
    linked = at(office, identity=factories.IdentityFactory())
    factories.link(linked.identity, resident.identity)
    chief = factories.OfficerFactory(is_superuser=True)
    auditor = at(office, "auditor")
    auditor.groups.add(*clerk.groups.all())
    for staff, sees, confirms in (
        (second, True, True),
        (manager, True, True),
        (first, True, False),
        (clerk, False, False),
        (nowhere, False, False),
        (linked, False, False),
        (chief, False, False),
        (auditor, False, False),
    ):
        assert recoveries_for(staff).filter(pk=recovery.pk).exists() == sees, staff
        assert to_confirm(staff).filter(pk=recovery.pk).exists() == confirms, staff
    assert list(begun_by(first)) == [recovery]
    for staff, status in ((clerk, 404), (linked, 404), (nowhere, 403), (chief, 403)):
        browser = signed_in_staff(staff)
        for page in ("", "refuse/", "code/"):
            assert browser.get(at_recovery(recovery, page)).status_code == status, (staff, page)
        assert browser.post(at_recovery(recovery, "confirm/")).status_code == status
    chief.offices.set([office])
    assert signed_in_staff(chief).post(at_recovery(recovery, "confirm/")).status_code == 302
    recovery.refresh_from_db()
    assert recovery.confirmed_by == chief


def test_a_superuser_needs_a_second_person_too(office, resident):
    chief = factories.OfficerFactory(is_superuser=True)
    chief.offices.set([office])
    browser = signed_in_staff(chief)
    opened(browser, resident.identity)
    browser.post(f"{page_of(resident.identity)}mobile/", form())
    recovery = Recovery.objects.get()
    page = browser.post(at_recovery(recovery, "confirm/"), follow=True)
    assert notices_on(page) == [
        "You have begun this yourself. A second member of staff has to confirm it."
    ]
    page = browser.post(at_recovery(recovery, "code/send/"), follow=True)
    assert notices_on(page) == ["A second member of staff has to confirm this first."]


def test_a_refusal_needs_a_reason_and_is_shown_to_who_has_begun_it(first, second, resident):
    recovery = begun(first, resident.identity)
    browser = signed_in_staff(second)
    address = at_recovery(recovery, "refuse/")
    for reason, error in (
        ("", "Write why this is not to be done."),
        ("No.", "Write the reason in at least 10 characters."),
    ):
        assert errors_on(browser.post(address, {"reason": reason})) == [error]
    page = browser.post(address, {"reason": REASON}, follow=True)
    assert notices_on(page) == ["This is given up. Nothing has changed."]
    page = words(signed_in_staff(first).get(at_recovery(recovery)))
    assert f"Refused or given up by Saad Second {REASON}" in page
    page = browser.post(at_recovery(recovery, "confirm/"), follow=True)
    assert notices_on(page) == ["Saad Second has refused this, or given it up."]


def test_a_person_without_an_account_is_given_a_mobile_to_register_with(first, second):
    person = factories.IdentityFactory(name_en="Siti Aminah")
    browser = signed_in_staff(first)
    page = words(opened(browser, person))
    assert TO_REGISTER in page
    assert BUTTON not in page
    address = f"{page_of(person)}mobile/"
    assert "authenticator" not in words(browser.get(address))
    browser.post(address, form())
    recovery = Recovery.objects.get()
    signed_in_staff(second).post(at_recovery(recovery, "confirm/"))
    page = words(browser.get(at_recovery(recovery)))
    assert "The person can register with this mobile until" in page
    assert "Send the code" not in page
    assert browser.get(at_recovery(recovery, "code/")).status_code == 302
    assert errors_on(browser.post(f"{page_of(person)}lift/", PASSPORT)) == [
        "Nothing of this account is closed any more."
    ]
    Identity.objects.filter(pk=person.pk).update(birth_date=None)
    assert TO_REGISTER not in words(browser.get(page_of(person)))


def test_what_is_closed_is_opened_and_an_objection_is_not(first, resident):
    now = timezone.now()
    recovery = Recovery.objects.create(
        user=resident,
        way="registry",
        status="done",
        new_mobile=resident.mobile,
        done_at=now,
        restricted_until=now + timedelta(hours=72),
    )
    browser = signed_in_staff(first)
    opened(browser, resident.identity)
    address = f"{page_of(resident.identity)}lift/"
    assert errors_on(browser.post(address, {**PASSPORT, "document": "iqama"})) == [
        "This is not the end of the person's ID number. Look at the document again: it may be "
        "somebody else's."
    ]
    Recovery.objects.update(status="disputed", disputed_at=now)
    page = words(browser.get(page_of(resident.identity)))
    assert "Somebody has objected to the new mobile, so nobody can sign in." in page
    assert "Lift the restrictions" not in page
    (error,) = errors_on(browser.post(address, PASSPORT))
    assert error.startswith("Somebody has objected to the new mobile of this account.")
    Recovery.objects.update(status="done")
    assert "Lift the restrictions" in words(browser.get(page_of(resident.identity)))
    page = browser.post(address, PASSPORT, follow=True)
    assert notices_on(page) == ["Nothing of this account is closed any more."]
    assert "Opened again by Huda First (passport AB12)" in words(page)
    recovery.refresh_from_db()
    assert recovery.restricted_until <= timezone.now()


def test_the_sheet_after_an_objection_says_to_set_a_new_password(first, second, resident):
    now = timezone.now()
    Recovery.objects.create(
        user=resident,
        way="registry",
        status="disputed",
        new_mobile=resident.mobile,
        done_at=now,
        disputed_at=now,
    )
    recovery = begun(first, resident.identity, mobile=str(resident.mobile))
    actions.confirm_recovery(actor=second, recovery=recovery)
    browser = signed_in_staff(first)
    browser.post(at_recovery(recovery, "code/send/"))
    code = factories.code_sent_to(resident, "counter")
    page = browser.post(at_recovery(recovery, "code/"), {"code": code}, follow=True)
    assert "The old password is not valid any more. Set a new one on the sign-in page" in words(
        page
    )
    assert not User.objects.get(pk=resident.pk).has_usable_password()
    assert "Decided by Huda First" in words(opened(browser, resident.identity))


def test_the_guide_says_what_to_ask_for_in_each_case(first):
    browser = signed_in_staff(first)
    assert GUIDE in browser.get(STAFF).content.decode()
    page = browser.get(GUIDE)
    cases = re.findall(r"<h2>(.*?)</h2>", page.content.decode())
    assert len(cases) == 13
    assert words(page).count("Ask for ") == words(page).count("Afterwards ") == 13
    officer = signed_in_staff(of_role("officer"))
    assert officer.get(GUIDE).status_code == 200
    assert GUIDE not in officer.get(STAFF).content.decode()
    assert signed_in_staff(of_role("editor")).get(GUIDE).status_code == 403
    assert officer.get(RECOVERIES).status_code == 403
