"""Registering under fire: one account a person, one person a username, one text a minute."""

import datetime
import re
from contextlib import contextmanager
from functools import partial

import pytest
from captcha.models import CaptchaStore
from django.db import connection
from django.test import Client
from django.utils import timezone

from core.accounts import codes
from core.accounts.actions import registration
from core.accounts.models import LockStripe, OneTimeCode, User
from core.messaging.models import Message
from tests import factories
from tests.conftest import errors_on, notices_on
from tests.races.together import at_once, somebody_queues, take_out_row_locks, until, wait_after

pytestmark = [
    pytest.mark.both_engines,
    pytest.mark.django_db(transaction=True),
    pytest.mark.postgres,
]

REGISTER = "/en/account/register/"
NUMBER, FORMER_NUMBER = "2987654320", "3000000004"
IN_THREE_SCRIPTS = ["2987654320", "٢٩٨٧٦٥٤٣٢٠", "۲۹۸۷۶۵۴۳۲۰"]
BORN = {"born_calendar": "gregorian", "born_day": "14", "born_month": "3", "born_year": "1986"}

HAS_ONE = "You have an account already. Sign in, or set a new password."
TAKEN = "This username is taken. Choose another."
TOO_SOON = "A code has just been sent. You can ask for another in 60 seconds."


def picture_on(page):
    """What the form sends once somebody has read its picture."""
    key = re.search(r'name="picture_key" value="(\w+)"', page.content.decode())[1]
    return {"picture_key": key, "picture": CaptchaStore.objects.get(hashkey=key).response}


class Browser(Client):
    """The browser of somebody who registers; what goes wrong in the portal is a page to it."""

    def __init__(self, number=NUMBER):
        super().__init__(raise_request_exception=False)
        self.form = {"number": number, **BORN, **picture_on(self.get(REGISTER))}

    def ask(self):
        return self.post(REGISTER, self.form, follow=True)

    def prove(self):
        """Go as far as the last page; the next one may ask a minute later."""
        self.ask()
        self.post(f"{REGISTER}code/", {"code": factories.code_sent_to(None, "register")})
        OneTimeCode.objects.update(created_at=timezone.now() - datetime.timedelta(seconds=61))
        return self

    def choose(self, username):
        password = factories.PASSWORD
        form = {"username": username, "new_password": password, "again": password}
        return self.post(f"{REGISTER}choose/", {**form, "language": "en"})


@pytest.fixture
def person():
    """Somebody with two numbers in the registry, and without an account."""
    identity = factories.IdentityFactory(number=NUMBER, mobile="+966501234567")
    identity.numbers.create(number=FORMER_NUMBER, is_current=False)
    return identity


def told(pages):
    """What pages say that have not gone on."""
    return sorted(sentence for page in pages for sentence in errors_on(page) + notices_on(page))


def statuses(pages):
    return sorted(page.status_code for page in pages)


# One account a person


@pytest.fixture
def three_browsers(person):
    """One person at the last page three times, having typed their number in three scripts."""
    return [Browser(number).prove() for number in IN_THREE_SCRIPTS]


def all_choose(browsers):
    return at_once(*[partial(each.choose, f"aslam-{n}") for n, each in enumerate(browsers)])


@pytest.mark.parametrize("_round", range(3))
def test_of_three_registrations_of_one_person_at_once_one_opens_an_account(
    three_browsers, person, _round
):
    pages = all_choose(three_browsers)

    assert statuses(pages) == [200, 200, 302]
    assert told(pages) == [HAS_ONE, HAS_ONE]
    assert User.objects.get().identity == person
    assert Message.objects.filter(is_encrypted=False).count() == 1


def test_control_without_the_lock_the_others_are_met_by_an_error(three_browsers, monkeypatch):
    take_out_row_locks(monkeypatch)
    wait_after(monkeypatch, registration, "_answer_to", parties=3)

    pages = all_choose(three_browsers)

    assert statuses(pages) == [302, 500, 500]


# One person a username


@pytest.fixture
def two_persons(person):
    """Two persons at the last page."""
    factories.IdentityFactory(number="2999999999", mobile="+966507654321")
    return [Browser(number).prove() for number in (NUMBER, "2999999999")]


@pytest.mark.parametrize("_round", range(3))
def test_of_two_who_choose_one_username_at_once_one_gets_it(two_persons, _round):
    one, other = two_persons

    pages = at_once(partial(one.choose, "aslam"), partial(other.choose, " ASLAM "))

    assert statuses(pages) == [200, 302]
    assert told(pages) == [TAKEN]
    assert User.objects.get().username == "aslam"


def test_even_when_both_have_found_it_free(two_persons, monkeypatch):
    one, other = two_persons
    wait_after(monkeypatch, User, "full_clean", parties=2)

    pages = at_once(partial(one.choose, "aslam"), partial(other.choose, "aslam"))

    assert statuses(pages) == [200, 302]
    assert told(pages) == [TAKEN]


def test_who_is_overtaken_between_looking_and_writing_is_told_so(two_persons, monkeypatch):
    one, other = two_persons
    look = registration._check_free

    def look_and_be_overtaken(username):
        monkeypatch.setattr(registration, "_check_free", look)
        look(username)
        at_once(partial(other.choose, "aslam"))

    monkeypatch.setattr(registration, "_check_free", look_and_be_overtaken)

    page = one.choose("aslam")

    assert page.status_code == 200
    assert errors_on(page) == [TAKEN]
    assert one.choose("aslam-2").status_code == 302


@contextmanager
def usernames_need_not_be_unique():
    unique = User._meta.get_field("username")
    plain = unique.clone()
    plain._unique = False
    plain.set_attributes_from_name("username")
    plain.model = User
    with connection.schema_editor() as editor:
        editor.alter_field(User, unique, plain)
    try:
        yield
    finally:
        User.objects.all().delete()
        with connection.schema_editor() as editor:
            editor.alter_field(User, plain, unique)


def test_control_without_the_constraint_both_get_it(two_persons, monkeypatch):
    one, other = two_persons
    wait_after(monkeypatch, User, "full_clean", parties=2)

    with usernames_need_not_be_unique():
        pages = at_once(partial(one.choose, "aslam"), partial(other.choose, "aslam"))

        assert statuses(pages) == [302, 302]
        assert User.objects.filter(username="aslam").count() == 2


# One text a minute


@pytest.fixture
def clock_stands_still(monkeypatch):
    now = timezone.now()
    monkeypatch.setattr(timezone, "now", lambda: now)


def texts():
    """How many texts are on their way to a mobile."""
    return Message.objects.exclude(status=Message.Status.EXPIRED).count()


def let_all_look_before_anyone_sends(monkeypatch, *, parties):
    """The guard out: nobody queues, and each believes that there has been no text."""
    # The rows to queue at are there already: making one would queue by itself.
    LockStripe.objects.bulk_create(LockStripe(number=n) for n in range(LockStripe.COUNT))
    take_out_row_locks(monkeypatch)
    wait_after(monkeypatch, codes, "_wait", parties=parties)


@pytest.fixture
def others_come_while_one_is_at_it(monkeypatch):
    """Whoever looks first at what has been sent goes on only when the others queue."""
    look, looks = codes._check_pace, []

    def look_and_let_others_come(*args):
        look(*args)
        looks.append(args)
        if len(looks) == 1:
            until(somebody_queues)

    monkeypatch.setattr(codes, "_check_pace", look_and_let_others_come)


@pytest.mark.parametrize("is_there", [True, False], ids=["somebody", "nobody"])
def test_of_three_sends_at_once_in_three_scripts_two_are_told_to_wait_whoever_it_is_about(
    request, clock_stands_still, others_come_while_one_is_at_it, is_there
):
    if is_there:
        request.getfixturevalue("person")
    browsers = [Browser(number) for number in IN_THREE_SCRIPTS]

    pages = at_once(*[browser.ask for browser in browsers])

    assert told(pages) == [TOO_SOON, TOO_SOON]
    assert OneTimeCode.objects.count() == 1
    assert texts() == is_there


def test_control_without_the_lock_three_sends_at_once_all_leave(person, monkeypatch):
    browsers = [Browser(number) for number in IN_THREE_SCRIPTS]
    let_all_look_before_anyone_sends(monkeypatch, parties=3)

    pages = at_once(*[browser.ask for browser in browsers])

    assert told(pages) == []
    assert OneTimeCode.objects.count() == texts() == 3


def test_of_two_sends_at_once_by_two_numbers_of_one_person_one_leaves_and_nobody_is_told(
    person, others_come_while_one_is_at_it
):
    browsers = [Browser(NUMBER), Browser(FORMER_NUMBER)]

    pages = at_once(*[browser.ask for browser in browsers])

    assert told(pages) == []
    assert OneTimeCode.objects.count() == 2
    assert texts() == 1


def test_control_without_the_lock_two_sends_at_once_by_two_numbers_both_leave(person, monkeypatch):
    browsers = [Browser(NUMBER), Browser(FORMER_NUMBER)]
    let_all_look_before_anyone_sends(monkeypatch, parties=2)

    at_once(*[browser.ask for browser in browsers])

    assert texts() == 2
