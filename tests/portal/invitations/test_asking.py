"""An officer asks somebody to come to an office, and need not any more."""

import pytest
from django.utils import timezone

from core.accounts.models import User
from core.exceptions import RuleViolation
from core.messaging.models import Message
from core.template_filters import day_in_text
from requests_app import actions as filing
from requests_app.models import Inquiry
from tawasul.portal import actions
from tawasul.portal.models import Invitation
from tests import factories
from tests.appointments import places
from tests.portal.invitations import (
    DAY,
    TO_BRING,
    chosen,
    events_of,
    invited,
    texts_about,
    withdrawn,
)

pytestmark = pytest.mark.django_db


def refused(**fields):
    """Return the code of the refusal of an invitation with these fields."""
    with pytest.raises(RuleViolation) as violation:
        actions.invite(**fields)
    return violation.value.code


def test_asking_is_an_event_and_a_text_with_what_one_needs(inquiry, resident):
    invitation = invited(inquiry)
    assert events_of(inquiry) == ["invited"]
    event = inquiry.events.last()
    assert (event.role, event.from_status, event.to_status) == (
        "officer",
        "under_processing",
        "under_processing",
    )
    assert texts_about(inquiry) == [
        (
            str(resident.mobile),
            f"Tawasul: Mohammed is asked to come to an office by "
            f"{day_in_text(invitation.until)}: Services for residents. "
            f"Inquiry {inquiry.reference}.",
        )
    ]


def test_due_date_stays_as_it_is(inquiry):
    before = inquiry.due_on
    invited(inquiry)
    inquiry.refresh_from_db()
    assert (inquiry.due_on, inquiry.status) == (before, "under_processing")


def test_mail_names_what_to_bring(inquiry, resident):
    User.objects.filter(pk=resident.pk).update(email="aslam@example.org")
    invited(inquiry)
    mail = Message.objects.about(inquiry.reference).get(channel="email")
    assert "Sign in to book: the page of the inquiry leads to the times." in mail.text
    assert "Documents to bring:\nSupporting proof" in mail.text
    assert TO_BRING in mail.text


def test_person_whom_it_is_about_is_told_as_well(officer, resident, hours):
    worker = factories.UserFactory(identity__name_en="Bilal Ahmed")
    factories.link(resident.identity, worker.identity)
    inquiry = factories.claimed(officer, applicant=resident, beneficiary=worker.identity)
    before = len(texts_about(inquiry))
    invited(inquiry)
    told = texts_about(inquiry)[before:]
    assert [to for to, _text in told] == [str(resident.mobile), str(worker.mobile)]
    assert all("Tawasul: Bilal is asked to come" in text for _to, text in told)


@pytest.mark.both_engines
def test_second_click_asks_once(inquiry):
    fields = chosen(inquiry)
    first, second = (
        actions.invite(actor=inquiry.assignee, inquiry=inquiry, **fields) for _click in range(2)
    )
    assert first == second
    assert events_of(inquiry) == ["invited"]
    assert len(texts_about(inquiry)) == 1


def test_same_form_with_another_choice_is_no_second_click(inquiry):
    fields = chosen(inquiry)
    actions.invite(actor=inquiry.assignee, inquiry=inquiry, **fields)
    other = {**fields, "what_to_bring": "Something else."}
    assert refused(actor=inquiry.assignee, inquiry=inquiry, **other) == "stale"


def test_only_who_has_the_inquiry_asks(inquiry):
    colleague = factories.OfficerFactory()
    assert refused(actor=colleague, inquiry=inquiry, **chosen(inquiry)) == "unclaimed"
    clerk = factories.of_role("clerk")
    assert refused(actor=clerk, inquiry=inquiry, **chosen(inquiry)) == "not_officer"
    assert events_of(inquiry) == []


def test_nobody_else_asks_while_it_waits_for_its_applicant(inquiry):
    returned = factories.write(filing.send_back, inquiry, inquiry.assignee)
    colleague = factories.OfficerFactory()
    assert refused(actor=colleague, inquiry=returned, **chosen(returned)) == "unclaimed"
    assert invited(returned).is_open


@pytest.mark.parametrize("end", [filing.approve, filing.reject])
def test_decided_inquiry_asks_nobody(inquiry, end):
    decided = factories.write(end, inquiry, inquiry.assignee)
    Inquiry.objects.filter(pk=decided.pk).update(status="closed")
    assert refused(actor=inquiry.assignee, inquiry=decided, **chosen(decided)) == "status"


def test_stale_page_asks_nobody(inquiry, officer):
    fields = chosen(inquiry)
    factories.write(filing.note, inquiry, officer)
    assert refused(actor=officer, inquiry=inquiry, **fields) == "stale"
    assert not Invitation.objects.exists()


def test_one_invitation_at_a_time(inquiry):
    invited(inquiry)
    fields = chosen(inquiry)
    assert refused(actor=inquiry.assignee, inquiry=inquiry, **fields) == "invited"
    assert events_of(inquiry) == ["invited"]


def test_another_follows_one_that_is_over(inquiry):
    first = invited(inquiry)
    Invitation.objects.update(until=timezone.localdate() - DAY)
    assert invited(inquiry) != first


@pytest.mark.parametrize("place", ["before", "after"])
def test_days_that_come_too_soon_or_too_late_are_refused(inquiry, place):
    days = actions.last_days()
    until = days[0] - DAY if place == "before" else days[-1] + DAY
    fields = chosen(inquiry, until=until)
    assert refused(actor=inquiry.assignee, inquiry=inquiry, **fields) == "until"
    assert events_of(inquiry) == []


def test_there_are_three_working_days_and_at_most_sixty(monkeypatch):
    clock = places.Clock()  # a Sunday
    monkeypatch.setattr(timezone, "now", clock)
    assert actions.last_days()[0] == places.WEDNESDAY
    assert actions.last_days()[-1] == places.SUNDAY + 60 * DAY
    clock.now += 3 * DAY  # a Wednesday, before the weekend
    assert actions.last_days()[0] == places.SUNDAY + 8 * DAY


def test_service_without_hours_in_the_region_is_refused(inquiry, hours):
    elsewhere = places.region("najran", "SA-10", "Najran")
    fields = chosen(inquiry, region=elsewhere)
    assert refused(actor=inquiry.assignee, inquiry=inquiry, **fields) == "region"
    hours.services.set([factories.ServiceFactory()])
    assert refused(actor=inquiry.assignee, inquiry=inquiry, **chosen(inquiry)) == "region"


def test_hours_that_begin_later_are_none_until_then(inquiry, hours):
    hours.valid_from = actions.last_days()[6]
    hours.save()
    fields = chosen(inquiry)
    assert refused(actor=inquiry.assignee, inquiry=inquiry, **fields) == "region"
    assert invited(inquiry, until=actions.last_days()[12])


def test_service_that_cannot_be_booked_is_refused(inquiry):
    inquiry.service.can_be_booked = False
    inquiry.service.save()
    fields = chosen(inquiry)
    assert refused(actor=inquiry.assignee, inquiry=inquiry, **fields) == "service"


def test_service_for_others_is_refused(inquiry):
    for_citizens = factories.ServiceFactory(beneficiary_kinds=["citizen"])
    fields = chosen(inquiry, service=for_citizens)
    assert refused(actor=inquiry.assignee, inquiry=inquiry, **fields) == "service"


def test_withdrawing_is_an_event_and_a_text(inquiry):
    invited(inquiry)
    withdrawn(inquiry)
    assert events_of(inquiry) == ["invited", "uninvited"]
    assert texts_about(inquiry)[-1][1] == (
        f"Tawasul: Mohammed need not come to an office for inquiry {inquiry.reference} any more. "
        "Cancel the appointment if one is booked."
    )
    assert not Invitation.objects.open().exists()
    assert invited(inquiry).is_open


def test_nothing_is_withdrawn_twice(inquiry):
    invited(inquiry)
    withdrawn(inquiry)
    with pytest.raises(RuleViolation) as refusal:
        withdrawn(inquiry)
    assert refusal.value.code == "not_invited"
    assert events_of(inquiry) == ["invited", "uninvited"]


def test_only_who_has_the_inquiry_withdraws(inquiry):
    invited(inquiry)
    with pytest.raises(RuleViolation) as refusal:
        withdrawn(inquiry, factories.OfficerFactory())
    assert refusal.value.code == "unclaimed"
    assert Invitation.objects.open().exists()
