"""Mislabelled, damaged or harmful documents: each is refused in a whole sentence."""

import io
import struct
import zlib

import pikepdf
import pytest
from django.core.files.storage import storages
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from requests_app.models import Attachment
from requests_app.uploads import MAX_BYTES
from tests import factories
from tests.conftest import errors_on
from tests.requests_app.files import pdf, pdf_with_stream_bomb, stored_files

pytestmark = [pytest.mark.both_engines, pytest.mark.one_engine]

HTML = b"<!doctype html><script>alert(1)</script>"
JPEG = factories.picture().read()
WRONG_TYPE = "is not a JPEG or PNG picture or a PDF. Choose one of these."
DAMAGED = "cannot be read; it may be damaged. Save or photograph it again."
TOO_LARGE = (
    "is larger than 10 MB. Photograph it again at a smaller size, or send only the pages "
    "that matter."
)
TOO_MANY_PIXELS = "has too many pixels. Photograph it again at a smaller size."
PROTECTED = "is protected with a password. Save it without one and try again."
TOO_MANY_PAGES = "has too many pages. Send at most 100 pages in one file."
ACTIVE = "contains scripts or attached files. Print it to a new PDF and send that one."

SCRIPT = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS="app.alert(1)")


def white_png(side):
    """Return a PNG of `side` by `side` pixels of one bit, in a few kilobytes."""

    def chunk(name, data):
        checked = name + data
        return struct.pack(">I", len(data)) + checked + struct.pack(">I", zlib.crc32(checked))

    rows = zlib.compress((b"\0" + b"\xff" * ((side + 7) // 8)) * side)
    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    parts = (chunk(b"IHDR", header), chunk(b"IDAT", rows), chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def opening_script(document):
    document.Root.OpenAction = SCRIPT


def named_script(document):
    document.Root.Names = pikepdf.Dictionary(
        JavaScript=pikepdf.Dictionary(Names=[pikepdf.String("run"), SCRIPT])
    )


def script_of_a_page(document):
    document.pages[0].AA = pikepdf.Dictionary(O=SCRIPT)


def program_to_launch(document):
    document.Root.OpenAction = pikepdf.Dictionary(S=pikepdf.Name.Launch, F="cmd.exe")


def address_to_send_to(document):
    area = pikepdf.Dictionary(
        Type=pikepdf.Name.Annot,
        Subtype=pikepdf.Name.Link,
        Rect=[0, 0, 9, 9],
        A=pikepdf.Dictionary(S=pikepdf.Name.SubmitForm, F="https://example.org"),
    )
    document.pages[0].Annots = pikepdf.Array([document.make_indirect(area)])


def attached_file(document):
    document.attachments["notes.txt"] = b"MZ"


def many_pages(document):
    for _page in range(100):
        document.add_blank_page()


@pytest.fixture
def inquiry(resident):
    service = factories.ServiceFactory()
    service.documents.add(factories.document_type())
    return factories.draft(resident, service)


@pytest.fixture
def add(as_resident, inquiry):
    """Return a function that sends a file on the third step and returns the response."""

    def add(name, content):
        upload = SimpleUploadedFile(name, content)
        return as_resident.post(
            f"/en/inquiries/{inquiry.reference}/documents/",
            {"document_type": "supporting-proof", "files": upload},
        )

    return add


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("photo.jpg", HTML, WRONG_TYPE),
        ("photo.png", b"MZ\x90\0" + bytes(200), WRONG_TYPE),
        ("scan.pdf", b"GIF89a" + bytes(200), WRONG_TYPE),
        ("drawing.svg", b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>", WRONG_TYPE),
        ("page.jpg", b"\xff\xd8\xff\xe0" + HTML, DAMAGED),
        ("half.jpg", JPEG[: len(JPEG) // 2], DAMAGED),
        ("half.png", white_png(600)[:-40], DAMAGED),
        ("words.pdf", b"%PDF-1.7\n" + HTML, DAMAGED),
        ("large.jpg", JPEG + bytes(MAX_BYTES + 1 - len(JPEG)), TOO_LARGE),
    ],
    ids=lambda value: value if isinstance(value, str) and len(value) < 15 else "",
)
def test_wrong_or_damaged_file_is_refused(add, name, content, sentence):
    assert errors_on(add(name, content)) == [f"“{name}” {sentence}"]
    assert not stored_files()
    assert not Attachment.objects.exists()


@pytest.mark.parametrize("side", [8_000, 12_000, 20_000])
def test_decompression_bomb_picture_is_refused(add, side):
    content = white_png(side)
    assert len(content) < 100_000
    assert errors_on(add("bomb.png", content)) == [f"“bomb.png” {TOO_MANY_PIXELS}"]
    assert not stored_files()


@pytest.mark.parametrize(
    ("harm", "sentence"),
    [
        (opening_script, ACTIVE),
        (named_script, ACTIVE),
        (script_of_a_page, ACTIVE),
        (program_to_launch, ACTIVE),
        (address_to_send_to, ACTIVE),
        (attached_file, ACTIVE),
        (many_pages, TOO_MANY_PAGES),
    ],
)
def test_active_or_too_long_pdf_is_refused(add, harm, sentence):
    content = pdf(harm, object_stream_mode=pikepdf.ObjectStreamMode.generate)
    # The PDF is compressed, so a search of its bytes finds none of the keywords.
    assert not any(word in content for word in (b"/JavaScript", b"/Launch", b"/EF", b"/SubmitForm"))
    assert errors_on(add("scan.pdf", content)) == [f"“scan.pdf” {sentence}"]
    assert not stored_files()


def test_a_pdf_with_a_password_is_refused(add):
    content = pdf(encryption=pikepdf.Encryption(owner="owner", user="user"))
    assert errors_on(add("scan.pdf", content)) == [f"“scan.pdf” {PROTECTED}"]
    assert not stored_files()


def test_pdf_with_stream_bomb_is_kept_packed(add):
    content = pdf_with_stream_bomb()
    assert add("scan.pdf", content).status_code == 302
    (stored,) = stored_files()
    assert len(stored) < 2 * len(content)


def test_data_after_picture_is_dropped(add):
    for content in (JPEG + HTML, white_png(60) + HTML):
        add("passport.jpg", content)
    assert len(stored_files()) == 2
    for stored in stored_files():
        assert b"<script>" not in stored
        Image.open(io.BytesIO(stored)).load()


def test_exif_is_dropped_and_orientation_applied(add):
    exif = Image.Exif()
    exif[0x0112] = 6  # the orientation tag: rotated by 90 degrees
    exif[0x010F] = "Camera maker"
    exif.get_ifd(0x8825)[1] = "N"  # the GPS position
    taken = io.BytesIO()
    Image.new("RGB", (60, 40)).save(taken, "JPEG", exif=exif, comment=b"home")
    assert b"Camera maker" in taken.getvalue()
    add("passport.jpg", taken.getvalue())
    (stored,) = stored_files()
    with Image.open(io.BytesIO(stored)) as picture:
        assert not picture.getexif()
        assert "comment" not in picture.info
        assert picture.size == (40, 60), "it has to be upright without its tag"


def test_a_file_of_exactly_ten_megabytes_is_taken(add):
    assert add("passport.jpg", JPEG + bytes(MAX_BYTES - len(JPEG))).status_code == 302
    assert len(stored_files()) == 1


@pytest.mark.parametrize(
    ("name", "content", "kept", "content_type"),
    [
        ("scan.jpg", JPEG, "scan.jpg", "image/jpeg"),
        ("scan.JPEG", JPEG, "scan.jpg", "image/jpeg"),
        ("scan.png", factories.picture(picture_format="PNG").read(), "scan.png", "image/png"),
        ("scan.pdf", pdf(), "scan.pdf", "application/pdf"),
        ("picture.jpg", pdf(), "picture.pdf", "application/pdf"),
        ("program.exe", JPEG, "program.jpg", "image/jpeg"),
        ("صورة", JPEG, "صورة.jpg", "image/jpeg"),
    ],
)
def test_document_type_and_name_follow_content(add, name, content, kept, content_type):
    add(name, content)
    document = Attachment.objects.get()
    assert (document.original_name, document.content_type) == (kept, content_type)
    assert document.size == storages["private"].size(document.stored_name)
