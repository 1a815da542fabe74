"""Template tags for what pages show of the roof: announcements, questions and invitations."""

from collections.abc import Iterable
from typing import Any

from django import template
from django.utils.functional import Promise

from appointments.models import Appointment
from core.accounts.access import SignedInRequest, StaffRequest
from requests_app.actions import Rights
from requests_app.models import Inquiry, InquiryEvent
from tawasul.portal import invitations
from tawasul.portal.feedback import question_about
from tawasul.portal.models import announcements_for

register = template.Library()


@register.inclusion_tag("components/announcements.html")
def announcements(**chosen: Any) -> dict[str, Any]:
    """Show what is announced now where a service, a region and an office have been chosen."""
    return {"announcements": announcements_for(**chosen)}


@register.filter
def question(page: str) -> str | Promise:
    """Return the question about the page with this name of its address."""
    return question_about(page).text


@register.simple_tag
def invitation_shown_to(
    request: SignedInRequest, rights: Rights, events: Iterable[InquiryEvent]
) -> invitations.Shown | None:
    """Return what the page of an inquiry shows of its invitation to an office, if any."""
    return invitations.shown_to(request, rights, events)


@register.simple_tag
def invitation_at_desk(
    request: StaffRequest, inquiry: Inquiry, events: Iterable[InquiryEvent]
) -> invitations.AtDesk:
    """Return the invitation to an office on the desk, and what the officer can do about it."""
    return invitations.at_desk_of(request.user, inquiry, events)


@register.simple_tag
def inquiry_behind(request: SignedInRequest, appointment: Appointment) -> Inquiry | None:
    """Return the inquiry from which the appointment was asked for, if there is one to show."""
    return invitations.inquiry_behind(request.user, appointment)
