"""The second step: the facts of the registry, and the descriptions that are accepted or refused.

Errors are shown beside their fields, and the input is kept.
"""

import html
import re
from urllib.parse import urlencode

import pytest

from requests_app.models import Inquiry
from tests import factories
from tests.conftest import ask_for_code, errors_on, words
from tests.requests_app.steps import NEW, first_step, page_of, save_details
from tests.worlds import undone

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


def value_in(page, name):
    """Return the text that stands in a field of the form."""
    markup = page.content.decode()
    area = re.search(rf'(?s)<textarea name="{name}".*?>\r?\n(.*?)</textarea>', markup)
    value = area or re.search(rf'<input[^>]*\bname="{name}"[^>]*?\bvalue="([^"]*)"', markup)
    return html.unescape(value[1]) if value else ""


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


# The person


def test_name_and_number_are_the_registry_s_and_not_asked_for(as_resident, resident, inquiry):
    number = resident.identity.current_number
    page = as_resident.get(page_of(inquiry, "details"))
    facts = f"Full name Mohammed Aslam Khan Change Full name ID or border number {number}"
    assert facts in words(page)
    assert list(page.context["form"].fields) == ["description", "earlier_reference", "mobile"]
    save_details(as_resident, inquiry, name="Somebody Else", id_number="2000000014")
    kept = Inquiry.objects.get()
    assert (kept.name, kept.id_number) == ("Mohammed Aslam Khan", number)


def test_what_the_registry_corrects_meanwhile_is_read_again_before_the_code(
    as_resident, resident, inquiry
):
    save_details(as_resident, inquiry)
    person = resident.identity
    person.name_ar, person.name_en = "محمد أسلم خانزاده", "Mohammed Aslam Khanzada"
    person.save(update_fields=["name_ar", "name_en"])
    person.numbers.update(is_current=False)
    person.numbers.create(number="2000000014", is_current=True)

    page = words(ask_for_code(as_resident, inquiry))
    told = "The registry has another name or number for this person by now. Check them again."
    assert f"There is something to correct {told}" in page
    assert "Full name Mohammed Aslam Khanzada" in page
    assert "ID or border number 2000000014" in page
    assert ask_for_code(as_resident, inquiry).url == page_of(inquiry, "confirm")


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
    page = as_resident.post(page_of(inquiry, "details"), {"description": " "})
    assert errors_on(page) == ["Explain what you need.", "Enter a mobile number."]


def test_a_mobile_from_abroad_is_taken(as_resident, inquiry):
    save_details(as_resident, inquiry, mobile="+92 301 2345678")
    assert str(Inquiry.objects.get().mobile) == "+923012345678"


def test_invisible_characters_are_stripped(as_resident, inquiry):
    description = f"\u2066{factories.DESCRIPTION}\x07\r\nSecond\u200f line\u202c"
    save_details(as_resident, inquiry, description=description)
    inquiry.refresh_from_db()
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
