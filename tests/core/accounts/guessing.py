"""Guessing at passwords as strangers do, and the owner's own tries."""

import datetime

from django.test import Client

from core.accounts.models import GuessCount
from tests import factories
from tests.conftest import errors_on
from tests.core.accounts import pages
from tests.core.accounts.pages import SHUT

HOME, ELSEWHERE = "192.0.2.1", "198.51.100.7"


def give_password(login="aslam", password="wrong", client=None, network=HOME, **headers):
    client = client or Client()
    form = {"login": login, "password": password}
    return client.post(pages.SIGN_IN, form, REMOTE_ADDR=network, headers=headers)


def guess(times, login="aslam", **options):
    """Give a wrong password so many times and return the errors of the last page."""
    for _guess in range(times):
        page = give_password(login, **options)
    return errors_on(page)


def password_is_accepted(login="aslam", password=factories.PASSWORD, **options):
    """Return whether the password is accepted; if not, check that the page reports the lock."""
    response = give_password(login, password, **options)
    if response.status_code == 302:
        return True
    assert errors_on(response) == [SHUT]
    return False


def age_guesses(minutes):
    """Move all guesses, and what became of them, back by so many minutes."""
    for count in GuessCount.objects.all():
        count.since -= datetime.timedelta(minutes=minutes)
        if count.refused_until:
            count.refused_until -= datetime.timedelta(minutes=minutes)
        count.save()
