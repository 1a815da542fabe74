"""Supervisors are told by mail of what is overdue, once for each due date."""

from datetime import timedelta

import pytest
from django.utils import timezone

from core.messaging.models import Message
from requests_app import actions
from requests_app.models import Inquiry
from tests import factories
from tests.requests_app.desk_pages import now

ADDRESS = "supervisor@example.org"


@pytest.fixture
def supervisor(db):
    return factories.supervisor(email=ADDRESS)


@pytest.fixture
def mails(supervisor):
    return lambda: Message.objects.filter(recipient=ADDRESS).order_by("pk")


def due(inquiry, days):
    day = timezone.localdate() + timedelta(days=days)
    Inquiry.objects.filter(pk=inquiry.pk).update(due_on=day)
    return now(inquiry)


def test_supervisor_reads_which_are_overdue_and_reads_it_once(mails, officer):
    late = [due(factories.claimed(officer), -1), due(factories.filed(), -2)]
    due(factories.filed(), 0)

    assert actions.escalate_overdue() == 2
    assert actions.escalate_overdue() == 0

    mail = mails().get()
    assert mail.subject == "Tawasul: 2 inquiries are overdue"
    first, second = (mail.text.index(inquiry.reference) for inquiry in reversed(late))
    assert first < second
    assert [each.events.last().event_type for each in late] == ["escalated"] * 2
    assert {now(each).status for each in late} == {"under_processing"}


def test_a_new_due_date_that_passes_is_told_of_again(mails):
    inquiry = due(factories.filed(), -5)
    actions.escalate_overdue()
    due(inquiry, -1)
    assert actions.escalate_overdue() == 1
    assert mails().count() == 2


def test_what_waits_for_its_applicant_or_is_decided_is_not_told_of(mails, officer):
    for event in (actions.send_back, actions.approve):
        due(factories.write(event, factories.claimed(officer), officer), -1)
    assert actions.escalate_overdue() == 0
    assert not mails().exists()


def test_own_case_stands_in_no_mail(db):
    supervisor = factories.supervisor(email=ADDRESS, identity=factories.IdentityFactory())
    inquiry = due(factories.filed(), -1)
    factories.link(supervisor.identity, inquiry.beneficiary)
    assert actions.escalate_overdue() == 1
    assert not Message.objects.filter(recipient=ADDRESS).exists()


def test_only_supervisors_at_work_are_told(db):
    due(factories.filed(), -1)
    factories.OfficerFactory(email="officer@example.org")
    factories.supervisor(email="gone@example.org", is_active=False)
    factories.supervisor(email="")
    actions.escalate_overdue()
    assert not Message.objects.filter(channel="email", recipient__endswith="example.org").exists()


def test_hundreds_come_in_mails_of_fifty(mails, monkeypatch):
    monkeypatch.setattr(actions.escalation, "MAX_IN_ONE_MAIL", 2)
    for _inquiry in range(3):
        due(factories.filed(), -1)
    assert actions.escalate_overdue() == 3
    assert [mail.text.count("due on") for mail in mails()] == [2, 1]
