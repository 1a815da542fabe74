"""The templates of texts and mails in both languages: words, language, length.

Those about an appointment have a table and a test of their own: see `test_appointment_texts.py`.
"""

import datetime
import re
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.conf import settings
from django.core.management import call_command
from django.template.loader import render_to_string
from django.utils import translation

from appointments.models import Assistance, Office
from core.accounts.models import Identity, StaffEvent
from core.catalogue.models import Service
from core.messaging.models import Message
from deploy.texts import parts_of, templates
from requests_app.models import Inquiry
from tawasul.portal.models import Invitation

FOLDER = Path(settings.BASE_DIR, "templates", "messages")
OF_AN_APPOINTMENT = {*templates(), *templates(of_mails=True)}
TEMPLATES = sorted({path.stem for path in FOLDER.glob("*.txt")} - OF_AN_APPOINTMENT)
MAILS = sorted({path.stem for path in FOLDER.glob("mails/*.txt")} - OF_AN_APPOINTMENT)
OF_AN_INQUIRY = {name for name in TEMPLATES if name.startswith("inquiry_")}
OF_AN_INQUIRY |= {"code_file", "code_file_counter", "code_contact"}
# These go to somebody who is not, or no longer, the one whose it is, and name the people.
TO_OTHERS = {name for name in TEMPLATES if "_you" in name or name.endswith("_passed_on")}
WITH_LAST_DIGITS = {"mobile_changed", "account_recovered", "objection_decided"}
CODE, LAST_DIGITS = "987321", "555"
# A text has no room for a longer one.
BROWSER = "Samsung Internet"
REFERENCE = "812345678906"
MAX_PARTS = 2
OTHER_LETTERS = {"ar": "[A-Za-z]", "en": "[\u0600-\u06ff]"}


@pytest.fixture
def services(db):
    call_command("load_reference", verbosity=0)
    return Service.objects.all()


@pytest.fixture(autouse=True)
def _show_missing_variables(settings):
    options = {**settings.TEMPLATES[0]["OPTIONS"], "string_if_invalid": "{missing}"}
    settings.TEMPLATES = [{**settings.TEMPLATES[0], "OPTIONS": options}]


def context_of(template, service=None):
    """Return the context that the portal gives this template, and nothing else."""
    # A holder may have a long name, and a person a first name of two words.
    holder = Identity(
        name_ar="مؤسسة أشجار النخيل الخضراء للمقاولات العامة والصيانة",
        name_en="Green Palm Trees Establishment for General Contracting",
    )
    person = Identity(name_ar="عبد الرحمن محمد العتيبي", name_en="Abdul Rahman Mohammed Al Otaibi")
    if template == "code_caller":
        # The aim with the longer text; the office has a short name of the greatest length.
        office = Office(short_name_ar="جوازات مركز حفر الباطن، العليا", short_name_en="O" * 30)
        return {"code": CODE, "about": Assistance(office=office, aim="change")}
    about_others = {"has_account": False}
    ends_at = datetime.datetime(2026, 10, 28, 21, tzinfo=datetime.UTC)
    end = {"ends_at": ends_at, "processed_at": ends_at, "outcome": "rejected"}
    inquiry = Inquiry(
        reference=REFERENCE, service=service, holder=holder, beneficiary=person, **end
    )
    if template == "inquiries_overdue":
        inquiry.due_on = datetime.date(2026, 10, 28)
        return {"inquiries": [inquiry, inquiry]}
    if template in ("inquiry_invited", "inquiry_uninvited"):
        # One of the days that are longest in words.
        until = datetime.date(2026, 11, 25)
        invitation = Invitation(inquiry=inquiry, service=service, until=until)
        return {"inquiry": inquiry, "invitation": invitation, "has_account": True}
    if template in TO_OTHERS & OF_AN_INQUIRY:
        return {"inquiry": inquiry, **about_others}
    if template in OF_AN_INQUIRY:
        return {"code": CODE, "about": inquiry} if "code" in template else {"inquiry": inquiry}
    if template == "new_device":
        # One of the days that are longest in words.
        at = datetime.datetime(2026, 10, 28, 11, 5, tzinfo=datetime.UTC)
        family = {"browser": f"{BROWSER}, Android", "family": BROWSER}
        return {"at": at, "is_staff_site": False, **family}
    if template in WITH_LAST_DIGITS:
        return {"last_digits": LAST_DIGITS}
    if template == "export_ready":
        return {"kept_until": datetime.datetime(2026, 10, 28, 11, 5, tzinfo=datetime.UTC)}
    if template == "staff_account":
        return {"what": StaffEvent.EventType.RESET.label}
    if template in (
        *("account_opened", "password_changed", "password_guessed", "codes_guessed"),
        *("email_changed", "email_removed", "authenticator_taken_off", "restriction_lifted"),
    ):
        return {}
    # A code is made and is in the context even where the text does not use it.
    return {"code": CODE}


def text_of(template, service, language):
    """Return the text as `write_text` makes it."""
    with translation.override(language):
        return render_to_string(f"messages/{template}.txt", context_of(template, service)).strip()


def mail_of(template, language):
    """Return subject and text as `write_mail` splits them."""
    with translation.override(language):
        service = Service(short_name_ar="تجديد الإقامة", short_name_en="Renew residency")
        context = context_of(template, service)
        mail = render_to_string(f"messages/mails/{template}.txt", context).strip()
    subject, _newline, text = mail.partition("\n")
    return subject, text.strip()


def without_browser(text):
    """Return the text without the name of a browser, which is written in Latin letters."""
    return text.replace(f"{BROWSER}, Android", "").replace(BROWSER, "")


def texts(services):
    """Yield each text in each language, with each service if it names one: it has to fit."""
    for template in TEMPLATES:
        for service in services if template in OF_AN_INQUIRY else services[:1]:
            for language in ("ar", "en"):
                yield template, language, text_of(template, service, language)


def test_every_text_is_in_one_language_and_fits_into_its_parts(services):
    for template, language, text in texts(services):
        assert parts_of(text) <= MAX_PARTS, f"{template}: {text}"
        assert not re.search(OTHER_LETTERS[language], without_browser(text)), (template, text)


def test_every_text_names_sender_and_subject(services):
    for template, language, text in texts(services):
        case = (template, text)
        assert text.startswith("Tawasul: " if language == "en" else "تواصل: "), case
        assert (CODE in text) == template.startswith("code_"), case
        # The reference is ungrouped, as an Arabic sentence would show groups with dashes reversed.
        assert (REFERENCE in text) == (template in OF_AN_INQUIRY), case
        assert (LAST_DIGITS in text) == (template in WITH_LAST_DIGITS), case
        assert not re.search("[{}\n]", text), case


def test_texts_are_not_html_escaped():
    service = SimpleNamespace(short_name="Children's <visas>")
    about = SimpleNamespace(reference=REFERENCE, service=service)
    with translation.override("en"):
        text = render_to_string("messages/code_file.txt", {"code": CODE, "about": about})
    assert "Children's <visas>" in text


@pytest.mark.django_db
def test_every_mail_has_a_subject_and_a_text_in_one_language():
    """A locked screen shows the subject, so the code must not be in it."""
    for template in MAILS:
        for language in ("ar", "en"):
            subject, text = mail_of(template, language)
            case = (template, subject, text)
            assert 0 < len(subject) <= Message._meta.get_field("subject").max_length, case
            assert len(subject.splitlines()) == 1, case
            assert len(text) > len(subject), case
            assert not re.search("[{}<>]", subject + text), case
            assert not re.search(OTHER_LETTERS[language], subject + without_browser(text)), case
            assert ("Tawasul" if language == "en" else "تواصل") in subject, case
            assert CODE not in subject, case
            assert (CODE in text) == template.startswith("code_"), case
