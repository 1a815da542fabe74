"""The second step: the spellings, numbers and descriptions that are accepted or refused.

Errors are shown beside their fields, and the input is kept.
"""

import html
import re
from urllib.parse import urlencode

import pytest

from requests_app.models import Inquiry
from tests import factories
from tests.conftest import errors_on, signed_in, words
from tests.requests_app.steps import NEW, first_step, page_of, save_details
from tests.worlds import undone

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

# Spellings by the number of the person.
GOOD_NAMES = {
    MOHAMMED: [
        *("Mohammed Aslam Khan", "محمد أسلم خان", "mohammed aslam khan", "MOHAMMED ASLAM KHAN"),
        *("Mohammed  Aslam   Khan", "Mohammed\u00a0Aslam\u00a0Khan"),
        *("Mohammed Khan", "Mohammed Yusuf Aslam Khan"),  # no middle name, and one added
        "مُحَمَّد أَسْلَم خَان",
    ],
    AYESHA: ["عايشة أسلم خان", "عائشه أسلم خان"],
    AHMED: [
        *("aHMED hASSAN aBDELAAL", "Ahmed H. Abdelaal", "   أحمد حسن عبدالعال  "),
        *("أحمد عبدالعال", "احمد حسن عبدالعال", "إحمد حسن عبدالعال"),
    ],
    SAMIR: [
        *("Samir Hussein Alhomsi", "سمير علي حسين محمد الحمصي"),  # other middle names
        *("سمير على الحمصى", "سمير علي حمصي"),
    ],
    MONA: [
        *("مني مصطفي كامل", "منـــى مصطفى كـــامل"),
        "منی مصطفی کامل",  # the letters of a Persian keyboard
        "\u202bمنى مصطفى كامل\u202c\u200f",
    ],
}

MISSING_NAME = "Enter the full name."
NO_NAMES = ["", "   ", "\u200f\u202b\u202c", "\u200c\u0640\u064e"]
NOT_THE_NAME = (
    "This is not the name in the registry for this number. Write it as it stands there: {}."
)
BAD_NAMES = {
    MOHAMMED: [
        *("- . -", "Ahmed Aslam Khan", "Mohammed Aslam Kumar", "Mohammed"),
        *("Khan Mohammed Aslam", "Ayesha Aslam Khan", "Ahmed Saleh"),
    ],
    AYESHA: ["خان أسلم عائشة", "محمد أسلم خان"],
    AHMED: ["حامد حسن عبدالعال"],
    SAMIR: ["سمير علي الحلبي", "الحمصي", "Samir Ali"],
}

# Notations of the number of SAMIR, and of his border number.
GOOD_NUMBERS = [
    *("2000000063", "٢٠٠٠٠٠٠٠٦٣", "۲۰۰۰۰۰۰۰۶۳", "2٠٠۰۰000٦۳"),
    *("2000 0000 63", "  2000000063 ", "2000\u00a0000\u00a0063", "2-00000006-3", "2000–000–063"),
    *("٢٠٠٠ ٠٠٠-٠٦٣", "۲۰۰۰-۰۰۰ ۰۶۳", "\u200e2000000063\u200f"),
]
GOOD_FORMER_NUMBERS = [FORMER, "٤٠٠٠ ٠٠٠ ٠٠٤", "۴۰۰۰-۰۰۰-۰۰۴"]

NOT_A_NUMBER = (
    "An ID number has 10 digits and begins with 1, 2, 3, 4 or 7. "
    "Check the number and type it again."
)
NOT_THE_NUMBER = (
    "This is not the ID or border number of Samir Ali Alhomsi. Check it and type it again."
)
BAD_NUMBERS = {
    "Enter the ID or border number.": ["", "- -"],
    NOT_THE_NUMBER: [MOHAMMED, "٢٠٠٠٠٠٠٠٠٦", "۲۰۰۰ ۰۰۰ ۰۰۶", "2000000097", "2999999999"],
    NOT_A_NUMBER: [
        *("200000006", "٢٠٠٠٠٠٠٠٦٣٣", "2OOOOOOO63"),
        *("200000000", "20000000000", "5000000000", "²000000000", "②000000000"),
    ],
}

# Descriptions: 20 good and 20 bad ones in each language.
MISSING = "Explain what you need."
TOO_SHORT = "Explain what you need in at least 30 characters."
TOO_FEW_WORDS = "Explain what you need in whole sentences: at least five different words."
TOO_LONG_BY = "The description has {} characters. Shorten it to 4,000."

A_LONG_STORY = (
    "On 3 May I paid the fee for my wife's iqama at the bank.\n"
    "The receipt says that it was received, but Absher still shows the fee as missing.\n"
    "I called the bank twice, and they told me to ask the passports office about it.\n\n"
)
A_LONG_ARABIC_STORY = (
    "دفعت رسوم تجديد إقامة زوجتي عن طريق البنك يوم ٣ مايو.\n"
    "الإيصال يقول إن المبلغ وصل، لكن أبشر ما زال يطلب السداد.\n"
    "اتصلت بالبنك مرتين، وقالوا لي راجع الجوازات.\n\n"
)
FULL = (A_LONG_STORY * 20)[:3999] + "."
FULL_IN_ARABIC = (A_LONG_ARABIC_STORY * 30)[:3999] + "."
SHORTEST, SHORTEST_IN_ARABIC = "Lost passport, replace it now.", "فقدت جوازي الأحمر وأريد بديلا."
# Pasted with marks of direction, which are not kept.
PASTED = "\u200fرقم الحدود \u2066" + "4000000004" + "\u2069 لا يظهر بعد إصدار الإقامة\u200f"
KEPT = {PASTED: "رقم الحدود 4000000004 لا يظهر بعد إصدار الإقامة"}

GOOD_ENGLISH = [
    "I renewed my iqama three weeks ago and the fee I paid is still shown as missing.",
    (
        "Applied 12/10/2026, paid SAR 650 on 13/10/2026 (SADAD ref 4471902), still pending. "
        "Please check what is wrong."
    ),
    "My worker Raju Kumar, iqama 2000000022, was reported absent by mistake on 4 June.",
    (
        "Good morning,\r\n\r\nmy daughter's passport was lost in Jeddah.\r\n"
        "- police report: yes\r\n- photo: yes\r\nWhat else do you need from me?\r\n\r\nSaad"
    ),
    "hello sir i want final exit for my driver he is going back to india next month pls help",
    "PLEASE CORRECT THE SPELLING OF MY NAME. IT SHOULD BE SAMIR ALI ALHOMSI AS IN MY PASSPORT.",
    "my iqama is finish, company not renew, i want know what to do now",
    (
        "transfer of sponsorship is accepted by new company but old company did not approve since "
        "two months and i cannot work"
    ),
    "My الجواز was printed with a wrong date of birth, it is 14 March 1986.",
    "The visit visa of my father ends on Friday.\nتأشيرة والدي تنتهي يوم الجمعة وأرجو تمديدها",
    "My wife's name is Zoë Peña-Núñez, but the card reads Zoe Pena. Can it be corrected?",
    "The page says “request can't be completed”, and I don't know why: all fines are paid.",
    "I uploaded the file at https://www.absher.sa/ twice & each time it said <error 500>.",
    "Please help me 🙏🙏 my visa ends tomorrow and the site does not open 😢",
    "Mera iqama pichle mahine khatam ho gaya hai, kafeel renew nahi kar raha, kya karun?",
    "Nawala po ang iqama ko noong Lunes sa Riyadh, paano po kumuha ng bago?",  # Tagalog
    SHORTEST,
    "Re-entry visa no. A-17 was cancelled w/o any reason given.",  # an abbreviation and a hyphen
    FULL,
    FULL.replace("\n", "\r\n"),  # as a browser sends it
]

GOOD_ARABIC = [
    "جددت إقامتي قبل ثلاثة أسابيع ودفعت الرسوم كاملة وما زالت تظهر غير مسددة.",
    "السلام عليكم، سددت رسوم الجواز من أسبوعين ولين الحين ما طلع شي بأبشر، وش السالفة؟",  # Najdi
    "يا أخي دحين صارلي شهر أستنى هوية المقيم حقت العاملة ولسه ما وصلت، إيش أسوي؟",  # Hijazi
    "انا قدمت على تجديد الاقامة من شهر ومحدش رد عليا لحد دلوقتي، عايز اعرف ناقص ايه",  # Egyptian
    "قدمت على تمديد زيارة لأمي وما عم يقبل الطلب، شو لازم أعمل هلق؟",  # Syrian
    "والدي معه زيارة عائلية وباقي لها خمسة أيام وما قدرنا نمدد، ايش الحل عندكم؟",  # Yemeni
    "يا جماعة الإقامة انتهت والكفيل ما داير يجدد، نعمل شنو هسع؟",  # Sudanese
    (
        "السادة الجوازات المحترمين\r\n\r\nأرجو التكرم بما يلي:\r\n١- تصحيح تاريخ ميلاد ابنتي\r\n"
        "٢- إعادة طباعة الجواز\r\n\r\nوشكرا لكم"
    ),
    "رقم إقامة العامل ٢٠٠٠٠٠٠٠٢٢ وتاريخ البلاغ ١٤٤٨/٠٥/١٢ هـ، والبلاغ سجل بالخطأ وأطلب إلغاءه.",
    "دفعت 650 ريال يوم 13/10/2026 برقم سداد 4471902 ولم تتغير حالة الطلب حتى الآن.",
    "ما أقدر أدخل Absher عشان أجدد جواز السفر، يطلع لي خطأ كل مرة.",
    "اسمي في الجواز SAMIR ALI ALHOMSI وفي الهوية SAMEER، أطلب تصحيحه مثل الجواز.",
    "أَرْجُو تَصْحِيحَ تَارِيخِ مِيلَادِي فِي سِجِلِّ الجَوَازَاتِ.",  # all vowel signs
    "عـــاجل جدا: أرجو إلغـــاء بلاغ التغيب عن العامل لأنه على رأس العمل.",  # stretched words
    "ارجو افادتي عن طلب نقل الكفاله حيث ان الشركه الجديده وافقت والقديمه ما ردت الى الان",
    "سلام علیکم، ارید تجدید الاقامة حقی وکفیلی خارج المملکة.",  # letters of a Persian keyboard
    PASTED,
    SHORTEST_IN_ARABIC,
    FULL_IN_ARABIC,
    FULL_IN_ARABIC.replace("\n", "\r\n"),  # as a browser sends it
]

BAD_ENGLISH = [
    ("", MISSING),
    ("   \r\n \t \r\n", MISSING),
    ("My iqama please", TOO_SHORT),
    (SHORTEST[:-1], TOO_SHORT),
    ("please " * 12, TOO_FEW_WORDS),  # one word over and over
    ("renew passport renew passport very urgent urgent", TOO_FEW_WORDS),  # four different words
    ("a" * 60, TOO_FEW_WORDS),  # one letter held down
    ("2000000006 4000000004 0501234567 1448 2026 650", TOO_FEW_WORDS),  # digits alone
    ("iqama 2000000006, iqama 2000000022, iqama 2000000030: renew all", TOO_FEW_WORDS),
    ("?!?! ... ??? --- *** ___ /// !!! ,,, ;;; ((())) ???", TOO_FEW_WORDS),  # punctuation alone
    ("Fix my visa now please" + " " * 40, TOO_SHORT),  # spaces behind
    ("Fix    my    visa    now    please", TOO_SHORT),  # spaces between
    ("Fix my visa\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\nnow please", TOO_SHORT),  # empty lines between
    ("Fix my visa now please" + "\u0301\u0302\u0303" * 5, TOO_SHORT),  # accents in a heap
    ("Fix my visa now please" + "\u200c" * 20 + "!", TOO_SHORT),  # non-joiners
    ("Fix my visa\u200b\u200b\u2060\u2060\ufeff now please", TOO_SHORT),  # spaces without width
    ("Visa please " + " ".join("\u3164" * length for length in range(1, 7)), TOO_SHORT),
    ("Iqama IQAMA iqama Renew RENEW renew Please PLEASE please", TOO_FEW_WORDS),
    ("the iqama, The Iqama, an iqama, AN IQAMA, iqama! the iqama-iqama", TOO_FEW_WORDS),
    (FULL + "!", TOO_LONG_BY.format(4001)),
]

BAD_ARABIC = [
    ("\u200f", MISSING),
    (" \u00a0\r\n\r\n\u00a0 ", MISSING),
    ("أبغى أجدد إقامتي", TOO_SHORT),
    (SHORTEST_IN_ARABIC[:-1], TOO_SHORT),
    ("أرجو " * 12, TOO_FEW_WORDS),  # one word over and over
    ("تجديد جواز تجديد جواز عاجل جدا جدا جدا", TOO_FEW_WORDS),  # four different words
    ("هههههههههههههههههههههههههههههههههههههه", TOO_FEW_WORDS),  # one letter held down
    ("٢٠٠٠٠٠٠٠٠٦ ٤٠٠٠٠٠٠٠٠٤ ٠٥٠١٢٣٤٥٦٧ ۱۴۴۸ ٢٠٢٦ ٦٥٠", TOO_FEW_WORDS),  # digits alone
    ("؟؟؟؟ !!! ،،، ؛؛؛ ... «» ــــــ ؟؟؟ ٪٪٪ ٫٫٫ ٬٬٬ !!!", TOO_FEW_WORDS),  # punctuation alone
    ("أبغى حل لمشكلة جواز ابني" + " " * 40, TOO_SHORT),  # spaces behind
    ("أبغى   حل   لمشكلة   جواز   ابني", TOO_SHORT),  # spaces between
    ("أبغى حل لمشكلة جواز ابنيَََََََََََََ", TOO_SHORT),  # vowel signs in a heap
    ("أَبْغَى حَلَّ مُشْكِلَةِ جَوَازِ ابْنِي", TOO_SHORT),  # vowel signs on every letter
    ("أبغــــى حــــل لمشكلة جــــواز ابنــــي", TOO_SHORT),  # stretched
    ("أبغى حل لمشكلة جواز ابني" + "\u200c" * 20 + "؟", TOO_SHORT),  # non-joiners
    ("أبغى\u200f\u200f\u200f حل\u202b\u202c لمشكلة\u061c\u061c جوازي", TOO_SHORT),
    ("الإقامة الاقامة الأقامة الإقامه الاقامه مستشفى مستشفي إلغاء الغاء ألغاء", TOO_FEW_WORDS),
    ("جواز الجواز والجواز بالجواز كالجواز سفر السفر والسفر بالسفر", TOO_FEW_WORDS),
    ("جواز جَوَاز جِوازٌ جــواز تجديد تَجْدِيد تجديدًا تجـــديد", TOO_FEW_WORDS),
    (FULL_IN_ARABIC + "!", TOO_LONG_BY.format(4001)),
]

TEXT = "application/x-www-form-urlencoded"
MOBILE = (
    "Enter a mobile number, for example 05XXXXXXXX, "
    "or with the country code for a number from abroad."
)
MOBILE_ALONE = (
    "Enter one mobile number and nothing else, in digits, for example 05XXXXXXXX. "
    "Take out letters, signs and a second number."
)
TOO_LONG = "The description has 100000 characters. Shorten it to 4,000."
# The texts that are refused in a field, by the sentence that refuses them.
ERRORS = {
    "mobile": {
        "Enter a mobile number.": [""],
        MOBILE: ["011 234 5678", "055", "5" * 100_000],
        MOBILE_ALONE: ["call me", "050CALLNOW"],
    },
    "description": {TOO_LONG: ["a" * 100_000]},
}


@pytest.fixture
def inquiry(resident):
    return factories.draft(resident, is_ready=False)


@pytest.fixture
def registered(db):
    """Return by number each person's browser and a draft that they have started for themselves."""
    registered = {}
    for number, (name_ar, name_en) in REGISTRY.items():
        person = factories.IdentityFactory(number=number, name_ar=name_ar, name_en=name_en)
        applicant = factories.UserFactory(identity=person)
        registered[number] = signed_in(applicant), factories.draft(applicant, is_ready=False)
    registered[SAMIR][1].beneficiary.numbers.create(number=FORMER, is_current=False)
    return registered


def value_in(page, name):
    """Return the text that stands in a field of the form."""
    markup = page.content.decode()
    area = re.search(rf'(?s)<textarea name="{name}".*?>\r?\n(.*?)</textarea>', markup)
    value = area or re.search(rf'<input[^>]*\bname="{name}"[^>]*?\bvalue="([^"]*)"', markup)
    return html.unescape(value[1]) if value else ""


def accept(browser, inquiry, shown, field, typed):
    """Check that a text is taken, and how the review shows it."""
    with undone():
        response = save_details(browser, inquiry, **{field: typed})
        assert errors_on(response) == [], typed
        assert response.url == page_of(inquiry, "documents"), typed
        review = words(browser.get(page_of(inquiry, "review")))
        assert f"{shown} Change" in review, typed


def refuse(browser, inquiry, sentence, field, typed):
    """Check that a text is refused beside its field with this sentence, and stays in the form."""
    response = save_details(browser, inquiry, **{field: typed})
    assert errors_on(response) == [sentence], typed[:60]
    assert value_in(response, field) == typed
    after_field = response.content.decode().partition(f'id="div_id_{field}"')[2]
    beside_field = after_field.partition('id="div_id_')[0]
    assert sentence in words(beside_field), typed[:60]
    assert 'aria-invalid="true"' in beside_field, typed[:60]
    assert Inquiry.objects.get(pk=inquiry.pk).description == "", typed[:60]


# Names and numbers


def test_name_spelling_is_accepted(registered):
    for number, spellings in GOOD_NAMES.items():
        for typed in spellings:
            shown = " ".join(typed.strip("\u202b\u202c\u200f").split())
            accept(*registered[number], f"Full name {shown}", "name", typed)


def test_wrong_name_is_refused_and_stays_in_form(registered):
    for typed in NO_NAMES:
        refuse(*registered[MOHAMMED], MISSING_NAME, "name", typed)
    for number, names in BAD_NAMES.items():
        for typed in names:
            sentence = NOT_THE_NAME.format(REGISTRY[number][1])
            refuse(*registered[number], sentence, "name", typed)


def test_number_is_accepted_in_any_notation(registered):
    for number, notations in ((SAMIR, GOOD_NUMBERS), (FORMER, GOOD_FORMER_NUMBERS)):
        for typed in notations:
            accept(*registered[SAMIR], f"ID or border number {number}", "id_number", typed)


def test_wrong_number_is_refused_and_stays_in_form(registered):
    for sentence, numbers in BAD_NUMBERS.items():
        for typed in numbers:
            refuse(*registered[SAMIR], sentence, "id_number", typed)


def test_on_an_arabic_page_the_name_is_given_in_arabic(registered):
    browser, inquiry = registered[SAMIR]
    details = factories.details_of(inquiry, name="سمير علي الحلبي")
    page = browser.post(page_of(inquiry, "details", "ar"), details)
    assert errors_on(page) == [
        "الاسم لا يطابق الاسم الوارد في السجل لهذا الرقم. يرجى كتابته كما ورد فيه: سمير علي الحمصي."
    ]


# Descriptions


def test_good_description_is_saved_as_written(as_resident, inquiry):
    for typed in (*GOOD_ENGLISH, *GOOD_ARABIC):
        with undone():
            response = save_details(as_resident, inquiry, description=typed)
            assert errors_on(response) == [], typed
            assert response.url == page_of(inquiry, "documents"), typed
            kept = KEPT.get(typed, typed.replace("\r\n", "\n"))
            assert Inquiry.objects.get().description == kept
            assert value_in(as_resident.get(page_of(inquiry, "details")), "description") == kept


def test_bad_description_is_refused_and_stays_in_form(as_resident, inquiry):
    for typed, sentence in (*BAD_ENGLISH, *BAD_ARABIC):
        refuse(as_resident, inquiry, sentence, "description", typed)


def test_boundary_samples_have_boundary_lengths():
    for shortest, full in ((SHORTEST, FULL), (SHORTEST_IN_ARABIC, FULL_IN_ARABIC)):
        assert (len(shortest), len(set(shortest.split())), len(full)) == (30, 5, 4000)


# Errors and forged requests


def test_error_is_shown_beside_its_field_and_input_is_kept(as_resident, inquiry):
    for field, sentences in ERRORS.items():
        for sentence, texts in sentences.items():
            for typed in texts:
                refuse(as_resident, inquiry, sentence, field, typed)


def test_all_errors_are_shown_at_once(as_resident, inquiry):
    page = as_resident.post(page_of(inquiry, "details"), {"name": " "})
    assert errors_on(page) == [
        *("Enter the full name.", "Enter the ID or border number.", "Enter a mobile number."),
        "Explain what you need.",
    ]


def test_unusual_details_are_taken(as_resident, inquiry):
    inquiry.beneficiary.numbers.create(number="3000000001", is_current=False)
    for field, typed, kept in (
        ("mobile", "+92 301 2345678", "+923012345678"),
        ("id_number", "3000000001", "3000000001"),
    ):
        save_details(as_resident, inquiry, **{field: typed})
        assert str(getattr(Inquiry.objects.get(), field)) == kept


def test_invisible_characters_are_stripped(as_resident, inquiry):
    description = f"\u2066{factories.DESCRIPTION}\x07\r\nSecond\u200f line\u202c"
    save_details(as_resident, inquiry, name="Mohammed\x07 \u202eKhan", description=description)
    inquiry.refresh_from_db()
    assert inquiry.name == "Mohammed Khan"
    assert inquiry.description == f"{factories.DESCRIPTION}\nSecond line"


def test_undecodable_bytes_are_refused(as_resident, inquiry):
    body = urlencode(factories.details_of(inquiry)) + "%D9%FF"
    page = as_resident.post(page_of(inquiry, "details"), body, content_type=TEXT)
    assert errors_on(page) == ["Some characters could not be read. Type this text again."]
    assert factories.DESCRIPTION in page.content.decode()
    assert Inquiry.objects.get().description == ""


@pytest.fixture
def forged(db):
    """Return fields of an inquiry that no form asks for, as a forged request may send them."""
    other = factories.UserFactory()
    fields = {"status": "processed", "outcome": "approved", "version": "7"}
    fields |= {"submitted_at": "2026-01-01", "due_on": "2026-01-01", "reference": "800000000001"}
    fields |= {"applicant": other.pk, "holder_id": other.identity_id}
    return {**fields, "assignee": factories.OfficerFactory().pk}


def test_details_ignore_forged_fields(as_resident, inquiry, forged):
    forged |= {"beneficiary": forged["holder_id"], "service": factories.ServiceFactory().pk}
    before = Inquiry.objects.values().get()
    save_details(as_resident, inquiry, **forged)
    after = Inquiry.objects.values().get()
    assert after == {**before, "description": factories.DESCRIPTION}


def test_other_steps_ignore_forged_fields(as_resident, resident, forged):
    form = first_step(factories.ServiceFactory(), resident.identity)
    as_resident.post(NEW, {**forged, **form})
    begun = Inquiry.objects.get()
    assert (begun.status, begun.outcome, begun.version) == ("draft", "", 0)
    assert (begun.applicant, begun.holder) == (resident, resident.identity)
    assert (begun.assignee, begun.due_on, begun.submitted_at) == (None, None, None)
    assert begun.reference != forged["reference"]

    save_details(as_resident, begun)
    shown = as_resident.get(page_of(begun, "review")).context["shown"]
    as_resident.post(page_of(begun, "review"), {**forged, "shown": shown})
    code = {"code": factories.code_sent_to(resident)}
    as_resident.post(page_of(begun, "confirm"), {**forged, **code})
    filed = Inquiry.objects.get()
    assert (filed.status, filed.outcome, filed.version) == ("under_processing", "", 1)
    assert (filed.applicant, filed.holder) == (resident, resident.identity)
    assert (filed.assignee, filed.reference) == (None, begun.reference)
