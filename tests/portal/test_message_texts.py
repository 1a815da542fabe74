"""Every text that is sent to a mobile, in both languages: its words, its language, its length."""

import re
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.conf import settings
from django.core.management import call_command
from django.template.loader import render_to_string
from django.utils import translation

from requests_app.models import Inquiry
from tawasul.catalogue.models import Service

TEMPLATES = sorted(
    path.stem for path in Path(settings.BASE_DIR, "templates", "messages").glob("*.txt")
)
REFERENCE = "812345678906"
# The letters of a text message (GSM 03.38), of which 153 fit into each of several parts.
GSM = set(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡"
    "ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM_PART, UCS2_PART = 153, 67


@pytest.fixture
def services(db):
    call_command("load_reference", verbosity=0)
    return Service.objects.all()


def text_of(template, service, language):
    """The text as `write_text` makes it, with everything that any template asks for."""
    inquiry = Inquiry(reference=REFERENCE, service=service)
    with translation.override(language):
        context = {"code": "987321", "about": inquiry, "inquiry": inquiry}
        return render_to_string(f"messages/{template}.txt", context).strip()


@pytest.mark.parametrize("language", ["ar", "en"])
@pytest.mark.parametrize("template", TEMPLATES)
def test_every_text_fits_into_two_parts(services, template, language):
    for service in services:
        text = text_of(template, service, language)
        part = GSM_PART if set(text) <= GSM else UCS2_PART
        length = len(text.encode("utf-16-le")) // 2
        assert length <= 2 * part, f"{length} of {2 * part}: {text}"


@pytest.mark.parametrize("template", TEMPLATES)
def test_every_text_is_in_one_language(services, template):
    for service in services:
        assert not re.search("[A-Za-z]", text_of(template, service, "ar"))
        assert not re.search("[\u0600-\u06ff]", text_of(template, service, "en"))


@pytest.mark.parametrize("language", ["ar", "en"])
@pytest.mark.parametrize("template", TEMPLATES)
def test_every_text_says_who_sends_it_and_what_it_is_about(services, template, language):
    text = text_of(template, services[0], language)
    assert text.startswith("Tawasul: " if language == "en" else "تواصل: ")
    assert ("987321" in text) == template.startswith("code_")
    # Ungrouped: in an Arabic sentence, groups with dashes would stand the other way round.
    assert (REFERENCE in text) == (template != "code_sign_in")
    assert "{" not in text


def test_texts_show_letters_as_they_are():
    service = SimpleNamespace(name="Children's <visas> & passports")
    about = SimpleNamespace(reference=REFERENCE, service=service)
    with translation.override("en"):
        text = render_to_string("messages/code_file.txt", {"code": "987321", "about": about})
    assert "Children's <visas> & passports" in text
