"""Where documents are stored, how they are served, and when their files are deleted."""

import os
import time
from functools import partial
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command

from core.exceptions import RuleViolation
from requests_app.models import Attachment
from tests import factories
from tests.requests_app.files import stored_files

DAY = 24 * 60 * 60


@pytest.fixture
def inquiry(resident):
    return factories.draft(resident)


@pytest.fixture
def add(inquiry):
    return partial(factories.attached, inquiry)


def multipart(name):
    """Return a request body with a file of this name, as a client other than a browser sends it."""
    return (
        '--x\r\nContent-Disposition: form-data; name="document_type"\r\n\r\nsupporting-proof\r\n'
        f'--x\r\nContent-Disposition: form-data; name="files"; filename="{name}"\r\n'
        "Content-Type: image/jpeg\r\n\r\n"
    ).encode() + factories.picture().read() + b"\r\n--x--\r\n"  # fmt: skip


def grow_older(seconds):
    """Set the time of every stored file to this many seconds ago."""
    then = time.time() - seconds
    for path in storages["private"].base_location.rglob("*"):
        os.utime(path, (then, then))


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("../../etc/passwd.jpg", "passwd.jpg"),
        ("C:\\Users\\me\\passport.jpg", "passport.jpg"),
        ("جواز\u202egpj.exe.jpg", "جوازgpj.exe.jpg"),
        ("pass\0port\n.jpg", "passport.jpg"),
        ("a" * 300 + ".jpg", "a" * 96 + ".jpg"),
        ("صورة   الجواز.jpg", "صورة الجواز.jpg"),
    ],
)
def test_the_name_of_a_file_is_cleaned(as_resident, inquiry, sent, kept):
    factories.document_type()
    page = f"/en/inquiries/{inquiry.reference}/documents/"
    as_resident.post(page, multipart(sent), content_type="multipart/form-data; boundary=x")
    assert Attachment.objects.get().original_name == kept


def test_file_has_random_name_outside_static_root(add, settings):
    document = add(factories.picture("passport.jpg"))
    path = Path(storages["private"].path(document.stored_name))
    assert "passport" not in document.stored_name
    assert len(path.name) == 32
    assert settings.STATIC_ROOT not in path.parents


def test_document_is_served_as_attachment(as_resident, inquiry, add):
    document = add(factories.picture("جواز السفر.jpg"))
    response = as_resident.get(f"/en/inquiries/{inquiry.reference}/documents/{document.pk}/")
    assert b"".join(response.streaming_content) == stored_files()[0]
    assert response["Content-Disposition"] == (
        f'attachment; filename="document-{document.pk}.jpg"; '
        "filename*=UTF-8''%D8%AC%D9%88%D8%A7%D8%B2%20%D8%A7%D9%84%D8%B3%D9%81%D8%B1.jpg"
    )
    assert response["Content-Type"] == "image/jpeg"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert response["Cache-Control"] == "no-store"


def test_document_with_missing_file_is_404(as_resident, inquiry, add, caplog):
    document = add(factories.picture())
    storages["private"].delete(document.stored_name)
    response = as_resident.get(f"/en/inquiries/{inquiry.reference}/documents/{document.pk}/")
    assert response.status_code == 404
    assert f"the file of document {document.pk} is missing" in caplog.text


def test_second_document_is_added_to_the_first(add):
    before = add(factories.picture("first.jpg"))
    after = add(factories.picture("second.png", "PNG"))
    assert list(Attachment.objects.all()) == [before, after]
    assert len(stored_files()) == 2
    for document in (before, after):
        assert storages["private"].size(document.stored_name) == document.size


def test_failed_insert_keeps_previous_document(add, monkeypatch):
    before = add(factories.picture("first.jpg"))

    def fail(**_fields):
        raise ZeroDivisionError

    monkeypatch.setattr(Attachment.objects, "create", fail)
    with pytest.raises(ZeroDivisionError):
        add(factories.picture("second.jpg", size=(61, 40)))
    assert Attachment.objects.get() == before
    # After an interrupted request nobody knows whether the row was written, so the new file stays
    # until the sweep.
    assert len(stored_files()) == 2
    grow_older(DAY + 60)
    call_command("sweep_documents")
    assert len(stored_files()) == 1
    assert storages["private"].exists(before.stored_name)


def test_filed_inquiry_takes_no_document(add, inquiry):
    factories.submitted(inquiry)
    with pytest.raises(RuleViolation) as refused:
        add(factories.picture())
    assert refused.value.code == "filed"
    assert not stored_files()


def test_refused_document_keeps_the_previous_one(add):
    before = add(factories.picture("first.jpg"))
    with pytest.raises(RuleViolation):
        add(SimpleUploadedFile("second.jpg", b"no picture at all"))
    assert Attachment.objects.get() == before
    assert len(stored_files()) == 1


@pytest.mark.parametrize(("age", "is_kept"), [(DAY - 60, True), (DAY + 60, False)])
def test_sweep_deletes_orphan_file_after_a_day(add, capsys, age, is_kept):
    document = add(factories.picture())
    orphan = storages["private"].save("ab/" + "ab" * 16, ContentFile(b"left over"))
    grow_older(age)
    call_command("sweep_documents")
    assert storages["private"].exists(orphan) == is_kept
    assert storages["private"].exists(document.stored_name)
    assert capsys.readouterr().out == f"{0 if is_kept else 1} files removed\n"


def test_a_sweep_before_the_first_document_removes_nothing(db, capsys):
    call_command("sweep_documents")
    assert capsys.readouterr().out == "0 files removed\n"
