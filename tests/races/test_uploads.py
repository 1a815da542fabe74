"""Uploads at once: three of a person are checked; a crowd waits, and nobody's photo is damaged."""

import io
from functools import partial

import pytest
from django.utils import timezone
from PIL import Image

from requests_app.actions import upload_limits
from requests_app.models import Upload
from requests_app.uploads import MAX_BYTES
from tests import factories
from tests.conftest import errors_on, signed_in
from tests.races.together import at_once, told
from tests.requests_app.files import upload
from tests.requests_app.steps import add_documents

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


def photo_of_48_megapixels():
    content = io.BytesIO()
    Image.effect_noise((8000, 6000), 20).save(content, "JPEG", quality=20)
    assert len(content.getvalue()) < MAX_BYTES
    return content.getvalue()


@pytest.mark.takes_long
def test_eight_people_send_48_megapixels_at_once():
    """Each is added, or told to come again; whoever does comes through."""
    factories.document_type()
    people = [factories.UserFactory() for _person in range(8)]
    drafts = [factories.draft(person) for person in people]
    browsers = [signed_in(person) for person in people]
    photo = photo_of_48_megapixels()

    def send(browser, draft):
        busy = 0
        while True:
            page = add_documents(browser, draft, upload("photo.jpg", photo))
            if page.status_code != 503:
                assert errors_on(page) == []
                return busy
            assert errors_on(page) == [
                "“photo.jpg” could not be checked just now. Send it again in a minute."
            ]
            busy += 1
            assert browser.get("/en/my/").status_code == 200

    told_to_wait = at_once(*(partial(send, *each) for each in zip(browsers, drafts, strict=True)))
    assert sum(told_to_wait) > 0, "there were more than half of the threads"
    assert [draft.attachments.count() for draft in drafts] == [1] * 8
