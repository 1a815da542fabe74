"""What pages of both services show of an invitation: to whom it leads, and what it came from."""

from collections.abc import Iterable
from typing import NamedTuple
from urllib.parse import urlencode

from django.urls import reverse

from appointments.models import Appointment
from core.accounts.access import SignedInRequest
from core.accounts.models import User
from core.accounts.rights import Relation
from core.accounts.session_holder import holder_of
from requests_app.actions import Deed, Rights, may
from requests_app.models import Inquiry, InquiryEvent
from tawasul.portal.models import Invitation


def latest_of(inquiry: Inquiry, events: Iterable[InquiryEvent]) -> Invitation | None:
    """Return the latest invitation from the inquiry, with its visit; None if that was withdrawn.

    `events` are those of the inquiry: without an invitation among them, nothing is read.
    """
    about = (InquiryEvent.EventType.INVITED, InquiryEvent.EventType.UNINVITED)
    last = [event.event_type for event in events if event.event_type in about][-1:]
    if last != [InquiryEvent.EventType.INVITED]:
        return None
    invitation = Invitation.objects.with_visit().filter(inquiry=inquiry).first()
    if invitation:
        invitation.inquiry = inquiry
    return invitation


class Shown(NamedTuple):
    """An invitation on the page of the inquiry, for somebody who reads that."""

    invitation: Invitation
    book_at: str
    visit_at: str  # the page of the appointment, or "" if they may not read it


def shown_to(
    request: SignedInRequest, rights: Rights, events: Iterable[InquiryEvent]
) -> Shown | None:
    """Return what the page of an inquiry shows of its latest invitation, if there is one."""
    inquiry = rights.inquiry
    invitation = latest_of(inquiry, events)
    if invitation is None or not (inquiry.is_open or invitation.visit):
        return None
    visit = invitation.visit
    reads = visit and visit.holder_id in (inquiry.holder_id, request.user.identity_id)
    visit_at = reverse("appointments:detail", args=[visit.reference]) if visit and reads else ""
    return Shown(invitation, _book_at(request, rights, invitation), visit_at)


def _book_at(request: SignedInRequest, rights: Rights, invitation: Invitation) -> str:
    """Return where the booking goes on that the invitation asks for, in the right name."""
    inquiry = invitation.inquiry
    chosen = {
        "attendee": inquiry.beneficiary_id,
        "service": invitation.service.slug,
        "region": invitation.region.slug,
        "operations": 1,
        "until": invitation.until.isoformat(),
    }
    target = f"{reverse('appointments:offices')}?{urlencode(chosen)}"
    oneself = request.user.identity_id
    holder = inquiry.holder_id if rights.relation == Relation.HOLDER else oneself
    if holder == holder_of(request).pk:
        return target
    choice = {"holder": "" if holder == oneself else holder, "next": target}
    return f"{reverse('accounts:acting-as')}?{urlencode(choice)}"


def inquiry_behind(user: User, appointment: Appointment) -> Inquiry | None:
    """Return the inquiry from which this was asked for, if `user` may read both."""
    if appointment.confirmed_at is None:
        return None
    invitations = Invitation.objects.of_visit(appointment).select_related("inquiry")
    invitation = invitations.first()
    if invitation is None:
        return None
    inquiry = invitation.inquiry
    # Of the same holder and person, both belong to the same people.
    is_same = inquiry.holder_id == appointment.holder_id
    return inquiry if is_same or may(user, Deed.READ, inquiry) else None


class AtDesk(NamedTuple):
    """The latest invitation on the desk of an officer, and what they can do about it."""

    invitation: Invitation | None
    can_ask: bool
    can_withdraw: bool


def at_desk_of(officer: User, inquiry: Inquiry, events: Iterable[InquiryEvent]) -> AtDesk:
    invitation = latest_of(inquiry, events)
    is_asked = invitation is not None and invitation.is_open
    is_theirs = inquiry.is_undecided and inquiry.assignee_id == officer.pk
    may_act = is_theirs and officer.has_perm("requests_app.triage_inquiry")
    return AtDesk(invitation, may_act and not is_asked, may_act and is_asked)
