"""Concurrent registrations: one account per person and username, one text per minute."""

import datetime
from contextlib import contextmanager
from functools import partial

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from core.accounts import codes
from core.accounts.actions import registration
from core.accounts.models import OneTimeCode, User
from core.messaging.models import Message
from tests import factories
from tests.conftest import errors_on, notices_on, picture_on
from tests.races.together import at_once, lock_is_awaited, until

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]

REGISTER = "/en/account/register/"
NUMBER, FORMER_NUMBER = "2987654320", "3000000004"
IN_THREE_SCRIPTS = ["2987654320", "٢٩٨٧٦٥٤٣٢٠", "۲۹۸۷۶۵۴۳۲۰"]
BORN = {"born_calendar": "gregorian", "born_day": "14", "born_month": "3", "born_year": "1986"}

HAS_ONE = "You have an account already. Sign in, or set a new password."
TAKEN = "This username is taken. Choose another."


class Browser(Client):
    """A browser that registers; an exception in the portal becomes a response to it."""

    def __init__(self, number=NUMBER):
        super().__init__(raise_request_exception=False)
        self.form = {"number": number, **BORN, **picture_on(self.get(REGISTER))}

    def ask(self):
        return self.post(REGISTER, self.form, follow=True)

    def prove(self):
        """Go as far as the last page, and set the codes back by a minute for the next browser."""
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
    """An identity with two numbers in the registry, and without an account."""
    identity = factories.IdentityFactory(number=NUMBER, mobile="+966501234567")
    identity.numbers.create(number=FORMER_NUMBER, is_current=False)
    return identity


def told(pages):
    """Return the errors and notices on `pages`, sorted."""
    return sorted(sentence for page in pages for sentence in errors_on(page) + notices_on(page))


def statuses(pages):
    return sorted(page.status_code for page in pages)


@pytest.fixture
def three_browsers(person):
    """Three browsers of one person at the last page, with the number typed in three scripts."""
    return [Browser(number).prove() for number in IN_THREE_SCRIPTS]


def all_choose(browsers):
    return at_once(*[partial(each.choose, f"aslam-{n}") for n, each in enumerate(browsers)])


@pytest.mark.parametrize("_round", range(3))
def test_register_one_person_three_times_opens_one_account(three_browsers, person, _round):
    pages = all_choose(three_browsers)

    assert statuses(pages) == [200, 200, 302]
    assert told(pages) == [HAS_ONE, HAS_ONE]
    assert User.objects.get().identity == person
    assert Message.objects.filter(is_encrypted=False).count() == 1


def test_control_without_lock_later_registrations_fail(three_browsers, guards):
    guards.take_out_row_locks()
    guards.wait_after(registration, "_answer_to", parties=3)

    assert statuses(all_choose(three_browsers)) == [302, 500, 500]


@pytest.fixture
def two_persons(person):
    """The browsers of two persons at the last page."""
    factories.IdentityFactory(number="2999999994", mobile="+966507654321")
    return [Browser(number).prove() for number in (NUMBER, "2999999994")]


def both_choose(browsers, *usernames):
    pairs = zip(browsers, usernames, strict=True)
    return at_once(*[partial(browser.choose, username) for browser, username in pairs])


@pytest.mark.parametrize("_round", range(3))
def test_username_chosen_twice_goes_to_one(two_persons, _round):
    pages = both_choose(two_persons, "aslam", " ASLAM ")

    assert statuses(pages) == [200, 302]
    assert told(pages) == [TAKEN]
    assert User.objects.get().username == "aslam"


def test_username_found_free_twice_goes_to_one(two_persons, guards):
    guards.wait_after(User, "full_clean", parties=2)

    pages = both_choose(two_persons, "aslam", "aslam")

    assert statuses(pages) == [200, 302]
    assert told(pages) == [TAKEN]


def test_username_taken_after_check_is_refused(two_persons, guards):
    one, other = two_persons
    guards.meanwhile(registration, "_check_free", partial(other.choose, "aslam"))

    page = one.choose("aslam")

    assert page.status_code == 200
    assert errors_on(page) == [TAKEN]
    assert one.choose("aslam-2").status_code == 302


@contextmanager
def without_unique_usernames():
    unique = User._meta.get_field("username")
    plain = unique.clone()
    plain._unique, plain.model = False, User
    plain.set_attributes_from_name("username")
    with connection.schema_editor() as editor:
        editor.alter_field(User, unique, plain)
    try:
        yield
    finally:
        User.objects.all().delete()
        with connection.schema_editor() as editor:
            editor.alter_field(User, plain, unique)


def test_control_without_constraint_username_is_given_twice(two_persons, guards):
    guards.wait_after(User, "full_clean", parties=2)

    with without_unique_usernames():
        assert statuses(both_choose(two_persons, "aslam", "aslam")) == [302, 302]
        assert User.objects.filter(username="aslam").count() == 2


def ask_for_codes(*numbers):
    browsers = [Browser(number) for number in numbers]
    return at_once(*[browser.ask for browser in browsers])


def texts():
    """Return the number of texts that have not expired."""
    return Message.objects.exclude(status=Message.Status.EXPIRED).count()


@pytest.fixture
def others_queue_during_check(guards):
    """Pause the first request that checks the pace until another one waits for the lock."""
    look, looks = codes._check_pace, []

    def look_and_let_others_come(*args):
        look(*args)
        looks.append(args)
        if len(looks) == 1:
            until(lock_is_awaited)

    guards.replace(codes, "_check_pace", look_and_let_others_come)


def test_three_requests_for_one_number_send_one_text(person, others_queue_during_check):
    assert told(ask_for_codes(*IN_THREE_SCRIPTS)) == []
    assert OneTimeCode.objects.count() == 3
    assert texts() == 1


def test_control_without_lock_three_requests_send_three_codes(person, guards):
    guards.take_out_lock_stripes()
    guards.wait_after(codes, "_wait", parties=3)

    assert told(ask_for_codes(*IN_THREE_SCRIPTS)) == []
    assert OneTimeCode.objects.count() == texts() == 3


def test_two_numbers_of_one_person_get_one_text(person, others_queue_during_check):
    assert told(ask_for_codes(NUMBER, FORMER_NUMBER)) == []
    assert OneTimeCode.objects.count() == 2
    assert texts() == 1


def test_control_without_lock_two_numbers_get_two_texts(person, guards):
    guards.take_out_lock_stripes()
    guards.wait_after(codes, "_wait", parties=2)

    ask_for_codes(NUMBER, FORMER_NUMBER)

    assert texts() == 2
