"""Documents as a browser sends them: photos made smaller, hints, and what a broken line leaves."""

import io

import pillow_heif
import pytest
from django.core.files.storage import storages
from PIL import Image
from playwright.sync_api import expect

from requests_app.actions import attachments
from requests_app.models import Attachment, Inquiry
from tests import factories
from tests.browser.photos import BELOW, STAMP, photo
from tests.browser.visitor import file
from tests.requests_app.files import HTML, pdf
from tests.requests_app.returns import returned

pytestmark = [pytest.mark.browser, pytest.mark.takes_long]

ADVICE = "Read what is said beside the files. To send them as they are, press the button."
BLURRED = "This looks blurred. If letters cannot be read, photograph it again with a steady hand."
DARK = "This looks dark. If letters cannot be read, photograph it again in more light."
CUT_OFF = "An edge of the page seems to be missing. If so, photograph the whole page."
BROKEN = "The connection broke before this file had arrived. Send it again."
LEFT = (
    "Not all files have been added: read what is said beside them. Those that have been are kept."
)
NO_PICTURE = "“%(name)s” is not a photo or a PDF. Photograph it, or save it as a PDF."
# A browser on a slow phone: it looks at no picture before `letLook` is called.
HELD = """() => {
    const open = window.createImageBitmap;
    const held = new Promise((resolve) => { window.letLook = resolve; });
    window.createImageBitmap = async (...given) => { await held; return open(...given); };
}"""
TYPED = "The pages of the passport that carry a stamp are attached."


@pytest.fixture
def arrived(monkeypatch):
    """Return the content of every file that has arrived, by its name."""
    seen, clean = {}, attachments.clean_document

    def noted(upload):
        seen[upload.name] = upload.read()
        upload.seek(0)
        return clean(upload)

    monkeypatch.setattr(attachments, "clean_document", noted)
    return seen


@pytest.fixture
def draft(applicant, resident):
    factories.document_type()  # the only one, so that there is nothing to choose
    draft = factories.draft(resident)
    applicant.open(f"inquiries/{draft.reference}/documents/")
    return draft


def choose(visitor, **files):
    """Choose a file for each content; JPEG unless its name says something else."""
    kinds = {"pdf": "application/pdf", "heic": "image/heic"}
    chosen = [
        file(f"{name}.{kind}", content, kinds.get(kind, "image/jpeg"))
        for (name, _, kind), content in (
            ((*key.rpartition("_"),), content) for key, content in files.items()
        )
    ]
    visitor.file_field().set_input_files(chosen)


def rows(visitor):
    return visitor.page.locator(".upload li")


def told(visitor):
    """Return the sentences beside the chosen files."""
    return visitor.page.locator(".upload .state")


def added(visitor):
    """Return the names of the documents that the server has, as the page shows them."""
    return visitor.page.locator("[data-documents] .files a")


def heic():
    content = io.BytesIO()
    pillow_heif.from_pillow(Image.effect_noise((900, 1200), 90)).save(content)
    return content.getvalue()


@pytest.mark.parametrize("scripts", [True, False])
def test_a_photo_is_made_smaller_where_it_can_be(applicant, draft, arrived, scripts):
    sent = {"page_jpg": photo(), "scan_pdf": pdf(), "phone_heic": heic()}
    assert len(sent["page_jpg"]) > 3_500_000
    choose(applicant, **sent)
    applicant.press("Add")
    expect(added(applicant)).to_have_text(["page.jpg", "scan.pdf", "phone.jpg"])

    # No browser of this test opens a HEIC.
    assert (arrived["scan.pdf"], arrived["phone.heic"]) == (sent["scan_pdf"], sent["phone_heic"])
    assert (arrived["page.jpg"] == sent["page_jpg"]) == (not scripts)
    if scripts:
        assert len(arrived["page.jpg"]) < 500_000
        assert Image.open(io.BytesIO(arrived["page.jpg"])).size == (1875, 2500)
    stored = Attachment.objects.get(original_name="page.jpg").stored_name
    with storages["private"].open(stored) as content:
        upright = Image.open(content).convert("RGB")
    assert upright.height > upright.width
    x, y = upright.width * 670 // 3000, upright.height * 730 // 4000
    # The mean of a few points, as the photo has noise.
    around = upright.crop((x - 8, y - 8, x + 8, y + 8)).resize((1, 1), Image.Resampling.BOX)
    assert max(abs(a - b) for a, b in zip(around.getpixel((0, 0)), STAMP, strict=True)) < 30


def test_the_same_photo_again_is_known_though_it_was_made_smaller(applicant, draft):
    page = photo()
    choose(applicant, page_jpg=page)
    applicant.press("Add")
    choose(applicant, again_jpg=page)
    applicant.button("Add").click()
    expect(told(applicant)).to_have_text(
        "“again.jpg” was not added again: the same file is there already as “page.jpg”, "
        "Supporting proof.",
        timeout=30_000,
    )
    expect(applicant.page.get_by_role("status").last).to_be_focused()
    expect(added(applicant)).to_have_text("page.jpg")
    applicant.press("Add")
    expect(rows(applicant)).to_have_count(0)


@pytest.mark.parametrize(("language", "width"), [("en", 1280), ("ar", 390)])
def test_hints_forbid_nothing(applicant, draft, arrived):
    applicant.page.evaluate(HELD)
    photos = {
        "good_jpg": photo(),
        "blurred_jpg": photo(blur=16),
        "dark_jpg": photo(light=0.15),
        "cut_jpg": photo(BELOW),
    }
    choose(applicant, **photos)
    # Whoever was faster than their phone is shown the hints before anything is sent.
    applicant.button("Add").click()
    applicant.page.evaluate("letLook()")
    status = applicant.page.get_by_role("status").last
    expect(status).to_have_text(applicant.reads(ADVICE), timeout=30_000)
    expect(status).to_be_focused()
    ready = applicant.reads("Not sent yet: press “Add” to send it.")
    hints = [ready, *map(applicant.reads, (BLURRED, DARK, CUT_OFF))]
    expect(told(applicant)).to_have_text(hints)
    assert arrived == {}
    applicant.look()

    other = applicant.button(f"{applicant.reads('Choose another')} cut.jpg")
    with applicant.page.expect_file_chooser() as chooser:
        other.click()
    chooser.value.set_files(file("whole.jpg", photos["good_jpg"], "image/jpeg"))
    expect(told(applicant)).to_have_text([*hints[:3], ready], timeout=30_000)
    applicant.button(f"{applicant.reads('Remove')} good.jpg").click()
    applicant.press("Add")
    expect(added(applicant)).to_have_text(["blurred.jpg", "dark.jpg", "whole.jpg"])


@pytest.mark.parametrize(("language", "scripts"), [("en", True)])
def test_whoever_goes_on_takes_the_chosen_file_along(applicant, draft):
    choose(applicant, passport_jpg=photo())
    expect(rows(applicant)).to_have_count(1)
    applicant.follow("Next")
    applicant.shows("h1", "Check your answers")
    assert draft.attachments.get().original_name == "passport.jpg"


@pytest.mark.parametrize(("language", "width"), [("en", 1280), ("ar", 390)])
def test_a_broken_line_leaves_the_rest(applicant, resident, officer):
    factories.document_type()
    inquiry = returned(factories.filed(resident), officer)
    page = applicant.page
    applicant.open(f"inquiries/{inquiry.reference}/answer/")
    applicant.fill("Your answer", TYPED)
    pictures = {f"{n}_jpg": factories.picture(size=(60 + n, 40)).read() for n in (1, 2, 3)}
    choose(applicant, **pictures)
    sent = []

    def second_breaks(route):
        sent.append(route.request)
        if len(sent) == 2:
            route.abort("connectionreset")
        else:
            route.continue_()

    page.route("**/answer/", second_breaks)
    send = applicant.button("Send the answer")
    send.click()
    status = page.get_by_role("status").last
    expect(status).to_have_text(applicant.reads(LEFT))
    expect(status).to_be_focused()
    done, broken = applicant.reads("Added"), applicant.reads(BROKEN)
    expect(told(applicant)).to_have_text([done, broken, done])
    expect(added(applicant)).to_have_text(["1.jpg", "3.jpg"])
    expect(applicant.field("Your answer")).to_have_value(TYPED)
    assert len(applicant.troubles) == 2, "the browser notes the broken line, twice"
    applicant.troubles.clear()
    applicant.look()

    applicant.button(f"{applicant.reads('Send again')} 2.jpg").click()
    expect(told(applicant)).to_have_text([done] * 3)
    assert Inquiry.objects.get().is_returned, "the answer waits for its own button"
    expect(added(applicant)).to_have_text(["1.jpg", "3.jpg", "2.jpg"])
    applicant.press("Send the answer")
    assert not Attachment.objects.unsent().exists()
    assert Inquiry.objects.get().replies.last().text == TYPED


def test_a_refused_file_keeps_the_rest_and_what_was_typed(applicant, resident, officer):
    kinds = [factories.document_type(), factories.document_type("passport-copy", "Passport")]
    inquiry = returned(factories.filed(resident), officer)
    applicant.open(f"inquiries/{inquiry.reference}/answer/")
    applicant.fill("Your answer", TYPED)
    choose(applicant, page_jpg=HTML, scan_pdf=pdf())
    applicant.button("Send the answer").click()
    status = applicant.page.get_by_role("status").last
    expect(status).to_have_text("Choose which document it is.")
    applicant.page.get_by_label(kinds[0].name_en).check()
    applicant.button("Send the answer").click()
    expect(told(applicant)).to_have_text([NO_PICTURE % {"name": "page.jpg"}, "Added"])
    expect(added(applicant)).to_have_text("scan.pdf")
    # A document that is there is removed by a button of the same form.
    applicant.press("Remove scan.pdf")
    applicant.is_told(NO_PICTURE, name="page.jpg")
    expect(applicant.field("Your answer")).to_have_value(TYPED)
    expect(added(applicant)).to_have_count(0)
    assert Inquiry.objects.get().is_returned


def test_whoever_is_signed_out_meanwhile_signs_in_and_finds_the_text(applicant, resident, officer):
    factories.document_type()
    inquiry = returned(factories.filed(resident), officer)
    applicant.open(f"inquiries/{inquiry.reference}/answer/")
    applicant.fill("Your answer", TYPED)
    choose(applicant, scan_pdf=pdf())
    applicant.context.clear_cookies(name="sessionid")
    applicant.press("Send the answer")
    factories.let_a_minute_pass(resident)
    applicant.fill("Username or ID number", resident.username)
    applicant.fill("Password", factories.PASSWORD)
    applicant.press("Continue")
    applicant.enter_code("Sign in")
    expect(applicant.field("Your answer")).to_have_value(TYPED)
