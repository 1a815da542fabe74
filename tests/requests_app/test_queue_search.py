"""Looking for an inquiry in the queue: by its numbers, its people and its words."""

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
    """The request numbers in the list, from above."""
    found = re.findall(r"\b8\d{3}-\d{4}-\d{4}\b", words(page))
    return [number.replace("-", "") for number in found]


@pytest.fixture
def looked_for(db):
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
def find(as_officer, looked_for):
    """What is listed when something is looked for; others stand beside it in the queue."""
    factories.filed()
    factories.claimed()

    def look(typed, **narrowed):
        page = as_officer.get(QUEUE, {"q": typed, **narrowed})
        assert page.status_code == 200
        return references_in(page)

    return look


def found_by_each(find, words_of):
    """What is listed by each of them: one queue for all, as it takes long to make."""
    return {typed: find(typed) for typed in words_of}


@pytest.mark.parametrize(
    "words_of", [BY_NAME, BY_NUMBER, BY_WORDS], ids=["its people", "its numbers", "its words"]
)
def test_it_is_found_in_either_script_and_any_spelling(find, looked_for, words_of):
    assert found_by_each(find, words_of) == {each: [looked_for.reference] for each in words_of}


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
def test_it_is_found_by_its_reference(find, looked_for, spelled):
    assert find(spelled(looked_for.reference)) == [looked_for.reference]


def test_what_is_not_in_it_finds_nothing(find):
    assert found_by_each(find, NOT_FOUND) == {each: [] for each in NOT_FOUND}


def test_signs_and_repetitions_change_nothing(find, looked_for):
    assert found_by_each(find, HARMLESS) == {each: [looked_for.reference] for each in HARMLESS}


@pytest.mark.parametrize("typed", ["0", "00", "0 0", "+00", "٠٠"])
def test_zeros_are_no_error(find, typed):
    assert isinstance(find(typed), list)


def test_nul_is_refused_before_anything_is_looked_for(as_officer, looked_for):
    assert as_officer.get(f"{QUEUE}?q=ayesha%00").status_code == 400


def test_who_is_found_is_found_in_every_status_and_whoever_has_it(find, officer, looked_for):
    colleague = factories.OfficerFactory()
    inquiry = actions.claim(
        actor=colleague, inquiry=looked_for, expected_version=looked_for.version
    )
    assert find("ayesha") == [looked_for.reference]
    fields = {
        "text": "It was paid.",
        "idempotency_key": uuid.uuid4(),
        "expected_version": inquiry.version,
    }
    inquiry = actions.approve(actor=colleague, inquiry=inquiry, **fields)
    assert find("ayesha") == [looked_for.reference]
    actions.close(actor=officer, inquiry=inquiry, expected_version=inquiry.version)
    assert find("ayesha") == [looked_for.reference]


def test_a_search_is_narrowed_by_the_filters(find, officer, looked_for):
    assert find("ayesha", queue="mine") == []
    assert find("ayesha", queue="nobody") == [looked_for.reference]
    assert find("ayesha", status__exact="closed") == []
    actions.claim(actor=officer, inquiry=looked_for, expected_version=looked_for.version)
    assert find("ayesha", queue="mine") == [looked_for.reference]
    assert find("ayesha", queue="nobody") == []
    assert find("ayesha", time="overdue") == []


def test_a_search_keeps_the_filters_and_shows_what_was_typed(as_officer, looked_for):
    page = as_officer.get(QUEUE, {"q": '"><b>ayesha', "queue": "nobody"}).content.decode()
    assert 'name="q" id="searchbar" value="&quot;&gt;&lt;b&gt;ayesha"' in page
    assert '<input type="hidden" name="queue" value="nobody">' in page
    assert "<b>ayesha" not in page


def test_drafts_are_not_found(find, looked_for):
    factories.draft(looked_for.applicant)
    assert find("ayesha") == [looked_for.reference]


@pytest.mark.parametrize("how", ["applicant", "beneficiary", "representative"])
def test_what_concerns_the_officer_is_not_found(looked_for, how):
    identity = looked_for.beneficiary
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
    for typed in ("ayesha", looked_for.reference, identity.current_number, "cheque"):
        for queue in ("all", "nobody"):
            assert references_in(browser.get(QUEUE, {"q": typed, "queue": queue})) == []


def test_what_is_filed_again_after_a_change_of_the_details_is_found_by_the_new_ones(find, resident):
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
