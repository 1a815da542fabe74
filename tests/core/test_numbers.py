"""Identity numbers, mobiles and reference numbers."""

import pytest
from django import forms
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st
from stdnum import luhn

from core.accounts.models import User
from core.identity_numbers import IdentityNumberField, identity_kind, is_identity_number
from core.mobiles import MobileField
from core.references import grouped_reference, new_reference
from core.template_filters import masked
from core.text import bare_digits
from tests import factories

# The algorithm made these, as numbers of public examples can belong to real people.
WITH_CHECK_DIGIT = [
    "1000000008",
    "1999999996",
    "1999999004",
    "1987654322",
    "1900000017",
    "2000000006",
]
# These have another last digit, another inner digit, or two neighbours exchanged.
WITHOUT_CHECK_DIGIT = ["1000000000", "1987654323", "1987954322", "1987653422", "2987654321"]
# Its last digit would pass as a check digit, but the number of a visitor has none.
OF_A_VISITOR = "3000000004"
WRONG_SHAPE = [
    "198765432",
    "19876543220",
    "0987654322",
    "5987654322",
    "6987654322",
    "8987654322",
    "9987654322",
    "1987654322\n",
    " 1987654322",
    "1987654322\0",
    "١٩٨٧٦٥٤٣٢٢",
    "۲۹۸۷۶۵۴۳۲۰",
    "１９８７６５４３２２",
    "1९८७६५४३२२",
    "²987654320",
    "②987654320",
    "198765432a",
    "-198765432",
    "1e98765432",
    "",
]
ID_NUMBER = (
    "An ID number has 10 digits and begins with 1, 2, 3, 4 or 7. Check the number and type it again"
)
MOBILE = (
    "Enter a mobile number, for example 05XXXXXXXX, "
    "or with the country code for a number from abroad."
)


@pytest.mark.parametrize("number", WITH_CHECK_DIGIT)
def test_right_check_digit_is_valid_either_way(settings, number):
    for settings.IDENTITY_CHECK_DIGIT in (False, True):
        assert is_identity_number(number)


@pytest.mark.parametrize("number", WITHOUT_CHECK_DIGIT)
def test_the_check_digit_counts_only_when_it_is_switched_on(settings, number):
    settings.IDENTITY_CHECK_DIGIT = False
    assert is_identity_number(number)
    settings.IDENTITY_CHECK_DIGIT = True
    assert not is_identity_number(number)


@pytest.mark.parametrize("number", [OF_A_VISITOR, "3000000001", "4000000001", "7000000001"])
def test_visitors_and_establishments_have_no_check_digit(settings, number):
    settings.IDENTITY_CHECK_DIGIT = True
    assert is_identity_number(number)


@pytest.mark.parametrize("number", WRONG_SHAPE)
def test_malformed_number_is_refused(number):
    assert not is_identity_number(number)


@pytest.mark.parametrize(
    ("first", "kind"),
    [
        ("1", "citizen"),
        ("2", "resident"),
        ("3", "visitor"),
        ("4", "visitor"),
        ("7", "establishment"),
    ],
)
def test_the_first_digit_tells_the_kind(first, kind):
    assert identity_kind(f"{first}000000000") == kind


@pytest.mark.parametrize("number", ["0000000000", "5000000000", "8000000000"])
def test_other_first_digit_has_no_kind(number):
    with pytest.raises(KeyError):
        identity_kind(number)


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("١٩٨٧٦٥٤٣٢٢", "1987654322"),
        ("۲۹۸۷۶۵۴۳۲۰", "2987654320"),
        ("१९८७६५४३२२", "1987654322"),
        ("১৯৮৭৬৫৪৩২২", "1987654322"),
        ("１９８７６５４３２２", "1987654322"),
        ("١٩٨7654۳۲۲", "1987654322"),
        ("1987 654 322", "1987654322"),
        ("1987\u00a0654\u202f322", "1987654322"),
        ("1987-654-322", "1987654322"),
        ("1987–654—322", "1987654322"),
        ("1987.654/322_", "1987654322"),
        ("\u202a1987654322\u202c\0", "1987654322"),
        ("\u2066١٩٨٧٦٥٤٣٢٢\u2069", "1987654322"),
        ("1987654322\n", "1987654322"),
        ("\t1987654322\r\n", "1987654322"),
    ],
)
def test_number_is_read_in_any_spelling(typed, number):
    assert bare_digits(typed) == number
    assert IdentityNumberField().clean(typed) == number


@pytest.mark.parametrize(
    "typed",
    [
        *("²987654320", "②987654320", "⑴987654322", "Ⅰ987654322", "一九八七六五四三二二"),
        *("1987+654322", "1987654322 5", "1987,654,322", "+1987654322", "1987654322'--", "5" * 40),
    ],
)
def test_non_digit_does_not_become_a_digit(typed):
    with translation.override("en"), pytest.raises(forms.ValidationError) as refused:
        IdentityNumberField().clean(typed)
    assert refused.value.messages == [f"{ID_NUMBER}."]


@pytest.mark.parametrize(
    "login", ["2987654320", "3000000004", "٣٠٠٠٠٠٠٠٠٤", "３０００００000４", "3000-000 004\n"]
)
def test_current_and_former_number_find_the_same_person(db, login):
    identity = factories.IdentityFactory(number="2987654320")
    identity.numbers.create(number=OF_A_VISITOR, is_current=False)
    user = factories.UserFactory(identity=identity)
    factories.UserFactory()
    assert User.objects.by_login(login).get() == user
    assert identity.kind == "resident"


@pytest.mark.parametrize(
    "login", ["²987654320", "②987654320", "298765432", "29876543200", "", "\0"]
)
def test_invalid_number_finds_nobody(db, login):
    identity = factories.IdentityFactory(number="2987654320")
    factories.UserFactory(identity=identity)
    assert not User.objects.by_login(login).exists()


@given(st.text())
def test_any_input_is_a_number_or_refused(typed):
    try:
        number = IdentityNumberField(required=False).clean(typed)
    except forms.ValidationError:
        return
    assert number == "" or is_identity_number(number)


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("0501234567", "+966501234567"),
        ("501234567", "+966501234567"),
        ("٠٥٠ ١٢٣ ٤٥٦٧", "+966501234567"),
        ("۰۵۰۱۲۳۴۵۶۷", "+966501234567"),
        ("+966 50 123 4567", "+966501234567"),
        ("00966501234567", "+966501234567"),
        ("\u2066050-123-4567\u2069", "+966501234567"),
        ("+92 301 2345678", "+923012345678"),
        ("+1 201 555 0123", "+12015550123"),  # where mobiles and landlines look the same
    ],
)
def test_mobile_is_read_in_any_spelling(typed, number):
    assert str(MobileField().clean(typed)) == number


@pytest.mark.parametrize(
    "typed",
    [
        "0112345678",
        "920001234",
        "050123456",
        "05012345678",
        "²⁰٥",
        "abc",
        "+999123456789",
        "5" * 99,
    ],
)
def test_invalid_mobile_is_refused(typed):
    with translation.override("en"), pytest.raises(forms.ValidationError) as refused:
        MobileField().clean(typed)
    assert refused.value.messages == [MOBILE]


@given(st.text())
def test_any_input_is_a_mobile_or_refused(typed):
    try:
        number = MobileField(required=False).clean(typed)
    except forms.ValidationError:
        return
    assert number == "" or number.is_valid()


@pytest.mark.parametrize("number", ["2987654320", "+966501234320"])
def test_masked_number_shows_only_its_end(number):
    assert masked(number) == "•••• 320"


def test_new_reference_has_check_digit_and_is_no_id_number():
    references = {new_reference() for _reference in range(200)}
    assert len(references) == 200
    for reference in references:
        assert luhn.is_valid(reference)
        assert not is_identity_number(reference[:10])


def test_reference_is_shown_in_groups():
    assert grouped_reference("812345678906") == "8123-4567-8906"
