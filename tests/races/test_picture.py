"""Concurrent visual codes: one answer to one picture lets one form through."""

from functools import partial
from threading import Barrier

import pytest
from captcha.fields import CaptchaField
from captcha.models import CaptchaStore
from django import forms
from django.db.models import QuerySet
from django.test import Client

from core.accounts import visual_code
from core.accounts.models import OneTimeCode
from tests import factories
from tests.conftest import errors_on
from tests.core.accounts import pages
from tests.races.together import DEADLINE_SECONDS, at_once, told

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]

AT_ONCE = 8
RESET = "/en/account/password/reset/"
BY_TEXT = "/en/account/picture/by-text/"

RUN_OUT = "This picture has run out. Enter the digits in the new one."


@pytest.fixture
def picture():
    return CaptchaStore.objects.get(hashkey=CaptchaStore.generate_key())


def send_forms(browsers, **answer):
    """Send the form of a password reset from each browser, for a login of its own."""
    logins = [{"login": f"somebody-{number}", **pages.born_on()} for number in range(AT_ONCE)]
    pairs = zip(browsers, logins, strict=True)
    return at_once(*[partial(browser.post, RESET, {**login, **answer}) for browser, login in pairs])


def use_eight_times(picture):
    answer = {visual_code.FIELD: [picture.hashkey, picture.response]}
    return at_once(*[partial(visual_code.use, request=None, cleaned_data=answer)] * AT_ONCE)


@pytest.fixture
def picture_is_read_by_all(guards):
    """Let each request read the picture before one of them deletes it."""
    guards.wait_after(QuerySet, "first", parties=AT_ONCE)


@pytest.mark.parametrize("_round", range(3))
def test_picture_answer_sent_eight_times_passes_once(picture, _round):
    browsers = [Client() for _browser in range(AT_ONCE)]

    pages = send_forms(browsers, picture_key=picture.hashkey, picture=picture.response)

    assert sorted(page.status_code for page in pages) == [*[200] * (AT_ONCE - 1), 302]
    refused = [errors_on(page) for page in pages if page.status_code == 200]
    assert refused == [[RUN_OUT]] * (AT_ONCE - 1)
    assert OneTimeCode.objects.count() == 1


def test_picture_read_by_all_passes_once(picture, picture_is_read_by_all):
    assert told(use_eight_times(picture)) == [RUN_OUT] * (AT_ONCE - 1)


def test_control_without_delete_count_picture_passes_all(picture, picture_is_read_by_all, guards):
    delete = QuerySet.delete
    guards.replace(QuerySet, "delete", lambda queryset: delete(queryset) and (1, {}))

    assert told(use_eight_times(picture)) == []


class AsShipped(forms.Form):
    picture = CaptchaField()


def test_control_library_field_accepts_answer_every_time(picture, picture_is_read_by_all):
    answer = {"picture_0": picture.hashkey, "picture_1": picture.response}

    assert at_once(*[lambda: AsShipped(answer).is_valid()] * AT_ONCE) == [True] * AT_ONCE


def test_text_instead_of_picture_passes_one_of_eight_forms(guards):
    browser = Client()
    browser.post(BY_TEXT, {"mobile": "0501234567", "next": RESET})
    browser.post(f"{BY_TEXT}code/", {"code": factories.code_sent_to(None, "picture")})
    tabs = [Client() for _tab in range(AT_ONCE)]
    for tab in tabs:
        tab.cookies.load(browser.cookies.output(header="", sep=";"))
    everybody, use = Barrier(AT_ONCE, timeout=DEADLINE_SECONDS), visual_code.use

    def use_at_once(*args):
        everybody.wait()
        return use(*args)

    guards.replace(visual_code, "use", use_at_once)

    assert sorted(page.status_code for page in send_forms(tabs)) == [*[200] * (AT_ONCE - 1), 302]
    assert OneTimeCode.objects.filter(purpose="reset").count() == 1
