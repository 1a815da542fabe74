"""What the sanitizer makes of a file. Imports no Django."""

import json
from dataclasses import asdict, dataclass

PREVIEW_SIDE = 320  # pixels


@dataclass(frozen=True)
class Signature:
    """A digital signature of a PDF, as it was checked.

    The words are those of `requests_app/models/signatures.py`; what is not known is empty.
    `signed_at` is in ISO 8601 and UTC.
    """

    kind: str = "signature"
    signer: str = ""
    organisation: str = ""
    signed_at: str = ""
    told_by: str = ""
    state: str = "unchecked"
    later: str = ""
    chain: str = ""


@dataclass(frozen=True)
class Cleaned:
    """A file written anew: the kinds of what was taken out, its pages, and its signatures.

    `preview` is a small JPEG, of a picture alone.
    """

    content: bytes
    removed: tuple[str, ...] = ()
    pages: int = 1
    preview: bytes = b""
    signatures: tuple[Signature, ...] = ()

    def to_bytes(self) -> bytes:
        """Return a line of JSON with the facts and the length of the preview, and both contents."""
        facts = {
            "removed": self.removed,
            "pages": self.pages,
            "preview": len(self.preview),
            "signatures": [asdict(each) for each in self.signatures],
        }
        return json.dumps(facts).encode() + b"\n" + self.preview + self.content

    @classmethod
    def from_bytes(cls, answer: bytes) -> "Cleaned":
        line, _newline, contents = answer.partition(b"\n")
        facts = json.loads(line)
        length = facts["preview"]
        return cls(
            content=contents[length:],
            removed=tuple(facts["removed"]),
            pages=facts["pages"],
            preview=contents[:length],
            signatures=tuple(Signature(**each) for each in facts["signatures"]),
        )
