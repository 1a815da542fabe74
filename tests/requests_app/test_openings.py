"""Who has opened an inquiry or a document of it: recorded, and shown to its owner by role alone."""

import datetime

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from requests_app.actions import note_opening
from requests_app.models import InquiryOpening
from tests import factories
from tests.appointments import places
from tests.conftest import signed_in, signed_in_staff

MINUTE = datetime.timedelta(minutes=1)


@pytest.fixture
def inquiry(db):
    return factories.claimed()


def change_page(inquiry):
    return f"/en/staff/requests_app/inquiry/{inquiry.pk}/change/"


def page_of(inquiry):
    return signed_in(inquiry.applicant).get(f"/en/inquiries/{inquiry.reference}/handled/")


def openings(inquiry):
    return list(inquiry.openings.order_by("pk").values_list("staff", "document", "role"))


def test_opening_is_recorded_once_in_a_quarter_of_an_hour(inquiry, monkeypatch):
    officer = factories.of_role("officer")
    clock = places.Clock()
    monkeypatch.setattr(timezone, "now", clock)
    moments = []
    for minutes in (0, 5, 9, 1, 14, 1):
        clock.now += minutes * MINUTE
        note_opening(actor=officer, inquiry=inquiry)
        moments.append(inquiry.openings.count())
    assert moments == [1, 1, 1, 2, 2, 3]


def test_a_page_that_is_shown_is_an_opening(inquiry):
    officer = factories.of_role("officer")
    browser = signed_in_staff(officer)
    assert browser.head(change_page(inquiry)).status_code == 200
    assert openings(inquiry) == []
    for _time in range(2):
        assert browser.get(change_page(inquiry)).status_code == 200
    assert openings(inquiry) == [(officer.pk, None, "officer")]


def test_each_role_is_told_apart(inquiry):
    for role in ("officer", "supervisor", "auditor"):
        signed_in_staff(factories.of_role(role)).get(change_page(inquiry))
    assert [role for _staff, _document, role in openings(inquiry)] == [
        "officer",
        "supervisor",
        "auditor",
    ]


def test_refused_opening_is_none(inquiry):
    own = factories.of_role("officer", identity=factories.IdentityFactory())
    factories.link(own.identity, inquiry.beneficiary)
    assert signed_in_staff(own).get(change_page(inquiry)).status_code == 404
    assert openings(inquiry) == []


def test_opening_of_a_document_is_recorded(officer, as_officer):
    draft = factories.draft()
    document = factories.attached(draft)
    inquiry = factories.submitted(draft)
    address = f"/en/staff/requests_app/inquiry/{inquiry.pk}/documents/{document.pk}/"
    for _time in range(2):
        assert as_officer.get(address).getvalue()
    assert openings(inquiry) == [(officer.pk, document.pk, "officer")]
    page = page_of(inquiry).content.decode()
    assert f"Document opened: {document.document_type.name}" in page


def test_the_applicant_reads_roles_and_no_names(inquiry):
    supervisor = factories.of_role("supervisor")
    name = supervisor.get_short_name()
    browser = signed_in_staff(supervisor)
    browser.get(change_page(inquiry))
    page = page_of(inquiry).content.decode()
    _before, _title, handled = page.partition("Who has opened and handled this inquiry")
    handled = handled.partition("</details>")[0]
    assert "<strong>Inquiry opened</strong> (supervisor)" in handled
    assert "<strong>Assigned to an officer</strong> (officer)" in handled
    assert "Filed" not in handled
    assert name not in page
    assert inquiry.assignee.get_short_name() not in page
    history = browser.get(change_page(inquiry)).content.decode()
    assert f"<strong>Inquiry opened</strong> · <bdi>{name}</bdi> (supervisor)" in history


@pytest.mark.both_engines
def test_openings_are_never_changed(inquiry):
    signed_in_staff(factories.of_role("officer")).get(change_page(inquiry))
    for write in (lambda rows: rows.update(role="auditor"), lambda rows: rows.delete()):
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            write(InquiryOpening.objects.all())
