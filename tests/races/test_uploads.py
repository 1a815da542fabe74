"""Uploads of one person at once: three of them are checked, the others told to come again."""

from functools import partial

import pytest
from django.utils import timezone

from requests_app.actions import upload_limits
from requests_app.models import Upload
from tests.races.together import at_once, told

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]

AT_ONCE = 6
REFUSED = (
    "“a.jpg” was not added, as three of your files are being checked. Send it again in a minute."
)


def begin_six(resident):
    return at_once(*[partial(upload_limits.begin, resident, "a.jpg")] * AT_ONCE)


def test_three_files_of_a_person_are_checked_at_once(resident):
    assert told(begin_six(resident)) == [REFUSED] * 3
    Upload.objects.filter(pk=Upload.objects.first().pk).update(ended_at=timezone.now())
    assert told(begin_six(resident)) == [REFUSED] * 5


def test_control_without_the_lock_all_are_checked(resident, guards):
    guards.take_out_row_locks()
    guards.wait_after(upload_limits, "_since", parties=AT_ONCE)
    assert told(begin_six(resident)) == []
