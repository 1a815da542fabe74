"""Signed documents: what their applicant and the officers read, and who gets the original."""

import hashlib
import re
from pathlib import Path

import pytest
from django.core.files.storage import storages
from django.utils import timezone

from requests_app import actions
from requests_app.document_sweep import sweep
from requests_app.models import Attachment, Inquiry
from tawasul.portal.staff_roles import group_for_role
from tests import factories
from tests.conftest import signed_in_staff, words
from tests.decoder import decoder
from tests.requests_app.desk_pages import desk_of
from tests.requests_app.files import stored_files, upload
from tests.requests_app.signing import (
    ORGANISATION,
    SIGNER,
    around_the_signature,
    holder,
    pem,
    signed,
)
from tests.requests_app.steps import add_documents, page_of
from tests.requests_app.test_document_files import DAY, grow_older
from tests.worlds import undone, world

SOUND = "Signed digitally; the directorate keeps the signed original and has checked it."
UNSOUND = (
    "Signed digitally, but the signature does not hold or could not be checked. The directorate "
    "keeps the original. If you have the file as it was signed, send that one."
)
DOWNLOAD = "Download the signed original"


@world
def letter():
    """The key of a signed document, and its original."""
    original = signed()
    draft = factories.draft(factories.UserFactory(username="applicant"))
    attachment = factories.attached(draft, upload("letter.pdf", original))
    factories.submitted(draft)
    return attachment.pk, original


@pytest.fixture
def attachment(letter, db):
    return Attachment.objects.get(pk=letter[0])


@pytest.fixture
def desk(attachment):
    """Return the page of the desk for an officer with the role."""

    def shown(role="officer"):
        return words(browser_of(role).get(desk_of(attachment.inquiry)))

    return shown


def browser_of(role):
    return signed_in_staff(factories.of_role(role))


def original_of(attachment):
    return desk_of(attachment.inquiry, f"documents/{attachment.pk}/original")


def test_original_is_kept_as_it_was_sent_beside_the_clean_copy(letter, attachment):
    original = letter[1]
    assert attachment.original_size == len(original)
    assert attachment.original_sha256 == hashlib.sha256(original).hexdigest()
    assert attachment.original_stored_name != attachment.stored_name
    paths = map(storages["private"].path, (attachment.stored_name, attachment.original_stored_name))
    clean, kept = (Path(path).read_bytes() for path in paths)
    assert kept == original
    assert b"/ByteRange" not in clean
    unsigned = factories.attached(factories.draft())
    assert (unsigned.original_stored_name, unsigned.original_sha256) == (None, "")
    assert unsigned.signatures == []


def test_applicant_reads_one_sentence(as_resident, resident, letter):
    factories.document_type()
    draft = factories.draft(resident)
    page = words(add_documents(as_resident, draft, upload("letter.pdf", letter[1])))
    assert SOUND in page
    assert "Taken out of this file" not in page
    changed = letter[1].replace(b"612", b"613", 1)
    page = words(add_documents(as_resident, draft, upload("changed.pdf", changed)))
    assert (page.count(SOUND), page.count(UNSOUND)) == (1, 1)
    assert SOUND in words(as_resident.get(page_of(factories.submitted(draft))))


def test_officer_reads_who_signed_and_whether_it_holds(desk, attachment):
    when = r"[^·]+ · \d\d:\d\d \(by the signer's own clock\) · "
    told = f"Signed by {SIGNER}, {ORGANISATION} intact {when}"
    nothing = "Nothing was added afterwards. "
    anybody = "The certificate comes from no known authority: anybody can make one in this name."
    assert re.search(told + nothing + anybody, desk()), desk()
    (was,) = attachment.signatures
    for change, sentence in (
        ({"chain": "known"}, f"{nothing}The certificate comes from a known authority."),
        (
            {"chain": "not_valid"},
            "The certificate comes from a known authority, but was not valid at that time.",
        ),
        ({"later": "allowed"}, "Afterwards only what it permits was added, such as another "),
        ({"later": "changed"}, "changed afterwards"),
        ({"later": "parts"}, "It covers only a part of the file."),
        (
            {"state": "broken", "later": "", "chain": ""},
            "The file holds something else than what was signed.",
        ),
        (
            {"state": "unchecked", "signer": "", "organisation": "", "signed_at": ""},
            "Signed by an unnamed signer could not be checked The signature is damaged, or "
            "of a kind that the portal does not know.",
        ),
        ({"kind": "certification"}, f"Certified by {SIGNER}"),
        ({"kind": "time_stamp", "told_by": "time_stamp"}, f"Time stamp of {SIGNER}"),
    ):
        attachment.signatures = [was | change]
        attachment.save()
        assert sentence in desk(), change


def test_intact_signature_of_an_unknown_authority_does_not_look_like_a_good_one(attachment):
    def tags():
        page = browser_of("officer").get(desk_of(attachment.inquiry)).content.decode()
        return re.findall(r'class="tag (\w+)">intact', page)

    assert tags() == ["held"]
    attachment.signatures[0]["chain"] = "known"
    attachment.save()
    assert tags() == ["approved"]


def test_chain_is_judged_by_the_roots_of_the_decoder_and_names_are_cleaned(
    resident, settings, tmp_path
):
    roots = tmp_path / "roots.pem"
    roots.write_bytes(pem())
    content = signed(who=holder("Hind\u202e  Ali\n"))
    with decoder(roots=roots) as (_process, settings.DECODER_SOCKET):
        document = factories.attached(factories.draft(resident), upload("letter.pdf", content))
    (signature,) = document.signatures
    assert (signature["signer"], signature["chain"]) == ("Hind Ali", "known")


def test_original_is_downloaded_by_those_with_the_right_for_it(letter, attachment, desk):
    for role in ("officer", "supervisor"):
        answer = browser_of(role).get(original_of(attachment))
        assert b"".join(answer.streaming_content) == letter[1], role
        assert DOWNLOAD in desk(role), role
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert answer["Content-Disposition"] == (
        f'attachment; filename="signed-original-{attachment.pk}.pdf"; '
        "filename*=UTF-8''letter%20%28signed%20original%29.pdf"
    )
    assert "no-store" in answer["Cache-Control"]
    assert "This file is as it was sent and may contain scripts or attachments" in desk()


def test_original_is_kept_from_everybody_else(attachment, desk):
    for role, status in (("auditor", 404), ("clerk", 403), ("manager", 403), ("keeper", 403)):
        assert browser_of(role).get(original_of(attachment)).status_code == status, role
    assert DOWNLOAD not in desk("auditor")
    without = factories.OfficerFactory()
    assert signed_in_staff(without).get(original_of(attachment)).status_code == 404
    applicant = attachment.inquiry.applicant
    applicant.is_staff = True
    applicant.save()
    applicant.groups.add(group_for_role("officer"))
    assert signed_in_staff(applicant).get(original_of(attachment)).status_code == 404


def test_original_that_is_not_clean_or_not_there_is_not_handed_out(attachment, desk):
    officer = browser_of("officer")
    with undone():
        quarantined = {"status": "quarantined", "scan_at": timezone.now()}
        Attachment.objects.filter(pk=attachment.pk).update(**quarantined)
        assert officer.get(original_of(attachment)).status_code == 409
        assert DOWNLOAD not in desk()
    with undone():
        Attachment.objects.filter(pk=attachment.pk).update(original_stored_name=None)
        assert officer.get(original_of(attachment)).status_code == 404
        assert DOWNLOAD not in desk()


def test_both_files_go_with_the_document(letter, resident):
    draft = factories.draft(resident)

    def add():
        return factories.attached(draft, upload("letter.pdf", letter[1]))

    before = stored_files()
    first = add()
    assert len(stored_files()) == len(before) + 2
    assert add() == first
    assert len(stored_files()) == len(before) + 2
    actions.remove(actor=resident, inquiry=draft, pk=first.pk)
    assert stored_files() == before
    add()
    grow_older(DAY + 60)
    assert sweep() == 0
    actions.delete_draft(actor=resident, inquiry=draft)
    assert stored_files() == before


def test_same_pages_with_another_signature_are_another_document(letter, resident):
    """A person who sends the file again, as it was signed, is not left with the broken one."""
    before, gap, after = around_the_signature(letter[1])
    draft = factories.draft(resident)
    other = before + b"<" + b"00" * (len(gap) // 2 - 1) + b">" + after
    broken = factories.attached(draft, upload("letter.pdf", other))
    digest = Inquiry.objects.get(pk=draft.pk).content_digest()
    good = factories.attached(draft, upload("letter.pdf", letter[1]))
    assert good.sha256 == broken.sha256
    assert good != broken
    Attachment.objects.filter(pk=broken.pk).delete()
    assert draft.content_digest() != digest, "what the code confirms names the original"
