"""Where documents are stored, how they and their previews are served, and when they are deleted."""

import io
import os
import stat
import time
from functools import partial
from pathlib import Path

import pikepdf
import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.core.management import call_command
from PIL import Image

from core.exceptions import RuleViolation
from requests_app.models import Attachment, Inquiry
from requests_app.uploads import discard
from tests import factories
from tests.conftest import signed_in, words
from tests.requests_app.files import pdf, photo, stored_files, upload
from tests.requests_app.hostile_files import saved
from tests.requests_app.returns import returned
from tests.requests_app.steps import page_of
from tests.worlds import undone

DAY = 24 * 60 * 60


@pytest.fixture
def inquiry(resident):
    return factories.draft(resident)


@pytest.fixture
def add(inquiry):
    return partial(factories.attached, inquiry)


def address_of(attachment, page=""):
    return page_of(attachment.inquiry, f"documents/{attachment.pk}{page}")


def multipart(name):
    """Return a request body with a file of this name, as a client other than a browser sends it."""
    return (
        '--x\r\nContent-Disposition: form-data; name="document_type"\r\n\r\nsupporting-proof\r\n'
        f'--x\r\nContent-Disposition: form-data; name="files"; filename="{name}"\r\n'
        "Content-Type: image/jpeg\r\n\r\n"
    ).encode() + factories.picture().read() + b"\r\n--x--\r\n"  # fmt: skip


def with_three_pages(document):
    """Add a page with nothing on it, and one with a vertical line in its middle."""
    for content in (b"q Q", b"20 w 306 0 m 306 792 l S"):
        document.add_blank_page()
        document.pages[-1].Contents = document.make_stream(content)


def with_a_filled_field(document):
    """Add a field whose look is a black square."""
    look = document.make_stream(b"0 0 100 100 re f")
    look.Subtype, look.BBox = pikepdf.Name.Form, [0, 0, 100, 100]
    field = pikepdf.Dictionary(
        Type=pikepdf.Name.Annot,
        Subtype=pikepdf.Name.Widget,
        FT=pikepdf.Name.Tx,
        T="name",
        V="Fatima",
        F=4,
        Rect=[200, 400, 300, 500],
        AP=pikepdf.Dictionary(N=look),
    )
    document.pages[0].Annots = pikepdf.Array([document.make_indirect(field)])
    document.Root.AcroForm = pikepdf.Dictionary(Fields=document.pages[0].Annots)


def grow_older(seconds):
    """Set the time of every stored file to this many seconds ago."""
    then = time.time() - seconds
    for name in ("private", "quarantine"):
        for path in storages[name].base_location.rglob("*"):
            os.utime(path, (then, then))


def test_the_name_of_a_file_is_cleaned(as_resident, inquiry):
    factories.document_type()
    for sent, kept in (
        ("../../etc/passwd.jpg", "passwd.jpg"),
        ("C:\\Users\\me\\passport.jpg", "passport.jpg"),
        ("جواز\u202egpj.exe.jpg", "جوازgpj.exe.jpg"),
        ("pass\0port\n.jpg", "passport.jpg"),
        ("a" * 300 + ".jpg", "a" * 96 + ".jpg"),
        ("صورة   الجواز.jpg", "صورة الجواز.jpg"),
        ("\u0640\u0640.jpg", "document.jpg"),
    ):
        with undone():
            body = {"content_type": "multipart/form-data; boundary=x"}
            as_resident.post(page_of(inquiry, "documents"), multipart(sent), **body)
            assert Attachment.objects.get().original_name == kept


def test_file_whose_name_is_unreadable_is_not_added(add):
    with pytest.raises(RuleViolation) as refused:
        add(factories.picture("pass\ufffdport.jpg"))
    assert refused.value.message == (
        "The name of the file “pass\ufffdport.jpg” could not be read. "
        "Rename it and choose it again."
    )
    assert not stored_files()


def test_file_has_random_name_outside_static_root(add, settings):
    document = add(factories.picture("passport.jpg"))
    path = Path(storages["private"].path(document.stored_name))
    assert "passport" not in document.stored_name
    assert len(path.name) == 32
    assert settings.STATIC_ROOT not in path.parents


def test_document_is_served_as_attachment(as_resident, inquiry, add):
    document = add(factories.picture("جواز السفر.jpg"))
    response = as_resident.get(address_of(document))
    assert b"".join(response.streaming_content) == stored_files()[0]
    assert response["Content-Disposition"] == (
        f'attachment; filename="document-{document.pk}.jpg"; '
        "filename*=UTF-8''%D8%AC%D9%88%D8%A7%D8%B2%20%D8%A7%D9%84%D8%B3%D9%81%D8%B1.jpg"
    )
    assert response["Content-Type"] == "image/jpeg"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert response["Cache-Control"] == "no-store"


def test_failed_insert_keeps_previous_document(add, monkeypatch):
    before = add(photo("first.jpg"))

    def fail(**_fields):
        raise ZeroDivisionError

    monkeypatch.setattr(Attachment.objects, "create", fail)
    with pytest.raises(ZeroDivisionError):
        add(photo("second.jpg", 61))
    assert Attachment.objects.get() == before
    # After an interrupted request nobody knows whether the row was written, so the new file stays
    # until the sweep, as does its preview.
    assert len(stored_files()) == 3
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


def test_other_documents_are_kept_beside_the_first(add):
    before = add(photo("first.jpg"))
    with pytest.raises(RuleViolation):
        add(upload("second.jpg", b"no picture at all"))
    assert Attachment.objects.get() == before
    assert len(stored_files()) == 1
    after = add(factories.picture("second.png", "PNG"))
    assert list(Attachment.objects.all()) == [before, after]
    assert len(stored_files()) == 2
    for document in (before, after):
        assert storages["private"].size(document.stored_name) == document.size


def test_sweep_deletes_orphan_file_after_a_day(add, capsys):
    call_command("sweep_documents")
    assert capsys.readouterr().out == "0 files removed\n", "the folder may not exist yet"
    document = add(factories.picture())
    orphan = storages["private"].save("ab/" + "ab" * 16, ContentFile(b"left over"))
    for age, removed in ((DAY - 60, 0), (DAY + 60, 1)):
        grow_older(age)
        call_command("sweep_documents")
        assert storages["private"].exists(orphan) == (not removed), age
        assert storages["private"].exists(document.stored_name), age
        assert capsys.readouterr().out == f"{removed} files removed\n"


def test_saved_document_is_synced_and_readable_by_owner_only(monkeypatch):
    synced = []
    sync = os.fsync

    def remember(descriptor):
        synced.append(os.fstat(descriptor).st_ino)
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", remember)
    name = storages["private"].save("ab/abcdef", ContentFile(b"content"))
    path = Path(storages["private"].path(name))
    assert synced == [place.stat().st_ino for place in (path, path.parent, path.parent.parent)]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


# Previews


@pytest.fixture
def look(as_resident, inquiry):
    """Return a function that attaches a file, requests its preview and returns the response."""

    def look(file):
        attachment = factories.attached(inquiry, file)
        return as_resident.get(address_of(attachment, "/preview"))

    return look


def shown(response):
    """Return the picture in a response."""
    return Image.open(io.BytesIO(response.content))


def test_a_preview_has_at_most_320_pixels_on_a_side(look):
    for size, preview in (
        ((319, 200), (319, 200)),
        ((320, 200), (320, 200)),
        ((321, 200), (320, 199)),
        ((200, 321), (199, 320)),
        ((3000, 1500), (320, 160)),
        ((4000, 1), (320, 1)),
    ):
        for picture_format in ("JPEG", "PNG"):
            with undone():
                response = look(factories.picture("a", picture_format, size))
                assert (shown(response).size, shown(response).format) == (preview, "JPEG"), size
                assert response["Content-Type"] == "image/jpeg"
                assert response["X-Content-Type-Options"] == "nosniff"
                assert response["Cache-Control"] == "no-store"
                assert "default-src 'none'" in response["Content-Security-Policy"].split("; ")


def test_preview_shows_the_picture_and_ink_on_transparent_page(look):
    content = saved(Image.new("RGB", (60, 40), "red"), "PNG")
    red, green, blue = shown(look(upload("red.png", content))).getpixel((30, 20))
    assert red > 240
    assert max(green, blue) < 15

    page = Image.new("RGBA", (60, 40), (0, 0, 0, 0))
    page.paste((0, 0, 0, 255), (20, 10, 40, 30))
    preview = shown(look(upload("ink.png", saved(page, "PNG")))).convert("L")
    assert preview.getpixel((30, 20)) < 50
    assert preview.getpixel((5, 5)) > 200


def test_document_with_missing_file_is_404(as_resident, inquiry, caplog):
    attachment = factories.attached(inquiry)
    discard(*attachment.files().values())
    for page in ("", "/preview"):
        caplog.clear()
        assert as_resident.get(address_of(attachment, page)).status_code == 404, page
        assert f"a file of document {attachment.pk} is missing" in caplog.text, page


def test_first_page_of_a_pdf_is_shown_with_the_number_of_its_pages(as_resident, inquiry):
    picture = factories.attached(inquiry)
    scan = factories.attached(inquiry, upload("scan.pdf", pdf(with_three_pages)))
    page = as_resident.get(page_of(inquiry, "documents"))
    for attachment in (picture, scan):
        assert f'<img src="{address_of(attachment, "/preview")}"' in page.content.decode()
    assert words(page).count("3 pages") == 1
    first = shown(as_resident.get(address_of(scan, "/preview"))).convert("L")
    assert first.size == (248, 320)
    # The line goes from the lower corner inwards.
    assert first.getpixel((10, 310)) < 220 < first.getpixel((240, 10))


def test_page_that_cannot_be_drawn_is_shown_by_its_format(as_resident, inquiry):
    """Documents of before have no preview."""
    scan = factories.attached(inquiry, upload("scan.pdf", pdf()))
    Attachment.objects.update(preview_stored_name=None, pages=None)
    page = as_resident.get(page_of(inquiry, "documents"))
    assert ">PDF</span>" in page.content.decode()
    assert "page" not in words(page).partition("scan.pdf")[2].partition("Remove")[0]
    assert as_resident.get(address_of(scan, "/preview")).status_code == 404


def test_another_persons_document_is_404(as_resident, client, inquiry):
    theirs = factories.attached(factories.draft())
    for page in ("", "/preview"):
        address = address_of(theirs, page)
        assert as_resident.get(address).status_code == 404
        for pk in (theirs.pk, theirs.pk + 1, "9" * 30):
            below_own = page_of(inquiry, f"documents/{pk}{page}")
            assert as_resident.get(below_own).status_code == 404, pk
        assert client.get(address).url == f"/en/account/sign-in/?next={address}"


def test_beneficiary_sees_no_documents_of_the_holder(as_resident, resident, officer):
    worker = factories.UserFactory()
    factories.link(resident.identity, worker.identity)
    inquiry = factories.draft(resident, beneficiary=worker.identity)
    sent = factories.attached(inquiry)
    as_worker = signed_in(worker)

    def answers(attachment, browser):
        """Return the statuses of the document and of its preview."""
        pages = [browser.get(address_of(attachment, page)) for page in ("", "/preview")]
        for page in pages:
            page.getvalue()  # Otherwise the file stays open.
        return [page.status_code for page in pages]

    assert answers(sent, as_worker) == [404, 404]
    filed = factories.submitted(inquiry)
    assert answers(sent, as_worker) == [404, 404]
    returned(filed, officer)
    unsent = factories.attached(Inquiry.objects.get(pk=inquiry.pk), photo("b.jpg", 61))
    assert answers(unsent, as_worker) == [404, 404]
    assert answers(unsent, as_resident) == answers(sent, as_resident) == [200, 200]
    assert answers(sent, as_worker) == [404, 404]


# Pages for officers


def test_officer_sees_each_page_of_a_document(as_officer, inquiry):
    scan = factories.attached(inquiry, upload("scan.pdf", pdf(with_three_pages)))
    factories.submitted(inquiry)
    address = f"/en/staff/requests_app/inquiry/{inquiry.pk}/"
    pages = f"{address}documents/{scan.pk}/pages/"
    desk = as_officer.get(address, follow=True).content.decode()
    assert f'href="{pages}1/"' in desk
    page = as_officer.get(f"{pages}3/")
    assert "Page 3 of 3" in words(page)
    assert f'href="{pages}2/"' in page.content.decode()
    assert f'href="{pages}4/"' not in page.content.decode()
    third = as_officer.get(f"{pages}3/picture/")
    assert "no-store" in third["Cache-Control"]
    drawn = shown(third).convert("L")
    assert drawn.height == 1600
    assert drawn.getpixel((drawn.width // 2, 800)) < 50
    assert drawn.getpixel((drawn.width // 4, 800)) > 200
    for missing in ("0/", "4/", "4/picture/", "0/picture/", f"{'9' * 30}/", f"{'9' * 30}/picture/"):
        assert as_officer.get(pages + missing).status_code == 404, missing


def test_officer_goes_through_the_pages_of_an_older_document(as_officer, inquiry):
    """Nobody counted its pages when it was stored."""
    scan = factories.attached(inquiry, upload("scan.pdf", pdf(with_three_pages)))
    factories.submitted(inquiry)
    Attachment.objects.update(preview_stored_name=None, pages=None)
    pages = f"/en/staff/requests_app/inquiry/{inquiry.pk}/documents/{scan.pk}/pages/"
    assert f'href="{pages}4/"' in as_officer.get(f"{pages}3/").content.decode()
    assert as_officer.get(f"{pages}3/picture/").status_code == 200
    assert as_officer.get(f"{pages}4/picture/").status_code == 404


def test_values_of_a_form_are_drawn(as_officer, inquiry):
    content = pdf(with_a_filled_field)
    scan = factories.attached(inquiry, upload("form.pdf", content))
    factories.submitted(inquiry)
    page = f"/en/staff/requests_app/inquiry/{inquiry.pk}/documents/{scan.pk}/pages/1/picture/"
    drawn = shown(as_officer.get(page)).convert("L")
    scale = 1600 / 792
    assert drawn.getpixel((int(250 * scale), int((792 - 450) * scale))) < 50
