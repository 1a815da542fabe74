"""Searching the queue for an inquiry by its numbers, people and words."""

import re
import uuid

import pytest

from core.references import grouped_reference
from requests_app import actions
from requests_app.models import Inquiry
from tests import factories
from tests.conftest import signed_in_staff, words

pytestmark = pytest.mark.both_engines

QUEUE = "/en/staff/requests_app/inquiry/"
ARABIC = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")
PERSIAN = str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹")
NUMBER = "2345678901"
FORMER = "3111222333"
MOBILE = "+966512345678"
EARLIER = "AB-1447/2025 7"
DESCRIPTION = (
    "جددتُ إقامتي قبل ثلاثة أسابيع لدى مكتب العلاقات، والرسوم ما زالت غير مسجلة للمقيمين. "
    "The cheque of the Riyad bank was not credited; please look at it."
)
BY_NAME = [
    *("عائشة", "عائشه", "عايشة", "عَائِشَة", "عـــائشة"),
    *("إبراهيم", "ابراهيم", "أبراهیم", "القاضي", "قاضي", "القاضى", "للقاضي", "القاضی"),
    *("عائشة القاضي", "القاضي عائشة", "قاض عائ", "عائشة ابراهيم قاضى"),
    *("Ayesha", "ayesha", "AYESHA", "Al-Qadi", "al qadi", "qadi", "ａｙｅｓｈａ"),
    *("ayesha qadi", "Qadi, Ayesha", "qa aye", "عائشة qadi", "ayesha " + NUMBER),
]
BY_NUMBER = [
    *(NUMBER, NUMBER.translate(ARABIC), NUMBER.translate(PERSIAN), "23456 78901", "2345-678-901"),
    *("23456", FORMER, FORMER.translate(ARABIC)),
    *("0512345678", "051 234 5678", "051-234-5678", "٠٥١٢٣٤٥٦٧٨", "۰۵۱۲۳۴۵۶۷۸", "05123"),
    *("+966512345678", "+966 51 234 5678", "00966512345678", "٠٠٩٦٦ ٥١٢٣٤٥٦٧٨"),
    *("966512345678", "9665123", "+٩٦٦٥١٢٣٤٥٦٧٨"),
    *(EARLIER, "ab-1447", "AB 1447 2025 7", "ab14472025 7", "١٤٤٧", "1447"),
]
BY_WORDS = [
    *("إقامتي", "اقامتي", "العلاقات", "علاقات", "والرسوم", "الرسوم", "رسوم", "المقيمين", "مقيم"),
    *("cheque", "CHEQUE", "riyad bank", "bank cheq", "credited رسوم", "cheque " * 100),
]
NOT_FOUND = [
    *("heque", "yesha", "يشة", "345678901", "512345678", "cheques", "ayesha nobody", "nobody"),
    *("%", "_", "%%", "ay_sha", "aye%ha", "'", '"', "\\", "!ayesha nobody", "ayesha & nobody"),
    *("nobody | ayesha", "aye*sha", ":*", "nobody:*", "( )", "<->", "' OR '1'='1", "?"),
    "a" * 10_000,
    "9" * 10_000,
    "ا" * 10_000,
    "' " * 5000,
    " ".join(f"w{number}" for number in range(1000)),
]
HARMLESS = [
    *("ayesha & qadi", "!ayesha", "ayesha:*", "'ayesha'", '"ayesha qadi"', "ayesha\\", "(ayesha)"),
    *("<ayesha>", "ayesha <-> qadi", "ayesha|qadi", "ayesha%", "%ayesha", "*ayesha*"),
    *("-ayesha", "ayesha\n\tqadi", "\u200eayesha\u200f", "ayesha;--", "ayesha' --"),
    "ayesha " * 1000,
    "ayesha " * 1500 + "nobody",
]


def references_in(page):
    """Return the references in the list, from top to bottom."""
    found = re.findall(r"\b8\d{3}-\d{4}-\d{4}\b", words(page))
    return [number.replace("-", "") for number in found]


@pytest.fixture
def target(db):
    person = factories.IdentityFactory(
        number=NUMBER, name_ar="عائشة إبراهيم القاضي", name_en="Ayesha Ebrahim Al-Qadi"
    )
    person.numbers.create(number=FORMER, is_current=False)
    applicant = factories.UserFactory(identity=person, mobile=MOBILE)
    draft = factories.draft(applicant)
    details = factories.details_of(draft, description=DESCRIPTION, earlier_reference=EARLIER)
    actions.save_details(actor=applicant, inquiry=draft, **details)
    return factories.submitted(draft)


@pytest.fixture
def find(as_officer, target):
    """Return a function that searches a queue of three inquiries and returns the references."""
    factories.filed()
    factories.claimed()

    def look(typed, **narrowed):
        page = as_officer.get(QUEUE, {"q": typed, **narrowed})
        assert page.status_code == 200
        return references_in(page)

    return look


def results_of_each(find, queries):
    """Return the references found by each query; all share one queue, as it is slow to make."""
    return {typed: find(typed) for typed in queries}


@pytest.mark.parametrize(
    "queries", [BY_NAME, BY_NUMBER, BY_WORDS], ids=["its people", "its numbers", "its words"]
)
def test_inquiry_is_found_in_any_script_and_spelling(find, target, queries):
    assert results_of_each(find, queries) == {each: [target.reference] for each in queries}


@pytest.mark.parametrize(
    "spelled",
    [
        str,
        grouped_reference,
        lambda reference: grouped_reference(reference).replace("-", " "),
        lambda reference: grouped_reference(reference).translate(ARABIC),
        lambda reference: reference.translate(PERSIAN),
        lambda reference: reference[:8],
        lambda reference: f"\u200f {reference}\n",
    ],
    ids=["plain", "grouped", "spaces", "arabic", "persian", "beginning", "marks"],
)
def test_inquiry_is_found_by_reference(find, target, spelled):
    assert find(spelled(target.reference)) == [target.reference]


def test_unmatched_words_find_nothing(find):
    assert results_of_each(find, NOT_FOUND) == {each: [] for each in NOT_FOUND}


def test_punctuation_and_repetition_are_ignored(find, target):
    assert results_of_each(find, HARMLESS) == {each: [target.reference] for each in HARMLESS}


@pytest.mark.parametrize("typed", ["0", "00", "0 0", "+00", "٠٠"])
def test_zeros_are_no_error(find, typed):
    assert isinstance(find(typed), list)


def test_nul_in_search_is_refused(as_officer, target):
    assert as_officer.get(f"{QUEUE}?q=ayesha%00").status_code == 400


def test_search_covers_every_status_and_assignee(find, officer, target):
    colleague = factories.OfficerFactory()
    inquiry = actions.claim(actor=colleague, inquiry=target, expected_version=target.version)
    assert find("ayesha") == [target.reference]
    fields = {
        "text": "It was paid.",
        "idempotency_key": uuid.uuid4(),
        "expected_version": inquiry.version,
    }
    inquiry = actions.approve(actor=colleague, inquiry=inquiry, **fields)
    assert find("ayesha") == [target.reference]
    actions.close(actor=officer, inquiry=inquiry, expected_version=inquiry.version)
    assert find("ayesha") == [target.reference]


def test_search_combines_with_filters(find, officer, target):
    assert find("ayesha", queue="mine") == []
    assert find("ayesha", queue="nobody") == [target.reference]
    assert find("ayesha", status__exact="closed") == []
    actions.claim(actor=officer, inquiry=target, expected_version=target.version)
    assert find("ayesha", queue="mine") == [target.reference]
    assert find("ayesha", queue="nobody") == []
    assert find("ayesha", time="overdue") == []


def test_search_keeps_filters_and_escapes_query(as_officer, target):
    page = as_officer.get(QUEUE, {"q": '"><b>ayesha', "queue": "nobody"}).content.decode()
    assert 'name="q" id="searchbar" value="&quot;&gt;&lt;b&gt;ayesha"' in page
    assert '<input type="hidden" name="queue" value="nobody">' in page
    assert "<b>ayesha" not in page


def test_drafts_are_not_found(find, target):
    factories.draft(target.applicant)
    assert find("ayesha") == [target.reference]


@pytest.mark.parametrize("how", ["applicant", "beneficiary", "representative"])
def test_own_cases_are_not_found(target, how):
    identity = target.beneficiary
    officer = factories.OfficerFactory(identity=factories.IdentityFactory(), mobile="+966501234567")
    if how == "applicant":
        Inquiry.objects.update(applicant=officer, holder=factories.IdentityFactory())
    elif how == "beneficiary":
        Inquiry.objects.update(beneficiary=officer.identity, holder=factories.IdentityFactory())
    else:
        holder = factories.IdentityFactory(number="7000000017", birth_date=None)
        factories.link(holder, officer.identity, "representative")
        Inquiry.objects.update(holder=holder)
    browser = signed_in_staff(officer)
    for typed in ("ayesha", target.reference, identity.current_number, "cheque"):
        for queue in ("all", "nobody"):
            assert references_in(browser.get(QUEUE, {"q": typed, "queue": queue})) == []


def test_search_uses_latest_details(find, resident):
    draft = factories.draft(resident)
    text = "My exit visa was stamped twice at the airport, please cancel one of them."
    details = factories.details_of(draft, description=text)
    actions.save_details(actor=resident, inquiry=draft, **details)
    filed = factories.submitted(draft)
    assert find("airport") == [filed.reference]
    assert find("airport cheque") == []


def test_the_newest_is_listed_first(find, resident):
    older, newer = factories.filed(resident), factories.filed(resident)
    assert find(str(resident.mobile)) == [newer.reference, older.reference]
