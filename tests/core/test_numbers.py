"""Identity numbers, mobiles and reference numbers."""

import pytest
from django import forms
from hypothesis import given
from hypothesis import strategies as st
from stdnum import luhn

from core.accounts.forms import ChangeMobileForm, MobileForm
from core.accounts.models import User
from core.accounts.registry_records import WrongRecord, read_record
from core.identity_numbers import IdentityNumberField, identity_kind, is_identity_number
from core.mobiles import MobileField
from core.references import grouped_reference, new_reference
from core.template_filters import masked
from core.text import bare_digits
from requests_app.forms import DetailsForm
from tests import factories

# The algorithm made these, as numbers of public examples can belong to real people.
WITH_CHECK_DIGIT = [
    *("1000000008", "1999999996", "1999999004", "1987654322", "1900000017", "2000000006"),
]
# These have another last digit, another inner digit, or two neighbours exchanged.
WITHOUT_CHECK_DIGIT = ["1000000000", "1987654323", "1987954322", "1987653422", "2987654321"]
# Its last digit would pass as a check digit, but the number of a visitor has none.
OF_A_VISITOR = "3000000004"
OF_OTHER_KINDS = [OF_A_VISITOR, "3000000001", "4000000001", "7000000001"]
WRONG_SHAPE = [
    *("198765432", "19876543220", "0987654322", "5987654322", "6987654322", "8987654322"),
    *("9987654322", "1987654322\n", " 1987654322", "1987654322\0", "١٩٨٧٦٥٤٣٢٢", "۲۹۸۷۶۵۴۳۲۰"),
    *("１９８７６５４３２２", "1९८७६५४३२२", "²987654320", "②987654320", "198765432a"),
    *("-198765432", "1e98765432", ""),
]
SPELLINGS_OF_1987654322 = [
    *("١٩٨٧٦٥٤٣٢٢", "१९८७६५४३२२", "১৯৮৭৬৫৪৩২২", "１９８７６５４３２２", "١٩٨7654۳۲۲"),
    *("1987 654 322", "1987\u00a0654\u202f322", "1987-654-322", "1987–654—322", "1987.654/322_"),
    *("\u202a1987654322\u202c\x07", "\u2066١٩٨٧٦٥٤٣٢٢\u2069", "1987654322\n", "\t1987654322\r\n"),
]
NOT_DIGITS = [
    *("²987654320", "②987654320", "⑴987654322", "Ⅰ987654322", "一九八七六五四三二二"),
    *("1987+654322", "1987654322 5", "1987,654,322", "+1987654322", "1987654322'--", "5" * 40),
]
SPELLINGS_OF_MOBILES = {
    **dict.fromkeys(
        [
            *("0501234567", "501234567", "٠٥٠ ١٢٣ ٤٥٦٧", "۰۵۰۱۲۳۴۵۶۷", "+966 50 123 4567"),
            *("00966501234567", "\u2066050-123-4567\u2069", "966501234567", "+٩٦٦٥٠١٢٣٤٥٦٧"),
            *("(050) 123.4567", "(+966) 50—123—4567", "[050]/123_4567", "+966 (0) 50 1234567"),
            *("009660501234567", "０５０１２３４５６７", "＋９６６５０１２３４５６７"),
            "050\u00a0123\t4567.",
        ],
        "+966501234567",
    ),
    "+92 301 2345678": "+923012345678",
    "+1 201 555 0123": "+12015550123",  # where mobiles and landlines look the same
}
NOT_MOBILES = [
    *("0112345678", "920001234", "050123456", "05012345678", "+999123456789"),
    *("5" * 99, "0501234567 5", "0501234567 / 0559876543", "0501234567\n0559876543"),
]
NOT_ALONE = [
    *("²⁰٥", "abc", "050CALLNOW", "05O1234567", "Mobile 0501234567", "رقمي 0501234567"),
    *("0501234567 ext 5", "0501234567x5", "0501234567#5", "0501234567,5", "0501234567 доб. 5"),
    *("tel:+966501234567", "0501234567;ext=5", "0501234567;phone-context=+966"),
    *("0501234567/x0559876543", "0501234567 or 0559876543", "0501234567 (Ali)", "0501234567~5"),
    *("050123456⁷", "0501234567²", "⓪⑤⓪①②③④⑤⑥⑦", "0501234567①", "Ⅴ0501234567", "🕿0501234567"),
    *("*0501234567", "0501234567*", "966501234567+", "++966501234567", "0+966501234567", "()"),
    "-" * 100_000 + "x",
]
ID_NUMBER = (
    "An ID number has 10 digits and begins with 1, 2, 3, 4 or 7. Check the number and type it "
    "again."
)
MOBILE = (
    "Enter a mobile number, for example 05XXXXXXXX, "
    "or with the country code for a number from abroad."
)
MOBILE_ALONE = (
    "Enter one mobile number and nothing else, in digits, for example 05XXXXXXXX. "
    "Take out letters, signs and a second number."
)


def read(field, typed):
    """Return what `field` reads in the text, or the sentences of its refusal."""
    try:
        return field.clean(typed)
    except forms.ValidationError as refusal:
        return refusal.messages


def test_check_digit_counts_only_when_it_is_switched_on(settings):
    for settings.IDENTITY_CHECK_DIGIT in (False, True):
        for number in WITH_CHECK_DIGIT + OF_OTHER_KINDS:
            assert is_identity_number(number), number
        for number in WITHOUT_CHECK_DIGIT:
            assert is_identity_number(number) == (not settings.IDENTITY_CHECK_DIGIT), number


def test_malformed_number_is_refused():
    for number in WRONG_SHAPE:
        assert not is_identity_number(number), number


def test_the_first_digit_tells_the_kind():
    kinds = {"1": "citizen", "2": "resident", "3": "visitor", "4": "visitor", "7": "establishment"}
    assert {first: identity_kind(f"{first}000000000") for first in kinds} == kinds
    for number in ("0000000000", "5000000000", "8000000000"):
        with pytest.raises(KeyError):
            identity_kind(number)


def test_number_is_read_in_any_spelling():
    numbers = dict.fromkeys(SPELLINGS_OF_1987654322, "1987654322") | {"۲۹۸۷۶۵۴۳۲۰": "2987654320"}
    for typed, number in numbers.items():
        assert bare_digits(typed) == number, typed
        assert read(IdentityNumberField(), typed) == number, typed


def test_non_digit_does_not_become_a_digit():
    for typed in NOT_DIGITS:
        assert read(IdentityNumberField(), typed) == [ID_NUMBER], typed


def test_current_and_former_number_find_the_same_person(db):
    identity = factories.IdentityFactory(number="2987654320")
    identity.numbers.create(number=OF_A_VISITOR, is_current=False)
    user = factories.UserFactory(identity=identity)
    factories.UserFactory()
    for login in ("2987654320", "3000000004", "٣٠٠٠٠٠٠٠٠٤", "３０００００000４", "3000-000 004\n"):
        assert User.objects.by_login(login).get() == user, login
    assert identity.kind == "resident"
    for login in ("²987654320", "②987654320", "298765432", "29876543200", "", "\0"):
        assert not User.objects.by_login(login).exists(), login


@given(st.text())
def test_any_input_is_a_number_or_refused(typed):
    number = read(IdentityNumberField(required=False), typed)
    assert isinstance(number, list) or number == "" or is_identity_number(number)


def test_mobile_is_read_in_any_spelling():
    for typed, number in SPELLINGS_OF_MOBILES.items():
        assert str(read(MobileField(), typed)) == number, typed


def test_invalid_mobile_is_refused():
    for typed in NOT_MOBILES:
        assert read(MobileField(), typed) == [MOBILE], typed
    for typed in NOT_ALONE:
        assert read(MobileField(), typed) == [MOBILE_ALONE], typed[:50]


def test_whatever_stands_beside_a_mobile_is_refused_wherever_one_is_typed():
    for form in (MobileForm, ChangeMobileForm, DetailsForm):
        assert form({"mobile": "050CALLNOW"}).errors["mobile"] == [MOBILE_ALONE], form
    names = {"name_ar": "نورة", "name_en": "Noura", "birth_date": "1991-07-30", "nationality": "SA"}
    row = {"record": "person", "number": "1000000008", "mobile": "0501234567 ext 5", **names}
    with pytest.raises(WrongRecord, match=r"^mobile has to be a mobile number, for example \S+$"):
        read_record(row)


@given(st.text())
def test_any_input_is_a_mobile_or_refused(typed):
    number = read(MobileField(required=False), typed)
    assert isinstance(number, list) or number == "" or number.is_valid()


def test_new_reference_has_check_digit_and_is_no_id_number():
    references = {new_reference() for _reference in range(200)}
    assert len(references) == 200
    for reference in references:
        assert luhn.is_valid(reference)
        assert not is_identity_number(reference[:10])


def test_numbers_are_shown_in_groups_or_by_their_end():
    assert grouped_reference("812345678906") == "8123-4567-8906"
    assert masked("2987654320") == masked("+966501234320") == "•••• 320"
