"""An action at another version than the current one is refused, and says what has changed."""

import pytest
from django.utils import translation

from core.exceptions import RuleViolation
from tests.requests_app.people import People, traces
from tests.requests_app.refusals import changed

pytestmark = pytest.mark.both_engines


@pytest.fixture
def people(db):
    return People()


@pytest.mark.parametrize("event_type", ["released", "assigned", "noted", "replied", "approved"])
def test_stale_version_is_refused_with_changes_listed(people, event_type):
    old = people.inquiry_in("under_processing")
    new = people.do("noted", people.do("replied", old))
    before = traces(new)

    with pytest.raises(RuleViolation) as refused:
        people.do(event_type, old)

    name = people.officer.username
    assert refused.value.message == changed(f"Answered ({name}), Internal note ({name})")
    assert refused.value.code == "stale"
    assert traces(new) == before


def test_stale_message_is_in_page_language(people):
    old = people.inquiry_in("under_processing")
    people.do("noted", people.do("replied", old))
    with translation.override("ar"), pytest.raises(RuleViolation) as refused:
        people.do("approved", old)
    name = people.officer.username
    assert refused.value.message == (
        f"تغيّر الطلب بعد فتح الصفحة: تم الرد على الطلب ({name})، ملاحظة داخلية ({name}). "
        "يرجى الاطلاع عليه من جديد قبل المتابعة."
    )


@pytest.mark.parametrize(
    ("event_type", "status"),
    [("resubmitted", "returned_to_applicant"), ("withdrawn", "under_processing")],
)
def test_an_applicant_who_withdrew_in_another_tab_is_told_so(people, event_type, status):
    old = people.inquiry_in(status)
    new = people.do("withdrawn", old)
    before = traces(new)

    with pytest.raises(RuleViolation) as refused:
        people.do(event_type, old)

    assert refused.value.message == changed("Withdrawn")
    assert traces(new) == before


@pytest.mark.parametrize("event_type", ["claimed", "approved", "withdrawn"])
def test_future_version_is_refused(people, event_type):
    inquiry = people.inquiry_in("under_processing", to_be_claimed=event_type == "claimed")
    before = traces(inquiry)
    with pytest.raises(RuleViolation):
        people.do(event_type, inquiry, expected_version=inquiry.version + 1)
    assert traces(inquiry) == before
