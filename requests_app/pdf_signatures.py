"""The digital signatures of a PDF: by whom, when, and whether they hold. Imports no Django.

Nothing is fetched: a certificate is judged by what is in the file and by the roots that are given,
and whether it was revoked is not known.
"""

import io
import logging
import re
import signal
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from asn1crypto import x509
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import ModificationLevel
from pyhanko.sign.fields import enumerate_sig_fields
from pyhanko.sign.validation import (
    EmbeddedPdfSignature,
    KeyUsageConstraints,
    SignatureCoverageLevel,
    validate_pdf_signature,
    validate_pdf_timestamp,
)
from pyhanko_certvalidator import ValidationContext

from requests_app.cleaned import Signature

MAX_SIGNATURES = 10
MAX_SECONDS = 1.5  # of processor time, of those that the whole file may take
MAX_NAME_LENGTH = 100
_WEAK_DIGESTS = {"md2", "md5", "sha1"}  # others can be made to fit another file
# What no document is of cannot be shown as a date either.
_FIRST_YEAR, _LAST_YEAR = 1990, 2070
_HEXADECIMAL = re.compile(rb"<([0-9A-Fa-f]*)>")
_TO_SIGN = KeyUsageConstraints(key_usage={"non_repudiation", "digital_signature"})

_prepare_name = x509.NameTypeAndValue._ldap_string_prep


def _prepare_any_name(self: x509.NameTypeAndValue, name: str) -> str:
    """Return a name as it is compared, also one of letters from both directions.

    asn1crypto refuses those, though RFC 4518 (section 2.5) lets them be. Names only find the issuer
    of a certificate, whose signature then decides.
    """
    try:
        return _prepare_name(self, name)
    except ValueError:
        return unicodedata.normalize("NFKC", name).casefold()


x509.NameTypeAndValue._ldap_string_prep = _prepare_any_name

# What it logs quotes certificates, and with them the names of people.
for _name in ("pyhanko", "pyhanko_certvalidator"):
    logging.getLogger(_name).setLevel(logging.CRITICAL + 1)


class _TimeIsUp(BaseException):
    """The time for all signatures of a file is used up; no library catches it on the way."""


def signatures_of(original: bytes, roots: Sequence[bytes] = ()) -> tuple[Signature, ...]:
    """Return the signatures of a PDF, checked against these roots, certificates in DER.

    One that cannot be checked, whatever the reason, says so by its state, and so does the file by
    a signature without a name. Beyond MAX_SIGNATURES, one without a name stands for the others.
    """
    checked: list[Signature] = []
    try:
        with _limited_time():
            reader, is_strict = _read(original)
            fields = enumerate_sig_fields(reader, filled_status=True)
            for name, _value, field in islice(fields, MAX_SIGNATURES):
                checked.append(Signature())
                checked[-1] = _check(original, reader, is_strict, name, field, roots)
            if next(fields, None):
                checked.append(Signature())
    except (Exception, _TimeIsUp):
        return tuple(checked) or (Signature(),)
    return tuple(checked)


@contextmanager
def _limited_time() -> Iterator[None]:
    def end(*_signal: Any) -> None:
        raise _TimeIsUp

    before = signal.signal(signal.SIGPROF, end)
    signal.setitimer(signal.ITIMER_PROF, MAX_SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def _read(original: bytes) -> tuple[PdfFileReader, bool]:
    """Return a reader, and whether it is strict enough to tell what was added after a signature."""
    try:
        reader = PdfFileReader(io.BytesIO(original))
        is_strict = not reader.xrefs.hybrid_xrefs_present
    except Exception:
        is_strict = False
    if not is_strict:
        reader = PdfFileReader(io.BytesIO(original), strict=False)
    if reader.encrypted:
        reader.decrypt("")
    return reader, is_strict


def _check(
    original: bytes,
    reader: PdfFileReader,
    is_strict: bool,
    name: str,
    field: Any,
    roots: Sequence[bytes],
) -> Signature:
    """Return the signature with all of it that could be checked."""
    found = Signature()
    try:
        embedded = EmbeddedPdfSignature(reader, field, name)
        found = _as_told(embedded)
        status, told_by = _status_of(embedded, roots)
        if told_by == "time_stamp":
            at = status.timestamp if found.kind == told_by else status.timestamp_validity.timestamp
            found = replace(found, signed_at=_in_words(at), told_by=told_by)
        if embedded.md_algorithm in _WEAK_DIGESTS:
            return found
        if not (status.intact and status.valid):
            return replace(found, state="broken")
        later = _later(original, embedded, status)
        if later != "nothing" and not is_strict:
            return found
        return replace(found, state="intact", later=later, chain=_chain(embedded, roots, status))
    except Exception:
        return found


def _as_told(embedded: EmbeddedPdfSignature) -> Signature:
    """Return what the signature says of itself and its certificate."""
    subject = embedded.signer_cert.subject.native
    organisation = _text(subject.get("organization_name"))
    at = _in_words(_claimed_time(embedded))
    return Signature(
        kind=_kind(embedded),
        signer=_text(subject.get("common_name")) or organisation,
        organisation=organisation,
        signed_at=at,
        told_by="signer" if at else "",
    )


def _text(value: object) -> str:
    """Return a name of a certificate; where there are several, the most particular one."""
    named = value[-1] if isinstance(value, list) else value
    return str(named or "")[:MAX_NAME_LENGTH]


def _kind(embedded: EmbeddedPdfSignature) -> str:
    if embedded.sig_object_type == "/DocTimeStamp":
        return "time_stamp"
    methods = [each["/TransformMethod"] for each in embedded.sig_object.get("/Reference", ())]
    return "certification" if "/DocMDP" in methods else "signature"


def _claimed_time(embedded: EmbeddedPdfSignature) -> datetime | None:
    at = embedded.self_reported_timestamp
    return at.replace(tzinfo=UTC) if at and at.tzinfo is None else at


def _in_words(at: datetime | None) -> str:
    """Return the time in ISO 8601 and UTC, or nothing for one that no document is of."""
    if at is None or not _FIRST_YEAR <= at.year <= _LAST_YEAR:
        return ""
    return at.astimezone(UTC).isoformat(timespec="seconds")


def _status_of(embedded: EmbeddedPdfSignature, roots: Sequence[bytes]) -> tuple[Any, str]:
    """Return what pyHanko says of a signature, and who tells the time that it is judged at.

    The certificate has to be valid when it signed: most are not valid for long.
    """
    if _kind(embedded) == "time_stamp":
        stamp = embedded.signed_data["encap_content_info"]["content"].parsed
        return _validate(embedded, roots, stamp["gen_time"].native), "time_stamp"
    status = _validate(embedded, roots, _claimed_time(embedded) or datetime.now(UTC))
    stamp = status.timestamp_validity
    if stamp and stamp.intact and stamp.valid and stamp.trusted:
        return _validate(embedded, roots, stamp.timestamp), "time_stamp"
    return status, "signer"


def _validate(embedded: EmbeddedPdfSignature, roots: Sequence[bytes], at: datetime) -> Any:
    context = ValidationContext(
        trust_roots=[x509.Certificate.load(each) for each in roots],
        moment=at,
        allow_fetching=False,
        revocation_mode="soft-fail",
    )
    if _kind(embedded) == "time_stamp":
        return validate_pdf_timestamp(embedded, context)
    return validate_pdf_signature(embedded, context, key_usage_settings=_TO_SIGN)


def _later(original: bytes, embedded: EmbeddedPdfSignature, status: Any) -> str:
    """Return the word for what the file holds beside what was signed."""
    if not _leaves_out_itself_alone(original, embedded):
        return "parts"
    if status.coverage == SignatureCoverageLevel.ENTIRE_FILE:
        return "nothing"
    if status.coverage != SignatureCoverageLevel.ENTIRE_REVISION:
        return "parts"
    permitted = status.docmdp_ok is not False  # of a time stamp, which forbids nothing, None
    harmful = status.modification_level == ModificationLevel.OTHER
    return "allowed" if permitted and not harmful else "changed"


def _leaves_out_itself_alone(original: bytes, embedded: EmbeddedPdfSignature) -> bool:
    """Return whether nothing but the signature lies between the two ranges that it signs.

    pyHanko compares lengths: a signature written shorter would leave room for pages.
    """
    start, length, after, _rest = embedded.byte_range
    if not start == 0 < length < after:
        return False
    gap = _HEXADECIMAL.fullmatch(original[length:after])
    return gap is not None and bytes.fromhex(gap[1].decode()) == embedded.pkcs7_content


def _chain(embedded: EmbeddedPdfSignature, roots: Sequence[bytes], status: Any) -> str:
    """Return whether a certificate leads to a root, at its time or else while it was valid."""
    if status.trust_problem_indic is None:
        return "known"
    first, last = status.signing_cert.not_valid_before, status.signing_cert.not_valid_after
    if first <= status.validation_time <= last:
        return "unknown"
    while_valid = _validate(embedded, roots, max(first, min(status.validation_time, last)))
    return "not_valid" if while_valid.trust_problem_indic is None else "unknown"
