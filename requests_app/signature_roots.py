"""The certificates of the authorities that signatures may lead to. Imports no Django."""

from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import load_pem_x509_certificates

_EXTENSIONS = {".pem", ".crt", ".cer"}


def read_roots(path: str) -> tuple[bytes, ...]:
    """Return the certificates of a PEM file, or of those in a folder, in DER; none without a path.

    ValueError says what holds none, OSError what cannot be read.
    """
    if not path:
        return ()
    given = Path(path)
    if not given.is_dir():
        return _in_file(given)
    files = sorted(each for each in given.iterdir() if each.suffix in _EXTENSIONS)
    if not files:
        raise ValueError(f"{given} holds no certificate in PEM")
    return tuple(certificate for file in files for certificate in _in_file(file))


def _in_file(file: Path) -> tuple[bytes, ...]:
    try:
        found = load_pem_x509_certificates(file.read_bytes())
    except ValueError:
        raise ValueError(f"{file} holds no certificate in PEM") from None
    return tuple(certificate.public_bytes(Encoding.DER) for certificate in found)
