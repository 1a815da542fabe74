"""The spellings of names and ID numbers that are accepted, and the ones that are refused."""

import html
import re

import pytest

from requests_app.models import Inquiry
from tests import factories
from tests.conftest import errors_on, signed_in, words

# The names in the registry, by ID number; Samir entered on the border number 4000000004.
REGISTRY = {
    "2000000006": ("محمد أسلم خان", "Mohammed Aslam Khan"),
    "2000000014": ("عائشة أسلم خان", "Ayesha Aslam Khan"),
    "2000000030": ("أحمد حسن عبدالعال", "Ahmed Hassan Abdelaal"),
    "2000000063": ("سمير علي الحمصي", "Samir Ali Alhomsi"),
    "2000000089": ("منى مصطفى كامل", "Mona Mostafa Kamel"),
}
MOHAMMED, AYESHA, AHMED, SAMIR, MONA = REGISTRY
FORMER = "4000000004"

GOOD_NAMES = {
    "as it stands there in English": (MOHAMMED, "Mohammed Aslam Khan"),
    "as it stands there in Arabic": (MOHAMMED, "محمد أسلم خان"),
    "small letters": (MOHAMMED, "mohammed aslam khan"),
    "capitals": (MOHAMMED, "MOHAMMED ASLAM KHAN"),
    "mixed letters": (AHMED, "aHMED hASSAN aBDELAAL"),
    "two spaces": (MOHAMMED, "Mohammed  Aslam   Khan"),
    "spaces around": (AHMED, "   أحمد حسن عبدالعال  "),
    "a space that does not break": (MOHAMMED, "Mohammed\u00a0Aslam\u00a0Khan"),
    "no middle name": (MOHAMMED, "Mohammed Khan"),
    "no middle name in Arabic": (AHMED, "أحمد عبدالعال"),
    "a middle name added": (MOHAMMED, "Mohammed Yusuf Aslam Khan"),
    "middle names added in Arabic": (SAMIR, "سمير علي حسين محمد الحمصي"),
    "another middle name": (SAMIR, "Samir Hussein Alhomsi"),
    "an initial in the middle": (AHMED, "Ahmed H. Abdelaal"),
    "no hamza": (AHMED, "احمد حسن عبدالعال"),
    "hamza below": (AHMED, "إحمد حسن عبدالعال"),
    "no hamza on its seat": (AYESHA, "عايشة أسلم خان"),
    "ta marbuta as ha": (AYESHA, "عائشه أسلم خان"),
    "alef maqsura as ya": (MONA, "مني مصطفي كامل"),
    "ya as alef maqsura": (SAMIR, "سمير على الحمصى"),
    "vowel signs": (MOHAMMED, "مُحَمَّد أَسْلَم خَان"),
    "stretched": (MONA, "منـــى مصطفى كـــامل"),
    "no article": (SAMIR, "سمير علي حمصي"),
    "letters of a Persian keyboard": (MONA, "منی مصطفی کامل"),
    "pasted with marks of direction": (MONA, "\u202bمنى مصطفى كامل\u202c\u200f"),
}

MISSING_NAME = "Enter the full name."
NOT_THE_NAME = (
    "This is not the name in the registry for this number. Write it as it stands there: {}."
)

BAD_NAMES = {
    "nothing": (MOHAMMED, "", MISSING_NAME),
    "spaces alone": (MOHAMMED, "   ", MISSING_NAME),
    "marks of direction alone": (MOHAMMED, "\u200f\u202b\u202c", MISSING_NAME),
    "punctuation alone": (MOHAMMED, "- . -", NOT_THE_NAME),
    "another first name": (MOHAMMED, "Ahmed Aslam Khan", NOT_THE_NAME),
    "another first name in Arabic": (AHMED, "حامد حسن عبدالعال", NOT_THE_NAME),
    "another last name": (MOHAMMED, "Mohammed Aslam Kumar", NOT_THE_NAME),
    "another last name in Arabic": (SAMIR, "سمير علي الحلبي", NOT_THE_NAME),
    "the first name alone": (MOHAMMED, "Mohammed", NOT_THE_NAME),
    "the last name alone in Arabic": (SAMIR, "الحمصي", NOT_THE_NAME),
    "first and middle name": (SAMIR, "Samir Ali", NOT_THE_NAME),
    "the last name first": (MOHAMMED, "Khan Mohammed Aslam", NOT_THE_NAME),
    "the last name first in Arabic": (AYESHA, "خان أسلم عائشة", NOT_THE_NAME),
    "the child's": (MOHAMMED, "Ayesha Aslam Khan", NOT_THE_NAME),
    "the father's in Arabic": (AYESHA, "محمد أسلم خان", NOT_THE_NAME),
}

GOOD_NUMBERS = {
    "as it is printed": "2000000063",
    "digits of Arabic script": "٢٠٠٠٠٠٠٠٦٣",
    "digits of Persian script": "۲۰۰۰۰۰۰۰۶۳",
    "both scripts and ours": "2٠٠۰۰000٦۳",
    "spaces": "2000 0000 63",
    "spaces around": "  2000000063 ",
    "spaces that do not break": "2000\u00a0000\u00a0063",
    "hyphens": "2-00000006-3",
    "long dashes": "2000–000–063",
    "Arabic digits with spaces and hyphens": "٢٠٠٠ ٠٠٠-٠٦٣",
    "Persian digits with spaces and hyphens": "۲۰۰۰-۰۰۰ ۰۶۳",
    "marks of direction": "\u200e2000000063\u200f",
}
GOOD_FORMER_NUMBERS = {
    "the border number": FORMER,
    "the border number in Arabic digits": "٤٠٠٠ ٠٠٠ ٠٠٤",
    "the border number in Persian digits": "۴۰۰۰-۰۰۰-۰۰۴",
}

MISSING_NUMBER = "Enter the ID or border number."
NOT_A_NUMBER = (
    "An ID number has 10 digits and begins with 1, 2, 3, 4 or 7. "
    "Check the number and type it again."
)
NOT_THE_NUMBER = (
    "This is not the ID or border number of Samir Ali Alhomsi. Check it and type it again."
)

BAD_NUMBERS = {
    "nothing": ("", MISSING_NUMBER),
    "hyphens alone": ("- -", MISSING_NUMBER),
    "another person's": (MOHAMMED, NOT_THE_NUMBER),
    "another person's in Arabic digits": ("٢٠٠٠٠٠٠٠٠٦", NOT_THE_NUMBER),
    "another person's in Persian digits with spaces": ("۲۰۰۰ ۰۰۰ ۰۰۶", NOT_THE_NUMBER),
    "nobody's": ("2000000097", NOT_THE_NUMBER),
    "a digit too few": ("200000006", NOT_A_NUMBER),
    "a digit too many in Arabic digits": ("٢٠٠٠٠٠٠٠٦٣٣", NOT_A_NUMBER),
    "a letter for a zero": ("2OOOOOOO63", NOT_A_NUMBER),
}


def samples(by_name):
    return pytest.mark.parametrize(
        "sample", by_name.values(), ids=[name.replace(" ", "-") for name in by_name]
    )


class Step:
    """The second step of a draft that a person has started for themselves."""

    def __init__(self, identity):
        applicant = factories.UserFactory(identity=identity)
        self.browser = signed_in(applicant)
        self.inquiry = factories.draft(applicant, is_ready=False)

    def address(self, step):
        return f"/en/inquiries/{self.inquiry.reference}/{step}/"

    def type(self, **changes):
        """Post the step with these changes, and return the response."""
        return self.browser.post(
            self.address("details"), factories.details_of(self.inquiry, **changes)
        )

    def review(self):
        return words(self.browser.get(self.address("review")))


@pytest.fixture
def step_of(db):
    people = {
        number: factories.IdentityFactory(number=number, name_ar=name_ar, name_en=name_en)
        for number, (name_ar, name_en) in REGISTRY.items()
    }
    people[SAMIR].numbers.create(number=FORMER, is_current=False)
    return lambda number: Step(people[number])


def value_in(page, name):
    """Return the value of an input field."""
    field = re.search(rf'<input[^>]*\bname="{name}"[^>]*>', page.content.decode())[0]
    value = re.search(r'\bvalue="([^"]*)"', field)
    return html.unescape(value[1]) if value else ""


@samples(GOOD_NAMES)
def test_name_spelling_is_accepted(step_of, sample):
    number, typed = sample
    step = step_of(number)
    answer = step.type(name=typed)
    assert answer.status_code == 302, errors_on(answer)
    assert answer.url == step.address("documents")
    shown = " ".join(typed.strip("\u202b\u202c\u200f").split())
    assert f"Full name {shown} Change" in step.review()


@samples(BAD_NAMES)
def test_wrong_name_is_refused_and_stays_in_form(step_of, sample):
    number, typed, sentence = sample
    page = step_of(number).type(name=typed)
    assert errors_on(page) == [sentence.format(REGISTRY[number][1])]
    assert value_in(page, "name") == typed
    assert Inquiry.objects.get().description == ""


@samples(GOOD_NUMBERS)
def test_number_is_accepted_in_any_notation(step_of, sample):
    step = step_of(SAMIR)
    answer = step.type(id_number=sample)
    assert answer.status_code == 302, errors_on(answer)
    assert f"ID or border number {SAMIR} Change" in step.review()


@samples(GOOD_FORMER_NUMBERS)
def test_former_number_is_accepted_in_any_notation(step_of, sample):
    step = step_of(SAMIR)
    answer = step.type(id_number=sample)
    assert answer.status_code == 302, errors_on(answer)
    assert f"ID or border number {FORMER} Change" in step.review()


@samples(BAD_NUMBERS)
def test_wrong_number_is_refused_and_stays_in_form(step_of, sample):
    typed, sentence = sample
    page = step_of(SAMIR).type(id_number=typed)
    assert errors_on(page) == [sentence]
    assert value_in(page, "id_number") == typed
    assert Inquiry.objects.get().description == ""


def test_on_an_arabic_page_the_name_is_given_in_arabic(step_of):
    step = step_of(SAMIR)
    address = step.address("details").replace("/en/", "/ar/")
    page = step.browser.post(address, factories.details_of(step.inquiry, name="سمير علي الحلبي"))
    assert errors_on(page) == [
        "الاسم لا يطابق الاسم الوارد في السجل لهذا الرقم. يرجى كتابته كما ورد فيه: سمير علي الحمصي."
    ]
