"""The pages of an authenticator app: adding it, its recovery codes, and taking it off."""

import base64
import re
from datetime import timedelta

import pytest
from django.utils import timezone
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice

from core.accounts import authenticators
from core.accounts.models import Recovery, User
from core.messaging.encryption import decrypt
from core.messaging.models import Message
from tests import factories
from tests.conftest import errors_on, sign_in, signed_in, words
from tests.core.accounts import pages
from tests.core.accounts.pages import ACCOUNT, SAFETY
from tests.core.accounts.test_app_codes import NOT_SHOWN, STEP, USED, wrong
from tests.worlds import undone

APP = "/en/account/authenticator/"
CONFIRM, RECOVERY, REMOVE = f"{APP}confirm/", f"{APP}recovery-codes/", f"{APP}remove/"
WARNINGS = {
    "added": (
        "Tawasul: the codes for your account now come from an authenticator app. "
        "If that was not you, go to a passports office at once."
    ),
    "removed": (
        "Tawasul: the authenticator app is off your account, and we text you the codes again. "
        "If that was not you, set a new password now."
    ),
    "renewed": (
        "Tawasul: your account has new recovery codes, and the old ones no longer work. "
        "If that was not you, set a new password now."
    ),
}
OF_STAFF = "Your authenticator is kept by whoever keeps the accounts of staff. Ask them."


@pytest.fixture
def person(person, clock):
    """The person has a mail address, too, and the clock stands still."""
    User.objects.filter(pk=person.pk).update(email=pages.NEW_ADDRESS)
    person.refresh_from_db()
    return person


@pytest.fixture
def app(person):
    authenticators.renew_recovery_codes(person)
    return factories.authenticator(person)


def give(browser, address, code=None, password=factories.PASSWORD):
    form = {"password": password, **({"code": code} if code else {})}
    return browser.post(address, form, follow=True)


def key_on(page):
    """Return the app of somebody who types the key of the page into it."""
    shown = re.search(r'<p class="key"><bdi dir="ltr">([A-Z2-7 ]+)</bdi>', page.content.decode())
    key = base64.b32decode(shown[1].replace(" ", "")).hex()
    return TOTPDevice(key=key)


def codes_on(page):
    shown = re.findall(r'<li><bdi dir="ltr">([\d ]+)</bdi>', page.content.decode())
    return [code.replace(" ", "") for code in shown]


def told_since(count):
    return pages.ordinary_texts()[count:]


def to_both(warning):
    return [(pages.MOBILE, "en", warning), (pages.NEW_ADDRESS, "en", warning)]


def test_person_adds_an_app_and_signs_in_with_it(browser, person, clock):
    assert "Authenticator app None Add" in words(browser.get(SAFETY))
    page = give(browser, APP)
    assert pages.place(page) == CONFIRM
    app = key_on(page)
    assert f"otpauth://totp/Tawasul%3A{person.username}?" in page.content.decode()
    assert "<svg" in page.content.decode()
    assert not TOTPDevice.objects.exists()
    assert errors_on(browser.post(CONFIRM, {"code": wrong(app)})) == [NOT_SHOWN]
    assert not TOTPDevice.objects.exists()

    first = factories.shown_by(app)
    page = browser.post(CONFIRM, {"code": first}, follow=True)
    codes = codes_on(page)
    assert pages.place(page) == RECOVERY
    assert len(set(codes)) == 8
    assert told_since(0) == to_both(WARNINGS["added"])
    assert "Authenticator app In use Change" in words(browser.get(SAFETY))
    assert "Recovery codes left 8" in words(browser.get(APP))

    elsewhere = sign_in(person, code=first)
    assert elsewhere.get(ACCOUNT).status_code == 302  # the first code is used
    clock.move(STEP)
    for code in (factories.shown_by(app), codes[7]):
        assert sign_in(person, code=code).get(ACCOUNT).status_code == 200


def test_recovery_codes_are_shown_until_they_are_kept(browser, person):
    app = key_on(give(browser, APP))
    codes = codes_on(browser.post(CONFIRM, {"code": factories.shown_by(app)}, follow=True))
    arabic = browser.get(RECOVERY.replace("/en/", "/ar/"))
    assert codes_on(browser.get(RECOVERY)) == codes_on(arabic) == codes
    waiting = dict(browser.session.items())
    assert decrypt(waiting["pending_recovery_codes"]["codes"]).split() == codes
    assert not any(code in str(waiting) for code in codes)
    with undone(), pages.minutes_later(16):
        assert codes_on(browser.get(RECOVERY)) == []
    page = browser.post(RECOVERY, {"kept": "1"}, follow=True)
    assert pages.place(page) == APP
    assert codes_on(browser.get(RECOVERY)) == []


def test_key_waits_for_15_minutes_in_its_session(browser, person):
    app = key_on(give(browser, APP))
    code = factories.shown_by(app)
    with pages.minutes_later(16):
        for request in (browser.get, browser.post):
            assert pages.place(request(CONFIRM, {"code": code}, follow=True)) == APP
    assert pages.place(signed_in(person).post(CONFIRM, {"code": code}, follow=True)) == APP
    assert not TOTPDevice.objects.exists()


def test_wrong_password_changes_nothing(browser, person, app):
    TOTPDevice.objects.all().delete()
    assert errors_on(give(browser, APP, password="not-this-one")) == [pages.NOT_YOURS]
    assert pages.place(browser.get(CONFIRM, follow=True)) == APP
    app.save(force_insert=True)
    for address in (RECOVERY, REMOVE):
        page = give(browser, address, factories.shown_by(app), password="not-this-one")
        assert errors_on(page) == [pages.NOT_YOURS]
    assert authenticators.codes_left(person) == 8
    assert TOTPDevice.objects.exists()
    assert told_since(0) == []


def test_second_click_leads_to_the_codes(browser, person):
    app = key_on(give(browser, APP))
    before, code = dict(browser.session.items()), factories.shown_by(app)
    codes = codes_on(browser.post(CONFIRM, {"code": code}, follow=True))
    assert codes_on(browser.post(CONFIRM, {"code": code}, follow=True)) == codes
    # In parallel, it has read the session before the first click has ended the step.
    session = browser.session
    session.update(before)
    session.save()
    assert codes_on(browser.post(CONFIRM, {"code": code}, follow=True)) == codes
    assert TOTPDevice.objects.count() == 1
    assert len(told_since(0)) == 2


def test_person_takes_the_app_off(browser, person, app):
    page = give(browser, REMOVE, factories.shown_by(app))
    assert pages.place(page) == SAFETY
    assert "Authenticator app None Add" in words(page)
    assert told_since(0) == to_both(WARNINGS["removed"])
    assert not TOTPDevice.objects.exists()
    assert not StaticDevice.objects.exists()
    assert sign_in(person).get(ACCOUNT).status_code == 200


def test_recovery_code_takes_the_app_off(browser, person):
    (code, *_others) = authenticators.renew_recovery_codes(person)
    factories.authenticator(person)
    assert pages.place(give(browser, REMOVE, code)) == SAFETY
    assert not TOTPDevice.objects.exists()


def test_tries_at_removing_are_counted(browser, person, app, clock):
    # The sixth in a minute begins a new request, of which there are five an hour.
    for _try in range(25):
        assert errors_on(give(browser, REMOVE, wrong(app))) == [NOT_SHOWN]
        clock.move(1)
    told = errors_on(give(browser, REMOVE, factories.shown_by(app)))
    assert told == [pages.TOO_MANY.format(60)]
    assert TOTPDevice.objects.exists()


def test_new_recovery_codes_replace_the_old_ones(browser, person, clock):
    old = authenticators.renew_recovery_codes(person)
    app = factories.authenticator(person)
    page = give(browser, RECOVERY, factories.shown_by(app))
    new = codes_on(page)
    assert len(new) == 8
    assert told_since(0) == to_both(WARNINGS["renewed"])
    assert sign_in(person, code=old[0]).get(ACCOUNT).status_code == 302
    assert sign_in(person, code=new[0]).get(ACCOUNT).status_code == 200
    # A second click makes no others, and hides none.
    assert codes_on(give(browser, RECOVERY, factories.shown_by(app))) == new
    browser.post(RECOVERY, {"kept": "1"})
    clock.move(1)
    assert errors_on(give(browser, RECOVERY, factories.shown_by(app))) == [USED]


def test_closed_after_a_recovery_of_the_account(browser, person, app):
    now = timezone.now()
    recovery = Recovery.objects.create(
        user=person,
        way="registry",
        status="done",
        new_mobile=pages.MOBILE,
        password_before=person.password,
        done_at=now,
        restricted_until=now + timedelta(hours=72),
    )
    for address in (RECOVERY, REMOVE):
        (told,) = errors_on(give(browser, address, factories.shown_by(app)))
        assert told.startswith("The mobile of this account is new."), address
    app.delete()
    (told,) = errors_on(give(browser, APP))
    assert told.startswith("The mobile of this account is new.")
    # One that was begun before is refused, too.
    Recovery.objects.update(restricted_until=now)
    begun = key_on(give(browser, APP))
    Recovery.objects.update(restricted_until=recovery.restricted_until)
    (told,) = errors_on(browser.post(CONFIRM, {"code": factories.shown_by(begun)}))
    assert told.startswith("The mobile of this account is new.")
    assert not TOTPDevice.objects.exists()
    assert told_since(0) == []


def test_authenticator_of_staff_is_kept_elsewhere(browser, person, app):
    User.objects.update(is_staff=True)
    assert OF_STAFF in words(browser.get(APP))
    for address in (RECOVERY, REMOVE):
        assert errors_on(give(browser, address, factories.shown_by(app))) == [OF_STAFF]
    TOTPDevice.objects.all().delete()
    for page in (browser.get(APP), give(browser, APP)):
        assert pages.place(page) == APP
        assert OF_STAFF in words(page)
        assert "Add the app" not in words(page)
    assert not TOTPDevice.objects.exists()
    assert told_since(0) == []


def test_pages_and_warnings_in_arabic(browser, person):
    User.objects.update(language="ar")
    arabic = APP.replace("/en/", "/ar/")
    page = give(browser, arabic)
    app = key_on(page)
    assert "إضافة تطبيق المصادقة" in words(page)
    page = browser.post(f"{arabic}confirm/", {"code": factories.shown_by(app)}, follow=True)
    assert "رموز الاسترداد الخاصة بك" in words(page)
    assert len(codes_on(page)) == 8
    browser.post(f"{arabic}recovery-codes/", {"kept": "1"})
    assert "رموز الاسترداد المتبقية 8" in words(browser.get(arabic))
    texts = Message.objects.values_list("text", flat=True)
    assert len(texts) == 2
    assert all(map(pages.is_arabic, texts))
