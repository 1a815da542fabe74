"""What an account leaves in the security log: signing in, codes, registering, changes."""

from functools import partial

import pytest
from django.test import Client
from django_otp.plugins.otp_static.models import StaticDevice

from core.accounts import actions, authenticators, guesses
from core.accounts.models import GuessCount, Identity, Session
from tests import factories
from tests.conftest import sign_in, signed_in
from tests.core.accounts import pages
from tests.portal.security_lines import check, line, refused, without_network
from tests.requests_app import steps

pytestmark = pytest.mark.django_db

NUMBER, MOBILE = "2987654320", "+966501234567"
PASSWORD, WRONG = factories.PASSWORD, "wrong-but-telling"


@pytest.fixture
def identity():
    return factories.IdentityFactory(number=NUMBER, mobile=MOBILE)


@pytest.fixture
def person(identity):
    return factories.UserFactory(username="aslam", identity=identity, mobile=MOBILE)


def give(browser, login, password):
    return browser.post(pages.SIGN_IN, {"login": login, "password": password})


def test_sign_in(person, lines):
    browser = Client()
    of_code = {"account": person, "purpose": "sign_in"}
    wrong = partial(line, "sign_in", "wrong_password", kind="resident")

    def give_code():
        code = factories.code_sent_to(person, "sign_in")
        browser.post(pages.CODE, {"code": code})

    def guess():
        browser.post(pages.CODE, {"code": steps.wrong(factories.code_sent_to(person, "sign_in"))})

    check(
        lines,
        [
            (lambda: give(browser, " Nobody ", WRONG), wrong(typed="nobody")),
            (lambda: give(browser, "aslam", WRONG), wrong(account=person)),
            (lambda: give(browser, NUMBER, WRONG), wrong(account=person)),
            (lambda: give(browser, "aslam", PASSWORD), line("code_sent", **of_code)),
            (lambda: give(browser, "aslam", PASSWORD), line("limit", "too_soon", **of_code)),
            (guess, line("code_tried", "wrong", **of_code)),
            (
                give_code,
                line("code_tried", **of_code),
                line("sign_in", account=person, kind="resident"),
            ),
        ],
    )


def test_sign_in_that_is_refused_after_the_password(person, lines, monkeypatch):
    browser = Client()
    give(browser, "aslam", PASSWORD)
    Identity.objects.update(status=Identity.Status.DECEASED)
    code = factories.code_sent_to(person, "sign_in")
    refused = partial(line, account=person, kind="resident")
    check(
        lines,
        [
            (
                lambda: browser.post(pages.CODE, {"code": code}),
                refused("sign_in", "deceased"),
            )
        ],
    )
    person.mobile = ""
    person.save()
    check(lines, [(lambda: give(Client(), "aslam", PASSWORD), refused("sign_in", "no_mobile"))])
    monkeypatch.setattr(guesses, "MAX_WRONG", 1)
    check(lines, [(lambda: give(Client(), "aslam", WRONG), refused("limit", "locked_out"))])


def test_limits_of_somebody_who_guesses_on(person, lines, monkeypatch):
    limit = partial(line, "limit", account=person)
    monkeypatch.setattr(guesses, "MAX_IN_A_ROW", 1)
    check(
        lines,
        [
            (
                lambda: give(Client(), "aslam", WRONG),
                line("sign_in", "wrong_password", account=person, kind="resident"),
            ),
            (
                lambda: give(Client(), "aslam", PASSWORD),
                limit("refused_for_a_day", kind="resident"),
            ),
        ],
    )
    GuessCount.objects.all().delete()
    monkeypatch.setattr(guesses, "MAX_FROM_NETWORK", 1)
    give(Client(), "nobody", WRONG)
    asked = limit("picture_asked", kind="resident")
    check(lines, [(lambda: give(Client(), "aslam", WRONG), asked)])
    monkeypatch.setattr(guesses, "MAX_FROM_NETWORK", 100)
    monkeypatch.setattr(guesses, "MAX_WRONG_CODES", 0)
    rests = limit("rests", purpose="sign_in")
    check(lines, [(lambda: give(Client(), "aslam", PASSWORD), rests)])


def test_code_is_spent(person, lines):
    browser = Client()
    give(browser, "aslam", PASSWORD)
    wrong = steps.wrong(factories.code_sent_to(person, "sign_in"))
    outcomes = ["wrong"] * 5 + ["spent"]
    tried = partial(line, "code_tried", account=person, purpose="sign_in")

    def guess():
        browser.post(pages.CODE, {"code": wrong})

    check(lines, [(guess, tried(outcome)) for outcome in outcomes])


def test_registering_and_setting_a_new_password(identity, lines):
    browser = Client()
    sent = partial(line, "code_sent", purpose="register")
    tried = partial(line, "code_tried")

    def give_code(purpose, address):
        browser.post(address, {"code": pages.newest_code(purpose)})

    check(
        lines,
        [
            (
                lambda: pages.ask_to_register(Client(), "2000000006"),
                sent("nobody", typed="2000000006"),
            ),
            (lambda: pages.ask_to_register(browser), sent(typed=NUMBER)),
            (
                lambda: give_code("register", f"{pages.REGISTER}code/"),
                tried(purpose="register"),
            ),
        ],
    )
    opened = lines(lambda: pages.choose(browser))
    user = identity.user
    assert opened == [
        line("account_opened", account=user),
        line("sign_in", account=user, kind="resident"),
    ]
    check(
        lines,
        [
            (
                lambda: pages.ask_to_reset(browser, " ASLAM"),
                line("code_sent", typed="aslam", purpose="reset"),
            ),
            (lambda: give_code("reset", f"{pages.RESET}code/"), tried(purpose="reset")),
            (
                lambda: pages.set_password(browser),
                line("password_changed", account=user),
                line("recovery", account=user, kind="password_reset"),
            ),
        ],
    )


def test_recovery_and_objection(person, lines):
    browser = Client()
    Identity.objects.update(mobile=pages.NEW_MOBILE)
    asked = {"purpose": "recover", "typed": NUMBER}
    objection = partial(line, "objection", account=person)

    def give_code():
        browser.post(f"{pages.RECOVER}code/", {"code": pages.newest_code("recover")})

    def change_again():
        asked = {"actor": person, "session_key": "s", "language": "en"}
        refused(actions.ask_to_change_mobile, mobile="+966550000999", **asked)

    def object_with(login, password=PASSWORD):
        return lambda: pages.object_to_recovery(Client(), login, password)

    check(
        lines,
        [
            (object_with("aslam"), objection("nothing_to_object_to")),
            (object_with(" Nobody "), line("objection", "nothing_to_object_to", typed="nobody")),
            (lambda: pages.ask_to_recover(browser), line("code_sent", **asked)),
            (give_code, line("code_tried", purpose="recover")),
            (
                lambda: browser.post(f"{pages.RECOVER}mobile/"),
                line("recovery", account=person, kind="registry"),
                line("mobile_changed", account=person),
            ),
            (
                change_again,
                without_network(line("deed_refused", "recovered", account=person, kind="account")),
            ),
            (object_with("aslam", WRONG), objection("wrong_password")),
            (object_with("aslam"), objection()),
            (
                lambda: give(browser, "aslam", PASSWORD),
                line("sign_in", "disputed", account=person, kind="resident"),
            ),
        ],
    )


def test_changes_of_an_account(person, lines):
    browser = signed_in(person)
    wrong = {"mobile": pages.NEW_MOBILE, "password": WRONG}
    new = {"password": PASSWORD, "new_password": pages.NEW_PASSWORD, "again": pages.NEW_PASSWORD}
    mobile, mail = ({"account": person, "purpose": purpose} for purpose in ("mobile", "email"))
    check(
        lines,
        [
            (
                lambda: browser.post(pages.CHANGE_MOBILE, wrong),
                line("sign_in", "wrong_password", account=person, kind="own_password"),
            ),
            (lambda: pages.ask_for_mobile(browser), line("code_sent", **mobile)),
            (
                lambda: pages.give_mobile_code(browser, person),
                line("mobile_changed", account=person),
                line("code_tried", **mobile),
            ),
            (lambda: pages.ask_for_email(browser), line("code_sent", **mail)),
            (
                lambda: pages.give_email_code(browser, person),
                line("email_changed", account=person),
                line("code_tried", **mail),
            ),
            (
                lambda: pages.remove_email(browser),
                line("email_changed", account=person, kind="removed"),
            ),
            (
                lambda: browser.post(pages.CHANGE_PASSWORD, new),
                line("password_changed", account=person),
            ),
        ],
    )


def test_authenticator_app(person, lines):
    browser = signed_in(person)
    address = "/en/account/authenticator/"
    app = authenticators.new_app(person)
    asked, at_sign_in = (
        {"account": person, "purpose": purpose} for purpose in ("authenticator", "sign_in")
    )

    def add():
        key = app.key
        actions.add_authenticator(actor=person, key=key, guess=factories.shown_by(app))

    def renew():
        form = {"password": PASSWORD, "code": factories.shown_by(app, 1)}
        browser.post(f"{address}recovery-codes/", form)

    def take_off():
        code, *_others = authenticators.renew_recovery_codes(person)
        browser.post(f"{address}remove/", {"password": PASSWORD, "code": code})

    visitor = Client()
    tried = partial(line, "code_tried", kind="authenticator")
    check(
        lines,
        [
            (add, without_network(line("authenticator_added", account=person))),
            (lambda: give(visitor, "aslam", PASSWORD), line("code_sent", "by_app", **at_sign_in)),
            (
                lambda: visitor.post(pages.CODE, {"code": factories.shown_by(app, 9)}),
                tried("wrong", **at_sign_in),
            ),
            (
                renew,
                line("code_sent", "by_app", **asked),
                line("recovery_codes", account=person, kind="renewed"),
                tried(**asked),
            ),
            (lambda: browser.post(f"{address}recovery-codes/", {"kept": "1"}),),
            (
                take_off,
                line("code_sent", "by_app", **asked),
                line("recovery_codes", account=person, kind="used"),
                line("authenticator_removed", account=person),
                tried(**asked),
            ),
        ],
    )


def test_new_device_and_sign_out_elsewhere(person, lines):
    browser = sign_in(person)
    factories.let_a_minute_pass(person)
    another = Client()
    give(another, "aslam", PASSWORD)
    code = factories.code_sent_to(person, "sign_in")
    device = Session.objects.get(user=person).device
    check(
        lines,
        [
            (
                lambda: another.post(pages.CODE, {"code": code}),
                line("code_tried", account=person, purpose="sign_in"),
                line("sign_in", account=person, kind="resident"),
                line("new_device", account=person, kind="resident"),
            ),
            (
                lambda: another.post(f"{pages.ACCOUNT}devices/{device}/"),
                line("signed_out", account=person, kind="device"),
            ),
            (
                lambda: another.post(f"{pages.ACCOUNT}devices/"),
                line("signed_out", account=person, kind="elsewhere"),
            ),
            (lambda: browser.post(f"{pages.ACCOUNT}devices/"),),
        ],
    )


def test_staff_sign_in(person, lines):
    officer = factories.OfficerFactory()
    paper = StaticDevice.objects.create(user=officer, name="paper")
    paper.token_set.create(token="abcd2345")
    browser = Client()
    staff = partial(line, "sign_in", kind="staff")
    new = {
        "old_password": PASSWORD,
        "new_password1": pages.NEW_PASSWORD,
        "new_password2": pages.NEW_PASSWORD,
    }

    def give(login, password):
        browser.post(pages.STAFF_SIGN_IN, {"login": login, "password": password})

    def give_code(code):
        StaticDevice.objects.update(throttling_failure_timestamp=None)
        browser.post("/en/staff/code/", {"code": code})

    check(
        lines,
        [
            (lambda: give("nobody", WRONG), staff("wrong_password", typed="nobody")),
            (lambda: give("aslam", PASSWORD), staff("not_staff", account=person)),
            (lambda: give(officer.username, PASSWORD),),
            (lambda: give_code("000000"), line("second_factor", "wrong", account=officer)),
            (lambda: give_code("wxyz7777"), line("second_factor", "wrong", account=officer)),
            (
                lambda: browser.post("/en/staff/code/", {"code": "abcd2345"}),
                line("limit", "throttled", account=officer, kind="recovery_code"),
            ),
            (
                lambda: give_code("abcd2345"),
                line("second_factor", account=officer, kind="recovery_code"),
                staff(account=officer),
            ),
            (
                lambda: browser.post("/en/staff/password_change/", {**new, "old_password": WRONG}),
                line("sign_in", "wrong_password", account=officer, kind="own_password"),
            ),
            (
                lambda: browser.post("/en/staff/password_change/", new),
                line("password_changed", account=officer),
            ),
        ],
    )
