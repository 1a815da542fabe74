"""The four stations of an inquiry, as its page shows where it stands."""

import datetime
from collections.abc import Iterable
from typing import NamedTuple

from django.utils.translation import pgettext

from requests_app.models import Inquiry, InquiryEvent

_Type = InquiryEvent.EventType
_ENDS = (_Type.CLOSED, _Type.WITHDRAWN, _Type.UNANSWERED)


class Station(NamedTuple):
    """One of the four: when it was reached, or by when it is expected, if that is known."""

    name: str
    reached_at: datetime.datetime | None = None
    expected_by: datetime.date | None = None
    is_here: bool = False


def stations_of(inquiry: Inquiry, events: Iterable[InquiryEvent]) -> list[Station]:
    """Return the stations of a filed inquiry with these `events`, in their order.

    What is withdrawn, or ended unanswered, waits for no decision, so that there are three.
    """
    ended_at = max((each.at for each in events if each.event_type in _ENDS), default=None)
    status = Inquiry.Status(inquiry.status) if inquiry.is_open else Inquiry.Status.UNDER_PROCESSING
    at_work = Station(str(status.label), is_here=inquiry.is_open)
    decided = Station(
        pgettext("a station of an inquiry", "Answer"),
        reached_at=inquiry.processed_at,
        expected_by=inquiry.due_on if inquiry.is_at_the_desk else None,
        is_here=inquiry.status == Inquiry.Status.PROCESSED,
    )
    closed = Station(
        pgettext("a station of an inquiry", "Closing"),
        reached_at=ended_at if inquiry.is_closed else None,
        is_here=inquiry.is_closed,
    )
    sent = Station(pgettext("a station of an inquiry", "Sent"), reached_at=inquiry.submitted_at)
    has_no_decision = inquiry.is_closed and not inquiry.is_decided
    return [sent, at_work, closed] if has_no_decision else [sent, at_work, decided, closed]
