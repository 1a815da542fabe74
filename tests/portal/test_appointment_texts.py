"""Every text and mail about an appointment, made with the longest names, in both languages."""

import datetime
import re

import pytest
from django.conf import settings
from django.utils.translation import override

from appointments.models import Office
from core.catalogue.models import Service
from core.messaging.models import Message
from core.references import reference_in_text
from core.template_filters import moment_in_text
from deploy import texts
from tests.appointments.places import at

OTHER_LETTERS = {"ar": "[A-Za-z]", "en": "[\u0600-\u06ff]"}


@pytest.fixture(autouse=True)
def _show_missing_variables(settings):
    options = {**settings.TEMPLATES[0]["OPTIONS"], "string_if_invalid": "{missing}"}
    settings.TEMPLATES = [{**settings.TEMPLATES[0], "OPTIONS": options}]


def test_the_names_are_as_long_as_they_can_be():
    for language, names in texts.NAMES.items():
        limits = {"service": (Service, "short_name"), "office": (Office, "short_name")}
        for name, (model, field) in limits.items():
            field = model._meta.get_field(f"{field}_{language}")
            assert len(names[name]) == field.max_length, (language, name)
        assert len(names["person"].split()[0]) > texts.MAX_FIRST_NAME
        assert names["holder"][texts.MAX_HOLDER] == " "


def test_every_text_fits_into_three_parts():
    over = [
        (texts.length_of(told.words), told.words)
        for told in texts.everything()
        if not told.is_mail and texts.parts_of(told.words) > texts.MAX_PARTS
    ]
    assert over == []


def test_every_text_and_mail_says_for_whom_what_when_where_and_its_number():
    lacking = [(told.template, told.language, told.lacking) for told in texts.everything()]
    assert [each for each in lacking if each[2]] == []


def test_each_exception_is_one():
    """What a template says after all, or what has gone, does not stay in the table."""
    for template, (left_out, _why) in texts.EXCEPTIONS.items():
        told = [each for each in texts.everything() if each.template == template]
        assert told, template
        for fact in left_out:
            assert not any(each.facts[fact] in each.words for each in told), (template, fact)


def test_there_is_a_mail_for_each_text():
    assert texts.templates() == texts.templates(of_mails=True)


def test_each_is_in_one_language_and_names_its_sender():
    for told in texts.everything():
        case = (told.template, told.words)
        assert not re.search(OTHER_LETTERS[told.language], told.words), case
        assert told.words.startswith("Tawasul: " if told.language == "en" else "تواصل: "), case
        assert not re.search("[{}<>]", told.words), case
        assert ("\n" in told.words) == told.is_mail, case
        subject = told.words.partition("\n")[0]
        assert len(subject) <= Message._meta.get_field("subject").max_length or not told.is_mail


def test_the_command_prints_each_with_its_length(capsys):
    texts.print_table()
    table = capsys.readouterr().out
    assert "lacks" not in table
    for told in texts.everything():
        assert told.words.replace("\n", " / ") in table


def test_numbers_stand_in_groups_that_no_sentence_turns_round():
    for language, _name in settings.LANGUAGES:
        with override(language):
            groups = {"ar": "8123\u00a04567\u00a08906", "en": "8123-4567-8906"}
            assert reference_in_text("812345678906") == groups[language]


def test_a_moment_in_a_text_has_its_weekday_or_whose_night_it_is():
    """Dates are in digits in Arabic alone, where a text has no room for words."""
    monday = datetime.date(2026, 11, 30)
    with override("ar"):
        assert moment_in_text(at(monday, "14:45")) == "الاثنين 20/6/1448هـ (30/11/2026م) 14:45"
        night = "ليل الأحد-الاثنين 20/6/1448هـ (30/11/2026م) 00:30"
        assert moment_in_text(at(monday, "00:30")) == night
    with override("en"):
        date = "30 November 2026 CE (20 Jumada al-Akhirah 1448 AH)"
        assert moment_in_text(at(monday, "06:00")) == f"Monday {date} 06:00"
        night = f"the night from Sunday to Monday {date} 05:59"
        assert moment_in_text(at(monday, "05:59")) == night
