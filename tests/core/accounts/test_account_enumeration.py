"""Every way in, and the objection, answer with the same bytes whether or not an account exists."""

import datetime
import re
import secrets

import pytest
from django.contrib.auth.hashers import get_hasher
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from core.accounts import codes, guesses
from core.accounts.models import RESTRICTED_FOR, GuessCount, Recovery
from core.messaging.models import Outage
from tests import factories
from tests.conftest import errors_on, notices_on, picture_on, without_tokens
from tests.core.accounts import pages
from tests.core.accounts.pages import BORN, FORMER_NUMBER, MOBILE, NUMBER, STAFF_SIGN_IN
from tests.worlds import undone

USERNAME = "aslam"
DOORS = (pages.SIGN_IN, STAFF_SIGN_IN)
WRONG_CODE = "654321"


@pytest.fixture(autouse=True)
def _same_codes(monkeypatch):
    """Make all codes 123456, so that all walks can enter the same wrong one."""
    monkeypatch.setattr(secrets, "randbelow", lambda limit: 123456)


def seen(response):
    """Return the comparable parts of a response, without tokens and keys that always differ."""
    body = re.sub(rb"\b[0-9a-f]{40}\b", b"the key of a picture", without_tokens(response))
    cookies = {
        name: [cookie["path"], cookie["max-age"], cookie["httponly"], cookie["samesite"]]
        for name, cookie in response.cookies.items()
    }
    return response.status_code, dict(response.headers), cookies, body


class Walk:
    """A visitor's walk through some pages, with every response."""

    def __init__(self):
        self.client = Client()
        self.responses = []

    def get(self, address):
        return self._note(self.client.get(address))

    def post(self, address, form=None):
        return self._note(self.client.post(address, form))

    def _note(self, response):
        self.responses.append(response)
        return response

    @property
    def seen(self):
        return [seen(response) for response in self.responses]


def through_codes(address, form, clock):
    """Request a code, guess wrong six times, and request more at once, later, and too often."""
    walk = Walk()
    code, resend = f"{address}code/", f"{address}code/resend/"
    picture = picture_on(walk.get(address))
    walk.post(address, {**form, **picture})
    walk.get(code)
    for _guess in range(6):
        guessed = walk.post(code, {"code": WRONG_CODE})
    assert errors_on(guessed) == [pages.SPENT]
    walk.post(resend, picture_on(walk.get(resend)))
    assert notices_on(walk.get(code)) == [pages.TOO_SOON.format(60)]
    for _another in range(5):
        clock.move(61)
        walk.post(resend, picture_on(walk.get(resend)))
        notices = notices_on(walk.get(code))
        walk.post(code, {"code": WRONG_CODE})
    assert notices == [pages.TOO_MANY.format(55)]
    # The walk begins again, in the same browser and in another.
    for browser in (walk.client, Client()):
        walk.client = browser
        picture = picture_on(walk.get(address))
        walk.post(address, {**form, **picture})
        walk.get(code)
    walk.post(code, {"code": WRONG_CODE})
    return walk


def register(clock):
    return through_codes(pages.REGISTER, {"number": NUMBER, **pages.born_on()}, clock)


def reset(login, clock):
    return through_codes(pages.RESET, {"login": login, **pages.born_on()}, clock)


def recover(clock):
    return through_codes(pages.RECOVER, {"number": NUMBER, **pages.born_on()}, clock)


def object_twice(login, password):
    """Object with a wrong picture and with the right one, and once more."""
    walk = Walk()
    form = {"login": login, "password": password}
    for digits in ({"picture": "00000"}, {}, {}):
        picture = picture_on(walk.get(pages.OBJECTION))
        answer = walk.post(pages.OBJECTION, {**form, **picture, **digits})
    walk.get(answer.url)
    return walk


def sign_in(login, password="wrong", address=pages.SIGN_IN, told=pages.SHUT):
    """Give the password until the login is locked, and once more."""
    walk = Walk()
    walk.get(address)
    for _guess in range(11):
        answer = walk.post(address, {"login": login, "password": password})
    assert errors_on(answer) == [told]
    return walk


def check_that_cases_look_alike(clock, cases, go):
    """Check that the walk of `go` sees in each case what it sees where nobody is known."""
    began = clock.now
    with undone():
        for_nobody = go().seen
    for case, make in cases.items():
        clock.now = began
        with undone():
            make()
            assert go().seen == for_nobody, case


def person(**facts):
    return factories.IdentityFactory(**{"number": NUMBER, "mobile": MOBILE, **facts})


def somebody_with_two_numbers():
    identity = factories.IdentityFactory(number=FORMER_NUMBER, mobile=MOBILE)
    identity.numbers.update(is_current=False)
    identity.numbers.create(number=NUMBER)
    return identity


def send_text_just_before(purpose, whom):
    """Send `whom` a text as if it had been requested just before by another of their logins."""
    codes.send_code_to_unknown(
        purpose=purpose,
        session_key="another",
        language="en",
        network="192.0.2.1",
        typed="another name",
        recipient=MOBILE,
        template=f"code_{purpose}",
        confirms=str(whom.pk),
    )


REGISTRATION_CASES = {
    "may": person,
    "may, by a former number": somebody_with_two_numbers,
    "had a text just now": lambda: send_text_just_before("register", person()),
    "another birth date": lambda: person(birth_date=BORN + datetime.timedelta(days=1)),
    "no birth date": lambda: person(birth_date=None),
    "establishment": lambda: person(number="7001234567", birth_date=None),
    "minor": lambda: person(birth_date=datetime.date(2024, 3, 14)),
    "departed": lambda: person(status="departed"),
    "deceased": lambda: person(status="deceased"),
    "no mobile": lambda: person(mobile=""),
    "has an account": lambda: factories.UserFactory(identity=person()),
    "had an account": lambda: factories.UserFactory(identity=person(), is_active=False),
}


def test_registration_answers_are_identical_for_all_identities(db, clock):
    check_that_cases_look_alike(clock, REGISTRATION_CASES, lambda: register(clock))


def recovered(*, account_facts=(), **facts):
    """Return an account that has just taken a new mobile, with these facts of its recovery."""
    user = account(**dict(account_facts))
    moment = timezone.now() - datetime.timedelta(minutes=5)
    known = {
        "way": Recovery.Way.REGISTRY,
        "status": Recovery.Status.DONE,
        "new_mobile": MOBILE,
        "password_before": user.password,
        "done_at": moment,
        "restricted_until": moment + RESTRICTED_FOR,
    }
    Recovery.objects.create(user=user, **{**known, **facts})
    return user


def account(*, status="active", **facts):
    identity = somebody_with_two_numbers()
    identity.status = status
    identity.save(update_fields=["status"])
    facts = {"username": USERNAME, "mobile": MOBILE, **facts}
    return factories.UserFactory(identity=identity, **facts)


ACCOUNT_CASES = {
    "account": account,
    "no mobile": lambda: account(mobile=""),
    "closed": lambda: account(is_active=False),
    "departed": lambda: account(status="departed"),
    "deceased": lambda: account(status="deceased"),
    "no password": lambda: account(password=None),
    "staff who is a resident too": lambda: account(is_staff=True),
    "registered without an account": somebody_with_two_numbers,
}


def check_all_accounts_and_logins(clock, go):
    check_that_cases_look_alike(clock, ACCOUNT_CASES, lambda: go(USERNAME))
    for number in (NUMBER, FORMER_NUMBER):
        check_that_cases_look_alike(clock, {number: account}, lambda login=number: go(login))


def test_reset_answers_are_identical_for_all_accounts(db, clock):
    check_all_accounts_and_logins(clock, lambda login: reset(login, clock))
    cases = {"had a text just now": lambda: send_text_just_before("reset", account())}
    check_that_cases_look_alike(clock, cases, lambda: reset(USERNAME, clock))


def reset_while_texts_are_delayed():
    """Ask for a code, guess wrong, and ask again too soon."""
    walk = Walk()
    form = {"login": USERNAME, **pages.born_on(), **picture_on(walk.get(pages.RESET))}
    walk.post(pages.RESET, form)
    code = f"{pages.RESET}code/"
    assert len(notices_on(walk.get(code))) == 1
    walk.post(code, {"code": WRONG_CODE})
    walk.post(f"{code}resend/", picture_on(walk.get(f"{code}resend/")))
    walk.get(code)
    return walk


def test_reset_answers_are_identical_while_texts_are_delayed(db, clock):
    Outage.objects.create(channel="sms", since=clock.now - datetime.timedelta(hours=1))
    cases = {
        "account": account,
        "with an address": lambda: account(email="aslam@example.org"),
        "with an address alone": lambda: account(email="aslam@example.org", mobile=""),
    }
    check_that_cases_look_alike(clock, cases, reset_while_texts_are_delayed)


RECOVERY_CASES = {
    **REGISTRATION_CASES,
    "may": lambda: account(mobile=pages.NEW_MOBILE),
    "has this mobile already": account,
    "account is closed": lambda: account(mobile=pages.NEW_MOBILE, is_active=False),
    "had a text just now": lambda: send_text_just_before(
        "recover", account(mobile=pages.NEW_MOBILE)
    ),
    "recovered just now": recovered,
    "disputed": lambda: recovered(status="disputed", restricted_until=None),
}


def test_recovery_answers_are_identical_for_all_identities(db, clock):
    check_that_cases_look_alike(clock, RECOVERY_CASES, lambda: recover(clock))


def test_reset_of_a_disputed_account_answers_like_that_of_nobody(db, clock):
    cases = {"disputed": lambda: recovered(status="disputed")}
    check_that_cases_look_alike(clock, cases, lambda: reset(USERNAME, clock))


OBJECTION_CASES = {
    "right": recovered,
    "nothing to object to": account,
    "too late": lambda: recovered(done_at=timezone.now() - RESTRICTED_FOR),
    "disputed already": lambda: recovered(status="disputed"),
    "no password": lambda: recovered(account_facts={"password": None}),
    "closed": lambda: recovered(account_facts={"is_active": False}),
}


def test_objection_answers_are_identical_whatever_becomes_of_it(db, clock):
    for password in (factories.PASSWORD, "wrong"):
        for login in (USERNAME, NUMBER, FORMER_NUMBER):
            check_that_cases_look_alike(
                clock, OBJECTION_CASES, lambda login=login, p=password: object_twice(login, p)
            )


def test_objection_computes_one_hash_whatever_becomes_of_it(db, settings, monkeypatch):
    hasher = get_hasher()
    hashed = []
    encode = type(hasher).encode
    monkeypatch.setattr(
        type(hasher), "encode", lambda *args, **kw: hashed.append(None) or encode(*args, **kw)
    )
    for case, make in {"nobody": lambda: None, **OBJECTION_CASES}.items():
        for password in (factories.PASSWORD, "wrong"):
            with undone():
                make()
                hashed.clear()
                pages.object_to_recovery(Client(), login=USERNAME, password=password)
                assert len(hashed) == 1, (case, password)


def test_wrong_password_answers_are_identical_for_all_accounts(db, clock):
    check_all_accounts_and_logins(clock, sign_in)


def test_closed_account_answers_like_wrong_password(db, clock):
    cases = {"closed": lambda: account(is_active=False)}
    check_that_cases_look_alike(clock, cases, lambda: sign_in(USERNAME, factories.PASSWORD))


def test_staff_page_answers_are_identical_for_all_accounts(db, clock):
    cases = {
        "staff": lambda: factories.UserFactory(username=USERNAME, is_staff=True),
        "not staff": lambda: factories.UserFactory(username=USERNAME, is_staff=False),
        "closed": lambda: factories.UserFactory(username=USERNAME, is_staff=True, is_active=False),
    }
    on_the_staff_page = {"address": STAFF_SIGN_IN, "told": pages.STAFF_SHUT}
    check_that_cases_look_alike(clock, cases, lambda: sign_in(USERNAME, **on_the_staff_page))


def test_staff_page_answers_resident_like_unknown_user(db, clock):
    def give_right_password():
        walk = Walk()
        walk.post(STAFF_SIGN_IN, {"login": USERNAME, "password": factories.PASSWORD})
        return walk

    check_that_cases_look_alike(clock, {"resident": account}, give_right_password)


# The work that is done


def work_of(address, form):
    """Return what each statement of a sign-in does, and to which tables."""
    with CaptureQueriesContext(connection) as statements:
        Client().post(address, form)
    texts = [statement["sql"] for statement in statements]
    return [(text.split()[0], *re.findall(r'(?:FROM|INTO|UPDATE) "(\w+)"', text)) for text in texts]


def statements_of_guesses(login, password="wrong"):
    """Give the password for the first time, again, as the hundredth in a row, and in the pause."""
    form = {"login": login, "password": password}
    kinds = {}
    for kind, changes in (
        ("first", {}),
        ("another", {}),
        ("hundredth", {"in_a_row": 99}),
        ("refused", {}),
        ("paused", {"wrong": guesses.MAX_WRONG}),
    ):
        if changes:
            GuessCount.objects.filter(in_a_row__gt=0).update(**changes)
        kinds[kind] = [work_of(address, form) for address in DOORS]
    return kinds


def test_as_many_statements_for_every_name_of_an_account_as_for_nobody(db):
    with undone():
        numbers_for_nobody = statements_of_guesses(NUMBER)
    with undone():
        for_nobody = statements_of_guesses(USERNAME)
    account()
    for login, expected in (
        (USERNAME, for_nobody),
        (NUMBER, numbers_for_nobody),
        (FORMER_NUMBER, numbers_for_nobody),
    ):
        with undone():
            assert statements_of_guesses(login) == expected, login
