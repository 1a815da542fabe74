"""Purposes of one-time codes belong to the apps that register them."""

import pytest
from django.core import checks
from django.core.exceptions import ImproperlyConfigured

from core.accounts import codes, purposes
from core.accounts.models import OneTimeCode
from tests import factories


@pytest.fixture
def of_another_service(monkeypatch):
    """Let an app of the test's own register a purpose."""
    monkeypatch.setattr(purposes, "_registered", dict(purposes._registered))
    return purposes.register("permit")


def test_purpose_without_text_fails_the_check(of_another_service):
    sentence = "There is no text messages/code_permit.txt for the code's purpose permit."
    found = [error.msg for error in checks.run_checks() if error.id == "tawasul.E001"]
    assert found == [sentence]


def test_registered_purposes_have_texts():
    assert purposes.check_texts() == []
    assert {"sign_in", "email", "file", "contact"} <= set(purposes.registered())


def test_purpose_is_registered_once():
    with pytest.raises(ImproperlyConfigured):
        purposes.register("file")


def test_purpose_fits_into_its_column():
    longest = OneTimeCode._meta.get_field("purpose").max_length
    with pytest.raises(ImproperlyConfigured, match="longer than"):
        purposes.register("p" * (longest + 1))


def test_new_service_sends_codes_without_migration(
    of_another_service, resident, settings, tmp_path
):
    (tmp_path / "messages").mkdir()
    (tmp_path / "messages" / "code_permit.txt").write_text("Your code is {{ code }} .")
    engine, *_others = settings.TEMPLATES
    settings.TEMPLATES = [{**engine, "DIRS": [tmp_path, *engine["DIRS"]]}]
    about = {"actor": resident, "purpose": of_another_service, "session_key": "session"}
    codes.send_code(**about, language="en")
    guess = factories.code_sent_to(resident, of_another_service)
    assert codes.use_code(**about, guess=guess, action=lambda code: code.purpose) == "permit"
