"""The steps of filing an inquiry on the pages, as a browser takes them."""

import uuid

from core.request_ids import HEADER
from tests import factories
from tests.conftest import ask_for_code, without_tokens

NEW = "/en/inquiries/new/"


def page_of(inquiry, step="", language="en"):
    """Return the address of a step of the inquiry, or of the inquiry itself."""
    address = f"/{language}/inquiries/{inquiry.reference}/"
    return f"{address}{step}/" if step else address


def first_step(service, beneficiary):
    """Return the form of the first step."""
    return {
        "idempotency_key": uuid.uuid4(),
        "beneficiary": beneficiary.pk,
        "service": service.slug,
    }


def save_details(browser, inquiry, **changes):
    form = {"typist": inquiry.applicant_id, **factories.details_of(inquiry, **changes)}
    return browser.post(page_of(inquiry, "details"), form)


def add_documents(browser, inquiry, *uploads, document_type="supporting-proof", step="documents"):
    """Send files on the third step and return the page that follows."""
    form = {"document_type": document_type, "files": uploads}
    return browser.post(page_of(inquiry, step), form, follow=True)


def code_for(browser, inquiry):
    """Ask for the code that files the inquiry, and return its digits."""
    ask_for_code(browser, inquiry)
    return factories.code_sent_to(inquiry.applicant)


def wrong(code):
    """Return six other digits."""
    return f"{(int(code) + 1) % 10**6:06}"


def confirm(browser, inquiry, code, **options):
    return browser.post(page_of(inquiry, "confirm"), {"code": code}, **options)


def form_on(page, text, **changes):
    """Return the form of an answer or a withdrawal, as a browser sends it from this page."""
    form = page.context["form"]
    return {
        "typist": page.wsgi_request.user.pk,
        "idempotency_key": form["idempotency_key"].value(),
        "expected_version": form["expected_version"].value(),
        "text": text,
        **changes,
    }


def seen(browser, address, method="get", **fields):
    """Return the status, content and headers of a response, without tokens and its own id."""
    response = getattr(browser, method)(address, fields)
    del response.headers[HEADER]
    return response.status_code, without_tokens(response), sorted(response.headers.items())
