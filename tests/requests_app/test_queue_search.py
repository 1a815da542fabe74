"""Searching the queue for an inquiry by its numbers, people and words."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core.references import grouped_reference
from requests_app import actions
from requests_app.admin import queue
from requests_app.models import Inquiry, lists
from tests import factories
from tests.conftest import signed_in_staff
from tests.requests_app.desk_pages import QUEUE, listed
from tests.requests_app.people import act
from tests.worlds import undone, world

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


@world
def searched():
    """Return the key of the inquiry to be found; two others are in the queue, too."""
    person = factories.IdentityFactory(
        number=NUMBER, name_ar="عائشة إبراهيم القاضي", name_en="Ayesha Ebrahim Al-Qadi"
    )
    person.numbers.create(number=FORMER, is_current=False)
    applicant = factories.UserFactory(identity=person, mobile=MOBILE)
    factories.filed()
    factories.claimed()
    return filed(applicant, description=DESCRIPTION, earlier_reference=EARLIER).pk


def filed(applicant, **details):
    draft = factories.draft(applicant)
    details = factories.details_of(draft, **details)
    actions.save_details(actor=applicant, inquiry=draft, **details)
    return factories.submitted(draft)


@pytest.fixture
def target(searched, db):
    return Inquiry.objects.get(pk=searched)


@pytest.fixture
def find(as_officer, searched):
    """Return a function that searches the queue and returns the references."""
    return lambda typed, **narrowed: listed(as_officer, q=typed, **narrowed)


def results_of_each(find, queries):
    """Return the references found by each query; all share one queue, as it is slow to make."""
    return {typed: find(typed) for typed in queries}


@pytest.mark.both_engines
def test_inquiry_is_found_in_any_script_and_spelling(find, target):
    queries = [*BY_NAME, *BY_NUMBER, *BY_WORDS]
    assert results_of_each(find, queries) == {each: [target.reference] for each in queries}


@pytest.mark.both_engines
def test_inquiry_is_found_by_reference(find, target):
    plain, grouped = target.reference, grouped_reference(target.reference)
    spelled = [
        *(plain, grouped, grouped.replace("-", " "), f" {grouped.replace('-', ' ')} "),
        *(grouped.translate(ARABIC), plain.translate(ARABIC), plain.translate(PERSIAN)),
        *(plain[:8], plain[:11], f"\u200f {plain}\n"),
    ]
    assert results_of_each(find, spelled) == {each: [plain] for each in spelled}
    assert find(plain[3:]) == []


@pytest.mark.both_engines
def test_unmatched_words_find_nothing(find):
    assert results_of_each(find, NOT_FOUND) == {each: [] for each in NOT_FOUND}


@pytest.mark.both_engines
def test_punctuation_and_repetition_are_ignored(find, target):
    assert results_of_each(find, HARMLESS) == {each: [target.reference] for each in HARMLESS}


@pytest.mark.both_engines
def test_zeros_are_no_error(find):
    for typed in ("0", "00", "0 0", "+00", "٠٠"):
        assert isinstance(find(typed), list)


@pytest.mark.both_engines
def test_nul_in_search_is_refused(as_officer, target):
    assert as_officer.get(f"{QUEUE}?q=ayesha%00").status_code == 400


def test_search_covers_every_status_and_assignee(find, officer, target):
    colleague = factories.OfficerFactory()
    for event_type, actor in (("claimed", colleague), ("approved", colleague), ("closed", officer)):
        target = act(event_type, target, actor)
        assert find("ayesha") == [target.reference], event_type


@pytest.mark.both_engines
def test_search_combines_with_filters(find, officer, target):
    assert find("ayesha", queue="mine") == []
    assert find("ayesha", queue="nobody") == [target.reference]
    assert find("ayesha", status__exact="closed") == []
    act("claimed", target, officer)
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


def test_own_cases_are_not_found(target):
    identity = target.beneficiary
    officer = factories.OfficerFactory(identity=factories.IdentityFactory(), mobile="+966501234567")
    browser = signed_in_staff(officer)
    palm = factories.establishment()
    factories.link(palm, officer.identity, "representative")
    other = factories.IdentityFactory()
    for own in (
        {"applicant": officer, "holder": other},
        {"beneficiary": officer.identity, "holder": other},
        {"holder": palm},
    ):
        with undone():
            Inquiry.objects.filter(pk=target.pk).update(**own)
            for typed in ("ayesha", target.reference, identity.current_number, "cheque"):
                for queue in ("all", "nobody"):
                    assert listed(browser, q=typed, queue=queue) == [], own


@pytest.mark.both_engines
def test_search_uses_latest_details(find, resident):
    text = "My exit visa was stamped twice at the airport, please cancel one of them."
    latest = filed(resident, description=text)
    assert find("airport") == [latest.reference]
    assert find("airport cheque") == []


def test_the_newest_is_listed_first(find, resident):
    older, newer = factories.filed(resident), factories.filed(resident)
    assert find(str(resident.mobile)) == [newer.reference, older.reference]


@pytest.fixture
def many(db, monkeypatch):
    """Return the references of nine inquiries of a frequent word, newest first; five are shown."""
    monkeypatch.setattr(queue, "MAX_FOUND", 5)
    monkeypatch.setattr(queue.InquiryAdmin, "list_per_page", 2)
    said = "This has a frequent word, as all of them have."
    filings = [filed(factories.UserFactory(), description=said) for _time in range(9)]
    return [each.reference for each in reversed(filings)]


@pytest.mark.both_engines
def test_pages_of_a_frequent_word_are_newest_first(as_officer, many, monkeypatch):
    # Whether the latest inquiries hold as many as are shown, some of them, or none.
    for latest in (100, 6, 3, 0):
        monkeypatch.setattr(lists, "LATEST", latest)
        for page in (1, 2):
            shown = many[2 * page - 2 : 2 * page]
            assert listed(as_officer, q="frequent", p=page) == shown, (latest, page)
        told = as_officer.get(QUEUE, {"q": "frequent"}).content.decode()
        assert "Inquiries: 5 or more" in told, latest


@pytest.mark.both_engines
def test_rare_word_is_found_behind_the_latest(as_officer, target, monkeypatch):
    monkeypatch.setattr(lists, "LATEST", 1)
    factories.filed()
    assert listed(as_officer, q="cheque") == [target.reference]


@pytest.mark.both_engines
def test_frequent_word_is_found_within_the_filters(as_officer, many, monkeypatch):
    Inquiry.objects.filter(reference__in=many[:4]).update(assignee=factories.of_role("officer"))
    monkeypatch.setattr(lists, "LATEST", 100)
    assert listed(as_officer, q="frequent", queue="nobody") == many[4:6]


def test_texts_of_inquiries_are_not_read_for_the_list(as_officer, target):
    for found in ({}, {"q": "cheque"}):
        with CaptureQueriesContext(connection) as captured:
            assert target.reference in listed(as_officer, **found)
        columns = [each["sql"].partition(" FROM ")[0] for each in captured]
        shown = [each for each in columns if '"requests_app_inquiry"."reference"' in each]
        assert shown, found
        assert not any('"requests_app_inquiry"."description"' in each for each in shown), found
        assert not any('"requests_app_inquiry"."search_text"' in each for each in shown), found
