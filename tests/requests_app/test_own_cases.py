"""Officers never see or act on an inquiry that concerns themselves."""

import uuid

import pytest

from core.exceptions import RuleViolation
from requests_app import actions
from tests import factories
from tests.conftest import signed_in_staff, without_tokens, words

QUEUE = "/en/staff/requests_app/inquiry/"
OWN = "You cannot work on an inquiry of your own."


@pytest.fixture
def colleague(db):
    """Return an officer with an identity of their own."""
    identity = factories.IdentityFactory(name_en="Ayesha Noor", name_ar="عائشة نور")
    return factories.OfficerFactory(identity=identity, mobile="+966501234567")


@pytest.fixture
def at_work(colleague):
    return signed_in_staff(colleague)


@pytest.fixture(params=["applicant", "beneficiary"])
def own(request, colleague):
    """Return an inquiry with the officer as applicant or as beneficiary."""
    relative = factories.UserFactory()
    factories.link(colleague.identity, relative.identity)
    factories.link(relative.identity, colleague.identity)
    people = (colleague, relative) if request.param == "applicant" else (relative, colleague)
    draft = factories.draft(people[0], beneficiary=people[1].identity)
    factories.attached(draft)
    return factories.submitted(draft)


def test_officer_cannot_see_inquiries_of_own_establishment(colleague, at_work):
    palm = factories.IdentityFactory(number="7000000017", birth_date=None)
    worker = factories.IdentityFactory()
    employee = factories.UserFactory()
    factories.link(palm, worker)
    factories.link(palm, employee.identity, "representative")
    draft = actions.start(
        actor=employee,
        holder=palm,
        beneficiary=worker,
        service=factories.ServiceFactory(),
        idempotency_key=uuid.uuid4(),
    )
    actions.save_details(actor=employee, inquiry=draft, **factories.details_of(draft))
    inquiry = factories.submitted(draft)
    assert at_work.get(f"{QUEUE}{inquiry.pk}/change/").status_code == 200
    factories.link(palm, colleague.identity, "representative")
    assert at_work.get(f"{QUEUE}{inquiry.pk}/change/").status_code == 404
    with pytest.raises(RuleViolation) as refused:
        actions.claim(actor=colleague, inquiry=inquiry, expected_version=inquiry.version)
    assert refused.value.message == OWN


def test_own_case_is_not_listed(at_work, own):
    others = factories.filed()
    for question in ({}, {"queue": "all"}, {"q": own.reference}, {"id__exact": own.pk}):
        page = at_work.get(QUEUE, question).content.decode()
        assert f"{QUEUE}{own.pk}/" not in page
    assert f"{QUEUE}{others.pk}/" in at_work.get(QUEUE).content.decode()


def test_own_case_looks_like_missing_inquiry(at_work, own):
    document = own.attachments.get()
    for page in ("change/", "claim/", "answer/", f"documents/{document.pk}/"):
        form = {
            "expected_version": own.version,
            "idempotency_key": uuid.uuid4(),
            "text": "Yes.",
            "decision": "approve",
        }
        for method in (at_work.get, at_work.post):
            response = method(f"{QUEUE}{own.pk}/{page}", form)
            assert response.status_code == 404
    there = at_work.get(f"{QUEUE}{own.pk}/change/")
    nowhere = at_work.get(f"{QUEUE}{own.pk + 10**6}/change/")
    assert words(there) == words(nowhere)
    assert own.name not in without_tokens(there).decode()


def test_the_history_of_an_own_case_is_not_shown(at_work, own):
    page = at_work.get(f"{QUEUE}{own.pk}/history/", follow=True)
    assert own.reference not in page.content.decode()


def test_an_own_case_is_refused_by_every_action(colleague, own):
    own.assignee = colleague
    own.save(update_fields=["assignee"])
    answered = {"text": "Yes.", "idempotency_key": uuid.uuid4()}
    for act, fields in (
        (actions.claim, {}),
        (actions.reply, answered),
        (actions.approve, answered),
        (actions.reject, answered),
    ):
        with pytest.raises(RuleViolation) as refused:
            act(actor=colleague, inquiry=own, expected_version=own.version, **fields)
        assert refused.value.code == "own_case"
    own.refresh_from_db()
    assert own.version == 1


def test_superuser_cannot_work_on_own_case(colleague, own):
    colleague.is_superuser = True
    colleague.save(update_fields=["is_superuser"])
    chief = signed_in_staff(colleague)
    assert chief.get(f"{QUEUE}{own.pk}/change/").status_code == 404
    with pytest.raises(RuleViolation):
        actions.claim(actor=colleague, inquiry=own, expected_version=own.version)


def test_inquiry_for_relative_stays_own_case_after_link_ends(at_work, colleague):
    relative = factories.IdentityFactory()
    link = factories.link(colleague.identity, relative)
    own = factories.filed(colleague, beneficiary=relative)
    link.delete()
    assert at_work.get(f"{QUEUE}{own.pk}/change/").status_code == 404
