"""Signed PDFs, with authorities of the tests' own."""

import datetime
import io
import re
from functools import cache
from unittest import mock

from asn1crypto import keys
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import fields, signers, timestamps
from pyhanko_certvalidator.registry import SimpleCertificateStore

from tests.requests_app.files import pdf

SIGNER, ORGANISATION = "هند Alharbi", "Chamber of Commerce"
NOT_BEFORE = datetime.datetime(2024, 1, 1, tzinfo=datetime.UTC)
USES = ("digital_signature", "content_commitment")
NOT_AFTER = datetime.datetime(2040, 1, 1, tzinfo=datetime.UTC)


def new_key():
    return ec.generate_private_key(ec.SECP256R1())


@cache
def key_of_clock():
    """Return an RSA key, as pyHanko's clock for tests takes no other."""
    return rsa.generate_private_key(65537, 2048)


def certificate(
    name, key, issuer=None, issuer_key=None, *, not_after=NOT_AFTER, purpose=None, uses=USES
):
    """Return a certificate, of an authority if it has no issuer."""
    attributes = [(NameOID.ORGANIZATION_NAME, ORGANISATION), (NameOID.COMMON_NAME, name)]
    subject = x509.Name([x509.NameAttribute(*each) for each in attributes])
    is_authority = issuer is None
    usages = dict.fromkeys(
        ("content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
         "encipher_only", "decipher_only", "crl_sign", "key_cert_sign", "digital_signature"),
        False,
    )  # fmt: skip
    used = ("key_cert_sign",) if is_authority else uses
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject if is_authority else issuer.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOT_BEFORE)
        .not_valid_after(not_after)
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
        .add_extension(x509.KeyUsage(**usages | dict.fromkeys(used, True)), critical=True)
    )
    if purpose:
        builder = builder.add_extension(x509.ExtendedKeyUsage([purpose]), critical=True)
    return builder.sign(issuer_key or key, hashes.SHA256())


@cache
def authority(name="Test Authority"):
    key = new_key()
    return certificate(name, key), key


def root(name="Test Authority"):
    """Return the certificate of an authority, in DER."""
    return authority(name)[0].public_bytes(Encoding.DER)


def pem(name="Test Authority"):
    return authority(name)[0].public_bytes(Encoding.PEM)


@cache
def holder(name=SIGNER, issued_by="Test Authority", not_after=NOT_AFTER, purpose=None, uses=USES):
    """Return the certificate of a signer and their key, as pyHanko takes them.

    One that is issued by "Forged" names the authority that the tests know.
    """
    issuer, issuer_key = authority(issued_by)
    if issued_by == "Forged":
        issuer, _its_key = authority("Test Authority")
    key = key_of_clock() if purpose else new_key()
    facts = {"not_after": not_after, "purpose": purpose, "uses": uses}
    made = certificate(name, key, issuer, issuer_key, **facts)
    private = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    return (
        asn1_x509.Certificate.load(made.public_bytes(Encoding.DER)),
        keys.PrivateKeyInfo.load(private),
    )


def time_stamper(at=None, issued_by="Test Authority"):
    certificate, key = holder("Test Clock", issued_by, purpose=ExtendedKeyUsageOID.TIME_STAMPING)
    return timestamps.DummyTimeStamper(certificate, key, fixed_dt=at)


def signed_at(at, *facts, **more):
    """Return the PDF with a signature whose signer's clock says `at`."""
    with mock.patch("pyhanko.sign.signers.pdf_signer.datetime") as clock:
        clock.now.return_value = at
        return signed(*facts, **more)


def signed(
    content=None, who=None, *, field="Signed", stamper=None, strict=True, password=None, **meta
):
    """Return the PDF with one more signature, with a look on its page."""
    certificate, key = who or holder()
    signer = signers.SimpleSigner(certificate, key, SimpleCertificateStore())
    writer = IncrementalPdfFileWriter(io.BytesIO(content or pdf()), strict=strict)
    if password is not None:
        writer.encrypt(password)
    output = signers.PdfSigner(
        signers.PdfSignatureMetadata(field_name=field, **meta),
        signer,
        timestamper=stamper,
        new_field_spec=fields.SigFieldSpec(field, box=(10, 10, 210, 70)),
    ).sign_pdf(writer)
    return output.getvalue()


def stamped(content):
    """Return the PDF with a time stamp of the whole document."""
    writer = IncrementalPdfFileWriter(io.BytesIO(content))
    return signers.PdfTimeStamper(time_stamper()).timestamp_pdf(writer, "sha256").getvalue()


def around_the_signature(content):
    """Return what stands before, in and after the gap that the last signature leaves for itself."""
    *_others, last = re.finditer(rb"/ByteRange *\[0 (\d+) (\d+) \d+ *\]", content)
    before, after = map(int, last.groups())
    return content[:before], content[before:after], content[after:]
