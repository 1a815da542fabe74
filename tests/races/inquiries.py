"""Steps, texts and controls that the races of inquiries share."""

from functools import partial

from django.conf import settings
from django.test import Client

from core.messaging.models import Message
from requests_app import actions
from tests import factories
from tests.conftest import notices_on
from tests.races.together import now

SESSION = "session-of-the-applicant"
WITHDRAWAL_NOTICE = "has been withdrawn, as you asked."
APPROVAL_NOTICE = "has been approved. Sign in to read the answer."
FILED = "This inquiry has already been sent and cannot be changed."


def confirmed_draft(*, documents=0):
    """Return a draft, with a document or without, and the step that submits it with its code."""
    draft = factories.draft()
    for _document in range(documents):
        attach(draft)
    return draft, partial(submit, draft, factories.confirmation(draft, SESSION))


def submit(draft, code):
    return actions.submit(actor=draft.applicant, inquiry=draft, session_key=SESSION, guess=code)


def attach(draft, width=60):
    """Add a picture whose content differs for each width, as from a tab of its own."""
    photo = factories.picture(f"{width}.jpg", size=(width, 40))
    return factories.attached(now(draft), photo)


def remove(inquiry):
    """Remove the only document, as from a tab of its own."""
    actions.remove(actor=inquiry.applicant, inquiry=now(inquiry), pk=inquiry.attachments.get().pk)


def notices(inquiry):
    """Return the ends of the texts to the applicant since the inquiry was filed."""
    texts = Message.objects.about(inquiry.reference).values_list("text", flat=True)
    return [text.removeprefix(f"Tawasul: your inquiry {inquiry.reference} ") for text in texts][1:]


def another_tab(browser):
    """Return another browser in the session of this one."""
    tab = Client()
    tab.cookies[settings.SESSION_COOKIE_NAME] = browser.session.session_key
    return tab


def post_at_desk(browser, inquiry, what, **fields):
    """Post the form `what` on the desk of `inquiry`; return the notices shown to the officer."""
    address = f"/en/staff/requests_app/inquiry/{inquiry.pk}/{what}/"
    response = browser.post(address, {"expected_version": inquiry.version, **fields}, follow=True)
    assert response.status_code == 200
    return notices_on(response)
